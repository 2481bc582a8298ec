//! Changes of supplier orders: made, revised, and the steps they take.

use async_graphql::{Context, InputObject, Object};
use rust_decimal::Decimal;
use shpunt_domain::purchasing::orders::commands;

use super::SupplierOrder;
use super::steps::{
    SupplierOrderApproveInput, SupplierOrderApprovePayload, SupplierOrderCancelInput, SupplierOrderCancelPayload,
    SupplierOrderCloseInput, SupplierOrderClosePayload, SupplierOrderConfirmInput, SupplierOrderConfirmPayload,
    SupplierOrderSendInput, SupplierOrderSendPayload,
};
use crate::graphql::batches::Warehouse;
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::parties::{Contract, Party};
use crate::graphql::pricing::GoodsPriceInput;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// A line of an order to a supplier (строка заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderLineInput {
    /// Goods (номенклатура).
    product_id: Id<Product>,
    /// Pieces (штуки), more than zero.
    pieces: i32,
    /// The price (цена).
    price: GoodsPriceInput,
    /// VAT of the line as printed by the supplier, roubles (НДС поставщика); entered, never computed.
    vat: Number,
}

/// What a supplier order says beside its parties (условия заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderTermsInput {
    /// Where the goods are expected (склад).
    warehouse_id: Id<Warehouse>,
    /// Its date (дата): nothing is received against it earlier.
    ordered_on: Day,
    /// When the goods are expected (ожидается).
    expected_on: Day,
    /// What is paid before the goods come, percent of the sum with VAT (доля предоплаты).
    prepayment_percent: Option<Number>,
    /// Days after the order until that is due, 0 to 365 (срок предоплаты, дней).
    #[graphql(default)]
    prepayment_days: i32,
    /// Who brings it, where from, on what terms; at most 500 characters (условия поставки).
    #[graphql(default)]
    delivery_terms: String,
    /// Free text, at most 500 characters (примечание).
    #[graphql(default)]
    note: String,
    /// 1 to 100 (строки).
    lines: Vec<SupplierOrderLineInput>,
}

impl From<SupplierOrderTermsInput> for commands::Terms {
    fn from(terms: SupplierOrderTermsInput) -> Self {
        let line = |line: SupplierOrderLineInput| commands::NewLine {
            product_id: line.product_id.number,
            pieces: line.pieces.into(),
            price: line.price.into(),
            vat: line.vat.0,
        };
        Self {
            warehouse_id: terms.warehouse_id.number,
            ordered_on: terms.ordered_on.0,
            expected_on: terms.expected_on.0,
            prepayment_percent: terms.prepayment_percent.map_or(Decimal::ZERO, |percent| percent.0),
            prepayment_days: terms.prepayment_days,
            delivery_terms: terms.delivery_terms,
            note: terms.note,
            lines: terms.lines.into_iter().map(line).collect(),
        }
    }
}

/// A new order to a supplier (новый заказ поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderCreateInput {
    /// Who buys (своя организация).
    company_id: Id<Company>,
    /// From whom (поставщик).
    supplier_id: Id<Party>,
    /// Under which contract (договор поставки).
    contract_id: Option<Id<Contract>>,
    /// The open deal the goods are for (сделка); left out, they are for stock.
    deal_id: Option<Id<Deal>>,
    /// The rest of it (условия).
    terms: SupplierOrderTermsInput,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A draft as it shall be (изменение заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderReviseInput {
    /// Which (заказ поставщику): a draft.
    supplier_order_id: Id<SupplierOrder>,
    /// The version it was read at (версия).
    expected_version: i32,
    /// As it shall be (условия); the lines replace those there are.
    terms: SupplierOrderTermsInput,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `supplierOrderCreate` did.
    SupplierOrderCreatePayload {
        /// The new order (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}

payload! {
    /// What `supplierOrderRevise` did.
    SupplierOrderRevisePayload {
        /// The order as it is now (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}

/// Changes of supplier orders.
#[derive(Default)]
pub(crate) struct SupplierOrdersMutation;

#[Object]
impl SupplierOrdersMutation {
    /// Makes a draft (создать заказ поставщику). Codes: `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `DEAL_CLOSED`, `PARTY_REQUIRED`,
    /// `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `IDEMPOTENCY_CONFLICT`.
    async fn supplier_order_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new order (новый заказ).")] input: SupplierOrderCreateInput,
    ) -> Result<SupplierOrderCreatePayload> {
        let create = commands::Create {
            company_id: input.company_id.number,
            party_id: input.supplier_id.number,
            contract_id: or_zero(input.contract_id),
            deal_id: or_zero(input.deal_id),
            terms: input.terms.into(),
        };
        SupplierOrderCreatePayload::of(commands::create(db(ctx), &command(ctx, input.idempotency_key)?, &create).await)
    }

    /// Changes a draft (изменить заказ поставщику). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `INVALID_INPUT`,
    /// `AMOUNT_NOT_POSITIVE`.
    async fn supplier_order_revise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As it shall be (каким он будет).")] input: SupplierOrderReviseInput,
    ) -> Result<SupplierOrderRevisePayload> {
        let revise = commands::Revise {
            supplier_order_id: input.supplier_order_id.number,
            expected_version: input.expected_version,
            terms: input.terms.into(),
        };
        SupplierOrderRevisePayload::of(commands::revise(db(ctx), &command(ctx, input.idempotency_key)?, &revise).await)
    }

    /// Approves a supplier order that somebody else made (согласовать).
    /// Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `FOUR_EYES`, `INVALID_INPUT`.
    async fn supplier_order_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какой).")] input: SupplierOrderApproveInput,
    ) -> Result<SupplierOrderApprovePayload> {
        let command = command(ctx, input.idempotency_key)?;
        SupplierOrderApprovePayload::of(commands::approve(db(ctx), &command, &input.into()).await)
    }

    /// Marks an approved order as sent to the supplier (отправить поставщику).
    /// Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`.
    async fn supplier_order_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какой).")] input: SupplierOrderSendInput,
    ) -> Result<SupplierOrderSendPayload> {
        let command = command(ctx, input.idempotency_key)?;
        SupplierOrderSendPayload::of(commands::send(db(ctx), &command, &input.into()).await)
    }

    /// Marks a sent order as confirmed by the supplier, perhaps for another day (подтвердить).
    /// Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `INVALID_INPUT`.
    async fn supplier_order_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какой).")] input: SupplierOrderConfirmInput,
    ) -> Result<SupplierOrderConfirmPayload> {
        let command = command(ctx, input.idempotency_key)?;
        SupplierOrderConfirmPayload::of(commands::confirm(db(ctx), &command, &input.into()).await)
    }

    /// Closes an order of which something came, also with an undelivered rest; what is left of its advances becomes the contract's (закрыть).
    /// Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `INVALID_INPUT`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn supplier_order_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какой).")] input: SupplierOrderCloseInput,
    ) -> Result<SupplierOrderClosePayload> {
        let command = command(ctx, input.idempotency_key)?;
        SupplierOrderClosePayload::of(commands::close(db(ctx), &command, &input.into()).await)
    }

    /// Cancels an order of which nothing came; its advances become the contract's (отменить).
    /// Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `INVALID_INPUT`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn supplier_order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which (какой).")] input: SupplierOrderCancelInput,
    ) -> Result<SupplierOrderCancelPayload> {
        let command = command(ctx, input.idempotency_key)?;
        SupplierOrderCancelPayload::of(commands::cancel(db(ctx), &command, &input.into()).await)
    }
}
