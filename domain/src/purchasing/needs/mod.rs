//! What has to be bought (потребность): what orders of customers ask for, less what lies there and what suppliers owe, by day.
//!
//! An order of a customer names the batch its goods come from, so stock is counted with what these orders take of it: that is in the demand.
//! What other confirmed orders hold (of a later day, of other people's deals) is not free and is left out. Goods on their way, ours already,
//! count as what suppliers owe does: from the day they are expected. A deal that was won may still have trucks to send; only lost ones ask
//! for nothing.

pub mod read;

use chrono::NaiveDate;

/// Goods a customer's order asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The product.
    pub product_id: i64,
    /// The order, a draft or confirmed.
    pub order_id: i64,
    /// Its number.
    pub order_number: String,
    /// The deal.
    pub deal_id: i64,
    /// Its number.
    pub deal_number: String,
    /// When it shall ship.
    pub planned_on: NaiveDate,
    /// Pieces.
    pub pieces: i64,
}

/// How sure a supply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In a draft to a supplier: it is told, not counted.
    Drafted,
    /// A supplier owes it.
    Ordered,
    /// It is ours and on its way.
    OnItsWay,
}

/// Goods that are not here yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supply {
    /// The product.
    pub product_id: i64,
    /// When they are expected.
    pub expected_on: NaiveDate,
    /// Pieces that have not come yet.
    pub pieces: i64,
    /// How sure they are.
    pub standing: Standing,
}

/// What has to be bought of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The product.
    pub product_id: i64,
    /// Pieces asked for until the last day.
    pub demand: i64,
    /// Pieces that lie there, not those on their way.
    pub in_stock: i64,
    /// Pieces of those that are held by confirmed orders whose demand is not counted here.
    pub reserved: i64,
    /// Pieces that are ours, on their way and expected until the last day.
    pub in_transit: i64,
    /// Pieces suppliers owe until the last day.
    pub on_order: i64,
    /// Pieces of drafts to suppliers until the last day, not counted.
    pub drafted: i64,
    /// Pieces to buy: what is asked for, less what is free, on its way and on order.
    pub to_buy: i64,
    /// The first day there is less than is asked for by then, also when more comes later.
    pub short_on: Option<NaiveDate>,
    /// The most pieces that are missing on any day.
    pub short: i64,
    /// Which orders ask for it, the first to ship first.
    pub demands: Vec<Demand>,
}

/// What lies there of a product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Here {
    in_stock: i64,
    reserved: i64,
}

/// The need of one product; `demands` by day.
fn need(product_id: i64, here: Here, demands: Vec<Demand>, supplies: &[Supply]) -> Need {
    let whole =
        |standing: Standing| -> i64 { supplies.iter().filter(|one| one.standing == standing).map(|one| one.pieces).sum() };
    let comes_by = |day: NaiveDate| -> i64 {
        let counts = |one: &&Supply| one.standing != Standing::Drafted && one.expected_on <= day;
        supplies.iter().filter(counts).map(|one| one.pieces).sum()
    };
    let demand: i64 = demands.iter().map(|one| one.pieces).sum();
    let free = here.in_stock - here.reserved;
    let (in_transit, on_order) = (whole(Standing::OnItsWay), whole(Standing::Ordered));
    let (mut asked, mut short, mut short_on) = (0, 0, None);
    for (index, one) in demands.iter().enumerate() {
        asked += one.pieces;
        // Trucks of one day leave together.
        let last_of_day = demands.get(index + 1).is_none_or(|next| next.planned_on > one.planned_on);
        let missing = asked - free - comes_by(one.planned_on);
        if last_of_day && missing > 0 {
            short = short.max(missing);
            short_on = short_on.or(Some(one.planned_on));
        }
    }
    let to_buy = (demand - free - in_transit - on_order).max(0);
    let drafted = whole(Standing::Drafted);
    let Here { in_stock, reserved } = here;
    Need { product_id, demand, in_stock, reserved, in_transit, on_order, drafted, to_buy, short_on, short, demands }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, of_month).unwrap()
    }

    fn demand(on: u32, pieces: i64) -> Demand {
        Demand {
            product_id: 1,
            order_id: 1,
            order_number: String::new(),
            deal_id: 1,
            deal_number: String::new(),
            planned_on: day(on),
            pieces,
        }
    }

    fn supply(on: u32, pieces: i64, standing: Standing) -> Supply {
        Supply { product_id: 1, expected_on: day(on), pieces, standing }
    }

    fn here(in_stock: i64, reserved: i64) -> Here {
        Here { in_stock, reserved }
    }

    #[test]
    fn what_is_asked_for_less_stock_and_what_comes_is_to_buy() {
        // 30 lie there; trucks take 20 on the 5th, 25 on the 10th, 40 on the 20th; 30 come on the 12th, 5 more are only drafted.
        let comes = [supply(12, 30, Standing::Ordered), supply(3, 5, Standing::Drafted)];
        let of = need(1, here(30, 0), vec![demand(5, 20), demand(10, 25), demand(20, 40)], &comes);
        assert_eq!((of.demand, of.on_order, of.drafted, of.to_buy), (85, 30, 5, 25));
        // On the 10th 15 are missing, whatever comes on the 12th; on the 20th 25.
        assert_eq!((of.short_on, of.short), (Some(day(10)), 25));
    }

    #[test]
    fn enough_in_sum_may_be_too_late() {
        let of = need(1, here(0, 0), vec![demand(5, 10)], &[supply(6, 10, Standing::Ordered)]);
        assert_eq!((of.to_buy, of.short_on, of.short), (0, Some(day(5)), 10));
        let of = need(1, here(0, 0), vec![demand(5, 4), demand(5, 6)], &[supply(5, 10, Standing::Ordered)]);
        assert_eq!((of.to_buy, of.short_on, of.short), (0, None, 0));
    }

    #[test]
    fn what_is_on_its_way_counts_from_its_day_and_what_others_hold_not_at_all() {
        // 10 lie there, 4 of them for somebody else; trucks take 8 on the 5th and 8 on the 20th; 12 are on their way until the 12th.
        let of = need(1, here(10, 4), vec![demand(5, 8), demand(20, 8)], &[supply(12, 12, Standing::OnItsWay)]);
        assert_eq!((of.in_stock, of.reserved, of.in_transit, of.on_order, of.to_buy), (10, 4, 12, 0, 0));
        assert_eq!((of.short_on, of.short), (Some(day(5)), 2));
        // Expected on the day of the truck they are in time.
        let of = need(1, here(10, 4), vec![demand(12, 8)], &[supply(12, 2, Standing::OnItsWay)]);
        assert_eq!((of.to_buy, of.short_on, of.short), (0, None, 0));
    }
}
