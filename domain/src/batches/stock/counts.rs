//! The command of a stock count: what is missing is written off, what is over is taken in.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::losses::{self, SURPLUS};
use super::{StockCount, StockCountLine, store};
use crate::access::Permission;
use crate::batches::{self, PIECES_MAX};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account};
use crate::{money, text};

/// Most batches of one count.
pub const LINES_MAX: usize = 500;

/// The article of what a count finds missing.
const SHORTAGE: &str = "goods_shortage";

/// A count of batches of one warehouse at the end of a day (инвентаризация).
#[derive(Debug, Clone, Serialize)]
pub struct Count {
    /// Own company.
    pub company_id: i64,
    /// Where.
    pub warehouse_id: i64,
    /// When.
    pub counted_on: NaiveDate,
    /// Free text, may be empty.
    pub note: String,
    /// What was counted, 1 to [`LINES_MAX`] batches, each once; others are left as they are.
    pub lines: Vec<CountLine>,
}

/// What was counted of a batch.
#[derive(Debug, Clone, Serialize)]
pub struct CountLine {
    /// The batch.
    pub batch_id: i64,
    /// Pieces that are there, 0 or more.
    pub pieces: i64,
    /// What a surplus is worth, roubles; `None` = what pieces of the batch cost.
    pub cost: Option<Decimal>,
}

/// Records a count and posts its differences from the books of that day: Dr write-offs for what is missing, Cr other income for what is over.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `COMPANY_MISMATCH`, `BATCH_MISMATCH` (another warehouse),
/// `DATE_BEFORE_RECEIPT`, `BATCH_SHORT` (what is missing left since), `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn count(db: &Db, ctx: &Ctx, input: &Count) -> Result<Outcome<StockCount>> {
    command::run(db, ctx, "batches.count", Permission::MoveStock, input, count_in_tx).await
}

fn check(lines: &[CountLine]) -> Result<()> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(Error::invalid("lines", format!("name 1 to {LINES_MAX} batches; split a longer count")));
    }
    let mut seen = HashSet::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        if !seen.insert(line.batch_id) {
            return Err(Error::invalid(format!("lines.{index}.batchId"), "this batch is named already; name each once"));
        }
        if !(0..=PIECES_MAX).contains(&line.pieces) {
            return Err(Error::invalid(format!("lines.{index}.pieces"), format!("pieces are 0 to {PIECES_MAX}")));
        }
        if let Some(cost) = line.cost {
            money::not_negative(cost, "cost").map_err(|error| error.at(&format!("lines.{index}")))?;
        }
    }
    Ok(())
}

async fn count_in_tx(run: &mut Run<'_>, input: &Count) -> Result<StockCount> {
    check(&input.lines)?;
    let note = text::optional(&input.note, "note", 500)?;
    let on = input.counted_on;
    ledger::store::check_date_in_tx(run, input.company_id, on).await?;
    let mut ids: Vec<i64> = input.lines.iter().map(|line| line.batch_id).collect();
    ids.sort_unstable();
    batches::store::lock_balances_in_tx(run, input.company_id, &ids).await?;
    let mut wanted = input.lines.clone();
    wanted.sort_unstable_by_key(|line| line.batch_id);
    let (mut lines, mut missing, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for line in &wanted {
        let source = store::source_in_tx(run, line.batch_id).await?;
        if source.batch.warehouse_id != input.warehouse_id {
            let message = format!("batch {} lies in another warehouse; count it there", source.batch.number);
            return Err(Error::rejected(Code::BatchMismatch, message));
        }
        let book_pieces = store::pieces_on_in_tx(run, line.batch_id, on).await?;
        let more = line.pieces - book_pieces;
        if more < 0 {
            missing.push((line.batch_id, -more));
        } else if more > 0 {
            over.push((source, more, line.cost));
        }
        lines.push(StockCountLine {
            stock_count_id: 0,
            batch_id: line.batch_id,
            book_pieces,
            counted_pieces: line.pieces,
            metres: Decimal::ZERO,
            cost: Decimal::ZERO,
        });
    }
    let mut differs = |batch_id: i64, metres: Decimal, cost: Decimal| {
        if let Some(line) = lines.iter_mut().find(|line| line.batch_id == batch_id) {
            (line.metres, line.cost) = (metres, cost);
        }
    };
    let mut days = BTreeMap::new();
    if !missing.is_empty() {
        let article_id = store::article_in_tx(run, SHORTAGE).await?;
        for issue in super::take_in_tx(run, Account::Inventory, input.company_id, on, &missing).await? {
            losses::gone(&issue, on, article_id, &mut days);
            differs(issue.stock.batch_id, -issue.stock.metres, -issue.value);
        }
    }
    let article_id = store::article_in_tx(run, SURPLUS).await?;
    for (source, pieces, cost) in &over {
        for mut balance in batches::store::lock_balances_in_tx(run, input.company_id, &[source.batch.batch_id]).await? {
            let (value, entries) = losses::found(source, &mut balance, *pieces, on, *cost, article_id)?;
            batches::store::save_in_tx(run, &balance).await?;
            days.entry(on).or_default().extend(entries);
            differs(source.batch.batch_id, Decimal::from(*pieces) * source.goods.length_m, value);
        }
    }
    let document = documents::New {
        company_id: input.company_id,
        kind: documents::Kind::StockCount,
        issued_on: on,
        party_id: 0,
        subject_id: 0,
        gross: Decimal::ZERO,
        note: &note,
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    // A count that finds everything as it should be is a document without a posting.
    ledger::store::post_days_in_tx(run, ledger::Kind::StockCount, (input.company_id, document_id), days).await?;
    let count = StockCount {
        stock_count_id: 0,
        company_id: input.company_id,
        warehouse_id: input.warehouse_id,
        document_id,
        counted_on: on,
        note: note.clone(),
    };
    let count = store::insert_count_in_tx(run, count, &lines).await?;
    documents::store::subject_in_tx(run, document_id, count.stock_count_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(count)
}
