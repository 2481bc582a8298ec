//! Corrections of a shipment (корректировки, УКД): another price or another weight of lines that were shipped, as a document of its own.
//!
//! What is posted is the difference of revenue and VAT for the pieces the customer still has, at the rate of the shipment and with its date
//! as origin; the debt grows, or shrinks as with a return. Cost and stock do not move. Fewer pieces are a return, more a new shipment.

pub mod commands;
pub mod read;
mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Line;
use super::left::Held;
use crate::companies::Tax;
use crate::error::{Code, Error, Result};
use crate::money;

/// A recorded correction (корректировка); amounts are differences, above zero the customer owes more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCorrection {
    /// Its id.
    pub order_correction_id: i64,
    /// The order.
    pub order_id: i64,
    /// Its document.
    pub document_id: i64,
    /// Business date.
    pub corrected_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// Roubles without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
    /// What was corrected.
    pub lines: Vec<CorrectionLine>,
}

/// A corrected line (строка корректировки).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionLine {
    /// The line of the order.
    pub order_line_id: i64,
    /// What the line is priced at from now on.
    #[serde(flatten)]
    pub terms: Priced,
    /// The difference, roubles without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
}

/// What a line is priced at: the whole line as it was shipped, before any return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    /// Roubles per unit of the line, with or without VAT as it was agreed.
    pub price: Decimal,
    /// In units of the price.
    pub quantity: Decimal,
}

/// The difference that `to` makes for what the customer still has of `line`. Errors: `NOTHING_TO_CORRECT`.
fn difference(line: &Line, held: &Held, now: Priced, to: Priced) -> Result<(Decimal, Decimal)> {
    let nothing = |why: &str| {
        let number = line.line;
        let advice = "give another price or weight; fewer pieces are a return (orderReturn), more a new shipment";
        Err(Error::rejected(Code::NothingToCorrect, format!("line {number} {why}; {advice}")))
    };
    if line.is_goods() && held.goods.pieces == 0 {
        return nothing("was returned whole");
    }
    if now == to {
        return nothing("has this price and quantity already");
    }
    let tax = Tax { percent: line.vat_percent, deducts_input: true };
    let whole = super::Price { price: to.price, ..line.price }.sum(to.quantity, tax);
    // Of goods only what did not come back is corrected.
    let (held_pieces, of) = if line.is_goods() { (held.goods.pieces, line.pieces) } else { (1, 1) };
    let part = |amount| money::share(amount, held_pieces.into(), of.into());
    let vat = part(whole.vat);
    let net = if line.price.includes_vat { part(whole.gross) - vat } else { part(whole.net) };
    let (net, vat) = (net - held.net, vat - held.vat);
    if net.is_zero() && vat.is_zero() {
        return nothing("costs the same with that");
    }
    Ok((net, vat))
}

#[cfg(test)]
mod tests {
    use super::super::{Price, Unit};
    use super::*;
    use crate::ledger::Stock;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// Ten pieces, 12 t at 100 000 with VAT of 20 %, of which the customer has `pieces`.
    fn sold(pieces: i64) -> (Line, Held) {
        let line = Line {
            order_line_id: 1,
            line: 1,
            product_id: 1,
            batch_id: 1,
            pieces: 10,
            metres: d("120"),
            tonnes_theoretical: d("12"),
            tonnes_weighed: d("0"),
            quantity: d("12"),
            price: Price { unit: Unit::Tonne, price: d("100000"), includes_vat: true },
            vat_percent: d("20"),
            net: d("1000000"),
            vat: d("200000"),
            gross: d("1200000"),
        };
        let share = |amount: &str| d(amount) * Decimal::from(pieces) / d("10");
        let goods = Stock { pieces, ..Stock::default() };
        let held = Held { goods, net: share("1000000"), vat: share("200000"), includes_vat: true, costs: vec![] };
        (line, held)
    }

    fn priced(price: &str, quantity: &str) -> Priced {
        Priced { price: d(price), quantity: d(quantity) }
    }

    #[test]
    fn price_and_weight_make_a_difference_at_the_rate_of_the_shipment() {
        for (pieces, to, expected) in [
            (10, priced("97000", "12"), ("-30000", "-6000")),
            (10, priced("103000", "12"), ("30000", "6000")),
            // The scales of the customer: 11.88 t.
            (10, priced("100000", "11.88"), ("-10000", "-2000")),
            // Four pieces came back before: six of ten are corrected.
            (6, priced("97000", "12"), ("-18000", "-3600")),
            (10, priced("0", "12"), ("-1000000", "-200000")),
        ] {
            let (line, held) = sold(pieces);
            let (net, vat) = difference(&line, &held, priced("100000", "12"), to).unwrap();
            assert_eq!((net, vat), (d(expected.0), d(expected.1)), "{to:?}");
        }
    }

    #[test]
    fn what_changes_nothing_is_refused() {
        let now = priced("100000", "12");
        for (pieces, to) in [(10, now), (0, priced("90000", "12")), (10, priced("100000", "12.00000001"))] {
            let (line, held) = sold(pieces);
            assert_eq!(difference(&line, &held, now, to).unwrap_err().code(), Code::NothingToCorrect, "{pieces} {to:?}");
        }
    }
}
