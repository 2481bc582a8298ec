//! When a batch is sent: soon when little happens, seldom when much does. Pure.

use std::time::Duration;

/// The limits of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// This many rows are sent at once.
    pub rows: usize,
    /// A transaction larger than this is cut.
    pub transaction_rows: usize,
    /// Otherwise so long after the previous batch began. Sending as soon as the previous insert returned falls into one insert
    /// for each transaction, and an insert costs the same whatever its rows.
    pub interval: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { rows: 50_000, transaction_rows: 500_000, interval: Duration::from_millis(100) }
    }
}

/// What is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Rows of whole transactions, and of one begun.
    pub rows: usize,
    /// Whether a transaction is begun: rows of it are among them.
    pub inside: bool,
    /// Whether everything the server sent so far has been read.
    pub drained: bool,
    /// Since the previous batch began.
    pub since_previous: Duration,
}

impl Pace {
    /// Whether to send now.
    pub fn is_due(&self, waiting: Waiting) -> bool {
        let Waiting { rows, inside, drained, since_previous } = waiting;
        if rows == 0 {
            return false;
        }
        if inside {
            return rows >= self.transaction_rows;
        }
        // A lone commit goes at once; a stream that never pauses is not waited for twice.
        rows >= self.rows || since_previous >= if drained { self.interval } else { self.interval * 2 }
    }

    /// Whether to read on while a batch is under way.
    pub fn has_room(&self, rows: usize, inside: bool) -> bool {
        rows < if inside { self.transaction_rows } else { self.rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn due(rows: usize, inside: bool, drained: bool, since: u64) -> bool {
        Pace::default().is_due(Waiting { rows, inside, drained, since_previous: MS(since) })
    }

    #[test]
    fn a_lone_commit_goes_at_once() {
        assert!(due(1, false, true, 100));
        assert!(!due(0, false, true, 10_000));
    }

    #[test]
    fn commits_in_a_row_are_gathered() {
        assert!(!due(10, false, true, 99));
        assert!(!due(10, false, false, 150), "the stream is drained first");
        assert!(due(10, false, false, 200), "but not for ever");
    }

    #[test]
    fn a_full_batch_does_not_wait() {
        assert!(due(50_000, false, false, 0));
    }

    #[test]
    fn only_a_giant_transaction_is_cut() {
        assert!(!due(499_999, true, true, 60_000));
        assert!(due(500_000, true, false, 0));
        assert!(Pace::default().has_room(499_999, true) && !Pace::default().has_room(50_000, false));
    }
}
