//! Teams in the graph: whose deals people work on besides the own ones.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::{Scope, teams};

use super::access::Employee;
use super::caller::{command, db};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch, by_id, loaders};
use super::scalars::Uuid;
use super::user_error::payload;

/// Whose deals a member of a team works on (охват).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "teams::MemberReach")]
pub(crate) enum TeamReach {
    /// Only the own ones; the others of the team may see them (свои сделки).
    Own,
    /// Those of every member (сделки отдела).
    Team,
}

/// A team (отдел, команда). It widens whose deals a manager sees and works on; never what the role permits.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Team {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name, unique (название).
    name: String,
    /// Who belongs to it (участники), by id of the employee.
    members: Vec<TeamMember>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
}

/// Who belongs to a team (участник).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct TeamMember {
    /// Whose deals the person works on (охват).
    reach: TeamReach,
    #[graphql(skip)]
    employee_id: i64,
}

#[ComplexObject]
impl TeamMember {
    /// The person (сотрудник).
    async fn employee(&self, ctx: &Context<'_>) -> Result<Employee> {
        loaders(ctx).employees.existing(self.employee_id).await
    }
}

impl Entity for Team {
    const PREFIX: &'static str = "team";
}

impl From<teams::Team> for Team {
    fn from(row: teams::Team) -> Self {
        let member = |member: teams::Member| TeamMember { employee_id: member.employee_id, reach: member.reach.into() };
        Self {
            id: Key::of::<Self>(row.team_id),
            name: row.name,
            members: row.members.into_iter().map(member).collect(),
            version: row.version,
        }
    }
}

/// Teams of the given ids.
pub(super) fn by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Team> {
    Box::pin(async move { Ok(by_id(teams::list_by_ids(&db, &ids).await?, |row| row.team_id)) })
}

/// Questions about teams.
#[derive(Default)]
pub(crate) struct TeamsQuery;

#[Object]
impl TeamsQuery {
    /// All teams by name (отделы).
    #[graphql(complexity = "super::page::list(child_complexity)")]
    async fn teams(&self, ctx: &Context<'_>) -> Result<Vec<Team>> {
        Ok(teams::list(db(ctx)).await?.into_iter().map(Team::from).collect())
    }
}

/// Who is to belong to a team (участник).
#[derive(InputObject)]
pub(crate) struct TeamMemberInput {
    /// The person (сотрудник).
    employee_id: Id<Employee>,
    /// Whose deals the person works on (охват).
    reach: TeamReach,
}

/// A new team (новый отдел).
#[derive(InputObject)]
pub(crate) struct TeamCreateInput {
    /// Name, 1 to 200 characters, unique (название).
    name: String,
    /// Who belongs to it, 200 at most, each once (участники).
    members: Vec<TeamMemberInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A team as it is to be (изменение отдела).
#[derive(InputObject)]
pub(crate) struct TeamUpdateInput {
    /// Which (отдел).
    team_id: Id<Team>,
    /// The version the client read (прочитанная версия).
    expected_version: i32,
    /// Name, 1 to 200 characters, unique (название).
    name: String,
    /// Who belongs to it from now on, all of them, 200 at most, each once (участники).
    members: Vec<TeamMemberInput>,
}

/// A team to dissolve (роспуск отдела).
#[derive(InputObject)]
pub(crate) struct TeamDeleteInput {
    /// Which (отдел).
    team_id: Id<Team>,
    /// The version the client read (прочитанная версия).
    expected_version: i32,
}

payload! {
    /// What `teamCreate` did.
    TeamCreatePayload {
        /// The new team (отдел); null when nothing was done.
        team: Team
    }
}

payload! {
    /// What `teamUpdate` did.
    TeamUpdatePayload {
        /// The team as it is now (отдел); null when nothing was done.
        team: Team
    }
}

payload! {
    /// What `teamDelete` did.
    TeamDeletePayload {
        /// The team as it ended, without members (отдел); null when nothing was done.
        team: Team
    }
}

fn fields(name: String, members: Vec<TeamMemberInput>) -> teams::TeamFields {
    let member = |member: TeamMemberInput| teams::Member { employee_id: member.employee_id.number, reach: member.reach.into() };
    teams::TeamFields { name, members: members.into_iter().map(member).collect() }
}

/// Changes of teams.
#[derive(Default)]
pub(crate) struct TeamsMutation;

#[Object]
impl TeamsMutation {
    /// Makes a team (создать отдел). Codes: `INVALID_INPUT`, `NOT_FOUND` (a member), `ALREADY_EXISTS`, `IDEMPOTENCY_CONFLICT`.
    async fn team_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new team (новый отдел).")] input: TeamCreateInput,
    ) -> Result<TeamCreatePayload> {
        let ctx_of = command(ctx, input.idempotency_key)?;
        TeamCreatePayload::of(teams::create(db(ctx), &ctx_of, fields(input.name, input.members)).await)
    }

    /// Replaces the name and the members of a team (изменить отдел): what they see follows at once, open sockets within seconds. Codes:
    /// `INVALID_INPUT`, `NOT_FOUND`, `ALREADY_EXISTS`, `VERSION_CONFLICT`.
    async fn team_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team as it is to be (изменение отдела).")] input: TeamUpdateInput,
    ) -> Result<TeamUpdatePayload> {
        let update = teams::TeamUpdate {
            team_id: input.team_id.number,
            expected_version: input.expected_version,
            fields: fields(input.name, input.members),
        };
        TeamUpdatePayload::of(teams::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Dissolves a team (распустить отдел): its members work on the own deals again. Codes: `NOT_FOUND`, `VERSION_CONFLICT`.
    async fn team_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to dissolve (что распустить).")] input: TeamDeleteInput,
    ) -> Result<TeamDeletePayload> {
        let delete = teams::TeamDelete { team_id: input.team_id.number, expected_version: input.expected_version };
        TeamDeletePayload::of(teams::delete(db(ctx), &command(ctx, None)?, delete).await)
    }
}
