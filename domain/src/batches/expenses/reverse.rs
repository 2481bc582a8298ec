//! The storno of an additional expense: its entries negated exactly, and a second posting for the goods that moved on meanwhile.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::places::{self, Gone, Key};
use super::split::{self, Amount, Placed};
use super::{AdditionalExpense, commands, store};
use crate::access::Permission;
use crate::batches::{self, Balance};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Error, Result};
use crate::ledger::{self, CostElement, Entry, Kind, Posting, Settlement};
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
/// Errors: `NOT_FOUND`, `ALREADY_REVERSED`, `INVALID_INPUT`, `BATCH_VALUE_SHORT` (something else lowered the cost meanwhile), `FORBIDDEN`,
/// `FOUR_EYES` and those of posting.
pub async fn reverse_expense(db: &Db, ctx: &Ctx, input: &ReverseExpense) -> Result<Outcome<AdditionalExpense>> {
    command::run(db, ctx, "batches.reverse_expense", Permission::ReceiveGoods, input, reverse_in_tx).await
}

async fn reverse_in_tx(run: &mut Run<'_>, input: &ReverseExpense) -> Result<AdditionalExpense> {
    let on = input.on;
    let mut expense = store::lock_in_tx(run, input.additional_expense_id).await?;
    commands::in_force(&expense)?;
    if on < expense.effective_on {
        let from = expense.effective_on;
        return Err(Error::invalid("on", format!("the expense counts from {from}; date the storno on that day or later")));
    }
    ledger::store::check_date_in_tx(run, expense.company_id, on).await?;
    let stored = store::stored_in_tx(run, expense.additional_expense_id).await?;
    let batch_ids: Vec<i64> = stored.iter().map(|share| share.batch_id).collect();
    let mut balances = batches::store::lock_balances_in_tx(run, expense.company_id, &batch_ids).await?;
    let gone = places::gone_in_tx(run, &batch_ids, expense.transaction_id).await?;
    let posted = places::posted_in_tx(run, expense.transaction_id).await?;
    let mut of_batch = places::by_batch(&gone);
    let mut entries = Vec::new();
    for (balance, share) in balances.iter_mut().zip(&stored) {
        let worth = store::worth_in_tx(run, balance.batch_id, on).await?;
        let gone = of_batch.remove(&balance.batch_id).unwrap_or_default();
        entries.extend(batch(balance, share.stock, worth, &gone, &posted)?);
        batches::store::save_in_tx(run, balance).await?;
    }
    let settlement = Settlement { party_id: expense.party_id, contract_id: expense.contract_id, ..Settlement::default() };
    let document = documents::New {
        company_id: expense.company_id,
        kind: documents::Kind::Storno,
        issued_on: on,
        party_id: expense.party_id,
        subject_id: expense.additional_expense_id,
        gross: (expense.net + expense.vat) * if expense.cost > Decimal::ZERO { -Decimal::ONE } else { Decimal::ONE },
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    ledger::store::reverse_in_tx(run, expense.transaction_id, document_id, on).await?;
    let by = By { company_id: expense.company_id, document_id, on };
    entries.extend(settlements::withdraw::withdraw_in_tx(run, Side::Supplier, by, settlement, expense.document_id).await?);
    if !entries.is_empty() {
        let posting = Posting::try_new(Kind::Storno, expense.company_id, document_id, on, entries)?;
        ledger::store::post_in_tx(run, &posting).await?;
    }
    expense.reversed_on = Some(on);
    expense.reversal_document_id = document_id;
    store::save_reversed_in_tx(run, &expense).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(expense)
}

/// What must be posted beside the exact negative, because goods moved since; lowers the balance by both together.
fn batch(
    balance: &mut Balance,
    stock: Amount,
    worth: Decimal,
    gone: &[&Gone],
    posted: &HashMap<Key, Amount>,
) -> Result<Vec<Entry>> {
    let places: Vec<Placed> = gone
        .iter()
        .map(|gone| Placed {
            metres: gone.metres,
            posted: posted.get(&gone.place.key()).copied().unwrap_or_default(),
            moved: !gone.since.is_zero(),
        })
        .collect();
    let now = split::rehomed(stock, balance.metres, worth, &places)?;
    balance.value -= now.stock.value;
    balance.vat -= now.stock.vat;
    let moved = |was: Amount, is: Amount| (was != is).then_some(was - is);
    let in_stock = moved(stock, now.stock).map(|of| commands::in_stock(balance, of, Some(CostElement::Late)));
    let elsewhere = gone.iter().zip(places.iter().zip(&now.left));
    let elsewhere = elsewhere.filter_map(|(gone, (was, is))| Some(gone.place.entry(moved(was.posted, *is)?)));
    Ok(in_stock.into_iter().chain(elsewhere).collect())
}
