//! The command that posts a bill of a direct expense on orders, plans and deals.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::release::{self, Waiting, deferred};
use super::split::{self, Amount};
use super::store::{self, Bearer, borne};
use super::targets::{self, Bearing};
pub use super::targets::{Bears, TARGETS_MAX, Target};
use super::{Basis, DirectExpense, PlanStatus, plans};
use crate::access::Permission;
use crate::batches;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Error, Result};
use crate::ledger::{self, Account, Entry, Kind, Posting, Sale, Settlement};
use crate::settlements::{self, Side, store::By};
use crate::{companies, money, parties, text};

/// A bill.
#[derive(Debug, Clone, Serialize)]
pub struct PostDirect {
    /// Own company.
    pub company_id: i64,
    /// To whom it is owed: any party.
    pub party_id: i64,
    /// His contract, 0 = none: where several bear the bill, its open advances pay it first.
    pub contract_id: i64,
    /// An article of direct expenses.
    pub article_id: i64,
    /// Number of the supplier's paper, may be empty.
    pub number: String,
    /// Date of the supplier's paper.
    pub issued_on: NaiveDate,
    /// Business date; `None` = the paper's date, or that of an accrual it settles, or the first open day after it.
    pub effective_on: Option<NaiveDate>,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
    /// What it is divided by.
    pub basis: Basis,
    /// Who bears it, 1 to [`TARGETS_MAX`].
    pub targets: Vec<Target>,
}

/// Posts a bill: Dr order expenses (of a deal: deferred costs; of an accrued plan: the accrual, and the difference), Dr VAT input, Cr
/// payables. A bill of one order or deal is owed for that one, a bill of several under the contract.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ORDER_STATUS`,
/// `NOTHING_TO_ALLOCATE`, `TAX_REGIME_MISSING`, `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn post_direct(db: &Db, ctx: &Ctx, input: &PostDirect) -> Result<Outcome<DirectExpense>> {
    command::run(db, ctx, "direct.post", Permission::AddExpenses, input, async |run, input| {
        post_in_tx(run, input, Bill::Alone).await
    })
    .await
}

/// How a bill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bill {
    /// By itself.
    Alone,
    /// With a part of so many roubles for goods: its document and debt are of both, and whoever posts them numbers it.
    Joint(Decimal),
}

/// What a target posts with the bill itself.
struct Reached {
    entries: Vec<Entry>,
    /// What reached lines of orders.
    parts: Vec<(Sale, Amount)>,
    /// What waits for a deal.
    waiting: Amount,
}

pub(super) async fn post_in_tx(run: &mut Run<'_>, input: &PostDirect, bill: Bill) -> Result<DirectExpense> {
    let number = text::optional(&input.number, "number", 60)?;
    let (net, vat) = (money::positive(input.net, "net")?, money::not_negative(input.vat, "vat")?);
    if vat > net {
        return Err(Error::invalid("vat", "the VAT is larger than the sum without it; exchange the two, or correct them"));
    }
    targets::check(input.basis, &input.targets)?;
    store::check_article_in_tx(run, input.article_id).await?;
    parties::store::get_in_tx(run, input.party_id).await?;
    let due_days = batches::store::check_contract_in_tx(run, input.company_id, input.party_id, input.contract_id).await?;
    let bearings = targets::lock_in_tx(run, input.company_id, input.article_id, &input.targets).await?;
    let on = dated_in_tx(run, input, &bearings).await?;
    let (value, input_vat) = companies::store::tax_in_tx(run, input.company_id, on).await?.purchase(net, vat);
    let of = Amount { value, vat: input_vat };
    let (bases, shares) = targets::shared(of, input.basis, &input.targets, &bearings)?;
    let reached = bearings.iter().zip(&shares).map(|(bearing, share)| reach(input.article_id, bearing, *share, on));
    let reached = reached.collect::<Result<Vec<Reached>>>()?;
    let (kind, settlement, owed) = match bill {
        Bill::Alone => (documents::Kind::OrderExpense, owed_for(input, &bearings), net + vat),
        Bill::Joint(beside) => (documents::Kind::JointBill, under_contract(input), net + vat + beside),
    };
    let document = documents::New {
        company_id: input.company_id,
        kind,
        issued_on: on,
        party_id: input.party_id,
        subject_id: settlement.order_id,
        gross: owed,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let mut entries: Vec<Entry> = reached.iter().flat_map(|reached| reached.entries.iter().cloned()).collect();
    entries.push(Entry::debit(Account::VatInput, of.vat).settlement(settlement));
    entries.push(Entry::credit(Account::Payables, net + vat).settlement(settlement));
    let posting = Posting::try_new(Kind::OrderExpense, input.company_id, document_id, on, entries)?;
    let transaction_id = ledger::store::post_in_tx(run, &posting).await?;
    open_in_tx(run, By { company_id: input.company_id, document_id, on }, settlement, owed, due_days).await?;
    let expense = DirectExpense {
        direct_expense_id: 0,
        company_id: input.company_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        article_id: input.article_id,
        document_id,
        transaction_id,
        basis: input.basis,
        number,
        issued_on: input.issued_on,
        effective_on: on,
        net,
        vat,
        cost: value,
        cost_vat: input_vat,
        reversed_on: None,
        reversal_document_id: 0,
    };
    let expense = store::insert_in_tx(run, expense).await?;
    let allotted = bases.into_iter().zip(shares).zip(reached);
    for (target, (bearing, ((base, share), reached))) in (1..).zip(bearings.iter().zip(allotted)) {
        bear_in_tx(run, &expense, target, (bearing, base, share), &reached).await?;
    }
    let mut deal_ids: Vec<i64> = bearings.iter().map(Bearing::deal_id).collect();
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

/// The business date: as asked for, or the first open day since the paper's date; not before an accrual it settles.
async fn dated_in_tx(run: &mut Run<'_>, input: &PostDirect, bearings: &[Bearing]) -> Result<NaiveDate> {
    let plans: Vec<_> = bearings
        .iter()
        .filter_map(|bearing| match bearing {
            Bearing::Plan(_, plan) => Some(plan),
            _ => None,
        })
        .collect();
    let accrued_on = plans.iter().filter_map(|plan| plan.accrued_on);
    // An earlier bill of a plan may have been taken back: until that day its accrual was settled.
    let plan_ids: Vec<i64> = plans.iter().map(|plan| plan.planned_expense_id).collect();
    let freed_on = store::freed_on_in_tx(run, &plan_ids).await?;
    let since = accrued_on.chain(freed_on).fold(input.issued_on, NaiveDate::max);
    match input.effective_on {
        Some(on) if on < since => {
            let message = format!(
                "a bill counts from its own date and the accrual it settles on, here {since}; use that day or a later one"
            );
            Err(Error::invalid("effectiveOn", message))
        }
        Some(on) => ledger::store::check_date_in_tx(run, input.company_id, on).await.map(|()| on),
        None => ledger::store::hold_open_day_in_tx(run, input.company_id, since).await,
    }
}

/// For what a bill is owed.
fn owed_for(input: &PostDirect, bearings: &[Bearing]) -> Settlement {
    match bearings {
        [one] => Settlement { deal_id: one.deal_id(), order_id: one.order_id(), contract_id: 0, ..under_contract(input) },
        _ => under_contract(input),
    }
}

fn under_contract(input: &PostDirect) -> Settlement {
    Settlement { party_id: input.party_id, contract_id: input.contract_id, ..Settlement::default() }
}

/// Opens the debt and offsets it.
async fn open_in_tx(run: &mut Run<'_>, by: By, of: Settlement, gross: Decimal, due_days: i64) -> Result<()> {
    let due_on = by.on + chrono::Duration::days(due_days);
    let offsets = settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, gross, due_on).await?;
    settlements::store::post_beside_in_tx(run, Kind::Offset, by, offsets).await
}

/// What a target's share posts.
fn reach(article_id: i64, bearing: &Bearing, share: Amount, on: NaiveDate) -> Result<Reached> {
    let (order, parts, accrued) = match bearing {
        Bearing::Deal(deal, _) => {
            return Ok(Reached { entries: vec![deferred(deal, article_id, share)], parts: Vec::new(), waiting: share });
        }
        Bearing::Plan(order, plan) if plan.status == PlanStatus::Accrued => {
            let was = Amount { value: plan.accrued, vat: plan.accrued_vat };
            // By the same lines and tonnes as when it was accrued, so that each line ends with its part of the bill.
            let differences = order.by_lines(share)?.into_iter().zip(order.by_lines(was)?);
            let parts = differences.map(|((sale, is), (_, was))| (sale, is - was)).collect();
            (order, parts, Some(plans::accrual(order, plan, was.value)))
        }
        Bearing::Order(order) | Bearing::Plan(order, _) => (order, order.by_lines(share)?, None),
    };
    let origin = order.shipped_on.unwrap_or(on);
    let mut entries: Vec<Entry> = parts.iter().map(|(sale, of)| borne(*sale, article_id, *of, origin)).collect();
    entries.extend(accrued);
    Ok(Reached { entries, parts, waiting: Amount::default() })
}

/// Writes what a target bears; settles its plan, and releases what shipped orders of its deal take.
async fn bear_in_tx(
    run: &mut Run<'_>,
    expense: &DirectExpense,
    target: i32,
    (bearing, base, share): (&Bearing, Decimal, Amount),
    reached: &Reached,
) -> Result<()> {
    sqlx::query!(
        "insert into direct_expense_targets (direct_expense_id, target, order_id, deal_id, planned_expense_id, base, amount, vat, waiting,
            waiting_vat)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        expense.direct_expense_id,
        target,
        bearing.order_id(),
        bearing.deal_id(),
        bearing.planned_expense_id(),
        base,
        share.value,
        share.vat,
        reached.waiting.value,
        reached.waiting.vat
    )
    .execute(&mut *run.tx)
    .await?;
    let key = (expense.direct_expense_id, target);
    let on = expense.effective_on;
    match bearing {
        Bearing::Order(_) => {}
        Bearing::Plan(_, plan) => {
            let mut plan = plan.clone();
            (plan.status, plan.direct_expense_id) = (PlanStatus::Billed, expense.direct_expense_id);
            plan.version += 1;
            store::save_plan_in_tx(run, &plan).await?;
        }
        Bearing::Deal(deal, live) => {
            let loads: Vec<_> = live.iter().map(Bearer::load).collect();
            let released =
                if deal.is_closed() { split::last(share, &loads, deal.stage == "lost")? } else { split::first(share, &loads)? };
            let waiting = Waiting {
                direct_expense_id: expense.direct_expense_id,
                target,
                article_id: expense.article_id,
                document_id: expense.document_id,
                effective_on: on,
                of: share,
            };
            release::release_in_tx(run, deal, &waiting, released, live, on).await?;
        }
    }
    release::insert_parts_in_tx(run, key, expense.transaction_id, on, &reached.parts).await
}
