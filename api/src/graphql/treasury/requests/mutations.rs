//! Changes of payment requests: asked for, approved or refused by somebody else, withdrawn; and the rule when one is needed.

use async_graphql::{Context, InputObject, Object};
use shpunt_domain::treasury::requests::{For, commands, rules};

use super::{PaymentRequest, PaymentRule};
use crate::graphql::caller::{command, db};
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::ledger::Article;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::treasury::mutations::{PaymentTargetInput, aimed};
use crate::graphql::user_error::payload;

/// A new payment request (новая заявка на оплату): the same a payment names.
#[derive(InputObject)]
pub(crate) struct PaymentRequestCreateInput {
    /// Who pays (своя организация).
    company_id: Id<Company>,
    /// What it is for (статья).
    article_id: Id<Article>,
    /// To whom (контрагент); needed when it settles an order, a deal or a contract.
    party_id: Option<Id<Party>>,
    /// What it settles (что оплачивается); left out when the article itself names the account: salaries, taxes, loans.
    target: Option<PaymentTargetInput>,
    /// Roubles (сумма), more than zero.
    amount: Number,
    /// By when it should be paid (срок оплаты).
    due_on: Day,
    /// What for, in words, 1 to 500 characters (назначение).
    purpose: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A payment request to approve (согласование заявки).
#[derive(InputObject)]
pub(crate) struct PaymentRequestApproveInput {
    /// Which (заявка): asked for by somebody else.
    payment_request_id: Id<PaymentRequest>,
    /// The version you read (версия).
    expected_version: i32,
    /// What is said to it, at most 300 characters (комментарий).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A payment request to refuse (отклонение заявки).
#[derive(InputObject)]
pub(crate) struct PaymentRequestRefuseInput {
    /// Which (заявка): asked for by somebody else.
    payment_request_id: Id<PaymentRequest>,
    /// The version you read (версия).
    expected_version: i32,
    /// What is said to it, at most 300 characters (комментарий).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A payment request to take back (отзыв заявки).
#[derive(InputObject)]
pub(crate) struct PaymentRequestWithdrawInput {
    /// Which (заявка): one that waits, or is approved and not paid whole.
    payment_request_id: Id<PaymentRequest>,
    /// The version you read (версия).
    expected_version: i32,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// When a company pays only by approved requests (правило оплаты).
#[derive(InputObject)]
pub(crate) struct PaymentRuleSetInput {
    /// Whose (своя организация).
    company_id: Id<Company>,
    /// From which sum on, roubles (заявки от суммы), 0 = always; left out, no payment needs a request.
    requests_from: Option<Number>,
}

payload! {
    /// What `paymentRequestCreate` did.
    PaymentRequestCreatePayload {
        /// The new request (заявка); null when nothing was done.
        payment_request: PaymentRequest
    }
}

payload! {
    /// What `paymentRequestApprove` did.
    PaymentRequestApprovePayload {
        /// The request as it is now (заявка); null when nothing was done.
        payment_request: PaymentRequest
    }
}

payload! {
    /// What `paymentRequestRefuse` did.
    PaymentRequestRefusePayload {
        /// The request as it is now (заявка); null when nothing was done.
        payment_request: PaymentRequest
    }
}

payload! {
    /// What `paymentRequestWithdraw` did.
    PaymentRequestWithdrawPayload {
        /// The request as it is now (заявка); null when nothing was done.
        payment_request: PaymentRequest
    }
}

payload! {
    /// What `paymentRuleSet` did.
    PaymentRuleSetPayload {
        /// The rule as it is now (правило); null when nothing was done.
        payment_rule: PaymentRule
    }
}

/// Changes of payment requests.
#[derive(Default)]
pub(crate) struct PaymentRequestsMutation;

#[Object]
impl PaymentRequestsMutation {
    /// Asks for money to go out (подать заявку на оплату). Codes: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `ARTICLE_MISMATCH`,
    /// `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ORDER_STATUS`, `SUPPLIER_ORDER_STATUS`.
    async fn payment_request_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new request (новая заявка).")] input: PaymentRequestCreateInput,
    ) -> Result<PaymentRequestCreatePayload> {
        let (party_id, target) = match aimed(input.party_id, input.target) {
            Ok(aimed) => aimed,
            Err(error) => return PaymentRequestCreatePayload::of::<PaymentRequest>(Err(error)),
        };
        let create = commands::Create {
            what: For { company_id: input.company_id.number, article_id: input.article_id.number, party_id, target },
            amount: input.amount.0,
            due_on: input.due_on.0,
            purpose: input.purpose,
        };
        PaymentRequestCreatePayload::of(commands::create(db(ctx), &command(ctx, input.idempotency_key)?, &create).await)
    }

    /// Approves a request that somebody else made (согласовать заявку). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `PAYMENT_REQUEST_STATUS`,
    /// `FOUR_EYES`, `INVALID_INPUT`, and those of what it is for.
    async fn payment_request_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какую).")] input: PaymentRequestApproveInput,
    ) -> Result<PaymentRequestApprovePayload> {
        let step = step(input.payment_request_id, input.expected_version, input.note);
        PaymentRequestApprovePayload::of(commands::approve(db(ctx), &command(ctx, input.idempotency_key)?, &step).await)
    }

    /// Refuses a request that somebody else made (отклонить заявку). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `PAYMENT_REQUEST_STATUS`,
    /// `FOUR_EYES`, `INVALID_INPUT`.
    async fn payment_request_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какую).")] input: PaymentRequestRefuseInput,
    ) -> Result<PaymentRequestRefusePayload> {
        let step = step(input.payment_request_id, input.expected_version, input.note);
        PaymentRequestRefusePayload::of(commands::refuse(db(ctx), &command(ctx, input.idempotency_key)?, &step).await)
    }

    /// Takes back what is not paid of a request (отозвать заявку). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `PAYMENT_REQUEST_STATUS`.
    async fn payment_request_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какую).")] input: PaymentRequestWithdrawInput,
    ) -> Result<PaymentRequestWithdrawPayload> {
        let step = step(input.payment_request_id, input.expected_version, String::new());
        PaymentRequestWithdrawPayload::of(commands::withdraw(db(ctx), &command(ctx, input.idempotency_key)?, &step).await)
    }

    /// Sets from which sum on a company pays only by approved requests, or lifts that (правило оплаты). Codes: `NOT_FOUND`,
    /// `INVALID_INPUT`.
    async fn payment_rule_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and from which sum (чьё и от какой суммы).")] input: PaymentRuleSetInput,
    ) -> Result<PaymentRuleSetPayload> {
        let rule = rules::Rule { company_id: input.company_id.number, requests_from: input.requests_from.map(|from| from.0) };
        PaymentRuleSetPayload::of(rules::set(db(ctx), &command(ctx, None)?, &rule).await)
    }
}

fn step(of: Id<PaymentRequest>, expected_version: i32, note: String) -> commands::Step {
    commands::Step { payment_request_id: of.number, expected_version, note }
}
