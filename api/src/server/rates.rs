//! How many requests are answered: of one user, of one token, of strangers at one address; and how many passwords are tried from there.
//!
//! Who bears a good session or token has an allowance of its own, so strangers at the same address take nothing from it.

use std::net::IpAddr;
use std::num::NonZeroU32;

use axum::http::HeaderMap;
use governor::Quota;

use super::refusal::Refusal;
use crate::allowance::{Allowance, Who};
use crate::config::Http;

/// Seconds of requests that may come at once: a page asks for everything it shows.
const BURST: u32 = 4;

/// What each may still ask.
#[derive(Debug)]
pub struct Rates {
    requests: Option<Allowance>,
    requests_per_second: u32,
    sign_ins: Option<Allowance>,
    proxies: usize,
}

impl Rates {
    pub(super) fn new(http: &Http) -> Self {
        let requests = NonZeroU32::new(http.requests_per_second);
        let sign_ins = NonZeroU32::new(http.sign_ins_per_minute);
        let burst = |of: NonZeroU32| of.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1));
        Self {
            requests: requests.map(|of| Allowance::new(Quota::per_second(of).allow_burst(burst(of)))),
            requests_per_second: http.requests_per_second,
            sign_ins: sign_ins.map(|of| Allowance::new(Quota::per_minute(of))),
            proxies: http.proxies.into(),
        }
    }

    /// Counts a request. Errors: `RATE_LIMITED`.
    pub(super) fn request(&self, who: Who) -> Result<(), Refusal> {
        let Some(requests) = &self.requests else { return Ok(()) };
        requests.take(who, NonZeroU32::MIN).map(drop).map_err(|refused| {
            let more = format!("more than {} requests a second", self.requests_per_second);
            Refusal::limited(more, refused.seconds())
        })
    }

    /// Counts attempts to sign in, each of which hashes a password. Errors: `RATE_LIMITED`.
    pub(super) fn sign_ins(&self, who: Who, count: usize) -> Result<(), Refusal> {
        let count = u32::try_from(count).ok().and_then(NonZeroU32::new);
        let Some((sign_ins, count)) = self.sign_ins.as_ref().zip(count) else { return Ok(()) };
        let more = "too many passwords tried from this address";
        sign_ins.take(who, count).map(drop).map_err(|refused| Refusal::limited(more, refused.seconds()))
    }

    /// Who a stranger is: the peer, or whom the outermost of our own proxies saw, each of which adds one address to the header.
    pub(super) fn stranger(&self, headers: &HeaderMap, peer: IpAddr) -> Who {
        let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let seen: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        let outermost = self.proxies.checked_sub(1).and_then(|before| seen.iter().rev().nth(before));
        Who::at(outermost.and_then(|text| address(text.trim())).unwrap_or(peer))
    }
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(bare, _)| bare);
    bare.parse().ok().or_else(|| text.parse().map(|address: std::net::SocketAddr| address.ip()).ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        http: Http,
    }

    fn rates(arguments: &[&str]) -> Rates {
        Rates::new(&Arguments::parse_from(["test"].iter().chain(arguments)).http)
    }

    #[test]
    fn four_seconds_of_requests_come_at_once() {
        let rates = rates(&["--requests-per-second", "1"]);
        let answered = (0..100).take_while(|_| rates.request(Who::User(1)).is_ok()).count();
        assert!((4..100).contains(&answered), "{answered}");
        assert!(rates.request(Who::User(2)).is_ok());
    }

    #[test]
    fn nothing_is_limited_where_the_limit_is_0() {
        let rates = rates(&["--requests-per-second", "0", "--sign-ins-per-minute", "0"]);
        for _ in 0..10_000 {
            assert!(rates.request(Who::User(1)).is_ok() && rates.sign_ins(Who::User(1), 20).is_ok());
        }
    }

    #[test]
    fn passwords_are_counted_each() {
        let rates = rates(&["--sign-ins-per-minute", "3"]);
        assert!(rates.sign_ins(Who::User(1), 0).is_ok() && rates.sign_ins(Who::User(1), 3).is_ok());
        assert!(rates.sign_ins(Who::User(1), 1).is_err() && rates.sign_ins(Who::User(1), 0).is_ok());
        assert!(rates.sign_ins(Who::User(2), 4).is_err(), "more than there ever are");
    }

    #[test]
    fn a_header_counts_as_far_as_our_own_proxies_wrote_it() {
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        let seen = |proxies: &str, lines: &[&'static str]| {
            let headers = lines.iter().map(|line| ("x-forwarded-for".parse().unwrap(), HeaderValue::from_static(line)));
            rates(&["--proxies", proxies]).stranger(&headers.collect(), peer)
        };
        let at = |text: &str| Who::at(text.parse().unwrap());
        assert_eq!(seen("0", &["192.0.2.1"]), at("10.0.0.1"), "nobody vouches for it");
        assert_eq!(seen("1", &["198.51.100.9, 192.0.2.1"]), at("192.0.2.1"));
        assert_eq!(seen("1", &["198.51.100.9", "192.0.2.1"]), at("192.0.2.1"));
        assert_eq!(seen("2", &["203.0.113.5, 192.0.2.1, 10.0.0.2"]), at("192.0.2.1"));
        assert_eq!(seen("1", &["192.0.2.1:51000"]), at("192.0.2.1"));
        assert_eq!(seen("1", &["[2001:db8::1]:51000"]), at("2001:db8::1"));
        assert_eq!(seen("1", &["2001:db8::1"]), at("2001:db8::1"));
        for odd in [&[][..], &[""], &["unknown"], &["192.0.2.1, "]] {
            assert_eq!(seen("1", odd), at("10.0.0.1"), "{odd:?}");
        }
        assert_eq!(seen("3", &["192.0.2.1"]), at("10.0.0.1"), "fewer than there are proxies");
    }
}
