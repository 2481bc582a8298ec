//! Stock at a day.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use shpunt_analytics::reports::stock::{self as report, Group};

use super::{AsOf, ask};
use crate::graphql::batches::{Batch, Warehouse};
use crate::graphql::caller::{scope, services};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, Key};
use crate::graphql::scalars::{Day, Moment, Number, whole};

/// What a row of stock stands for (разрез).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Group")]
pub(crate) enum StockGroup {
    /// A batch (серия).
    Batch,
    /// Goods (номенклатура).
    Product,
    /// A warehouse (склад).
    Warehouse,
}

/// Which stock (отбор остатков).
#[derive(InputObject, Debug, Clone, Copy, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the API")]
pub(crate) struct StockScopeInput {
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// Of this product (номенклатура).
    product_id: Option<Id<Product>>,
    /// In this warehouse (склад).
    warehouse_id: Option<Id<Warehouse>>,
}

/// What lies there (остаток).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct StockMeasures {
    /// Pieces (штуки).
    pieces: i32,
    /// Metres (метры).
    metres: Number,
    /// Tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// Tonnes by the scales, as far as they were weighed (тонны по весам).
    tonnes_weighed: Number,
    /// What it cost, roubles (стоимость).
    value: Number,
}

impl From<report::Stock> for StockMeasures {
    fn from(stock: report::Stock) -> Self {
        Self {
            pieces: whole(stock.pieces),
            metres: Number::metres(stock.metres),
            tonnes: Number::tonnes(stock.tonnes),
            tonnes_weighed: Number::tonnes(stock.tonnes_weighed),
            value: Number::money(stock.value),
        }
    }
}

/// One group of stock (строка остатков).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct StockRow {
    /// Which group: an id of a batch, a product or a warehouse (ключ).
    key: Key,
    /// Its name (название).
    label: String,
    /// What lies there (остаток).
    stock: StockMeasures,
}

/// Stock at the end of a day (отчёт об остатках).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct StockReport {
    /// The day (дата).
    at: Day,
    /// By value, the dearest first; groups that hold nothing are left out (строки).
    rows: Vec<StockRow>,
    /// The whole (итого).
    total: StockMeasures,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

/// The question of stock.
#[derive(Default)]
pub(crate) struct StockQuery;

#[Object]
impl StockQuery {
    /// Stock at the end of a day by batch, product or warehouse (остатки на дату), with what it cost; needs `SEE_STOCK` too, and is for
    /// those who see the whole business.
    async fn stock_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At the end of this day (на дату).")] at: Day,
        #[graphql(default_with = "StockGroup::Batch", desc = "What a row stands for (разрез).")] group_by: StockGroup,
        #[graphql(name = "filter", desc = "Which stock (отбор).")] input: Option<StockScopeInput>,
        #[graphql(desc = "As it was known at this moment (как было известно).")] known_at: Option<Moment>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<StockReport>> {
        let (input, group) = (input.unwrap_or_default(), Group::from(group_by));
        let filter = report::Filter {
            scope: scope(ctx)?,
            company_id: input.company_id.map(|id| id.number),
            product_id: input.product_id.map(|id| id.number),
            warehouse_id: input.warehouse_id.map(|id| id.number),
        };
        let answer = services(ctx).reports.stock(&ask(ctx, after, known_at), &filter, at.0, group).await?;
        let row = |row: report::Row| {
            let key = match group {
                Group::Batch => Key::of::<Batch>(row.id),
                Group::Product => Key::of::<Product>(row.id),
                Group::Warehouse => Key::of::<Warehouse>(row.id),
            };
            StockRow { key, label: row.label, stock: row.stock.into() }
        };
        Ok(Some(StockReport {
            at: Day(answer.data.at),
            rows: answer.data.rows.into_iter().map(row).collect(),
            total: answer.data.total.into(),
            as_of: answer.as_of.into(),
        }))
    }
}
