//! What plans answer of orders.

use super::{Order, OrderLine};
use crate::graphql::plan::{Field, Step, Steps, Word};
use crate::graphql::{catalog, companies, deals, parties, settlements, treasury};

impl Steps for Order {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|order: &Self| &order.id),
            "number" => field.leaf(|order: &Self| &order.number),
            "status" => field.value(|order: &Self| Word(order.status)),
            "plannedOn" => field.leaf(|order: &Self| &order.planned_on),
            "shippedOn" => field.leaf(|order: &Self| &order.shipped_on),
            "deliveredOn" => field.leaf(|order: &Self| &order.delivered_on),
            "titleOnDelivery" => field.leaf(|order: &Self| &order.title_on_delivery),
            "vehicle" => field.leaf(|order: &Self| &order.vehicle),
            "net" => field.inside(|order: &Self| &order.net),
            "vat" => field.inside(|order: &Self| &order.vat),
            "gross" => field.inside(|order: &Self| &order.gross),
            "version" => field.leaf(|order: &Self| &order.version),
            "lines" => field.list(|order: &Self| order.lines.iter().collect()),
            "company" => field.existing(|order: &Self| order.refers.company, companies::by_ids),
            "deal" => field.existing(|order: &Self| order.refers.deal, deals::by_ids),
            "customer" => field.existing(|order: &Self| order.refers.party, parties::by_ids),
            "contract" => field.one(|order: &Self| order.refers.contract, parties::contracts),
            "payments" => field.many(|order: &Self| order.refers.order, treasury::of_orders),
            "settlements" => field.many(|order: &Self| order.refers.order, settlements::of_orders),
            _ => None,
        }
    }
}

impl Steps for OrderLine {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|line: &Self| &line.id),
            "line" => field.leaf(|line: &Self| &line.line),
            "pieces" => field.leaf(|line: &Self| &line.pieces),
            "metres" => field.leaf(|line: &Self| &line.metres),
            "tonnesTheoretical" => field.leaf(|line: &Self| &line.tonnes_theoretical),
            "tonnesWeighed" => field.leaf(|line: &Self| &line.tonnes_weighed),
            "unit" => field.value(|line: &Self| Word(line.unit)),
            "quantity" => field.leaf(|line: &Self| &line.quantity),
            "price" => field.inside(|line: &Self| &line.price),
            "priceIncludesVat" => field.leaf(|line: &Self| &line.price_includes_vat),
            "vatPercent" => field.leaf(|line: &Self| &line.vat_percent),
            "net" => field.inside(|line: &Self| &line.net),
            "vat" => field.inside(|line: &Self| &line.vat),
            "gross" => field.inside(|line: &Self| &line.gross),
            "product" => field.existing(|line: &Self| line.product_id, catalog::by_ids),
            _ => None,
        }
    }
}
