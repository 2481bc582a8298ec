//! Commands that make a batch of another one: transfer, cut, conversion.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::derive::{self, Bears, Portion};
use super::scrap::{self, CutScrap};
use super::{Cut, Goods, Lineage, Source, store};
use crate::access::Permission;
use crate::batches::reserve::{self, Want};
use crate::batches::{self, Batch, Issue, Measured, countable, measure, passports};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Error, Result};
use crate::ledger::{self, Account, CostElement, Entry, Posting, Stock};
use crate::text;

/// Most kinds of parts of one cut.
pub const PARTS_MAX: usize = 50;

/// Pieces that go to another warehouse (перемещение).
#[derive(Debug, Clone, Serialize)]
pub struct Transfer {
    /// Of which batch.
    pub batch_id: i64,
    /// How many.
    pub pieces: i64,
    /// Where to.
    pub warehouse_id: i64,
    /// Business date.
    pub on: NaiveDate,
    /// Number of the new batch; `None` = the old one with a suffix.
    pub number: Option<String>,
}

/// Pieces that become goods of another condition (изменение состояния), such as used ones.
#[derive(Debug, Clone, Serialize)]
pub struct Convert {
    /// Of which batch.
    pub batch_id: i64,
    /// How many.
    pub pieces: i64,
    /// What they become: the same profile and length.
    pub product_id: i64,
    /// Business date.
    pub on: NaiveDate,
    /// Number of the new batch; `None` = the old one with a suffix.
    pub number: Option<String>,
}

/// Pieces to cut (резка).
#[derive(Debug, Clone, Serialize)]
pub struct CutBatch {
    /// Of which batch.
    pub batch_id: i64,
    /// How many.
    pub pieces: i64,
    /// Business date.
    pub on: NaiveDate,
    /// What they give: what is wanted and the offcuts, 1 to [`PARTS_MAX`].
    pub parts: Vec<CutPart>,
    /// Metres of kerf and scrap, which have no value but that of `scrap`.
    pub scrap_metres: Decimal,
    /// What of those metres is kept and worth something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scrap: Option<CutScrap>,
}

/// Equal parts of a cut: one new batch.
#[derive(Debug, Clone, Serialize)]
pub struct CutPart {
    /// Their product: the same profile and condition, a shorter length.
    pub product_id: i64,
    /// How many.
    pub pieces: i64,
    /// Number of the new batch; `None` = the old one with a suffix.
    pub number: Option<String>,
}

/// Moves pieces to another warehouse; returns the batch they become there.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `BATCH_SHORT`, `BATCH_RESERVED`, `ALREADY_EXISTS`, `FORBIDDEN` and
/// those of posting.
pub async fn transfer(db: &Db, ctx: &Ctx, input: &Transfer) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.transfer", Permission::MoveStock, input, async |run, input| {
        let pieces = countable(input.pieces)?;
        let Source { batch, goods } = store::source_in_tx(run, input.batch_id).await?;
        if input.warehouse_id == batch.warehouse_id {
            return Err(Error::invalid("warehouseId", "the goods lie there already; choose another warehouse"));
        }
        crate::batches::transit::store::warehouse_in_tx(run, input.warehouse_id, None).await?;
        let child = child(goods, input.warehouse_id, pieces, input.number.as_deref(), "number")?;
        let how = How::of(documents::Kind::BatchTransfer, ledger::Kind::BatchTransfer);
        let made = make_in_tx(run, how, &batch, pieces, input.on, vec![child]).await?;
        only(made)
    })
    .await
}

/// Regrades pieces; returns the batch they become.
///
/// Errors: those of [`transfer`] and `PRODUCT_MISMATCH`.
pub async fn convert(db: &Db, ctx: &Ctx, input: &Convert) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.convert", Permission::MoveStock, input, async |run, input| {
        let pieces = countable(input.pieces)?;
        let Source { batch, goods } = store::source_in_tx(run, input.batch_id).await?;
        let into = store::goods_in_tx(run, input.product_id).await?;
        derive::same_but_condition(&goods, &into)?;
        let child = child(into, batch.warehouse_id, pieces, input.number.as_deref(), "number")?;
        let how = How::of(documents::Kind::BatchConvert, ledger::Kind::BatchConvert);
        let made = make_in_tx(run, how, &batch, pieces, input.on, vec![child]).await?;
        only(made)
    })
    .await
}

/// Cuts pieces into shorter ones, each kind a batch of its own; their cost goes by metres. Kerf and scrap take none of it, but scrap that is
/// kept at a value: that is a batch of its own, too.
///
/// Errors: those of [`transfer`], `LENGTH_MISMATCH`, `PRODUCT_MISMATCH` and `BATCH_VALUE_SHORT` (scrap worth more than what is cut); scrap with
/// a value asks for the permission to see cost, too.
pub async fn cut(db: &Db, ctx: &Ctx, input: &CutBatch) -> Result<Outcome<Cut>> {
    command::run(db, ctx, "batches.cut", Permission::MoveStock, input, cut_in_tx).await
}

async fn cut_in_tx(run: &mut Run<'_>, input: &CutBatch) -> Result<Cut> {
    let pieces = countable(input.pieces)?;
    if input.parts.is_empty() || input.parts.len() > PARTS_MAX {
        let message = format!("name 1 to {PARTS_MAX} kinds of parts; what gives none is written off (batchWriteOff)");
        return Err(Error::invalid("parts", message));
    }
    let Source { batch, goods } = store::source_in_tx(run, input.batch_id).await?;
    let mut children = Vec::with_capacity(input.parts.len());
    for (index, part) in input.parts.iter().enumerate() {
        let at = format!("parts.{index}");
        let count = countable(part.pieces).map_err(|error| error.at(&at))?;
        let into = store::goods_in_tx(run, part.product_id).await?;
        derive::same_but_length(&goods, &into, &format!("{at}.productId"))?;
        children.push(child(into, batch.warehouse_id, count, part.number.as_deref(), &format!("{at}.number"))?);
    }
    let lengths: Vec<_> = children.iter().map(|child| (child.measured.pieces, child.goods.length_m)).collect();
    derive::check_cut(pieces, goods.length_m, &lengths, input.scrap_metres)?;
    if let Some(scrap) = &input.scrap {
        // Whoever values goods against their cost must be allowed to see it.
        run.ctx.actor.require(Permission::SeeCost)?;
        children.push(scrap::kept_in_tx(run, &goods, batch.warehouse_id, scrap, input.scrap_metres).await?);
    }
    let how = How::of(documents::Kind::BatchCut, ledger::Kind::BatchCut);
    let (document_id, mut children) = make_in_tx(run, how, &batch, pieces, input.on, children).await?;
    let scrap = if input.scrap.is_some() { children.pop() } else { None };
    Ok(Cut { document_id, parent: batch, children, scrap_metres: input.scrap_metres, scrap })
}

/// What an operation is, and which account its goods leave.
pub(in crate::batches) struct How {
    pub(in crate::batches) document: documents::Kind,
    pub(in crate::batches) ledger: ledger::Kind,
    pub(in crate::batches) from: Account,
}

impl How {
    fn of(document: documents::Kind, ledger: ledger::Kind) -> Self {
        Self { document, ledger, from: Account::Inventory }
    }
}

/// A batch to make.
pub(in crate::batches) struct Child {
    pub(super) goods: Goods,
    warehouse_id: i64,
    pub(super) measured: Measured,
    number: Option<String>,
    pub(super) bears: Bears,
}

pub(in crate::batches) fn child(goods: Goods, warehouse_id: i64, pieces: i64, number: Option<&str>, path: &str) -> Result<Child> {
    let number = number.map(|number| text::required(number, path, 60)).transpose()?;
    let measured = measure(pieces, goods.length_m, goods.kg_per_m);
    Ok(Child { goods, warehouse_id, measured, number, bears: Bears::Metres(measured.metres) })
}

pub(in crate::batches) fn only((_, made): (i64, Vec<Batch>)) -> Result<Batch> {
    made.into_iter().next().ok_or_else(|| Error::internal("an operation made no batch"))
}

/// Takes pieces of a batch and makes the children of them: one document, one posting (and one for each later day a cost of them came on).
/// Returns the document and the new batches.
pub(in crate::batches) async fn make_in_tx(
    run: &mut Run<'_>,
    how: How,
    parent: &Batch,
    pieces: i64,
    on: NaiveDate,
    children: Vec<Child>,
) -> Result<(i64, Vec<Batch>)> {
    ledger::store::check_date_in_tx(run, parent.company_id, on).await?;
    if how.from == Account::Inventory {
        reserve::check_in_tx(run, parent.company_id, &[Want { batch_id: parent.batch_id, pieces }]).await?;
    }
    let issues = super::take_in_tx(run, how.from, parent.company_id, on, &[(parent.batch_id, pieces)]).await?;
    let issue = issues.first().ok_or_else(|| Error::internal("nothing was taken from a batch"))?;
    let bears: Vec<Bears> = children.iter().map(|child| child.bears).collect();
    let portions = derive::divide(issue, on, &bears)?;
    let document = documents::New {
        company_id: parent.company_id,
        kind: how.document,
        issued_on: on,
        party_id: 0,
        subject_id: parent.batch_id,
        gross: Decimal::ZERO,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let mut number = store::children_in_tx(run, parent.batch_id).await?;
    let mut made = Vec::with_capacity(children.len());
    for (child, portion) in children.into_iter().zip(&portions) {
        number += 1;
        let name = child.number.unwrap_or_else(|| format!("{}/{number}", parent.number));
        let cost = portion.cost();
        let batch = Batch {
            batch_id: 0,
            product_id: child.goods.product_id,
            warehouse_id: child.warehouse_id,
            document_id,
            number: text::required(&name, "number", 60)?,
            received_on: on,
            pieces: child.measured.pieces,
            metres: child.measured.metres,
            tonnes_theoretical: child.measured.tonnes,
            tonnes_weighed: portion.tonnes_weighed,
            cost: cost.value,
            vat: cost.vat.max(Decimal::ZERO),
            ..parent.clone()
        };
        made.push(batches::store::insert_in_tx(run, batch, cost.vat).await?);
    }
    let mut transaction_id = 0;
    for (day, entries) in entries((issue, how.from), on, &made, &portions) {
        let posting = Posting::try_new(how.ledger, parent.company_id, document_id, day, entries)?;
        let posted = ledger::store::post_in_tx(run, &posting).await?;
        if day == on {
            transaction_id = posted;
        }
    }
    for (batch, portion) in made.iter().zip(&portions) {
        let line = Lineage {
            child_batch_id: batch.batch_id,
            parent_batch_id: parent.batch_id,
            document_id,
            transaction_id,
            moved_on: on,
            pieces: batch.pieces,
            metres: portion.taken,
        };
        store::insert_lineage_in_tx(run, &line).await?;
        passports::store::inherit_in_tx(run, parent.batch_id, batch.batch_id).await?;
    }
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok((document_id, made))
}

/// Dr inventory of each child, Cr the account of the parent; by day, because a cost of the parent may have come after the day of the goods.
fn entries(
    (issue, from): (&Issue, Account),
    on: NaiveDate,
    made: &[Batch],
    portions: &[Portion],
) -> BTreeMap<NaiveDate, Vec<Entry>> {
    let goods = issue.on_the_day();
    let mut days = BTreeMap::from([(
        on,
        vec![
            Entry::credit(from, goods.value).vat(-goods.vat).stock(issue.stock.negated()),
            Entry::credit(from, Decimal::ZERO).stock(issue.weight_gone()),
        ],
    )]);
    for part in &issue.later {
        let of = Entry::credit(from, part.value).vat(-part.vat).stock(issue.of_cost(CostElement::Late));
        days.entry(part.on).or_default().push(of);
    }
    for (batch, portion) in made.iter().zip(portions) {
        let empty = Stock {
            batch_id: batch.batch_id,
            product_id: batch.product_id,
            warehouse_id: batch.warehouse_id,
            cost_element: Some(CostElement::Late),
            ..Stock::default()
        };
        let full = Stock {
            cost_element: Some(CostElement::Purchase),
            pieces: batch.pieces,
            metres: batch.metres,
            tonnes_theoretical: batch.tonnes_theoretical,
            tonnes_weighed: batch.tonnes_weighed,
            ..empty
        };
        for (day, cost) in &portion.costs {
            let stock = if *day == on { full } else { empty };
            days.entry(*day).or_default().push(Entry::debit(Account::Inventory, cost.value).vat(cost.vat).stock(stock));
        }
    }
    days
}
