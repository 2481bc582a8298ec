//! Duties that must not meet in one person, in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use shpunt_domain::access::duties;

use super::caller::{command, db};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::user_error::payload;

/// Two commands that one person must not run on the same document or order (несовместимые обязанности).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct DutyConflict {
    /// Id (идентификатор).
    id: Key,
    /// The one command (первая команда).
    first_command: String,
    /// The other (вторая команда).
    second_command: String,
    /// Is asked for; all are off at first (действует).
    active: bool,
}

impl Entity for DutyConflict {
    const PREFIX: &'static str = "duty_conflict";
}

impl From<duties::Conflict> for DutyConflict {
    fn from(row: duties::Conflict) -> Self {
        Self {
            id: Key::of::<Self>(row.conflict_id),
            first_command: row.first_command,
            second_command: row.second_command,
            active: row.active,
        }
    }
}

/// A pair to switch on or off (включить или выключить).
#[derive(InputObject)]
pub(crate) struct DutyConflictUpdateInput {
    /// Which (какую пару).
    duty_conflict_id: Id<DutyConflict>,
    /// Whether it is asked for from now on (действует).
    active: bool,
}

payload! {
    /// What `dutyConflictUpdate` did.
    DutyConflictUpdatePayload {
        /// The pair as it is now (пара); null when nothing was done.
        duty_conflict: DutyConflict
    }
}

/// Questions about duties.
#[derive(Default)]
pub(crate) struct DutiesQuery;

#[Object]
impl DutiesQuery {
    /// Pairs of commands that one person must not run on the same document or order, where they are switched on («четыре глаза»).
    #[graphql(complexity = "super::page::list(child_complexity)")]
    async fn duty_conflicts(&self, ctx: &Context<'_>) -> Result<Vec<DutyConflict>> {
        Ok(duties::list(db(ctx)).await?.into_iter().map(DutyConflict::from).collect())
    }
}

/// Changes of duties.
#[derive(Default)]
pub(crate) struct DutiesMutation;

#[Object]
impl DutiesMutation {
    /// Switches a pair on or off (разделение обязанностей); what was done before counts too. A command it forbids is refused with
    /// `FOUR_EYES`. Codes: `NOT_FOUND`.
    async fn duty_conflict_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and how (какую и как).")] input: DutyConflictUpdateInput,
    ) -> Result<DutyConflictUpdatePayload> {
        let update = duties::ConflictUpdate { conflict_id: input.duty_conflict_id.number, active: input.active };
        DutyConflictUpdatePayload::of(duties::update(db(ctx), &command(ctx, None)?, update).await)
    }
}
