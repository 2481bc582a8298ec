//! Transit (транзит): from the supplier's gate to the customer in one step, through a place where nothing stays.
//!
//! It is what it would be in steps: a receipt of each line into the place, an order of the deal that takes exactly those goods, its shipment.
//! So the batches, their late costs, returns and reports work as for any others, and the place holds nothing afterwards.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::access::{Permission, duties};
use crate::batches::commands::Receive;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::orders::commands::{self as orders, Create, Move, NewLine, Ship, Weighed};
use crate::orders::{self as customers, Order, Price};
use crate::purchasing::receipts::commands::{ReceiveOrdered, receive_in_tx};

/// Lines of a transit at most.
const LINES_MAX: usize = 100;

/// The steps a transit takes at once.
const STEPS: [&str; 3] = ["batches.receive", "orders.confirm", "orders.ship"];

/// Goods that go from the supplier to the customer.
#[derive(Debug, Clone, Serialize)]
pub struct Through {
    /// What.
    pub product_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// Number of the batch; unique per company.
    pub number: String,
    /// Tonnes by the scales, if weighed: for the supplier and for the customer.
    pub tonnes_weighed: Option<Decimal>,
    /// What is paid to the supplier for the whole, net of VAT, roubles.
    pub net: Decimal,
    /// VAT as printed by the supplier.
    pub vat: Decimal,
    /// The line of a supplier order it comes against, 0 = none.
    pub supplier_order_line_id: i64,
    /// The supplier's document with the price comes later.
    pub preliminary: bool,
    /// What the customer pays.
    pub price: Price,
}

/// A truck from the supplier's gate to the customer.
#[derive(Debug, Clone, Serialize)]
pub struct TransitShip {
    /// The deal: open, with a customer. It gives the company.
    pub deal_id: i64,
    /// The supplier.
    pub party_id: i64,
    /// The purchase contract, 0 = none, or the order's.
    pub contract_id: i64,
    /// The place it goes through: a transit one.
    pub warehouse_id: i64,
    /// Business date of receipt and shipment.
    pub on: NaiveDate,
    /// The truck's plate, may be empty.
    pub vehicle: String,
    /// At least one.
    pub goods: Vec<Through>,
    /// Services on the same order: delivery and the like.
    pub services: Vec<NewLine>,
}

/// Ships from the supplier's gate to the customer in one step (транзитная отгрузка); returns the shipped order.
///
/// Errors: `FOUR_EYES` (where one of its steps is watched: take them one by one), `INVALID_INPUT` and those of receiving, creating,
/// confirming and shipping.
pub async fn ship(db: &Db, ctx: &Ctx, input: &TransitShip) -> Result<Outcome<Order>> {
    command::run(db, ctx, "purchasing.transit_ship", Permission::ShipTransit, input, ship_in_tx).await
}

async fn ship_in_tx(run: &mut Run<'_>, input: &TransitShip) -> Result<Order> {
    if input.goods.is_empty() || input.goods.len() + input.services.len() > LINES_MAX {
        return Err(Error::invalid("goods", format!("a transit has 1 to {LINES_MAX} lines, at least one of goods")));
    }
    if let Some(index) = input.services.iter().position(|line| line.batch_id.is_some()) {
        return Err(Error::invalid(format!("services.{index}.batchId"), "a transit ships what it receives; name no other batch"));
    }
    duties::unwatched_in_tx(run, &STEPS).await?;
    check_place_in_tx(run, input.warehouse_id).await?;
    let deal = customers::store::open_deal_in_tx(run, input.deal_id).await?;
    let mut lines = Vec::with_capacity(input.goods.len() + input.services.len());
    for (index, through) in input.goods.iter().enumerate() {
        let goods = Receive {
            company_id: deal.company_id,
            party_id: input.party_id,
            contract_id: input.contract_id,
            warehouse_id: input.warehouse_id,
            product_id: through.product_id,
            number: through.number.clone(),
            received_on: input.on,
            pieces: through.pieces,
            tonnes_weighed: through.tonnes_weighed,
            net: through.net,
            vat: through.vat,
        };
        let receive =
            ReceiveOrdered { goods, supplier_order_line_id: through.supplier_order_line_id, preliminary: through.preliminary };
        let batch = receive_in_tx(run, &receive).await.map_err(|error| error.at(&format!("goods.{index}")))?;
        lines.push(NewLine {
            product_id: through.product_id,
            batch_id: Some(batch.batch_id),
            pieces: batch.pieces,
            quantity: Decimal::ZERO,
            price: through.price,
        });
    }
    lines.extend(input.services.iter().cloned());
    let create = Create { deal_id: input.deal_id, planned_on: input.on, vehicle: input.vehicle.clone(), lines };
    let order = orders::create_in_tx(run, &create).await?;
    let confirmed = orders::confirm_in_tx(run, &Move { order_id: order.order_id, on: None }).await?;
    let by_scales = |(line, through): (&customers::Line, &Through)| {
        let tonnes = through.tonnes_weighed.filter(|tonnes| !tonnes.is_zero())?;
        Some(Weighed { order_line_id: line.order_line_id, tonnes })
    };
    let weighed = confirmed.lines.iter().zip(&input.goods).filter_map(by_scales).collect();
    orders::ship_in_tx(run, &Ship { order_id: order.order_id, shipped_on: input.on, weighed }).await
}

/// Goods only pass through the place. Errors: `NOT_FOUND`, `INVALID_INPUT`.
async fn check_place_in_tx(run: &mut Run<'_>, warehouse_id: i64) -> Result<()> {
    let is_transit = sqlx::query_scalar!("select is_transit from warehouses where warehouse_id = $1", warehouse_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("warehouse", warehouse_id))?;
    if is_transit {
        return Ok(());
    }
    Err(Error::invalid("warehouseId", "goods stay in this warehouse; choose a transit one (warehouseCreate with isTransit)"))
}
