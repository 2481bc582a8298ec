//! The price itself: from cost to price, from price to margin, and the floor. Pure, and exact until the last rounding.
//!
//! Formulas (all amounts without the VAT of the sale; under ОСНО costs are net of VAT too, under УСН they include it, as batches keep them):
//! - margin %, of revenue `R`: `(R − c − d − kR) / R = m`, so `R = (c + d) / (1 − m − k)`; markup %, on cost: `R = (c + d)(1 + u) / (1 − k)`,
//!   where `c` is the cost of the goods, `d` the direct expenses and `k` the commission on revenue. Without `d` and `k` these are the
//!   canonical `p = c / (1 − m)` and `p = c (1 + u)`.
//! - with VAT `P = p (1 + v)`, rounded **up** to the price step after VAT; the floor is the same with the least margin:
//!   `p_min = (c + d) / (1 − m_min − k)`.
//!   Expenses in a floor are passed on at what they are, whoever asks, and rounded up by themselves.
//! - a price typed with VAT is split as an order splits it (`round(P · v / (100 + v))`), so a quote and its order agree to the kopeck.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::companies::Tax;
use crate::error::{Error, Result};
use crate::money::{self, Taxed};

/// What a price shall bring (цель цены), percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Маржа: what is left of revenue after goods, expenses and commission.
    Margin(Decimal),
    /// Наценка: on the cost of goods and expenses.
    Markup(Decimal),
}

/// Whether direct expenses earn, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// They bear the margin like goods.
    Earning,
    /// They are passed on at what they are. Whoever may not see cost quotes so: were the slope of the price in the expenses `1/(1 − m − k)`,
    /// two quotes would tell the margin, and then every price its cost.
    AtCost,
}

/// What a sale costs, roubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Of the goods.
    pub goods: Decimal,
    /// Direct expenses: freight to the customer and the like.
    pub expenses: Decimal,
    /// Commission, percent of revenue.
    pub commission_percent: Decimal,
    /// Whether the expenses earn.
    pub passing: Passing,
}

/// What a sale brings (результат сделки), roubles; percents are `None` where there is nothing to divide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earned {
    /// Revenue and its VAT.
    pub sum: Taxed,
    /// Валовая прибыль: revenue − cost of goods.
    pub gross_profit: Decimal,
    /// Рентабельность: gross profit of revenue, percent.
    pub margin_percent: Option<Decimal>,
    /// Наценка: gross profit on cost of goods, percent.
    pub markup_percent: Option<Decimal>,
    /// Commission.
    pub commission: Decimal,
    /// Маржинальный доход after expenses and commission.
    pub contribution: Decimal,
    /// The same of revenue, percent: what a target margin and the floor are about.
    pub contribution_percent: Option<Decimal>,
}

/// The revenue that reaches the target, exact. Errors: `INVALID_INPUT` when margin and commission leave nothing.
pub fn revenue(costs: Costs, target: Target) -> Result<Decimal> {
    let part = |percent: Decimal| percent / Decimal::ONE_HUNDRED;
    let kept = Decimal::ONE - part(costs.commission_percent);
    let (factor, rest) = match target {
        Target::Margin(margin) => (Decimal::ONE, kept - part(margin)),
        Target::Markup(markup) => (Decimal::ONE + part(markup), kept),
    };
    // Below a hundredth prices grow without end.
    if rest < Decimal::new(1, 2) || kept < Decimal::new(1, 2) || factor <= Decimal::ZERO {
        let message =
            "margin and commission together must leave at least 1 % of the price, a markup more than -100 %; lower them";
        return Err(Error::invalid("target", message));
    }
    let divided = |amount: Decimal, by: Decimal| amount.checked_div(by).ok_or_else(too_large);
    let goods = divided(costs.goods.checked_mul(factor).ok_or_else(too_large)?, rest)?;
    let expenses = match costs.passing {
        Passing::Earning => divided(costs.expenses.checked_mul(factor).ok_or_else(too_large)?, rest)?,
        Passing::AtCost => divided(costs.expenses, kept)?,
    };
    goods.checked_add(expenses).ok_or_else(too_large)
}

/// The price of a unit with VAT, rounded up to `step`: `P = ⌈R / q · (1 + v) / step⌉ · step`. Errors: `INVALID_INPUT` (too large).
pub fn per_unit(revenue: Decimal, quantity: Decimal, tax: Tax, step: Decimal) -> Result<Decimal> {
    let with_vat = Decimal::ONE + tax.percent / Decimal::ONE_HUNDRED;
    let exact = revenue.checked_div(quantity).and_then(|net| net.checked_mul(with_vat)).ok_or_else(too_large)?;
    // Division leaves 28 digits: what lies beyond a millionth is no reason for another step.
    let steps = exact.round_dp(6).checked_div(step).ok_or_else(too_large)?.ceil();
    steps.checked_mul(step).map(money::round).ok_or_else(too_large)
}

/// The price of a unit that reaches the target, with VAT, rounded up to `step`. Errors: `INVALID_INPUT`.
///
/// Expenses that are passed on are rounded by themselves: were they added before, a few quotes with other expenses would tell how far the
/// price of the goods lies from its next step, and so its cost to the kopeck.
pub fn gross(costs: Costs, target: Target, quantity: Decimal, tax: Tax, step: Decimal) -> Result<Decimal> {
    let of = |costs: Costs| per_unit(revenue(costs, target)?, quantity, tax, step);
    match costs.passing {
        Passing::Earning => of(costs),
        Passing::AtCost => {
            let goods = of(Costs { expenses: Decimal::ZERO, ..costs })?;
            let expenses = of(Costs { goods: Decimal::ZERO, ..costs })?;
            goods.checked_add(expenses).ok_or_else(too_large)
        }
    }
}

/// What a sale for `sum` brings.
pub fn earned(sum: Taxed, costs: Costs) -> Earned {
    let percent = |part: Decimal, whole: Decimal| (part * Decimal::ONE_HUNDRED).checked_div(whole).map(money::round);
    let commission = money::round(sum.net * costs.commission_percent / Decimal::ONE_HUNDRED);
    let gross_profit = sum.net - costs.goods;
    let contribution = gross_profit - costs.expenses - commission;
    Earned {
        sum,
        gross_profit,
        margin_percent: percent(gross_profit, sum.net),
        markup_percent: percent(gross_profit, costs.goods),
        commission,
        contribution,
        contribution_percent: percent(contribution, sum.net),
    }
}

/// How far `gross` lies below the list, percent of the list; negative when above, `None` without a list.
pub fn discount_percent(gross: Decimal, list_gross: Decimal) -> Option<Decimal> {
    ((list_gross - gross) * Decimal::ONE_HUNDRED).checked_div(list_gross).map(money::round)
}

fn too_large() -> Error {
    Error::invalid("input", "a sum is too large; look for a price or quantity with too many digits")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    const OSNO: Tax = Tax { percent: Decimal::from_parts(22, 0, 0, false, 0), deducts_input: true };

    fn costs(goods: &str, expenses: &str, commission: &str) -> Costs {
        Costs { goods: d(goods), expenses: d(expenses), commission_percent: d(commission), passing: Passing::Earning }
    }

    #[test]
    fn canonical_prices() {
        // domain.md: p = c / (1 − m), p = c (1 + k), m = k / (1 + k).
        assert_eq!(revenue(costs("60000", "0", "0"), Target::Margin(d("20"))).unwrap(), d("75000"));
        assert_eq!(revenue(costs("60000", "0", "0"), Target::Markup(d("25"))).unwrap(), d("75000"));
        assert_eq!(revenue(costs("60000", "6000", "4"), Target::Margin(d("16"))).unwrap(), d("82500"));
        assert_eq!(revenue(costs("60000", "0", "4"), Target::Markup(d("20"))).unwrap(), d("75000"));
        let passed = Costs { passing: Passing::AtCost, ..costs("60000", "9600", "4") };
        assert_eq!(revenue(passed, Target::Margin(d("16"))).unwrap(), d("85000"), "75,000 for goods and 10,000 for freight");
        for target in [Target::Margin(d("99.5")), Target::Margin(d("100")), Target::Markup(d("-100"))] {
            assert!(revenue(costs("1", "0", "0"), target).is_err(), "{target:?}");
        }
        assert!(revenue(costs("1", "0", "96"), Target::Margin(d("4"))).is_err());
    }

    #[test]
    fn a_price_is_rounded_up_after_vat() {
        assert_eq!(per_unit(d("75000"), d("1"), OSNO, d("100")).unwrap(), d("91500"));
        assert_eq!(per_unit(d("75000.01"), d("1"), OSNO, d("100")).unwrap(), d("91600"));
        assert_eq!(per_unit(d("100"), d("3"), OSNO, d("0.01")).unwrap(), d("40.67"));
    }

    #[test]
    fn expenses_passed_on_do_not_move_the_price_of_the_goods() {
        let step = d("100");
        let of = |expenses: &str| {
            let costs = Costs { passing: Passing::AtCost, ..costs("61234.56", expenses, "0") };
            gross(costs, Target::Margin(d("16")), d("1"), OSNO, step).unwrap()
        };
        // 61,234.56 / 0.84 with VAT is 88,935.90: 89,000.
        assert_eq!(of("0"), d("89000"));
        for (expenses, more) in [("0.01", "100"), ("50", "100"), ("81.96", "100"), ("81.97", "200"), ("8196.72", "10000")] {
            assert_eq!(of(expenses), d("89000") + d(more), "{expenses}");
        }
    }

    #[test]
    fn goods_of_a_seller_without_vat_earn_little() {
        // Bought for 60,000 without VAT, sold for 75,000 with it: 1,475.41, not 15,000 (domain.md 3.10).
        let sale = earned(OSNO.split(d("75000"), true), costs("60000", "0", "0"));
        assert_eq!((sale.gross_profit, sale.margin_percent), (d("1475.41"), Some(d("2.40"))));
        // УСН 5 %: 1,050,000 that cost 900,000 earns 100,000.
        let usn = Tax { percent: d("5"), deducts_input: false };
        assert_eq!(earned(usn.split(d("1050000"), true), costs("900000", "0", "0")).gross_profit, d("100000.00"));
        let nothing = earned(OSNO.split(d("0"), true), costs("0", "0", "0"));
        assert_eq!((nothing.margin_percent, nothing.markup_percent), (None, None));
    }

    #[test]
    fn a_discount_is_of_the_list() {
        assert_eq!(discount_percent(d("97000"), d("100000")), Some(d("3.00")));
        assert_eq!(discount_percent(d("101000"), d("100000")), Some(d("-1.00")));
        assert_eq!(discount_percent(d("1"), d("0")), None);
    }

    prop_compose! {
        fn any_costs()(goods in 1_i64..5_000_000_000, expenses in 0_i64..500_000_000, commission in 0_i64..1000, at_cost: bool) -> Costs {
            let passing = if at_cost { Passing::AtCost } else { Passing::Earning };
            Costs { goods: Decimal::new(goods, 2), expenses: Decimal::new(expenses, 2), commission_percent: Decimal::new(commission, 2), passing }
        }
    }

    proptest! {
        #[test]
        fn the_price_reaches_its_margin_and_one_step_less_does_not(
            costs in any_costs(), margin in 0_i64..8000, percent in prop::sample::select(vec![0_i64, 5, 7, 20, 22]), grams in 1_i64..50_000_000,
        ) {
            let (tax, margin) = (Tax { percent: Decimal::from(percent), deducts_input: true }, Decimal::new(margin, 2));
            let quantity = Decimal::new(grams, 6);
            let step = Decimal::ONE;
            let asked = revenue(costs, Target::Margin(margin)).unwrap();
            let price = per_unit(asked, quantity, tax, step).unwrap();
            prop_assert_eq!(price % step, Decimal::ZERO);
            // Kopecks of the sums are rounded: net, VAT, commission.
            let allowed = Decimal::new(3, 2);
            let net = |price: Decimal| tax.split(money::round(price * quantity), true).net;
            prop_assert!(net(price) + allowed >= asked, "{} brings {} of {}", price, net(price), asked);
            prop_assert!(net(price - step) <= asked + allowed);
            if costs.passing == Passing::Earning {
                let earned = earned(tax.split(money::round(price * quantity), true), costs);
                let wanted = earned.sum.net * margin / Decimal::ONE_HUNDRED;
                prop_assert!(earned.contribution + allowed >= wanted, "{:?}", earned);
            }
        }

        #[test]
        fn margin_and_markup_are_two_names_of_one_price(costs in any_costs(), markup in 0_i64..30_000) {
            let costs = Costs { commission_percent: Decimal::ZERO, passing: Passing::Earning, ..costs };
            let markup = Decimal::new(markup, 2);
            let margin = markup * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + markup);
            let (one, other) = (revenue(costs, Target::Markup(markup)).unwrap(), revenue(costs, Target::Margin(margin)).unwrap());
            prop_assert!((one - other).abs() < Decimal::new(1, 6), "{} {}", one, other);
        }

        #[test]
        fn what_is_passed_on_tells_no_margin(costs in any_costs(), more in 1_i64..1_000_000, margin in 0_i64..5000, other in 0_i64..5000) {
            let costs = Costs { passing: Passing::AtCost, ..costs };
            let dearer = Costs { expenses: costs.expenses + Decimal::new(more, 2), ..costs };
            let slope = |margin| {
                let target = Target::Margin(Decimal::new(margin, 2));
                revenue(dearer, target).unwrap() - revenue(costs, target).unwrap()
            };
            prop_assert!((slope(margin) - slope(other)).abs() < Decimal::new(1, 9));
        }
    }
}
