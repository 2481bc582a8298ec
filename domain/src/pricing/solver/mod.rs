//! The request solver (подбор): how a request is best served from batches, cuts of longer piles, analogues and purchases. Pure but for `ask`.
//!
//! The search is exact (branch and bound over how many pieces each source gives) and bounded: it visits at most [`NODES_MAX`] nodes and then
//! answers with the best found, saying that it is not proven. It takes the same input to the same answer.

pub mod ask;
pub mod trucks;
pub mod variants;

use rust_decimal::Decimal;

/// Nodes a search visits at most.
pub const NODES_MAX: u32 = 10_000;

/// Sources of one search at most.
pub const SOURCES_MAX: usize = 100;

/// What differs by less than a millionth of a rouble costs the same.
const EQUAL: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// Where pieces may come from: piles of one batch, or a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// Whole piles there are.
    pub piles: i64,
    /// Metres of a pile.
    pub pile_m: Decimal,
    /// What a pile costs, roubles, not rounded.
    pub pile_cost: Decimal,
}

/// How piles are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutting {
    /// Metres of a wanted piece.
    pub piece_m: Decimal,
    /// Shortest offcut that is worth its share of the cost; shorter ones are scrap and burden the pieces.
    pub offcut_min_m: Decimal,
}

/// What cutting leaves of the piles of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offcut {
    /// How many such.
    pub count: i64,
    /// Metres of each.
    pub metres: Decimal,
    /// Long enough to be worth something.
    pub useful: bool,
}

/// How a request is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution {
    /// Pieces from each source, in the order of the sources.
    pub taken: Vec<i64>,
    /// What they cost, roubles, not rounded.
    pub cost: Decimal,
    /// Nodes that were visited.
    pub nodes: u32,
    /// Nothing cheaper exists.
    pub proven: bool,
}

impl Cutting {
    /// Pieces a pile of a source gives.
    pub fn yields(self, source: &Source) -> i64 {
        source.pile_m.checked_div(self.piece_m).and_then(|pieces| i64::try_from(pieces.floor()).ok()).unwrap_or_default()
    }

    /// Whole piles that `pieces` take.
    pub fn piles(self, source: &Source, pieces: i64) -> i64 {
        let yields = self.yields(source).max(1);
        (pieces + yields - 1) / yields
    }

    /// What is left of the piles: of the full ones, and of a last one that is not used up. Nothing where the length fits.
    pub fn offcuts(self, source: &Source, pieces: i64) -> impl Iterator<Item = Offcut> {
        let yields = self.yields(source).max(1);
        let left = |count: i64, pieces: i64| {
            let metres = source.pile_m - self.piece_m * Decimal::from(pieces);
            Offcut { count, metres, useful: metres >= self.offcut_min_m }
        };
        let full = left(pieces / yields, yields);
        let last = left(i64::from(pieces % yields > 0), pieces % yields);
        [full, last].into_iter().filter(|offcut| offcut.count > 0 && offcut.metres > Decimal::ZERO)
    }

    /// What `pieces` of a source cost: the piles without their useful offcuts, which keep their share by length.
    pub fn cost(self, source: &Source, pieces: i64) -> Decimal {
        let useful = self.offcuts(source, pieces).filter(|offcut| offcut.useful);
        let useful_m: Decimal = useful.map(|offcut| offcut.metres * Decimal::from(offcut.count)).sum();
        let piles = Decimal::from(self.piles(source, pieces));
        source.pile_cost * (piles - useful_m / source.pile_m)
    }

    /// Less than this no piece of the source can cost: its length of a pile.
    fn least(self, source: &Source) -> Decimal {
        source.pile_cost * self.piece_m / source.pile_m
    }
}

/// The cheapest way to take exactly `pieces`; `None` when the sources do not hold so many, or are more than [`SOURCES_MAX`].
///
/// Of equally cheap ways it is the one that takes the most from the cheapest source, then from the earlier one.
pub fn search(sources: &[Source], pieces: i64, cutting: Cutting) -> Option<Solution> {
    if sources.len() > SOURCES_MAX || pieces <= 0 {
        return None;
    }
    let mut options: Vec<Choice> = sources
        .iter()
        .enumerate()
        .filter(|(_, source)| source.piles > 0 && cutting.yields(source) > 0)
        .map(|(index, source)| {
            let most = source.piles.saturating_mul(cutting.yields(source)).min(pieces);
            Choice { index, most, least: cutting.least(source) }
        })
        .collect();
    options.sort_by(|one, other| one.least.cmp(&other.least).then(one.index.cmp(&other.index)));
    let mut search = Search { sources, cutting, options, taken: vec![0; sources.len()], best: None, nodes: 0, cut_short: false };
    search.descend(0, pieces, Decimal::ZERO);
    let (nodes, proven) = (search.nodes, !search.cut_short);
    search.best.map(|(cost, taken)| Solution { taken, cost, nodes, proven })
}

/// A source that can give something.
struct Choice {
    index: usize,
    most: i64,
    least: Decimal,
}

struct Search<'a> {
    sources: &'a [Source],
    cutting: Cutting,
    /// The cheapest metre first.
    options: Vec<Choice>,
    taken: Vec<i64>,
    best: Option<(Decimal, Vec<i64>)>,
    nodes: u32,
    cut_short: bool,
}

impl Search<'_> {
    /// Decides on the source `at`, when `rest` pieces are wanted and those before cost `cost`.
    fn descend(&mut self, at: usize, rest: i64, cost: Decimal) {
        if rest == 0 {
            if self.is_better(cost) {
                self.best = Some((cost, self.taken.clone()));
            }
            return;
        }
        let Some(option) = self.options.get(at) else { return };
        let (index, most) = (option.index, option.most.min(rest));
        for pieces in (0..=most).rev() {
            if self.nodes == NODES_MAX {
                self.cut_short = true;
                return;
            }
            self.nodes += 1;
            let with = cost + self.cutting.cost(&self.sources[index], pieces);
            // Without enough behind it, fewer pieces of this one are not enough either.
            let Some(least) = self.least(at + 1, rest - pieces) else { break };
            if self.is_better(with + least) {
                self.taken[index] = pieces;
                self.descend(at + 1, rest - pieces, with);
                self.taken[index] = 0;
            }
        }
    }

    fn is_better(&self, cost: Decimal) -> bool {
        self.best.as_ref().is_none_or(|(best, _)| cost + EQUAL < *best)
    }

    /// What `rest` pieces cost at least from the sources at `at` and behind; `None` when those do not hold so many.
    fn least(&self, at: usize, mut rest: i64) -> Option<Decimal> {
        let mut cost = Decimal::ZERO;
        for option in &self.options[at..] {
            if rest == 0 {
                break;
            }
            let pieces = option.most.min(rest);
            cost += option.least * Decimal::from(pieces);
            rest -= pieces;
        }
        (rest == 0).then_some(cost)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn source(piles: i64, pile_m: &str, pile_cost: &str) -> Source {
        Source { piles, pile_m: d(pile_m), pile_cost: d(pile_cost) }
    }

    const CUTTING: Cutting =
        Cutting { piece_m: Decimal::from_parts(12, 0, 0, false, 0), offcut_min_m: Decimal::from_parts(2, 0, 0, false, 0) };

    #[test]
    fn a_cheap_pile_is_cut_where_its_offcut_is_worth_something() {
        // 15 m at 1,000 a metre: a piece of 12 m costs 12,000, the 3 m stay. 13 m: the metre left is scrap, a piece costs 13,000.
        assert_eq!(CUTTING.cost(&source(5, "15", "15000"), 2), d("24000"));
        assert_eq!(CUTTING.cost(&source(5, "13", "13000"), 2), d("26000"));
        // Two pieces of a pile of 25 m: the metre left is scrap; of the second pile 13 m stay.
        let long = source(5, "25", "25000");
        assert_eq!(CUTTING.cost(&long, 3), d("25000") + d("12000"));
        let offcuts: Vec<_> = CUTTING.offcuts(&long, 3).collect();
        assert_eq!(
            offcuts,
            [Offcut { count: 1, metres: d("1"), useful: false }, Offcut { count: 1, metres: d("13"), useful: true }]
        );
        assert_eq!(CUTTING.offcuts(&source(5, "12", "1"), 3).count(), 0);
        assert_eq!(CUTTING.yields(&source(5, "11.999", "1")), 0);
    }

    #[test]
    fn the_cheapest_mix_is_found() {
        let sources = [source(3, "12", "13000"), source(9, "15", "15000"), source(10, "12", "12500")];
        let found = search(&sources, 11, CUTTING).unwrap();
        assert_eq!((found.taken, found.cost, found.proven), (vec![0, 9, 2], d("133000"), true));
        assert_eq!(search(&sources, 23, CUTTING), None);
        assert_eq!(search(&sources, 0, CUTTING), None);
        assert_eq!(search(&[], 1, CUTTING), None);
    }

    #[test]
    fn scrap_is_weighed_against_a_dearer_batch() {
        // By the metre the 13 m are cheaper, but a metre of each is lost.
        let sources = [source(4, "13", "12350"), source(4, "12", "12100")];
        assert_eq!(search(&sources, 4, CUTTING).unwrap().taken, [0, 4]);
    }

    #[test]
    fn the_bound_is_never_exceeded() {
        // Full piles of 25 m cost less than they seem to, by a scrap each: bounds tell little.
        let sources: Vec<Source> = (0..60).map(|at| source(40, "25", &format!("250{at:02}"))).collect();
        for pieces in [1, 17, 119, 1_201, 4_799] {
            let found = search(&sources, pieces, CUTTING).unwrap();
            assert!(found.nodes <= NODES_MAX, "{pieces}: {}", found.nodes);
            assert_eq!(found.taken.iter().sum::<i64>(), pieces);
        }
        let hard = search(&sources, 1_201, CUTTING).unwrap();
        assert!(!hard.proven && hard.nodes == NODES_MAX, "the hard one is cut short: {}", hard.nodes);
        assert_eq!(hard, search(&sources, 1_201, CUTTING).unwrap(), "and the same every time");
    }

    /// Every way there is.
    fn brute(sources: &[Source], pieces: i64) -> Option<Decimal> {
        let Some((first, others)) = sources.split_first() else { return (pieces == 0).then_some(Decimal::ZERO) };
        let most = (first.piles * CUTTING.yields(first)).min(pieces);
        let ways = (0..=most).filter_map(|taken| Some(CUTTING.cost(first, taken) + brute(others, pieces - taken)?));
        ways.min()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn nothing_cheaper_exists(
            given in prop::collection::vec((0_i64..5, 110_i64..400, 1_i64..2_000_000), 1..5), pieces in 1_i64..12,
        ) {
            let sources: Vec<Source> = given.iter()
                .map(|(piles, tenths, kopecks)| Source { piles: *piles, pile_m: Decimal::new(*tenths, 1), pile_cost: Decimal::new(*kopecks, 2) })
                .collect();
            let found = search(&sources, pieces, CUTTING);
            let least = brute(&sources, pieces);
            prop_assert_eq!(found.is_some(), least.is_some());
            if let (Some(found), Some(least)) = (found, least) {
                prop_assert!(found.proven && found.nodes <= NODES_MAX);
                prop_assert!((found.cost - least).abs() <= EQUAL, "{} instead of {}", found.cost, least);
                prop_assert_eq!(found.taken.iter().sum::<i64>(), pieces);
                let again: Decimal = sources.iter().zip(&found.taken).map(|(source, taken)| CUTTING.cost(source, *taken)).sum();
                prop_assert!((again - found.cost).abs() <= EQUAL);
            }
        }
    }
}
