//! The storno of an additional expense: its entries negated exactly, and a second posting for the goods that moved on meanwhile.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::descend::{self, Part, Was};
use super::flow::{self, Flow};
use super::places::{self, Gone, Key};
use super::split::Amount;
use super::tree::{self, Tree};
use super::{AdditionalExpense, Kind, commands, estimates, store};
use crate::access::Permission;
use crate::batches::{self, returns};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, CostElement, Settlement};
use crate::settlements::{self, Side, store::By};

/// Takes an additional expense back.
#[derive(Debug, Clone, Serialize)]
pub struct ReverseExpense {
    /// Which.
    pub additional_expense_id: i64,
    /// Business date of the storno.
    pub on: NaiveDate,
}

/// Takes an additional expense back (сторно): what it did to stock, to sold goods and to VAT, to the kopeck. Its debt goes; what was paid of
/// it stays with the supplier as an advance, what a credit has paid off is owed again.
///
/// Errors: `NOT_FOUND`, `ALREADY_REVERSED`, `INVALID_INPUT` (dated before it counts), `STILL_IN_USE` (goods went back at the price it made, or it is a part of a joint bill), `BATCH_VALUE_SHORT` (something else lowered the
/// cost meanwhile), `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn reverse_expense(db: &Db, ctx: &Ctx, input: &ReverseExpense) -> Result<Outcome<AdditionalExpense>> {
    command::run(db, ctx, "batches.reverse_expense", Permission::ReceiveGoods, input, async |run, input| {
        reverse_in_tx(run, input, None).await
    })
    .await
}

/// Locks the batches that bear an expense with all that was made of them.
pub(crate) async fn hold_borne_in_tx(run: &mut Run<'_>, company_id: i64, additional_expense_id: i64) -> Result<()> {
    let stored = store::stored_in_tx(run, additional_expense_id).await?;
    let batch_ids: Vec<i64> = stored.iter().map(|share| share.batch_id).collect();
    tree::lock_in_tx(run, company_id, &batch_ids).await.map(|_| ())
}

/// [`reverse_expense`] inside a command; of a joint bill by the storno of the whole, which takes back the debt.
pub(crate) async fn reverse_in_tx(run: &mut Run<'_>, input: &ReverseExpense, storno: Option<i64>) -> Result<AdditionalExpense> {
    let on = input.on;
    let mut expense = store::lock_in_tx(run, input.additional_expense_id).await?;
    commands::in_force(&expense)?;
    if storno.is_none() {
        store::no_part_in_tx(run, expense.document_id).await?;
    }
    estimates::open(&expense)?;
    if on < expense.effective_on {
        let from = expense.effective_on;
        return Err(Error::invalid("on", format!("the expense counts from {from}; date the storno on that day or later")));
    }
    ledger::store::check_date_in_tx(run, expense.company_id, on).await?;
    let stored = store::stored_in_tx(run, expense.additional_expense_id).await?;
    let batch_ids: Vec<i64> = stored.iter().map(|share| share.batch_id).collect();
    let mut tree = tree::lock_in_tx(run, expense.company_id, &batch_ids).await?;
    if store::element_in_tx(run, expense.article_id).await? == CostElement::Purchase
        && returns::store::went_back_in_tx(run, &batch_ids, expense.effective_on).await?
    {
        let message =
            "goods went back to the supplier at the price this made; post what he credits or asks now as another document";
        return Err(Error::rejected(Code::StillInUse, message));
    }
    let gone = places::gone_in_tx(run, &tree.ids(), expense.transaction_id).await?;
    let of_batch = places::by_batch(&gone);
    let was = tree.was_in_tx(run, &stored, &of_batch, (expense.document_id, expense.transaction_id), on).await?;
    let now = descend::rehomed(&was)?;
    let claims = flow::claims(on, tree.gone_with(&of_batch, &now).map(|(gone, part)| (gone, -part)));
    let sold = places::sold_since_in_tx(run, expense.document_id).await?;
    let mut days = moved(&tree, on, &of_batch, (&was, &now), &sold).days(&tree.balances, CostElement::Late);
    for (balance, now) in tree.balances.iter_mut().zip(&now) {
        balance.value -= now.stock.value;
        balance.vat -= now.stock.vat;
    }
    batches::store::save_all_in_tx(run, &tree.balances).await?;
    let settlement = Settlement { party_id: expense.party_id, contract_id: expense.contract_id, ..Settlement::default() };
    let document = documents::New {
        company_id: expense.company_id,
        kind: documents::Kind::Storno,
        issued_on: on,
        party_id: expense.party_id,
        subject_id: expense.additional_expense_id,
        gross: (expense.net + expense.vat) * if expense.kind == Kind::Expense { -Decimal::ONE } else { Decimal::ONE },
        note: "",
    };
    let document_id = match storno {
        Some(document_id) => document_id,
        None => documents::store::register_in_tx(run, &document).await?,
    };
    for (transaction_id, effective_on) in store::postings_in_tx(run, expense.document_id).await? {
        ledger::store::reverse_in_tx(run, transaction_id, document_id, effective_on.max(on)).await?;
    }
    let by = By { company_id: expense.company_id, document_id, on };
    let mut entries = days.remove(&on).unwrap_or_default();
    if !expense.estimate && storno.is_none() {
        entries.extend(settlements::withdraw::withdraw_in_tx(run, Side::Supplier, by, settlement, expense.document_id).await?);
    }
    entries.extend(commands::claim_in_tx(run, by, &claims).await?);
    settlements::store::post_beside_in_tx(run, ledger::Kind::Storno, by, entries).await?;
    ledger::store::post_days_in_tx(run, ledger::Kind::Storno, (expense.company_id, document_id), days).await?;
    store::check_worth_in_tx(run, &tree.ids(), &places::at_risk(&gone), on).await?;
    expense.reversed_on = Some(on);
    expense.reversal_document_id = document_id;
    store::save_reversed_in_tx(run, &expense).await?;
    if expense.settles_id > 0 {
        store::save_settled_in_tx(run, expense.settles_id, 0).await?;
    }
    if storno.is_none() {
        documents::store::number_in_tx(run, document_id, &document).await?;
    }
    Ok(expense)
}

/// What must be posted beside the exact negative, because goods moved since: what went with them is taken from where they went, `sold` from
/// the sale of goods that were on their way, and what that leaves of a batch's part from its goods on hand.
fn moved(
    tree: &Tree,
    on: NaiveDate,
    of_batch: &HashMap<i64, Vec<&Gone>>,
    (was, now): (&[Was], &[Part]),
    sold: &HashMap<Key, Amount>,
) -> Flow {
    let mut flow = Flow::new(on);
    let left = |index: usize, place: usize| was[index].places[place].posted - now[index].left[place];
    tree.follow(&mut flow, of_batch, left, |child| was[child].inherited - now[child].inherited);
    for (index, (was, now)) in was.iter().zip(now).enumerate() {
        flow.come(index, was.stock - now.stock - flow.stays(index));
    }
    for (index, balance) in tree.balances.iter().enumerate() {
        for gone in tree::gone_of(of_batch, balance.batch_id) {
            if let Some(of) = sold.get(&gone.place.key()) {
                flow.follow(index, gone, *of);
            }
        }
    }
    flow
}
