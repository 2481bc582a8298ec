//! Histories of one batch: receipt, sales, returns, costs, credits and stornos in any order, on the pure functions alone.

use proptest::prelude::*;

use super::*;
use crate::batches::expenses::descend::{self, Was};
use crate::batches::{Balance, measure};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn value(of: &str) -> Amount {
    Amount { value: d(of), vat: Decimal::ZERO }
}

/// A storno of a batch of which no other was made.
fn rehomed(stock: Amount, on_hand: Decimal, worth: Decimal, places: &[Placed]) -> Result<Split> {
    let was = Was { stock, inherited: Amount::default(), on_hand, worth, places: places.to_vec(), children: vec![] };
    let part = descend::rehomed(&[was])?.remove(0);
    Ok(Split { stock: part.stock, left: part.left })
}

#[test]
fn the_worked_check() {
    // domain.md 3.3: 100 т, sold 40 + 20, expense 100,001.00.
    let split = by_metres(value("100001"), d("40"), [d("40"), d("20")]).unwrap();
    assert_eq!(split, Split { stock: value("40000.40"), left: vec![value("40000.40"), value("20000.20")] });
}

#[test]
fn sold_out_goods_keep_nothing() {
    let split = by_metres(value("0.01"), d("0"), [d("1"), d("1"), d("1")]).unwrap();
    assert_eq!(split, Split { stock: value("0"), left: vec![value("0.01"), value("0"), value("0")] });
    assert_eq!(by_metres(value("1"), d("0"), []).unwrap_err().code(), Code::NothingToAllocate);
}

#[test]
fn a_storno_follows_the_goods() {
    let place = |metres, posted, moved| Placed { metres: d(metres), posted: value(posted), moved };
    // Nothing moved: the exact negative of what was posted, whatever the bases say now.
    let still = rehomed(value("40"), d("40"), d("1000"), &[place("60", "60", false)]).unwrap();
    assert_eq!(still, Split { stock: value("40"), left: vec![value("60")] });
    // Half of what was on hand left since with its 20: it gives them back, the first line its 60.
    let sold = rehomed(value("40"), d("20"), d("1000"), &[place("60", "60", false), place("20", "0", true)]).unwrap();
    assert_eq!(sold, Split { stock: value("20"), left: vec![value("60"), value("20")] });
    // All of it left.
    let out = rehomed(value("40"), d("0"), d("0"), &[place("60", "60", false), place("40", "0", true)]).unwrap();
    assert_eq!(out, Split { stock: value("0"), left: vec![value("60"), value("40")] });
    // The first line came back by half, with 30.
    let back = rehomed(value("40"), d("70"), d("1000"), &[place("30", "60", true)]).unwrap();
    assert_eq!(back, Split { stock: value("70"), left: vec![value("30")] });
    // A kopeck that a cut rounded away is taken where it went; a credit that took more is not made up for.
    let short = rehomed(value("0.01"), d("12"), d("0"), &[place("24", "0.01", false)]).unwrap();
    assert_eq!(short, Split { stock: value("0"), left: vec![value("0.02")] });
    let credited = rehomed(value("50"), d("12"), d("10"), &[place("24", "0", false)]);
    assert_eq!(credited.unwrap_err().code(), Code::BatchValueShort);
}

#[derive(Debug, Clone)]
enum Event {
    Sell(i64),
    Return(usize, i64),
    Cost(i64, i64),
    Credit(i64),
    Storno(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1_i64..30).prop_map(Event::Sell),
        2 => (0_usize..20, 1_i64..10).prop_map(|(line, pieces)| Event::Return(line, pieces)),
        4 => (1_i64..5_000_000, 0_i64..1_000_000).prop_map(|(cost, vat)| Event::Cost(cost, vat)),
        1 => (1_i64..20).prop_map(|kopecks| Event::Cost(kopecks, 1)),
        2 => (1_i64..500_000).prop_map(Event::Credit),
        3 => (0_usize..20).prop_map(Event::Storno),
    ]
}

/// What a line took and what it cost so far.
struct Line {
    pieces: i64,
    metres: Decimal,
    cogs: Amount,
    moved_at: usize,
}

/// A cost as it was posted.
struct Posted {
    whole: Amount,
    stock: Amount,
    left: Vec<Amount>,
    at: usize,
    reversed: bool,
}

/// The books of one batch.
struct Books {
    balance: Balance,
    cost_in: Amount,
    lines: Vec<Line>,
    costs: Vec<Posted>,
    credited: bool,
    now: usize,
    refused: usize,
}

impl Books {
    fn new(pieces: i64, kopecks: i64) -> Self {
        let measured = measure(pieces, d("11.37"), d("74"));
        let cost_in = Amount { value: Decimal::new(kopecks, 2), vat: Decimal::new(kopecks / 5, 2) };
        let balance = Balance {
            batch_id: 1,
            product_id: 1,
            warehouse_id: 1,
            length_m: d("11.37"),
            pieces,
            metres: measured.metres,
            tonnes_theoretical: measured.tonnes,
            tonnes_weighed: Decimal::ZERO,
            value: cost_in.value,
            vat: cost_in.vat,
            in_transit: false,
        };
        Self { balance, cost_in, lines: Vec::new(), costs: Vec::new(), credited: false, now: 0, refused: 0 }
    }

    fn happen(&mut self, event: &Event) {
        self.now += 1;
        match *event {
            Event::Sell(pieces) => self.sell(pieces),
            Event::Return(line, pieces) => self.take_back(line, pieces),
            Event::Cost(cost, vat) => self.post(Amount { value: Decimal::new(cost, 2), vat: Decimal::new(vat, 2) }),
            Event::Credit(cost) => self.post(Amount { value: Decimal::new(-cost, 2), vat: Decimal::new(-cost / 6, 2) }),
            Event::Storno(cost) => self.reverse(cost),
        }
    }

    fn sell(&mut self, pieces: i64) {
        if let Ok(issue) = self.balance.issue(pieces, Decimal::ZERO) {
            let cogs = Amount { value: issue.value, vat: issue.vat };
            self.lines.push(Line { pieces, metres: issue.stock.metres, cogs, moved_at: self.now });
        }
    }

    /// The returned part takes its line's cost so far pro rata, the last piece the rest.
    fn take_back(&mut self, line: usize, pieces: i64) {
        let Some(line) = self.lines.get_mut(line) else { return };
        let pieces = pieces.min(line.pieces);
        if pieces == 0 {
            return;
        }
        let metres = if pieces == line.pieces { line.metres } else { Decimal::from(pieces) * self.balance.length_m };
        let back = Amount {
            value: money::share(line.cogs.value, metres, line.metres),
            vat: money::share(line.cogs.vat, metres, line.metres),
        };
        line.pieces -= pieces;
        line.metres -= metres;
        line.cogs = line.cogs - back;
        line.moved_at = self.now;
        self.balance.pieces += pieces;
        self.balance.metres += metres;
        self.balance.value += back.value;
        self.balance.vat += back.vat;
    }

    fn post(&mut self, of: Amount) {
        let split = by_metres(of, self.balance.metres, self.lines.iter().map(|line| line.metres)).unwrap();
        if self.balance.value + split.stock.value < Decimal::ZERO {
            return;
        }
        // A credit of more than the goods cost is refused by the command.
        if split.left.iter().zip(&self.lines).any(|(part, line)| line.cogs.value + part.value < Decimal::ZERO) {
            return;
        }
        self.credited |= of.value < Decimal::ZERO;
        self.add(split.stock, &split.left);
        self.cost_in = self.cost_in + of;
        self.costs.push(Posted { whole: of, stock: split.stock, left: split.left, at: self.now, reversed: false });
    }

    fn add(&mut self, stock: Amount, left: &[Amount]) {
        self.balance.value += stock.value;
        self.balance.vat += stock.vat;
        for (line, part) in self.lines.iter_mut().zip(left) {
            line.cogs = line.cogs + *part;
        }
    }

    fn reverse(&mut self, cost: usize) {
        let Some(posted) = self.costs.get(cost).filter(|posted| !posted.reversed) else { return };
        let places: Vec<Placed> = self
            .lines
            .iter()
            .enumerate()
            .map(|(index, line)| Placed {
                metres: line.metres,
                posted: posted.left.get(index).copied().unwrap_or_default(),
                moved: line.moved_at > posted.at,
            })
            .collect();
        let whole = posted.whole;
        match rehomed(posted.stock, self.balance.metres, self.balance.value, &places) {
            Ok(now) => {
                assert_eq!(now.stock + now.left.iter().copied().sum(), whole, "the storno is the whole");
                let left: Vec<Amount> = now.left.iter().map(|part| -*part).collect();
                self.add(-now.stock, &left);
                self.cost_in = self.cost_in - whole;
                self.costs[cost].reversed = true;
            }
            Err(error) => {
                assert!(self.credited, "only a credit may have taken what a storno needs: {error}");
                assert_eq!(error.code(), Code::BatchValueShort);
                self.refused += 1;
            }
        }
    }

    fn check(&self) {
        let cogs: Amount = self.lines.iter().map(|line| line.cogs).sum();
        let stock = Amount { value: self.balance.value, vat: self.balance.vat };
        assert_eq!(cogs + stock, self.cost_in, "what came in is what was sold and what is there");
        assert!(self.balance.value >= Decimal::ZERO && self.balance.pieces >= 0, "{:?}", self.balance);
        if self.balance.pieces == 0 {
            assert_eq!(stock, Amount::default(), "a sold-out batch is worth nothing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_history_loses_a_kopeck(
        pieces in 1_i64..80,
        kopecks in prop_oneof![1_i64..50, 1_i64..5_000_000_000],
        events in proptest::collection::vec(event(), 1..40),
    ) {
        let mut books = Books::new(pieces, kopecks);
        for event in &events {
            books.happen(event);
            books.check();
        }
    }
}
