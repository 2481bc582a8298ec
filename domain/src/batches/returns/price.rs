//! What pieces of a delivery cost at the supplier's price. Pure.

use rust_decimal::Decimal;

use crate::batches::expenses::split::Amount;
use crate::money;

/// A delivery and what the supplier asked for it: the receipt, then his corrections, each for the whole delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Pieces as delivered.
    pub pieces: i64,
    /// Pieces that went back, or did not arrive, before.
    pub gone: i64,
    /// The receipt and the corrections since.
    pub sums: Vec<Amount>,
    /// What the receipt was in currency, with VAT; zero in roubles.
    pub currency: Decimal,
}

impl Price {
    /// The price of the next `pieces` that go back. Pieces by pieces each sum is given out whole, the last piece takes the rest; pieces of a
    /// delivery are equally long, so this is by metres.
    pub fn next(&self, pieces: i64) -> Amount {
        let part = |of: Decimal| self.part(of, pieces);
        self.sums.iter().map(|sum| Amount { value: part(sum.value), vat: part(sum.vat) }).sum()
    }

    /// The same in the currency of the receipt.
    pub fn next_in_currency(&self, pieces: i64) -> Decimal {
        self.part(self.currency, pieces)
    }

    fn part(&self, of: Decimal, pieces: i64) -> Decimal {
        let up_to = |count: i64| money::share(of, Decimal::from(count), Decimal::from(self.pieces));
        up_to(self.gone + pieces) - up_to(self.gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_piece_takes_the_rest() {
        let receipt = Amount { value: d("100"), vat: d("22.01") };
        let mut price = Price { pieces: 3, gone: 0, sums: vec![receipt], currency: d("1") };
        let mut parts = Vec::new();
        for _ in 0..3 {
            parts.push((price.next(1).value, price.next(1).vat, price.next_in_currency(1)));
            price.gone += 1;
        }
        assert_eq!(
            parts,
            [(d("33.33"), d("7.34"), d("0.33")), (d("33.34"), d("7.33"), d("0.34")), (d("33.33"), d("7.34"), d("0.33"))]
        );
    }

    #[test]
    fn a_bonus_counts_for_the_pieces_that_go_back_after_it() {
        let receipt = Amount { value: d("5000"), vat: d("1000") };
        let mut price = Price { pieces: 100, gone: 0, sums: vec![receipt], currency: d("0") };
        assert_eq!(price.next(50).value, d("2500"));
        // A bonus of 5 a piece: the first fifty do not share it any more.
        price.gone = 50;
        price.sums.push(Amount { value: d("-500"), vat: d("-100") });
        assert_eq!((price.next(50).value, price.next(50).vat), (d("2250"), d("450")));
    }
}
