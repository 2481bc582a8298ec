//! What becomes of the advances of a supplier order that ends: they are the contract's, and meet what is owed there.

use rust_decimal::Decimal;

use super::SupplierOrder;
use crate::command::Run;
use crate::companies;
use crate::documents;
use crate::error::Result;
use crate::ledger::Kind;
use crate::settlements::{self, store::By, ties};

/// Sets the order's advances free and offsets them against open debts of the contract by a document, when there are any.
pub(super) async fn advances_in_tx(run: &mut Run<'_>, order: &SupplierOrder) -> Result<()> {
    let of = order.settlement();
    let advances = ties::release_in_tx(run, of, order.supplier_order_id).await?;
    if advances.is_empty() || !ties::is_owed_in_tx(run, order.company_id, of).await? {
        return Ok(());
    }
    let company = companies::store::get_in_tx(run, order.company_id).await?;
    let on = run.ctx.today(company.utc_offset_minutes);
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::Offset,
        issued_on: on,
        party_id: order.party_id,
        subject_id: 0,
        gross: advances.iter().map(|advance| advance.open).sum::<Decimal>(),
        note: &order.number,
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let by = By { company_id: order.company_id, document_id, on };
    let entries = ties::meet_released_in_tx(run, by, of, &advances).await?;
    settlements::store::post_beside_in_tx(run, Kind::Offset, by, entries).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(())
}
