//! SQL of returns to suppliers for those who look at them.

use chrono::NaiveDate;

use super::{ReturnedLine, SupplierReturn};
use crate::db::Db;
use crate::error::Result;

/// Which returns a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this own company.
    pub company_id: Option<i64>,
    /// To this supplier.
    pub party_id: Option<i64>,
    /// Of this batch.
    pub batch_id: Option<i64>,
}

/// Returns to suppliers, newest first, after the row `(returned_on, supplier_return_id)`, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<SupplierReturn>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        SupplierReturn,
        "select supplier_return_id, company_id, party_id, contract_id, document_id, returned_on, number, reason, article_id, cost, vat,
             gross, landed, reversed_on, reversal_document_id
         from supplier_returns r
         where ($1::bigint is null or company_id = $1)
             and ($2::bigint is null or party_id = $2)
             and ($3::bigint is null or exists (select from supplier_return_lines l
                 where l.supplier_return_id = r.supplier_return_id and l.batch_id = $3))
             and ($4::date is null or (returned_on, supplier_return_id) < ($4, $5::bigint))
         order by returned_on desc, supplier_return_id desc limit $6",
        filter.company_id,
        filter.party_id,
        filter.batch_id,
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The returns of these ids.
pub async fn list_by_ids(db: &Db, ids: &[i64]) -> Result<Vec<SupplierReturn>> {
    Ok(sqlx::query_as!(
        SupplierReturn,
        "select supplier_return_id, company_id, party_id, contract_id, document_id, returned_on, number, reason, article_id, cost, vat,
             gross, landed, reversed_on, reversal_document_id
         from supplier_returns where supplier_return_id = any($1)",
        ids
    )
    .fetch_all(db)
    .await?)
}

/// The lines of these returns, by batch.
pub async fn list_lines(db: &Db, return_ids: &[i64]) -> Result<Vec<ReturnedLine>> {
    Ok(sqlx::query_as!(
        ReturnedLine,
        "select supplier_return_id, batch_id, origin_batch_id, pieces, metres, cost, vat, gross, landed from supplier_return_lines
         where supplier_return_id = any($1) order by supplier_return_id, batch_id",
        return_ids
    )
    .fetch_all(db)
    .await?)
}
