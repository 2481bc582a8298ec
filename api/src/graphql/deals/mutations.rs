//! Changes of deals.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use shpunt_domain::deals::{commands, store};

use super::{Deal, DealStage};
use crate::graphql::access::Employee;
use crate::graphql::caller::{command, db, scope};
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::marketing::Channel;
use crate::graphql::parties::{Contract, Party};
use crate::graphql::scalars::{Number, Uuid};
use crate::graphql::text::patched;
use crate::graphql::user_error::payload;

/// A new deal or lead (новая сделка или лид).
#[derive(InputObject)]
pub(crate) struct DealCreateInput {
    /// Who sells (своя организация).
    company_id: Id<Company>,
    /// What it is about (название).
    title: String,
    /// Where it came from (канал).
    channel_id: Id<Channel>,
    /// Who leads it (менеджер); a manager who creates a deal leads it.
    manager_id: Option<Id<Employee>>,
    /// Who buys (покупатель), when known.
    customer_id: Option<Id<Party>>,
    /// Under which contract (договор): the customer's with this company.
    contract_id: Option<Id<Contract>>,
    /// What the customer needs, tonnes (потребность).
    need_tonnes: Option<Number>,
    /// The same in roubles with VAT (потребность в деньгах).
    need_amount: Option<Number>,
    /// Planned margin, roubles without VAT (плановая маржа).
    planned_margin: Option<Number>,
    /// Who called (контактное лицо).
    #[graphql(default)]
    contact_name: String,
    /// From which number (телефон).
    #[graphql(default)]
    contact_phone: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Changes of an open deal (изменение сделки): what is left out stays, null clears.
#[derive(InputObject)]
pub(crate) struct DealUpdateInput {
    /// Which (сделка).
    deal_id: Id<Deal>,
    /// The version you read (версия).
    expected_version: i32,
    /// What it is about (название).
    title: Option<String>,
    /// Where it came from (канал).
    channel_id: Option<Id<Channel>>,
    /// Who buys (покупатель).
    customer_id: MaybeUndefined<Id<Party>>,
    /// Under which contract (договор): the customer's with this company.
    contract_id: MaybeUndefined<Id<Contract>>,
    /// What the customer needs, tonnes (потребность).
    need_tonnes: MaybeUndefined<Number>,
    /// The same in roubles with VAT (потребность в деньгах).
    need_amount: MaybeUndefined<Number>,
    /// Planned margin, roubles without VAT (плановая маржа).
    planned_margin: MaybeUndefined<Number>,
    /// Who called (контактное лицо).
    contact_name: MaybeUndefined<String>,
    /// From which number (телефон).
    contact_phone: MaybeUndefined<String>,
}

/// A move to another stage (перевод на этап).
#[derive(InputObject)]
pub(crate) struct DealStageMoveInput {
    /// Which (сделка).
    deal_id: Id<Deal>,
    /// The stage to enter (этап).
    stage: DealStage,
    /// Why, when it is lost (причина проигрыша).
    #[graphql(default)]
    lost_reason: String,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Another manager for a deal (передача сделки).
#[derive(InputObject)]
pub(crate) struct DealHandOverInput {
    /// Which (сделка).
    deal_id: Id<Deal>,
    /// The new manager (менеджер).
    manager_id: Id<Employee>,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `dealCreate` did.
    DealCreatePayload {
        /// The new deal (сделка); null when nothing was done.
        deal: Deal
    }
}

payload! {
    /// What `dealUpdate` did.
    DealUpdatePayload {
        /// The deal as it is now (сделка); null when nothing was done.
        deal: Deal
    }
}

payload! {
    /// What `dealStageMove` did.
    DealStageMovePayload {
        /// The deal as it is now (сделка); null when nothing was done.
        deal: Deal
    }
}

payload! {
    /// What `dealHandOver` did.
    DealHandOverPayload {
        /// The deal as it is now (сделка); null when nothing was done.
        deal: Deal
    }
}

/// Changes of deals.
#[derive(Default)]
pub(crate) struct DealsMutation;

#[Object]
impl DealsMutation {
    /// Creates a deal at the stage *new lead* (создать сделку). Codes: `NOT_FOUND`, `INVALID_INPUT`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`.
    async fn deal_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new deal (новая сделка).")] input: DealCreateInput,
    ) -> Result<DealCreatePayload> {
        let amount = |number: Option<Number>| number.map(|number| number.0).unwrap_or_default();
        let fields = commands::Fields {
            title: input.title,
            party_id: or_zero(input.customer_id),
            contract_id: or_zero(input.contract_id),
            channel_id: input.channel_id.number,
            need_tonnes: amount(input.need_tonnes),
            need_gross: amount(input.need_amount),
            planned_margin: amount(input.planned_margin),
            contact_name: input.contact_name,
            contact_phone: input.contact_phone,
        };
        let create = commands::Create { company_id: input.company_id.number, employee_id: or_zero(input.manager_id), fields };
        DealCreatePayload::of(commands::create(db(ctx), &command(ctx, input.idempotency_key)?, create).await)
    }

    /// Changes an open deal (изменить сделку). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `STILL_IN_USE` (another customer,
    /// while orders or money are of this one), `PARTY_MISMATCH`,
    /// `COMPANY_MISMATCH`, `INVALID_INPUT`.
    async fn deal_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: DealUpdateInput,
    ) -> Result<DealUpdatePayload> {
        let deal_id = input.deal_id.number;
        let now = match store::get(db(ctx), &scope(ctx)?, deal_id).await {
            Ok(deal) => deal,
            Err(error) => return DealUpdatePayload::of::<Deal>(Err(error)),
        };
        let fields = commands::Fields {
            title: input.title.unwrap_or(now.title),
            party_id: id(input.customer_id, now.party_id),
            contract_id: id(input.contract_id, now.contract_id),
            channel_id: input.channel_id.map_or(now.channel_id, |id| id.number),
            need_tonnes: number(input.need_tonnes, now.need_tonnes),
            need_gross: number(input.need_amount, now.need_gross),
            planned_margin: number(input.planned_margin, now.planned_margin),
            contact_name: patched(input.contact_name, now.contact_name),
            contact_phone: patched(input.contact_phone, now.contact_phone),
        };
        let update = commands::Update { deal_id, expected_version: input.expected_version, fields };
        DealUpdatePayload::of(commands::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Moves a deal to another stage (перевести на этап): any open stage to any other; won and lost are final. Codes: `NOT_FOUND`,
    /// `STAGE_UNKNOWN` (it is there already), `DEAL_CLOSED`, `PARTY_REQUIRED`, `LOST_REASON_REQUIRED`, `ORDER_STATUS` (lost, while an
    /// order of it is confirmed or shipped).
    async fn deal_stage_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one and where (куда).")] input: DealStageMoveInput,
    ) -> Result<DealStageMovePayload> {
        let to = shpunt_domain::deals::Stage::from(input.stage).as_str().to_owned();
        let to = commands::MoveStage { deal_id: input.deal_id.number, stage: to, lost_reason: input.lost_reason };
        DealStageMovePayload::of(
            commands::move_stage(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), to).await,
        )
    }

    /// Gives a deal to another manager (передать сделку). Codes: `NOT_FOUND`.
    async fn deal_hand_over(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one and to whom (кому).")] input: DealHandOverInput,
    ) -> Result<DealHandOverPayload> {
        let to = commands::HandOver { deal_id: input.deal_id.number, employee_id: input.manager_id.number };
        DealHandOverPayload::of(
            commands::hand_over(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), to).await,
        )
    }
}

/// The id after a change: left out stays, null clears.
fn id<E>(change: MaybeUndefined<Id<E>>, now: i64) -> i64 {
    match change {
        MaybeUndefined::Undefined => now,
        MaybeUndefined::Null => 0,
        MaybeUndefined::Value(id) => id.number,
    }
}

/// The number after a change: left out stays, null makes it zero.
fn number(change: MaybeUndefined<Number>, now: rust_decimal::Decimal) -> rust_decimal::Decimal {
    match change {
        MaybeUndefined::Undefined => now,
        MaybeUndefined::Null => rust_decimal::Decimal::ZERO,
        MaybeUndefined::Value(number) => number.0,
    }
}
