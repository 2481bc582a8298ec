//! Documents that settle for one supplier order (заказ поставщику): its payments, receipts and corrections of their prices.
//!
//! The ledger keeps the contract; the order is told by the document. An advance that is tied pays for its own order only, and a receipt of
//! the order takes it before the contract's other advances. When the order is closed or cancelled, what is left is the contract's again.

use chrono::NaiveDate;

use super::items::lock_debts_in_tx;
use super::store::{By, meet_in_tx};
use super::{Item, Side};
use crate::command::Run;
use crate::error::Result;
use crate::ledger::{Entry, Settlement};
use crate::parties;

/// Ties a registered document to a supplier order, before anything is settled with it; 0 = to none.
pub async fn tie_in_tx(run: &mut Run<'_>, document_id: i64, supplier_order_id: i64) -> Result<()> {
    if supplier_order_id != 0 {
        sqlx::query!(
            "insert into settlement_ties (document_id, supplier_order_id) values ($1, $2)",
            document_id,
            supplier_order_id
        )
        .execute(&mut *run.tx)
        .await?;
    }
    Ok(())
}

/// Leaves only the advances of the supplier order this document is tied to; all of them when it is tied to none.
pub(super) async fn keep_own_in_tx(run: &mut Run<'_>, document_id: i64, advances: &mut Vec<Item>) -> Result<()> {
    let tied = sqlx::query_scalar!("select supplier_order_id from settlement_ties where document_id = $1", document_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    if let Some(supplier_order_id) = tied {
        let own = sqlx::query_scalar!(
            "select item_id from settlement_items join settlement_ties using (document_id)
             where supplier_order_id = $1 and not released and account = 'supplier_advances' and open > 0",
            supplier_order_id
        )
        .fetch_all(&mut *run.tx)
        .await?;
        advances.retain(|advance| own.contains(&advance.item_id));
    }
    Ok(())
}

/// Sets the advances of a supplier order free: they are the contract's from now on. Returns those still open, oldest first, locked.
pub async fn release_in_tx(run: &mut Run<'_>, of: Settlement, supplier_order_id: i64) -> Result<Vec<Item>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let rows = sqlx::query!(
        "select item_id, opened_on, open, open_vat from settlement_items i join settlement_ties t using (document_id)
         where t.supplier_order_id = $1 and not t.released and i.account = 'supplier_advances' and i.open > 0
         order by i.opened_on, i.item_id for update of i",
        supplier_order_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    sqlx::query!("update settlement_ties set released = true where supplier_order_id = $1", supplier_order_id)
        .execute(&mut *run.tx)
        .await?;
    let item = |item_id, opened_on, open, open_vat| Item { item_id, of, opened_on, open, open_vat };
    Ok(rows.into_iter().map(|row| item(row.item_id, row.opened_on, row.open, row.open_vat)).collect())
}

/// Offsets advances that were set free against the open debts of their target, oldest first; returns the entries of the document's own day,
/// none when nothing is owed.
pub async fn meet_released_in_tx(run: &mut Run<'_>, by: By, of: Settlement, advances: &[Item]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for advance in advances {
        let debts = lock_debts_in_tx(run, Side::Supplier, by, of).await?;
        entries.extend(meet_in_tx(run, Side::Supplier, by, *advance, &debts).await?);
    }
    Ok(entries)
}

/// Whether anything is owed of this target: what an advance that is set free would meet.
pub async fn is_owed_in_tx(run: &mut Run<'_>, company_id: i64, of: Settlement) -> Result<bool> {
    let nothing = By { company_id, document_id: 0, on: NaiveDate::MIN };
    Ok(!lock_debts_in_tx(run, Side::Supplier, nothing, of).await?.is_empty())
}
