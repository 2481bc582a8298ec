//! What pieces of a batch may become, and what each becomes costs. Pure.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Goods;
use crate::batches::expenses::split::{self, Amount};
use crate::batches::{Issue, TONNE_SCALE};
use crate::error::{Code, Error, Result};

/// Decimal places of metres.
const METRE_SCALE: u32 = 3;

/// Refuses a product that pieces cannot be cut into: only their length may change.
pub(super) fn same_but_length(from: &Goods, into: &Goods, path: &str) -> Result<()> {
    if (&from.profile, &from.condition) == (&into.profile, &into.condition) {
        return Ok(());
    }
    Err(mismatch(path, format!("cut {} {} only into products of that profile and condition", from.profile, from.condition)))
}

/// Refuses a product that pieces cannot be regraded to: only their condition changes.
pub(super) fn same_but_condition(from: &Goods, into: &Goods) -> Result<()> {
    if (&from.profile, from.length_m) != (&into.profile, into.length_m) || from.condition == into.condition {
        let message =
            format!("choose a product of {} and {} m that is not {}", from.profile, from.length_m.normalize(), from.condition);
        return Err(mismatch("productId", message));
    }
    Ok(())
}

fn mismatch(path: &str, message: String) -> Error {
    Error::Invalid { code: Code::ProductMismatch, path: path.to_owned(), message }
}

/// Refuses a cut of `pieces` of `length_m` into `parts` (pieces and length of each) and `scrap` metres that cannot be.
///
/// Errors: `LENGTH_MISMATCH`, `INVALID_INPUT`.
pub(super) fn check_cut(pieces: i64, length_m: Decimal, parts: &[(i64, Decimal)], scrap: Decimal) -> Result<()> {
    if scrap < Decimal::ZERO || scrap.normalize().scale() > METRE_SCALE {
        return Err(Error::invalid("scrapMetres", "kerf and scrap are 0 metres or more, with at most three decimal places"));
    }
    let unfit = |message| Err(Error::rejected(Code::LengthMismatch, message));
    let told = |metres: Decimal| metres.normalize();
    if let Some((_, part)) = parts.iter().find(|(_, part)| *part >= length_m) {
        let message = format!(
            "a piece of {} m gives no part of {} m; name shorter ones, leave out what stays whole",
            told(length_m),
            told(*part)
        );
        return unfit(message);
    }
    let whole = Decimal::from(pieces) * length_m;
    let used = scrap + parts.iter().map(|(count, part)| Decimal::from(*count) * part).sum::<Decimal>();
    if used != whole {
        let (more, by) = if used > whole { ("more", used - whole) } else { ("less", whole - used) };
        return unfit(format!(
            "{pieces} pieces of {} m are {} m, the parts with kerf and scrap {} m, {} m {more}; correct a part or the scrap",
            told(length_m),
            told(whole),
            told(used),
            told(by)
        ));
    }
    // Of parts longer than a k-th of a piece, a piece gives fewer than k.
    for (_, part) in parts {
        let each = (length_m / part).floor();
        let longer: i64 = parts.iter().filter(|(_, other)| other >= part).map(|(count, _)| *count).sum();
        if Decimal::from(longer) > each * Decimal::from(pieces) {
            return unfit(format!(
                "{pieces} pieces of {} m give at most {} parts of {} m or more, {longer} are asked for",
                told(length_m),
                each * Decimal::from(pieces),
                told(*part)
            ));
        }
    }
    Ok(())
}

/// What a child takes of the goods it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Portion {
    /// Metres of the parent, with its part of kerf and scrap.
    pub(super) taken: Decimal,
    /// Tonnes by the scales.
    pub(super) tonnes_weighed: Decimal,
    /// Its cost by day: the day of the operation first, then what came to the parent later.
    pub(super) costs: BTreeMap<NaiveDate, Amount>,
}

impl Portion {
    /// Its whole cost.
    pub(super) fn cost(&self) -> Amount {
        self.costs.values().copied().sum()
    }
}

/// Divides what left a batch on a day over the children made of it, by their metres.
pub(super) fn divide(issue: &Issue, on: NaiveDate, metres: &[Decimal]) -> Result<Vec<Portion>> {
    let made: Decimal = metres.iter().sum();
    let mut portions = Vec::with_capacity(metres.len());
    let mut rest = issue.stock.metres;
    let mut weight = if made == issue.stock.metres {
        issue.stock.tonnes_weighed
    } else {
        (issue.stock.tonnes_weighed * made / issue.stock.metres).round_dp(TONNE_SCALE)
    };
    let (all, heavy) = (rest, weight);
    for (index, own) in metres.iter().enumerate() {
        let last = index + 1 == metres.len();
        let taken = if last { rest } else { (all * own / made).round_dp(TONNE_SCALE) };
        let tonnes_weighed = if last { weight } else { (heavy * own / made).round_dp(TONNE_SCALE) };
        rest -= taken;
        weight -= tonnes_weighed;
        portions.push(Portion { taken, tonnes_weighed, costs: BTreeMap::new() });
    }
    let days = std::iter::once((on, issue.on_the_day()));
    let later = issue.later.iter().map(|part| (part.on, Amount { value: part.value, vat: part.vat }));
    for (day, of) in days.chain(later) {
        for (portion, part) in portions.iter_mut().zip(split::by_bases(of, metres)?) {
            let sum = portion.costs.entry(day).or_default();
            *sum = *sum + part;
        }
    }
    Ok(portions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batches::Later;
    use crate::ledger::Stock;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn cut(pieces: i64, parts: &[(i64, &str)], scrap: &str) -> Option<Code> {
        let parts: Vec<_> = parts.iter().map(|(count, length)| (*count, d(length))).collect();
        check_cut(pieces, d("12"), &parts, d(scrap)).err().map(|error| error.code())
    }

    #[test]
    fn lengths_add_up_and_fit() {
        assert_eq!(cut(2, &[(2, "7.5"), (2, "4.45")], "0.1"), None);
        assert_eq!(cut(2, &[(4, "5"), (2, "1.95")], "0.1"), None);
        assert_eq!(cut(2, &[(2, "7.5"), (2, "4.45")], "0.11"), Some(Code::LengthMismatch));
        assert_eq!(cut(2, &[(3, "7.5")], "1.5"), Some(Code::LengthMismatch));
        assert_eq!(cut(2, &[(3, "8")], "0"), Some(Code::LengthMismatch), "a weld is no cut");
        assert_eq!(cut(2, &[(1, "12"), (1, "6")], "6"), Some(Code::LengthMismatch));
        assert_eq!(cut(1, &[(1, "13")], "-1"), Some(Code::InvalidInput));
        assert_eq!(cut(1, &[(1, "6")], "6.0001"), Some(Code::InvalidInput));
        assert_eq!(cut(1, &[(2, "7")], "0"), Some(Code::LengthMismatch));
    }

    #[test]
    fn scrap_has_no_value_and_what_came_later_goes_later() {
        let day = |of_month| NaiveDate::from_ymd_opt(2026, 2, of_month).unwrap();
        let stock = Stock { pieces: 2, metres: d("24"), tonnes_weighed: d("2.4"), ..Stock::default() };
        let later = vec![Later { on: day(20), value: d("10"), vat: d("0") }];
        let issue = Issue { stock, value: d("110.01"), vat: d("22"), weight_left: d("0"), later };
        let portions = divide(&issue, day(10), &[d("15"), d("8")]).unwrap();
        let costs: Vec<Vec<Decimal>> =
            portions.iter().map(|portion| portion.costs.values().map(|amount| amount.value).collect()).collect();
        assert_eq!(costs, [[d("65.22"), d("6.52")], [d("34.79"), d("3.48")]]);
        assert_eq!(portions.iter().map(|portion| portion.cost().vat).sum::<Decimal>(), d("22"));
        assert_eq!(portions.iter().map(|portion| portion.taken).sum::<Decimal>(), d("24"));
        assert_eq!(portions.iter().map(|portion| portion.tonnes_weighed).sum::<Decimal>(), d("2.3"));
    }
}
