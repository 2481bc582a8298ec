//! The command that spreads a supplier's bill over batches.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub use super::bases::{TARGETS_MAX, Target};
use super::descend::{self, Part};
use super::places::{self, Gone};
use super::split::{self, Amount};
use super::tree::{self, Tree};
use super::{AdditionalExpense, Basis, Kind, bases, store};
use crate::access::Permission;
use crate::batches::{self, Balance};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, CostElement, Entry, Posting, Settlement, Stock};
use crate::settlements::{self, Side, store::By};
use crate::{companies, money, parties, text};

/// Most entries of one posting: the worker carries it in one piece.
const ENTRIES_MAX: usize = 200_000;

/// A bill to spread over batches.
#[derive(Debug, Clone, Serialize)]
pub struct PostExpense {
    /// Own company.
    pub company_id: i64,
    /// To whom it is owed; of a credit, who gave it. Any party.
    pub party_id: i64,
    /// His contract, 0 = none: its open advances pay the bill first.
    pub contract_id: i64,
    /// An article of the cost of goods.
    pub article_id: i64,
    /// Which way it goes.
    pub kind: Kind,
    /// Number of the supplier's paper, may be empty.
    pub number: String,
    /// Date of the supplier's paper.
    pub issued_on: NaiveDate,
    /// Business date; `None` = the paper's date, or the first open day after it.
    pub effective_on: Option<NaiveDate>,
    /// Without VAT, roubles; positive for a credit too.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
    /// What it is divided by.
    pub basis: Basis,
    /// The batches that bear it, 1 to [`TARGETS_MAX`].
    pub targets: Vec<Target>,
}

/// Spreads a bill over batches, and of each over the goods on hand, whoever took the rest and the batches made of it; opens the debt (of a credit: an advance that
/// lowers what is owed).
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`,
/// `NOTHING_TO_ALLOCATE`, `DATE_BEFORE_RECEIPT`, `BATCH_VALUE_SHORT` (credits), `TAX_REGIME_MISSING`, `FORBIDDEN`, `FOUR_EYES` and those of
/// posting.
pub async fn post_expense(db: &Db, ctx: &Ctx, input: &PostExpense) -> Result<Outcome<AdditionalExpense>> {
    command::run(db, ctx, "batches.post_expense", Permission::ReceiveGoods, input, async |run, input| {
        post_in_tx(run, input, 0).await
    })
    .await
}

/// [`post_expense`] inside a command; what is owed, or the credit, is tied to a supplier order, 0 = to none.
pub(crate) async fn post_in_tx(run: &mut Run<'_>, input: &PostExpense, supplier_order_id: i64) -> Result<AdditionalExpense> {
    let number = text::optional(&input.number, "number", 60)?;
    let net = money::positive(input.net, "net")?;
    let vat = money::not_negative(input.vat, "vat")?;
    if vat > net {
        return Err(Error::invalid("vat", "the VAT is larger than the sum without it; exchange the two, or correct them"));
    }
    bases::check(input.basis, &input.targets)?;
    let on = dated_in_tx(run, input).await?;
    let element = store::element_in_tx(run, input.article_id).await?;
    parties::store::get_in_tx(run, input.party_id).await?;
    let due_days = batches::store::check_contract_in_tx(run, input.company_id, input.party_id, input.contract_id).await?;
    let (cost, vat_input) = companies::store::tax_in_tx(run, input.company_id, on).await?.purchase(net, vat);
    let sign = if input.kind == Kind::Credit { -Decimal::ONE } else { Decimal::ONE };
    let of = Amount { value: sign * cost, vat: sign * vat_input };
    let mut batch_ids: Vec<i64> = input.targets.iter().map(|target| target.batch_id).collect();
    batch_ids.sort_unstable();
    let mut tree = tree::lock_in_tx(run, input.company_id, &batch_ids).await?;
    let bearers = store::bearers_in_tx(run, &batch_ids, on).await?;
    let bases = bases::of(input.basis, &input.targets, &bearers);
    let shares = split::by_bases(of, &bases)?;
    if let Some((bearer, share)) = bearers.iter().zip(&shares).find(|(b, share)| b.cost + b.added + share.value < Decimal::ZERO) {
        return Err(split::short(bearer.cost + bearer.added, -share.value));
    }
    let gone = places::gone_in_tx(run, &tree.ids(), i64::MAX).await?;
    let own = tree.own(&batch_ids, &shares);
    let spread = spread(&mut tree, &own, &gone, element)?;
    for (balance, part) in tree.balances.iter().zip(&spread.parts).filter(|(_, part)| part.stock.value < Decimal::ZERO) {
        let worth = store::worth_in_tx(run, balance.batch_id, on).await?;
        if worth + part.stock.value < Decimal::ZERO {
            return Err(split::short(worth, -part.stock.value));
        }
    }
    let settlement = Settlement { party_id: input.party_id, contract_id: input.contract_id, ..Settlement::default() };
    let document = documents::New {
        company_id: input.company_id,
        kind: documents::Kind::AdditionalExpense,
        issued_on: on,
        party_id: input.party_id,
        subject_id: 0,
        gross: sign * (net + vat),
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    settlements::ties::tie_in_tx(run, document_id, supplier_order_id).await?;
    let mut entries = spread.entries;
    entries.push(Entry::debit(Account::VatInput, of.vat).settlement(settlement));
    entries.push(owed(input.kind, net + vat).settlement(settlement));
    if entries.len() > ENTRIES_MAX {
        let message = format!("it reaches more than {ENTRIES_MAX} sold lines; divide the bill over fewer batches at a time");
        return Err(Error::invalid("targets", message));
    }
    let posting = Posting::try_new(ledger::Kind::AdditionalExpense, input.company_id, document_id, on, entries)?;
    let transaction_id = ledger::store::post_in_tx(run, &posting).await?;
    let by = By { company_id: input.company_id, document_id, on };
    let due_on = on + chrono::Duration::days(due_days);
    settle_in_tx(run, input.kind, by, settlement, net + vat, due_on).await?;
    for balance in &tree.balances {
        batches::store::save_in_tx(run, balance).await?;
    }
    let expense = AdditionalExpense {
        additional_expense_id: 0,
        company_id: input.company_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        article_id: input.article_id,
        document_id,
        transaction_id,
        kind: input.kind,
        basis: input.basis,
        number,
        issued_on: input.issued_on,
        effective_on: on,
        net,
        vat,
        cost: of.value,
        reversed_on: None,
        reversal_document_id: 0,
    };
    let expense = store::insert_in_tx(run, expense, &levels(&tree, &batch_ids, &bases, &own, &spread.parts)).await?;
    documents::store::subject_in_tx(run, document_id, expense.additional_expense_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(expense)
}

/// The business date: as asked for, or max(date of the paper, first open day).
async fn dated_in_tx(run: &mut Run<'_>, input: &PostExpense) -> Result<NaiveDate> {
    match input.effective_on {
        Some(on) if on < input.issued_on => {
            Err(Error::invalid("effectiveOn", "a bill cannot count before its own date; use that date or a later one"))
        }
        Some(on) => ledger::store::check_date_in_tx(run, input.company_id, on).await.map(|()| on),
        None => ledger::store::hold_open_day_in_tx(run, input.company_id, input.issued_on).await,
    }
}

/// What stands against the cost: a debt, or an advance that a credit leaves with the supplier.
fn owed(kind: Kind, gross: Decimal) -> Entry {
    match kind {
        Kind::Expense => Entry::credit(Account::Payables, gross),
        Kind::Credit => Entry::debit(Account::SupplierAdvances, gross),
    }
}

/// Opens the debt or the advance and offsets it. The offsets are postings of their own, so that a storno of the bill leaves them in place.
async fn settle_in_tx(run: &mut Run<'_>, kind: Kind, by: By, of: Settlement, gross: Decimal, due_on: NaiveDate) -> Result<()> {
    let offsets = match kind {
        Kind::Expense => settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, gross, due_on).await?,
        Kind::Credit => settlements::withdraw::open_advance_in_tx(run, Side::Supplier, by, of, gross).await?,
    };
    if !offsets.is_empty() {
        let posting = Posting::try_new(ledger::Kind::Offset, by.company_id, by.document_id, by.on, offsets)?;
        ledger::store::post_in_tx(run, &posting).await?;
    }
    Ok(())
}

/// The second level of all batches.
struct Spread {
    entries: Vec<Entry>,
    /// What each batch of the tree bears.
    parts: Vec<Part>,
}

/// Splits what each batch bears over the goods on hand (one net entry), each place they went to (one entry each) and the batches made of
/// them; raises the balances. Everything is in the order of the batches' ids.
fn spread(tree: &mut Tree, own: &[Amount], gone: &[Gone], element: CostElement) -> Result<Spread> {
    let of_batch = places::by_batch(gone);
    let parts = descend::over(own, &tree.held(&of_batch))?;
    let mut entries = Vec::with_capacity(gone.len() + parts.len() + 2);
    for (balance, part) in tree.balances.iter().zip(&parts) {
        entries.push(in_stock(balance, part.stock, Some(element)));
        let left = tree::gone_of(&of_batch, balance.batch_id).iter().zip(&part.left);
        entries.extend(left.map(|(gone, part)| gone.place.entry(*part)));
    }
    tree.raise(&parts);
    Ok(Spread { entries, parts })
}

/// What is stored of the split: of each batch that was named, and of each that inherited something.
fn levels(tree: &Tree, batch_ids: &[i64], bases: &[Decimal], own: &[Amount], parts: &[Part]) -> store::Shares {
    let bases: HashMap<i64, Decimal> = batch_ids.iter().copied().zip(bases.iter().copied()).collect();
    let mut levels = store::Shares::default();
    for ((balance, whole), part) in tree.balances.iter().zip(own).zip(parts) {
        let base = bases.get(&balance.batch_id);
        if base.is_some() || part.inherited != Amount::default() {
            levels.batch_ids.push(balance.batch_id);
            levels.bases.push(base.copied().unwrap_or_default());
            levels.whole.push(*whole);
            levels.inherited.push(part.inherited);
            levels.stock.push(part.stock);
        }
    }
    levels
}

/// The entry that raises what the goods on hand are worth.
pub(super) fn in_stock(balance: &Balance, of: Amount, element: Option<CostElement>) -> Entry {
    let stock = Stock {
        batch_id: balance.batch_id,
        product_id: balance.product_id,
        warehouse_id: balance.warehouse_id,
        cost_element: element,
        ..Stock::default()
    };
    Entry::debit(Account::Inventory, of.value).vat(of.vat).stock(stock)
}

/// Refuses what was taken back already.
pub(super) fn in_force(expense: &AdditionalExpense) -> Result<()> {
    match expense.reversed_on {
        None => Ok(()),
        Some(on) => {
            Err(Error::rejected(Code::AlreadyReversed, format!("this expense was taken back on {on}; post another if it stands")))
        }
    }
}
