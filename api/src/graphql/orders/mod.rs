//! Orders in the graph: one order is one truck of a deal; a manager sees those of the own deals and the team's.

mod changed;
mod custody;
mod delivery;
mod expenses;
mod list;
mod margin;
mod mutations;
mod returns;
mod steps;
mod trucks;

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::{self, read};

use super::batches::Batch;
use super::catalog::Product;
use super::companies::Company;
use super::deals::Deal;
use super::direct::PlannedExpense;
use super::documents::Document;
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch as Rows, by_id, grouped, loaders};
use super::page;
use super::parties::{Contract, Party};
use super::scalars::{Day, Money, Number, weighed, whole};
use super::settlements::SettlementItem;
use super::text::given;
use super::treasury::Payment;
pub(crate) use changed::ShippedMutation;
pub(crate) use custody::{BatchBuyBack, CustodyMutation, CustodyQuery, OrderCustody, buy_backs_of_batches, custody_of_orders};
pub(crate) use delivery::{
    CarrierClaim, ClaimsMutation, OrderDelivery, OrderFile, claims_by_ids, claims_of_orders, deliveries_of_orders, files_by_ids,
    files_of_orders,
};
pub(crate) use expenses::{OrderExpense, expenses_by_ids, expenses_of_orders};
pub(crate) use list::OrdersQuery;
pub(crate) use margin::{OrderMargin, margins_of_orders};
pub(crate) use mutations::OrdersMutation;
pub(crate) use returns::{
    OrderCorrection, OrderReturn, corrections_by_ids, corrections_of_orders, line_of, returned_pieces, returns_by_ids,
    returns_of_orders,
};

pub(crate) use trucks::{
    DirectoryMutation, Driver, FreightMutation, FreightRequest, OrderTruck, TrucksMutation, TrucksQuery, Vehicle, drivers_by_ids,
    requests_by_ids, requests_of_orders, trucks_of_orders, vehicles_by_ids,
};

/// Where an order stands (статус заказа).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "orders::Status")]
pub(crate) enum OrderStatus {
    /// Its lines may change (черновик).
    Draft,
    /// Ready to be shipped (подтверждён).
    Confirmed,
    /// Left: revenue, cost and receivable are posted, unless its title passes at unloading (отгружен).
    Shipped,
    /// Arrived (доставлен).
    Delivered,
    /// Will not be shipped (отменён).
    Cancelled,
}

/// What a price is for (единица цены).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "orders::Unit")]
pub(crate) enum PriceUnit {
    /// A tonne by the weight of the profile (тонна).
    Tonne,
    /// A metre (метр).
    Metre,
    /// A piece (штука).
    Piece,
    /// A service (услуга).
    Service,
}

/// One truck of a deal (заказ).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Order {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number (номер): `З-000123`.
    number: String,
    /// Where it stands (статус).
    status: OrderStatus,
    /// Planned day of shipping (план отгрузки).
    planned_on: Day,
    /// Day of shipping (дата отгрузки); null until shipped.
    shipped_on: Option<Day>,
    /// Day of delivery (дата доставки); null until delivered.
    delivered_on: Option<Day>,
    /// It left at our risk (переход права собственности при разгрузке): between shipment and delivery nothing is sold yet. As the contract said
    /// on the day of shipment; false until then.
    title_on_delivery: bool,
    /// The truck's plate (номер машины).
    vehicle: Option<String>,
    /// Without VAT (без НДС), as shipped: what was returned or corrected since stands in `returns` and `corrections`.
    net: Money,
    /// The VAT (НДС): planned until shipped, then as shipped.
    vat: Money,
    /// With VAT (с НДС), as shipped.
    gross: Money,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    /// Goods and services (строки), in their order.
    #[graphql(complexity = "page::few(child_complexity)")]
    lines: Vec<OrderLine>,
    #[graphql(skip)]
    refers: Refers,
}

/// What an order refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    order: i64,
    company: i64,
    deal: i64,
    contract: i64,
    party: i64,
    document: i64,
}

impl Entity for Order {
    const PREFIX: &'static str = "order";
}

impl Order {
    /// Whether it is a truck of this deal.
    pub(super) fn is_of(&self, deal: Id<Deal>) -> bool {
        self.refers.deal == deal.number
    }
}

impl From<orders::Order> for Order {
    fn from(row: orders::Order) -> Self {
        Self {
            id: Key::of::<Self>(row.order_id),
            number: row.number,
            status: row.status.into(),
            planned_on: Day(row.planned_on),
            shipped_on: row.shipped_on.map(Day),
            delivered_on: row.delivered_on.map(Day),
            title_on_delivery: row.title_on_delivery,
            vehicle: given(row.vehicle),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            version: row.version,
            lines: row.lines.into_iter().map(OrderLine::from).collect(),
            refers: Refers {
                order: row.order_id,
                company: row.company_id,
                deal: row.deal_id,
                contract: row.contract_id,
                party: row.party_id,
                document: row.document_id,
            },
        }
    }
}

impl From<(DateTime<Utc>, orders::Order)> for Order {
    fn from((_, row): (DateTime<Utc>, orders::Order)) -> Self {
        row.into()
    }
}

#[ComplexObject]
impl Order {
    /// Who sells (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.refers.company).await
    }

    /// The deal it belongs to (сделка).
    async fn deal(&self, ctx: &Context<'_>) -> Result<Deal> {
        loaders(ctx).deals.existing(self.refers.deal).await
    }

    /// Who buys (покупатель).
    async fn customer(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.refers.party).await
    }

    /// Under which contract (договор).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.refers.contract).await
    }

    /// The shipping document (УПД); null until shipped.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.refers.document).await
    }

    /// Direct expenses (прямые расходы), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn expenses(&self, ctx: &Context<'_>) -> Result<Vec<OrderExpense>> {
        loaders(ctx).expenses_of_orders.of(self.refers.order).await
    }

    /// Direct expenses it is expected to cause (плановые прямые расходы), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn planned_expenses(&self, ctx: &Context<'_>) -> Result<Vec<PlannedExpense>> {
        loaders(ctx).plans_of_orders.of(self.refers.order).await
    }

    /// What it earned (маржа заказа), as it is known now; nothing until it is shipped, besides expenses that were billed.
    async fn margin(&self, ctx: &Context<'_>) -> Result<Option<OrderMargin>> {
        loaders(ctx).margins_of_orders.find(self.refers.order).await
    }

    /// What came back of it (возвраты), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn returns(&self, ctx: &Context<'_>) -> Result<Vec<OrderReturn>> {
        loaders(ctx).returns_of_orders.of(self.refers.order).await
    }

    /// What was corrected after the shipment (корректировки), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<OrderCorrection>> {
        loaders(ctx).corrections_of_orders.of(self.refers.order).await
    }

    /// Where its goods lie with us although they are sold (ответственное хранение); null when they do not.
    async fn custody(&self, ctx: &Context<'_>) -> Result<Option<OrderCustody>> {
        loaders(ctx).custody_of_orders.find(self.refers.order).await
    }

    /// Money allocated to it (платежи), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        loaders(ctx).payments_of_orders.of(self.refers.order).await
    }

    /// The truck that takes it (машина); null until it or its carrier is known.
    async fn truck(&self, ctx: &Context<'_>) -> Result<Option<OrderTruck>> {
        loaders(ctx).trucks_of_orders.find(self.refers.order).await
    }

    /// Requests for freight rates (запросы ставок), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn freight_requests(&self, ctx: &Context<'_>) -> Result<Vec<FreightRequest>> {
        loaders(ctx).requests_of_orders.of(self.refers.order).await
    }

    /// Photos, proofs of delivery and other files (файлы), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn files(&self, ctx: &Context<'_>) -> Result<Vec<OrderFile>> {
        loaders(ctx).files_of_orders.of(self.refers.order).await
    }

    /// How it arrived (доставка); null while no more than the day is known.
    async fn delivery(&self, ctx: &Context<'_>) -> Result<Option<OrderDelivery>> {
        loaders(ctx).deliveries_of_orders.find(self.refers.order).await
    }

    /// Claims on its carriers (претензии перевозчикам), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn carrier_claims(&self, ctx: &Context<'_>) -> Result<Vec<CarrierClaim>> {
        loaders(ctx).claims_of_orders.of(self.refers.order).await
    }

    /// Open debts and advances of it (взаиморасчёты), the first due first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn settlements(&self, ctx: &Context<'_>) -> Result<Vec<SettlementItem>> {
        loaders(ctx).settlements_of_orders.of(self.refers.order).await
    }
}

/// Goods from a batch, or a service (строка заказа).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderLine {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Its place in the order: 1, 2, … (номер строки).
    line: i32,
    /// Pieces of goods (штуки); null for a service.
    pieces: Option<i32>,
    /// Metres of goods (метры); null for a service.
    metres: Option<Number>,
    /// Tonnes of goods by the weight of the profile (тонны теоретические); null for a service.
    tonnes_theoretical: Option<Number>,
    /// Tonnes by the scales at shipping (тонны по весам); null when not weighed.
    tonnes_weighed: Option<Number>,
    /// What the price is for (единица).
    unit: PriceUnit,
    /// How much of the unit (количество).
    quantity: Number,
    /// Price of a unit (цена).
    price: Money,
    /// The price includes VAT and stays when the rate changes; otherwise VAT comes on top (цена с НДС).
    price_includes_vat: bool,
    /// VAT rate, percent: planned until shipped (ставка НДС).
    vat_percent: Number,
    /// Without VAT (без НДС).
    net: Money,
    /// The VAT (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    #[graphql(skip)]
    row_id: i64,
    #[graphql(skip)]
    product_id: i64,
    #[graphql(skip)]
    batch_id: i64,
}

impl Entity for OrderLine {
    const PREFIX: &'static str = "order_line";
}

impl From<orders::Line> for OrderLine {
    fn from(row: orders::Line) -> Self {
        let is_goods = row.is_goods();
        Self {
            id: Key::of::<Self>(row.order_line_id),
            line: row.line,
            pieces: is_goods.then(|| whole(row.pieces)),
            metres: is_goods.then(|| Number::metres(row.metres)),
            tonnes_theoretical: is_goods.then(|| Number::tonnes(row.tonnes_theoretical)),
            tonnes_weighed: weighed(row.tonnes_weighed),
            unit: row.price.unit.into(),
            quantity: Number::tonnes(row.quantity),
            price: Money::roubles(row.price.price),
            price_includes_vat: row.price.includes_vat,
            vat_percent: Number(row.vat_percent),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            row_id: row.order_line_id,
            product_id: row.product_id,
            batch_id: row.batch_id,
        }
    }
}

#[ComplexObject]
impl OrderLine {
    /// Goods or service (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.product_id).await
    }

    /// Pieces that came back since the shipment (возвращено, штуки); null for a service.
    async fn returned_pieces(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        if self.pieces.is_none() {
            return Ok(None);
        }
        Ok(Some(loaders(ctx).returned_pieces.find(self.row_id).await?.unwrap_or_default()))
    }

    /// The batch goods are taken from (серия); null for a service.
    async fn batch(&self, ctx: &Context<'_>) -> Result<Option<Batch>> {
        loaders(ctx).batches.find(self.batch_id).await
    }
}

/// Orders of the given ids that the caller may see.
pub(super) fn by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Order> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// The orders of the given deals.
pub(super) fn of_deals(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<Order>> {
    Box::pin(async move { Ok(grouped(read::list_of_deals(&db, &scope, &ids).await?, |row| row.deal_id)) })
}
