//! The command that spreads a supplier's bill over batches.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

pub use super::bases::{TARGETS_MAX, Target};
use super::descend::{self, Part};
use super::estimates::{Mode, accrued};
use super::flow::{self, Claims, Flow};
use super::places::{self, Gone};
use super::split::{self, Amount};
use super::tree::{self, Tree};
use super::{AdditionalExpense, Basis, Kind, bases, store};
use crate::access::Permission;
use crate::batches;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, CostElement, Entry, Posting, Settlement};
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
    /// VAT as printed; of a customs declaration the import VAT, which may be larger than the duty in `net`.
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
        post_as_in_tx(run, input, &Mode::Bill, 0).await
    })
    .await
}

/// [`post_expense`] inside a command; what is owed, or the credit, is tied to a supplier order, 0 = to none.
pub(crate) async fn post_in_tx(run: &mut Run<'_>, input: &PostExpense, supplier_order_id: i64) -> Result<AdditionalExpense> {
    post_as_in_tx(run, input, &Mode::Bill, supplier_order_id).await
}

/// Posts the part of goods of a joint bill, whose document and debt are there; the batches are locked by [`hold_in_tx`] before.
pub(crate) async fn post_part_in_tx(run: &mut Run<'_>, input: &PostExpense, document_id: i64) -> Result<AdditionalExpense> {
    post_as_in_tx(run, input, &Mode::Part(document_id), 0).await
}

/// Locks the batches of these targets with all that was made of them. Errors: `COMPANY_MISMATCH`.
pub(crate) async fn hold_in_tx(run: &mut Run<'_>, company_id: i64, targets: &[Target]) -> Result<()> {
    let batch_ids: Vec<i64> = targets.iter().map(|target| target.batch_id).collect();
    tree::lock_in_tx(run, company_id, &batch_ids).await.map(|_| ())
}

/// Posts a bill, an estimate, the bill of an estimate or a part of a joint bill.
pub(super) async fn post_as_in_tx(
    run: &mut Run<'_>,
    input: &PostExpense,
    mode: &Mode,
    supplier_order_id: i64,
) -> Result<AdditionalExpense> {
    let number = text::optional(&input.number, "number", 60)?;
    bases::check(input.basis, &input.targets)?;
    let on = dated_in_tx(run, input, mode).await?;
    let element = store::element_in_tx(run, input.article_id).await?;
    let (net, vat) = sums(input, element)?;
    parties::store::get_in_tx(run, input.party_id).await?;
    let due_days = batches::store::check_contract_in_tx(run, input.company_id, input.party_id, input.contract_id).await?;
    let (cost, vat_input) = companies::store::tax_in_tx(run, input.company_id, on).await?.purchase(net, vat);
    let sign = if input.kind == Kind::Credit { -Decimal::ONE } else { Decimal::ONE };
    let of = Amount { value: sign * cost, vat: sign * vat_input };
    let mut batch_ids: Vec<i64> = input.targets.iter().map(|target| target.batch_id).collect();
    batch_ids.extend(mode.borne().iter().map(|(batch_id, _)| *batch_id));
    batch_ids.sort_unstable();
    batch_ids.dedup();
    let mut tree = tree::lock_in_tx(run, input.company_id, &batch_ids).await?;
    let bearers = store::bearers_in_tx(run, &batch_ids, on).await?;
    let bases = bases::of(input.basis, &input.targets, &bearers);
    let shares = differences(&batch_ids, split::by_bases(of, &bases)?, mode.borne());
    let of_goods: Amount = shares.iter().copied().sum();
    if let Some((bearer, share)) = bearers.iter().zip(&shares).find(|(b, share)| b.cost + b.added + share.value < Decimal::ZERO) {
        return Err(split::short(bearer.cost + bearer.added, -share.value));
    }
    let gone = places::gone_in_tx(run, &tree.ids(), i64::MAX).await?;
    let own = tree.own(&batch_ids, &shares);
    let spread = spread(&mut tree, on, &own, &gone, element)?;
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
    let document_id = match mode.document_id() {
        Some(document_id) => document_id,
        None => documents::store::register_in_tx(run, &document).await?,
    };
    settlements::ties::tie_in_tx(run, document_id, supplier_order_id).await?;
    let mut later = spread.days;
    let mut entries = later.remove(&on).unwrap_or_default();
    if matches!(mode, Mode::Estimate) {
        entries.push(accrued(input.party_id, input.contract_id, input.article_id, -of.value));
    } else {
        entries.push(Entry::debit(Account::VatInput, of.vat).settlement(settlement));
        entries.push(owed(input.kind, net + vat).settlement(settlement));
        entries.extend(mode.accrual());
    }
    if entries.len() + later.values().map(Vec::len).sum::<usize>() > ENTRIES_MAX {
        let message = format!("it reaches more than {ENTRIES_MAX} sold lines; divide the bill over fewer batches at a time");
        return Err(Error::invalid("targets", message));
    }
    let posting = Posting::try_new(ledger::Kind::AdditionalExpense, input.company_id, document_id, on, entries)?;
    let transaction_id = ledger::store::post_in_tx(run, &posting).await?;
    let by = By { company_id: input.company_id, document_id, on };
    ledger::store::post_days_in_tx(run, ledger::Kind::AdditionalExpense, (input.company_id, document_id), later).await?;
    if own.iter().any(|own| own.value < Decimal::ZERO) {
        store::check_worth_in_tx(run, &tree.ids(), &places::at_risk(&gone), on).await?;
    }
    let due_on = on + chrono::Duration::days(due_days);
    let owed = mode.owes().then_some((input.kind, net + vat, due_on));
    settle_in_tx(run, by, settlement, owed, &spread.claims).await?;
    batches::store::save_all_in_tx(run, &tree.balances).await?;
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
        cost: of_goods.value,
        reversed_on: None,
        reversal_document_id: 0,
        estimate: matches!(mode, Mode::Estimate),
        settles_id: mode.settles().map_or(0, |estimate| estimate.additional_expense_id),
        settled_by_id: 0,
    };
    let expense = store::insert_in_tx(run, expense, &levels(&tree, &batch_ids, &bases, &own, &spread.parts)).await?;
    if mode.document_id().is_none() {
        documents::store::subject_in_tx(run, document_id, expense.additional_expense_id).await?;
        documents::store::number_in_tx(run, document_id, &document).await?;
    }
    Ok(expense)
}

/// Net and VAT as printed. Import VAT stands beside the duty on a customs declaration: mostly it is the larger, and there may be no duty.
fn sums(input: &PostExpense, element: CostElement) -> Result<(Decimal, Decimal)> {
    let vat = money::not_negative(input.vat, "vat")?;
    if element == CostElement::Customs && input.kind == Kind::Expense && vat > Decimal::ZERO {
        return Ok((money::not_negative(input.net, "net")?, vat));
    }
    let net = money::positive(input.net, "net")?;
    if vat > net {
        return Err(Error::invalid("vat", "the VAT is larger than the sum without it; exchange the two, or correct them"));
    }
    Ok((net, vat))
}

/// What each batch bears more than before: its part of the bill less what it bears of the estimate.
fn differences(batch_ids: &[i64], shares: Vec<Amount>, borne: &[(i64, Amount)]) -> Vec<Amount> {
    let was = |batch_id: &i64| borne.iter().filter(|(id, _)| id == batch_id).map(|(_, amount)| *amount).sum::<Amount>();
    batch_ids.iter().zip(shares).map(|(batch_id, share)| share - was(batch_id)).collect()
}

/// The business date: as asked for, or max(date of the paper, first open day).
async fn dated_in_tx(run: &mut Run<'_>, input: &PostExpense, mode: &Mode) -> Result<NaiveDate> {
    let since = match mode.settles() {
        // An earlier bill of it may have been taken back: until that day the accrual was settled.
        Some(estimate) => {
            let freed = store::freed_on_in_tx(run, estimate.additional_expense_id).await?;
            input.issued_on.max(estimate.effective_on).max(freed.unwrap_or(input.issued_on))
        }
        None => input.issued_on,
    };
    match input.effective_on {
        Some(on) if on < since => {
            let message = format!(
                "a bill counts from its own date and the estimate it settles on, here {since}; use that date or a later one"
            );
            Err(Error::invalid("effectiveOn", message))
        }
        Some(on) => ledger::store::check_date_in_tx(run, input.company_id, on).await.map(|()| on),
        None => ledger::store::hold_open_day_in_tx(run, input.company_id, since).await,
    }
}

/// What stands against the cost: a debt, or an advance that a credit leaves with the supplier.
fn owed(kind: Kind, gross: Decimal) -> Entry {
    match kind {
        Kind::Expense => Entry::credit(Account::Payables, gross),
        Kind::Credit => Entry::debit(Account::SupplierAdvances, gross),
    }
}

/// Opens the debt or the advance (of this sum, due on this day) and offsets it; an estimate owes nobody yet. The offsets are postings of
/// their own, so that a storno of the bill leaves them in place.
async fn settle_in_tx(
    run: &mut Run<'_>,
    by: By,
    of: Settlement,
    owed: Option<(Kind, Decimal, NaiveDate)>,
    claims: &Claims,
) -> Result<()> {
    let mut offsets = match owed {
        None => Vec::new(),
        Some((Kind::Expense, gross, due_on)) => {
            settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, gross, due_on).await?
        }
        Some((Kind::Credit, gross, _)) => settlements::withdraw::open_advance_in_tx(run, Side::Supplier, by, of, gross).await?,
    };
    offsets.extend(claim_in_tx(run, by, claims).await?);
    settlements::store::post_beside_in_tx(run, ledger::Kind::Offset, by, offsets).await
}

/// Raises claims on suppliers, or lowers them; returns the entries beside, of the document's own day: those of later ones are posted.
pub(super) async fn claim_in_tx(run: &mut Run<'_>, by: By, claims: &Claims) -> Result<Vec<Entry>> {
    let mut present = Vec::new();
    for ((on, party_id, contract_id), amount) in claims {
        let of = Settlement { party_id: *party_id, contract_id: *contract_id, ..Settlement::default() };
        let by_then = By { on: *on, ..by };
        let beside = settlements::claims::raise_in_tx(run, by_then, of, *amount).await?;
        present.extend(settlements::withdraw::present_in_tx(run, by, *on, beside).await?);
    }
    Ok(present)
}

/// The second level of all batches.
struct Spread {
    days: BTreeMap<NaiveDate, Vec<Entry>>,
    claims: Claims,
    /// What each batch of the tree bears.
    parts: Vec<Part>,
}

/// Splits what each batch bears from `on` over the goods on hand (one net entry), each place they went to (one entry each) and the batches
/// made of them; raises the balances. Everything is in the order of the batches' ids.
fn spread(tree: &mut Tree, on: NaiveDate, own: &[Amount], gone: &[Gone], element: CostElement) -> Result<Spread> {
    let of_batch = places::by_batch(gone);
    let parts = descend::over(own, &tree.held(&of_batch))?;
    let mut flow = Flow::new(on);
    for (index, own) in own.iter().enumerate() {
        flow.come(index, *own);
    }
    tree.follow(&mut flow, &of_batch, |index, place| parts[index].left[place], |child| parts[child].inherited);
    let claims = flow::claims(on, tree.gone_with(&of_batch, &parts));
    tree.raise(&parts);
    Ok(Spread { days: flow.days(&tree.balances, element), claims, parts })
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

/// Refuses what was taken back already.
pub(super) fn in_force(expense: &AdditionalExpense) -> Result<()> {
    match expense.reversed_on {
        None => Ok(()),
        Some(on) => {
            Err(Error::rejected(Code::AlreadyReversed, format!("this expense was taken back on {on}; post another if it stands")))
        }
    }
}
