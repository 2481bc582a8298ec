//! What pieces of a batch may become, and what each becomes costs. Pure.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Goods;
use crate::batches::expenses::split::{self, Amount};
use crate::batches::{Issue, TONNE_SCALE};
use crate::catalog::Condition;
use crate::error::{Code, Error, Result};
use crate::money;

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

/// Refuses a product that scrap of these goods cannot be, and more metres of it than the cut leaves beside its parts.
///
/// Errors: `PRODUCT_MISMATCH`, `LENGTH_MISMATCH`.
pub(super) fn check_scrap(from: &Goods, into: &Goods, metres: Decimal, scrap: Decimal) -> Result<()> {
    if from.profile != into.profile || into.condition != Condition::Scrap.as_str() {
        let message =
            format!("scrap of {} is a product of that profile in the condition SCRAP; choose or create it", from.profile);
        return Err(mismatch("scrap.productId", message));
    }
    if metres > scrap {
        let message = format!(
            "the cut leaves {} m of kerf and scrap, the kept scrap is {} m; correct its pieces, or the scrap of the cut",
            scrap.normalize(),
            metres.normalize()
        );
        return Err(Error::rejected(Code::LengthMismatch, message));
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

/// How the cost of a child is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bears {
    /// By its metres.
    Metres(Decimal),
    /// Scrap: so many metres, worth so many roubles; tonnes by the scales, when it was weighed.
    Worth { metres: Decimal, value: Decimal, tonnes_weighed: Option<Decimal> },
}

/// Divides what left a batch on a day over the children made of it, in their order. Scrap with a value takes that of the cost of the day, and
/// none of the parent's metres, so nothing of a later cost; the others take the rest by their metres.
///
/// Errors: `BATCH_VALUE_SHORT` for scrap that is worth more than the goods cost.
pub(super) fn divide(issue: &Issue, on: NaiveDate, children: &[Bears]) -> Result<Vec<Portion>> {
    let mut goods = issue.on_the_day();
    let cost = goods;
    let mut kept = Vec::new();
    for child in children {
        if let Bears::Worth { metres, value, tonnes_weighed } = *child {
            if value > goods.value {
                let message = format!(
                    "what is cut cost {} on {on}, and the scrap of it would be worth {value}; correct its value or its weight",
                    cost.value
                );
                return Err(Error::rejected(Code::BatchValueShort, message));
            }
            let aside = Amount { value, vat: money::share(cost.vat, value, cost.value) };
            goods = goods - aside;
            let share = || (issue.stock.tonnes_weighed * metres / issue.stock.metres).round_dp(TONNE_SCALE);
            let tonnes_weighed = tonnes_weighed.unwrap_or_else(share);
            kept.push(Portion { taken: Decimal::ZERO, tonnes_weighed, costs: BTreeMap::from([(on, aside)]) });
        }
    }
    let by_metres = |child: &Bears| if let Bears::Metres(metres) = child { Some(*metres) } else { None };
    let metres: Vec<Decimal> = children.iter().filter_map(by_metres).collect();
    let (mut parts, mut kept) = (parts(issue, (on, goods), &metres)?.into_iter(), kept.into_iter());
    let next = |child: &Bears| if matches!(child, Bears::Metres(_)) { parts.next() } else { kept.next() };
    Ok(children.iter().filter_map(next).collect())
}

/// The portions of those that take the cost by their metres: `goods` of the day and whatever came later.
fn parts(issue: &Issue, (on, goods): (NaiveDate, Amount), metres: &[Decimal]) -> Result<Vec<Portion>> {
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
    let days = std::iter::once((on, goods));
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
        let portions = divide(&issue, day(10), &[Bears::Metres(d("15")), Bears::Metres(d("8"))]).unwrap();
        let costs: Vec<Vec<Decimal>> =
            portions.iter().map(|portion| portion.costs.values().map(|amount| amount.value).collect()).collect();
        assert_eq!(costs, [[d("65.22"), d("6.52")], [d("34.79"), d("3.48")]]);
        assert_eq!(portions.iter().map(|portion| portion.cost().vat).sum::<Decimal>(), d("22"));
        assert_eq!(portions.iter().map(|portion| portion.taken).sum::<Decimal>(), d("24"));
        assert_eq!(portions.iter().map(|portion| portion.tonnes_weighed).sum::<Decimal>(), d("2.3"));
    }

    #[test]
    fn scrap_with_a_value_takes_it_of_the_day_and_nothing_of_what_came_later() {
        let day = |of_month| NaiveDate::from_ymd_opt(2026, 2, of_month).unwrap();
        let stock = Stock { pieces: 2, metres: d("24"), tonnes_weighed: d("2.4"), ..Stock::default() };
        let later = vec![Later { on: day(20), value: d("10"), vat: d("0") }];
        let issue = Issue { stock, value: d("110.01"), vat: d("22"), weight_left: d("0"), later };
        let kept = |value| Bears::Worth { metres: d("1"), value: d(value), tonnes_weighed: None };
        let portions = divide(&issue, day(10), &[Bears::Metres(d("15")), kept("0.01"), Bears::Metres(d("8"))]).unwrap();
        // A hundred roubles of the day are left for 23 metres; the ten of the 20th are theirs alone.
        let costs: Vec<Vec<Decimal>> =
            portions.iter().map(|portion| portion.costs.values().map(|amount| amount.value).collect()).collect();
        assert_eq!(costs, [vec![d("65.22"), d("6.52")], vec![d("0.01")], vec![d("34.78"), d("3.48")]]);
        assert_eq!(portions.iter().map(|portion| portion.cost().vat).sum::<Decimal>(), d("22"));
        assert_eq!(portions.iter().map(|portion| portion.taken).sum::<Decimal>(), d("24"));
        assert_eq!((portions[1].taken, portions[1].tonnes_weighed), (d("0"), d("0.1")));
        let whole = divide(&issue, day(10), &[Bears::Metres(d("15")), kept("100.01")]).unwrap();
        assert_eq!((whole[0].cost().value, whole[0].cost().vat), (d("10"), d("0")));
        let more = divide(&issue, day(10), &[Bears::Metres(d("15")), kept("100.02")]);
        assert_eq!(more.unwrap_err().code(), Code::BatchValueShort);
    }

    #[test]
    fn scrap_is_of_the_profile_and_what_the_cut_leaves() {
        let goods = |profile: &str, condition: &str| Goods {
            product_id: 1,
            profile: profile.to_owned(),
            condition: condition.to_owned(),
            length_m: d("12"),
            kg_per_m: d("100"),
        };
        let refused = |into: Goods, metres, left| {
            check_scrap(&goods("Л5", "new"), &into, d(metres), d(left)).err().map(|error| error.code())
        };
        assert_eq!(refused(goods("Л5", "scrap"), "1.5", "1.5"), None);
        assert_eq!(refused(goods("Л5", "scrap"), "1.6", "1.5"), Some(Code::LengthMismatch));
        assert_eq!(refused(goods("Л5", "used"), "1", "1.5"), Some(Code::ProductMismatch));
        assert_eq!(refused(goods("Л4", "scrap"), "1", "1.5"), Some(Code::ProductMismatch));
    }
}
