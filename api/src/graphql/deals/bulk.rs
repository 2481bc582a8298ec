//! The same step for many deals at once: each is done or refused by itself.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use shpunt_domain::Error;
use shpunt_domain::deals::commands;

use super::mutations::{DealHandOverPayload, DealStageMovePayload};
use super::{Deal, DealStage};
use crate::graphql::access::Employee;
use crate::graphql::caller::{command_for, db};
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::scalars::Uuid;
use crate::graphql::user_error::UserError;

/// Most deals in one request.
const DEALS_MAX: usize = 100;

/// Another manager for many deals (передача сделок).
#[derive(InputObject)]
pub(crate) struct DealsHandOverInput {
    /// Which, 100 at most (сделки).
    deal_ids: Vec<Id<Deal>>,
    /// The new manager (менеджер).
    manager_id: Id<Employee>,
    /// The same key again does only what was not done (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A move of many deals to one stage (перевод сделок на этап).
#[derive(InputObject)]
pub(crate) struct DealsStageMoveInput {
    /// Which, 100 at most (сделки).
    deal_ids: Vec<Id<Deal>>,
    /// The stage to enter (этап).
    stage: DealStage,
    /// Why, when they are lost (причина проигрыша).
    #[graphql(default)]
    lost_reason: String,
    /// The same key again does only what was not done (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What `dealsHandOver` did.
#[derive(SimpleObject)]
pub(crate) struct DealsHandOverPayload {
    /// One for each id, in their order (итоги): the deal, or why not.
    results: Vec<DealHandOverPayload>,
    /// Why nothing was tried at all (ошибки); empty otherwise.
    user_errors: Vec<UserError>,
}

/// What `dealsStageMove` did.
#[derive(SimpleObject)]
pub(crate) struct DealsStageMovePayload {
    /// One for each id, in their order (итоги): the deal, or why not.
    results: Vec<DealStageMovePayload>,
    /// Why nothing was tried at all (ошибки); empty otherwise.
    user_errors: Vec<UserError>,
}

/// Changes of many deals.
#[derive(Default)]
pub(crate) struct DealsBulkMutation;

#[Object]
impl DealsBulkMutation {
    /// Gives many deals to another manager (передать сделки); each as `dealHandOver` does, with errors of its own.
    #[graphql(complexity = "input.deal_ids.len() * (1 + child_complexity)")]
    async fn deals_hand_over(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones and to whom (какие и кому).")] input: DealsHandOverInput,
    ) -> Result<DealsHandOverPayload> {
        if let Some(error) = too_many(&input.deal_ids)? {
            return Ok(DealsHandOverPayload { results: Vec::new(), user_errors: vec![error] });
        }
        let mut results = Vec::with_capacity(input.deal_ids.len());
        for deal in &input.deal_ids {
            let to = commands::HandOver { deal_id: deal.number, employee_id: input.manager_id.number };
            let command = command_for(ctx, input.idempotency_key, deal.number)?;
            results.push(DealHandOverPayload::of(commands::hand_over(db(ctx), &command, to).await)?);
        }
        Ok(DealsHandOverPayload { results, user_errors: Vec::new() })
    }

    /// Moves many deals to another stage (перевести сделки на этап); each as `dealStageMove` does, with errors of its own.
    #[graphql(complexity = "input.deal_ids.len() * (1 + child_complexity)")]
    async fn deals_stage_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones and where (какие и куда).")] input: DealsStageMoveInput,
    ) -> Result<DealsStageMovePayload> {
        if let Some(error) = too_many(&input.deal_ids)? {
            return Ok(DealsStageMovePayload { results: Vec::new(), user_errors: vec![error] });
        }
        let stage = shpunt_domain::deals::Stage::from(input.stage).as_str();
        let mut results = Vec::with_capacity(input.deal_ids.len());
        for deal in &input.deal_ids {
            let to =
                commands::MoveStage { deal_id: deal.number, stage: stage.to_owned(), lost_reason: input.lost_reason.clone() };
            let command = command_for(ctx, input.idempotency_key, deal.number)?;
            results.push(DealStageMovePayload::of(commands::move_stage(db(ctx), &command, to).await)?);
        }
        Ok(DealsStageMovePayload { results, user_errors: Vec::new() })
    }
}

fn too_many(deals: &[Id<Deal>]) -> Result<Option<UserError>> {
    let refused = (deals.len() > DEALS_MAX)
        .then(|| Error::invalid("dealIds", format!("at most {DEALS_MAX} at once; send the rest in another request")));
    refused.map(UserError::of).transpose()
}
