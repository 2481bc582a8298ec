//! Changes of direct expenses.

use async_graphql::{Context, InputObject, Object, OneofObject};
use shpunt_domain::direct::bills::{self, Bears, PostDirect};
use shpunt_domain::direct::plans::{self, AddPlan, ChangePlan, DropPlan};
use shpunt_domain::direct::reverse::{ReverseDirect, reverse_direct};

use super::{DirectExpense, DirectExpenseBasis, PlannedExpense};
use crate::graphql::caller::{command, db};
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::ledger::Article;
use crate::graphql::orders::Order;
use crate::graphql::parties::{Contract, Party};
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// An expense to plan (плановый расход).
#[derive(InputObject)]
pub(crate) struct PlannedExpenseAddInput {
    /// The order (заказ): not a cancelled one.
    order_id: Id<Order>,
    /// What it is for (статья): freight, cutting, crane, agent bonus.
    article_id: Id<Article>,
    /// Who is expected to bill it (контрагент).
    party_id: Option<Id<Party>>,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// VAT, roubles (НДС).
    vat: Number,
    /// Remark (примечание).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What a planned expense shall be (правка планового расхода).
#[derive(InputObject)]
pub(crate) struct PlannedExpenseChangeInput {
    /// Which (плановый расход): its order is not shipped.
    planned_expense_id: Id<PlannedExpense>,
    /// The version you read (версия).
    expected_version: i32,
    /// Who is expected to bill it (контрагент).
    party_id: Option<Id<Party>>,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// VAT, roubles (НДС).
    vat: Number,
    /// Remark (примечание).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A planned expense nobody will bill (снятие планового расхода).
#[derive(InputObject)]
pub(crate) struct PlannedExpenseDropInput {
    /// Which (плановый расход).
    planned_expense_id: Id<PlannedExpense>,
    /// When an accrual is taken back (дата); left out, the day it was accrued, or the first open day after it.
    on: Option<Day>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Who bears a part of a bill (кто несёт расход).
#[derive(OneofObject)]
pub(crate) enum DirectExpenseBearerInput {
    /// An order, beside its plans (заказ).
    #[graphql(name = "orderId")]
    Order(Id<Order>),
    /// The order of a plan, which the bill settles (плановый расход).
    #[graphql(name = "plannedExpenseId")]
    Plan(Id<PlannedExpense>),
    /// All orders of a deal by their tonnes (сделка).
    #[graphql(name = "dealId")]
    Deal(Id<Deal>),
}

/// A part of a bill (доля счёта).
#[derive(InputObject)]
pub(crate) struct DirectExpenseTarget {
    /// Who bears it (кто несёт).
    bears: DirectExpenseBearerInput,
    /// Its share in any unit (доля); only with the basis `MANUAL`, and then of every target.
    share: Option<Number>,
}

impl From<DirectExpenseTarget> for bills::Target {
    fn from(target: DirectExpenseTarget) -> Self {
        let bears = match target.bears {
            DirectExpenseBearerInput::Order(id) => Bears::Order(id.number),
            DirectExpenseBearerInput::Plan(id) => Bears::Plan(id.number),
            DirectExpenseBearerInput::Deal(id) => Bears::Deal(id.number),
        };
        Self { bears, share: target.share.map(|share| share.0) }
    }
}

/// A bill of a direct expense (счёт на прямой расход).
#[derive(InputObject)]
pub(crate) struct DirectExpensePostInput {
    /// Whose expense it is (своя организация).
    company_id: Id<Company>,
    /// To whom it is owed (контрагент): any party.
    party_id: Id<Party>,
    /// Under which contract (договор): where several bear the bill, its open advances pay it first.
    contract_id: Option<Id<Contract>>,
    /// What it is for (статья): freight, cutting, crane, agent bonus.
    article_id: Id<Article>,
    /// Number of the supplier's paper (номер документа поставщика).
    #[graphql(default)]
    number: String,
    /// Date of the supplier's paper (дата документа поставщика).
    issued_on: Day,
    /// Business date (дата проведения); left out, it is the paper's date, or that of an accrual it settles, or the first open day after it.
    effective_on: Option<Day>,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// VAT as printed, roubles (НДС); entered, never computed.
    vat: Number,
    /// What it is divided by (база распределения).
    #[graphql(default_with = "DirectExpenseBasis::Tonnes")]
    basis: DirectExpenseBasis,
    /// Who bears it, 1 to 500, each once (кто несёт).
    targets: Vec<DirectExpenseTarget>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// The storno of a bill (сторно счёта на прямой расход).
#[derive(InputObject)]
pub(crate) struct DirectExpenseReverseInput {
    /// Which (счёт).
    direct_expense_id: Id<DirectExpense>,
    /// Business date of the storno (дата сторно).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `plannedExpenseAdd` did.
    PlannedExpenseAddPayload {
        /// The plan (плановый расход); null when nothing was done.
        planned_expense: PlannedExpense
    }
}

payload! {
    /// What `plannedExpenseChange` did.
    PlannedExpenseChangePayload {
        /// The plan as it is now (плановый расход); null when nothing was done.
        planned_expense: PlannedExpense
    }
}

payload! {
    /// What `plannedExpenseDrop` did.
    PlannedExpenseDropPayload {
        /// The plan as it is now (плановый расход); null when nothing was done.
        planned_expense: PlannedExpense
    }
}

payload! {
    /// What `directExpensePost` did.
    DirectExpensePostPayload {
        /// The bill (счёт); null when nothing was done.
        direct_expense: DirectExpense
    }
}

payload! {
    /// What `directExpenseReverse` did.
    DirectExpenseReversePayload {
        /// The bill (счёт); null when nothing was done.
        direct_expense: DirectExpense
    }
}

/// Changes of direct expenses.
#[derive(Default)]
pub(crate) struct DirectMutation;

#[Object]
impl DirectMutation {
    /// Plans an expense of an order (запланировать прямой расход): it becomes an expense when the order ships, and the bill brings the
    /// difference. Codes: `NOT_FOUND`, `ARTICLE_MISMATCH`, `ORDER_STATUS` (cancelled), `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`,
    /// `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `PERIOD_CLOSED`.
    async fn planned_expense_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan (плановый расход).")] input: PlannedExpenseAddInput,
    ) -> Result<PlannedExpenseAddPayload> {
        let plan = AddPlan {
            order_id: input.order_id.number,
            article_id: input.article_id.number,
            party_id: or_zero(input.party_id),
            net: input.net.0,
            vat: input.vat.0,
            note: input.note,
        };
        PlannedExpenseAddPayload::of(plans::add(db(ctx), &command(ctx, input.idempotency_key)?, &plan).await)
    }

    /// Changes a planned expense before its order ships (изменить плановый расход). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `ORDER_STATUS`,
    /// `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`.
    async fn planned_expense_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and what (правка).")] input: PlannedExpenseChangeInput,
    ) -> Result<PlannedExpenseChangePayload> {
        let plan = ChangePlan {
            planned_expense_id: input.planned_expense_id.number,
            expected_version: input.expected_version,
            party_id: or_zero(input.party_id),
            net: input.net.0,
            vat: input.vat.0,
            note: input.note,
        };
        PlannedExpenseChangePayload::of(plans::change(db(ctx), &command(ctx, input.idempotency_key)?, &plan).await)
    }

    /// Drops a planned expense nobody will bill (снять плановый расход); what was accrued is taken back. Codes: `NOT_FOUND`, `ORDER_STATUS`,
    /// `INVALID_INPUT`, `DATE_IN_FUTURE`, `PERIOD_CLOSED`.
    async fn planned_expense_drop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (плановый расход).")] input: PlannedExpenseDropInput,
    ) -> Result<PlannedExpenseDropPayload> {
        let plan = DropPlan { planned_expense_id: input.planned_expense_id.number, on: input.on.map(|day| day.0) };
        PlannedExpenseDropPayload::of(plans::drop_plan(db(ctx), &command(ctx, input.idempotency_key)?, &plan).await)
    }

    /// Posts a bill of a direct expense (провести счёт на прямой расход) on orders, plans or deals: what a plan accrued becomes a debt and only
    /// the difference an expense; of a deal, the share of orders that are not shipped waits for them. Codes: `INVALID_INPUT`,
    /// `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ORDER_STATUS`, `NOTHING_TO_ALLOCATE`,
    /// `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn direct_expense_post(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The bill (счёт).")] input: DirectExpensePostInput,
    ) -> Result<DirectExpensePostPayload> {
        let post = PostDirect {
            company_id: input.company_id.number,
            party_id: input.party_id.number,
            contract_id: or_zero(input.contract_id),
            article_id: input.article_id.number,
            number: input.number,
            issued_on: input.issued_on.0,
            effective_on: input.effective_on.map(|day| day.0),
            net: input.net.0,
            vat: input.vat.0,
            basis: input.basis.into(),
            targets: input.targets.into_iter().map(Into::into).collect(),
        };
        DirectExpensePostPayload::of(bills::post_direct(db(ctx), &command(ctx, input.idempotency_key)?, &post).await)
    }

    /// Takes a bill of a direct expense back to the kopeck (сторнировать счёт на прямой расход); plans it settled are accrued as before.
    /// Codes: `INVALID_INPUT`, `NOT_FOUND`, `ALREADY_REVERSED`, `STILL_IN_USE` (a part of a joint bill), `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn direct_expense_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when (сторно).")] input: DirectExpenseReverseInput,
    ) -> Result<DirectExpenseReversePayload> {
        let reverse = ReverseDirect { direct_expense_id: input.direct_expense_id.number, on: input.on.0 };
        DirectExpenseReversePayload::of(reverse_direct(db(ctx), &command(ctx, input.idempotency_key)?, &reverse).await)
    }
}
