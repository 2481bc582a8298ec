//! Estimated expenses of batches in the graph: accrued now, settled by their bill.

use async_graphql::{Context, InputObject, Object};
use shpunt_domain::batches::expenses::estimates;

use super::expenses::{AdditionalExpense, AdditionalExpensePostInput};
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::scalars::Uuid;
use crate::graphql::user_error::payload;

/// An expense that is estimated until its bill comes (оценка расхода); `partyId` is who is expected to bill it.
#[derive(InputObject)]
pub(crate) struct AdditionalExpenseEstimateInput {
    /// What a bill would say.
    #[graphql(flatten)]
    expense: AdditionalExpensePostInput,
}

/// The bill of an estimate (счёт взамен оценки).
#[derive(InputObject)]
pub(crate) struct AdditionalExpenseSettleInput {
    /// The estimate (оценка).
    estimate_id: Id<AdditionalExpense>,
    /// The bill (счёт): of the same company and article; its own idempotency key is not looked at.
    bill: AdditionalExpensePostInput,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `additionalExpenseEstimate` did.
    AdditionalExpenseEstimatePayload {
        /// The estimate (оценка); null when nothing was done.
        additional_expense: AdditionalExpense
    }
}

payload! {
    /// What `additionalExpenseSettle` did.
    AdditionalExpenseSettlePayload {
        /// The bill (счёт); null when nothing was done.
        additional_expense: AdditionalExpense
    }
}

/// Changes of estimated expenses.
#[derive(Default)]
pub(crate) struct EstimatesMutation;

#[Object]
impl EstimatesMutation {
    /// Accrues an estimated expense of batches until its bill comes (начислить оценку расхода): what is on hand and what was sold cost more, nobody
    /// is owed yet. `partyId` is who is expected to bill it. Codes: those of `additionalExpensePost`.
    async fn additional_expense_estimate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The estimate (оценка).")] input: AdditionalExpenseEstimateInput,
    ) -> Result<AdditionalExpenseEstimatePayload> {
        let ctx_of = command(ctx, input.expense.idempotency_key)?;
        AdditionalExpenseEstimatePayload::of(estimates::estimate(db(ctx), &ctx_of, &input.expense.into()).await)
    }

    /// Posts the bill of an estimate (провести счёт взамен оценки): the accrual becomes a debt and only the difference changes what goods cost.
    /// Codes: `ALREADY_REVERSED`, `STILL_IN_USE` (settled already) and those of `additionalExpensePost`.
    async fn additional_expense_settle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The estimate and its bill (оценка и счёт).")] input: AdditionalExpenseSettleInput,
    ) -> Result<AdditionalExpenseSettlePayload> {
        let settle = estimates::SettleEstimate { estimate_id: input.estimate_id.number, bill: input.bill.into() };
        AdditionalExpenseSettlePayload::of(estimates::settle(db(ctx), &command(ctx, input.idempotency_key)?, &settle).await)
    }
}
