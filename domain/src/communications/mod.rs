//! Communications (обращения): calls, whoever tells of them, tied to the deal and the party they belong to.
//!
//! A telephony tells of a call by its own id, as often as it likes: the same id is the same call. A call finds its deal by the phone: the
//! newest open one where that number called, else the newest open one of the customer it is of; `calls.deal_id` is 0 when there is none.

pub mod commands;
pub mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who called whom (направление).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Direction {
    /// Входящий.
    Incoming,
    /// Исходящий.
    Outgoing,
}

impl Direction {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
        }
    }
}

/// A call (звонок).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Its id.
    pub call_id: i64,
    /// Which telephony told of it.
    pub source: String,
    /// Its id there.
    pub external_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// The other side's number; empty when hidden.
    pub phone: String,
    /// The own number.
    pub line: String,
    /// Who talked, or was to; 0 = not known.
    pub employee_id: i64,
    /// The deal; 0 = none found.
    pub deal_id: i64,
    /// The party; 0 = none found.
    pub party_id: i64,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long they talked, seconds; 0 = nobody talked.
    pub talk_seconds: i32,
}

impl Call {
    /// Somebody called and nobody talked (пропущенный).
    pub fn is_missed(&self) -> bool {
        self.direction == Direction::Incoming && self.talk_seconds == 0
    }
}

/// What a number is looked for by: its last ten digits, so that +7, 8 and nothing before them are the same; `None` when there are fewer
/// than seven, which would find anybody.
fn wanted(phone: &str) -> Option<String> {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 7).then(|| digits[digits.len().saturating_sub(10)..].iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_however_it_is_written() {
        for phone in ["+7 (921) 555-01-01", "8 921 555 01 01", "79215550101", "9215550101", "тел. 921-555-0101"] {
            assert_eq!(wanted(phone).as_deref(), Some("9215550101"), "{phone}");
        }
        assert_eq!(wanted("555-01-01").as_deref(), Some("5550101"), "a number of the town");
        for phone in ["", "anonymous", "112", "55501-1"] {
            assert_eq!(wanted(phone), None, "{phone}");
        }
    }
}
