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
    /// The receipt.
    pub receipt: Amount,
    /// The corrections since, always in roubles.
    pub corrections: Vec<Amount>,
    /// What the receipt was in currency, with VAT; zero in roubles.
    pub currency: Decimal,
}

impl Price {
    /// The price of the next `pieces` that go back. Pieces by pieces each sum is given out whole, the last piece takes the rest; pieces of a
    /// delivery are equally long, so this is by metres.
    pub fn next(&self, pieces: i64) -> Amount {
        self.corrections.iter().map(|sum| self.part_of(*sum, pieces)).sum::<Amount>() + self.next_received(pieces)
    }

    /// What of that is the receipt alone, in roubles.
    pub fn next_received(&self, pieces: i64) -> Amount {
        self.part_of(self.receipt, pieces)
    }

    /// The receipt alone in its currency.
    pub fn next_in_currency(&self, pieces: i64) -> Decimal {
        self.part(self.currency, pieces)
    }

    fn part_of(&self, sum: Amount, pieces: i64) -> Amount {
        Amount { value: self.part(sum.value, pieces), vat: self.part(sum.vat, pieces) }
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
        let mut price = Price { pieces: 3, gone: 0, receipt, corrections: Vec::new(), currency: d("1") };
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
        let mut price = Price { pieces: 100, gone: 0, receipt, corrections: Vec::new(), currency: d("0") };
        assert_eq!(price.next(50).value, d("2500"));
        // A bonus of 5 a piece: the first fifty do not share it any more.
        price.gone = 50;
        price.corrections.push(Amount { value: d("-500"), vat: d("-100") });
        assert_eq!((price.next(50).value, price.next(50).vat), (d("2250"), d("450")));
        assert_eq!((price.next_received(50).value, price.next_received(50).vat), (d("2500"), d("500")));
    }
}
