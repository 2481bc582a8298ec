//! How long to wait before a dead child process is started again.
//!
//! The first restart is immediate, because a crash is usually single; each further one waits
//! twice as long, up to ten seconds; a child that ran for a minute has earned a fresh start.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);
const HEALTHY: Duration = Duration::from_mins(1);

/// Growing pauses.
#[derive(Debug, Default)]
pub struct Backoff(Duration);

impl Backoff {
    /// Notes how long the child ran before it died.
    pub fn ran_for(&mut self, time: Duration) {
        if time >= HEALTHY {
            self.0 = Duration::ZERO;
        }
    }

    /// The pause before the next try.
    pub fn pause(&mut self) -> Duration {
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
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..10).map(|_| backoff.pause().as_millis()).collect();
        assert_eq!(pauses, [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        backoff.ran_for(Duration::from_secs(59));
        assert_eq!(backoff.pause().as_millis(), 10_000);
        backoff.ran_for(Duration::from_secs(61));
        assert_eq!(backoff.pause().as_millis(), 0);
    }
}
