//! Changes of orders; a manager reaches those of the own deals and the team's.

use async_graphql::{Context, InputObject, Object};
use rust_decimal::Decimal;
use shpunt_domain::orders::{Price, cancel, commands, deliver, expenses, reschedule};

use super::delivery::OrderFile;
use super::trucks::OrderPiecesInput;
use super::{Order, OrderExpense, OrderLine, PriceUnit};
use crate::graphql::batches::Batch;
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::ledger::Article;
use crate::graphql::loaders::loaders;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Moment, Number, Uuid};
use crate::graphql::user_error::{self, payload};

/// Goods from a batch, or a service (строка заказа).
#[derive(InputObject)]
pub(crate) struct OrderLineInput {
    /// Goods or service (номенклатура).
    product_id: Id<Product>,
    /// The batch goods are taken from (серия); left out for a service.
    batch_id: Option<Id<Batch>>,
    /// Pieces of goods (штуки); left out for a service.
    pieces: Option<i32>,
    /// How much of a service (количество); of goods it follows from the pieces.
    quantity: Option<Number>,
    /// What the price is for (единица): `SERVICE` for services only.
    unit: PriceUnit,
    /// Price of a unit, roubles (цена).
    price: Number,
    /// The price includes VAT and stays when the rate changes; otherwise VAT comes on top (цена с НДС).
    price_includes_vat: bool,
}

impl From<OrderLineInput> for commands::NewLine {
    fn from(line: OrderLineInput) -> Self {
        Self {
            product_id: line.product_id.number,
            batch_id: line.batch_id.map(|id| id.number),
            pieces: line.pieces.unwrap_or_default().into(),
            quantity: line.quantity.map_or(Decimal::ZERO, |quantity| quantity.0),
            price: Price { unit: line.unit.into(), price: line.price.0, includes_vat: line.price_includes_vat },
        }
    }
}

fn lines(lines: Vec<OrderLineInput>) -> Vec<commands::NewLine> {
    lines.into_iter().map(commands::NewLine::from).collect()
}

/// A new order of a deal (новый заказ); company, customer and contract are the deal's.
#[derive(InputObject)]
pub(crate) struct OrderCreateInput {
    /// The deal (сделка): open, with a customer.
    deal_id: Id<Deal>,
    /// Planned day of shipping (план отгрузки).
    planned_on: Day,
    /// The truck's plate (номер машины).
    #[graphql(default)]
    vehicle: String,
    /// At least one (строки).
    lines: Vec<OrderLineInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Other lines for a draft (правка заказа).
#[derive(InputObject)]
pub(crate) struct OrderReviseInput {
    /// Which (заказ): a draft.
    order_id: Id<Order>,
    /// The version you read (версия).
    expected_version: i32,
    /// The lines as they shall be, all of them (строки).
    lines: Vec<OrderLineInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An order to confirm (подтверждение заказа).
#[derive(InputObject)]
pub(crate) struct OrderConfirmInput {
    /// Which (заказ): a draft.
    order_id: Id<Order>,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An order to cancel (отмена заказа).
#[derive(InputObject)]
pub(crate) struct OrderCancelInput {
    /// Which (заказ): not shipped yet.
    order_id: Id<Order>,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// The weight of a line by the scales (вес строки).
#[derive(InputObject)]
pub(crate) struct WeighedInput {
    /// The line (строка): goods.
    order_line_id: Id<OrderLine>,
    /// Tonnes (тонны), more than zero.
    tonnes: Number,
}

/// An order to ship (отгрузка заказа).
#[derive(InputObject)]
pub(crate) struct OrderShipInput {
    /// Which (заказ): a confirmed one.
    order_id: Id<Order>,
    /// Business date (дата отгрузки): decides the period and the VAT rate.
    shipped_on: Day,
    /// Lines that were weighed (взвешенные строки); the others weigh what was recorded at loading.
    #[graphql(default)]
    weighed: Vec<WeighedInput>,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An order that arrived (доставка заказа).
#[derive(InputObject)]
pub(crate) struct OrderDeliverInput {
    /// Which (заказ): a shipped one.
    order_id: Id<Order>,
    /// When (дата доставки); the day of `deliveredAt`, or today, unless given.
    delivered_on: Option<Day>,
    /// The moment (время разгрузки).
    delivered_at: Option<Moment>,
    /// Who received the goods (получатель).
    #[graphql(default)]
    receiver: String,
    /// Pieces that were counted (разгружено), each line once; what is left out arrived whole, what is missing is noted as a shortage.
    #[graphql(default)]
    unloaded: Vec<OrderPiecesInput>,
    /// What proves it (подтверждение доставки): a file of the order.
    proof_id: Option<Id<OrderFile>>,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A direct expense of an order (прямой расход заказа).
#[derive(InputObject)]
pub(crate) struct OrderExpenseAddInput {
    /// The order (заказ): not a cancelled one.
    order_id: Id<Order>,
    /// What it is for (статья): freight, cutting, crane, agent bonus.
    article_id: Id<Article>,
    /// To whom it is owed (контрагент).
    party_id: Id<Party>,
    /// The date of the document (дата документа); in a closed month, it is posted for the first open day.
    effective_on: Day,
    /// Without VAT, roubles (без НДС).
    net: Number,
    /// VAT as printed, roubles (НДС).
    vat: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `orderCreate` did.
    OrderCreatePayload {
        /// The new order (заказ); null when nothing was done.
        order: Order
    }
}

payload! {
    /// What `orderRevise` did.
    OrderRevisePayload {
        /// The order as it is now (заказ); null when nothing was done.
        order: Order
    }
}

/// Another day or truck for an order (перенос отгрузки): what is left out stays.
#[derive(InputObject)]
pub(crate) struct OrderRescheduleInput {
    /// Which (заказ).
    order_id: Id<Order>,
    /// The version you read (версия).
    expected_version: i32,
    /// Planned day of shipping (план отгрузки).
    planned_on: Option<Day>,
    /// The truck's plate (номер машины).
    vehicle: Option<String>,
}

payload! {
    /// What `orderReschedule` did.
    OrderReschedulePayload {
        /// The order as it is now (заказ); null when nothing was done.
        order: Order
    }
}

payload! {
    /// What `orderConfirm` did.
    OrderConfirmPayload {
        /// The order as it is now (заказ); null when nothing was done.
        order: Order
    }
}

payload! {
    /// What `orderShip` did.
    OrderShipPayload {
        /// The order as it is now (заказ); null when nothing was done.
        order: Order
    }
}

payload! {
    /// What `orderDeliver` did.
    OrderDeliverPayload {
        /// The order as it is now (заказ); null when nothing was done.
        order: Order
    }
}

payload! {
    /// What `orderCancel` did.
    OrderCancelPayload {
        /// The order as it is now (заказ); null when nothing was done.
        order: Order
    }
}

payload! {
    /// What `orderExpenseAdd` did.
    OrderExpenseAddPayload {
        /// The new expense (расход заказа); null when nothing was done.
        order_expense: OrderExpense
    }
}

/// Changes of orders.
#[derive(Default)]
pub(crate) struct OrdersMutation;

#[Object]
impl OrdersMutation {
    /// Changes when a draft or a confirmed order is to leave, and with what (перенести отгрузку); VAT is planned at the rate of the new day. Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `ORDER_STATUS`, `INVALID_INPUT`, `TAX_REGIME_MISSING`.
    async fn order_reschedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: OrderRescheduleInput,
    ) -> Result<OrderReschedulePayload> {
        let to = reschedule::Reschedule {
            order_id: input.order_id.number,
            expected_version: input.expected_version,
            planned_on: input.planned_on.map(|day| day.0),
            vehicle: input.vehicle,
        };
        OrderReschedulePayload::of(reschedule::reschedule(db(ctx), &command(ctx, None)?, &to).await)
    }

    /// Creates a draft (создать заказ). Codes: `NOT_FOUND`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `BATCH_MISMATCH`, `COMPANY_MISMATCH`,
    /// `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `TAX_REGIME_MISSING`.
    async fn order_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new order (новый заказ).")] input: OrderCreateInput,
    ) -> Result<OrderCreatePayload> {
        let create = commands::Create {
            deal_id: input.deal_id.number,
            planned_on: input.planned_on.0,
            vehicle: input.vehicle,
            lines: lines(input.lines),
        };
        OrderCreatePayload::of(commands::create(db(ctx), &command(ctx, input.idempotency_key)?, &create).await)
    }

    /// Replaces the lines of a draft (изменить строки заказа). Codes: `ORDER_STATUS`, `VERSION_CONFLICT` and those of `orderCreate`.
    async fn order_revise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order and its lines (заказ и строки).")] input: OrderReviseInput,
    ) -> Result<OrderRevisePayload> {
        let revise = commands::Revise {
            order_id: input.order_id.number,
            expected_version: input.expected_version,
            lines: lines(input.lines),
        };
        OrderRevisePayload::of(commands::revise(db(ctx), &command(ctx, input.idempotency_key)?, &revise).await)
    }

    /// Draft to confirmed (подтвердить заказ): the pieces of its lines are reserved. Codes: `NOT_FOUND`, `ORDER_STATUS`, `DEAL_CLOSED` (lost),
    /// `BATCH_SHORT`, `BATCH_RESERVED`, `BATCH_IN_TRANSIT`, `OVERLOADED` (its truck).
    async fn order_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one (какой).")] input: OrderConfirmInput,
    ) -> Result<OrderConfirmPayload> {
        let confirm = commands::Move { order_id: input.order_id.number, on: None };
        OrderConfirmPayload::of(
            commands::confirm(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &confirm).await,
        )
    }

    /// Ships a confirmed order (отгрузить заказ): goods leave their batches; revenue, VAT, cost and the receivable are posted; the order's
    /// own advance pays it off first, then the deal's. Where the contract says that title passes at unloading, only the cost (to goods shipped)
    /// and the VAT are posted, the rest when it is delivered. Codes: `NOT_FOUND`, `ORDER_STATUS`, `DEAL_CLOSED`, `LOAD_MISMATCH`, `BATCH_SHORT`, `AMOUNT_NOT_POSITIVE`,
    /// `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`,
    /// `FOUR_EYES`.
    async fn order_ship(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one and when (какой и когда).")] input: OrderShipInput,
    ) -> Result<OrderShipPayload> {
        let weighed = |line: WeighedInput| commands::Weighed { order_line_id: line.order_line_id.number, tonnes: line.tonnes.0 };
        let ship = commands::Ship {
            order_id: input.order_id.number,
            shipped_on: input.shipped_on.0,
            weighed: input.weighed.into_iter().map(weighed).collect(),
        };
        OrderShipPayload::of(
            commands::ship(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &ship).await,
        )
    }

    /// Shipped to delivered (отметить доставку), with who received it and what was missing. Nothing is posted, unless title passes at unloading: then
    /// revenue, cost and the receivable are, for this day, and nothing may be missing. Codes: `NOT_FOUND`, `ORDER_STATUS`, `DATE_IN_FUTURE`,
    /// `INVALID_INPUT`, `TITLE_NOT_PASSED`, `DATE_TOO_EARLY`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn order_deliver(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one and when (какой и когда).")] input: OrderDeliverInput,
    ) -> Result<OrderDeliverPayload> {
        let deliver = deliver::Deliver {
            order_id: input.order_id.number,
            on: input.delivered_on.map(|day| day.0),
            at: input.delivered_at.map(|at| at.0),
            receiver: input.receiver,
            unloaded: input.unloaded.into_iter().map(Into::into).collect(),
            proof_file_id: input.proof_id.map(|id| id.number),
        };
        OrderDeliverPayload::of(
            deliver::deliver(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &deliver).await,
        )
    }

    /// Draft or confirmed to cancelled (отменить заказ); what was prepaid for it is left to its deal. So is one at our risk whose goods all came
    /// back before they were unloaded. Codes: `NOT_FOUND`, `ORDER_STATUS`, `TITLE_NOT_PASSED`,
    /// `PERIOD_CLOSED`.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one (какой).")] input: OrderCancelInput,
    ) -> Result<OrderCancelPayload> {
        let order = commands::Move { order_id: input.order_id.number, on: None };
        OrderCancelPayload::of(
            cancel::cancel(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), &order).await,
        )
    }

    /// Records a direct expense and what is owed for it (добавить расход заказа); one dated into a closed month is posted for the first open
    /// day, and its document keeps its date. Codes: `NOT_FOUND`, `ARTICLE_MISMATCH`, `ORDER_STATUS`
    /// (cancelled), `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`, `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`,
    /// `FOUR_EYES`.
    async fn order_expense_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense (расход).")] input: OrderExpenseAddInput,
    ) -> Result<OrderExpenseAddPayload> {
        let add = expenses::AddExpense {
            order_id: input.order_id.number,
            article_id: input.article_id.number,
            party_id: input.party_id.number,
            effective_on: input.effective_on.0,
            net: input.net.0,
            vat: input.vat.0,
        };
        let done = expenses::add(db(ctx), &command(ctx, input.idempotency_key)?, &add).await;
        let whole = user_error::then(done, async |row| loaders(ctx).order_expenses.existing(row.order_expense_id).await).await?;
        OrderExpenseAddPayload::of(whole)
    }
}
