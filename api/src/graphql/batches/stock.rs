//! What stock operations made, in the graph: batches cut, stock counts, and which batch was made of which.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::stock::{self, read};

use super::{Batch, Warehouse};
use crate::graphql::caller::db;
use crate::graphql::companies::Company;
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, grouped, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::scalars::{Day, Money, Number, whole};
use crate::graphql::text::given;

/// What a cut made of pieces of a batch (резка).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct BatchCut {
    /// What was cut (исходная серия).
    parent: Batch,
    /// What it became, parts and offcuts, in the order they were asked for (полученные серии).
    children: Vec<Batch>,
    /// Metres of kerf and scrap, which have no value but what is kept (пропил и отход).
    scrap_metres: Number,
    /// The scrap that is kept at a value (серия лома); null where none is.
    scrap: Option<Batch>,
    #[graphql(skip)]
    document_id: i64,
}

impl From<stock::Cut> for BatchCut {
    fn from(cut: stock::Cut) -> Self {
        Self {
            parent: cut.parent.into(),
            children: cut.children.into_iter().map(Batch::from).collect(),
            scrap_metres: Number::metres(cut.scrap_metres),
            scrap: cut.scrap.map(Batch::from),
            document_id: cut.document_id,
        }
    }
}

#[ComplexObject]
impl BatchCut {
    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.document_id).await
    }
}

/// A count of batches of one warehouse (инвентаризация), whose differences from the books were posted.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct StockCount {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// When, at the end of the day (дата).
    counted_on: Day,
    /// Free text (примечание).
    note: Option<String>,
    #[graphql(skip)]
    row: stock::StockCount,
}

impl Entity for StockCount {
    const PREFIX: &'static str = "stock_count";
}

impl From<stock::StockCount> for StockCount {
    fn from(row: stock::StockCount) -> Self {
        Self { id: Key::of::<Self>(row.stock_count_id), counted_on: Day(row.counted_on), note: given(row.note.clone()), row }
    }
}

#[ComplexObject]
impl StockCount {
    /// Whose goods (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.row.company_id).await
    }

    /// Where (склад).
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Warehouse> {
        loaders(ctx).warehouses.existing(self.row.warehouse_id).await
    }

    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.document_id).await
    }

    /// What was counted (строки).
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<StockCountLine>> {
        loaders(ctx).lines_of_counts.of(self.row.stock_count_id).await
    }
}

/// What a count found of one batch (строка инвентаризации).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct StockCountLine {
    /// Pieces by the books on that day (по учёту).
    book_pieces: i32,
    /// Pieces that were there (фактически).
    counted_pieces: i32,
    /// Metres of the difference, below zero for a shortage (отклонение, м).
    metres: Number,
    /// Cost of the difference, below zero for a shortage (отклонение, сумма).
    cost: Money,
    #[graphql(skip)]
    batch_id: i64,
}

impl From<stock::StockCountLine> for StockCountLine {
    fn from(row: stock::StockCountLine) -> Self {
        Self {
            book_pieces: whole(row.book_pieces),
            counted_pieces: whole(row.counted_pieces),
            metres: Number::metres(row.metres),
            cost: Money::roubles(row.cost),
            batch_id: row.batch_id,
        }
    }
}

#[ComplexObject]
impl StockCountLine {
    /// The batch (серия).
    async fn batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        loaders(ctx).batches.existing(self.batch_id).await
    }
}

/// Stock counts of the given ids.
pub(crate) fn counts_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<StockCount> {
    Box::pin(async move { Ok(by_id(read::list_counts_by_ids(&db, &ids).await?, |row| row.stock_count_id)) })
}

/// The lines of the given counts.
pub(crate) fn lines_of_counts(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<StockCountLine>> {
    Box::pin(async move { Ok(grouped(read::list_count_lines(&db, &ids).await?, |row| row.stock_count_id)) })
}

/// The batch each of the given ones was made of.
pub(crate) fn parents_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<i64> {
    Box::pin(async move {
        let lineage = read::list_parents(&db, &ids).await?;
        Ok(lineage.into_iter().map(|line| (line.child_batch_id, line.parent_batch_id)).collect())
    })
}

/// The batches that were made of the given ones, in full.
pub(crate) fn children_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<Batch>> {
    Box::pin(async move {
        let lineage = read::list_children(&db, &ids).await?;
        let made: Vec<i64> = lineage.iter().map(|line| line.child_batch_id).collect();
        let mut rows = shpunt_domain::batches::read::list_by_ids(&db, &made).await?;
        rows.sort_unstable_by_key(|row| row.batch_id);
        let parent =
            |batch_id| lineage.iter().find(|line| line.child_batch_id == batch_id).map_or(0, |line| line.parent_batch_id);
        Ok(grouped(rows, |row| parent(row.batch_id)))
    })
}

/// The received batch at the beginning of each of the given ones.
pub(crate) fn origins_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<i64> {
    Box::pin(async move { Ok(read::list_origins(&db, &ids).await?.into_iter().collect()) })
}

/// Questions about stock counts.
#[derive(Default)]
pub(crate) struct StockCountsQuery;

#[Object]
impl StockCountsQuery {
    /// Stock counts (инвентаризации), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn stock_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "In this warehouse (склад).")] warehouse_id: Option<Id<Warehouse>>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<StockCount>> {
        let window = Window::new(first, after.as_deref())?;
        let rows = read::list_counts(db(ctx), warehouse_id.map(|id| id.number), window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.counted_on, row.stock_count_id)))
    }
}
