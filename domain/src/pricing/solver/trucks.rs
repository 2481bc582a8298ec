//! How many trucks a request needs (сколько машин): pieces of one length and weight, so filling each up is exact.

use rust_decimal::Decimal;

use crate::error::{Error, Result};

/// What a truck takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truck {
    /// Tonnes it carries.
    pub tonnes: Decimal,
    /// Longest piece that is not oversize, metres.
    pub length_m: Decimal,
}

/// Trucks loaded alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// How many trucks.
    pub trucks: i64,
    /// Pieces on each.
    pub pieces: i64,
    /// Tonnes on each.
    pub tonnes: Decimal,
}

/// Full trucks, and one with the rest. Errors: `INVALID_INPUT` when one piece is too heavy for a truck.
pub fn pack(pieces: i64, piece_t: Decimal, truck: Truck) -> Result<Vec<Load>> {
    let each = truck.tonnes.checked_div(piece_t).map_or(pieces, |pieces| i64::try_from(pieces.floor()).unwrap_or(i64::MAX));
    if each == 0 {
        let message =
            format!("one piece weighs {} t, more than a truck carries ({} t)", piece_t.normalize(), truck.tonnes.normalize());
        return Err(Error::invalid("truckTonnes", message));
    }
    let load = |trucks: i64, pieces: i64| Load { trucks, pieces, tonnes: piece_t * Decimal::from(pieces) };
    let loads = [load(pieces / each, each), load(i64::from(pieces % each > 0), pieces % each)];
    Ok(loads.into_iter().filter(|load| load.trucks > 0).collect())
}

/// All trucks.
pub fn count(loads: &[Load]) -> i64 {
    loads.iter().map(|load| load.trucks).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn thirty_piles_of_l5_um_fill_three_trucks() {
        let truck = Truck { tonnes: d("20"), length_m: d("13.6") };
        let loads = pack(30, d("1.36656"), truck).unwrap();
        assert_eq!(
            loads,
            [Load { trucks: 2, pieces: 14, tonnes: d("19.13184") }, Load { trucks: 1, pieces: 2, tonnes: d("2.73312") }]
        );
        assert_eq!(count(&loads), 3);
        assert!(pack(1, d("20.000001"), truck).is_err());
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_left_and_nothing_too_heavy(pieces in 1_i64..100_000, grams in 1_i64..20_000_000, tonnes in 20_i64..100) {
            let (piece_t, tonnes) = (Decimal::new(grams, 6), Decimal::from(tonnes));
            let loads = pack(pieces, piece_t, Truck { tonnes, length_m: Decimal::TEN }).unwrap();
            proptest::prop_assert_eq!(loads.iter().map(|load| load.trucks * load.pieces).sum::<i64>(), pieces);
            proptest::prop_assert!(loads.iter().all(|load| load.tonnes <= tonnes));
            // One truck fewer could not carry it: each takes whole pieces.
            let each = i64::try_from((tonnes / piece_t).floor()).unwrap();
            proptest::prop_assert!(count(&loads) - 1 < (pieces + each - 1) / each);
        }
    }
}
