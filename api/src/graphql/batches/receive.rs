//! Warehouses made and goods received, also against a supplier order.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use shpunt_domain::batches::{commands, warehouses};
use shpunt_domain::purchasing::receipts::commands::{self as receipts, ReceiveOrdered};

use super::{Batch, Warehouse};
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::parties::{Contract, Party};
use crate::graphql::purchasing::SupplierOrderLine;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// A new warehouse (новый склад).
#[derive(InputObject)]
pub(crate) struct WarehouseCreateInput {
    /// Name (название), unique.
    name: String,
    /// Whose yard it is when it is not ours (хранитель, переработчик).
    keeper_id: Option<Id<Party>>,
    /// Goods only pass through it, from the supplier's gate to the customer (транзитный).
    #[graphql(default)]
    is_transit: bool,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A receipt of one product (поступление).
#[derive(InputObject)]
pub(crate) struct BatchReceiveInput {
    /// Whose it becomes (своя организация).
    company_id: Id<Company>,
    /// From whom (поставщик).
    supplier_id: Id<Party>,
    /// Under which contract (договор поставки).
    contract_id: Option<Id<Contract>>,
    /// Where to (склад).
    warehouse_id: Id<Warehouse>,
    /// What (номенклатура): goods.
    product_id: Id<Product>,
    /// Number of the batch (номер серии), unique per company.
    number: String,
    /// Business date (дата поступления).
    received_on: Day,
    /// Pieces (штуки), more than zero.
    pieces: i32,
    /// Tonnes by the scales (тонны по весам), when it was weighed.
    tonnes_weighed: Option<Number>,
    /// Price of the whole without VAT, roubles (сумма без НДС).
    net: Number,
    /// VAT as printed by the supplier, roubles (НДС поставщика); entered, never computed.
    vat: Number,
    /// The line of a supplier order they come against (строка заказа поставщику): its order's advances pay first. More or fewer pieces may
    /// come than were ordered.
    pub(super) supplier_order_line_id: Option<Id<SupplierOrderLine>>,
    /// The supplier's document with the price comes later (цена предварительная): see `batchPriceFinalise`.
    #[graphql(default)]
    pub(super) preliminary: bool,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    pub(super) idempotency_key: Option<Uuid>,
}

impl BatchReceiveInput {
    /// The receipt without its key.
    pub(super) fn receipt(self) -> commands::Receive {
        commands::Receive {
            company_id: self.company_id.number,
            party_id: self.supplier_id.number,
            contract_id: or_zero(self.contract_id),
            warehouse_id: self.warehouse_id.number,
            product_id: self.product_id.number,
            number: self.number,
            received_on: self.received_on.0,
            pieces: self.pieces.into(),
            tonnes_weighed: self.tonnes_weighed.map(|tonnes| tonnes.0),
            net: self.net.0,
            vat: self.vat.0,
        }
    }
}

/// Another name or keeper for a warehouse (изменение склада): what is left out stays.
#[derive(InputObject)]
pub(crate) struct WarehouseUpdateInput {
    /// Which (склад).
    warehouse_id: Id<Warehouse>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (название).
    name: Option<String>,
    /// Whose yard it is when it is not ours (хранитель, переработчик); null = ours.
    keeper_id: MaybeUndefined<Id<Party>>,
    /// Goods may come to it (используется).
    is_active: Option<bool>,
}

payload! {
    /// What `warehouseUpdate` did.
    WarehouseUpdatePayload {
        /// The warehouse as it is now (склад); null when nothing was done.
        warehouse: Warehouse
    }
}

payload! {
    /// What `warehouseCreate` did.
    WarehouseCreatePayload {
        /// The new warehouse (склад); null when nothing was done.
        warehouse: Warehouse
    }
}

payload! {
    /// What `batchReceive` did.
    BatchReceivePayload {
        /// The new batch (серия); null when nothing was done.
        batch: Batch
    }
}

/// Changes of stock.
#[derive(Default)]
pub(crate) struct BatchesMutation;

#[Object]
impl BatchesMutation {
    /// Changes or retires a warehouse (изменить склад): goods may leave a retired one, none come to it. Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT` (goods on their way), `ALREADY_EXISTS`.
    async fn warehouse_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: WarehouseUpdateInput,
    ) -> Result<WarehouseUpdatePayload> {
        let update = warehouses::Update {
            warehouse_id: input.warehouse_id.number,
            expected_version: input.expected_version,
            name: input.name,
            keeper_id: match input.keeper_id {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(0),
                MaybeUndefined::Value(id) => Some(id.number),
            },
            active: input.is_active,
        };
        WarehouseUpdatePayload::of(warehouses::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Creates a warehouse (создать склад). Codes: `INVALID_INPUT`, `NOT_FOUND`, `ALREADY_EXISTS`.
    async fn warehouse_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new warehouse (новый склад).")] input: WarehouseCreateInput,
    ) -> Result<WarehouseCreatePayload> {
        let create =
            commands::WarehouseCreate { name: input.name, keeper_id: or_zero(input.keeper_id), is_transit: input.is_transit };
        WarehouseCreatePayload::of(commands::warehouse_create(db(ctx), &command(ctx, input.idempotency_key)?, create).await)
    }

    /// Receives goods (оприходовать): makes a batch and the debt to the supplier, which the contract's open advances pay off first.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ALREADY_EXISTS` (the number),
    /// `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`,
    /// `FOUR_EYES`; against a supplier order also `SUPPLIER_ORDER_STATUS`, `DATE_BEFORE_ORDER`, `PRODUCT_MISMATCH`.
    async fn batch_receive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The receipt (поступление).")] mut input: BatchReceiveInput,
    ) -> Result<BatchReceivePayload> {
        let command = command(ctx, input.idempotency_key.take())?;
        let (supplier_order_line_id, preliminary) = (or_zero(input.supplier_order_line_id), input.preliminary);
        let goods = input.receipt();
        if supplier_order_line_id == 0 && !preliminary {
            return BatchReceivePayload::of(commands::receive(db(ctx), &command, &goods).await);
        }
        let receive = ReceiveOrdered { goods, supplier_order_line_id, preliminary };
        BatchReceivePayload::of(receipts::receive(db(ctx), &command, &receive).await)
    }
}
