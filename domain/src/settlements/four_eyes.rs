//! Who entered the documents that a document settles with: nobody enters and pays the same one, where that is asked for.

use crate::access::duties::{self, Step};
use crate::command::Run;
use crate::error::Result;

/// Refuses the running command if its actor entered a document that `document_id` has been settled with. Errors: `FOUR_EYES`.
pub(super) async fn check_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<()> {
    duties::check_in_tx(run, async |run| steps_in_tx(run, document_id).await).await
}

/// What people did to the debts and advances this document closed or was closed by.
async fn steps_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<Vec<Step>> {
    Ok(sqlx::query_as!(
        Step,
        r#"with met as (
               select distinct i.document_id from settlement_offsets o join settlement_items i on i.item_id in (o.debt_id, o.advance_id)
               where o.document_id = $1 and i.document_id <> $1)
           select distinct l.name as "command!", l.actor_id as "actor_id!", e.name as "person!", d.number as "of!"
           from met join documents d using (document_id) join ledger_transaction t using (document_id)
               join command_log l on l.command_id = t.command_id
               join users u on u.user_id = l.actor_id join employees e using (employee_id)"#,
        document_id
    )
    .fetch_all(&mut *run.tx)
    .await?)
}
