//! Sold goods that still lie with us, and those bought back, in the graph.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::{buy_back, custody};

use super::{Order, OrderLine};
use crate::graphql::batches::{Batch, Warehouse};
use crate::graphql::caller::{command, db, scope};
use crate::graphql::catalog::Product;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id};
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::scalars::{Day, Number, Uuid, whole};
use crate::graphql::user_error::payload;

/// Goods of a customer that lie with us until the order is delivered (ответственное хранение).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderCustody {
    /// Since the shipment (с какого дня).
    kept_from: Day,
    #[graphql(skip)]
    order_id: i64,
    #[graphql(skip)]
    warehouse_id: i64,
}

impl Entity for OrderCustody {
    const PREFIX: &'static str = "order_custody";
}

impl From<custody::Custody> for OrderCustody {
    fn from(row: custody::Custody) -> Self {
        Self { kept_from: Day(row.kept_from), order_id: row.order_id, warehouse_id: row.warehouse_id }
    }
}

#[ComplexObject]
impl OrderCustody {
    /// Whose goods they are (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.order_id).await
    }

    /// Where they lie (склад).
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Warehouse> {
        loaders(ctx).warehouses.existing(self.warehouse_id).await
    }
}

/// The sale that a batch of used piles was bought back of (обратный выкуп).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct BatchBuyBack {
    /// How many (штуки).
    pieces: i32,
    #[graphql(skip)]
    order_id: i64,
    #[graphql(skip)]
    sold_batch_id: i64,
}

impl From<buy_back::BoughtBack> for BatchBuyBack {
    fn from(row: buy_back::BoughtBack) -> Self {
        Self { pieces: whole(row.pieces), order_id: row.order_id, sold_batch_id: row.sold_batch_id }
    }
}

#[ComplexObject]
impl BatchBuyBack {
    /// The order they were sold with (заказ); null when the caller may not see it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.order_id).await
    }

    /// The batch they were sold from (проданная серия).
    async fn sold_batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        loaders(ctx).batches.existing(self.sold_batch_id).await
    }
}

/// Where the goods of the given orders lie with us.
pub(crate) fn custody_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderCustody> {
    Box::pin(async move { Ok(by_id(custody::list_by_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// Which sales the given batches were bought back of.
pub(crate) fn buy_backs_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<BatchBuyBack> {
    Box::pin(async move { Ok(by_id(buy_back::list_by_batches(&db, &ids).await?, |row| row.batch_id)) })
}

/// Questions about goods that lie with us and are not ours.
#[derive(Default)]
pub(crate) struct CustodyQuery;

#[Object]
impl CustodyQuery {
    /// Goods sold but kept (товар на ответственном хранении), the longest kept first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn kept_goods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this warehouse (склад).")] warehouse_id: Option<Id<Warehouse>>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<OrderCustody>> {
        let window = Window::new(first, after.as_deref())?;
        let of = warehouse_id.map(|id| id.number);
        let rows = custody::list(db(ctx), &scope(ctx)?, of, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.kept_from, row.order_id)))
    }
}

/// Goods to keep for a customer (передача на хранение).
#[derive(InputObject)]
pub(crate) struct OrderKeepInput {
    /// The order (заказ): shipped, not delivered.
    order_id: Id<Order>,
    /// Where its goods lie (склад).
    warehouse_id: Id<Warehouse>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Used piles to buy back from a customer (обратный выкуп).
#[derive(InputObject)]
pub(crate) struct OrderBuyBackInput {
    /// The order they were sold with (заказ): shipped. Its customer must be marked as a supplier, too.
    order_id: Id<Order>,
    /// The line (строка заказа): goods.
    order_line_id: Id<OrderLine>,
    /// What they are now (номенклатура): the same profile in another condition.
    product_id: Id<Product>,
    /// Where they go (склад).
    warehouse_id: Id<Warehouse>,
    /// Number of the new batch (номер серии), unique per company.
    number: String,
    /// Business date (дата): not before the shipment.
    on: Day,
    /// How many (штуки): at most what the customer still has of the line.
    pieces: i32,
    /// Price of the whole without VAT, roubles (сумма без НДС).
    net: Number,
    /// VAT as printed by the customer, roubles (НДС); 0 of those who pay none.
    vat: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `orderKeep` did.
    OrderKeepPayload {
        /// Where the goods lie (хранение); null when nothing was done.
        custody: OrderCustody
    }
}

payload! {
    /// What `orderBuyBack` did.
    OrderBuyBackPayload {
        /// The batch of used piles (серия); null when nothing was done.
        batch: Batch
    }
}

/// Changes of goods after their sale.
#[derive(Default)]
pub(crate) struct CustodyMutation;

#[Object]
impl CustodyMutation {
    /// Says that the goods of a shipped order stay with us until it is delivered (оставить на хранении); said again, where they lie now.
    /// Codes: `NOT_FOUND`, `ORDER_STATUS`, `TITLE_NOT_PASSED`.
    async fn order_keep(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and where (что и где).")] input: OrderKeepInput,
    ) -> Result<OrderKeepPayload> {
        let keep = custody::Keep { order_id: input.order_id.number, warehouse_id: input.warehouse_id.number };
        OrderKeepPayload::of(custody::keep(db(ctx), &command(ctx, input.idempotency_key)?, keep).await)
    }

    /// Buys used piles back (обратный выкуп): a batch that knows its sale, and the debt to the customer. Codes: `NOT_FOUND`, `ORDER_STATUS`,
    /// `TITLE_NOT_PASSED`, `RETURN_EXCEEDED`, `PRODUCT_MISMATCH`, `DATE_TOO_EARLY`, `PARTY_MISMATCH` (no supplier), and those of `batchReceive`.
    async fn order_buy_back(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to buy back (что выкупить).")] input: OrderBuyBackInput,
    ) -> Result<OrderBuyBackPayload> {
        let buy = buy_back::BuyBack {
            order_id: input.order_id.number,
            order_line_id: input.order_line_id.number,
            product_id: input.product_id.number,
            warehouse_id: input.warehouse_id.number,
            number: input.number,
            on: input.on.0,
            pieces: input.pieces.into(),
            net: input.net.0,
            vat: input.vat.0,
        };
        OrderBuyBackPayload::of(buy_back::buy_back(db(ctx), &command(ctx, input.idempotency_key)?, &buy).await)
    }
}
