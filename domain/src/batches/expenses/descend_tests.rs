//! Histories of whole trees: sales, transfers, cuts into children, costs on any batch and their stornos, on the pure functions alone.

use proptest::prelude::*;

use super::*;
use crate::batches::{Balance, measure};
use crate::error::Code;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn value(of: &str) -> Amount {
    Amount { value: d(of), vat: Decimal::ZERO }
}

#[test]
fn a_cost_reaches_a_line_of_a_grandchild() {
    // 100 m: 20 on hand, 30 sold, 50 cut; of these 10 on hand, 40 moved on, all of which were sold by halves.
    let branch = |index, metres| Branch { index, metres: d(metres) };
    let tree = [
        Held { on_hand: d("20"), left: vec![d("30")], children: vec![branch(1, "50")] },
        Held { on_hand: d("10"), left: vec![], children: vec![branch(2, "40")] },
        Held { on_hand: d("0"), left: vec![d("20"), d("20")], children: vec![] },
    ];
    let own = [value("1000"), value("0"), value("0.01")];
    let part = |inherited, stock, left: &[&str]| Part {
        inherited: value(inherited),
        stock: value(stock),
        left: left.iter().map(|part| value(part)).collect(),
    };
    assert_eq!(
        over(&own, &tree).unwrap(),
        [part("0", "200", &["300"]), part("500", "100", &[]), part("400", "0", &["200.01", "200"])]
    );
}

#[test]
fn a_storno_follows_the_goods_into_a_batch_made_since() {
    let placed = |metres, posted, moved| Placed { metres: d(metres), posted: value(posted), moved };
    let was = |stock, inherited, on_hand, worth, places, children| Was {
        stock: value(stock),
        inherited: value(inherited),
        on_hand: d(on_hand),
        worth: d(worth),
        places,
        children,
    };
    // 100 was posted to 10 m on hand; 4 m became a batch since, half of which was sold.
    let tree = [
        was("100", "0", "6", "1000", vec![], vec![(1, placed("4", "0", true))]),
        was("0", "0", "2", "1000", vec![placed("2", "0", true)], vec![]),
    ];
    let parts = rehomed(&tree).unwrap();
    assert_eq!((parts[0].stock, parts[1].inherited), (value("60"), value("40")));
    assert_eq!((parts[1].stock, parts[1].left.as_slice()), (value("20"), [value("20")].as_slice()));
    // A kopeck that a child has not is taken from its parent, more than cuts round away is refused.
    let tree = |stock, worth| {
        [was(stock, "0", "1", worth, vec![], vec![(1, placed("2", "0", true))]), was("0", "0", "2", "0", vec![], vec![])]
    };
    let parts = rehomed(&tree("0.01", "0.01")).unwrap();
    assert_eq!((parts[0].stock, parts[1].stock), (value("0.01"), value("0")));
    assert_eq!(rehomed(&tree("100", "100")).unwrap_err().code(), Code::BatchValueShort);
}

#[derive(Debug, Clone)]
enum Event {
    Sell(usize, i64),
    Derive(usize, i64),
    Cost(usize, i64),
    Storno(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0_usize..12, 1_i64..30).prop_map(|(batch, pieces)| Event::Sell(batch, pieces)),
        3 => (0_usize..12, 1_i64..40).prop_map(|(batch, pieces)| Event::Derive(batch, pieces)),
        4 => (0_usize..12, prop_oneof![1_i64..20, 1_i64..5_000_000]).prop_map(|(batch, kopecks)| Event::Cost(batch, kopecks)),
        2 => (0_usize..20).prop_map(Event::Storno),
    ]
}

/// Goods that were sold.
struct Line {
    metres: Decimal,
    cost: Amount,
    at: usize,
}

struct Book {
    balance: Balance,
    lines: Vec<Line>,
    /// Index of the child, metres that went into it, when.
    children: Vec<(usize, Decimal, usize)>,
}

struct Posted {
    whole: Amount,
    parts: Vec<Part>,
    at: usize,
    reversed: bool,
}

struct Books {
    batches: Vec<Book>,
    costs: Vec<Posted>,
    cost_in: Amount,
    now: usize,
}

fn empty(pieces: i64, value: Amount) -> Book {
    let measured = measure(pieces, d("11.37"), d("74"));
    let balance = Balance {
        batch_id: 1,
        product_id: 1,
        warehouse_id: 1,
        length_m: d("11.37"),
        pieces,
        metres: measured.metres,
        tonnes_theoretical: measured.tonnes,
        tonnes_weighed: Decimal::ZERO,
        value: value.value,
        vat: value.vat,
        in_transit: false,
    };
    Book { balance, lines: Vec::new(), children: Vec::new() }
}

impl Books {
    fn happen(&mut self, event: &Event) {
        self.now += 1;
        let count = self.batches.len();
        match *event {
            Event::Sell(batch, pieces) => {
                let book = &mut self.batches[batch % count];
                if let Ok(issue) = book.balance.issue(pieces, Decimal::ZERO) {
                    let cost = Amount { value: issue.value, vat: issue.vat };
                    book.lines.push(Line { metres: issue.stock.metres, cost, at: self.now });
                }
            }
            Event::Derive(batch, pieces) => {
                let book = &mut self.batches[batch % count];
                if let Ok(issue) = book.balance.issue(pieces, Decimal::ZERO) {
                    book.children.push((count, issue.stock.metres, self.now));
                    self.batches.push(empty(pieces, Amount { value: issue.value, vat: issue.vat }));
                }
            }
            Event::Cost(batch, kopecks) => {
                let whole = Amount { value: Decimal::new(kopecks, 2), vat: Decimal::new(kopecks / 5, 2) };
                let mut own = vec![Amount::default(); count];
                own[batch % count] = whole;
                let held: Vec<Held> = self
                    .batches
                    .iter()
                    .map(|book| Held {
                        on_hand: book.balance.metres,
                        left: book.lines.iter().map(|line| line.metres).collect(),
                        children: book
                            .children
                            .iter()
                            .map(|(index, metres, _)| Branch { index: *index, metres: *metres })
                            .collect(),
                    })
                    .collect();
                let parts = over(&own, &held).unwrap();
                self.add(&parts, Decimal::ONE);
                self.cost_in = self.cost_in + whole;
                self.costs.push(Posted { whole, parts, at: self.now, reversed: false });
            }
            Event::Storno(cost) => self.reverse(cost),
        }
    }

    fn add(&mut self, parts: &[Part], sign: Decimal) {
        for (book, part) in self.batches.iter_mut().zip(parts) {
            book.balance.value += sign * part.stock.value;
            book.balance.vat += sign * part.stock.vat;
            for (line, left) in book.lines.iter_mut().zip(&part.left) {
                line.cost.value += sign * left.value;
                line.cost.vat += sign * left.vat;
            }
        }
    }

    fn reverse(&mut self, cost: usize) {
        let Some(posted) = self.costs.get(cost).filter(|posted| !posted.reversed) else { return };
        let (whole, at) = (posted.whole, posted.at);
        let part = |index: usize| posted.parts.get(index);
        let inherited = |index: usize| part(index).map(|part| part.inherited).unwrap_or_default();
        let was: Vec<Was> = self
            .batches
            .iter()
            .enumerate()
            .map(|(index, book)| Was {
                stock: part(index).map(|part| part.stock).unwrap_or_default(),
                inherited: inherited(index),
                on_hand: book.balance.metres,
                worth: book.balance.value,
                places: (0..)
                    .zip(&book.lines)
                    .map(|(place, line): (usize, _)| Placed {
                        metres: line.metres,
                        posted: part(index).and_then(|part| part.left.get(place)).copied().unwrap_or_default(),
                        moved: line.at > at,
                    })
                    .collect(),
                children: book
                    .children
                    .iter()
                    .map(|(child, metres, made)| {
                        (*child, Placed { metres: *metres, posted: inherited(*child), moved: *made > at })
                    })
                    .collect(),
            })
            .collect();
        // No credits here: a storno always finds what was posted.
        let parts = rehomed(&was).unwrap();
        let all = parts.iter().map(|part| part.stock + part.left.iter().copied().sum()).sum::<Amount>();
        assert_eq!(all, whole, "the storno is the whole");
        self.add(&parts, -Decimal::ONE);
        self.cost_in = self.cost_in - whole;
        self.costs[cost].reversed = true;
    }

    fn check(&self) {
        let mut all = Amount::default();
        for Book { balance, lines, .. } in &self.batches {
            let stock = Amount { value: balance.value, vat: balance.vat };
            assert!(balance.value >= Decimal::ZERO, "{balance:?}");
            if balance.pieces == 0 {
                assert_eq!(stock, Amount::default(), "a sold-out batch is worth nothing");
            }
            all = all + stock + lines.iter().map(|line| line.cost).sum();
        }
        assert_eq!(all, self.cost_in, "what came in is what was sold and what is there");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn no_tree_loses_a_kopeck(
        pieces in 1_i64..120,
        kopecks in prop_oneof![1_i64..50, 1_i64..5_000_000_000],
        events in proptest::collection::vec(event(), 1..40),
    ) {
        let cost_in = Amount { value: Decimal::new(kopecks, 2), vat: Decimal::new(kopecks / 5, 2) };
        let mut books = Books { batches: vec![empty(pieces, cost_in)], costs: Vec::new(), cost_in, now: 0 };
        for event in &events {
            books.happen(event);
            books.check();
        }
    }
}
