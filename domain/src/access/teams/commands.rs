//! Commands of teams: made, changed whole, dissolved.

use serde::{Deserialize, Serialize};

use super::{Member, MemberReach, Team, store};
use crate::access::{Actor, Permission};
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::text;

/// Most members of a team.
const MEMBERS_MAX: usize = 200;

/// What a team is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TeamFields {
    /// Its name, unique.
    pub name: String,
    /// Who belongs to it: each person once.
    pub members: Vec<Member>,
}

impl TeamFields {
    fn checked(mut self) -> Result<Self> {
        self.name = text::required(&self.name, "name", 200)?;
        if self.members.len() > MEMBERS_MAX {
            return Err(Error::invalid("members", format!("at most {MEMBERS_MAX} members; make two teams")));
        }
        self.members.sort_unstable_by_key(|member| member.employee_id);
        if self.members.windows(2).any(|pair| pair[0].employee_id == pair[1].employee_id) {
            return Err(Error::invalid("members", "a person is named twice; name each once"));
        }
        Ok(self)
    }
}

/// Other fields of a team.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TeamUpdate {
    /// Which.
    pub team_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// What it is from now on, all of it.
    pub fields: TeamFields,
}

/// A team to dissolve.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TeamDelete {
    /// Which.
    pub team_id: i64,
    /// The version the client read.
    pub expected_version: i32,
}

/// Makes a team. Errors: `INVALID_INPUT`, `NOT_FOUND` (a member), `ALREADY_EXISTS`, `FORBIDDEN`, `UNAVAILABLE`.
pub async fn create(db: &Db, ctx: &Ctx, fields: TeamFields) -> Result<Outcome<Team>> {
    let fields = fields.checked()?;
    widening(&ctx.actor, &fields)?;
    command::run(db, ctx, "access.team_create", Permission::ManagePeople, &fields, async |run, fields| {
        let mut team = Team { team_id: 0, name: fields.name.clone(), members: fields.members.clone(), version: 1 };
        team.team_id = store::insert_in_tx(run, &team.name).await?;
        store::set_members_in_tx(run, &team).await?;
        Ok(team)
    })
    .await
}

/// Replaces the name and the members of a team; what they see follows with their next request, open sockets within seconds.
///
/// Errors: `NOT_FOUND` (the team, a member), `VERSION_CONFLICT`, and those of [`create`].
pub async fn update(db: &Db, ctx: &Ctx, mut input: TeamUpdate) -> Result<Outcome<Team>> {
    input.fields = input.fields.checked()?;
    widening(&ctx.actor, &input.fields)?;
    command::run(db, ctx, "access.team_update", Permission::ManagePeople, &input, async |run, input| {
        let mut team = store::lock_in_tx(run, input.team_id).await?;
        same_version("team", team.team_id, team.version, input.expected_version)?;
        team.name.clone_from(&input.fields.name);
        team.members.clone_from(&input.fields.members);
        team.version += 1;
        store::save_in_tx(run, &team).await?;
        store::set_members_in_tx(run, &team).await?;
        Ok(team)
    })
    .await
}

/// Dissolves a team: its members work on the own deals again. Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `FORBIDDEN`, `UNAVAILABLE`.
pub async fn delete(db: &Db, ctx: &Ctx, input: TeamDelete) -> Result<Outcome<Team>> {
    command::run(db, ctx, "access.team_delete", Permission::ManagePeople, &input, async |run, input| {
        let mut team = store::lock_in_tx(run, input.team_id).await?;
        same_version("team", team.team_id, team.version, input.expected_version)?;
        team.members.clear();
        team.version += 1;
        store::set_members_in_tx(run, &team).await?;
        store::delete_in_tx(run, &team).await?;
        Ok(team)
    })
    .await
}

/// A program shows nobody more than it may see itself, and what it sees is not known here: so it shows nobody more at all.
fn widening(actor: &Actor, fields: &TeamFields) -> Result<()> {
    if actor.within.is_none() || fields.members.iter().all(|member| member.reach == MemberReach::Own) {
        return Ok(());
    }
    let message = "a token cannot open the deals of a team to its members; sign in with a password".to_owned();
    Err(Error::Forbidden { code: Code::Forbidden, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(ids: &[i64]) -> TeamFields {
        let members = ids.iter().map(|id| Member { employee_id: *id, reach: MemberReach::Team }).collect();
        TeamFields { name: " Север ".to_owned(), members }
    }

    #[test]
    fn a_person_belongs_to_a_team_once() {
        let checked = fields(&[3, 1, 2]).checked().unwrap();
        assert_eq!(checked.name, "Север");
        assert_eq!(checked.members.iter().map(|member| member.employee_id).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(fields(&[1, 2, 1]).checked().unwrap_err().code(), Code::InvalidInput);
        let crowd: Vec<i64> = (1..=201).collect();
        assert_eq!(fields(&crowd).checked().unwrap_err().code(), Code::InvalidInput);
    }
}
