//! Worked examples of who bears what, and random histories of a deal.

use proptest::prelude::*;

use super::*;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn amount(value: &str) -> Amount {
    Amount { value: d(value), vat: Decimal::ZERO }
}

fn load(order_id: i64, tonnes: &str, shipped: bool) -> Load {
    Load { order_id, tonnes: d(tonnes), shipped }
}

fn values(released: &Released) -> Vec<(i64, String)> {
    released.iter().map(|(order_id, amount)| (*order_id, amount.value.to_string())).collect()
}

#[test]
fn a_crane_for_three_trucks() {
    // Given a deal of 20 t shipped, 20 t and 10 t to come, when the crane bills 100,000.01 …
    let orders = [load(1, "20", true), load(2, "20", false), load(3, "10", false)];
    let released = first(amount("100000.01"), &orders).unwrap();
    // … then the shipped truck bears two fifths, the odd kopeck stays with what waits or not, by the largest remainder: 40,000.004.
    assert_eq!(values(&released), [(1, "40000.00".to_owned())]);
    let waiting = amount("100000.01") - total(&released);
    assert_eq!(waiting.value, d("60000.01"));
    // A fourth truck of 30 t is ordered: what waits is spread over 20, 10 and 30 t, and 20 t ship.
    let second = next(waiting, d("20"), &[d("10"), d("30")]).unwrap();
    assert_eq!(second.value, d("20000.00"));
    // The third is cancelled: the fourth takes all the rest, so nothing is left for the end.
    let rest = waiting - second;
    assert_eq!(next(rest, d("30"), &[]).unwrap(), rest);
}

#[test]
fn what_is_left_at_the_end_goes_where_it_can() {
    let (of, won, lost) = (amount("100.01"), false, true);
    let both = [load(1, "1", true), load(2, "1", false)];
    assert_eq!(values(&last(of, &both, won).unwrap()), [(2, "100.01".to_owned())], "to what is still to be shipped");
    assert_eq!(values(&last(of, &both, lost).unwrap()), [(1, "100.01".to_owned())], "to what was shipped");
    assert_eq!(values(&last(of, &both[..1], won).unwrap()), [(1, "100.01".to_owned())]);
    assert_eq!(values(&last(of, &[], won).unwrap()), [(0, "100.01".to_owned())], "to the deal itself");
    assert_eq!(values(&last(of, &both[1..], lost).unwrap()), [(0, "100.01".to_owned())], "a draft of a lost deal never ships");
}

#[test]
fn orders_of_services_bear_alike() {
    let orders = [load(1, "0", true), load(2, "0", true)];
    assert_eq!(values(&first(amount("0.03"), &orders).unwrap()), [(1, "0.02".to_owned()), (2, "0.01".to_owned())]);
    assert!(first(amount("1"), &[]).unwrap().is_empty());
}

/// What may happen to a deal.
#[derive(Debug, Clone)]
enum Event {
    Order(i64),
    Cancel(usize),
    Ship(usize),
    Bill(i64, i64),
    Storno(usize),
    Close(bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0_i64..40_000_000).prop_map(Event::Order),
        2 => any::<usize>().prop_map(Event::Cancel),
        4 => any::<usize>().prop_map(Event::Ship),
        3 => (1_i64..1_000_000_000, 0_i64..100_000_000).prop_map(|(value, vat)| Event::Bill(value, vat)),
        1 => any::<usize>().prop_map(Event::Storno),
        1 => any::<bool>().prop_map(Event::Close),
    ]
}

#[derive(Debug, Default)]
struct Bill {
    of: Amount,
    waiting: Amount,
    borne: Released,
}

/// A deal as the commands keep it.
#[derive(Debug, Default)]
struct Deal {
    orders: Vec<Load>,
    bills: Vec<Bill>,
    ids: i64,
    closed: bool,
}

impl Deal {
    fn release(bill: &mut Bill, released: Released) {
        bill.waiting = bill.waiting - total(&released);
        bill.borne.extend(released);
    }

    fn open(&self) -> Vec<usize> {
        (0..self.orders.len()).filter(|index| !self.orders[*index].shipped).collect()
    }

    fn happen(&mut self, event: &Event) {
        let open = self.open();
        match *event {
            Event::Order(_) if self.closed => {}
            Event::Order(tonnes) => {
                self.ids += 1;
                self.orders.push(Load { order_id: self.ids, tonnes: Decimal::new(tonnes, 6), shipped: false });
            }
            Event::Cancel(any) | Event::Ship(any) if open.is_empty() => drop(any),
            Event::Cancel(any) => drop(self.orders.remove(open[any % open.len()])),
            Event::Ship(any) => {
                let at = open[any % open.len()];
                let others: Vec<Decimal> =
                    open.iter().filter(|index| **index != at).map(|index| self.orders[*index].tonnes).collect();
                self.orders[at].shipped = true;
                let Load { order_id, tonnes, .. } = self.orders[at];
                for bill in &mut self.bills {
                    let part = next(bill.waiting, tonnes, &others).unwrap();
                    Self::release(bill, vec![(order_id, part)]);
                }
            }
            Event::Bill(value, vat) => {
                let of = Amount { value: Decimal::new(value, 2), vat: Decimal::new(vat, 2) };
                let mut bill = Bill { of, waiting: of, borne: Vec::new() };
                let released = if self.closed { last(of, &self.orders, false) } else { first(of, &self.orders) };
                Self::release(&mut bill, released.unwrap());
                self.bills.push(bill);
            }
            Event::Storno(any) if self.bills.is_empty() => drop(any),
            Event::Storno(any) => drop(self.bills.remove(any % self.bills.len())),
            Event::Close(lost) => {
                self.closed = true;
                for bill in &mut self.bills {
                    let released = last(bill.waiting, &self.orders, lost).unwrap();
                    Self::release(bill, released);
                }
            }
        }
    }

    fn check(&self) {
        for bill in &self.bills {
            assert_eq!(total(&bill.borne) + bill.waiting, bill.of, "billed is what was borne and what waits");
            assert!(bill.waiting.value >= Decimal::ZERO && bill.waiting.vat >= Decimal::ZERO, "{bill:?}");
            assert!(bill.borne.iter().all(|(_, part)| part.value >= Decimal::ZERO && part.value.scale() <= 2));
            if self.closed || (self.open().is_empty() && bill.borne.iter().any(|(order_id, _)| *order_id > 0)) {
                let stayed = self.orders.iter().all(|load| load.shipped) && !self.closed;
                assert!(bill.waiting == Amount::default() || stayed, "nothing waits in a closed deal: {bill:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_history_of_a_deal_loses_a_kopeck(events in proptest::collection::vec(event(), 1..40)) {
        let mut deal = Deal::default();
        for event in &events {
            deal.happen(event);
            deal.check();
        }
        deal.happen(&Event::Close(false));
        deal.check();
        prop_assert!(deal.bills.iter().all(|bill| bill.waiting == Amount::default()));
    }
}
