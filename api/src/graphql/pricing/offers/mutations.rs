//! Changes of offers: made, revised, put forward, approved or refused by somebody else, sent.

use async_graphql::{Context, InputObject, Object};
use rust_decimal::Decimal;
use shpunt_domain::pricing::offers::commands;

use super::Offer;
use crate::graphql::batches::Batch;
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::pricing::{GoodsPriceInput, PriceBasis};
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// A line of an offer (строка предложения).
#[derive(InputObject)]
pub(crate) struct OfferLineInput {
    /// Goods (номенклатура).
    product_id: Id<Product>,
    /// Pieces (штуки).
    pieces: i32,
    /// The price (цена).
    price: GoodsPriceInput,
    /// Whose cost (база себестоимости).
    #[graphql(default_with = "PriceBasis::Oldest")]
    basis: PriceBasis,
    /// The batch of the basis `CHOSEN` (серия).
    batch_id: Option<Id<Batch>>,
}

impl From<OfferLineInput> for commands::NewLine {
    fn from(line: OfferLineInput) -> Self {
        Self {
            product_id: line.product_id.number,
            pieces: line.pieces.into(),
            price: line.price.into(),
            basis: line.basis.into(),
            batch_id: or_zero(line.batch_id),
        }
    }
}

/// A new offer of a deal (новое предложение); company and customer are the deal's.
#[derive(InputObject)]
pub(crate) struct OfferCreateInput {
    /// The deal (сделка): open, with a customer.
    deal_id: Id<Deal>,
    /// When it would ship (план отгрузки): decides stock, VAT and list.
    planned_on: Day,
    /// Last day it holds (действует до).
    valid_until: Day,
    /// Where to (адрес доставки).
    #[graphql(default)]
    delivery_address: String,
    /// Direct expenses of the whole, roubles as they cost the company; shared by tonnes (прямые расходы).
    expenses: Option<Number>,
    /// 1 to 100 (строки).
    lines: Vec<OfferLineInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A new version of an offer (новая редакция предложения); the deal is that of the old one.
#[derive(InputObject)]
pub(crate) struct OfferReviseInput {
    /// Which it replaces (предложение): not one that waits for a decision, nor one that was replaced.
    offer_id: Id<Offer>,
    /// The version you read (версия).
    expected_version: i32,
    /// When it would ship (план отгрузки): decides stock, VAT and list.
    planned_on: Day,
    /// Last day it holds (действует до).
    valid_until: Day,
    /// Where to (адрес доставки).
    #[graphql(default)]
    delivery_address: String,
    /// Direct expenses of the whole, roubles as they cost the company; shared by tonnes (прямые расходы).
    expenses: Option<Number>,
    /// 1 to 100 (строки).
    lines: Vec<OfferLineInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An offer to put forward for approval (на согласование).
#[derive(InputObject)]
pub(crate) struct OfferSubmitInput {
    /// Which (предложение): a draft.
    offer_id: Id<Offer>,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An offer to approve (согласование).
#[derive(InputObject)]
pub(crate) struct OfferApproveInput {
    /// Which (предложение): put forward by somebody else.
    offer_id: Id<Offer>,
    /// What is said to it, at most 300 characters (комментарий).
    #[graphql(default)]
    note: String,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An offer to refuse (отклонение).
#[derive(InputObject)]
pub(crate) struct OfferRefuseInput {
    /// Which (предложение): put forward by somebody else.
    offer_id: Id<Offer>,
    /// What is said to it, at most 300 characters (комментарий).
    #[graphql(default)]
    note: String,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An offer that goes to the customer (отправка).
#[derive(InputObject)]
pub(crate) struct OfferSendInput {
    /// Which (предложение): a draft that needs no approval, or an approved one.
    offer_id: Id<Offer>,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `offerCreate` did.
    OfferCreatePayload {
        /// The new offer (предложение); null when nothing was done.
        offer: Offer
    }
}

payload! {
    /// What `offerRevise` did.
    OfferRevisePayload {
        /// The new version (новая редакция); null when nothing was done.
        offer: Offer
    }
}

payload! {
    /// What `offerSubmit` did.
    OfferSubmitPayload {
        /// The offer as it is now (предложение); null when nothing was done.
        offer: Offer
    }
}

payload! {
    /// What `offerApprove` did.
    OfferApprovePayload {
        /// The offer as it is now (предложение); null when nothing was done.
        offer: Offer
    }
}

payload! {
    /// What `offerRefuse` did.
    OfferRefusePayload {
        /// The offer as it is now (предложение); null when nothing was done.
        offer: Offer
    }
}

payload! {
    /// What `offerSend` did.
    OfferSendPayload {
        /// The offer as it is now (предложение); null when nothing was done.
        offer: Offer
    }
}

/// Changes of offers.
#[derive(Default)]
pub(crate) struct OffersMutation;

#[Object]
impl OffersMutation {
    /// Makes a draft that keeps cost, floor and list price as they are now (создать КП). Codes: `NOT_FOUND`, `DEAL_CLOSED`,
    /// `PARTY_REQUIRED`, `BATCH_SHORT`, `TAX_REGIME_MISSING`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `IDEMPOTENCY_CONFLICT`.
    async fn offer_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new offer (новое предложение).")] input: OfferCreateInput,
    ) -> Result<OfferCreatePayload> {
        let command = command(ctx, input.idempotency_key)?;
        let create = commands::Create {
            deal_id: input.deal_id.number,
            planned_on: input.planned_on.0,
            valid_until: input.valid_until.0,
            delivery_address: input.delivery_address,
            expenses: input.expenses.map_or(Decimal::ZERO, |expenses| expenses.0),
            lines: input.lines.into_iter().map(Into::into).collect(),
        };
        OfferCreatePayload::of(commands::create(db(ctx), &command, &create).await)
    }

    /// Replaces an offer by a new version at today's cost, floor and list price (новая редакция КП): a draft, to be approved anew where it must
    /// be. The old one stays readable as it was, with its own cost. Codes: `OFFER_STATUS` (replaced already, or waiting for a decision),
    /// `VERSION_CONFLICT`, `NOT_FOUND`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `BATCH_SHORT`, `TAX_REGIME_MISSING`, `INVALID_INPUT`,
    /// `AMOUNT_NOT_POSITIVE`.
    async fn offer_revise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and what it becomes (новая редакция).")] input: OfferReviseInput,
    ) -> Result<OfferRevisePayload> {
        let revise = commands::Revise {
            offer_id: input.offer_id.number,
            expected_version: input.expected_version,
            planned_on: input.planned_on.0,
            valid_until: input.valid_until.0,
            delivery_address: input.delivery_address,
            expenses: input.expenses.map_or(Decimal::ZERO, |expenses| expenses.0),
            lines: input.lines.into_iter().map(Into::into).collect(),
        };
        OfferRevisePayload::of(commands::revise(db(ctx), &command(ctx, input.idempotency_key)?, &revise).await)
    }

    /// Puts a draft forward for approval (на согласование). Codes: `NOT_FOUND`, `OFFER_STATUS`.
    async fn offer_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какое).")] input: OfferSubmitInput,
    ) -> Result<OfferSubmitPayload> {
        let step = commands::Step { offer_id: input.offer_id.number };
        OfferSubmitPayload::of(
            commands::submit(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &step).await,
        )
    }

    /// Approves an offer that somebody else made (согласовать). Codes: `NOT_FOUND`, `OFFER_STATUS`, `FOUR_EYES`, `INVALID_INPUT`.
    async fn offer_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какое).")] input: OfferApproveInput,
    ) -> Result<OfferApprovePayload> {
        let decide = commands::Decide { offer_id: input.offer_id.number, approve: true, note: input.note };
        OfferApprovePayload::of(
            commands::decide(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &decide).await,
        )
    }

    /// Refuses an offer that somebody else made (отклонить). Codes: `NOT_FOUND`, `OFFER_STATUS`, `FOUR_EYES`, `INVALID_INPUT`.
    async fn offer_refuse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какое).")] input: OfferRefuseInput,
    ) -> Result<OfferRefusePayload> {
        let decide = commands::Decide { offer_id: input.offer_id.number, approve: false, note: input.note };
        OfferRefusePayload::of(
            commands::decide(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &decide).await,
        )
    }

    /// Marks an offer as sent to the customer (отправить). Codes: `NOT_FOUND`, `APPROVAL_REQUIRED`, `OFFER_STATUS`, `INVALID_INPUT`.
    async fn offer_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какое).")] input: OfferSendInput,
    ) -> Result<OfferSendPayload> {
        let step = commands::Step { offer_id: input.offer_id.number };
        OfferSendPayload::of(
            commands::send(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &step).await,
        )
    }
}
