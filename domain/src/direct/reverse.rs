//! The storno of a bill: every transaction it made, negated exactly, and its plans accrued as before.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::bills::Bill;
use super::{DirectExpense, PlanStatus, PlannedExpense, plans, store};
use crate::access::Permission;
use crate::batches::expenses::no_part_in_tx;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Kind, Settlement};
use crate::settlements::{self, Side, store::By};

/// Takes a bill back.
#[derive(Debug, Clone, Serialize)]
pub struct ReverseDirect {
    /// Which.
    pub direct_expense_id: i64,
    /// Business date of the storno.
    pub on: NaiveDate,
}

/// Takes a bill back (сторно): what orders bore, what waits and what was released, VAT and the debt, to the kopeck. A plan it settled is accrued
/// as before; one whose order shipped since is accrued now. What was paid of the bill stays with the party as an advance.
///
/// Errors: `NOT_FOUND`, `ALREADY_REVERSED`, `INVALID_INPUT`, `STILL_IN_USE` (a part of a joint bill), `FORBIDDEN`, `FOUR_EYES` and those of
/// posting.
pub async fn reverse_direct(db: &Db, ctx: &Ctx, input: &ReverseDirect) -> Result<Outcome<DirectExpense>> {
    command::run(db, ctx, "direct.reverse", Permission::AddExpenses, input, async |run, input| {
        reverse_in_tx(run, input, Bill::Alone).await
    })
    .await
}

/// [`reverse_direct`] inside a command; the storno and the debt of a joint bill are of both its parts, and whoever reverses them numbers it.
pub(super) async fn reverse_in_tx(run: &mut Run<'_>, input: &ReverseDirect, bill: Bill) -> Result<DirectExpense> {
    let on = input.on;
    hold_orders_in_tx(run, input.direct_expense_id).await?;
    let mut expense = lock_in_tx(run, input.direct_expense_id).await?;
    if let Some(on) = expense.reversed_on {
        let message = format!("this bill was taken back on {on}; post another if it stands");
        return Err(Error::rejected(Code::AlreadyReversed, message));
    }
    if bill == Bill::Alone {
        no_part_in_tx(run, expense.document_id).await?;
    }
    let targets = lock_targets_in_tx(run, expense.direct_expense_id).await?;
    let posted = posted_in_tx(run, &expense).await?;
    let last = posted.iter().map(|(_, on)| *on).max().unwrap_or(expense.effective_on);
    if on < last {
        let message = format!("what waited of it was released until {last}; date the storno on that day or later");
        return Err(Error::invalid("on", message));
    }
    ledger::store::check_date_in_tx(run, expense.company_id, on).await?;
    let settlement = match targets.as_slice() {
        [one] if bill == Bill::Alone => {
            Settlement { party_id: expense.party_id, deal_id: one.deal_id, order_id: one.order_id, contract_id: 0 }
        }
        _ => Settlement { party_id: expense.party_id, contract_id: expense.contract_id, ..Settlement::default() },
    };
    let beside = if let Bill::Joint(beside) = bill { beside } else { Decimal::ZERO };
    let document = documents::New {
        company_id: expense.company_id,
        kind: documents::Kind::Storno,
        issued_on: on,
        party_id: expense.party_id,
        subject_id: expense.direct_expense_id,
        gross: -(expense.net + expense.vat + beside),
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    for (transaction_id, _) in &posted {
        ledger::store::reverse_in_tx(run, *transaction_id, document_id, on).await?;
    }
    let by = By { company_id: expense.company_id, document_id, on };
    let left = settlements::withdraw::withdraw_in_tx(run, Side::Supplier, by, settlement, expense.document_id).await?;
    settlements::store::post_beside_in_tx(run, Kind::Storno, by, left).await?;
    (expense.reversed_on, expense.reversal_document_id) = (Some(on), document_id);
    save_in_tx(run, &expense).await?;
    restore_plans_in_tx(run, &expense, on).await?;
    let mut deal_ids: Vec<i64> = targets.iter().map(|target| target.deal_id).collect();
    deal_ids.sort_unstable();
    deal_ids.dedup();
    for deal_id in deal_ids {
        super::note_in_tx(run, deal_id).await?;
    }
    if bill == Bill::Alone {
        documents::store::number_in_tx(run, document_id, &document).await?;
    }
    Ok(expense)
}

/// Holds the orders a bill names, before the bill as everywhere: one that ships meanwhile would miss the plan that is restored.
pub(super) async fn hold_orders_in_tx(run: &mut Run<'_>, direct_expense_id: i64) -> Result<()> {
    sqlx::query!(
        "select order_id from orders
         where order_id in (select order_id from direct_expense_targets where direct_expense_id = $1) order by order_id for update",
        direct_expense_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(())
}

/// The plans the bill settled are as they were; of an order that shipped meanwhile they are accrued now, of a cancelled one dropped.
async fn restore_plans_in_tx(run: &mut Run<'_>, expense: &DirectExpense, on: NaiveDate) -> Result<()> {
    let ids = sqlx::query_scalar!(
        "select planned_expense_id from planned_expenses where direct_expense_id = $1 order by planned_expense_id",
        expense.direct_expense_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    for mut plan in store::lock_plans_in_tx(run, &ids).await? {
        plan.direct_expense_id = 0;
        plan.version += 1;
        if plan.transaction_id > 0 {
            plan.status = PlanStatus::Accrued;
            store::save_plan_in_tx(run, &plan).await?;
            continue;
        }
        reopen_in_tx(run, plan, on).await?;
    }
    Ok(())
}

async fn reopen_in_tx(run: &mut Run<'_>, mut plan: PlannedExpense, on: NaiveDate) -> Result<()> {
    let order = store::orders_in_tx(run, &[plan.order_id], None).await?.into_iter().next();
    let order = order.ok_or_else(|| Error::not_found("order", plan.order_id))?;
    plan.status = if order.status == "cancelled" { PlanStatus::Dropped } else { PlanStatus::Planned };
    store::save_plan_in_tx(run, &plan).await?;
    match order.shipped_on {
        Some(shipped_on) => plans::accrue_in_tx(run, &order, &mut plan, on.max(shipped_on)).await,
        None => Ok(()),
    }
}

async fn lock_in_tx(run: &mut Run<'_>, direct_expense_id: i64) -> Result<DirectExpense> {
    let scope = run.ctx.actor.scope();
    sqlx::query_as!(
        DirectExpense,
        r#"select direct_expense_id, company_id, party_id, contract_id, article_id, document_id, transaction_id, basis as "basis: super::Basis",
               number, issued_on, effective_on, net, vat, cost, cost_vat, reversed_on, reversal_document_id
           from direct_expenses e where direct_expense_id = $1
               and ($2::bigint[] is null or not exists (select from direct_expense_targets t join deals d using (deal_id)
                   where t.direct_expense_id = e.direct_expense_id and d.employee_id <> all($2)))
           for update of e"#,
        direct_expense_id,
        scope.employees()
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("direct expense", direct_expense_id))
}

struct Reversed {
    order_id: i64,
    deal_id: i64,
}

/// Nothing of them waits any longer; whoever would release it waits for this lock and finds nothing.
async fn lock_targets_in_tx(run: &mut Run<'_>, direct_expense_id: i64) -> Result<Vec<Reversed>> {
    sqlx::query!(
        "update direct_expense_targets set waiting = 0, waiting_vat = 0 where direct_expense_id = $1",
        direct_expense_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(sqlx::query_as!(
        Reversed,
        "select order_id, deal_id from direct_expense_targets where direct_expense_id = $1 order by target",
        direct_expense_id
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

/// The bill's own transaction and its releases, in order, with their days.
async fn posted_in_tx(run: &mut Run<'_>, expense: &DirectExpense) -> Result<Vec<(i64, NaiveDate)>> {
    let rows = sqlx::query!(
        r#"select transaction_id as "transaction_id!", effective_on as "effective_on!"
           from (select $2::bigint as transaction_id, $3::date as effective_on
                 union select transaction_id, effective_on from direct_expense_parts where direct_expense_id = $1) p
           order by 1"#,
        expense.direct_expense_id,
        expense.transaction_id,
        expense.effective_on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.transaction_id, row.effective_on)).collect())
}

async fn save_in_tx(run: &mut Run<'_>, expense: &DirectExpense) -> Result<()> {
    sqlx::query!(
        "update direct_expenses set reversed_on = $2, reversal_document_id = $3 where direct_expense_id = $1",
        expense.direct_expense_id,
        expense.reversed_on,
        expense.reversal_document_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
