//! Chance that repeats itself: a splitmix64 stream per question, so that one more throw in one place changes nothing elsewhere.

/// A stream of throws.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The stream of `seed` for the `index`-th thing of a kind.
    pub(super) fn of(seed: u64, kind: &str, index: usize) -> Self {
        let named =
            kind.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut dice = Self(seed ^ named ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A whole number, both ends included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = (high - low + 1).max(1).cast_unsigned();
        low + (self.next() % span).cast_signed()
    }

    /// True `per_mille` times of a thousand.
    pub(super) fn chance(&mut self, per_mille: i64) -> bool {
        self.between(0, 999) < per_mille
    }

    /// Any of these.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// An index below `count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count.max(1) as u64).unwrap_or_default()
    }

    /// An index, as likely as its weight.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = i64> + Clone) -> usize {
        let mut left = self.between(0, weights.clone().sum::<i64>() - 1);
        let mut last = 0;
        for (index, weight) in weights.enumerate() {
            last = index;
            left -= weight;
            if left < 0 {
                break;
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_and_streams_differ() {
        let throws = |mut dice: Dice| (0..20).map(|_| dice.between(1, 1000)).collect::<Vec<_>>();
        assert_eq!(throws(Dice::of(7, "deal", 3)), throws(Dice::of(7, "deal", 3)));
        assert_ne!(throws(Dice::of(7, "deal", 3)), throws(Dice::of(7, "deal", 4)));
        assert_ne!(throws(Dice::of(7, "deal", 3)), throws(Dice::of(8, "deal", 3)));
        assert_ne!(throws(Dice::of(7, "deal", 3)), throws(Dice::of(7, "lot", 3)));
    }

    #[test]
    fn throws_stay_in_their_bounds_and_reach_them() {
        let mut dice = Dice::of(1, "bounds", 0);
        let throws: Vec<_> = (0..1000).map(|_| dice.between(-2, 2)).collect();
        assert_eq!((throws.iter().min(), throws.iter().max()), (Some(&-2), Some(&2)));
        let mut counts = [0; 3];
        (0..1000).for_each(|_| counts[dice.weighted([0, 900, 100].into_iter())] += 1);
        assert!(counts[0] == 0 && counts[1] > 850 && counts[2] > 50, "{counts:?}");
    }
}
