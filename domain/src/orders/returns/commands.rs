//! The command of returns.

use chrono::NaiveDate;
use serde::Serialize;

use super::posting::returned;
use super::{OrderReturn, ReturnLine, store};
use crate::access::Permission;
use crate::batches::{back, countable};
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::direct;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Kind, Posting};
use crate::orders::buy_back;
use crate::orders::left::{Held, Left, left_in_tx, line_of, not_before, sold_by};
use crate::orders::{self, Line, Order, title};
use crate::settlements::{credit, store::By};
use crate::text;

/// Pieces of a line that come back.
#[derive(Debug, Clone, Serialize)]
pub struct Pieces {
    /// The line.
    pub order_line_id: i64,
    /// How many.
    pub pieces: i64,
}

/// A return of goods of one order.
#[derive(Debug, Clone, Serialize)]
pub struct ReturnGoods {
    /// The order.
    pub order_id: i64,
    /// Business date: not before the shipment, nor before a cost or a correction of the lines that was posted since.
    pub returned_on: NaiveDate,
    /// At least one, each line once.
    pub lines: Vec<Pieces>,
    /// Why.
    pub reason: String,
}

/// What comes back of a line.
pub(super) struct Back {
    pub(super) left: Left,
    pub(super) taken: Held,
}

/// Takes goods of a shipped order back (возврат от покупателя): Dr revenue and output VAT, Cr receivables; Dr inventory, Cr COGS. Of goods at
/// our risk that were not unloaded: Dr inventory and output VAT, Cr goods shipped.
///
/// Errors: `NOT_FOUND`, `ORDER_STATUS`, `DATE_TOO_EARLY`, `RETURN_EXCEEDED`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `TAX_REGIME_MISSING`,
/// `FOUR_EYES`, `FORBIDDEN` and those of posting.
pub async fn return_goods(db: &Db, ctx: &Ctx, input: &ReturnGoods) -> Result<Outcome<OrderReturn>> {
    command::run(db, ctx, "orders.return_goods", Permission::ShipOrders, input, return_in_tx).await
}

async fn return_in_tx(run: &mut Run<'_>, input: &ReturnGoods) -> Result<OrderReturn> {
    let (on, reason) = (input.returned_on, text::required(&input.reason, "reason", 500)?);
    let mut order = orders::store::lock_in_tx(run, input.order_id).await?;
    let sold_on = sold_by(&order, on)?;
    ledger::store::check_date_in_tx(run, order.company_id, on).await?;
    let asked = asked(&order, &input.lines)?;
    let terms = orders::store::terms_in_tx(run, &order).await?;
    let tax = companies::store::tax_in_tx(run, order.company_id, on).await?;
    let batch_ids = asked.iter().map(|(line, _)| line.batch_id).collect();
    let mut balances = back::lock_in_tx(run, order.company_id, batch_ids).await?;
    let mut left = left_in_tx(run, &order, &terms).await?;
    for left in &mut left {
        // What was bought back is ours already.
        left.bought = buy_back::bought_in_tx(run, left.sale.order_line_id).await?;
    }
    let backs = take(&asked, left, on)?;
    for cost in backs.iter().flat_map(|back| &back.taken.costs) {
        let balance = balances
            .iter_mut()
            .find(|balance| balance.batch_id == cost.stock.batch_id)
            .ok_or_else(|| Error::internal("goods came from a batch that has no balance"))?;
        balance.put_back(cost.stock, cost.value, cost.vat);
    }
    back::save_in_tx(run, &balances).await?;
    let mut done = summed(&order, on, reason, &backs);
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::OrderReturn,
        issued_on: on,
        party_id: order.party_id,
        subject_id: order.order_id,
        gross: done.gross,
        note: &done.reason.clone(),
    };
    done.document_id = documents::store::register_in_tx(run, &document).await?;
    done.order_return_id = store::insert_in_tx(run, &done).await?;
    order.version += 1;
    orders::store::save_in_tx(run, &order).await?;
    let mut entries = if done.undelivered {
        title::came_back(&order, backs.iter().map(|back| (back.left.sale, &back.taken)))
    } else {
        returned(&order, sold_on, &backs)
    };
    if !done.undelivered && !done.gross.is_zero() {
        let by = By { company_id: order.company_id, document_id: done.document_id, on };
        let vat_of = |advance| tax.split(advance, true).vat;
        entries.extend(credit::credit_in_tx(run, by, order.settlement(), done.gross, vat_of).await?);
    }
    let posting = Posting::try_new(Kind::OrderReturn, order.company_id, done.document_id, on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    direct::note_in_tx(run, order.deal_id).await?;
    documents::store::number_in_tx(run, done.document_id, &document).await?;
    Ok(done)
}

/// The lines asked for, with their pieces.
fn asked<'a>(order: &'a Order, lines: &[Pieces]) -> Result<Vec<(&'a Line, i64)>> {
    if lines.is_empty() {
        return Err(Error::invalid("lines", "a return needs at least one line"));
    }
    let one = |(index, asked): (usize, &Pieces)| {
        let path = format!("lines.{index}");
        let before = lines[..index].iter().map(|line| line.order_line_id);
        let line = line_of(&order.lines, asked.order_line_id, before, &path)?;
        if !line.is_goods() {
            let message = "a service does not come back; lower its price by a correction (orderCorrect)";
            return Err(Error::invalid(format!("{path}.orderLineId"), message));
        }
        Ok((line, countable(asked.pieces).map_err(|error| error.at(&path))?))
    };
    lines.iter().enumerate().map(one).collect()
}

/// Takes the pieces from what is left of their lines. Errors: `RETURN_EXCEEDED`, `DATE_TOO_EARLY`.
fn take(asked: &[(&Line, i64)], left: Vec<Left>, on: NaiveDate) -> Result<Vec<Back>> {
    let mut backs = Vec::with_capacity(asked.len());
    for mut left in left {
        let Some((line, pieces)) = asked.iter().find(|(line, _)| line.order_line_id == left.sale.order_line_id) else { continue };
        let most = left.held.goods.pieces - left.bought;
        if *pieces > most {
            let message = format!(
                "of line {} {} pieces were shipped and {most} are with the customer, {pieces} are to come back; return at most {most}",
                line.line, line.pieces
            );
            return Err(Error::rejected(Code::ReturnExceeded, message));
        }
        not_before(on, left.changed_on, &format!("the price or the cost of line {} was last changed", line.line))?;
        let taken = left.held.take(*pieces);
        backs.push(Back { left, taken });
    }
    Ok(backs)
}

fn summed(order: &Order, on: NaiveDate, reason: String, backs: &[Back]) -> OrderReturn {
    let line = |back: &Back| ReturnLine {
        order_line_id: back.left.sale.order_line_id,
        pieces: back.taken.goods.pieces,
        metres: back.taken.goods.metres,
        tonnes_theoretical: back.taken.goods.tonnes_theoretical,
        tonnes_weighed: back.taken.goods.tonnes_weighed,
        net: back.taken.net,
        vat: back.taken.vat,
        gross: back.taken.gross(),
        cost: back.taken.cost(),
    };
    OrderReturn {
        order_return_id: 0,
        order_id: order.order_id,
        document_id: 0,
        returned_on: on,
        reason,
        undelivered: order.is_ours_yet(),
        net: backs.iter().map(|back| back.taken.net).sum(),
        vat: backs.iter().map(|back| back.taken.vat).sum(),
        gross: backs.iter().map(|back| back.taken.gross()).sum(),
        lines: backs.iter().map(line).collect(),
    }
}
