//! What waits in deferred costs reaches orders: when they ship, and when their deal is closed.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::plans;
use super::split::{self, Amount, Released};
use super::store::{self, Bearer, Whole, borne};
use crate::command::Run;
use crate::companies;
use crate::error::{Error, Result};
use crate::ledger::{self, Account, Entry, Expense, Kind, Posting, Sale};

/// A deal's part of a bill, of which something waits.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) direct_expense_id: i64,
    pub(super) target: i32,
    pub(super) article_id: i64,
    pub(super) document_id: i64,
    /// The day it began to wait.
    pub(super) effective_on: NaiveDate,
    pub(super) of: Amount,
}

/// Dr deferred costs of the deal; a negative amount is released.
pub(super) fn deferred(deal: &Whole, article_id: i64, of: Amount) -> Entry {
    let what = Expense { article_id, ..Expense::default() };
    Entry::debit(Account::DeferredCosts, of.value).vat(of.vat).sale(deal.sale).expense(what)
}

/// An order was shipped on `on`: accrues its plans and releases its share of what waits for its deal.
///
/// The order is saved as shipped already, and its deal is held.
pub(crate) async fn shipped_in_tx(run: &mut Run<'_>, order_id: i64, on: NaiveDate) -> Result<()> {
    let order = store::orders_in_tx(run, &[order_id], None).await?.into_iter().next();
    let order = order.ok_or_else(|| Error::not_found("order", order_id))?;
    for mut plan in store::lock_waiting_plans_in_tx(run, order_id).await? {
        plans::accrue_in_tx(run, &order, &mut plan, on).await?;
    }
    let waiting = lock_waiting_in_tx(run, order.deal_id).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    // Read after the lock: whoever shipped before is known to have shipped.
    let live = store::live_in_tx(run, order.deal_id).await?;
    let others: Vec<_> = live.iter().filter(|other| other.shipped_on.is_none()).map(Bearer::tonnes).collect();
    let deal = deal_of(&order.sale, order.company_id);
    for waiting in waiting {
        let part = split::next(waiting.of, order.tonnes(), &others)?;
        release_in_tx(run, &deal, &waiting, vec![(order_id, part)], &live, on).await?;
    }
    Ok(())
}

/// The deal was won or lost: nothing waits any longer, from today on. The deal is locked.
pub(crate) async fn closed_in_tx(run: &mut Run<'_>, deal_id: i64, lost: bool) -> Result<()> {
    let waiting = lock_waiting_in_tx(run, deal_id).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let row =
        sqlx::query!("select company_id, party_id, contract_id, employee_id, channel_id from deals where deal_id = $1", deal_id)
            .fetch_one(&mut *run.tx)
            .await?;
    let sale = Sale {
        deal_id,
        party_id: row.party_id,
        contract_id: row.contract_id,
        employee_id: row.employee_id,
        channel_id: row.channel_id,
        ..Sale::default()
    };
    let deal = deal_of(&sale, row.company_id);
    let company = companies::store::get_in_tx(run, row.company_id).await?;
    let today = run.ctx.today(company.utc_offset_minutes);
    let live = store::live_in_tx(run, deal_id).await?;
    let loads: Vec<_> = live.iter().map(Bearer::load).collect();
    for waiting in waiting {
        let released = split::last(waiting.of, &loads, lost)?;
        release_in_tx(run, &deal, &waiting, released, &live, today).await?;
    }
    Ok(())
}

/// The deal as a dimension.
fn deal_of(sale: &Sale, company_id: i64) -> Whole {
    let sale = Sale { order_id: 0, order_line_id: 0, product_id: 0, ..*sale };
    Whole { deal_id: sale.deal_id, company_id, stage: String::new(), sale }
}

/// Releases parts of what waits, each on the later of `on`, the day it began to wait and the day its order left: Dr order expenses, Cr
/// deferred costs. Every day is a transaction of its own.
pub(super) async fn release_in_tx(
    run: &mut Run<'_>,
    deal: &Whole,
    waiting: &Waiting,
    released: Released,
    live: &[Bearer],
    on: NaiveDate,
) -> Result<()> {
    let mut days: BTreeMap<NaiveDate, Released> = BTreeMap::new();
    for (order_id, part) in released.into_iter().filter(|(_, part)| *part != Amount::default()) {
        let shipped_on = live.iter().find(|bearer| bearer.order_id == order_id).and_then(|bearer| bearer.shipped_on);
        let day = on.max(waiting.effective_on).max(shipped_on.unwrap_or(on));
        days.entry(day).or_default().push((order_id, part));
    }
    for (day, released) in days {
        let mut parts = Vec::new();
        for (order_id, part) in &released {
            match live.iter().find(|bearer| bearer.order_id == *order_id) {
                Some(order) => {
                    let origin = order.shipped_on.unwrap_or(day);
                    parts.extend(order.by_lines(*part)?.into_iter().map(|(sale, of)| (sale, of, origin)));
                }
                None => parts.push((deal.sale, *part, day)),
            }
        }
        let mut entries: Vec<Entry> =
            parts.iter().map(|(sale, of, origin)| borne(*sale, waiting.article_id, *of, *origin)).collect();
        entries.push(deferred(deal, waiting.article_id, -split::total(&released)));
        let posting = Posting::try_new(Kind::ExpenseRelease, deal.company_id, waiting.document_id, day, entries)?;
        let transaction_id = ledger::store::post_in_tx(run, &posting).await?;
        let parts: Vec<_> = parts.into_iter().map(|(sale, of, _)| (sale, of)).collect();
        insert_parts_in_tx(run, (waiting.direct_expense_id, waiting.target), transaction_id, day, &parts).await?;
        less_waiting_in_tx(run, (waiting.direct_expense_id, waiting.target), split::total(&released)).await?;
    }
    Ok(())
}

/// Locks what waits for a deal, in the order of the bills.
async fn lock_waiting_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<Vec<Waiting>> {
    let rows = sqlx::query!(
        "select t.direct_expense_id, t.target, t.waiting, t.waiting_vat, e.article_id, e.document_id, e.effective_on
         from direct_expense_targets t join direct_expenses e using (direct_expense_id)
         where t.deal_id = $1 and (t.waiting <> 0 or t.waiting_vat <> 0) order by t.direct_expense_id, t.target for update of t",
        deal_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Waiting {
            direct_expense_id: row.direct_expense_id,
            target: row.target,
            article_id: row.article_id,
            document_id: row.document_id,
            effective_on: row.effective_on,
            of: Amount { value: row.waiting, vat: row.waiting_vat },
        })
        .collect())
}

/// Writes the second level.
pub(super) async fn insert_parts_in_tx(
    run: &mut Run<'_>,
    (direct_expense_id, target): (i64, i32),
    transaction_id: i64,
    on: NaiveDate,
    parts: &[(Sale, Amount)],
) -> Result<()> {
    let ids = |id: fn(&Sale) -> i64| parts.iter().map(|(sale, _)| id(sale)).collect::<Vec<_>>();
    sqlx::query!(
        "insert into direct_expense_parts (direct_expense_id, target, transaction_id, effective_on, order_id, order_line_id, amount, vat)
         select $1, $2, $3, $4, p.order_id, p.order_line_id, p.amount, p.vat
         from unnest($5::bigint[], $6::bigint[], $7::numeric[], $8::numeric[]) as p (order_id, order_line_id, amount, vat)",
        direct_expense_id,
        target,
        transaction_id,
        on,
        &ids(|sale| sale.order_id),
        &ids(|sale| sale.order_line_id),
        &parts.iter().map(|(_, of)| of.value).collect::<Vec<_>>(),
        &parts.iter().map(|(_, of)| of.vat).collect::<Vec<_>>()
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

async fn less_waiting_in_tx(run: &mut Run<'_>, (direct_expense_id, target): (i64, i32), of: Amount) -> Result<()> {
    sqlx::query!(
        "update direct_expense_targets set waiting = waiting - $3, waiting_vat = waiting_vat - $4 where direct_expense_id = $1 and target = $2",
        direct_expense_id,
        target,
        of.value,
        of.vat
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
