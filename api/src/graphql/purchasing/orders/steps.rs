//! The steps of a supplier order as they are asked for, and what they answer.

use async_graphql::InputObject;
use shpunt_domain::purchasing::orders::commands;

use super::SupplierOrder;
use crate::graphql::ids::Id;
use crate::graphql::scalars::{Day, Uuid};
use crate::graphql::user_error::payload;

/// A supplier order to approve (согласование заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderApproveInput {
    /// Which (заказ поставщику): made by somebody else.
    supplier_order_id: Id<SupplierOrder>,
    /// The version it was read at (версия).
    expected_version: i32,
    /// What is said to it, at most 300 characters (комментарий).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    pub(super) idempotency_key: Option<Uuid>,
}

impl From<SupplierOrderApproveInput> for commands::Step {
    fn from(input: SupplierOrderApproveInput) -> Self {
        Self {
            supplier_order_id: input.supplier_order_id.number,
            expected_version: input.expected_version,
            note: input.note,
            expected_on: None,
        }
    }
}

payload! {
    /// What `supplierOrderApprove` did.
    SupplierOrderApprovePayload {
        /// The order as it is now (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}

/// A supplier order that goes to the supplier (отправка заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderSendInput {
    /// Which (заказ поставщику): an approved one.
    supplier_order_id: Id<SupplierOrder>,
    /// The version it was read at (версия).
    expected_version: i32,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    pub(super) idempotency_key: Option<Uuid>,
}

impl From<SupplierOrderSendInput> for commands::Step {
    fn from(input: SupplierOrderSendInput) -> Self {
        Self {
            supplier_order_id: input.supplier_order_id.number,
            expected_version: input.expected_version,
            note: String::new(),
            expected_on: None,
        }
    }
}

payload! {
    /// What `supplierOrderSend` did.
    SupplierOrderSendPayload {
        /// The order as it is now (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}

/// A supplier order the supplier confirmed (подтверждение заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderConfirmInput {
    /// Which (заказ поставщику): a sent one.
    supplier_order_id: Id<SupplierOrder>,
    /// The version it was read at (версия).
    expected_version: i32,
    /// When the goods are expected now (ожидается); left out, the day stays.
    expected_on: Option<Day>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    pub(super) idempotency_key: Option<Uuid>,
}

impl From<SupplierOrderConfirmInput> for commands::Step {
    fn from(input: SupplierOrderConfirmInput) -> Self {
        Self {
            supplier_order_id: input.supplier_order_id.number,
            expected_version: input.expected_version,
            note: String::new(),
            expected_on: input.expected_on.map(|day| day.0),
        }
    }
}

payload! {
    /// What `supplierOrderConfirm` did.
    SupplierOrderConfirmPayload {
        /// The order as it is now (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}

/// A supplier order of which nothing more is expected (закрытие заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderCloseInput {
    /// Which (заказ поставщику): something of it came.
    supplier_order_id: Id<SupplierOrder>,
    /// The version it was read at (версия).
    expected_version: i32,
    /// Why, at most 300 characters (причина).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    pub(super) idempotency_key: Option<Uuid>,
}

impl From<SupplierOrderCloseInput> for commands::Step {
    fn from(input: SupplierOrderCloseInput) -> Self {
        Self {
            supplier_order_id: input.supplier_order_id.number,
            expected_version: input.expected_version,
            note: input.note,
            expected_on: None,
        }
    }
}

payload! {
    /// What `supplierOrderClose` did.
    SupplierOrderClosePayload {
        /// The order as it is now (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}

/// A supplier order that is cancelled (отмена заказа поставщику).
#[derive(InputObject)]
pub(crate) struct SupplierOrderCancelInput {
    /// Which (заказ поставщику): nothing of it came.
    supplier_order_id: Id<SupplierOrder>,
    /// The version it was read at (версия).
    expected_version: i32,
    /// Why, at most 300 characters (причина).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    pub(super) idempotency_key: Option<Uuid>,
}

impl From<SupplierOrderCancelInput> for commands::Step {
    fn from(input: SupplierOrderCancelInput) -> Self {
        Self {
            supplier_order_id: input.supplier_order_id.number,
            expected_version: input.expected_version,
            note: input.note,
            expected_on: None,
        }
    }
}

payload! {
    /// What `supplierOrderCancel` did.
    SupplierOrderCancelPayload {
        /// The order as it is now (заказ поставщику); null when nothing was done.
        supplier_order: SupplierOrder
    }
}
