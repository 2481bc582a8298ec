//! Closing months in the graph: which are closed, what stands in the way, what changed in a reopened one.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::periods::{self as domain, Severity, Subject, commands, read};

use super::LedgerAccount;
use crate::graphql::access::User;
use crate::graphql::batches::Batch;
use crate::graphql::caller::{command, db, services};
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, Key};
use crate::graphql::loaders::{Batch as Rows, grouped, loaders};
use crate::graphql::orders::Order;
use crate::graphql::page;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Moment, Number, Uuid, whole};
use crate::graphql::text::given;
use crate::graphql::treasury::CashAccount;
use crate::graphql::user_error::{self, payload};

/// Whether a month can be posted to (состояние периода).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeriodState {
    /// Never closed (открыт).
    Open,
    /// Nothing is posted to it (закрыт).
    Closed,
    /// Was closed and can be posted to again (открыт повторно).
    Reopened,
}

/// A month of an own company (период).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Period {
    /// Its first day (месяц).
    month: Day,
    /// Whether it can be posted to (состояние).
    state: PeriodState,
    /// Its closes (закрытия), the first one first; a reopening stands on the close it took back.
    closes: Vec<PeriodClose>,
    #[graphql(skip)]
    last_close: i64,
}

impl From<domain::Period> for Period {
    fn from(row: domain::Period) -> Self {
        let state = match (row.closed_at, row.closes.is_empty()) {
            (Some(_), _) => PeriodState::Closed,
            (None, true) => PeriodState::Open,
            (None, false) => PeriodState::Reopened,
        };
        let last_close = row.closes.last().map_or(0, |close| close.period_close_id);
        Self { month: Day(row.month), state, closes: row.closes.into_iter().map(PeriodClose::from).collect(), last_close }
    }
}

#[ComplexObject]
impl Period {
    /// The accounts that are not what they were at the last close (изменения после закрытия), in the order of the chart; none while it is
    /// closed, because nothing is posted to it.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn changes(&self, ctx: &Context<'_>) -> Result<Vec<PeriodChange>> {
        loaders(ctx).period_changes.of(self.last_close).await
    }
}

/// A closing of a month (закрытие периода).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PeriodClose {
    /// 1 for the first close of the month (номер).
    number: i32,
    /// When (закрыт).
    closed_at: Moment,
    /// When it was taken back (открыт повторно); null while it holds.
    reopened_at: Option<Moment>,
    /// Why it was taken back (причина).
    reason: Option<String>,
    #[graphql(skip)]
    id: i64,
    #[graphql(skip)]
    by: (i64, i64),
}

impl From<domain::Close> for PeriodClose {
    fn from(row: domain::Close) -> Self {
        Self {
            number: row.number,
            closed_at: Moment(row.closed_at),
            reopened_at: row.reopened_at.map(Moment),
            reason: given(row.reason),
            id: row.period_close_id,
            by: (row.closed_by, row.reopened_by.unwrap_or(0)),
        }
    }
}

#[ComplexObject]
impl PeriodClose {
    /// By whom (кто закрыл); null for the system itself.
    async fn closed_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.by.0).await
    }

    /// Who took it back (кто открыл).
    async fn reopened_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.by.1).await
    }

    /// What was reported (итоги при закрытии), in the order of the chart: what the close keeps for good.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn totals(&self, ctx: &Context<'_>) -> Result<Vec<PeriodTotal>> {
        loaders(ctx).period_totals.of(self.id).await
    }
}

/// An account as it was reported at a close (итог счёта), in roubles.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PeriodTotal {
    /// The account (счёт).
    account: LedgerAccount,
    /// Debits of the month (оборот по дебету).
    debit: Number,
    /// Credits of the month, positive (оборот по кредиту).
    credit: Number,
    /// Balance at the end of the month, debit is positive (сальдо).
    closing: Number,
}

impl From<domain::Total> for PeriodTotal {
    fn from(row: domain::Total) -> Self {
        let (debit, credit, closing) = (Number::money(row.debit), Number::money(row.credit), Number::money(row.closing));
        Self { account: row.account.into(), debit, credit, closing }
    }
}

/// An account that is not what it was at the last close (изменение счёта), in roubles.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PeriodChange {
    /// The account (счёт).
    account: LedgerAccount,
    /// Balance at the end of the month as it was closed, debit is positive (сальдо при закрытии).
    closed: Number,
    /// The same now (сальдо сейчас).
    now: Number,
    /// What was added since (разница).
    difference: Number,
    /// By how much the debits of the month grew (рост оборота по дебету).
    debit: Number,
    /// By how much its credits grew (рост оборота по кредиту).
    credit: Number,
}

impl From<domain::Change> for PeriodChange {
    fn from(row: domain::Change) -> Self {
        Self {
            account: row.account.into(),
            closed: Number::money(row.closed),
            now: Number::money(row.now),
            difference: Number::money(row.difference()),
            debit: Number::money(row.debit),
            credit: Number::money(row.credit),
        }
    }
}

/// How much a check matters (важность).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Severity")]
pub(crate) enum PeriodSeverity {
    /// The month does not close until it is mended (не даёт закрыть).
    Blocker,
    /// The month closes when it was acknowledged (предупреждение).
    Warning,
    /// Worth knowing; the month closes all the same (сведение).
    Information,
}

/// What is looked for before a month is closed (проверка перед закрытием). New ones may be added.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Check")]
pub(crate) enum PeriodCheckCode {
    /// A batch holds pieces and no value at the end of the month (остаток без себестоимости).
    StockWithoutCost,
    /// A batch is below zero pieces or metres on a day of the month (отрицательный остаток).
    StockNegative,
    /// A batch is below zero roubles on a day of the month (отрицательная стоимость остатка).
    StockValueNegative,
    /// A cash desk is below zero on a day of the month (отрицательный остаток кассы).
    CashNegative,
    /// Goods of an order left and cost nothing (отгрузка без себестоимости).
    ShippedWithoutCost,
    /// A bank account is below zero on a day of the month (овердрафт).
    BankNegative,
    /// A supplier is owed in currency at the end of the month, and that is not revalued on its last day (долг в валюте не переоценён).
    RevaluationMissing,
    /// A receipt of the month has a preliminary price (предварительная цена).
    PricePreliminary,
    /// An order is confirmed, planned for the month and not shipped (не отгружен).
    OrderNotShipped,
    /// An order left at our risk by the end of the month and is not unloaded: its revenue waits (не доставлен).
    GoodsNotDelivered,
    /// An order accrued planned expenses that are not billed yet (начислено без счёта).
    AccrualNotBilled,
    /// A batch bears an estimated expense that is not billed yet (оценка без счёта).
    EstimateNotBilled,
    /// Bills of a deal wait in deferred costs for orders that are not shipped (отложенный расход).
    ExpenseWaiting,
}

/// One of those a check found (пример).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PeriodCheckExample {
    /// The id of what to look at, for `node` (объект): a batch, an account, an order, a deal or a party.
    subject_id: Key,
    /// Its number or name (номер или название).
    label: String,
    /// The first day of the month it is wrong on (дата).
    on: Day,
}

impl From<domain::Example> for PeriodCheckExample {
    fn from(row: domain::Example) -> Self {
        let subject_id = match row.subject {
            Subject::Batch(id) => Key::of::<Batch>(id),
            Subject::CashAccount(id) => Key::of::<CashAccount>(id),
            Subject::Order(id) => Key::of::<Order>(id),
            Subject::Deal(id) => Key::of::<Deal>(id),
            Subject::Party(id) => Key::of::<Party>(id),
        };
        Self { subject_id, label: row.label, on: Day(row.on) }
    }
}

/// A check and what it found (пункт проверки).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PeriodCheck {
    /// What was looked for (код).
    code: PeriodCheckCode,
    /// How much it matters (важность).
    severity: PeriodSeverity,
    /// How many there are (сколько); zero: all is well.
    count: i32,
    /// The first five of them (примеры).
    examples: Vec<PeriodCheckExample>,
}

impl From<domain::Finding> for PeriodCheck {
    fn from(row: domain::Finding) -> Self {
        Self {
            code: row.check.into(),
            severity: row.check.severity().into(),
            count: whole(row.count),
            examples: row.examples.into_iter().map(PeriodCheckExample::from).collect(),
        }
    }
}

/// The totals of the given closes.
pub(in crate::graphql) fn totals(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<PeriodTotal>> {
    Box::pin(async move {
        let mut rows = read::list_totals(&db, &ids).await?;
        rows.sort_by_key(|row| row.account);
        Ok(grouped(rows, |row| row.period_close_id))
    })
}

/// What changed since the given closes.
pub(in crate::graphql) fn changes(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<PeriodChange>> {
    Box::pin(async move {
        let mut rows = read::list_changes(&db, &ids).await?;
        rows.sort_by_key(|row| row.account);
        Ok(grouped(rows, |row| row.period_close_id))
    })
}

/// Questions about periods.
#[derive(Default)]
pub(crate) struct PeriodsQuery;

#[Object]
impl PeriodsQuery {
    /// The months of an own company (периоды), the newest first.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn periods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose (организация).")] company_id: Id<Company>,
    ) -> Result<Vec<Period>> {
        let now = (services(ctx).clock)();
        Ok(read::list(db(ctx), company_id.number, now).await?.into_iter().map(Period::from).collect())
    }

    /// What stands in the way of closing a month (проверки перед закрытием), every check, blockers first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn period_checklist(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose (организация).")] company_id: Id<Company>,
        #[graphql(desc = "The first day of the month (месяц).")] month: Day,
    ) -> Result<Vec<PeriodCheck>> {
        Ok(read::checklist(db(ctx), company_id.number, month.0).await?.into_iter().map(PeriodCheck::from).collect())
    }
}

/// Which month to close (закрыть период).
#[derive(InputObject)]
pub(crate) struct PeriodCloseInput {
    /// Whose (организация).
    company_id: Id<Company>,
    /// Its first day (месяц).
    month: Day,
    /// The warnings of `periodChecklist` were seen (предупреждения приняты).
    #[graphql(default)]
    acknowledge_warnings: bool,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Which month to reopen (открыть период).
#[derive(InputObject)]
pub(crate) struct PeriodReopenInput {
    /// Whose (организация).
    company_id: Id<Company>,
    /// Its first day (месяц); the last closed one.
    month: Day,
    /// Why (причина), at most 300 characters.
    reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `periodClose` did.
    PeriodClosePayload {
        /// The month (период); null when nothing was done.
        period: Period
    }
}

payload! {
    /// What `periodReopen` did.
    PeriodReopenPayload {
        /// The month (период); null when nothing was done.
        period: Period
    }
}

/// Changes of periods.
#[derive(Default)]
pub(crate) struct PeriodsMutation;

#[Object]
impl PeriodsMutation {
    /// Closes a month that is over (закрыть период): nothing is posted to it any more, and its totals are kept. Codes: `NOT_FOUND`,
    /// `INVALID_INPUT`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_ORDER` (the month before is open), `PERIOD_CLOSED` (closed
    /// already), `PERIOD_CHECKS_OPEN`.
    async fn period_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which month (какой месяц).")] input: PeriodCloseInput,
    ) -> Result<PeriodClosePayload> {
        let close = commands::Close {
            company_id: input.company_id.number,
            month: input.month.0,
            acknowledge_warnings: input.acknowledge_warnings,
        };
        let done = commands::close(db(ctx), &command(ctx, input.idempotency_key)?, &close).await;
        PeriodClosePayload::of(user_error::then(done, async |named| period(ctx, named).await).await?)
    }

    /// Opens the last closed month again (открыть период); what changes in it from then on is in its `changes`. Codes: `NOT_FOUND`,
    /// `INVALID_INPUT`, `PERIOD_ORDER` (it is open, or a later month is closed).
    async fn period_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which month and why (какой месяц и почему).")] input: PeriodReopenInput,
    ) -> Result<PeriodReopenPayload> {
        let reopen = commands::Reopen { company_id: input.company_id.number, month: input.month.0, reason: input.reason };
        let done = commands::reopen(db(ctx), &command(ctx, input.idempotency_key)?, &reopen).await;
        PeriodReopenPayload::of(user_error::then(done, async |named| period(ctx, named).await).await?)
    }
}

async fn period(ctx: &Context<'_>, named: commands::Named) -> Result<domain::Period> {
    Ok(read::get(db(ctx), named.company_id, named.month, (services(ctx).clock)()).await?)
}
