//! Guessing passwords and codes (подбор паролей): after ten misses in a row a login waits, twice as long after each.
//!
//! A miss is counted before the password is looked at, so that guesses sent at the same time count too: more programs than that had better
//! not sign in under one login at the same moment. Unknown logins wait like known ones.

use chrono::{DateTime, Duration, Utc};

use crate::db::Db;
use crate::error::{Code, Error, Result};

/// So many misses cost nothing.
const FREE: i32 = 10;
/// The first wait.
const FIRST_WAIT: Duration = Duration::seconds(30);
/// The longest wait: somebody else's guesses must not keep the owner out for long.
const LONGEST_WAIT: Duration = Duration::minutes(15);
/// Misses are forgotten after this.
const MEMORY: Duration = Duration::days(1);
/// Longest login that is remembered; longer ones do not exist.
const LOGIN_MAX: usize = 100;

/// How long a login waits after `failures` misses.
fn wait(failures: i32) -> Duration {
    let doublings = failures - FREE;
    if doublings < 0 {
        return Duration::zero();
    }
    LONGEST_WAIT.min(FIRST_WAIT * 2_i32.pow(doublings.min(10).unsigned_abs()))
}

/// What wrong codes of a login's second factor are counted under: nothing that can be a login.
pub(super) fn of_codes(user_id: i64) -> String {
    format!("\u{1}{user_id}")
}

/// Counts an attempt, which is a miss until [`forget`]; returns whether the next one has to wait if it is. Errors: `TOO_MANY_ATTEMPTS`.
pub(super) async fn count(db: &Db, login: &str, now: DateTime<Utc>) -> Result<bool> {
    let login: String = login.chars().take(LOGIN_MAX).collect();
    let mut tx = db.begin().await?;
    let known = sqlx::query!(
        "insert into login_attempts (login, failures, last_at) values ($1, 1, $2)
         on conflict (login) do update set login = excluded.login
         returning failures, last_at, xmax = 0 as \"new!\"",
        login,
        now
    )
    .fetch_one(&mut *tx)
    .await?;
    let mut counted = 1;
    if !known.new {
        let failures = if now - known.last_at > MEMORY { 0 } else { known.failures };
        let free_at = known.last_at + wait(failures);
        // Another attempt of this moment may have been counted with a clock that is a little ahead.
        if failures >= FREE && now < free_at {
            let seconds = ((free_at - now).num_milliseconds() + 999) / 1000;
            return Err(Error::Forbidden {
                code: Code::TooManyAttempts,
                message: format!("too many wrong passwords or codes for this login; wait {seconds} seconds and try again"),
            });
        }
        counted = failures + 1;
        sqlx::query!("update login_attempts set failures = $2, last_at = $3 where login = $1", login, counted, now)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(counted >= FREE)
}

/// The password or the code was right.
pub(super) async fn forget(db: &Db, login: &str) -> Result<()> {
    sqlx::query!("delete from login_attempts where login = $1", login).execute(db).await?;
    Ok(())
}

/// Removes what is too old to matter.
pub(super) async fn sweep(db: &Db, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from login_attempts where last_at < $1", now - MEMORY).execute(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_miss_makes_the_next_wait_longer_up_to_a_quarter_of_an_hour() {
        let waits: Vec<_> = [0, 9, 10, 11, 12, 13, 14, 15, 100, i32::MAX].map(|failures| wait(failures).num_seconds()).to_vec();
        assert_eq!(waits, [0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
    }
}
