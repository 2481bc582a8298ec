//! Delivery at our risk (переход права собственности при разгрузке): between shipment and unloading the goods are ours and not in stock.
//!
//! - Shipment: goods leave their batch, their cost waits in *goods shipped* (счёт 45) with batch, order and line. Nothing is sold: no revenue,
//!   no cost of sales, no debt, and advances stay advances. VAT is due all the same: its moment is the earliest of shipment and payment, and
//!   shipment does not wait for the title (НК РФ ст. 167 п. 1). It stands in *goods shipped* too, without a batch, for all lines of the
//!   document, at the rate of that day. VAT of an advance is taken back when the advance is offset: at delivery.
//! - Delivery: revenue, the debt and the cost of what is left of the order, on that day; a cost that is dated later follows on its own day.
//!   With the revenue come planned expenses and what waits in deferred costs, so that a month has both or none. From here on it is an
//!   ordinary sale whose day is that of delivery.
//! - Between: a late cost goes to *goods shipped*; goods that come back lower it and go into their batch with their cost and the VAT; when all
//!   are back the order may be cancelled. What was missing at unloading is refused: it comes back on paper and is written off from its batch,
//!   where costs learnt later still find it. Corrections, keeping and buying back wait for delivery.
//!
//! Invariant: *goods shipped* of an order is the cost and the VAT of what is on its way; nothing once it is delivered or cancelled.

mod posting;
mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::left::{Left, left_in_tx, not_before};
use super::{Line, Order, Status, store as orders};
use crate::batches::back;
use crate::command::Run;
use crate::companies;
use crate::direct;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Kind, Posting};
use crate::settlements::{self, Side, store::By};

pub(super) use posting::{came_back, sent};
use store::Cost;

/// What arrives: what is left of each line, and its cost by day.
pub(super) struct Arriving {
    left: Vec<Left>,
    costs: Vec<Cost>,
    payment_days: i64,
}

/// Refuses what needs goods that are the customer's. Errors: `TITLE_NOT_PASSED`.
pub(super) fn passed(order: &Order, advice: &str) -> Result<()> {
    if order.is_ours_yet() {
        let message = format!("the goods of order {} are ours until they are unloaded; {advice}", order.number);
        return Err(Error::rejected(Code::TitleNotPassed, message));
    }
    Ok(())
}

/// What of a locked order at our risk arrives on `on`; its deal and batches are held until the command ends.
///
/// Errors: `DATE_TOO_EARLY`, `TITLE_NOT_PASSED` (fewer pieces were unloaded than are on their way, or none are), `INVALID_INPUT`, those of
/// posting.
pub(super) async fn arriving_in_tx(
    run: &mut Run<'_>,
    order: &Order,
    on: NaiveDate,
    unloaded: &[(&Line, i64)],
) -> Result<Arriving> {
    orders::hold_deal_in_tx(run, order.deal_id).await?;
    ledger::store::check_date_in_tx(run, order.company_id, on).await?;
    let batch_ids = order.lines.iter().filter(|line| line.is_goods()).map(|line| line.batch_id).collect();
    // No late cost comes in between.
    back::lock_in_tx(run, order.company_id, batch_ids).await?;
    if let Some(returned_on) = store::returned_on_in_tx(run, order.order_id).await? {
        not_before(on, returned_on, "goods of this order came back undelivered")?;
    }
    let terms = orders::terms_in_tx(run, order).await?;
    let left = left_in_tx(run, order, &terms).await?;
    all_here(order, &left, unloaded)?;
    let costs = store::costs_in_tx(run, order.order_id, on).await?;
    Ok(Arriving { left, costs, payment_days: terms.payment_days })
}

/// Nothing may be missing of what is on its way, and something must be.
fn all_here(order: &Order, left: &[Left], unloaded: &[(&Line, i64)]) -> Result<()> {
    if left.iter().all(|left| left.held.goods.pieces == 0) {
        return passed(order, "all of them came back: cancel the order (orderCancel)");
    }
    for (index, (line, pieces)) in unloaded.iter().enumerate() {
        let of_line = left.iter().find(|left| left.sale.order_line_id == line.order_line_id);
        let sent = of_line.map_or(0, |left| left.held.goods.pieces);
        if *pieces > sent {
            let message = format!("of line {} {sent} pieces are on their way; more cannot arrive", line.line);
            return Err(Error::invalid(format!("unloaded.{index}.pieces"), message));
        }
        if *pieces < sent {
            let missing = sent - pieces;
            let advice = format!(
                "of line {} {missing} pieces of {sent} are missing, and what did not arrive is not sold: record them as come back \
                 (orderReturn), write them off from their batch (batchWriteOff) or claim them, then deliver the rest",
                line.line
            );
            return passed(order, &advice);
        }
    }
    Ok(())
}

/// Title passes: revenue, cost and the debt of an order that is saved as delivered on `on`, then its direct expenses.
///
/// Errors: `FOUR_EYES` and those of posting.
pub(super) async fn pass_in_tx(run: &mut Run<'_>, order: &Order, on: NaiveDate, arriving: &Arriving) -> Result<()> {
    let by = By { company_id: order.company_id, document_id: order.document_id, on };
    let gross: Decimal = arriving.left.iter().map(|left| left.held.gross()).sum();
    let mut entries = posting::sold(order, &arriving.left);
    entries.extend(arriving.costs.iter().filter(|cost| cost.on == on).flat_map(|cost| cost.sold(on)));
    if gross > Decimal::ZERO {
        let due_on = on + chrono::Duration::days(arriving.payment_days);
        let of = order.settlement();
        entries.extend(settlements::store::open_debt_in_tx(run, Side::Customer, by, of, gross, due_on).await?);
    }
    let posting = Posting::try_new(Kind::Shipment, order.company_id, order.document_id, on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    for of_day in arriving.costs.chunk_by(|one, next| one.on == next.on).filter(|costs| costs[0].on > on) {
        let entries: Vec<_> = of_day.iter().flat_map(|cost| cost.sold(on)).collect();
        let posting = Posting::try_new(Kind::Shipment, order.company_id, order.document_id, of_day[0].on, entries)?;
        ledger::store::post_in_tx(run, &posting).await?;
    }
    direct::shipped_in_tx(run, order.order_id, on).await
}

/// Gives up a locked order whose goods all came back undelivered: the VAT of its services is taken back, today. It is not saved.
///
/// Errors: `TITLE_NOT_PASSED` (goods are still on their way) and those of posting.
pub(super) async fn give_up_in_tx(run: &mut Run<'_>, order: &mut Order) -> Result<()> {
    let terms = orders::terms_in_tx(run, order).await?;
    let left = left_in_tx(run, order, &terms).await?;
    if left.iter().any(|left| left.held.goods.pieces > 0) {
        return passed(order, "record what comes back (orderReturn) before you cancel it, or its delivery (orderDeliver)");
    }
    let vat: Decimal = left.iter().map(|left| left.held.vat).sum();
    if !vat.is_zero() {
        let company = companies::store::get_in_tx(run, order.company_id).await?;
        let today = run.ctx.today(company.utc_offset_minutes);
        let entries = posting::untaxed(order, vat);
        let posting = Posting::try_new(Kind::Shipment, order.company_id, order.document_id, today, entries)?;
        ledger::store::post_in_tx(run, &posting).await?;
    }
    (order.status, order.shipped_on) = (Status::Cancelled, None);
    order.version += 1;
    Ok(())
}
