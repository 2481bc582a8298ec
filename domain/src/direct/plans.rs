//! Planned expenses of an order: state until it ships, then an accrual that waits for its bill.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::split::Amount;
use super::store::{self, Bearer, borne};
use super::{PlanStatus, PlannedExpense};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::companies;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Expense, Kind, Posting};
use crate::{money, parties, text};

/// A new plan.
#[derive(Debug, Clone, Serialize)]
pub struct AddPlan {
    /// The order.
    pub order_id: i64,
    /// The article: freight, cutting, crane, agent bonus.
    pub article_id: i64,
    /// Who is expected to bill it, 0 = not known yet.
    pub party_id: i64,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT.
    pub vat: Decimal,
    /// Remark, may be empty.
    pub note: String,
}

/// What a plan shall be.
#[derive(Debug, Clone, Serialize)]
pub struct ChangePlan {
    /// Which.
    pub planned_expense_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// Who is expected to bill it, 0 = not known yet.
    pub party_id: i64,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT.
    pub vat: Decimal,
    /// Remark, may be empty.
    pub note: String,
}

/// A plan nobody will bill.
#[derive(Debug, Clone, Serialize)]
pub struct DropPlan {
    /// Which.
    pub planned_expense_id: i64,
    /// Business date an accrual is taken back for; `None` = the day it was accrued, or the first open day after it.
    pub on: Option<NaiveDate>,
}

/// Plans an expense of an order; of an order that is shipped already it is accrued at once, for the shipment or the first open day after it.
///
/// Errors: `NOT_FOUND`, `ARTICLE_MISMATCH`, `ORDER_STATUS` (cancelled), `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT` and those of posting.
pub async fn add(db: &Db, ctx: &Ctx, input: &AddPlan) -> Result<Outcome<PlannedExpense>> {
    command::run(db, ctx, "direct.add_plan", Permission::AddExpenses, input, add_in_tx).await
}

/// [`add`] inside a command that holds the order, or holds nothing yet.
pub(crate) async fn add_in_tx(run: &mut Run<'_>, input: &AddPlan) -> Result<PlannedExpense> {
    let (net, vat, note) = checked(input.net, input.vat, &input.note)?;
    let order = lock_order_in_tx(run, input.order_id).await?;
    order.not_cancelled()?;
    store::check_article_in_tx(run, input.article_id).await?;
    known_in_tx(run, input.party_id).await?;
    let cost = cost_in_tx(run, &order, net, vat).await?;
    let plan = PlannedExpense {
        planned_expense_id: 0,
        order_id: input.order_id,
        article_id: input.article_id,
        party_id: input.party_id,
        net,
        vat,
        cost,
        note,
        status: PlanStatus::Planned,
        accrued: Decimal::ZERO,
        accrued_vat: Decimal::ZERO,
        accrued_on: None,
        transaction_id: 0,
        direct_expense_id: 0,
        version: 1,
    };
    let mut plan = store::insert_plan_in_tx(run, plan).await?;
    if let Some(shipped_on) = order.shipped_on {
        let on = ledger::store::hold_open_day_in_tx(run, order.company_id, shipped_on).await?;
        accrue_in_tx(run, &order, &mut plan, on).await?;
    }
    super::note_in_tx(run, order.deal_id).await?;
    Ok(plan)
}

/// Changes a plan whose order is not shipped. Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `ORDER_STATUS` (accrued, billed or dropped),
/// `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`.
pub async fn change(db: &Db, ctx: &Ctx, input: &ChangePlan) -> Result<Outcome<PlannedExpense>> {
    command::run(db, ctx, "direct.change_plan", Permission::AddExpenses, input, async |run, input| {
        let (net, vat, note) = checked(input.net, input.vat, &input.note)?;
        let (order, mut plan) = lock_in_tx(run, input.planned_expense_id).await?;
        same_version("planned_expense", plan.planned_expense_id, plan.version, input.expected_version)?;
        if plan.status != PlanStatus::Planned {
            let message = format!(
                "the expense of order {} is accrued, billed or dropped; drop an accrued one and plan another",
                order.number
            );
            return Err(Error::rejected(Code::OrderStatus, message));
        }
        known_in_tx(run, input.party_id).await?;
        (plan.party_id, plan.net, plan.vat, plan.note) = (input.party_id, net, vat, note);
        plan.cost = cost_in_tx(run, &order, net, vat).await?;
        plan.version += 1;
        store::save_plan_in_tx(run, &plan).await?;
        super::note_in_tx(run, order.deal_id).await?;
        Ok(plan)
    })
    .await
}

/// Drops a plan; what was accrued is taken back to the kopeck. Errors: `NOT_FOUND`, `ORDER_STATUS` (billed or dropped), `INVALID_INPUT` and
/// those of posting.
pub async fn drop_plan(db: &Db, ctx: &Ctx, input: &DropPlan) -> Result<Outcome<PlannedExpense>> {
    command::run(db, ctx, "direct.drop_plan", Permission::AddExpenses, input, drop_in_tx).await
}

/// [`drop_plan`] inside a command that holds the order, or holds nothing yet.
pub(crate) async fn drop_in_tx(run: &mut Run<'_>, input: &DropPlan) -> Result<PlannedExpense> {
    let (order, mut plan) = lock_in_tx(run, input.planned_expense_id).await?;
    if !matches!(plan.status, PlanStatus::Planned | PlanStatus::Accrued) {
        let message = format!("the expense of order {} is billed or dropped; take its bill back first", order.number);
        return Err(Error::rejected(Code::OrderStatus, message));
    }
    if let Some(accrued_on) = plan.accrued_on {
        let asked = input.on.unwrap_or(accrued_on);
        if asked < accrued_on {
            let message = format!("the expense was accrued on {accrued_on}; take it back on that day or later");
            return Err(Error::invalid("on", message));
        }
        let on = ledger::store::hold_open_day_in_tx(run, order.company_id, asked).await?;
        ledger::store::reverse_in_tx(run, plan.transaction_id, order.document_id, on).await?;
    }
    dropped(&mut plan);
    store::save_plan_in_tx(run, &plan).await?;
    super::note_in_tx(run, order.deal_id).await?;
    Ok(plan)
}

/// Whether a plan is not dropped.
pub(crate) async fn is_kept_in_tx(run: &mut Run<'_>, planned_expense_id: i64) -> Result<bool> {
    let kept =
        sqlx::query_scalar!("select status <> 'dropped' from planned_expenses where planned_expense_id = $1", planned_expense_id);
    Ok(kept.fetch_optional(&mut *run.tx).await?.flatten().unwrap_or_default())
}

fn dropped(plan: &mut PlannedExpense) {
    plan.status = PlanStatus::Dropped;
    (plan.accrued, plan.accrued_vat, plan.accrued_on, plan.transaction_id) = (Decimal::ZERO, Decimal::ZERO, None, 0);
    plan.version += 1;
}

fn checked(net: Decimal, vat: Decimal, note: &str) -> Result<(Decimal, Decimal, String)> {
    Ok((money::positive(net, "net")?, money::not_negative(vat, "vat")?, text::optional(note, "note", 500)?))
}

/// What the plan would cost if it were billed for the day of the shipment.
async fn cost_in_tx(run: &mut Run<'_>, order: &Bearer, net: Decimal, vat: Decimal) -> Result<Decimal> {
    let on = order.shipped_on.unwrap_or(order.planned_on);
    Ok(companies::store::tax_in_tx(run, order.company_id, on).await?.purchase(net, vat).0)
}

async fn known_in_tx(run: &mut Run<'_>, party_id: i64) -> Result<()> {
    if party_id != 0 {
        parties::store::get_in_tx(run, party_id).await?;
    }
    Ok(())
}

async fn lock_order_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<Bearer> {
    let found = store::lock_orders_in_tx(run, &[order_id]).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found("order", order_id))
}

/// The order comes before its plan, as everywhere.
async fn lock_in_tx(run: &mut Run<'_>, planned_expense_id: i64) -> Result<(Bearer, PlannedExpense)> {
    let missing = || Error::not_found("planned expense", planned_expense_id);
    let order_id = sqlx::query_scalar!("select order_id from planned_expenses where planned_expense_id = $1", planned_expense_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(missing)?;
    let order = lock_order_in_tx(run, order_id).await.map_err(|_| missing())?;
    let plan = store::lock_plans_in_tx(run, &[planned_expense_id]).await?.into_iter().next().ok_or_else(missing)?;
    Ok((order, plan))
}

/// Accrues a plan of a shipped order (начисление): Dr order expenses over its lines, Cr accrued costs, for `on`.
pub(super) async fn accrue_in_tx(run: &mut Run<'_>, order: &Bearer, plan: &mut PlannedExpense, on: NaiveDate) -> Result<()> {
    let shipped_on = order.shipped_on.ok_or_else(|| Error::internal("an order that is not shipped accrues nothing"))?;
    let (value, vat) = companies::store::tax_in_tx(run, order.company_id, shipped_on).await?.purchase(plan.net, plan.vat);
    let of = Amount { value, vat };
    let mut entries: Vec<Entry> =
        order.by_lines(of)?.into_iter().map(|(sale, part)| borne(sale, plan.article_id, part, shipped_on)).collect();
    entries.push(accrual(order, plan, -value));
    let posting = Posting::try_new(Kind::Accrual, order.company_id, order.document_id, on, entries)?;
    plan.transaction_id = ledger::store::post_in_tx(run, &posting).await?;
    plan.status = PlanStatus::Accrued;
    (plan.accrued, plan.accrued_vat, plan.accrued_on) = (value, vat, Some(on));
    plan.version += 1;
    store::save_plan_in_tx(run, plan).await
}

/// The entry on accrued costs: below zero it is accrued, above zero it is billed.
pub(super) fn accrual(order: &Bearer, plan: &PlannedExpense, amount: Decimal) -> Entry {
    let what = Expense { article_id: plan.article_id, ..Expense::default() };
    Entry::debit(Account::AccruedCosts, amount).sale(order.sale).expense(what)
}

/// Drops what an order that is being cancelled was expected to cost; nothing of it is posted yet.
pub(crate) async fn cancelled_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<()> {
    for mut plan in store::lock_waiting_plans_in_tx(run, order_id).await? {
        dropped(&mut plan);
        store::save_plan_in_tx(run, &plan).await?;
    }
    Ok(())
}
