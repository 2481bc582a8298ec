//! Which port does an engine get when any will do?
//!
//! Invariant: one that the system never gives to an outgoing connection. An engine that died is started again on its port, and
//! a connection that got that port meanwhile would keep it out for as long as it lives.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::secret::random_hex;

/// Ports tried before any at all will do.
const TRIES: u16 = 64;
/// So many below those of outgoing connections.
const SPAN: u16 = 12_000;
/// Where those begin on Linux unless told otherwise; other systems begin higher.
const OUTGOING: u16 = 32_768;

/// Listens on a port of 127.0.0.1; 0: any.
pub(crate) fn listen(port: u16) -> io::Result<TcpListener> {
    if port != 0 {
        return TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    }
    let outgoing = outgoing();
    let start = random_hex(2).ok().and_then(|digits| u16::from_str_radix(&digits, 16).ok()).unwrap_or_default();
    // Below 1024 only root may listen.
    let span = SPAN.min(outgoing.saturating_sub(1024));
    let candidates = (0..TRIES).filter_map(|n| Some(outgoing - 1 - start.wrapping_add(n).checked_rem(span)?));
    for candidate in candidates {
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, candidate)) {
            return Ok(listener);
        }
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// The first port that outgoing connections may get.
fn outgoing() -> u16 {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(OUTGOING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_port_is_one_that_no_connection_gets() {
        let taken: Vec<TcpListener> = (0..20).map(|_| listen(0).unwrap()).collect();
        let ports: std::collections::BTreeSet<u16> = taken.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 20);
        let outgoing = outgoing();
        assert!(outgoing < 2048 || ports.iter().all(|port| *port < outgoing), "{ports:?}");
    }

    #[test]
    fn a_port_asked_for_is_that_port_or_none() {
        let taken = listen(0).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(listen(port).is_err());
        drop(taken);
        assert_eq!(listen(port).unwrap().local_addr().unwrap().port(), port);
    }
}
