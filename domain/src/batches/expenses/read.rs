//! SQL of additional expenses for those who look at them, and the card of a batch.

use chrono::NaiveDate;
use rust_decimal::Decimal;

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
               basis as "basis: Basis", number, issued_on, effective_on, net, vat, cost, reversed_on, reversal_document_id
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
               basis as "basis: Basis", number, issued_on, effective_on, net, vat, cost, reversed_on, reversal_document_id
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

/// A movement of a batch: goods, their cost, or both (строка карточки серии).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Of its ledger entry.
    pub entry_id: i64,
    /// Business date.
    pub effective_on: NaiveDate,
    /// The document that moved it.
    pub document_id: i64,
    /// The order goods left with, 0 = none.
    pub order_id: i64,
    /// Pieces, negative on the way out.
    pub pieces: i64,
    /// Metres.
    pub metres: Decimal,
    /// Cost, roubles.
    pub value: Decimal,
    /// Code of the part of the cost.
    pub cost_element: String,
    /// Pieces after it.
    pub pieces_after: i64,
    /// Metres after it.
    pub metres_after: Decimal,
    /// Cost after it.
    pub value_after: Decimal,
}

/// Every movement of a batch by date, with what was there after it (карточка серии), after the row `(effective_on, entry_id)`, at most
/// `limit`.
pub async fn card(db: &Db, batch_id: i64, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<Movement>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Movement,
        r#"select entry_id as "entry_id!", effective_on as "effective_on!", document_id as "document_id!", order_id as "order_id!",
               pieces as "pieces!", metres as "metres!", value as "value!", cost_element as "cost_element!",
               pieces_after as "pieces_after!", metres_after as "metres_after!", value_after as "value_after!"
           from (
               select entry_id, effective_on, document_id, order_id, pieces, metres, amount as value, cost_element,
                   (sum(pieces) over moves)::bigint as pieces_after, sum(metres) over moves as metres_after,
                   sum(amount) over moves as value_after
               from ledger_entry where account = 'inventory' and batch_id = $1
               window moves as (order by effective_on, entry_id rows unbounded preceding)) m
           where $2::date is null or (effective_on, entry_id) > ($2, $3::bigint)
           order by effective_on, entry_id limit $4"#,
        batch_id,
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}
