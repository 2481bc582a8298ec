//! Commands on calls.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::{Call, Direction, store, wanted};
use crate::access::{self, Permission};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::notifications::{self, CALL_MISSED, Fact, Facts, Subject};
use crate::{days, text};

/// A call as a telephony tells of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Which telephony.
    pub source: String,
    /// The id of the call there.
    pub external_id: String,
    /// Who called whom.
    pub direction: Direction,
    /// The other side's number; empty when hidden.
    pub phone: String,
    /// The own number; empty when not told.
    pub line: String,
    /// Who talked, or was to; 0 = not known.
    pub employee_id: i64,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long they talked, seconds; 0 = nobody talked.
    pub talk_seconds: i32,
}

impl Record {
    fn checked(self, now: DateTime<Utc>) -> Result<Self> {
        if !(0..=86_400).contains(&self.talk_seconds) {
            return Err(Error::invalid("talkSeconds", "a call lasts 0 to 86400 seconds"));
        }
        days::known(self.started_at.date_naive(), "startedAt")?;
        if self.started_at > now + Duration::hours(1) {
            return Err(Error::invalid(
                "startedAt",
                "the call has not begun yet; check the clock and the time zone of the telephony",
            ));
        }
        Ok(Self {
            source: text::required(&self.source, "source", 40)?,
            external_id: text::required(&self.external_id, "externalId", 200)?,
            phone: text::optional(&self.phone, "phone", 40)?,
            line: text::optional(&self.line, "line", 40)?,
            ..self
        })
    }
}

/// Records a call (записать звонок), or what is known of it now when it was told before: the longest talk counts and a person once named
/// stays. A missed one is told to those whom it concerns, once. Errors: `NOT_FOUND` (the person, or a call of others), `INVALID_INPUT`,
/// `FORBIDDEN`.
pub async fn record(db: &Db, ctx: &Ctx, input: Record) -> Result<Outcome<Call>> {
    let mut input = input.checked(ctx.now)?;
    if input.employee_id == 0 && ctx.actor.scope().employees().is_some() {
        // Somebody who sees the own calls only must see this one again.
        input.employee_id = ctx.actor.employee_id;
    }
    command::run(db, ctx, "communications.call_record", Permission::EditDeals, &input, async |run, input| {
        if input.employee_id != 0 {
            access::store::get_employee_in_tx(run, input.employee_id).await?;
        }
        let of = match wanted(&input.phone) {
            Some(digits) => store::whose_in_tx(run, &digits).await?,
            None => store::Whose::default(),
        };
        let call = store::upsert_in_tx(run, input, &of).await?;
        if call.is_missed() {
            tell_in_tx(run, &call, of.name).await?;
        }
        Ok(call)
    })
    .await
}

async fn tell_in_tx(run: &mut Run<'_>, call: &Call, name: String) -> Result<()> {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let facts = Facts { number: or(&call.phone, "—"), name: or(&name, "—"), ..Facts::default() };
    let fact = Fact {
        subject: Subject::Call(call.call_id),
        deal_id: call.deal_id,
        employee_id: 0,
        but_user_id: 0,
        episode: String::new(),
        facts,
    };
    notifications::store::tell_in_tx(run, CALL_MISSED, fact).await?;
    Ok(())
}
