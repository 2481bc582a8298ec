//! What suppliers asked and were paid, and how they deliver, in the graph.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::purchasing::prices::{self, Filter, list, list_scores};

use crate::graphql::caller::{db, services};
use crate::graphql::catalog::Product;
use crate::graphql::error::{Fault, Result};
use crate::graphql::ids::{Entity, Id};
use crate::graphql::loaders::loaders;
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Money, Number, whole};

/// Most suppliers of one question.
const SUPPLIERS_MAX: usize = 100;

/// Hours Moscow is ahead of UTC: what is overdue is counted by its day.
const MOSCOW: chrono::Duration = chrono::Duration::hours(3);

/// Where a price of a supplier is from (источник цены).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "prices::Source")]
pub(crate) enum SupplierPriceSource {
    /// An answer to a request for prices (ответ на запрос).
    Answer,
    /// An order to the supplier (заказ поставщику).
    Order,
    /// A receipt, with its final price where there is one (поступление).
    Receipt,
}

/// What a supplier asked or was paid for a product (цена поставщика).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SupplierPrice {
    /// When (дата).
    on: Day,
    /// Where it is from (источник).
    source: SupplierPriceSource,
    /// Number of the request, the order or the batch (номер).
    number: String,
    /// Pieces it is for (штуки).
    pieces: i32,
    /// Tonnes it is for, by the weight of the profile (тонны).
    tonnes: Number,
    /// A tonne without VAT and without freight (цена тонны без НДС).
    per_tonne: Money,
    #[graphql(skip)]
    party_id: i64,
    #[graphql(skip)]
    product_id: i64,
}

impl Entity for SupplierPrice {
    const PREFIX: &'static str = "supplier_price";
}

impl From<prices::SupplierPrice> for SupplierPrice {
    fn from(row: prices::SupplierPrice) -> Self {
        Self {
            on: Day(row.on),
            source: row.source.into(),
            number: row.number,
            pieces: whole(row.pieces),
            tonnes: Number::tonnes(row.tonnes),
            per_tonne: Money::roubles(row.per_tonne),
            party_id: row.party_id,
            product_id: row.product_id,
        }
    }
}

#[ComplexObject]
impl SupplierPrice {
    /// From whom (поставщик).
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.party_id).await
    }

    /// What (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.product_id).await
    }
}

/// How a supplier delivers (оценка поставщика), from its orders and receipts.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SupplierScore {
    /// Receipts against its orders (поступлений по заказам).
    deliveries: i32,
    /// Of those, by the day they were expected, percent (доля в срок); null when nothing came.
    on_time_percent: Option<Number>,
    /// Days a receipt came after that day, on average; one in time counts 0 (среднее опоздание, дней).
    mean_delay_days: Option<Number>,
    /// Receipts that were weighed (взвешенных поступлений).
    weighings: i32,
    /// Weight by the scales against that of the profile, percent; negative = too little (отклонение веса); null when nothing was weighed.
    weight_deviation_percent: Option<Number>,
    /// Lines of closed orders of which less came than was ordered (недопоставок).
    under_deliveries: i32,
    /// Lines of open orders of which something is missing after the expected day (просрочено).
    overdue: i32,
    #[graphql(skip)]
    party_id: i64,
}

impl From<prices::Score> for SupplierScore {
    fn from(row: prices::Score) -> Self {
        Self {
            deliveries: whole(row.deliveries),
            on_time_percent: row.on_time_percent.map(Number::money),
            mean_delay_days: row.mean_delay_days.map(Number::money),
            weighings: whole(row.weighings),
            weight_deviation_percent: row.weight_deviation_percent.map(Number::money),
            under_deliveries: whole(row.under_deliveries),
            overdue: whole(row.overdue),
            party_id: row.party_id,
        }
    }
}

#[ComplexObject]
impl SupplierScore {
    /// Of whom (поставщик).
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.party_id).await
    }
}

/// Which prices are asked for (отбор цен поставщиков).
#[derive(InputObject, Default)]
pub(crate) struct SupplierPriceFilter {
    /// Of this product (номенклатура).
    product_id: Option<Id<Product>>,
    /// From this supplier (поставщик).
    supplier_id: Option<Id<Party>>,
}

/// Questions about prices of suppliers.
#[derive(Default)]
pub(crate) struct SupplierPricesQuery;

#[Object]
impl SupplierPricesQuery {
    /// What suppliers asked in answers and orders and were paid in receipts (история цен поставщиков), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn supplier_prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: SupplierPriceFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<SupplierPrice>> {
        let window = Window::new(first, after.as_deref())?;
        let filter =
            Filter { product_id: filter.product_id.map(|id| id.number), party_id: filter.supplier_id.map(|id| id.number) };
        let rows = list(db(ctx), &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.on, row.rank, row.id)))
    }

    /// How suppliers deliver (оценка поставщиков), in the order of the ids.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn supplier_scores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, 100 at most (поставщики).")] supplier_ids: Vec<Id<Party>>,
    ) -> Result<Vec<SupplierScore>> {
        if supplier_ids.len() > SUPPLIERS_MAX {
            return Err(Fault::bad_input(format!("supplierIds: at most {SUPPLIERS_MAX} at once")));
        }
        let today = ((services(ctx).clock)() + MOSCOW).date_naive();
        let ids: Vec<i64> = supplier_ids.iter().map(|id| id.number).collect();
        let rows = list_scores(db(ctx), &ids, today).await?;
        let row = |id: &i64| rows.iter().find(|row| row.party_id == *id).cloned();
        let known = ids.iter().filter_map(row).map(SupplierScore::from).collect();
        Ok(known)
    }
}
