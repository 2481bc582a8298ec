//! Changes of what was shipped: returns and corrections.

use async_graphql::{Context, InputObject, Object};
use shpunt_domain::orders::corrections::commands as corrections;
use shpunt_domain::orders::returns::commands as returns;

use super::{Order, OrderCorrection, OrderLine, OrderReturn};
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// Pieces of a line that come back (строка возврата).
#[derive(InputObject)]
pub(crate) struct OrderReturnLineInput {
    /// The line (строка заказа): goods.
    order_line_id: Id<OrderLine>,
    /// How many (штуки): at most what was shipped and is not returned yet.
    pieces: i32,
}

/// Goods a customer brings back (возврат от покупателя).
#[derive(InputObject)]
pub(crate) struct OrderReturnInput {
    /// The order (заказ): shipped or delivered.
    order_id: Id<Order>,
    /// Business date (дата возврата): not before the shipment, nor before a later cost or correction of the lines.
    returned_on: Day,
    /// At least one, each line once (строки).
    lines: Vec<OrderReturnLineInput>,
    /// Why the goods come back (причина), 1 to 500 characters.
    reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What a line should have been shipped at (строка корректировки): its price, its weight, or both.
#[derive(InputObject)]
pub(crate) struct OrderCorrectionLineInput {
    /// The line (строка заказа).
    order_line_id: Id<OrderLine>,
    /// Price of a unit, roubles (цена): with or without VAT as the line is priced.
    price: Option<Number>,
    /// Tonnes of the whole line as it was shipped (вес); only where the price is per tonne.
    tonnes: Option<Number>,
}

/// Another price or weight of what was shipped (корректировка отгрузки, УКД).
#[derive(InputObject)]
pub(crate) struct OrderCorrectInput {
    /// The order (заказ): shipped or delivered.
    order_id: Id<Order>,
    /// Business date (дата корректировки): not before the shipment or an earlier correction.
    corrected_on: Day,
    /// At least one, each line once (строки).
    lines: Vec<OrderCorrectionLineInput>,
    /// Why (причина), 1 to 500 characters.
    reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `orderReturn` did.
    OrderReturnPayload {
        /// The return (возврат); null when nothing was done.
        order_return: OrderReturn
    }
}

payload! {
    /// What `orderCorrect` did.
    OrderCorrectPayload {
        /// The correction (корректировка); null when nothing was done.
        order_correction: OrderCorrection
    }
}

/// Changes of what was shipped.
#[derive(Default)]
pub(crate) struct ShippedMutation;

#[Object]
impl ShippedMutation {
    /// Takes goods of a shipped order back into their batches (принять возврат): revenue and VAT of the shipment are taken back and the cost
    /// of the line, costs learnt later included, pro rata of the pieces. The order's debt shrinks; what was paid becomes an advance of the
    /// deal, which pays for its other orders or is given back. Goods at our risk that were not unloaded go back with their cost and the VAT, and no
    /// revenue is taken back. A service does not come back: correct its price. Codes: `NOT_FOUND`,
    /// `ORDER_STATUS`, `RETURN_EXCEEDED`, `DATE_TOO_EARLY`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`,
    /// `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn order_return(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What comes back and why (что и почему).")] input: OrderReturnInput,
    ) -> Result<OrderReturnPayload> {
        let pieces =
            |line: OrderReturnLineInput| returns::Pieces { order_line_id: line.order_line_id.number, pieces: line.pieces.into() };
        let back = returns::ReturnGoods {
            order_id: input.order_id.number,
            returned_on: input.returned_on.0,
            lines: input.lines.into_iter().map(pieces).collect(),
            reason: input.reason,
        };
        OrderReturnPayload::of(returns::return_goods(db(ctx), &command(ctx, input.idempotency_key)?, &back).await)
    }

    /// Corrects the price or the weight of shipped lines (скорректировать отгрузку): the difference of revenue and VAT is posted at the rate
    /// of the shipment, and the debt grows or shrinks as with a return. Pieces are not corrected: fewer are a return, more a new shipment.
    /// Codes: `NOT_FOUND`, `ORDER_STATUS`, `TITLE_NOT_PASSED`, `NOTHING_TO_CORRECT`, `DATE_TOO_EARLY`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`,
    /// `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn order_correct(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is corrected and why (что и почему).")] input: OrderCorrectInput,
    ) -> Result<OrderCorrectPayload> {
        let corrected = |line: OrderCorrectionLineInput| corrections::Corrected {
            order_line_id: line.order_line_id.number,
            price: line.price.map(|price| price.0),
            tonnes: line.tonnes.map(|tonnes| tonnes.0),
        };
        let correct = corrections::Correct {
            order_id: input.order_id.number,
            corrected_on: input.corrected_on.0,
            lines: input.lines.into_iter().map(corrected).collect(),
            reason: input.reason,
        };
        OrderCorrectPayload::of(corrections::correct(db(ctx), &command(ctx, input.idempotency_key)?, &correct).await)
    }
}
