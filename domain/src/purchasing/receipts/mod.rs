//! Receipts of purchasing (поступления): goods that came against a supplier order, and prices that are still preliminary.
//!
//! The goods are received by `batches`; here stands what the receipt has to do with an order, and whether its price is final. The difference
//! to the supplier's document goes the way of a late cost, exactly and once: to the goods on hand, to whoever took the rest, and to what is
//! owed. Where that was taken back (сторно), the price is preliminary again.

pub mod afar;
pub mod commands;
pub mod read;
mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::batches::expenses::Kind;
use crate::error::{Code, Error, Result};

/// What purchasing knows of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The batch that came.
    pub batch_id: i64,
    /// Of a supplier order, 0 = without one.
    pub supplier_order_id: i64,
    /// The line it came against, 0 = none.
    pub supplier_order_line_id: i64,
    /// Without VAT as it was received, roubles.
    pub net: Decimal,
    /// VAT as it was received.
    pub vat: Decimal,
    /// The price was preliminary when it came.
    pub preliminary: bool,
    /// Without VAT by the supplier's document.
    pub final_net: Option<Decimal>,
    /// VAT by the supplier's document.
    pub final_vat: Option<Decimal>,
    /// When the price became final; `None` = it is preliminary still, or always was final.
    pub finalised_on: Option<NaiveDate>,
    /// What carries the difference, 0 = there was none.
    pub additional_expense_id: i64,
}

impl Receipt {
    /// Whether the supplier's document is still awaited.
    pub fn is_preliminary(&self) -> bool {
        self.preliminary && self.finalised_on.is_none()
    }
}

/// The difference of a final price to the preliminary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Difference {
    kind: Kind,
    net: Decimal,
    vat: Decimal,
}

/// What the supplier's document changes; `None` = nothing. Errors: `PRICE_FINAL`, `INVALID_INPUT`.
fn difference(receipt: &Receipt, number: &str, net: Decimal, vat: Decimal) -> Result<Option<Difference>> {
    if !receipt.is_preliminary() {
        let message =
            format!("the price of batch {number} is final; record a further change as an additional expense or a credit");
        return Err(Error::rejected(Code::PriceFinal, message));
    }
    let (of_net, of_vat) = (net - receipt.net, vat - receipt.vat);
    if of_net.is_zero() && of_vat.is_zero() {
        return Ok(None);
    }
    let kind = if of_net > Decimal::ZERO { Kind::Expense } else { Kind::Credit };
    let same_way = (of_net > Decimal::ZERO) == (of_vat > Decimal::ZERO) || of_vat.is_zero();
    if of_net.is_zero() || !same_way || of_vat.abs() > of_net.abs() {
        let message = format!(
            "against the receipt ({} and VAT {}) the price and its VAT do not change together; receive at the price with the VAT \
             the supplier charges, and give the final price with the VAT as printed",
            receipt.net, receipt.vat
        );
        return Err(Error::invalid("vat", message));
    }
    Ok(Some(Difference { kind, net: of_net.abs(), vat: of_vat.abs() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn receipt(preliminary: bool, finalised_on: Option<NaiveDate>) -> Receipt {
        Receipt {
            batch_id: 1,
            supplier_order_id: 0,
            supplier_order_line_id: 0,
            net: d("1000"),
            vat: d("220"),
            preliminary,
            final_net: None,
            final_vat: None,
            finalised_on,
            additional_expense_id: 0,
        }
    }

    #[test]
    fn the_difference_goes_either_way_and_once() {
        let of = |net, vat| difference(&receipt(true, None), "С-1", d(net), d(vat));
        assert_eq!(of("1000", "220").unwrap(), None);
        assert_eq!(of("1100.50", "242.11").unwrap(), Some(Difference { kind: Kind::Expense, net: d("100.50"), vat: d("22.11") }));
        assert_eq!(of("900", "198").unwrap(), Some(Difference { kind: Kind::Credit, net: d("100"), vat: d("22") }));
        assert_eq!(of("900", "220").unwrap(), Some(Difference { kind: Kind::Credit, net: d("100"), vat: d("0") }));
        for (net, vat) in [("1000", "200"), ("1100", "200"), ("900", "240"), ("1001", "230")] {
            assert_eq!(of(net, vat).unwrap_err().code(), Code::InvalidInput, "{net} {vat}");
        }
        for known in [receipt(false, None), receipt(true, NaiveDate::from_ymd_opt(2026, 2, 1))] {
            assert_eq!(difference(&known, "С-1", d("1100"), d("242")).unwrap_err().code(), Code::PriceFinal);
        }
    }
}
