//! Direct expenses of a sale in the graph: plans of orders, bills of orders and deals, and margin at completion. A manager sees those of the own
//! deals and the team's.

mod completion;
mod joint;
mod mutations;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::direct::{self, read};

use super::caller::{db, scope};
use super::companies::Company;
use super::deals::Deal;
use super::documents::Document;
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::ledger::Article;
use super::loaders::{Batch as Rows, by_id, grouped, loaders};
use super::orders::{Order, OrderLine};
use super::page::{self, Page, Window};
use super::parties::{Contract, Party};
use super::scalars::{Day, Money, Number};
use super::text::given;
pub(crate) use completion::CompletionQuery;
pub(crate) use joint::{JointBill, JointMutation, JointQuery, joint_by_ids};
pub(crate) use mutations::DirectMutation;

/// Where a planned expense stands (состояние планового расхода).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "direct::PlanStatus")]
pub(crate) enum PlannedExpenseStatus {
    /// Its order is not shipped (запланирован).
    Planned,
    /// An expense since the shipment; the bill is awaited (начислен).
    Accrued,
    /// Settled by a bill (счёт получен).
    Billed,
    /// Will not come (снят).
    Dropped,
}

/// An expense an order is expected to cause (плановый прямой расход).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PlannedExpense {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Where it stands (состояние).
    status: PlannedExpenseStatus,
    /// Without VAT (без НДС).
    net: Money,
    /// VAT (НДС).
    vat: Money,
    /// What it is expected to cost the company (ожидаемый расход).
    expense: Money,
    /// What was accrued at shipment (начислено).
    accrued: Money,
    /// When it was accrued (дата начисления); null while nothing is.
    accrued_on: Option<Day>,
    /// Remark (примечание).
    note: Option<String>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    row: direct::PlannedExpense,
}

impl Entity for PlannedExpense {
    const PREFIX: &'static str = "planned_expense";
}

impl From<direct::PlannedExpense> for PlannedExpense {
    fn from(row: direct::PlannedExpense) -> Self {
        Self {
            id: Key::of::<Self>(row.planned_expense_id),
            status: row.status.into(),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            expense: Money::roubles(row.cost),
            accrued: Money::roubles(row.accrued),
            accrued_on: row.accrued_on.map(Day),
            note: given(row.note.clone()),
            version: row.version,
            row,
        }
    }
}

#[ComplexObject]
impl PlannedExpense {
    /// The order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.row.order_id).await
    }

    /// What it is for (статья).
    async fn article(&self, ctx: &Context<'_>) -> Result<Article> {
        loaders(ctx).articles.existing(self.row.article_id).await
    }

    /// Who is expected to bill it (контрагент); null while nobody is known.
    async fn party(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.row.party_id).await
    }

    /// The bill that settled it (счёт); null until there is one.
    async fn direct_expense(&self, ctx: &Context<'_>) -> Result<Option<DirectExpense>> {
        loaders(ctx).direct_expenses.find(self.row.direct_expense_id).await
    }
}

/// What a bill is divided over orders and deals by (база распределения прямого расхода).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "direct::Basis")]
pub(crate) enum DirectExpenseBasis {
    /// Ordered tonnes by the weight of the profile (тонны).
    Tonnes,
    /// Ordered pieces (штуки).
    Pieces,
    /// Ordered metres (метры).
    Metres,
    /// Sums of the orders without VAT (суммы).
    Amount,
    /// Shares given with the targets (вручную).
    Manual,
}

/// A bill of a direct expense (счёт на прямой расход): of orders, of the plans of orders, or of whole deals.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct DirectExpense {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// What it was divided by (база распределения).
    basis: DirectExpenseBasis,
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
    /// What it costs the company (расход).
    expense: Money,
    /// When it was taken back (дата сторно); null while it stands.
    reversed_on: Option<Day>,
    #[graphql(skip)]
    row: direct::DirectExpense,
}

impl Entity for DirectExpense {
    const PREFIX: &'static str = "direct_expense";
}

impl From<direct::DirectExpense> for DirectExpense {
    fn from(row: direct::DirectExpense) -> Self {
        Self {
            id: Key::of::<Self>(row.direct_expense_id),
            basis: row.basis.into(),
            number: given(row.number.clone()),
            issued_on: Day(row.issued_on),
            effective_on: Day(row.effective_on),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            expense: Money::roubles(row.cost),
            reversed_on: row.reversed_on.map(Day),
            row,
        }
    }
}

#[ComplexObject]
impl DirectExpense {
    /// Whose expense it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.row.company_id).await
    }

    /// To whom it is owed (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.row.party_id).await
    }

    /// Under which contract (договор).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.row.contract_id).await
    }

    /// What it is for (статья).
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

    /// What each order or deal bears (распределение по заказам и сделкам).
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn shares(&self, ctx: &Context<'_>) -> Result<Vec<DirectExpenseShare>> {
        loaders(ctx).shares_of_direct.of(self.row.direct_expense_id).await
    }

    /// What reached lines of orders (распределение по строкам), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn parts(&self, ctx: &Context<'_>) -> Result<Vec<DirectExpensePart>> {
        loaders(ctx).parts_of_direct.of(self.row.direct_expense_id).await
    }
}

/// What an order or a deal bears of a bill (доля заказа или сделки).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct DirectExpenseShare {
    /// Its place in the bill: 1, 2, … (номер).
    target: i32,
    /// What it was divided by, in units of the basis (база).
    base: Number,
    /// Its part of the cost (сумма).
    amount: Money,
    /// What of that waits in deferred costs for orders that are not shipped (отложено).
    waiting: Money,
    #[graphql(skip)]
    row: direct::Share,
}

impl From<direct::Share> for DirectExpenseShare {
    fn from(row: direct::Share) -> Self {
        Self {
            target: row.target,
            base: Number(row.base.normalize()),
            amount: Money::roubles(row.amount),
            waiting: Money::roubles(row.waiting),
            row,
        }
    }
}

#[ComplexObject]
impl DirectExpenseShare {
    /// The deal (сделка).
    async fn deal(&self, ctx: &Context<'_>) -> Result<Deal> {
        loaders(ctx).deals.existing(self.row.deal_id).await
    }

    /// The order (заказ); null where the whole deal bears it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.row.order_id).await
    }

    /// The plan it settles (плановый расход).
    async fn planned_expense(&self, ctx: &Context<'_>) -> Result<Option<PlannedExpense>> {
        loaders(ctx).planned_expenses.find(self.row.planned_expense_id).await
    }
}

/// What reached a line of an order (доля строки).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct DirectExpensePart {
    /// Which share of the bill it is of: 1, 2, … (номер доли).
    target: i32,
    /// The line (строка заказа); null where the order bears it as a whole.
    order_line_id: Option<Key>,
    /// Business date (дата).
    effective_on: Day,
    /// How much (сумма); of a plan that was accrued, the difference.
    amount: Money,
    #[graphql(skip)]
    order: i64,
}

impl From<direct::LinePart> for DirectExpensePart {
    fn from(row: direct::LinePart) -> Self {
        Self {
            target: row.target,
            order_line_id: (row.order_line_id > 0).then(|| Key::of::<OrderLine>(row.order_line_id)),
            effective_on: Day(row.effective_on),
            amount: Money::roubles(row.amount),
            order: row.order_id,
        }
    }
}

#[ComplexObject]
impl DirectExpensePart {
    /// The order (заказ); null where the deal bears it itself.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.order).await
    }
}

/// Bills of the given ids that the caller may see.
pub(crate) fn by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<DirectExpense> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &scope, &ids).await?, |row| row.direct_expense_id)) })
}

/// What orders and deals bear of the given bills.
pub(crate) fn shares(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<DirectExpenseShare>> {
    Box::pin(async move { Ok(grouped(read::list_shares(&db, &ids).await?, |row| row.direct_expense_id)) })
}

/// What reached lines of orders of the given bills.
pub(crate) fn parts(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<DirectExpensePart>> {
    Box::pin(async move { Ok(grouped(read::list_parts(&db, &ids).await?, |row| row.direct_expense_id)) })
}

/// Plans of the given ids that the caller may see.
pub(crate) fn plans_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<PlannedExpense> {
    Box::pin(async move { Ok(by_id(read::list_plans_by_ids(&db, &scope, &ids).await?, |row| row.planned_expense_id)) })
}

/// The plans of the given orders.
pub(crate) fn plans_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<PlannedExpense>> {
    Box::pin(async move { Ok(grouped(read::list_plans(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// Which bills a list shows (отбор счетов на прямые расходы).
#[derive(InputObject, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the API")]
pub(crate) struct DirectExpenseFilter {
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// Of this party (контрагент).
    party_id: Option<Id<Party>>,
    /// That this order bears a part of (заказ).
    order_id: Option<Id<Order>>,
    /// That this deal or an order of it bears a part of (сделка).
    deal_id: Option<Id<Deal>>,
}

/// Questions about direct expenses.
#[derive(Default)]
pub(crate) struct DirectQuery;

#[Object]
impl DirectQuery {
    /// Bills of direct expenses (счета на прямые расходы), newest first; a manager sees those of the own deals and the team's.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn direct_expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: DirectExpenseFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<DirectExpense>> {
        let window = Window::new(first, after.as_deref())?;
        let filter = read::Filter {
            company_id: filter.company_id.map(|id| id.number),
            party_id: filter.party_id.map(|id| id.number),
            order_id: filter.order_id.map(|id| id.number),
            deal_id: filter.deal_id.map(|id| id.number),
        };
        let rows = read::list(db(ctx), &scope(ctx)?, &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.effective_on, row.direct_expense_id)))
    }
}
