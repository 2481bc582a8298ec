//! Records what is read before the answer goes out.
//!
//! Invariants: an answer that tells something of the list of audited things (`permissions`) leaves only when its record is committed, so a
//! crash loses no record of what anybody saw; the record is written while the answer is computed, and costs the request no time of its own.
//! The same question of the same person is recorded once in ten minutes: pages ask again by themselves after every change.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_graphql::{Name, Variables};
use async_graphql_value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};
use shpunt_domain::access::audit::{self, Read};
use shpunt_domain::{Db, Error};

use crate::graphql::caller::{Caller, Clock};
use crate::graphql::permissions::Touched;

/// The same question is not recorded again for so long.
const SAME: TimeDelta = TimeDelta::minutes(10);

/// So many questions are remembered; then those of the last minutes are recorded again.
const REMEMBERED: usize = 4096;

/// Longest record of what was asked, bytes.
const INPUT_MAX: usize = 4096;

type Digest = [u8; 32];

/// Writes the records of one process.
pub(crate) struct Recorder {
    db: Db,
    clock: Clock,
    recent: Mutex<HashMap<Digest, DateTime<Utc>>>,
}

impl Recorder {
    pub(crate) fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock, recent: Mutex::default() }
    }

    /// Returns when all of it is committed. Errors: `UNAVAILABLE`.
    pub(crate) async fn record(&self, caller: &Caller, reads: Vec<Read>) -> Result<(), Error> {
        let Some(user) = &caller.user else { return Ok(()) };
        let now = (self.clock)();
        let digested = reads.into_iter().map(|read| (digest(user.user_id, &read), read));
        let (digests, fresh): (Vec<_>, Vec<_>) = digested.filter(|(digest, _)| !self.is_recent(digest, now)).unzip();
        if fresh.is_empty() {
            return Ok(());
        }
        audit::record_reads(&self.db, user.user_id, &caller.request_id, &fresh, now).await?;
        self.remember(digests, now);
        Ok(())
    }

    fn is_recent(&self, digest: &Digest, now: DateTime<Utc>) -> bool {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.get(digest).is_some_and(|at| now - *at < SAME)
    }

    fn remember(&self, digests: Vec<Digest>, now: DateTime<Utc>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() + digests.len() > REMEMBERED {
            recent.retain(|_, at| now - *at < SAME);
        }
        if recent.len() + digests.len() > REMEMBERED {
            recent.clear();
        }
        recent.extend(digests.into_iter().map(|digest| (digest, now)));
    }
}

/// What is recorded of a root field: what it took and what was asked. Of a mutation, whose input may hold a password, and of what is too
/// long only the ids it names: whose margin was read is never left out.
pub(crate) fn read(touched: Touched, variables: &Variables) -> Read {
    let given = touched.arguments.into_iter().map(|(name, value)| (name.to_string(), plain(value, variables)));
    let arguments = serde_json::Value::from(given.collect::<Map<_, _>>());
    let text = arguments.to_string();
    let kept = if touched.changes {
        json!({ "ids": audit::named(&arguments) })
    } else if text.len() > INPUT_MAX {
        // Two long questions are the same only if they are so to the last letter.
        let sha256 = URL_SAFE_NO_PAD.encode(Sha256::digest(&text));
        json!({ "ids": audit::named(&arguments), "omittedBytes": text.len(), "sha256": sha256 })
    } else {
        arguments
    };
    Read { name: touched.name, input: json!({ "of": touched.of, "arguments": kept }) }
}

/// A value with its variables filled in.
fn plain(value: Value, variables: &Variables) -> serde_json::Value {
    let filled =
        value.into_const_with(|name: Name| Ok::<_, std::convert::Infallible>(variables.get(&name).cloned().unwrap_or_default()));
    filled.map_or(serde_json::Value::Null, |value| value.into_json().unwrap_or_default())
}

/// What makes two questions the same: who asks and what, whatever the change they wait for.
fn digest(user_id: i64, read: &Read) -> Digest {
    let mut input = read.input.clone();
    if let Some(arguments) = input.get_mut("arguments").and_then(serde_json::Value::as_object_mut) {
        arguments.retain(|_, value| !value.as_str().is_some_and(is_token));
    }
    let text = json!([user_id, read.name, input]).to_string();
    Sha256::digest(text).into()
}

/// A consistency token, `0/16B3748`; a cursor has no slash.
fn is_token(text: &str) -> bool {
    let is_hex = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split_once('/').is_some_and(|(high, low)| is_hex(high) && is_hex(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(user_id: i64, arguments: &serde_json::Value) -> Digest {
        let input = json!({ "of": ["SEE_MARGIN"], "arguments": arguments });
        digest(user_id, &Read { name: "grossProfitReport".to_owned(), input })
    }

    #[test]
    fn waiting_for_another_change_is_the_same_question() {
        let first = of(1, &json!({ "by": "MONTH", "after": "0/16B3748" }));
        assert_eq!(first, of(1, &json!({ "by": "MONTH", "after": "A/0" })));
        assert_eq!(first, of(1, &json!({ "by": "MONTH" })));
        assert_ne!(first, of(2, &json!({ "by": "MONTH" })), "somebody else");
        assert_ne!(first, of(1, &json!({ "by": "DEAL" })));
        assert_ne!(first, of(1, &json!({ "by": "MONTH", "after": "WyJ4Iiw3XQ" })), "another page");
    }

    #[test]
    fn what_was_asked_is_kept_as_long_as_it_is_short() {
        let touched = |value: Value| Touched {
            name: "deals".to_owned(),
            of: ["SEE_MARGIN"].into(),
            arguments: vec![(Name::new("filter"), value)],
            changes: false,
        };
        let variables = Variables::from_json(json!({ "deal": "deal_7" }));
        let variable = Value::Variable(Name::new("deal"));
        assert_eq!(read(touched(variable.clone()), &variables).input["arguments"], json!({ "filter": "deal_7" }));
        assert_eq!(read(touched(variable), &Variables::default()).input["arguments"], json!({ "filter": null }));
        let padded = |deal: &str| {
            let values = [deal.to_owned(), "x".repeat(INPUT_MAX)].map(Value::String);
            read(touched(Value::List(values.into())), &Variables::default())
        };
        let long = padded("deal_7");
        assert!(long.input["arguments"]["omittedBytes"].as_u64() > Some(4096), "{:?}", long.input);
        assert_eq!(long.input["arguments"]["ids"], json!(["deal_7"]));
        assert_ne!(digest(1, &long), digest(1, &padded("deal_8")));
    }

    #[test]
    fn of_a_mutation_only_what_it_names_is_kept() {
        let input = Variables::from_json(json!({ "input": { "userId": "user_7", "password": "correct horse" } }));
        let touched = Touched {
            name: "userUpdate".to_owned(),
            of: ["SEE_MARGIN"].into(),
            arguments: vec![(Name::new("input"), Value::Variable(Name::new("input")))],
            changes: true,
        };
        assert_eq!(read(touched, &input).input["arguments"], json!({ "ids": ["user_7"] }));
    }
}
