//! SQL of receipts for commands.

use chrono::NaiveDate;

use super::Receipt;
use crate::command::Run;
use crate::error::{Error, Result};

/// Writes what purchasing knows of a receipt.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, receipt: &Receipt) -> Result<()> {
    let line_id = (receipt.supplier_order_line_id != 0).then_some(receipt.supplier_order_line_id);
    sqlx::query!(
        "insert into purchase_receipts (batch_id, supplier_order_line_id, net, vat, preliminary) values ($1, $2, $3, $4, $5)",
        receipt.batch_id,
        line_id,
        receipt.net,
        receipt.vat,
        receipt.preliminary
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// A receipt and what its correction needs to know of the batch.
pub(super) struct Known {
    pub(super) receipt: Receipt,
    pub(super) company_id: i64,
    pub(super) party_id: i64,
    pub(super) contract_id: i64,
    pub(super) number: String,
    pub(super) received_on: NaiveDate,
}

/// The receipt of a batch, locked; where the correction of its price was taken back, it is preliminary again. Errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, batch_id: i64) -> Result<Known> {
    sqlx::query!("select batch_id from purchase_receipts where batch_id = $1 for update", batch_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("preliminary receipt of batch", batch_id))?;
    let row = sqlx::query!(
        r#"select b.company_id as "company_id!", b.party_id as "party_id!", b.contract_id as "contract_id!", b.number as "number!",
               b.received_on as "received_on!", coalesce(l.supplier_order_id, 0) as "order_id!",
               coalesce(r.supplier_order_line_id, 0) as "line_id!", r.net as "net!", r.vat as "vat!", r.preliminary as "preliminary!",
               case when e.reversed_on is null then r.final_net end as final_net, case when e.reversed_on is null then r.final_vat end as final_vat,
               case when e.reversed_on is null then r.finalised_on end as finalised_on, r.additional_expense_id as "additional_expense_id!"
           from purchase_receipts r join batches b using (batch_id) left join supplier_order_lines l using (supplier_order_line_id)
               left join additional_expenses e on e.additional_expense_id = r.additional_expense_id
           where r.batch_id = $1"#,
        batch_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    let receipt = Receipt {
        batch_id,
        supplier_order_id: row.order_id,
        supplier_order_line_id: row.line_id,
        net: row.net,
        vat: row.vat,
        preliminary: row.preliminary,
        final_net: row.final_net,
        final_vat: row.final_vat,
        finalised_on: row.finalised_on,
        additional_expense_id: row.additional_expense_id,
    };
    Ok(Known {
        receipt,
        company_id: row.company_id,
        party_id: row.party_id,
        contract_id: row.contract_id,
        number: row.number,
        received_on: row.received_on,
    })
}

/// Whether money may still be tied to the order.
pub(super) async fn is_open_in_tx(run: &mut Run<'_>, supplier_order_id: i64) -> Result<bool> {
    let state =
        sqlx::query_scalar!("select state from supplier_orders where supplier_order_id = $1 for share", supplier_order_id)
            .fetch_optional(&mut *run.tx)
            .await?;
    Ok(state.is_some_and(|state| state != "closed"))
}

/// The article of price corrections of suppliers.
pub(super) async fn article_in_tx(run: &mut Run<'_>) -> Result<i64> {
    sqlx::query_scalar!("select article_id from articles where code = 'supplier_price'")
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", "supplier_price"))
}

/// Saves what the supplier's document said.
pub(super) async fn save_in_tx(run: &mut Run<'_>, receipt: &Receipt) -> Result<()> {
    sqlx::query!(
        "update purchase_receipts set final_net = $2, final_vat = $3, finalised_on = $4, additional_expense_id = $5 where batch_id = $1",
        receipt.batch_id,
        receipt.final_net,
        receipt.final_vat,
        receipt.finalised_on,
        receipt.additional_expense_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
