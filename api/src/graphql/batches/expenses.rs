//! Additional expenses of batches in the graph.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::expenses::{self, commands, read, reverse_expense};

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
use crate::graphql::scalars::{Day, Money, Number, Uuid};
use crate::graphql::text::given;
use crate::graphql::user_error::payload;

/// Which way an additional expense goes (вид дополнительного расхода).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "expenses::Kind")]
pub(crate) enum AdditionalExpenseKind {
    /// It raises what goods cost (расход).
    Expense,
    /// A bonus or a price correction, which lowers it (бонус, корректировка цены).
    Credit,
}

/// What an additional expense is divided over batches by (база распределения).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "expenses::Basis")]
pub(crate) enum AllocationBasis {
    /// Tonnes by the weight of the profile, as received (тонны).
    Tonnes,
    /// Pieces as received (штуки).
    Pieces,
    /// Metres as received (метры).
    Metres,
    /// Purchase cost (сумма закупки).
    Amount,
    /// Purchase cost and the additional expenses so far (текущая себестоимость).
    CurrentCost,
    /// Shares given with the batches (вручную).
    Manual,
}

/// A supplier's bill spread over batches, whenever it came (дополнительный расход): the goods on hand bear their part, the lines of orders
/// that took the rest bear theirs, and so on in every batch made of them.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct AdditionalExpense {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Which way it goes (вид).
    kind: AdditionalExpenseKind,
    /// What it was divided by (база распределения).
    basis: AllocationBasis,
    /// Number of the supplier's paper (номер документа поставщика).
    number: Option<String>,
    /// Date of the supplier's paper (дата документа поставщика).
    issued_on: Day,
    /// The business date it was posted for (дата проведения).
    effective_on: Day,
    /// Without VAT, as printed (без НДС).
    net: Money,
    /// VAT as printed (НДС).
    vat: Money,
    /// What the goods cost more by it (увеличение себестоимости); negative for a credit.
    cost: Money,
    /// When it was taken back (дата сторно); null while it stands.
    reversed_on: Option<Day>,
    /// Estimated and accrued, not billed (оценка).
    is_estimate: bool,
    #[graphql(skip)]
    row: expenses::AdditionalExpense,
}

impl Entity for AdditionalExpense {
    const PREFIX: &'static str = "additional_expense";
}

impl From<expenses::AdditionalExpense> for AdditionalExpense {
    fn from(row: expenses::AdditionalExpense) -> Self {
        Self {
            id: Key::of::<Self>(row.additional_expense_id),
            kind: row.kind.into(),
            basis: row.basis.into(),
            number: given(row.number.clone()),
            issued_on: Day(row.issued_on),
            effective_on: Day(row.effective_on),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            cost: Money::roubles(row.cost),
            reversed_on: row.reversed_on.map(Day),
            is_estimate: row.estimate,
            row,
        }
    }
}

#[ComplexObject]
impl AdditionalExpense {
    /// Whose cost it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.row.company_id).await
    }

    /// To whom it is owed, or who gave the credit (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.row.party_id).await
    }

    /// Under which contract (договор).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.row.contract_id).await
    }

    /// What for (статья).
    async fn article(&self, ctx: &Context<'_>) -> Result<Article> {
        loaders(ctx).articles.existing(self.row.article_id).await
    }

    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.document_id).await
    }

    /// The storno that took it back (документ сторно).
    async fn reversal_document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.reversal_document_id).await
    }

    /// Of a bill: the estimate it settles (оценка, которую он заменил).
    async fn settles(&self, ctx: &Context<'_>) -> Result<Option<AdditionalExpense>> {
        loaders(ctx).additional_expenses.find(self.row.settles_id).await
    }

    /// Of an estimate: the bill that settled it (счёт); null until there is one.
    async fn settled_by(&self, ctx: &Context<'_>) -> Result<Option<AdditionalExpense>> {
        loaders(ctx).additional_expenses.find(self.row.settled_by_id).await
    }

    /// What each batch bears (распределение по сериям).
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn shares(&self, ctx: &Context<'_>) -> Result<Vec<AdditionalExpenseShare>> {
        loaders(ctx).shares_of_expenses.of(self.row.additional_expense_id).await
    }
}

/// What one batch bears of an additional expense (доля серии).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct AdditionalExpenseShare {
    /// What it was divided by, in units of the basis (база).
    base: Number,
    /// Its own part of the cost (сумма).
    amount: Money,
    /// What came to it from the batch it was made of (унаследовано).
    inherited_amount: Money,
    /// What of that the goods on hand bore when it was posted (на остаток).
    stock_amount: Money,
    /// What of that went with the goods that had left by then, also into batches made of it (на проданное и выбывшее).
    gone_amount: Money,
    #[graphql(skip)]
    row: expenses::Share,
}

impl From<expenses::Share> for AdditionalExpenseShare {
    fn from(row: expenses::Share) -> Self {
        Self {
            base: Number(row.base.normalize()),
            amount: Money::roubles(row.amount),
            inherited_amount: Money::roubles(row.inherited_amount),
            stock_amount: Money::roubles(row.stock_amount),
            gone_amount: Money::roubles(row.amount + row.inherited_amount - row.stock_amount),
            row,
        }
    }
}

#[ComplexObject]
impl AdditionalExpenseShare {
    /// The batch (серия).
    async fn batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        loaders(ctx).batches.existing(self.row.batch_id).await
    }

    /// The whole bill (дополнительный расход).
    async fn additional_expense(&self, ctx: &Context<'_>) -> Result<AdditionalExpense> {
        loaders(ctx).additional_expenses.existing(self.row.additional_expense_id).await
    }
}

/// Additional expenses of the given ids.
pub(crate) fn expenses_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<AdditionalExpense> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &ids).await?, |row| row.additional_expense_id)) })
}

/// What batches bear of the given expenses.
pub(crate) fn shares_of_expenses(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<AdditionalExpenseShare>> {
    Box::pin(async move { Ok(grouped(read::list_shares(&db, &ids).await?, |row| row.additional_expense_id)) })
}

/// What the given batches bear.
pub(crate) fn shares_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<AdditionalExpenseShare>> {
    Box::pin(async move { Ok(grouped(read::list_shares_of_batches(&db, &ids).await?, |row| row.batch_id)) })
}

/// Which additional expenses a list shows (отбор дополнительных расходов).
#[derive(InputObject, Default)]
pub(crate) struct AdditionalExpenseFilter {
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// Of this party (контрагент).
    party_id: Option<Id<Party>>,
    /// That this batch bears a part of (серия).
    batch_id: Option<Id<Batch>>,
    /// Posted for this day or later (с даты).
    from: Option<Day>,
    /// Posted for this day or earlier (по дату).
    to: Option<Day>,
}

/// Questions about additional expenses.
#[derive(Default)]
pub(crate) struct AdditionalExpensesQuery;

#[Object]
impl AdditionalExpensesQuery {
    /// Additional expenses of batches (дополнительные расходы), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn additional_expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: AdditionalExpenseFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<AdditionalExpense>> {
        let window = Window::new(first, after.as_deref())?;
        let filter = read::Filter {
            company_id: filter.company_id.map(|id| id.number),
            party_id: filter.party_id.map(|id| id.number),
            batch_id: filter.batch_id.map(|id| id.number),
            from: filter.from.map(|day| day.0),
            to: filter.to.map(|day| day.0),
        };
        let rows = read::list(db(ctx), &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.effective_on, row.additional_expense_id)))
    }
}

/// A batch that bears a part (серия распределения).
#[derive(InputObject)]
pub(crate) struct AdditionalExpenseTarget {
    /// The batch (серия).
    batch_id: Id<Batch>,
    /// Its share in any unit (доля); only with the basis `MANUAL`, and then of every batch.
    share: Option<Number>,
}

impl From<AdditionalExpenseTarget> for commands::Target {
    fn from(target: AdditionalExpenseTarget) -> Self {
        Self { batch_id: target.batch_id.number, share: target.share.map(|share| share.0) }
    }
}

/// A bill to spread over batches (дополнительный расход).
#[derive(InputObject)]
pub(crate) struct AdditionalExpensePostInput {
    /// Whose cost it is (своя организация).
    company_id: Id<Company>,
    /// To whom it is owed, or who gave the credit (контрагент): any party.
    party_id: Id<Party>,
    /// Under which contract (договор): its open advances pay the bill first.
    contract_id: Option<Id<Contract>>,
    /// What for (статья): an article of the cost of goods, such as `freight_in`.
    article_id: Id<Article>,
    /// Which way it goes (вид).
    #[graphql(default_with = "AdditionalExpenseKind::Expense")]
    kind: AdditionalExpenseKind,
    /// Number of the supplier's paper (номер документа поставщика).
    #[graphql(default)]
    number: String,
    /// Date of the supplier's paper (дата документа поставщика).
    issued_on: Day,
    /// Business date (дата проведения); left out, it is the paper's date, or the first open day after it.
    effective_on: Option<Day>,
    /// Without VAT, roubles (без НДС); more than zero for a credit too. Of a customs declaration the duty, which may be zero.
    net: Number,
    /// VAT as printed, roubles (НДС); entered, never computed. Of a customs declaration (article `customs`) the import VAT (ввозной НДС).
    vat: Number,
    /// What it is divided by (база распределения).
    basis: AllocationBasis,
    /// The batches that bear it, 1 to 500, each once (серии).
    targets: Vec<AdditionalExpenseTarget>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    pub(super) idempotency_key: Option<Uuid>,
}

impl From<AdditionalExpensePostInput> for commands::PostExpense {
    fn from(input: AdditionalExpensePostInput) -> Self {
        Self {
            company_id: input.company_id.number,
            party_id: input.party_id.number,
            contract_id: or_zero(input.contract_id),
            article_id: input.article_id.number,
            kind: input.kind.into(),
            number: input.number,
            issued_on: input.issued_on.0,
            effective_on: input.effective_on.map(|day| day.0),
            net: input.net.0,
            vat: input.vat.0,
            basis: input.basis.into(),
            targets: input.targets.into_iter().map(Into::into).collect(),
        }
    }
}

/// The storno of an additional expense (сторно дополнительного расхода).
#[derive(InputObject)]
pub(crate) struct AdditionalExpenseReverseInput {
    /// Which (дополнительный расход).
    additional_expense_id: Id<AdditionalExpense>,
    /// Business date of the storno (дата сторно).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `additionalExpensePost` did.
    AdditionalExpensePostPayload {
        /// The expense (дополнительный расход); null when nothing was done.
        additional_expense: AdditionalExpense
    }
}

payload! {
    /// What `additionalExpenseReverse` did.
    AdditionalExpenseReversePayload {
        /// The expense (дополнительный расход); null when nothing was done.
        additional_expense: AdditionalExpense
    }
}

/// Changes of additional expenses.
#[derive(Default)]
pub(crate) struct AdditionalExpensesMutation;

#[Object]
impl AdditionalExpensesMutation {
    /// Spreads a supplier's bill over batches (провести дополнительный расход): what is on hand costs more, and each sold line gets the part
    /// of the goods it took, dated when the bill is posted. The contract's open advances pay it first.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`,
    /// `NOTHING_TO_ALLOCATE`, `DATE_BEFORE_RECEIPT`, `BATCH_VALUE_SHORT`, `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`,
    /// `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn additional_expense_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The bill (дополнительный расход).")] input: AdditionalExpensePostInput,
    ) -> Result<AdditionalExpensePostPayload> {
        let ctx_of = command(ctx, input.idempotency_key)?;
        AdditionalExpensePostPayload::of(commands::post_expense(db(ctx), &ctx_of, &input.into()).await)
    }

    /// Takes an additional expense back to the kopeck (сторнировать дополнительный расход), also where its goods were sold since. What was
    /// paid of it stays with the party as an advance.
    /// Codes: `INVALID_INPUT`, `NOT_FOUND`, `ALREADY_REVERSED`, `BATCH_VALUE_SHORT`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`,
    /// `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn additional_expense_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when (сторно).")] input: AdditionalExpenseReverseInput,
    ) -> Result<AdditionalExpenseReversePayload> {
        let reverse = expenses::ReverseExpense { additional_expense_id: input.additional_expense_id.number, on: input.on.0 };
        AdditionalExpenseReversePayload::of(reverse_expense(db(ctx), &command(ctx, input.idempotency_key)?, &reverse).await)
    }
}
