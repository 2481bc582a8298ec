//! How т, м, пог. м, шт and м² of wall turn into each other (единицы измерения), by the profile of the goods.
//!
//! A metre of a pile is a пог. м: both words are one unit. Pieces × length is the primary record, so every quantity is answered in whole
//! pieces, never fewer than were asked for. Errors name the profile whose data is missing.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// More pieces than any yard holds.
const PIECES_MAX: i64 = 1_000_000;

/// What a quantity is counted in (единица количества).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Штука.
    Piece,
    /// Погонный метр of pile.
    Metre,
    /// Тонна, theoretical.
    Tonne,
    /// Квадратный метр of wall.
    WallM2,
}

/// What of goods turns one unit into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Metres of one piece.
    pub length_m: Decimal,
    /// Weight of a metre, kg.
    pub kg_per_m: Decimal,
    /// Useful width (from interlock to interlock), mm; 0 = not known.
    pub width_mm: i32,
}

impl Shape {
    /// How much one piece is, exact: `м = длина`, `т = м · кг/м / 1000`, `м² = м · ширина` (`None` where the width is not known).
    pub fn of_piece(self, measure: Measure) -> Option<Decimal> {
        match measure {
            Measure::Piece => Some(Decimal::ONE),
            Measure::Metre => Some(self.length_m),
            Measure::Tonne => Some(self.length_m * self.kg_per_m * Decimal::new(1, 3)),
            Measure::WallM2 => (self.width_mm > 0).then(|| self.length_m * Decimal::new(i64::from(self.width_mm), 3)),
        }
    }

    /// The weight of a m² of wall, kg: `кг/м / ширина`.
    pub fn kg_per_m2(self) -> Option<Decimal> {
        (self.width_mm > 0).then(|| self.kg_per_m * Decimal::ONE_THOUSAND / Decimal::from(self.width_mm))
    }

    /// The fewest whole pieces that are at least `quantity`; errors: `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT` (no width, too many).
    pub fn pieces(self, quantity: Decimal, measure: Measure) -> Result<i64> {
        if quantity <= Decimal::ZERO {
            return Err(Error::not_positive("quantity"));
        }
        let of_piece = self.of_piece(measure).filter(|piece| !piece.is_zero()).ok_or_else(|| {
            Error::invalid("quantity", "the useful width of this profile is not known; ask in tonnes, metres or pieces")
        })?;
        let pieces = quantity.checked_div(of_piece).map(|pieces| pieces.ceil()).and_then(|pieces| i64::try_from(pieces).ok());
        pieces
            .filter(|pieces| (1..=PIECES_MAX).contains(pieces))
            .ok_or_else(|| Error::invalid("quantity", format!("at most {PIECES_MAX} pieces at once; split it")))
    }

    /// How much `pieces` are, exact; `None` for м² where the width is not known.
    pub fn quantity(self, pieces: i64, measure: Measure) -> Option<Decimal> {
        self.of_piece(measure).map(|piece| piece * Decimal::from(pieces))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Measure; 4] = [Measure::Piece, Measure::Metre, Measure::Tonne, Measure::WallM2];

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn l5_um() -> Shape {
        Shape { length_m: d("12"), kg_per_m: d("113.88"), width_mm: 500 }
    }

    #[test]
    fn forty_tonnes_of_l5_um() {
        // A pile of 12 m weighs 1.36656 t: 29.27 of them are 40 t, so 30 are needed; they are a wall of 180 m².
        let pieces = l5_um().pieces(d("40"), Measure::Tonne).unwrap();
        let of = |measure| l5_um().quantity(pieces, measure).unwrap();
        assert_eq!((pieces, of(Measure::Tonne), of(Measure::WallM2)), (30, d("40.9968"), d("180")));
        assert_eq!(l5_um().kg_per_m2(), Some(d("227.76")));
        assert_eq!(l5_um().pieces(d("180"), Measure::WallM2).unwrap(), 30);
        assert_eq!(l5_um().pieces(d("180.001"), Measure::WallM2).unwrap(), 31);
    }

    #[test]
    fn what_cannot_be_converted_is_refused() {
        let narrow = Shape { width_mm: 0, ..l5_um() };
        assert!(narrow.pieces(d("1"), Measure::WallM2).is_err());
        assert_eq!(narrow.kg_per_m2(), None);
        for quantity in ["0", "-1", "79228162514264337593543950335"] {
            assert!(l5_um().pieces(d(quantity), Measure::Tonne).is_err(), "{quantity}");
        }
    }

    proptest::proptest! {
        #[test]
        fn there_and_back_is_the_same(pieces in 1_i64..100_000, length in 1_i64..30_000, grams in 30_000_i64..200_000, width in 300_i32..900) {
            let shape = Shape { length_m: Decimal::new(length, 3), kg_per_m: Decimal::new(grams, 3), width_mm: width };
            for measure in ALL {
                let quantity = shape.quantity(pieces, measure).unwrap();
                proptest::prop_assert_eq!(shape.pieces(quantity, measure).unwrap(), pieces);
                proptest::prop_assert_eq!(shape.pieces(quantity + Decimal::new(1, 6), measure).unwrap(), pieces + 1);
            }
        }
    }
}
