//! The command of returns to suppliers.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::posting::{self, Days};
use super::price::Price;
use super::store::{self, Delivered};
use super::{Landed, ReturnedLine, SupplierReturn};
use crate::access::Permission;
use crate::batches::expenses::split::Amount;
use crate::batches::reserve::{self, Want};
use crate::batches::{self, Issue, countable, stock};
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies::rates::Foreign;
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Settlement};
use crate::settlements::{self, Side, store::By};
use crate::text;

/// Most batches of one return.
pub const LINES_MAX: usize = 100;

/// Pieces of a batch that go back.
#[derive(Debug, Clone, Serialize)]
pub struct Pieces {
    /// The batch: as the supplier delivered it, or moved since; not cut.
    pub batch_id: i64,
    /// How many.
    pub pieces: i64,
}

/// Goods that go back to their supplier.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnToSupplier {
    /// Own company.
    pub company_id: i64,
    /// The supplier.
    pub party_id: i64,
    /// The contract the goods were bought under, 0 = none.
    pub contract_id: i64,
    /// Business date.
    pub returned_on: NaiveDate,
    /// Number of the paper, may be empty.
    pub number: String,
    /// Why.
    pub reason: String,
    /// Where goes what the goods cost beyond his price.
    pub landed: Landed,
    /// 1 to [`LINES_MAX`] batches, each once.
    pub lines: Vec<Pieces>,
}

/// Sends goods back to their supplier: Dr advances at him (which lower his debts), Cr input VAT, Cr inventory, and what they cost beyond his
/// price to a loss or a claim.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `BATCH_MISMATCH` (another contract or
/// currency), `PRODUCT_MISMATCH` (cut pieces), `DATE_BEFORE_RECEIPT`, `BATCH_SHORT`, `BATCH_RESERVED`, `BATCH_IN_TRANSIT`, `RETURN_EXCEEDED`,
/// `NOTHING_TO_CLAIM`, `BATCH_VALUE_SHORT` (he credited more than his price), `ARTICLE_MISMATCH`, `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn return_to_supplier(db: &Db, ctx: &Ctx, input: &ReturnToSupplier) -> Result<Outcome<SupplierReturn>> {
    command::run(db, ctx, "batches.return_to_supplier", Permission::ReceiveGoods, input, return_in_tx).await
}

async fn return_in_tx(run: &mut Run<'_>, input: &ReturnToSupplier) -> Result<SupplierReturn> {
    let number = text::optional(&input.number, "number", 60)?;
    let reason = text::required(&input.reason, "reason", 500)?;
    check(&input.lines)?;
    let on = input.returned_on;
    ledger::store::check_date_in_tx(run, input.company_id, on).await?;
    if let Landed::Loss(article_id) = input.landed {
        stock::store::check_write_off_in_tx(run, article_id).await?;
    }
    let mut ids: Vec<i64> = input.lines.iter().map(|line| line.batch_id).collect();
    ids.sort_unstable();
    let delivered = store::delivered_in_tx(run, &ids).await?;
    for row in &delivered {
        fits(row, input)?;
    }
    // The deliveries too: what went back of them is counted under their locks.
    ids.extend(delivered.iter().map(|row| row.origin_id));
    ids.sort_unstable();
    ids.dedup();
    batches::store::lock_balances_in_tx(run, input.company_id, &ids).await?;
    let wants: Vec<Want> = input.lines.iter().map(|line| Want { batch_id: line.batch_id, pieces: line.pieces }).collect();
    reserve::check_in_tx(run, input.company_id, &wants).await?;
    let origin_ids: Vec<i64> = delivered.iter().map(|row| row.origin_id).collect();
    if let Some(number) = store::preliminary_in_tx(run, &origin_ids).await? {
        let message = format!("the price of batch {number} is preliminary; make it final first (batchPriceFinalise)");
        return Err(Error::invalid("lines", message));
    }
    let prices = store::prices_in_tx(run, &delivered, on).await?;
    let takes: Vec<(i64, i64)> = input.lines.iter().map(|line| (line.batch_id, line.pieces)).collect();
    let issues = stock::take_in_tx(run, Account::Inventory, input.company_id, on, &takes).await?;
    let of = Settlement { party_id: input.party_id, contract_id: input.contract_id, ..Settlement::default() };
    let mut days = Days::new();
    let (lines, imported) = priced(&delivered, prices, &issues, |issue, price| {
        posting::gone((issue, Account::Inventory), on, (of, input.landed), price, &mut days);
    })?;
    let claimed = posting::claimed(&days);
    if claimed.iter().any(|(_, amount)| *amount < Decimal::ZERO) {
        let message =
            "the goods cost less than the supplier's price, there is nothing to claim; name an article for the difference";
        return Err(Error::rejected(Code::NothingToClaim, message));
    }
    let sum = |of: fn(&ReturnedLine) -> Decimal| lines.iter().map(of).sum::<Decimal>();
    let gross = sum(|line| line.gross);
    let document = documents::New {
        company_id: input.company_id,
        kind: documents::Kind::SupplierReturn,
        issued_on: on,
        party_id: input.party_id,
        subject_id: 0,
        gross,
        note: &reason,
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let by = By { company_id: input.company_id, document_id, on };
    let credit = Credit { of, gross, vat: sum(|line| line.vat), imported };
    days.entry(on).or_default().extend(credit.post_in_tx(run, by).await?);
    for (day, amount) in claimed {
        let beside = settlements::claims::raise_in_tx(run, By { on: day, ..by }, of, amount).await?;
        days.entry(day).or_default().extend(beside);
    }
    ledger::store::post_days_in_tx(run, ledger::Kind::SupplierReturn, (input.company_id, document_id), days).await?;
    let done = SupplierReturn {
        supplier_return_id: 0,
        company_id: input.company_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        document_id,
        returned_on: on,
        number,
        reason: reason.clone(),
        article_id: input.landed.article_id(),
        cost: sum(|line| line.cost),
        vat: sum(|line| line.vat),
        gross,
        landed: sum(|line| line.landed),
        reversed_on: None,
        reversal_document_id: 0,
    };
    let done = store::insert_in_tx(run, done, &lines).await?;
    documents::store::subject_in_tx(run, document_id, done.supplier_return_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(done)
}

fn check(lines: &[Pieces]) -> Result<()> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(Error::invalid("lines", format!("name 1 to {LINES_MAX} batches; split a longer return")));
    }
    let mut seen = HashSet::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        if !seen.insert(line.batch_id) {
            return Err(Error::invalid(format!("lines.{index}.batchId"), "this batch is named already; name each once"));
        }
        countable(line.pieces).map_err(|error| error.at(&format!("lines.{index}")))?;
    }
    Ok(())
}

/// Whether the batch can go back by this return.
fn fits(row: &Delivered, input: &ReturnToSupplier) -> Result<()> {
    let Delivered { number, origin_on, .. } = row;
    let refused = |code, message: String| Err(Error::rejected(code, message));
    if row.company_id != input.company_id {
        return refused(Code::CompanyMismatch, format!("batch {number} belongs to another company; take one of this company"));
    }
    if row.party_id != input.party_id {
        return refused(Code::PartyMismatch, format!("batch {number} came from another supplier; send it back to that one"));
    }
    if row.contract_id != input.contract_id {
        return refused(
            Code::BatchMismatch,
            format!("batch {number} was bought under another contract; return it under that one"),
        );
    }
    if row.length_m != row.origin_length_m {
        let message =
            format!("pieces of batch {number} were cut; the supplier takes back only what he delivered, write them off");
        return refused(Code::ProductMismatch, message);
    }
    if input.returned_on < *origin_on {
        let message = format!("batch {number} came on {origin_on}; return it on that day or later");
        return refused(Code::DateBeforeReceipt, message);
    }
    Ok(())
}

/// What goes back at his price, line by line, and what of it he is to give back in currency, if the goods were bought in one.
fn priced(
    delivered: &[Delivered],
    mut prices: BTreeMap<i64, Price>,
    issues: &[Issue],
    mut gone: impl FnMut(&Issue, Amount),
) -> Result<(Vec<ReturnedLine>, Option<Imported>)> {
    let first = delivered.first().map_or(Ok(None), Delivered::currency)?;
    let mut imported =
        first.map(|currency| Imported { price: Foreign { currency, amount: Decimal::ZERO }, roubles: Decimal::ZERO });
    let mut lines = Vec::with_capacity(issues.len());
    for issue in issues {
        let of = |row: &&Delivered| row.batch_id == issue.stock.batch_id;
        let row = delivered.iter().find(of).ok_or_else(|| Error::internal("goods of a batch nobody named"))?;
        let price = prices.get_mut(&row.origin_id).ok_or_else(|| Error::internal("a delivery has no price"))?;
        if row.currency()? != first {
            let message = format!("batch {} was bought in another currency; return it by itself", row.number);
            return Err(Error::rejected(Code::BatchMismatch, message));
        }
        let (pieces, most) = (issue.stock.pieces, price.pieces - price.gone);
        if pieces > most {
            let message = format!(
                "the supplier delivered {} pieces of batch {}, of which {most} can go back, {pieces} are asked for; return at most {most}",
                price.pieces, row.number
            );
            return Err(Error::rejected(Code::ReturnExceeded, message));
        }
        let part = price.next(pieces);
        if let Some(sum) = &mut imported {
            let received = price.next_received(pieces);
            sum.price.amount += price.next_in_currency(pieces);
            sum.roubles += received.value + received.vat;
        }
        price.gone += pieces;
        gone(issue, part);
        lines.push(ReturnedLine {
            supplier_return_id: 0,
            batch_id: row.batch_id,
            origin_batch_id: row.origin_id,
            pieces,
            metres: issue.stock.metres,
            cost: part.value,
            vat: part.vat,
            gross: part.value + part.vat,
            landed: issue.value - part.value,
        });
    }
    Ok((lines, imported))
}

/// The part of a price that was agreed in currency: that of the receipt. Corrections since are in roubles.
#[derive(Debug, Clone, Copy)]
struct Imported {
    price: Foreign,
    roubles: Decimal,
}

/// What the supplier gives back.
struct Credit {
    of: Settlement,
    gross: Decimal,
    vat: Decimal,
    imported: Option<Imported>,
}

impl Credit {
    /// Dr advances at the supplier, Cr input VAT, and the offsets against what he is owed. Of goods bought in currency he gives back the
    /// price of the receipt in it; what he took off the price since, in roubles, he takes back (Cr payables), what he put on he gives back.
    async fn post_in_tx(&self, run: &mut Run<'_>, by: By) -> Result<Vec<Entry>> {
        if self.gross < Decimal::ZERO {
            let message = "the supplier's credits for these goods are larger than his price; take a credit back first";
            return Err(Error::rejected(Code::BatchValueShort, message));
        }
        let of = self.of;
        let advance = |amount: Decimal| Entry::debit(Account::SupplierAdvances, amount).settlement(of);
        let mut entries = vec![Entry::credit(Account::VatInput, self.vat).settlement(of)];
        let imported = self.imported.filter(|part| part.price.amount > Decimal::ZERO);
        if let Some(Imported { price, roubles }) = imported {
            entries.push(advance(roubles).in_currency(price));
            entries.extend(settlements::currency::credit_in_tx(run, by, of, price, roubles).await?);
        }
        let rest = self.gross - imported.map_or(Decimal::ZERO, |part| part.roubles);
        if rest > Decimal::ZERO {
            entries.push(advance(rest));
            entries.extend(settlements::withdraw::open_advance_in_tx(run, Side::Supplier, by, of, rest).await?);
        } else if rest < Decimal::ZERO {
            entries.push(Entry::credit(Account::Payables, -rest).settlement(of));
            entries.extend(settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, -rest, by.on).await?);
        }
        Ok(entries)
    }
}
