//! SQL of joint bills for commands.

use rust_decimal::Decimal;

use super::JointBill;
use crate::command::Run;
use crate::error::{Error, Result};

/// Writes a bill; returns it with its id.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut new: JointBill) -> Result<JointBill> {
    new.joint_bill_id = sqlx::query_scalar!(
        "insert into joint_bills (company_id, party_id, contract_id, document_id, number, issued_on, effective_on, net, vat,
            additional_expense_id, direct_expense_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning joint_bill_id",
        new.company_id,
        new.party_id,
        new.contract_id,
        new.document_id,
        new.number,
        new.issued_on,
        new.effective_on,
        new.net,
        new.vat,
        new.additional_expense_id,
        new.direct_expense_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(new)
}

/// The bill; its parts are locked when they are taken back. Errors: `NOT_FOUND`.
pub(super) async fn get_in_tx(run: &mut Run<'_>, joint_bill_id: i64) -> Result<JointBill> {
    sqlx::query_as!(
        JointBill,
        "select joint_bill_id, company_id, party_id, contract_id, document_id, number, issued_on, effective_on, net, vat,
            additional_expense_id, direct_expense_id, reversed_on, reversal_document_id
         from joint_bills where joint_bill_id = $1",
        joint_bill_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("joint bill", joint_bill_id))
}

/// What the part of goods is owed for, with VAT.
pub(super) async fn goods_gross_in_tx(run: &mut Run<'_>, additional_expense_id: i64) -> Result<Decimal> {
    Ok(sqlx::query_scalar!(
        r#"select net + vat as "gross!" from additional_expenses where additional_expense_id = $1"#,
        additional_expense_id
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Saves that the bill was taken back.
pub(super) async fn save_in_tx(run: &mut Run<'_>, bill: &JointBill) -> Result<()> {
    sqlx::query!(
        "update joint_bills set reversed_on = $2, reversal_document_id = $3 where joint_bill_id = $1",
        bill.joint_bill_id,
        bill.reversed_on,
        bill.reversal_document_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
