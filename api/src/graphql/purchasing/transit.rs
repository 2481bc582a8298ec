//! Transit in the graph: from the supplier's gate to the customer in one step.

use async_graphql::{Context, InputObject, Object};
use shpunt_domain::orders::commands::NewLine;
use shpunt_domain::orders::{Price, Unit};
use shpunt_domain::purchasing::transit::{self, Through};

use super::SupplierOrderLine;
use crate::graphql::batches::Warehouse;
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::orders::Order;
use crate::graphql::parties::{Contract, Party};
use crate::graphql::pricing::GoodsPriceInput;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// Goods that go from the supplier to the customer (товар транзита).
#[derive(InputObject)]
pub(crate) struct TransitGoodsInput {
    /// What (номенклатура): goods.
    product_id: Id<Product>,
    /// Pieces (штуки), more than zero.
    pieces: i32,
    /// Number of the batch (номер серии), unique per company.
    number: String,
    /// Tonnes by the scales (тонны по весам), when it was weighed: for the supplier and for the customer.
    tonnes_weighed: Option<Number>,
    /// What is paid to the supplier for the whole without VAT, roubles (сумма поставщика без НДС).
    net: Number,
    /// VAT as printed by the supplier, roubles (НДС поставщика); entered, never computed.
    vat: Number,
    /// The line of a supplier order it comes against (строка заказа поставщику).
    supplier_order_line_id: Option<Id<SupplierOrderLine>>,
    /// The supplier's document with the price comes later (цена предварительная).
    #[graphql(default)]
    preliminary: bool,
    /// What the customer pays (цена покупателю).
    price: GoodsPriceInput,
}

/// A service on the customer's order (услуга транзита).
#[derive(InputObject)]
pub(crate) struct TransitServiceInput {
    /// What (номенклатура): a service.
    product_id: Id<Product>,
    /// How much (количество).
    quantity: Number,
    /// Price of a unit, roubles (цена).
    price: Number,
    /// The price includes VAT (цена с НДС).
    price_includes_vat: bool,
}

/// A truck from the supplier's gate to the customer (транзитная отгрузка).
#[derive(InputObject)]
pub(crate) struct TransitShipInput {
    /// The deal (сделка): open, with a customer.
    deal_id: Id<Deal>,
    /// From whom (поставщик).
    supplier_id: Id<Party>,
    /// Under which purchase contract (договор поставки).
    contract_id: Option<Id<Contract>>,
    /// The place it goes through (транзитный склад): a warehouse with `isTransit`.
    warehouse_id: Id<Warehouse>,
    /// Business date of receipt and shipment (дата).
    shipped_on: Day,
    /// The truck's plate (номер машины).
    #[graphql(default)]
    vehicle: String,
    /// At least one (товары).
    goods: Vec<TransitGoodsInput>,
    /// On the same order: delivery and the like (услуги).
    #[graphql(default)]
    services: Vec<TransitServiceInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `transitShip` did.
    TransitShipPayload {
        /// The shipped order (заказ); null when nothing was done.
        order: Order
    }
}

/// Transit.
#[derive(Default)]
pub(crate) struct TransitShipMutation;

#[Object]
impl TransitShipMutation {
    /// Ships from the supplier's gate to the customer in one step (транзитная отгрузка): receipt into a transit place, order, shipment; the
    /// place holds nothing afterwards. Codes: those of `batchReceive`, `orderCreate`, `orderConfirm` and `orderShip`; `FOUR_EYES` where one of
    /// these steps is watched: take them one by one.
    async fn transit_ship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The truck (машина).")] input: TransitShipInput,
    ) -> Result<TransitShipPayload> {
        let command = command(ctx, input.idempotency_key)?;
        let through = |goods: TransitGoodsInput| Through {
            product_id: goods.product_id.number,
            pieces: goods.pieces.into(),
            number: goods.number,
            tonnes_weighed: goods.tonnes_weighed.map(|tonnes| tonnes.0),
            net: goods.net.0,
            vat: goods.vat.0,
            supplier_order_line_id: or_zero(goods.supplier_order_line_id),
            preliminary: goods.preliminary,
            price: goods.price.into(),
        };
        let service = |line: TransitServiceInput| NewLine {
            product_id: line.product_id.number,
            batch_id: None,
            pieces: 0,
            quantity: line.quantity.0,
            price: Price { unit: Unit::Service, price: line.price.0, includes_vat: line.price_includes_vat },
        };
        let ship = transit::TransitShip {
            deal_id: input.deal_id.number,
            party_id: input.supplier_id.number,
            contract_id: or_zero(input.contract_id),
            warehouse_id: input.warehouse_id.number,
            on: input.shipped_on.0,
            vehicle: input.vehicle,
            goods: input.goods.into_iter().map(through).collect(),
            services: input.services.into_iter().map(service).collect(),
        };
        TransitShipPayload::of(transit::ship(db(ctx), &command, &ship).await)
    }
}
