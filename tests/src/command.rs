//! The fixed clock and the made-up ids that commands of tests carry.

use chrono::{DateTime, TimeZone as _, Utc};
use shpunt_domain::access::Actor;
use shpunt_domain::command::Ctx;
use uuid::Uuid;

/// Noon in Moscow of the day most tests happen on: 2 March 2026, a Monday.
pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).single().expect("a valid moment")
}

/// A command of the system at [`now`], with an id made from `key`.
pub fn ctx(key: &str) -> Ctx {
    Ctx::new(Actor::system(), now(), Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes()))
}
