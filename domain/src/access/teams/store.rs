//! SQL of teams and their members.

use super::{Member, MemberReach, Team};
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// A team without its members.
struct Row {
    team_id: i64,
    name: String,
    version: i32,
}

/// A member with the team.
struct MemberRow {
    team_id: i64,
    employee_id: i64,
    reach: MemberReach,
}

fn joined(teams: Vec<Row>, members: &[MemberRow]) -> Vec<Team> {
    let of = |team_id: i64| {
        let rows = members.iter().filter(move |row| row.team_id == team_id);
        rows.map(|row| Member { employee_id: row.employee_id, reach: row.reach }).collect()
    };
    let team = |row: Row| Team { team_id: row.team_id, members: of(row.team_id), name: row.name, version: row.version };
    teams.into_iter().map(team).collect()
}

/// All teams by name: there are few.
pub async fn list(db: &Db) -> Result<Vec<Team>> {
    let teams = sqlx::query_as!(
        Row,
        r#"select team_id, name, version from teams where deleted_at is null order by name collate "ru-x-icu", team_id"#
    )
    .fetch_all(db)
    .await?;
    with_members(db, teams).await
}

/// The teams of these ids.
pub async fn list_by_ids(db: &Db, team_ids: &[i64]) -> Result<Vec<Team>> {
    let teams =
        sqlx::query_as!(Row, "select team_id, name, version from teams where team_id = any($1) and deleted_at is null", team_ids)
            .fetch_all(db)
            .await?;
    with_members(db, teams).await
}

async fn with_members(db: &Db, teams: Vec<Row>) -> Result<Vec<Team>> {
    let ids: Vec<i64> = teams.iter().map(|team| team.team_id).collect();
    let members = sqlx::query_as!(
        MemberRow,
        r#"select team_id, employee_id, reach as "reach: MemberReach" from team_members
           where team_id = any($1) order by employee_id"#,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(joined(teams, &members))
}

/// Locks a team, or `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, team_id: i64) -> Result<Team> {
    let row = sqlx::query_as!(
        Row,
        "select team_id, name, version from teams where team_id = $1 and deleted_at is null for update",
        team_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("team", team_id))?;
    Ok(Team { team_id: row.team_id, name: row.name, members: Vec::new(), version: row.version })
}

pub(super) async fn insert_in_tx(run: &mut Run<'_>, name: &str) -> Result<i64> {
    Ok(sqlx::query_scalar!("insert into teams (name) values ($1) returning team_id", name).fetch_one(&mut *run.tx).await?)
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, team: &Team) -> Result<()> {
    sqlx::query!("update teams set name = $2, version = $3 where team_id = $1", team.team_id, team.name, team.version)
        .execute(&mut *run.tx)
        .await?;
    Ok(())
}

pub(super) async fn delete_in_tx(run: &mut Run<'_>, team: &Team) -> Result<()> {
    sqlx::query!("update teams set deleted_at = $2, version = $3 where team_id = $1", team.team_id, run.ctx.now, team.version)
        .execute(&mut *run.tx)
        .await?;
    Ok(())
}

/// Replaces who belongs to the team.
pub(super) async fn set_members_in_tx(run: &mut Run<'_>, team: &Team) -> Result<()> {
    let ids: Vec<i64> = team.members.iter().map(|member| member.employee_id).collect();
    let reaches: Vec<String> = team.members.iter().map(|member| member.reach.as_str().to_owned()).collect();
    sqlx::query!("delete from team_members where team_id = $1", team.team_id).execute(&mut *run.tx).await?;
    sqlx::query!(
        "insert into team_members (team_id, employee_id, reach)
         select $1::bigint, m.employee_id, m.reach from unnest($2::bigint[], $3::text[]) as m (employee_id, reach)",
        team.team_id,
        &ids,
        &reaches
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
