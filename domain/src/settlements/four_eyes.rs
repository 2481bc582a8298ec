//! Who entered the documents that a document settles with, and who asked for its payment and approved it: nobody enters, approves and pays the
//! same one, where that is asked for.

use crate::access::duties::{self, Step};
use crate::command::Run;
use crate::error::Result;

/// Refuses the running command if its actor took a step of what `document_id` has been settled with, or one person took two of them, that do
/// not go together. Errors: `FOUR_EYES`.
pub(crate) async fn check_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<()> {
    duties::check_in_tx(run, async |run| steps_in_tx(run, document_id).await).await
}

/// What people did to the debts and advances this document closed or was closed by, and to the payment requests and supplier orders of both.
async fn steps_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<Vec<Step>> {
    Ok(sqlx::query_as!(
        Step,
        r#"with met as (
               select distinct i.document_id from settlement_offsets o join settlement_items i on i.item_id in (o.debt_id, o.advance_id)
               where o.document_id = $1 and i.document_id <> $1),
           asked as (
               select r.* from payments p join payment_request_payments using (payment_id) join payment_requests r using (payment_request_id)
               where p.document_id = $1 or p.document_id in (select document_id from met)),
           step as (
               select l.name, l.actor_id, d.number
               from met join documents d using (document_id) join ledger_transaction t using (document_id)
                   join command_log l on l.command_id = t.command_id
               union
               select 'purchasing.supplier_order_approve', s.decided_by, s.number
               from settlement_ties t join supplier_orders s using (supplier_order_id)
               where t.document_id = $1 or t.document_id in (select document_id from met)
               union select 'treasury.request_create', author_id, number from asked
               union select 'treasury.request_approve', decided_by, number from asked)
           select step.name as "command!", actor_id as "actor_id!", e.name as "person!", number as "of!"
           from step join users u on u.user_id = actor_id join employees e using (employee_id)"#,
        document_id
    )
    .fetch_all(&mut *run.tx)
    .await?)
}
