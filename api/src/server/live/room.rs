//! How many connections may be open: by all, and of streams by each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::allowance::Who;
use crate::server::refusal::Refusal;

/// Streams of one user, token or address at once: a client opens one for each thing it listens to.
const EACH: usize = 64;

/// Room for one more, until it is dropped.
pub(super) fn room(of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Refusal> {
    Arc::clone(of)
        .try_acquire_owned()
        .map_err(|_| Refusal::too_many("too many connections are open; close some, or try again later"))
}

/// How many streams each has open, so that nobody takes the room of all.
#[derive(Debug, Default)]
pub(super) struct Seats(Mutex<HashMap<Who, usize>>);

impl Seats {
    /// A seat for one more stream of `who`, until it is dropped.
    pub(super) fn take(self: &Arc<Self>, who: Who) -> Result<Seat, Refusal> {
        let mut taken = self.taken();
        let count = taken.entry(who).or_default();
        if *count >= EACH {
            let message = format!("{EACH} streams of yours are open; close some, or listen to more over one socket");
            return Err(Refusal::too_many(message));
        }
        *count += 1;
        Ok(Seat { seats: Arc::clone(self), who })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Who, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that is open.
pub(super) struct Seat {
    seats: Arc<Seats>,
    who: Who,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(count) = taken.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_seats_and_gives_them_back() {
        let seats = Arc::<Seats>::default();
        let taken: Vec<_> = (0..EACH).map(|_| seats.take(Who::User(1)).ok().unwrap()).collect();
        assert!(seats.take(Who::User(1)).is_err());
        assert!(seats.take(Who::User(2)).is_ok() && seats.take(Who::Token(1)).is_ok());
        drop(taken);
        assert!(seats.taken().is_empty());
        assert!(seats.take(Who::User(1)).is_ok());
    }
}
