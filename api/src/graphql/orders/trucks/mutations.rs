//! Changes of the truck of an order: which one takes it, and what was loaded on it.

use async_graphql::{Context, InputObject, Object};
use shpunt_domain::orders::trucks::Slot;
use shpunt_domain::orders::trucks::assign::{self, Assign};
use shpunt_domain::orders::trucks::loading::{self, Load, Scales};

use super::super::{Order, OrderLine};
use super::{Driver, Vehicle};
use crate::graphql::batches::Warehouse;
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::scalars::{Moment, Uuid};
use crate::graphql::user_error::payload;

/// When a truck is loaded (слот погрузки).
#[derive(InputObject)]
pub(crate) struct LoadingSlotInput {
    /// It comes (с).
    from: Moment,
    /// It is gone (по): later, by 24 hours at most.
    to: Moment,
}

/// The truck of an order (назначение машины).
#[derive(InputObject)]
pub(crate) struct OrderTruckAssignInput {
    /// The order (заказ): not shipped yet.
    order_id: Id<Order>,
    /// The vehicle (машина); the carrier is its.
    vehicle_id: Id<Vehicle>,
    /// A driver of the same carrier (водитель).
    driver_id: Option<Id<Driver>>,
    /// Another trailer than the directory says (другой прицеп).
    trailer_plate: Option<String>,
    /// Where it is loaded (склад погрузки).
    warehouse_id: Option<Id<Warehouse>>,
    /// At which dock of the warehouse (ворота, пост погрузки); left out, the warehouse has one.
    #[graphql(default)]
    dock: String,
    /// When (слот): neither the dock nor the vehicle may be taken then.
    slot: Option<LoadingSlotInput>,
    /// Why it may carry more than its capacity (причина перегруза).
    #[graphql(default)]
    overload_reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Pieces of a line (штуки строки).
#[derive(InputObject)]
pub(crate) struct OrderPiecesInput {
    /// The line (строка заказа): goods.
    order_line_id: Id<OrderLine>,
    /// How many (штуки).
    pieces: i32,
}

impl From<OrderPiecesInput> for loading::Loaded {
    fn from(line: OrderPiecesInput) -> Self {
        Self { order_line_id: line.order_line_id.number, pieces: line.pieces.into() }
    }
}

/// What is on the truck (погрузка).
#[derive(InputObject)]
pub(crate) struct OrderLoadInput {
    /// The order (заказ): confirmed, with a truck.
    order_id: Id<Order>,
    /// Each line once (строки); what is left out is not on the truck.
    lines: Vec<OrderPiecesInput>,
    /// By the scales with the goods, kilograms (брутто); with `tareKg`.
    gross_kg: Option<i32>,
    /// By the scales without them, kilograms (тара); with `grossKg`.
    tare_kg: Option<i32>,
    /// When (погружена); now unless given.
    loaded_at: Option<Moment>,
    /// Why it may weigh more than its capacity (причина перегруза).
    #[graphql(default)]
    overload_reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `orderTruckAssign` did.
    OrderTruckAssignPayload {
        /// The order with its truck (заказ); null when nothing was done.
        order: Order
    }
}

payload! {
    /// What `orderLoad` did.
    OrderLoadPayload {
        /// The order with its truck (заказ); null when nothing was done.
        order: Order
    }
}

/// Changes of trucks of orders.
#[derive(Default)]
pub(crate) struct TrucksMutation;

#[Object]
impl TrucksMutation {
    /// Names the truck of an order with driver and loading slot (назначить машину), in place of what was named before. Its plates become the
    /// `vehicle` of the order. Codes: `NOT_FOUND`, `ORDER_STATUS`, `OVERLOADED`, `SLOT_TAKEN`, `PARTY_MISMATCH` (driver or chosen quote of
    /// another carrier), `INVALID_INPUT`.
    async fn order_truck_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which truck, where and when (машина и слот).")] input: OrderTruckAssignInput,
    ) -> Result<OrderTruckAssignPayload> {
        let assign = Assign {
            order_id: input.order_id.number,
            vehicle_id: input.vehicle_id.number,
            driver_id: input.driver_id.map(|id| id.number),
            trailer_plate: input.trailer_plate,
            warehouse_id: input.warehouse_id.map(|id| id.number),
            dock: input.dock,
            slot: input.slot.map(|slot| Slot { from: slot.from.0, to: slot.to.0 }),
            overload_reason: input.overload_reason,
        };
        OrderTruckAssignPayload::of(assign::assign(db(ctx), &command(ctx, input.idempotency_key)?, &assign).await)
    }

    /// Records what was loaded and weighed (записать погрузку), in place of what was recorded before. The net weight is divided over the lines
    /// by their theoretical tonnes, to the kilogram, and is what `orderShip` takes for lines it gives no weight of. Codes: `NOT_FOUND`,
    /// `ORDER_STATUS`, `TRUCK_REQUIRED`, `OVERLOADED`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `DATE_IN_FUTURE`, `NOTHING_TO_ALLOCATE`.
    async fn order_load(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is on the truck (что погружено).")] input: OrderLoadInput,
    ) -> Result<OrderLoadPayload> {
        let scales = (input.gross_kg.is_some() || input.tare_kg.is_some()).then(|| Scales {
            gross_kg: input.gross_kg.unwrap_or_default().into(),
            tare_kg: input.tare_kg.unwrap_or_default().into(),
        });
        let load = Load {
            order_id: input.order_id.number,
            lines: input.lines.into_iter().map(Into::into).collect(),
            scales,
            loaded_at: input.loaded_at.map(|at| at.0),
            overload_reason: input.overload_reason,
        };
        OrderLoadPayload::of(loading::load(db(ctx), &command(ctx, input.idempotency_key)?, &load).await)
    }
}
