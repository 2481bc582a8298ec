//! Exact money: one rounding function, VAT out of and on top of an amount, allocation to the last kopeck.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::error::{Code, Error, Result};

/// Decimal places of every amount.
pub const SCALE: u32 = 2;

/// Rounds to kopecks, half away from zero: the only rounding of money in the system.
#[must_use]
pub fn round(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(SCALE);
    rounded
}

/// An amount split by VAT: `net + vat = gross`, all in kopeck precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taxed {
    /// Without VAT (без НДС).
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT (с НДС).
    pub gross: Decimal,
}

/// VAT contained in `gross` at `percent`: `round(gross · p / (100 + p))` (НК РФ ст. 164 п. 4).
#[must_use]
pub fn vat_within(gross: Decimal, percent: Decimal) -> Taxed {
    let gross = round(gross);
    let vat = round(gross * percent / (Decimal::ONE_HUNDRED + percent));
    Taxed { net: gross - vat, vat, gross }
}

/// VAT on top of `net` at `percent`.
#[must_use]
pub fn vat_on_top(net: Decimal, percent: Decimal) -> Taxed {
    let net = round(net);
    let vat = round(net * percent / Decimal::ONE_HUNDRED);
    Taxed { net, vat, gross: net + vat }
}

/// The part `amount · part / whole`, to kopecks; the whole takes everything, so a last part never leaves a rest.
///
/// # Panics
/// Never: a zero `whole` gives zero.
#[must_use]
pub fn share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    if part == whole {
        return amount;
    }
    if whole.is_zero() {
        return Decimal::ZERO;
    }
    round(amount * part / whole)
}

/// Splits `amount` over `bases` by the largest remainder in kopecks, so that the parts sum to `amount` exactly.
///
/// Ties go to the larger base, then to the earlier one; a base of zero gets nothing. A negative amount is the exact mirror of the positive
/// one, so a storno with the same bases negates it to the kopeck. Whole numbers throughout and linear in the number of bases.
///
/// Errors: `NOTHING_TO_ALLOCATE` when there are no bases or all are zero; `INVALID_INPUT` for a negative base or more digits than fit.
pub fn allocate(amount: Decimal, bases: &[Decimal]) -> Result<Vec<Decimal>> {
    if amount.is_sign_negative() {
        return Ok(allocate(-amount, bases)?.into_iter().map(|part| -part).collect());
    }
    let weights = whole(bases)?;
    let total: i128 = weights.iter().sum();
    if total == 0 {
        let message = "there is nothing to divide by: every base is zero; choose another basis or other targets";
        return Err(Error::rejected(Code::NothingToAllocate, message));
    }
    let kopecks = round(amount.trunc_with_scale(SCALE)).mantissa();
    let mut parts = Vec::with_capacity(weights.len());
    let mut rests = Vec::with_capacity(weights.len());
    for weight in &weights {
        let product = kopecks.checked_mul(*weight).ok_or_else(too_many_digits)?;
        parts.push(product / total);
        rests.push(product % total);
    }
    // Fewer kopecks are left than there are bases with a rest, so that nobody gets two.
    let left = usize::try_from(kopecks - parts.iter().sum::<i128>()).map_err(|_| Error::internal("an allocation went wrong"))?;
    let mut order: Vec<usize> = (0..weights.len()).collect();
    let first = |a: &usize, b: &usize| rests[*b].cmp(&rests[*a]).then(weights[*b].cmp(&weights[*a])).then(a.cmp(b));
    if left > 0 {
        order.select_nth_unstable_by(left - 1, first);
        for index in &order[..left] {
            parts[*index] += 1;
        }
    }
    Ok(parts.into_iter().map(|part| Decimal::from_i128_with_scale(part, SCALE)).collect())
}

/// The bases as whole numbers of one unit.
fn whole(bases: &[Decimal]) -> Result<Vec<i128>> {
    let scale = bases.iter().map(Decimal::scale).max().unwrap_or_default();
    let whole = |base: &Decimal| {
        if *base < Decimal::ZERO {
            return Err(Error::rejected(Code::InvalidInput, "an allocation needs bases that are not negative"));
        }
        let mut base = *base;
        base.rescale(scale);
        if base.scale() == scale { Ok(base.mantissa()) } else { Err(too_many_digits()) }
    };
    bases.iter().map(whole).collect()
}

fn too_many_digits() -> Error {
    Error::rejected(Code::InvalidInput, "the bases of an allocation have too many digits; round them")
}

/// Refuses zero and negative amounts, and fractions of a kopeck.
pub fn positive(amount: Decimal, path: &str) -> Result<Decimal> {
    if amount <= Decimal::ZERO {
        return Err(Error::not_positive(path));
    }
    kopecks(amount, path)
}

/// Refuses negative amounts and fractions of a kopeck.
pub fn not_negative(amount: Decimal, path: &str) -> Result<Decimal> {
    if amount < Decimal::ZERO {
        return Err(Error::Invalid {
            code: Code::AmountNotPositive,
            path: path.to_owned(),
            message: format!("{path} must not be negative"),
        });
    }
    kopecks(amount, path)
}

fn kopecks(amount: Decimal, path: &str) -> Result<Decimal> {
    if amount.normalize().scale() > SCALE {
        return Err(Error::invalid(path, format!("{path} has fractions of a kopeck; give two decimal places")));
    }
    // numeric(18,2) holds 16 digits before the point.
    if amount >= Decimal::from(10_000_000_000_000_000_i64) {
        return Err(Error::invalid(path, format!("{path} is too large")));
    }
    Ok(round(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn vat_of_the_two_years() {
        assert_eq!(vat_within(d("1200000"), d("20")), Taxed { net: d("1000000"), vat: d("200000"), gross: d("1200000") });
        assert_eq!(vat_within(d("1200000"), d("22")).vat, d("216393.44"));
        assert_eq!(vat_within(d("75000"), d("22")).net - d("60000"), d("1475.41"));
    }

    #[test]
    fn late_cost_of_the_worked_example() {
        // domain.md 3.3: 100 т, sold 40 + 20, expense 100,001.00.
        let parts = allocate(d("100001"), &[d("40"), d("40"), d("20")]).unwrap();
        assert_eq!(parts, [d("40000.40"), d("40000.40"), d("20000.20")]);
    }

    #[test]
    fn the_remainder_goes_to_the_largest_fraction() {
        assert_eq!(allocate(d("0.02"), &[d("3"), d("7"), d("11")]).unwrap(), [d("0"), d("0.01"), d("0.01")]);
        assert_eq!(allocate(d("100"), &[d("1"), d("1"), d("1")]).unwrap(), [d("33.34"), d("33.33"), d("33.33")]);
    }

    proptest::proptest! {
        #[test]
        fn parts_always_sum_to_the_amount_and_a_storno_mirrors_them(
            kopecks in -10_000_000_000_i64..10_000_000_000,
            bases in proptest::collection::vec(0_i64..1_000_000, 1..30),
        ) {
            let bases: Vec<Decimal> = bases.iter().map(|base| Decimal::new(*base, 3)).collect();
            proptest::prop_assume!(bases.iter().any(|base| !base.is_zero()));
            let amount = Decimal::new(kopecks, 2);
            let parts = allocate(amount, &bases).unwrap();
            proptest::prop_assert_eq!(parts.iter().copied().sum::<Decimal>(), amount);
            let total: Decimal = bases.iter().copied().sum();
            for (part, base) in parts.iter().zip(&bases) {
                proptest::prop_assert!((part - amount * base / total).abs() < Decimal::new(1, 2));
                proptest::prop_assert!(part.scale() <= 2);
            }
            let storno = allocate(-amount, &bases).unwrap();
            proptest::prop_assert!(parts.iter().zip(&storno).all(|(a, b)| *a == -*b));
        }

        #[test]
        fn net_and_vat_always_make_gross(kopecks in 0_i64..1_000_000_000_000, percent in 0_i64..=22) {
            let (amount, percent) = (Decimal::new(kopecks, 2), Decimal::from(percent));
            for taxed in [vat_within(amount, percent), vat_on_top(amount, percent)] {
                proptest::prop_assert_eq!(taxed.net + taxed.vat, taxed.gross);
            }
        }
    }

    #[test]
    fn no_base_is_an_error() {
        assert!(allocate(d("1"), &[]).is_err());
        assert!(allocate(d("1"), &[d("0")]).is_err());
        assert!(allocate(d("1"), &[d("1"), d("-1")]).is_err());
    }
}
