//! How long to wait before a dead engine is started again.
//!
//! The first restart is immediate, because a crash is usually single; each further one waits
//! twice as long, up to ten seconds; an engine that ran for a minute has earned a fresh start.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
const HEALTHY: Duration = Duration::from_mins(1);

/// Growing pauses.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(Duration::ZERO)
    }

    /// Notes how long the engine ran before it died.
    pub(crate) fn ran_for(&mut self, time: Duration) {
        if time >= HEALTHY {
            self.0 = Duration::ZERO;
        }
    }

    /// The pause before the next try.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).clamp(FIRST, LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_are_forgiven_after_a_healthy_run() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u128> = (0..10).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(pauses, [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        backoff.ran_for(Duration::from_secs(59));
        assert_eq!(backoff.next().as_millis(), 10_000);
        backoff.ran_for(Duration::from_secs(61));
        assert_eq!(backoff.next().as_millis(), 0);
    }
}
