//! SQL of goods in transit.

use chrono::NaiveDate;

use crate::command::Run;
use crate::error::{Code, Error, Result};

/// The warehouse goods come to: the one asked for, which must be a yard; of goods on their way that of all such, made when it is first
/// needed. Errors: `NOT_FOUND`, `INVALID_INPUT`, `NOT_ACTIVE`, `ALREADY_EXISTS`.
pub(in crate::batches) async fn warehouse_in_tx(
    run: &mut Run<'_>,
    warehouse_id: i64,
    expected_on: Option<NaiveDate>,
) -> Result<i64> {
    if expected_on.is_some() {
        return transit_in_tx(run).await;
    }
    let yard = sqlx::query!("select kind, name, active from warehouses where warehouse_id = $1", warehouse_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("warehouse", warehouse_id))?;
    if yard.kind == "transit" {
        let message = "goods come to a yard; of goods on their way say when they are expected (batchReceiveInTransit)";
        return Err(Error::invalid("warehouseId", message));
    }
    if !yard.active {
        return Err(Error::not_active("warehouseId", &yard.name));
    }
    Ok(warehouse_id)
}

async fn transit_in_tx(run: &mut Run<'_>) -> Result<i64> {
    sqlx::query!("insert into warehouses (name, kind) values ('Товары в пути', 'transit') on conflict do nothing")
        .execute(&mut *run.tx)
        .await?;
    sqlx::query_scalar!("select warehouse_id from warehouses where kind = 'transit'")
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| {
            let message = "a yard is called «Товары в пути», the name of the warehouse of goods on their way; rename that yard";
            Error::Conflict { code: Code::AlreadyExists, message: message.to_owned() }
        })
}

/// Writes when a batch is expected.
pub(in crate::batches) async fn insert_in_tx(run: &mut Run<'_>, batch_id: i64, expected_on: NaiveDate) -> Result<()> {
    sqlx::query!("insert into batches_in_transit (batch_id, expected_on) values ($1, $2)", batch_id, expected_on)
        .execute(&mut *run.tx)
        .await?;
    Ok(())
}

/// Writes another day. Errors: `NOT_FOUND` for a batch that never was on its way.
pub(super) async fn expect_in_tx(run: &mut Run<'_>, batch_id: i64, expected_on: NaiveDate) -> Result<()> {
    let found = sqlx::query!("update batches_in_transit set expected_on = $2 where batch_id = $1", batch_id, expected_on)
        .execute(&mut *run.tx)
        .await?;
    if found.rows_affected() == 0 { Err(Error::not_found("batch in transit", batch_id)) } else { Ok(()) }
}

/// A shortage to write.
pub(super) struct Shortage<'a> {
    pub(super) batch_id: i64,
    pub(super) document_id: i64,
    pub(super) found_on: NaiveDate,
    pub(super) reason: &'a str,
    pub(super) pieces: i64,
    pub(super) article_id: i64,
    pub(super) cost: rust_decimal::Decimal,
    pub(super) vat: rust_decimal::Decimal,
}

pub(super) async fn insert_shortage_in_tx(run: &mut Run<'_>, of: &Shortage<'_>) -> Result<()> {
    sqlx::query!(
        "insert into batch_shortages (batch_id, document_id, found_on, reason, pieces, article_id, cost, vat)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        of.batch_id,
        of.document_id,
        of.found_on,
        of.reason,
        of.pieces,
        of.article_id,
        of.cost,
        of.vat
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// A shortage as it was recorded.
pub(super) struct Recorded {
    pub(super) batch_id: i64,
    pub(super) found_on: NaiveDate,
    pub(super) article_id: i64,
    pub(super) reversed_on: Option<NaiveDate>,
}

/// The shortage of a document, locked; errors: `NOT_FOUND`.
pub(super) async fn lock_shortage_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<Recorded> {
    sqlx::query_as!(
        Recorded,
        "select batch_id, found_on, article_id, reversed_on from batch_shortages where document_id = $1 for update",
        document_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("shortage", document_id))
}

pub(super) async fn save_reversed_in_tx(run: &mut Run<'_>, document_id: i64, on: NaiveDate, reversal_id: i64) -> Result<()> {
    sqlx::query!(
        "update batch_shortages set reversed_on = $2, reversal_document_id = $3 where document_id = $1",
        document_id,
        on,
        reversal_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
