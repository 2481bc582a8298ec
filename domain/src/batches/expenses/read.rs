//! SQL of additional expenses for those who look at them.

use chrono::NaiveDate;

use super::{AdditionalExpense, Basis, Kind, Share};
use crate::db::Db;
use crate::error::Result;

/// Which expenses a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this own company.
    pub company_id: Option<i64>,
    /// Of this party.
    pub party_id: Option<i64>,
    /// That this batch bears a part of.
    pub batch_id: Option<i64>,
    /// Counting from this day or later.
    pub from: Option<NaiveDate>,
    /// Counting from this day or earlier.
    pub to: Option<NaiveDate>,
}

/// Additional expenses, newest first, after the row `(effective_on, additional_expense_id)`, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<AdditionalExpense>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        AdditionalExpense,
        r#"select additional_expense_id, company_id, party_id, contract_id, article_id, document_id, transaction_id, kind as "kind: Kind",
               basis as "basis: Basis", number, issued_on, effective_on, net, vat, cost, reversed_on, reversal_document_id, estimate, settles_id,
               settled_by_id
           from additional_expenses e
           where ($1::bigint is null or company_id = $1)
               and ($2::bigint is null or party_id = $2)
               and ($3::bigint is null or exists (select from additional_expense_shares s
                   where s.additional_expense_id = e.additional_expense_id and s.batch_id = $3))
               and ($4::date is null or effective_on >= $4)
               and ($5::date is null or effective_on <= $5)
               and ($6::date is null or (effective_on, additional_expense_id) < ($6, $7::bigint))
           order by effective_on desc, additional_expense_id desc limit $8"#,
        filter.company_id,
        filter.party_id,
        filter.batch_id,
        filter.from,
        filter.to,
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The expenses of these ids.
pub async fn list_by_ids(db: &Db, ids: &[i64]) -> Result<Vec<AdditionalExpense>> {
    Ok(sqlx::query_as!(
        AdditionalExpense,
        r#"select additional_expense_id, company_id, party_id, contract_id, article_id, document_id, transaction_id, kind as "kind: Kind",
               basis as "basis: Basis", number, issued_on, effective_on, net, vat, cost, reversed_on, reversal_document_id, estimate, settles_id,
               settled_by_id
           from additional_expenses where additional_expense_id = any($1)"#,
        ids
    )
    .fetch_all(db)
    .await?)
}

/// What the batches bear of these expenses, by batch.
pub async fn list_shares(db: &Db, expense_ids: &[i64]) -> Result<Vec<Share>> {
    Ok(sqlx::query_as!(
        Share,
        "select additional_expense_id, batch_id, base, amount, inherited_amount, stock_amount from additional_expense_shares
         where additional_expense_id = any($1) order by additional_expense_id, batch_id",
        expense_ids
    )
    .fetch_all(db)
    .await?)
}

/// What these batches bear of additional expenses, oldest first.
pub async fn list_shares_of_batches(db: &Db, batch_ids: &[i64]) -> Result<Vec<Share>> {
    Ok(sqlx::query_as!(
        Share,
        "select additional_expense_id, batch_id, base, amount, inherited_amount, stock_amount from additional_expense_shares
         where batch_id = any($1) order by batch_id, additional_expense_id",
        batch_ids
    )
    .fetch_all(db)
    .await?)
}
