//! Cancelling an order (отмена заказа): nothing was shipped, or all came back undelivered, and what the customer prepaid for it is left to
//! the deal.

use super::commands::Move;
use super::{Order, Status, store, title};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::direct;
use crate::documents;
use crate::error::Result;
use crate::ledger::{self, Kind, Posting};
use crate::settlements::{self, store::By};

/// Draft or confirmed → cancelled; its advances become the deal's, today. So does an order at our risk whose goods all came back undelivered.
/// Errors: `ORDER_STATUS`, `TITLE_NOT_PASSED` (goods are on their way) and those of posting.
pub async fn cancel(db: &Db, ctx: &Ctx, input: &Move) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.cancel", Permission::EditOrders, input, async |run, input| {
        let mut order = store::lock_in_tx(run, input.order_id).await?;
        run.expect("order", order.order_id, order.version)?;
        if order.is_ours_yet() {
            title::give_up_in_tx(run, &mut order).await?;
        } else {
            order.become_status(Status::Cancelled)?;
        }
        store::save_in_tx(run, &order).await?;
        direct::cancelled_in_tx(run, order.order_id).await?;
        direct::note_in_tx(run, order.deal_id).await?;
        leave_advance_in_tx(run, &order).await?;
        Ok(order)
    })
    .await
}

async fn leave_advance_in_tx(run: &mut Run<'_>, order: &Order) -> Result<()> {
    let gross = settlements::store::prepaid_in_tx(run, order.company_id, order.settlement()).await?;
    if gross.is_zero() {
        return Ok(());
    }
    let company = companies::store::get_in_tx(run, order.company_id).await?;
    let on = run.ctx.today(company.utc_offset_minutes);
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::Offset,
        issued_on: on,
        party_id: order.party_id,
        subject_id: order.order_id,
        gross,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let by = By { company_id: order.company_id, document_id, on };
    let entries = settlements::store::leave_to_deal_in_tx(run, by, order.settlement()).await?;
    let posting = Posting::try_new(Kind::Offset, order.company_id, document_id, on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(())
}
