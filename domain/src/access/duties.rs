//! Duties that must not meet in one person (разделение обязанностей, «четыре глаза»): which, as data, and the rule.
//!
//! Each pair may be switched on and off, because in a small firm the director does everything; all are off at first. The system itself
//! (demo, imports, command line) is no person and is not held to them.

use serde::{Deserialize, Serialize};

use super::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};

/// Two commands that one person must not run on the same document or order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id.
    pub conflict_id: i64,
    /// The one.
    pub first_command: String,
    /// The other.
    pub second_command: String,
    /// Is asked for.
    pub active: bool,
}

/// What somebody did to the same thing before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The command.
    pub(crate) command: String,
    /// Who.
    pub(crate) actor_id: i64,
    /// The person's name.
    pub(crate) person: String,
    /// Of what: the number of a document or an order.
    pub(crate) of: String,
}

/// Whether one of the `steps` forbids whoever took it to run `command` now, or two of them, of things that meet only by it, forbid each other.
/// Errors: `FOUR_EYES`.
fn check(conflicts: &[Conflict], steps: &[Step], command: &str, actor_id: i64) -> Result<()> {
    let clash = |one: &str, other: &str| {
        conflicts.iter().filter(|conflict| conflict.active).any(|conflict| {
            let pair = (conflict.first_command.as_str(), conflict.second_command.as_str());
            pair == (one, other) || pair == (other, one)
        })
    };
    if let Some(step) = steps.iter().find(|step| step.actor_id == actor_id && clash(&step.command, command)) {
        let message = format!(
            "{} did `{}` on {}, and here nobody does that and `{command}` on the same one; ask somebody else",
            step.person, step.command, step.of
        );
        return Err(Error::rejected(Code::FourEyes, message));
    }
    let meets =
        |one: &Step, other: &Step| one.actor_id == other.actor_id && one.of != other.of && clash(&one.command, &other.command);
    let met = steps.iter().enumerate().find_map(|(at, one)| Some((one, steps[at + 1..].iter().find(|other| meets(one, other))?)));
    let Some((one, other)) = met else { return Ok(()) };
    let message = format!(
        "{} did `{}` on {} and `{}` on {}, which would meet here, and nobody does both of the same; let somebody else do one of them",
        one.person, one.command, one.of, other.command, other.of
    );
    Err(Error::rejected(Code::FourEyes, message))
}

/// Refuses the running command if its actor took a step that does not go with it, or if it lets two steps of one person meet that do not go
/// together. `steps` is asked only where some pair is switched on.
///
/// Errors: `FOUR_EYES`.
pub(crate) async fn check_in_tx(run: &mut Run<'_>, steps: impl AsyncFnOnce(&mut Run<'_>) -> Result<Vec<Step>>) -> Result<()> {
    if run.ctx.actor.user_id == 0 {
        return Ok(());
    }
    let conflicts =
        sqlx::query_as!(Conflict, "select conflict_id, first_command, second_command, active from duty_conflicts where active")
            .fetch_all(&mut *run.tx)
            .await?;
    if conflicts.is_empty() {
        return Ok(());
    }
    check(&conflicts, &steps(run).await?, run.name, run.ctx.actor.user_id)
}

/// Refuses the running command, which takes several steps at once, where a person may not take one of them beside another. Errors:
/// `FOUR_EYES`.
pub(crate) async fn unwatched_in_tx(run: &mut Run<'_>, steps: &[&str]) -> Result<()> {
    if run.ctx.actor.user_id == 0 {
        return Ok(());
    }
    let steps: Vec<String> = steps.iter().map(|step| (*step).to_owned()).collect();
    let watched = sqlx::query!(
        "select first_command, second_command from duty_conflicts
         where active and (first_command = any($1) or second_command = any($1)) order by conflict_id limit 1",
        &steps
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    let Some(pair) = watched else { return Ok(()) };
    let message = format!(
        "here nobody does `{}` and `{}` on the same thing, and `{}` is several steps at once; take them one by one",
        pair.first_command, pair.second_command, run.name
    );
    Err(Error::rejected(Code::FourEyes, message))
}

/// Every pair, by id.
pub async fn list(db: &Db) -> Result<Vec<Conflict>> {
    Ok(sqlx::query_as!(
        Conflict,
        "select conflict_id, first_command, second_command, active from duty_conflicts order by conflict_id"
    )
    .fetch_all(db)
    .await?)
}

/// Switches a pair on or off.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConflictUpdate {
    /// Which.
    pub conflict_id: i64,
    /// Whether it is asked for from now on.
    pub active: bool,
}

/// Switches a pair on or off (включить разделение обязанностей); what was done before counts too.
///
/// Errors: `NOT_FOUND`, `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, input: ConflictUpdate) -> Result<Outcome<Conflict>> {
    command::run(db, ctx, "access.duty_conflict_update", Permission::ManagePeople, &input, async |run, input| {
        sqlx::query_as!(
            Conflict,
            "update duty_conflicts set active = $2 where conflict_id = $1
             returning conflict_id, first_command, second_command, active",
            input.conflict_id,
            input.active
        )
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("duty conflict", input.conflict_id))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict(first: &str, second: &str, active: bool) -> Conflict {
        Conflict { conflict_id: 1, first_command: first.to_owned(), second_command: second.to_owned(), active }
    }

    fn step(command: &str, actor_id: i64) -> Step {
        Step { command: command.to_owned(), actor_id, person: "Анна".to_owned(), of: "РП-7".to_owned() }
    }

    #[test]
    fn nobody_does_both_of_a_pair_in_either_order() {
        let pairs = [conflict("enter", "pay", true), conflict("ship", "pay", false)];
        let done = |command: &str, by: i64, now: &str| check(&pairs, &[step("count", 1), step(command, by)], now, 1);
        for (command, now) in [("enter", "pay"), ("pay", "enter")] {
            let refused = done(command, 1, now).unwrap_err();
            assert_eq!(refused.code(), Code::FourEyes);
            assert!(refused.to_string().starts_with(&format!("Анна did `{command}` on РП-7")), "{refused}");
            assert!(done(command, 2, now).is_ok(), "somebody else did it");
        }
        for (command, now) in [("ship", "pay"), ("enter", "ship"), ("pay", "pay"), ("enter", "enter")] {
            assert!(done(command, 1, now).is_ok(), "{command} and {now}");
        }
        assert!(check(&[], &[step("enter", 1)], "pay", 1).is_ok());
    }

    #[test]
    fn what_one_person_did_does_not_meet_by_the_hand_of_another() {
        let pairs = [conflict("enter", "approve", true), conflict("enter", "pay", false)];
        let of = |command: &str, actor_id: i64, of: &str| Step { of: of.to_owned(), ..step(command, actor_id) };
        let bill = of("enter", 1, "ПТ-1");
        let refused = check(&pairs, &[bill.clone(), of("approve", 1, "ЗО-2")], "settle", 3).unwrap_err();
        assert_eq!(refused.code(), Code::FourEyes);
        assert!(refused.to_string().starts_with("Анна did `enter` on ПТ-1 and `approve` on ЗО-2"), "{refused}");
        assert!(check(&pairs, &[bill.clone(), of("approve", 2, "ЗО-2")], "settle", 3).is_ok(), "two people");
        assert!(check(&pairs, &[bill.clone(), of("pay", 1, "ПЛ-3")], "settle", 3).is_ok(), "that pair is off");
        assert!(
            check(&pairs, &[bill, of("approve", 1, "ПТ-1")], "settle", 3).is_ok(),
            "nothing new: they met when the second was taken"
        );
    }
}
