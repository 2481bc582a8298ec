//! Requests for freight rates and what carriers answered.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::money;
use shpunt_domain::orders::trucks::freight;
use shpunt_domain::orders::trucks::read;

use super::super::Order;
use crate::graphql::batches::Warehouse;
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, grouped, loaders};
use crate::graphql::page;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Moment, Money, Number, Uuid};
use crate::graphql::text::given;
use crate::graphql::user_error::payload;

/// A request for rates for the way of an order (запрос ставок).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct FreightRequest {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// To where (адрес доставки).
    address: String,
    /// The region of the address (регион).
    region: Option<String>,
    /// Tonnes of the order when it was asked (тонны).
    tonnes: Number,
    /// The day the truck is needed (на дату).
    needed_on: Day,
    /// What the carriers should know (примечание).
    note: Option<String>,
    /// When it was made (создан).
    created_at: Moment,
    /// Who was asked and what they answered (ставки): the cheapest first, those who are silent last.
    #[graphql(complexity = "page::few(child_complexity)")]
    quotes: Vec<FreightQuote>,
    #[graphql(skip)]
    refers: Refers,
}

/// What a request refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    order: i64,
    warehouse: i64,
    chosen: i64,
}

impl Entity for FreightRequest {
    const PREFIX: &'static str = "freight_request";
}

impl From<freight::FreightRequest> for FreightRequest {
    fn from(row: freight::FreightRequest) -> Self {
        let chosen = row.chosen_carrier_id;
        Self {
            id: Key::of::<Self>(row.freight_request_id),
            address: row.address,
            region: given(row.region),
            tonnes: Number::tonnes(row.tonnes),
            needed_on: Day(row.needed_on),
            note: given(row.note),
            created_at: Moment(row.created_at),
            quotes: row.quotes.into_iter().map(|quote| FreightQuote::of(quote, chosen)).collect(),
            refers: Refers { order: row.order_id, warehouse: row.warehouse_id, chosen },
        }
    }
}

#[ComplexObject]
impl FreightRequest {
    /// The order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.refers.order).await
    }

    /// From where (склад отправления).
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Warehouse> {
        loaders(ctx).warehouses.existing(self.refers.warehouse).await
    }

    /// Whose rate was taken (выбранный перевозчик); null until one is.
    async fn chosen_carrier(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.refers.chosen).await
    }
}

/// What a carrier answered, or that he is asked (ставка перевозчика).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct FreightQuote {
    /// Without VAT (без НДС); null until he answered.
    net: Option<Money>,
    /// The VAT (НДС).
    vat: Option<Money>,
    /// Days to pay, waiting, tent and the like (условия).
    conditions: Option<String>,
    /// When he answered (получена).
    quoted_at: Option<Moment>,
    /// It was taken (выбрана).
    is_chosen: bool,
    #[graphql(skip)]
    carrier_id: i64,
}

impl FreightQuote {
    fn of(row: freight::Quote, chosen: i64) -> Self {
        Self {
            net: row.net.map(Money::roubles),
            vat: row.vat.map(Money::roubles),
            conditions: given(row.conditions),
            quoted_at: row.quoted_at.map(Moment),
            is_chosen: row.carrier_id == chosen,
            carrier_id: row.carrier_id,
        }
    }
}

#[ComplexObject]
impl FreightQuote {
    /// Who (перевозчик).
    async fn carrier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.carrier_id).await
    }
}

/// What a carrier once asked for a way (ставка из истории).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct FreightRate {
    /// To where (адрес доставки).
    address: String,
    /// The region of the address (регион).
    region: Option<String>,
    /// How many tonnes (тонны).
    tonnes: Number,
    /// For which day (на дату).
    needed_on: Day,
    /// Without VAT (без НДС).
    net: Money,
    /// The VAT (НДС).
    vat: Money,
    /// Without VAT, for a tonne (ставка за тонну); null when the order had no weight.
    net_per_tonne: Option<Money>,
    /// Under which conditions (условия).
    conditions: Option<String>,
    /// When (получена).
    quoted_at: Moment,
    /// It was taken (выбрана).
    is_chosen: bool,
    #[graphql(skip)]
    refers: (i64, i64, i64),
}

impl Entity for FreightRate {
    const PREFIX: &'static str = "freight_rate";
}

impl From<read::Rate> for FreightRate {
    fn from(row: read::Rate) -> Self {
        Self {
            address: row.address,
            region: given(row.region),
            tonnes: Number::tonnes(row.tonnes),
            needed_on: Day(row.needed_on),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            net_per_tonne: row.net.checked_div(row.tonnes).map(|rate| Money::roubles(money::round(rate))),
            conditions: given(row.conditions),
            quoted_at: Moment(row.quoted_at),
            is_chosen: row.is_chosen,
            refers: (row.freight_request_id, row.carrier_id, row.warehouse_id),
        }
    }
}

#[ComplexObject]
impl FreightRate {
    /// The request it answered (запрос ставки).
    async fn freight_request(&self, ctx: &Context<'_>) -> Result<FreightRequest> {
        loaders(ctx).freight_requests.existing(self.refers.0).await
    }

    /// Who (перевозчик).
    async fn carrier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.refers.1).await
    }

    /// From where (склад отправления).
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Warehouse> {
        loaders(ctx).warehouses.existing(self.refers.2).await
    }
}

/// Requests of the given ids that the caller may see.
pub(crate) fn requests_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<FreightRequest> {
    Box::pin(async move { Ok(by_id(read::list_requests_by_ids(&db, &scope, &ids).await?, |row| row.freight_request_id)) })
}

/// The requests of the given orders.
pub(crate) fn requests_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<FreightRequest>> {
    Box::pin(async move { Ok(grouped(read::list_requests_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// Carriers to ask for a rate (новый запрос ставок).
#[derive(InputObject)]
pub(crate) struct FreightRequestCreateInput {
    /// The order (заказ): not a cancelled one.
    order_id: Id<Order>,
    /// From where (склад отправления).
    warehouse_id: Id<Warehouse>,
    /// To where (адрес доставки), 1 to 300 characters.
    address: String,
    /// The region of the address (регион): rates are compared by it.
    #[graphql(default)]
    region: String,
    /// The day the truck is needed (на дату).
    needed_on: Day,
    /// Whom to ask (перевозчики): 1 to 30, each once.
    carrier_ids: Vec<Id<Party>>,
    /// What they should know (примечание).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What a carrier asks (ставка перевозчика).
#[derive(InputObject)]
pub(crate) struct FreightQuoteRecordInput {
    /// The request (запрос).
    freight_request_id: Id<FreightRequest>,
    /// Who (перевозчик), also one who was not asked.
    carrier_id: Id<Party>,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// The VAT, roubles (НДС).
    vat: Number,
    /// Days to pay, waiting, tent and the like (условия).
    #[graphql(default)]
    conditions: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A quote to take (выбор ставки).
#[derive(InputObject)]
pub(crate) struct FreightQuoteChooseInput {
    /// The request (запрос).
    freight_request_id: Id<FreightRequest>,
    /// Whose quote (перевозчик).
    carrier_id: Id<Party>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `freightRequestCreate` did.
    FreightRequestCreatePayload {
        /// The new request (запрос); null when nothing was done.
        freight_request: FreightRequest
    }
}

payload! {
    /// What `freightQuoteRecord` did.
    FreightQuoteRecordPayload {
        /// The request as it is now (запрос); null when nothing was done.
        freight_request: FreightRequest
    }
}

payload! {
    /// What `freightQuoteChoose` did.
    FreightQuoteChoosePayload {
        /// The order with its carrier (заказ); null when nothing was done.
        order: Order
    }
}

/// Changes of requests for rates.
#[derive(Default)]
pub(crate) struct FreightMutation;

#[Object]
impl FreightMutation {
    /// Asks carriers for a rate (запросить ставки). Codes: `NOT_FOUND`, `ORDER_STATUS` (cancelled), `INVALID_INPUT`.
    async fn freight_request_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For which way and of whom (маршрут и перевозчики).")] input: FreightRequestCreateInput,
    ) -> Result<FreightRequestCreatePayload> {
        let request = freight::Request {
            order_id: input.order_id.number,
            warehouse_id: input.warehouse_id.number,
            address: input.address,
            region: input.region,
            needed_on: input.needed_on.0,
            carrier_ids: input.carrier_ids.into_iter().map(|id| id.number).collect(),
            note: input.note,
        };
        FreightRequestCreatePayload::of(freight::request(db(ctx), &command(ctx, input.idempotency_key)?, &request).await)
    }

    /// Records what a carrier asks (записать ставку), in place of what he asked before; one that was taken stays. Codes: `NOT_FOUND`,
    /// `ORDER_STATUS`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
    async fn freight_quote_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The quote (ставка).")] input: FreightQuoteRecordInput,
    ) -> Result<FreightQuoteRecordPayload> {
        let record = freight::RecordQuote {
            freight_request_id: input.freight_request_id.number,
            carrier_id: input.carrier_id.number,
            net: input.net.0,
            vat: input.vat.0,
            conditions: input.conditions,
        };
        FreightQuoteRecordPayload::of(freight::record_quote(db(ctx), &command(ctx, input.idempotency_key)?, &record).await)
    }

    /// Takes a quote (выбрать ставку): it gives the order its carrier and its planned freight. A vehicle of another carrier, its slot and what
    /// was loaded are the order's no more. Codes: `NOT_FOUND` (also when the carrier has not answered), `ORDER_STATUS`.
    async fn freight_quote_choose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one (какую).")] input: FreightQuoteChooseInput,
    ) -> Result<FreightQuoteChoosePayload> {
        let choose = freight::Choose { freight_request_id: input.freight_request_id.number, carrier_id: input.carrier_id.number };
        FreightQuoteChoosePayload::of(freight::choose(db(ctx), &command(ctx, input.idempotency_key)?, &choose).await)
    }
}
