//! What the customer still has of a shipped order (остаток отгрузки), by the ledger: shipped and corrected, less what was returned.
//!
//! It is never read from the shipment: costs learnt later and corrections are part of it. Of an order at our risk that is not unloaded it is
//! what is on its way: the cost by the ledger, the price as shipped less what came back. A part leaves by pieces, the last piece takes
//! the rest, so that all returns of a line together give back exactly what was posted for it.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::store::Terms;
use super::{Line, Order, Status};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::{Account, CostElement, Sale, Stock};
use crate::money;

/// Decimal places of metres.
const METRE_SCALE: u32 = 3;
/// Decimal places of tonnes.
const TONNE_SCALE: u32 = 6;

/// Goods with their cost, by the element it was paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// The goods, measures positive; only one element carries them.
    pub(super) stock: Stock,
    /// Roubles.
    pub(super) value: Decimal,
    /// The VAT that belongs to it (memo).
    pub(super) vat: Decimal,
}

/// A part of a line, or what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// The goods at the measures of the sale, positive; nothing of a service.
    pub(super) goods: Stock,
    /// Revenue, roubles without VAT.
    pub(super) net: Decimal,
    /// Its VAT.
    pub(super) vat: Decimal,
    /// The price includes the VAT: then the sum with VAT is what is divided, otherwise the one without.
    pub(super) includes_vat: bool,
    /// What the goods cost.
    pub(super) costs: Vec<Cost>,
}

/// What is left of a line.
#[derive(Debug, Clone)]
pub(super) struct Left {
    /// The dimensions of its sale: manager and channel as they were at shipping.
    pub(super) sale: Sale,
    /// How much.
    pub(super) held: Held,
    /// The last day something other than a return changed its revenue.
    pub(super) priced_on: NaiveDate,
    /// The same of its revenue or its cost.
    pub(super) changed_on: NaiveDate,
    /// Pieces of it that were bought back.
    pub(super) bought: i64,
}

impl Held {
    /// Takes `pieces`, at most those that are left.
    pub(super) fn take(&mut self, pieces: i64) -> Self {
        let whole = self.goods.pieces;
        let cost = |cost: &Cost| Cost {
            stock: part(cost.stock, pieces, whole),
            value: share(cost.value, pieces, whole),
            vat: share(cost.vat, pieces, whole),
        };
        let vat = share(self.vat, pieces, whole);
        let net = if self.includes_vat { share(self.gross(), pieces, whole) - vat } else { share(self.net, pieces, whole) };
        let taken = Self {
            goods: part(self.goods, pieces, whole),
            net,
            vat,
            includes_vat: self.includes_vat,
            costs: self.costs.iter().map(cost).collect(),
        };
        self.goods = less(self.goods, taken.goods);
        self.net -= taken.net;
        self.vat -= taken.vat;
        for (left, out) in self.costs.iter_mut().zip(&taken.costs) {
            *left = Cost { stock: less(left.stock, out.stock), value: left.value - out.value, vat: left.vat - out.vat };
        }
        taken
    }

    /// With VAT.
    pub(super) fn gross(&self) -> Decimal {
        self.net + self.vat
    }

    /// What it cost.
    pub(super) fn cost(&self) -> Decimal {
        self.costs.iter().map(|cost| cost.value).sum()
    }
}

fn share(amount: Decimal, pieces: i64, whole: i64) -> Decimal {
    money::share(amount, pieces.into(), whole.into())
}

/// The share of `pieces` in the measures of goods that were `whole` pieces.
fn part(of: Stock, pieces: i64, whole: i64) -> Stock {
    let scaled = |measure: Decimal, scale| match whole {
        _ if pieces == whole => measure,
        0 => Decimal::ZERO,
        _ => (measure * Decimal::from(pieces) / Decimal::from(whole)).round_dp(scale),
    };
    Stock {
        // Goods that cost by several elements are counted in one of them.
        pieces: if of.pieces == 0 { 0 } else { pieces },
        metres: scaled(of.metres, METRE_SCALE),
        tonnes_theoretical: scaled(of.tonnes_theoretical, TONNE_SCALE),
        tonnes_weighed: scaled(of.tonnes_weighed, TONNE_SCALE),
        ..of
    }
}

fn less(of: Stock, taken: Stock) -> Stock {
    Stock {
        pieces: of.pieces - taken.pieces,
        metres: of.metres - taken.metres,
        tonnes_theoretical: of.tonnes_theoretical - taken.tonnes_theoretical,
        tonnes_weighed: of.tonnes_weighed - taken.tonnes_weighed,
        ..of
    }
}

/// The day a shipped order counts as sold from (of goods on their way: the day they left), not after `on`. Errors: `ORDER_STATUS`,
/// `DATE_TOO_EARLY`.
pub(super) fn sold_by(order: &Order, on: NaiveDate) -> Result<NaiveDate> {
    let (Status::Shipped | Status::Delivered, Some(shipped_on)) = (order.status, order.shipped_on) else {
        let message = format!(
            "order {} is {}; only what was shipped is returned or corrected: revise or cancel the order",
            order.number,
            order.status.as_str()
        );
        return Err(Error::rejected(Code::OrderStatus, message));
    };
    let sold_on = order.sold_on().unwrap_or(shipped_on);
    not_before(
        on,
        sold_on,
        if order.title_on_delivery && !order.is_ours_yet() { "the order was delivered" } else { "the order was shipped" },
    )?;
    Ok(sold_on)
}

/// Refuses a date before something happened. Errors: `DATE_TOO_EARLY`.
pub(super) fn not_before(on: NaiveDate, since: NaiveDate, what: &str) -> Result<()> {
    if on < since {
        return Err(Error::rejected(
            Code::DateTooEarly,
            format!("{what} on {since}; {on} lies before, use that day or a later one"),
        ));
    }
    Ok(())
}

/// The line `asked` for at `path`, which is named once among those `before` it. Errors: `NOT_FOUND`, `INVALID_INPUT`.
pub(super) fn line_of<'a>(lines: &'a [Line], asked: i64, mut before: impl Iterator<Item = i64>, path: &str) -> Result<&'a Line> {
    if before.any(|earlier| earlier == asked) {
        return Err(Error::invalid(format!("{path}.orderLineId"), "this line is named twice; name each line once"));
    }
    lines.iter().find(|line| line.order_line_id == asked).ok_or_else(|| Error::not_found("order line", asked))
}

/// What is left of each line of a locked order, in their order. With its batches locked too, no cost can come in between.
pub(super) async fn left_in_tx(run: &mut Run<'_>, order: &Order, terms: &Terms) -> Result<Vec<Left>> {
    let accounts: &[Account] = if order.is_ours_yet() { &[Account::GoodsShipped] } else { &[Account::Revenue, Account::Cogs] };
    let accounts: Vec<String> = accounts.iter().map(|account| account.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select e.order_line_id, e.account as "account: Account", e.cost_element, e.batch_id, e.product_id,
             sum(e.amount) as "amount!", sum(e.vat) as "vat!", sum(e.pieces)::bigint as "pieces!", sum(e.metres) as "metres!",
             sum(e.tonnes_theoretical) as "tonnes_theoretical!", sum(e.tonnes_weighed) as "tonnes_weighed!",
             max(e.effective_on) filter (where t.kind <> 'order_return') as changed_on,
             (array_agg(e.warehouse_id order by e.entry_id))[1] as "warehouse_id!",
             (array_agg(e.employee_id order by e.entry_id))[1] as "employee_id!",
             (array_agg(e.channel_id order by e.entry_id))[1] as "channel_id!"
           from ledger_entry e join ledger_transaction t using (transaction_id)
           where e.order_id = $1 and e.account = any($2)
           group by e.order_line_id, e.account, e.cost_element, e.batch_id, e.product_id
           order by e.order_line_id, min(e.entry_id)"#,
        order.order_id,
        &accounts
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let shipped_on = order.sold_on().or(order.shipped_on).unwrap_or(order.planned_on);
    let mut lines: Vec<Left> = order.lines.iter().map(|line| empty(order, line, terms, shipped_on)).collect();
    if order.is_ours_yet() {
        let returned = returned_in_tx(run, order.order_id).await?;
        for (left, line) in lines.iter_mut().zip(&order.lines) {
            let back = returned.get(&line.order_line_id).copied().unwrap_or_default();
            unsold(left, line, back);
        }
    }
    for row in rows {
        let Some(left) = lines.iter_mut().find(|left| left.sale.order_line_id == row.order_line_id) else { continue };
        let stock = Stock {
            batch_id: row.batch_id,
            product_id: row.product_id,
            warehouse_id: row.warehouse_id,
            cost_element: CostElement::parse(&row.cost_element),
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes_theoretical,
            tonnes_weighed: row.tonnes_weighed,
        };
        let changed_on = row.changed_on.unwrap_or(shipped_on);
        left.changed_on = left.changed_on.max(changed_on);
        if row.account == Account::GoodsShipped {
            let Stock { batch_id, product_id, warehouse_id, .. } = stock;
            left.held.goods = Stock { batch_id, product_id, warehouse_id, ..left.held.goods };
            (left.sale.employee_id, left.sale.channel_id) = (row.employee_id, row.channel_id);
        }
        if row.account != Account::Revenue {
            left.held.costs.push(Cost { stock, value: row.amount, vat: row.vat });
            continue;
        }
        left.priced_on = changed_on;
        (left.held.goods, left.held.net, left.held.vat) = (stock.negated(), -row.amount, -row.vat);
        (left.sale.employee_id, left.sale.channel_id) = (row.employee_id, row.channel_id);
    }
    Ok(lines)
}

/// What came back of a line that was not unloaded.
#[derive(Debug, Clone, Copy, Default)]
struct Back {
    goods: Stock,
    net: Decimal,
    vat: Decimal,
}

/// What is on its way of a line is as it was shipped, less what came back.
fn unsold(left: &mut Left, line: &Line, back: Back) {
    let goods = Stock {
        pieces: line.pieces,
        metres: line.metres,
        tonnes_theoretical: line.tonnes_theoretical,
        tonnes_weighed: line.tonnes_weighed,
        ..Stock::default()
    };
    left.held.goods = less(goods, back.goods);
    (left.held.net, left.held.vat) = (line.net - back.net, line.vat - back.vat);
}

async fn returned_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<HashMap<i64, Back>> {
    let rows = sqlx::query!(
        r#"select l.order_line_id, sum(l.pieces)::bigint as "pieces!", sum(l.metres) as "metres!",
             sum(l.tonnes_theoretical) as "tonnes_theoretical!", sum(l.tonnes_weighed) as "tonnes_weighed!", sum(l.net) as "net!", sum(l.vat) as "vat!"
           from order_return_lines l join order_returns r using (order_return_id) where r.order_id = $1 group by l.order_line_id"#,
        order_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let goods = Stock {
                pieces: row.pieces,
                metres: row.metres,
                tonnes_theoretical: row.tonnes_theoretical,
                tonnes_weighed: row.tonnes_weighed,
                ..Stock::default()
            };
            (row.order_line_id, Back { goods, net: row.net, vat: row.vat })
        })
        .collect())
}

/// A line of which nothing was posted: a service for nothing.
fn empty(order: &Order, line: &Line, terms: &Terms, shipped_on: NaiveDate) -> Left {
    let sale = Sale { order_line_id: line.order_line_id, product_id: line.product_id, ..super::commands::sale(order, terms) };
    let includes_vat = line.price.includes_vat;
    let held = Held { goods: Stock::default(), net: Decimal::ZERO, vat: Decimal::ZERO, includes_vat, costs: Vec::new() };
    Left { sale, held, priced_on: shipped_on, changed_on: shipped_on, bought: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(pieces: i64, (net, vat): (i64, i64), includes_vat: bool, costs: &[i64]) -> Held {
        let goods = Stock {
            batch_id: 1,
            product_id: 1,
            warehouse_id: 1,
            pieces,
            metres: Decimal::new(11_755 * pieces, 3),
            tonnes_theoretical: Decimal::new(1_338_753 * pieces, 6),
            tonnes_weighed: Decimal::new(1_340_001, 6),
            cost_element: None,
        };
        // Only the purchase carries the measures.
        let of = |index: usize| if index == 0 { goods } else { Stock { batch_id: 1, ..Stock::default() } };
        let cost = |(index, value): (usize, &i64)| Cost { stock: of(index), value: Decimal::new(*value, 2), vat: Decimal::ZERO };
        let costs = costs.iter().enumerate().map(cost).collect();
        Held { goods, net: Decimal::new(net, 2), vat: Decimal::new(vat, 2), includes_vat, costs }
    }

    #[test]
    fn the_last_piece_takes_the_remainder() {
        // Three pieces sold for 100.00 + 20.00, which cost 70.00 and 0.10 more later.
        for (includes_vat, expected) in [
            (true, [("33.33", "6.67", "23.36"), ("33.33", "6.67", "23.38"), ("33.34", "6.66", "23.36")]),
            (false, [("33.33", "6.67", "23.36"), ("33.34", "6.67", "23.38"), ("33.33", "6.66", "23.36")]),
        ] {
            let mut left = held(3, (10_000, 2_000), includes_vat, &[7_000, 10]);
            for (net, vat, cost) in expected {
                let taken = left.take(1);
                let sums = [taken.net, taken.vat, taken.cost()].map(|amount| amount.to_string());
                assert_eq!(sums, [net, vat, cost], "the price includes VAT: {includes_vat}");
            }
            assert_eq!((left.goods.pieces, left.gross(), left.cost()), (0, Decimal::ZERO, Decimal::ZERO));
        }
    }

    proptest::proptest! {
        #[test]
        fn returns_of_a_line_give_back_exactly_what_was_posted(
            takes in proptest::collection::vec(1_i64..30, 1..30),
            sums in (0_i64..10_000_000_000, 0_i64..2_000_000_000),
            includes_vat: bool,
            costs in proptest::collection::vec(-1_000_000_i64..10_000_000_000, 1..4),
        ) {
            let whole = held(60, sums, includes_vat, &costs);
            let mut left = whole.clone();
            let mut given = [Decimal::ZERO; 3];
            // At the end the customer brings everything that is left.
            for pieces in takes.into_iter().chain([60]) {
                let pieces = pieces.min(left.goods.pieces);
                if pieces == 0 {
                    break;
                }
                let taken = left.take(pieces);
                proptest::prop_assert_eq!(taken.goods.metres, Decimal::new(11_755 * pieces, 3));
                for (sum, amount) in given.iter_mut().zip([taken.net, taken.vat, taken.cost()]) {
                    proptest::prop_assert!(amount.scale() <= 2);
                    *sum += amount;
                }
                // Never further from the exact share than the roundings before it.
                let exact = whole.cost() * Decimal::from(pieces) / Decimal::from(60);
                proptest::prop_assert!((taken.cost() - exact).abs() < Decimal::ONE, "{} for {exact}", taken.cost());
            }
            proptest::prop_assert_eq!(given, [whole.net, whole.vat, whole.cost()]);
            let goods = left.goods;
            proptest::prop_assert_eq!((goods.pieces, goods.metres, goods.tonnes_weighed), (0, Decimal::ZERO, Decimal::ZERO));
            proptest::prop_assert!(left.costs.iter().all(|cost| cost.value.is_zero() && cost.stock.tonnes_theoretical.is_zero()));
        }
    }
}
