//! How much somebody may ask in a time: a bucket for each, which leaks at a steady pace.
//!
//! Invariant: however many ask, the memory is bounded; whoever asked longest ago is forgotten, and begins with a full allowance.

use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use hashlink::LruCache;

/// Remembered at most, about 100 bytes each.
const KEYS: usize = 20_000;

/// Whose allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// A user, whatever the number of sessions.
    User(i64),
    /// A token.
    Token(i64),
    /// A stranger, by address: of IPv6 the half that a provider gives to one customer.
    Address(IpAddr),
}

impl Who {
    /// Whoever asks from this address.
    pub(crate) fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & u128::MAX << 64)),
        })
    }
}

/// Why no more is given now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is enough again after this time.
    Wait(Duration),
    /// It is more than there ever is at once.
    Never,
}

impl Refused {
    /// Whole seconds to wait, at least one.
    pub(crate) fn seconds(&self) -> Option<u64> {
        match self {
            Self::Wait(time) => Some((time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)),
            Self::Never => None,
        }
    }
}

/// What each may still ask.
pub(crate) struct Allowance<C: Clock = MonotonicClock> {
    limiter: RateLimiter<Who, Recent, C, StateInformationMiddleware>,
}

impl<C: Clock> fmt::Debug for Allowance<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowance").finish_non_exhaustive()
    }
}

impl Allowance {
    /// Of `quota` for each.
    pub(crate) fn new(quota: Quota) -> Self {
        Self::by(quota, MonotonicClock)
    }
}

impl<C: Clock> Allowance<C> {
    fn by(quota: Quota, clock: C) -> Self {
        let limiter = RateLimiter::new(quota, Recent(Mutex::new(LruCache::new(KEYS))), clock);
        Self { limiter }
    }

    /// Takes so much, and says how much is left; or takes nothing and says why.
    pub(crate) fn take(&self, who: Who, amount: NonZeroU32) -> Result<u32, Refused> {
        match self.limiter.check_key_n(&who, amount) {
            Ok(Ok(state)) => Ok(state.remaining_burst_capacity()),
            Ok(Err(not_yet)) => Err(Refused::Wait(not_yet.wait_time_from(self.limiter.clock().now()))),
            Err(_) => Err(Refused::Never),
        }
    }
}

/// When the bucket of each will be empty again, as far as it is remembered.
struct Recent(Mutex<LruCache<Who, Nanos>>);

impl StateStore for Recent {
    type Key = Who;

    fn measure_and_replace<T, F, E>(&self, who: &Who, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, next) = measure(kept.get(who).copied())?;
        kept.insert(*who, next);
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const ONE: NonZeroU32 = NonZeroU32::MIN;

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    fn bucket(burst: u32) -> (FakeRelativeClock, Allowance<FakeRelativeClock>) {
        let clock = FakeRelativeClock::default();
        (clock.clone(), Allowance::by(Quota::per_second(ONE).allow_burst(number(burst)), clock))
    }

    #[test]
    fn what_was_taken_comes_back_with_time() {
        let (clock, bucket) = bucket(4);
        let (one, other) = (Who::User(1), Who::Token(1));
        assert_eq!((0..4).map(|_| bucket.take(one, ONE)).collect::<Vec<_>>(), [Ok(3), Ok(2), Ok(1), Ok(0)]);
        let refused = bucket.take(one, ONE).unwrap_err();
        assert_eq!((refused.seconds(), refused), (Some(1), Refused::Wait(Duration::from_secs(1))));
        assert_eq!(bucket.take(other, number(4)), Ok(0), "a token of the same number is somebody else");
        clock.advance(Duration::from_millis(999));
        assert!(bucket.take(one, ONE).is_err(), "a refusal takes nothing, and gives nothing");
        clock.advance(Duration::from_millis(1));
        assert_eq!(bucket.take(one, ONE), Ok(0));
        let refused = bucket.take(one, number(3)).unwrap_err();
        assert_eq!(refused.seconds(), Some(3));
        clock.advance(Duration::from_hours(1));
        assert_eq!(bucket.take(one, number(4)), Ok(0), "never more than the bucket holds");
        assert_eq!(bucket.take(one, number(5)), Err(Refused::Never));
        assert_eq!(Refused::Never.seconds(), None);
    }

    #[test]
    fn memory_is_bounded_and_the_longest_ago_is_forgotten() {
        let (_, bucket) = bucket(1);
        let address = |number: u32| Who::at(IpAddr::V4(number.into()));
        let keys = u32::try_from(KEYS).unwrap();
        for number in 0..=keys {
            assert!(bucket.take(address(number), ONE).is_ok());
        }
        assert_eq!(bucket.limiter.into_state_store().0.into_inner().unwrap().len(), KEYS);
        let (_, bucket) = self::bucket(1);
        for number in 0..=keys {
            assert!(bucket.take(address(number), ONE).is_ok());
        }
        assert!(bucket.take(address(keys), ONE).is_err());
        assert!(bucket.take(address(0), ONE).is_ok());
    }

    #[test]
    fn one_customer_of_a_provider_is_one_stranger() {
        let at = |text: &str| Who::at(text.parse().unwrap());
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }
}
