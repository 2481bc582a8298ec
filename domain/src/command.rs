//! A command: lock, decide, save, post, in one transaction that also logs it.
//!
//! `command_log` is idempotency, audit and the history of intent in one. A command id is a uuid v5 of (actor, name, key): the same key
//! again returns the first answer, with other input it is a conflict. Only successes are logged, so a failed command may be repeated.

use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::access::{Actor, Permission};
use crate::db::{Db, Tx};
use crate::error::{Code, Error, Result};

/// Longest real time between a posting's `booked_at` and its commit: *known at T* is answered for T older than this and a margin.
const BOOKED_TO_COMMIT_MAX: Duration = Duration::from_secs(10);

/// Serialization failures and deadlocks are repeated this often.
const ATTEMPTS: u32 = 4;

/// Namespace of command ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x7368_7075_6e74_4000_8000_636f_6d6d_616e);

/// Who, when, and under which key.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// The clock of this command.
    pub now: DateTime<Utc>,
    /// Makes the command idempotent; unique per actor and command.
    pub idempotency_key: Option<String>,
    /// The id when no key was given.
    pub command_id: Uuid,
    /// Booking time of a history that is being made up (the demo business); `None` = the database's clock.
    pub booked_at: Option<DateTime<Utc>>,
    /// The version the client read of the row that a step changes; `None` = whichever it is at.
    pub expected_version: Option<i32>,
}

impl Ctx {
    /// A command of `actor` at `now`; `command_id` must be fresh.
    pub const fn new(actor: Actor, now: DateTime<Utc>, command_id: Uuid) -> Self {
        Self { actor, now, idempotency_key: None, command_id, booked_at: None, expected_version: None }
    }

    /// The same with an idempotency key.
    #[must_use]
    pub fn with_key(mut self, key: Option<String>) -> Self {
        self.idempotency_key = key;
        self
    }

    /// The same for a row that is to be at this version.
    #[must_use]
    pub const fn expecting(mut self, version: Option<i32>) -> Self {
        self.expected_version = version;
        self
    }

    /// The id this command is logged under.
    pub fn id(&self, name: &str) -> Uuid {
        self.idempotency_key
            .as_ref()
            .map_or(self.command_id, |key| Uuid::new_v5(&NAMESPACE, format!("{}/{name}/{key}", self.actor.user_id).as_bytes()))
    }

    /// The business date at `utc_offset_minutes` (сегодня).
    pub fn today(&self, utc_offset_minutes: i32) -> NaiveDate {
        (self.now + chrono::Duration::minutes(i64::from(utc_offset_minutes))).date_naive()
    }
}

/// What a row is that was logged before its directory could retire any.
pub(crate) const fn in_use() -> bool {
    true
}

/// Refuses a change of a row that another client changed first: `VERSION_CONFLICT`.
pub(crate) fn same_version(what: &'static str, id: i64, found: i32, expected: i32) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Error::Stale { what, id, found, expected }) }
}

/// The answer of a command.
#[derive(Debug, Clone)]
pub struct Outcome<T> {
    /// What the command returns.
    pub value: T,
    /// The command had been done before; `value` is its first answer.
    pub replayed: bool,
    /// Consistency token: a report asked `after` it shows this command. An LSN as text, `0/16B3748`.
    pub token: String,
}

/// Inside a running command: its transaction and what a posting needs to know of it.
#[derive(Debug)]
pub struct Run<'a> {
    /// The transaction.
    pub tx: Tx<'a>,
    /// The id in `command_log`.
    pub command_id: Uuid,
    /// What is run.
    pub name: &'static str,
    /// Clock and actor.
    pub ctx: &'a Ctx,
    /// When the first posting was booked: by the database's clock, and by ours.
    booked: Option<(DateTime<Utc>, Instant)>,
}

impl Run<'_> {
    /// The moment everything this command posts is booked at; `None` before its first posting, which takes the database's clock.
    pub(crate) fn booked_at(&self) -> Option<DateTime<Utc>> {
        self.ctx.booked_at.or(self.booked.map(|(at, _)| at))
    }

    /// Remembers when the first posting was booked; `began` lies before the database read its clock.
    pub(crate) fn book(&mut self, at: DateTime<Utc>, began: Instant) {
        self.booked.get_or_insert((at, began));
    }

    /// Refuses a step on a row that is not at the version the client read, if one was given: `VERSION_CONFLICT`.
    pub(crate) fn expect(&self, what: &'static str, id: i64, found: i32) -> Result<()> {
        self.ctx.expected_version.map_or(Ok(()), |expected| same_version(what, id, found, expected))
    }

    /// An injected moment may lie any time back.
    fn is_booked_too_long(&self) -> bool {
        self.ctx.booked_at.is_none() && self.booked.is_some_and(|(_, began)| began.elapsed() > BOOKED_TO_COMMIT_MAX)
    }
}

/// Runs `body` as the command `name`, if the actor has the permission it `needs`: begin, log, commit; 40001 and 40P01 are repeated.
///
/// `body` gets the input as its second argument: a closure that captured a reference would not be `Send`.
/// `input` is logged as it is, so it must carry no secrets. Errors: whatever `body` returns (nothing is kept then),
/// [`Code::Forbidden`], [`Code::IdempotencyConflict`], [`Code::Unavailable`].
pub async fn run<I, T, F>(db: &Db, ctx: &Ctx, name: &'static str, needs: Permission, input: &I, body: F) -> Result<Outcome<T>>
where
    I: Serialize + Sync,
    T: Serialize + DeserializeOwned + Send,
    F: AsyncFn(&mut Run<'_>, &I) -> Result<T>,
{
    run_sealed(db, ctx, name, needs, input, "", body).await
}

/// [`run`] with a part of the input that is not logged but compared when the key is used again.
///
/// The log keeps a plain digest of `seal`, so it must be as hard to guess from that as from itself: no password, but its slow hash.
#[tracing::instrument(skip_all, fields(command = name, actor = ctx.actor.user_id))]
pub async fn run_sealed<I, T, F>(
    db: &Db,
    ctx: &Ctx,
    name: &'static str,
    needs: Permission,
    input: &I,
    seal: &str,
    body: F,
) -> Result<Outcome<T>>
where
    I: Serialize + Sync,
    T: Serialize + DeserializeOwned + Send,
    F: AsyncFn(&mut Run<'_>, &I) -> Result<T>,
{
    ctx.actor.require(needs)?;
    let log = Log::new(name, serde_json::to_value(input)?, seal, ctx.expected_version)?;
    let mut attempt = 1;
    loop {
        // The connection outlives its transaction: the token is read on it after the commit.
        let mut connection = db.acquire().await?;
        let tx = connection.begin().await?;
        match attempt_once(tx, ctx, &log, input, &body).await {
            Err(error) if error.is_retryable() && attempt < ATTEMPTS => {
                tracing::debug!(attempt, "command met a conflict, repeating");
                drop(connection);
                tokio::time::sleep(Duration::from_millis(5 << attempt)).await;
                attempt += 1;
            }
            done => {
                let (value, replayed) = done?;
                return Ok(Outcome { value, replayed, token: flushed(&mut connection).await? });
            }
        }
    }
}

/// A command that was done: what it was asked and what it answered.
#[derive(Debug, Clone)]
pub struct Logged {
    /// The input.
    pub input: serde_json::Value,
    /// The answer.
    pub result: serde_json::Value,
}

/// What is logged under this id, if it was done.
pub async fn logged(db: &Db, command_id: Uuid) -> Result<Option<Logged>> {
    Ok(sqlx::query_as!(Logged, "select input, result from command_log where command_id = $1", command_id)
        .fetch_optional(db)
        .await?)
}

/// What is logged of a command.
struct Log {
    name: &'static str,
    input: serde_json::Value,
    hash: Vec<u8>,
}

// What has no type parameter is a function of its own: the rest is built anew for each of the commands.
impl Log {
    /// The version a client expects is a part of what it asks for, though it stands beside the input.
    fn new(name: &'static str, input: serde_json::Value, seal: &str, expected: Option<i32>) -> Result<Self> {
        let hash = Sha256::new().chain_update(serde_json::to_vec(&input)?).chain_update(seal);
        let hash = expected.into_iter().fold(hash, |hash, version| hash.chain_update(version.to_be_bytes()));
        Ok(Self { name, input, hash: hash.finalize().to_vec() })
    }

    /// Claims the row of the command, or returns what it answered when it was done. A second caller with the same key waits here for the
    /// first to commit or roll back.
    async fn claim_in_tx(&self, tx: &mut Tx<'_>, ctx: &Ctx, command_id: Uuid) -> Result<Option<serde_json::Value>> {
        let claimed = sqlx::query!(
            "insert into command_log (command_id, name, actor_id, input_hash, input, at, result)
             values ($1, $2, $3, $4, $5, $6, 'null') on conflict (command_id) do nothing",
            command_id,
            self.name,
            ctx.actor.user_id,
            self.hash,
            self.input,
            ctx.now
        )
        .execute(&mut **tx)
        .await?
        .rows_affected();
        if claimed > 0 {
            return Ok(None);
        }
        let first = sqlx::query!("select input_hash, result from command_log where command_id = $1", command_id)
            .fetch_one(&mut **tx)
            .await?;
        if first.input_hash != self.hash {
            return Err(Error::Conflict {
                code: Code::IdempotencyConflict,
                message: "this idempotency key was used before with other input; use a new key".to_owned(),
            });
        }
        Ok(Some(first.result))
    }
}

/// Keeps the answer and commits.
async fn keep(mut run: Run<'_>, result: serde_json::Value) -> Result<()> {
    sqlx::query!("update command_log set result = $2 where command_id = $1", run.command_id, result)
        .execute(&mut *run.tx)
        .await?;
    if run.is_booked_too_long() {
        return Err(Error::unavailable("the command took too long and was undone; repeat it", None));
    }
    Ok(run.tx.commit().await?)
}

/// The answer, and whether it is a replay.
async fn attempt_once<I, T, F>(mut tx: Tx<'_>, ctx: &Ctx, log: &Log, input: &I, body: &F) -> Result<(T, bool)>
where
    I: Sync,
    T: Serialize + DeserializeOwned + Send,
    F: AsyncFn(&mut Run<'_>, &I) -> Result<T>,
{
    let command_id = ctx.id(log.name);
    if let Some(first) = log.claim_in_tx(&mut tx, ctx, command_id).await? {
        return Ok((serde_json::from_value(first)?, true));
    }
    let mut run = Run { tx, command_id, name: log.name, ctx, booked: None };
    let value = body(&mut run, input).await?;
    let result = serde_json::to_value(&value)?;
    keep(run, result).await?;
    Ok((value, false))
}

/// How far the WAL is flushed, on the connection that has just committed: everything it committed lies below.
async fn flushed(connection: &mut sqlx::PgConnection) -> Result<String> {
    Ok(sqlx::query_scalar!(r#"select pg_current_wal_flush_lsn()::text as "lsn!""#).fetch_one(connection).await?)
}
