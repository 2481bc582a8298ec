//! Keys of programs (токены API): what one may be given, when it is good, and how it is made.
//!
//! Invariants: a token never permits more than its user's role does at the moment, so a login that is closed or gets a smaller role stops
//! or narrows its tokens at once; the secret is stored nowhere, only its SHA-256, and is compared in constant time; one gives away only
//! what one has, or to the login of a program what that login has; a token makes and ends no tokens.

mod commands;
mod holder;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Actor, Permission, Permissions, Role, User};
use crate::db::Db;
use crate::error::{Code, Error, Result};
pub use commands::{Made, TokenAdd, TokenRevoke, create, revoke};
pub use holder::{Holder, find, holders};

/// A token lives so long unless its maker says otherwise.
const LIFE: Duration = Duration::days(90);
/// And so long at most.
const LIFE_MAX: Duration = Duration::days(366);

/// A token, without its secret (токен).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id.
    pub token_id: i64,
    /// What it is for.
    pub name: String,
    /// Whose name it acts in.
    pub user_id: i64,
    /// What it may do of what the user's role permits.
    pub permissions: Permissions,
    /// It is good until then.
    pub expires_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: i64,
    /// When it was last used, to five minutes.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was ended before its time.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The tokens of all users, the last made first: those that are good, or also those that are over.
pub async fn list(db: &Db, also_over: bool, now: DateTime<Utc>) -> Result<Vec<Token>> {
    Ok(sqlx::query_as!(
        Token,
        r#"select token_id, name, user_id, permissions as "permissions: Vec<String>", expires_at, created_at, created_by,
               last_used_at, revoked_at
           from api_tokens where $1 or (revoked_at is null and expires_at > $2) order by token_id desc"#,
        also_over,
        now
    )
    .fetch_all(db)
    .await?)
}

/// What is kept of a secret.
fn hashed(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// How long a token is to live. Errors: `INVALID_INPUT`.
fn life(asked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let expires_at = asked.unwrap_or(now + LIFE);
    if expires_at <= now {
        return Err(Error::invalid("expiresAt", "this moment is over; name a later one"));
    }
    if expires_at > now + LIFE_MAX {
        let message = format!("a token lives {} days at most; make another one in time", LIFE_MAX.num_days());
        return Err(Error::invalid("expiresAt", message));
    }
    Ok(expires_at)
}

/// Whether `maker` may give these permissions to a token of `user`. Errors: `INVALID_INPUT`.
fn grantable(maker: &Actor, user: &User, asked: Permissions) -> Result<()> {
    if !user.active {
        return Err(Error::invalid("userId", "this login is closed; open it first, or choose another"));
    }
    // What is done in a person's name is that person's doing: the log names nobody else, and duties are kept apart by it.
    if user.role != Role::Integration && user.user_id != maker.user_id {
        let message = "a token acts in the name of its login; take your own, or that of a program (role INTEGRATION)";
        return Err(Error::invalid("userId", message));
    }
    if asked.is_empty() {
        return Err(Error::invalid("permissions", "a token without permissions can do nothing; list what it needs"));
    }
    let beyond = asked.without(user.role.permissions());
    if !beyond.is_empty() {
        let (role, beyond) = (user.role.as_str().to_uppercase(), beyond.codes().join(", ").to_uppercase());
        return Err(Error::invalid("permissions", format!("the role {role} does not give {beyond}; leave that out")));
    }
    if asked.contains(Permission::SeeAudit) {
        let message = "SEE_AUDIT shows what everybody did and asked; it is for people, leave it out";
        return Err(Error::invalid("permissions", message));
    }
    if asked.tells_cost(user.role.grant().reach) && !asked.contains(Permission::SeeCost) {
        let message = "amounts of suppliers tell what goods cost: add SEE_COST, or leave out prices, settlements, payments, margins, \
                       entries and results";
        return Err(Error::invalid("permissions", message));
    }
    Ok(())
}

/// Tokens are matters of people.
fn by_a_person(actor: &Actor) -> Result<()> {
    if actor.within.is_none() {
        return Ok(());
    }
    let message = "a token can neither make nor end tokens; sign in with a password".to_owned();
    Err(Error::Forbidden { code: Code::Forbidden, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Permission::{
        EditDeals, ManagePeople, SeeAudit, SeeDeals, SeeMargin, SeePrices, SeeSettlements, SeeUsers,
    };
    use crate::access::SecondFactor;

    fn user(role: Role) -> User {
        User {
            user_id: 2,
            employee_id: 2,
            name: "И".to_owned(),
            login: "i".to_owned(),
            role,
            active: true,
            version: 1,
            must_change_password: false,
            second_factor: SecondFactor::Off,
            colleagues: Vec::new(),
        }
    }

    fn path(outcome: Result<()>) -> Option<(String, String)> {
        match outcome {
            Ok(()) => None,
            Err(Error::Invalid { path, message, .. }) => Some((path, message)),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_gives_away_only_what_one_has() {
        let may = |maker: Role, of: Role, asked: &[Permission]| {
            path(grantable(&user(maker).actor(), &user(of), asked.iter().copied().collect()))
        };
        let all: Vec<_> = Permission::ALL.into_iter().filter(|permission| *permission != SeeAudit).collect();
        assert_eq!(may(Role::Director, Role::Director, &all), None);
        assert_eq!(may(Role::Manager, Role::Manager, &[SeePrices, SeeSettlements]), None);
        assert_eq!(may(Role::Administrator, Role::Administrator, &[SeeUsers, ManagePeople]), None);
        // A program's login is there to be given to programs.
        assert_eq!(may(Role::Administrator, Role::Integration, &[SeeDeals, EditDeals]), None);
        for (maker, of, asked, named) in [
            (Role::Manager, Role::Manager, SeeMargin, "MANAGER does not give SEE_MARGIN"),
            (Role::Director, Role::Director, SeeAudit, "it is for people"),
            (Role::Director, Role::Director, SeeSettlements, "add SEE_COST"),
            (Role::Director, Role::Director, SeePrices, "add SEE_COST"),
            (Role::Administrator, Role::Integration, SeeMargin, "INTEGRATION does not give SEE_MARGIN"),
        ] {
            let (path, message) = may(maker, of, &[asked]).expect("a refusal");
            assert_eq!(path, "permissions");
            assert!(message.contains(named), "{message}");
        }
        assert_eq!(may(Role::Director, Role::Director, &[]).expect("a refusal").0, "permissions");
        // Not in the name of another person, whoever that is.
        let somebody = User { user_id: 3, ..user(Role::Manager) };
        let asked: Permissions = [SeeDeals].into_iter().collect();
        assert_eq!(path(grantable(&user(Role::Director).actor(), &somebody, asked)).expect("a refusal").0, "userId");
        let closed = User { active: false, ..user(Role::Director) };
        let asked: Permissions = [SeeDeals].into_iter().collect();
        assert_eq!(path(grantable(&user(Role::Director).actor(), &closed, asked)).expect("a refusal").0, "userId");
    }

    #[test]
    fn a_token_lives_a_year_at_most() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert_eq!(life(None, now).ok(), Some(now + LIFE));
        assert_eq!(life(Some(now + LIFE_MAX), now).ok(), Some(now + LIFE_MAX));
        for wrong in [now, now - Duration::seconds(1), now + LIFE_MAX + Duration::seconds(1)] {
            assert!(life(Some(wrong), now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_makes_no_tokens() {
        assert!(by_a_person(&user(Role::Director).actor()).is_ok());
        let narrowed = Actor { within: Some(Role::Director.permissions()), ..user(Role::Director).actor() };
        assert_eq!(by_a_person(&narrowed).map_err(|error| error.code()), Err(Code::Forbidden));
    }
}
