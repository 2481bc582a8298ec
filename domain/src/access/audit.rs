//! Who did and who read what (журнал действий и просмотров): the commands of `command_log` and the records of `access_log` as one list.
//!
//! Invariant: neither table can be changed or emptied; the database refuses it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::User;
use crate::db::{Db, Tx};
use crate::error::Result;

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Команда: something was done.
    Command,
    /// Просмотр: something was read that is recorded.
    Read,
    /// Вход.
    SignedIn,
    /// Неудачный вход: a wrong password or code of an existing login.
    SignInFailed,
    /// Неудачный вход, после которого логин ждёт.
    LockedOut,
    /// Смена собственного пароля.
    PasswordChanged,
    /// Подключение второго фактора.
    SecondFactorOn,
    /// Отключение собственного второго фактора.
    SecondFactorOff,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Read => "read",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::LockedOut => "locked_out",
            Self::PasswordChanged => "password_changed",
            Self::SecondFactorOn => "second_factor_on",
            Self::SecondFactorOff => "second_factor_off",
        }
    }
}

/// One record.
#[derive(Debug, Clone)]
pub struct Record {
    /// Unique over both tables.
    pub id: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who; 0 = the system itself.
    pub actor_id: i64,
    /// What kind of thing.
    pub kind: Kind,
    /// The command, the field that was read, or the login.
    pub name: String,
    /// What it was asked.
    pub input: Value,
    /// What a command answered; null for the rest.
    pub result: Value,
    /// The request it came with; empty for commands.
    pub request_id: String,
}

/// Something that was read: a root field of the graph with what was asked of it.
#[derive(Debug, Clone)]
pub struct Read {
    /// The field.
    pub name: String,
    /// Its arguments and the permissions it took.
    pub input: Value,
}

/// Which records.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this user, 0 = the system.
    pub actor_id: Option<i64>,
    /// Of exactly this name.
    pub name: Option<String>,
    /// That name this row: the word of its id and its number.
    pub subject: Option<(String, i64)>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Where a page begins: the moment and the id of the last record before it.
pub type Key = (DateTime<Utc>, String);

/// Ids that inputs and answers call by another name.
const CALLED: [(&str, &str); 6] = [
    ("customer", "party"),
    ("supplier", "party"),
    ("carrier", "party"),
    ("manager", "employee"),
    ("from_account", "cash_account"),
    ("to_account", "cash_account"),
];

/// Records, the newest first; at most `limit` after `after`.
pub async fn list(db: &Db, filter: &Filter, after: Option<&Key>, limit: i64) -> Result<Vec<Record>> {
    let (in_command, in_read) = filter.subject.as_ref().map(|(word, number)| paths(word, *number)).unzip();
    let (at, id) = after.map(|(at, id)| (*at, id.as_str())).unzip();
    Ok(sqlx::query_as!(
        Record,
        r#"select id as "id!", at as "at!", actor_id as "actor_id!", kind as "kind!: Kind", name as "name!", input as "input!",
                  result as "result!", request_id as "request_id!"
           from (
               (select 'c' || command_id as id, at, actor_id, 'command' as kind, name, input, result, '' as request_id
                from command_log
                where ($1::bigint is null or actor_id = $1) and ($2::text is null or name = $2)
                    and ($3::timestamptz is null or at >= $3) and ($4::timestamptz is null or at < $4)
                    and ($5::text is null or jsonb_path_exists(input, $5::text::jsonpath)
                        or jsonb_path_exists(result, $5::text::jsonpath))
                    and ($7::timestamptz is null or (at <= $7 and (at, ('c' || command_id) collate "C") < ($7, $8::text)))
                order by at desc, ('c' || command_id) collate "C" desc limit $9)
               union all
               (select 'a' || access_id as id, at, actor_id, kind, name, input, 'null'::jsonb as result, request_id
                from access_log
                where ($1::bigint is null or actor_id = $1) and ($2::text is null or name = $2)
                    and ($3::timestamptz is null or at >= $3) and ($4::timestamptz is null or at < $4)
                    and ($6::text is null or jsonb_path_exists(input, $6::text::jsonpath))
                    and ($7::timestamptz is null or (at <= $7 and (at, ('a' || access_id) collate "C") < ($7, $8::text)))
                order by at desc, ('a' || access_id) collate "C" desc limit $9)
           ) both_logs
           order by at desc, id collate "C" desc limit $9"#,
        filter.actor_id,
        filter.name,
        filter.from,
        filter.to,
        in_command,
        in_read,
        at,
        id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// Where a row is named: in what commands were asked and answered, and in what was read.
fn paths(word: &str, number: i64) -> (String, String) {
    let word: String = word.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
    let called = CALLED.iter().filter(|(_, of)| *of == word).map(|(name, _)| *name);
    let names: Vec<String> =
        std::iter::once(word.as_str()).chain(called).map(|name| format!("@.{name}_id == {number}")).collect();
    (format!("$.** ? ({})", names.join(" || ")), format!("$.** ? (@ == \"{word}_{number}\")"))
}

/// The rows a record names, as ids of the graph, each once, at most `most`.
pub fn subjects(record: &Record, most: usize) -> Vec<String> {
    subjects_in([&record.input, &record.result], most)
}

/// The ids of the graph that a value names, each once, at most a hundred.
pub fn named(value: &Value) -> Vec<String> {
    subjects_in([value], 100)
}

fn subjects_in<'a>(values: impl IntoIterator<Item = &'a Value>, most: usize) -> Vec<String> {
    let mut found = Vec::new();
    values.into_iter().for_each(|value| collect(value, &mut found));
    let mut seen = std::collections::HashSet::new();
    found.retain(|id| seen.insert(id.clone()));
    found.truncate(most);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.strip_suffix("_id"), value.as_i64()) {
                    (Some(word), Some(number)) if number > 0 => {
                        let word = CALLED.iter().find(|(name, _)| *name == word).map_or(word, |(_, of)| *of);
                        found.push(format!("{word}_{number}"));
                    }
                    _ => collect(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::String(text) if is_id(text) => found.push(text.clone()),
        _ => {}
    }
}

/// `deal_42`.
fn is_id(text: &str) -> bool {
    text.len() <= 40
        && text.rsplit_once('_').is_some_and(|(word, number)| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Records what a user reads; committed, and so kept, when this returns.
pub async fn record_reads(db: &Db, actor_id: i64, request_id: &str, reads: &[Read], now: DateTime<Utc>) -> Result<()> {
    let (names, inputs): (Vec<_>, Vec<_>) = reads.iter().map(|read| (read.name.clone(), read.input.clone())).unzip();
    sqlx::query!(
        "insert into access_log (at, actor_id, kind, name, input, request_id)
         select $1::timestamptz, $2::bigint, $3::text, one.name, one.input, $4::text from unnest($5::text[], $6::jsonb[]) as one (name, input)",
        now,
        actor_id,
        Kind::Read.as_str(),
        request_id,
        &names,
        &inputs
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Records what somebody did at the door.
pub(super) async fn record_in_tx(tx: &mut Tx<'_>, kind: Kind, actor_id: i64, login: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into access_log (at, actor_id, kind, name, input) values ($1, $2, $3, $4, '{}')",
        now,
        actor_id,
        kind.as_str(),
        login
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records that somebody came in whom a provider proved.
pub(super) async fn record_proven_in_tx(tx: &mut Tx<'_>, user: &User, issuer: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into access_log (at, actor_id, kind, name, input) values ($1, $2, $3, $4, jsonb_build_object('issuer', $5::text))",
        now,
        user.user_id,
        Kind::SignedIn.as_str(),
        user.login,
        issuer
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Records a miss at a login, if it exists: misses at others are as many as anybody likes, and this table only grows.
///
/// The commit does not wait for the disk, or the time it takes would tell whether the login exists: a crash may lose misses of the last
/// second.
pub(super) async fn record_miss(db: &Db, login: &str, waits: bool, now: DateTime<Utc>) -> Result<()> {
    let kind = if waits { Kind::LockedOut } else { Kind::SignInFailed };
    let mut tx = db.begin().await?;
    sqlx::query!("set local synchronous_commit = off").execute(&mut *tx).await?;
    sqlx::query!(
        "insert into access_log (at, actor_id, kind, name, input)
         select $1::timestamptz, user_id, $2::text, login, '{}'::jsonb from users where login = $3",
        now,
        kind.as_str(),
        login
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(input: Value, result: Value) -> Record {
        let (id, name, request_id) = (String::new(), String::new(), String::new());
        Record { id, at: DateTime::UNIX_EPOCH, actor_id: 1, kind: Kind::Command, name, input, result, request_id }
    }

    #[test]
    fn the_rows_a_record_names_are_found_whatever_they_are_called() {
        let input = json!({ "order_id": 7, "party_id": 0, "supplier_id": 3, "lines": [{ "batch_id": 2 }, { "batch_id": 2 }] });
        assert_eq!(subjects(&record(input, json!({ "order_id": 7 })), 9), ["batch_2", "order_7", "party_3"]);
        let read = json!({ "arguments": { "filter": { "dealId": "deal_4", "accounts": ["cogs"] }, "after": "0/16B3748" } });
        assert_eq!(subjects(&record(read, Value::Null), 9), ["deal_4"]);
        assert_eq!(subjects(&record(json!([{ "deal_id": 1 }, { "deal_id": 2 }]), Value::Null), 1), ["deal_1"]);
    }

    #[test]
    fn a_row_is_looked_for_under_all_its_names() {
        let (commands, reads) = paths("cash_account", 5);
        assert_eq!(commands, "$.** ? (@.cash_account_id == 5 || @.from_account_id == 5 || @.to_account_id == 5)");
        assert_eq!(reads, "$.** ? (@ == \"cash_account_5\")");
        assert_eq!(paths("deal\" || true", 1).1, "$.** ? (@ == \"dealtrue_1\")");
    }
}
