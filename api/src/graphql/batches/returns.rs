//! Returns to suppliers in the graph.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::returns::{self, Landed, commands, read, reverse};

use super::Batch;
use crate::graphql::caller::{command, db};
use crate::graphql::companies::Company;
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key, or_zero};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::{Batch as Rows, by_id, grouped, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::{Contract, Party};
use crate::graphql::scalars::{Day, Money, Number, Uuid, whole};
use crate::graphql::text::given;
use crate::graphql::user_error::payload;

/// Goods that went back to their supplier (возврат поставщику): he is credited at his price, what they cost beyond it is a loss or a claim.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SupplierReturn {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Business date (дата).
    returned_on: Day,
    /// Number of the paper (номер).
    number: Option<String>,
    /// Why (причина).
    reason: String,
    /// His price without the VAT that was deducted (стоимость по цене поставщика).
    cost: Money,
    /// The deducted VAT that was taken back (НДС к восстановлению).
    vat: Money,
    /// What he is credited (сумма возврата).
    gross: Money,
    /// What the goods cost beyond his price, lost or claimed (дополнительные расходы возвращённого).
    landed: Money,
    /// Whether that was claimed of him (предъявлено претензией); otherwise it is a loss.
    claimed: bool,
    /// When it was taken back (дата сторно); null while it stands.
    reversed_on: Option<Day>,
    #[graphql(skip)]
    row: returns::SupplierReturn,
}

impl Entity for SupplierReturn {
    const PREFIX: &'static str = "supplier_return";
}

impl From<returns::SupplierReturn> for SupplierReturn {
    fn from(row: returns::SupplierReturn) -> Self {
        Self {
            id: Key::of::<Self>(row.supplier_return_id),
            returned_on: Day(row.returned_on),
            number: given(row.number.clone()),
            reason: row.reason.clone(),
            cost: Money::roubles(row.cost),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            landed: Money::roubles(row.landed),
            claimed: row.article_id == 0,
            reversed_on: row.reversed_on.map(Day),
            row,
        }
    }
}

#[ComplexObject]
impl SupplierReturn {
    /// Whose goods (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.row.company_id).await
    }

    /// To whom (поставщик).
    async fn supplier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.row.party_id).await
    }

    /// Under which contract (договор поставки).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.row.contract_id).await
    }

    /// The article of the loss (статья убытка); null when it was claimed.
    async fn article(&self, ctx: &Context<'_>) -> Result<Option<Article>> {
        loaders(ctx).articles.find(self.row.article_id).await
    }

    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.document_id).await
    }

    /// The document of its storno (документ сторно); null while it stands.
    async fn reversal(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.reversal_document_id).await
    }

    /// What went back of each batch (строки).
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<SupplierReturnLine>> {
        loaders(ctx).lines_of_supplier_returns.of(self.row.supplier_return_id).await
    }
}

/// What went back of one batch (строка возврата поставщику).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SupplierReturnLine {
    /// Pieces (штуки).
    pieces: i32,
    /// Metres (метры).
    metres: Number,
    /// His price without the VAT that was deducted (стоимость по цене поставщика).
    cost: Money,
    /// The deducted VAT that was taken back (НДС).
    vat: Money,
    /// What he is credited (сумма).
    gross: Money,
    /// What the pieces cost beyond his price (дополнительные расходы).
    landed: Money,
    #[graphql(skip)]
    row: returns::ReturnedLine,
}

impl From<returns::ReturnedLine> for SupplierReturnLine {
    fn from(row: returns::ReturnedLine) -> Self {
        Self {
            pieces: whole(row.pieces),
            metres: Number::metres(row.metres),
            cost: Money::roubles(row.cost),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            landed: Money::roubles(row.landed),
            row,
        }
    }
}

#[ComplexObject]
impl SupplierReturnLine {
    /// The batch the pieces were taken from (серия).
    async fn batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        loaders(ctx).batches.existing(self.row.batch_id).await
    }

    /// The batch as the supplier delivered it, whose document is the receipt (серия поступления).
    async fn origin(&self, ctx: &Context<'_>) -> Result<Batch> {
        loaders(ctx).batches.existing(self.row.origin_batch_id).await
    }
}

/// Returns of the given ids.
pub(crate) fn supplier_returns_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<SupplierReturn> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &ids).await?, |row| row.supplier_return_id)) })
}

/// The lines of the given returns.
pub(crate) fn lines_of_supplier_returns(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<SupplierReturnLine>> {
    Box::pin(async move { Ok(grouped(read::list_lines(&db, &ids).await?, |row| row.supplier_return_id)) })
}

/// Which returns a list shows (отбор возвратов поставщикам).
#[derive(InputObject, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the API")]
pub(crate) struct SupplierReturnFilter {
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// To this supplier (поставщик).
    supplier_id: Option<Id<Party>>,
    /// Of this batch (серия).
    batch_id: Option<Id<Batch>>,
}

/// Questions about returns to suppliers.
#[derive(Default)]
pub(crate) struct SupplierReturnsQuery;

#[Object]
impl SupplierReturnsQuery {
    /// Returns to suppliers (возвраты поставщикам), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn supplier_returns(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: SupplierReturnFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<SupplierReturn>> {
        let window = Window::new(first, after.as_deref())?;
        let filter = read::Filter {
            company_id: filter.company_id.map(|id| id.number),
            party_id: filter.supplier_id.map(|id| id.number),
            batch_id: filter.batch_id.map(|id| id.number),
        };
        let rows = read::list(db(ctx), &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.returned_on, row.supplier_return_id)))
    }
}

/// Pieces of a batch that go back (строка возврата).
#[derive(InputObject)]
pub(crate) struct SupplierReturnLineInput {
    /// The batch (серия): as it was delivered, or moved since; not cut.
    batch_id: Id<Batch>,
    /// Pieces (штуки), more than zero.
    pieces: i32,
}

/// Goods that go back to their supplier (возврат поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierReturnRecordInput {
    /// Whose goods (своя организация).
    company_id: Id<Company>,
    /// To whom (поставщик).
    supplier_id: Id<Party>,
    /// The contract they were bought under (договор поставки).
    contract_id: Option<Id<Contract>>,
    /// Business date (дата).
    returned_on: Day,
    /// Number of the paper (номер).
    #[graphql(default)]
    number: String,
    /// Why (причина).
    reason: String,
    /// Where goes what they cost beyond his price (статья убытка), such as `supplier_return`; left out, it is claimed of him.
    article_id: Option<Id<Article>>,
    /// 1 to 100 batches, each once (строки).
    lines: Vec<SupplierReturnLineInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Where a cost goes: to a loss, if an article names one.
pub(super) fn landed(article_id: Option<Id<Article>>) -> Landed {
    article_id.map_or(Landed::Claim, |id| Landed::Loss(id.number))
}

payload! {
    /// What `supplierReturnRecord` did.
    SupplierReturnRecordPayload {
        /// The return (возврат); null when nothing was done.
        supplier_return: SupplierReturn
    }
}

/// Takes a return to a supplier back (сторно возврата поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierReturnReverseInput {
    /// Which (возврат).
    supplier_return_id: Id<SupplierReturn>,
    /// Business date of the storno (дата сторно).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `supplierReturnReverse` did.
    SupplierReturnReversePayload {
        /// The return (возврат); null when nothing was done.
        supplier_return: SupplierReturn
    }
}

/// Changes by returns to suppliers.
#[derive(Default)]
pub(crate) struct SupplierReturnsMutation;

#[Object]
impl SupplierReturnsMutation {
    /// Sends goods back to their supplier (провести возврат поставщику) at his price: it lowers what he is owed, or is an advance at him.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `BATCH_MISMATCH` (another contract
    /// or currency), `PRODUCT_MISMATCH` (cut pieces), `DATE_BEFORE_RECEIPT`, `BATCH_SHORT`, `BATCH_IN_TRANSIT`, `BATCH_VALUE_SHORT`,
    /// `RETURN_EXCEEDED`, `NOTHING_TO_CLAIM`, `ARTICLE_MISMATCH`, `DATE_TOO_EARLY`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`,
    /// `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn supplier_return_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The return (возврат).")] input: SupplierReturnRecordInput,
    ) -> Result<SupplierReturnRecordPayload> {
        let pieces =
            |line: SupplierReturnLineInput| commands::Pieces { batch_id: line.batch_id.number, pieces: line.pieces.into() };
        let record = commands::ReturnToSupplier {
            company_id: input.company_id.number,
            party_id: input.supplier_id.number,
            contract_id: or_zero(input.contract_id),
            returned_on: input.returned_on.0,
            number: input.number,
            reason: input.reason,
            landed: landed(input.article_id),
            lines: input.lines.into_iter().map(pieces).collect(),
        };
        let key = command(ctx, input.idempotency_key)?;
        SupplierReturnRecordPayload::of(commands::return_to_supplier(db(ctx), &key, &record).await)
    }
    /// Takes a return to a supplier back (сторнировать возврат поставщику): the goods are here again at the cost they had, with what came to it
    /// since; what of the credit is open goes, what it paid off is owed again.
    /// Codes: `NOT_FOUND`, `ALREADY_REVERSED`, `STILL_IN_USE` (goods of the same delivery went back later), `BATCH_VALUE_SHORT`,
    /// `DATE_TOO_EARLY`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn supplier_return_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when (сторно).")] input: SupplierReturnReverseInput,
    ) -> Result<SupplierReturnReversePayload> {
        let of = reverse::ReverseReturn { supplier_return_id: input.supplier_return_id.number, on: input.on.0 };
        let key = command(ctx, input.idempotency_key)?;
        SupplierReturnReversePayload::of(reverse::reverse_return(db(ctx), &key, &of).await)
    }
}
