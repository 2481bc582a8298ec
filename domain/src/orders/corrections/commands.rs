//! The command of corrections.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{CorrectionLine, OrderCorrection, Priced, difference, store};
use crate::access::Permission;
use crate::batches;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies::{self, Tax};
use crate::db::Db;
use crate::direct;
use crate::documents;
use crate::error::{Error, Result};
use crate::ledger::{self, Account, Entry, Kind, Posting, Stock};
use crate::orders::left::{Left, left_in_tx, line_of, not_before, sold_by};
use crate::orders::{self, Line, Order, Unit, title};
use crate::settlements::{self, Side, credit, store::By};
use crate::{money, text};

/// What a line should have been shipped at; at least one of both.
#[derive(Debug, Clone, Serialize)]
pub struct Corrected {
    /// The line.
    pub order_line_id: i64,
    /// Roubles per unit of the line, with or without VAT as the line is priced.
    pub price: Option<Decimal>,
    /// Tonnes of the whole line as it was shipped; only where it is priced per tonne.
    pub tonnes: Option<Decimal>,
}

/// A correction of one shipped order.
#[derive(Debug, Clone, Serialize)]
pub struct Correct {
    /// The order.
    pub order_id: i64,
    /// Business date: not before the shipment or an earlier correction.
    pub corrected_on: NaiveDate,
    /// At least one, each line once.
    pub lines: Vec<Corrected>,
    /// Why.
    pub reason: String,
}

/// Corrects price or weight of shipped lines (корректировка отгрузки): posts the difference of revenue, VAT and the receivable.
///
/// Errors: `NOT_FOUND`, `ORDER_STATUS`, `TITLE_NOT_PASSED`, `DATE_TOO_EARLY`, `NOTHING_TO_CORRECT`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`,
/// `TAX_REGIME_MISSING`, `FOUR_EYES`, `FORBIDDEN` and those of posting.
pub async fn correct(db: &Db, ctx: &Ctx, input: &Correct) -> Result<Outcome<OrderCorrection>> {
    command::run(db, ctx, "orders.correct", Permission::PostBooks, input, correct_in_tx).await
}

async fn correct_in_tx(run: &mut Run<'_>, input: &Correct) -> Result<OrderCorrection> {
    let (on, reason) = (input.corrected_on, text::required(&input.reason, "reason", 500)?);
    let mut order = orders::store::lock_in_tx(run, input.order_id).await?;
    title::passed(&order, "nothing is sold that could be corrected: record the delivery (orderDeliver) first")?;
    let sold_on = sold_by(&order, on)?;
    ledger::store::check_date_in_tx(run, order.company_id, on).await?;
    let terms = orders::store::terms_in_tx(run, &order).await?;
    let tax = companies::store::tax_in_tx(run, order.company_id, on).await?;
    let left = left_in_tx(run, &order, &terms).await?;
    let earlier = store::priced_in_tx(run, order.order_id).await?;
    let (lines, mut entries) = lines(&order, &left, &earlier, input, sold_on)?;
    let mut done = summed(&order, on, reason, lines);
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::OrderCorrection,
        issued_on: on,
        party_id: order.party_id,
        subject_id: order.order_id,
        gross: done.gross,
        note: &done.reason.clone(),
    };
    done.document_id = documents::store::register_in_tx(run, &document).await?;
    done.order_correction_id = store::insert_in_tx(run, &done).await?;
    order.version += 1;
    orders::store::save_in_tx(run, &order).await?;
    let by = By { company_id: order.company_id, document_id: done.document_id, on };
    let due_on = on + chrono::Duration::days(terms.payment_days);
    entries.extend(settled_in_tx(run, &order, by, &done, tax, due_on).await?);
    let posting = Posting::try_new(Kind::OrderCorrection, order.company_id, done.document_id, on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    direct::note_in_tx(run, order.deal_id).await?;
    documents::store::number_in_tx(run, done.document_id, &document).await?;
    Ok(done)
}

/// What the difference does to the customer's debt: a new one, or a credit as for a return.
async fn settled_in_tx(
    run: &mut Run<'_>,
    order: &Order,
    by: By,
    done: &OrderCorrection,
    tax: Tax,
    due_on: NaiveDate,
) -> Result<Vec<Entry>> {
    let of = order.settlement();
    if done.gross > Decimal::ZERO {
        let mut entries = vec![Entry::debit(Account::Receivables, done.gross).vat(done.vat).settlement(of)];
        entries.extend(settlements::store::open_debt_in_tx(run, Side::Customer, by, of, done.gross, due_on).await?);
        return Ok(entries);
    }
    if done.gross.is_zero() {
        return Ok(Vec::new());
    }
    credit::credit_in_tx(run, by, of, -done.gross, |advance| tax.split(advance, true).vat).await
}

/// The corrected lines, and Cr revenue and output VAT (Dr where the line costs less) of each.
fn lines(
    order: &Order,
    left: &[Left],
    earlier: &[(i64, Priced)],
    input: &Correct,
    sold_on: NaiveDate,
) -> Result<(Vec<CorrectionLine>, Vec<Entry>)> {
    if input.lines.is_empty() {
        return Err(Error::invalid("lines", "a correction needs at least one line"));
    }
    let (mut lines, mut entries) = (Vec::new(), Vec::new());
    for (index, asked) in input.lines.iter().enumerate() {
        let path = format!("lines.{index}");
        let before = input.lines[..index].iter().map(|line| line.order_line_id);
        let line = line_of(&order.lines, asked.order_line_id, before, &path)?;
        let left = left
            .iter()
            .find(|left| left.sale.order_line_id == line.order_line_id)
            .ok_or_else(|| Error::internal("a line of the order has no sale"))?;
        not_before(input.corrected_on, left.priced_on, &format!("line {} was last corrected", line.line))?;
        let now = earlier
            .iter()
            .find(|(id, _)| *id == line.order_line_id)
            .map_or(Priced { price: line.price.price, quantity: line.quantity }, |(_, priced)| *priced);
        let to = wanted(line, now, asked).map_err(|error| error.at(&path))?;
        let (net, vat) = difference(line, &left.held, now, to)?;
        let stock = Stock { tonnes_weighed: reweighed(line, left, asked.tonnes), ..only_place(left.held.goods) };
        entries.push(Entry::credit(Account::Revenue, net).vat(-vat).sale(left.sale).stock(stock.negated()).origin_on(sold_on));
        entries.push(Entry::credit(Account::VatOutput, vat).settlement(order.settlement()).origin_on(sold_on));
        lines.push(CorrectionLine { order_line_id: line.order_line_id, terms: to, net, vat, gross: net + vat });
    }
    Ok((lines, entries))
}

/// What the line shall be priced at.
fn wanted(line: &Line, now: Priced, asked: &Corrected) -> Result<Priced> {
    if asked.price.is_none() && asked.tonnes.is_none() {
        return Err(Error::invalid("price", "give the price or the tonnes the line should have been shipped at"));
    }
    let price = asked.price.map_or(Ok(now.price), |price| money::not_negative(price, "price"))?;
    let quantity = match asked.tonnes {
        None => now.quantity,
        Some(_) if line.price.unit != Unit::Tonne => {
            return Err(Error::invalid(
                "tonnes",
                "the weight changes nothing where the price is not per tonne; correct the price",
            ));
        }
        Some(tonnes) => batches::weighed(tonnes, "tonnes")?,
    };
    Ok(Priced { price, quantity })
}

/// How much heavier the scales found what the customer still has.
fn reweighed(line: &Line, left: &Left, tonnes: Option<Decimal>) -> Decimal {
    let goods = left.held.goods;
    let of_held = |tonnes: Decimal| (tonnes * Decimal::from(goods.pieces) / Decimal::from(line.pieces.max(1))).round_dp(6);
    tonnes.map_or(Decimal::ZERO, |tonnes| of_held(tonnes) - goods.tonnes_weighed)
}

/// Where the goods came from, without measures.
fn only_place(goods: Stock) -> Stock {
    let Stock { batch_id, product_id, warehouse_id, .. } = goods;
    Stock { batch_id, product_id, warehouse_id, ..Stock::default() }
}

fn summed(order: &Order, on: NaiveDate, reason: String, lines: Vec<CorrectionLine>) -> OrderCorrection {
    OrderCorrection {
        order_correction_id: 0,
        order_id: order.order_id,
        document_id: 0,
        corrected_on: on,
        reason,
        net: lines.iter().map(|line| line.net).sum(),
        vat: lines.iter().map(|line| line.vat).sum(),
        gross: lines.iter().map(|line| line.gross).sum(),
        lines,
    }
}
