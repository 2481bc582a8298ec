//! SQL of accounts and payments for those who look at them; a manager sees the payments of the own deals and the team's.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Direction;
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::keyset::{Key, Part};

/// A bank account or a cash desk (счёт или касса).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub cash_account_id: i64,
    /// Own company.
    pub company_id: i64,
    /// A bank account, as opposed to a cash desk.
    pub is_bank: bool,
    /// Its name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// Payments may go through it.
    pub active: bool,
    /// Optimistic lock.
    pub version: i32,
}

/// All accounts by id, or those in use, or those retired: there are few.
pub async fn list_accounts(db: &Db, active: Option<bool>) -> Result<Vec<Account>> {
    Ok(sqlx::query_as!(
        Account,
        r#"select cash_account_id, company_id, kind = 'bank' as "is_bank!", name, currency, active, version from cash_accounts
           where $1::boolean is null or active = $1 order by cash_account_id"#,
        active
    )
    .fetch_all(db)
    .await?)
}

/// The accounts of these ids.
pub async fn list_accounts_by_ids(db: &Db, cash_account_ids: &[i64]) -> Result<Vec<Account>> {
    Ok(sqlx::query_as!(
        Account,
        r#"select cash_account_id, company_id, kind = 'bank' as "is_bank!", name, currency, active, version from cash_accounts
           where cash_account_id = any($1)"#,
        cash_account_ids
    )
    .fetch_all(db)
    .await?)
}

/// A payment as it was recorded (платёж).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub payment_id: i64,
    /// Own company.
    pub company_id: i64,
    /// The own account.
    pub cash_account_id: i64,
    /// In or out.
    pub direction: Direction,
    /// The cash-flow article.
    pub article_id: i64,
    /// The counterparty, 0 = none.
    pub party_id: i64,
    /// The contract, 0 = none.
    pub contract_id: i64,
    /// The deal, 0 = none.
    pub deal_id: i64,
    /// The order, 0 = none.
    pub order_id: i64,
    /// Its document.
    pub document_id: i64,
    /// Business date.
    pub paid_on: NaiveDate,
    /// Roubles, positive.
    pub amount: Decimal,
    /// As in the statement.
    pub purpose: String,
}

/// Which payments a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In or out.
    pub direction: Option<Direction>,
    /// Of this own company.
    pub company_id: Option<i64>,
    /// Through this account.
    pub cash_account_id: Option<i64>,
    /// With this counterparty.
    pub party_id: Option<i64>,
    /// Paid on this day or later.
    pub from: Option<NaiveDate>,
    /// Paid on this day or earlier.
    pub to: Option<NaiveDate>,
    /// For this deal or an order of it.
    pub deal_id: Option<i64>,
    /// At least so much, roubles.
    pub amount_from: Option<Decimal>,
    /// At most so much, roubles.
    pub amount_to: Option<Decimal>,
    /// Part of the purpose; empty = all.
    pub search: String,
}

/// Payments in scope, newest first, after the row `(paid_on, payment_id)`, at most `limit`.
pub async fn list(db: &Db, scope: &Scope, filter: &Filter, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<Recorded>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Recorded,
        r#"select p.payment_id, p.company_id, p.cash_account_id, p.direction as "direction: Direction", p.article_id, p.party_id, p.contract_id, p.deal_id,
             p.order_id, p.document_id, p.paid_on, p.amount, p.purpose
         from payments p
         where ($1::bigint[] is null or exists (select from deals d where d.deal_id = p.deal_id and d.employee_id = any($1)))
             and ($2::text is null or p.direction = $2)
             and ($3::bigint is null or p.company_id = $3)
             and ($4::bigint is null or p.cash_account_id = $4)
             and ($5::bigint is null or p.party_id = $5)
             and ($6::date is null or p.paid_on >= $6)
             and ($7::date is null or p.paid_on <= $7)
             and ($8::date is null or (p.paid_on, p.payment_id) < ($8, $9::bigint))
             and ($11::bigint is null or p.deal_id = $11)
             and ($12::numeric is null or p.amount >= $12) and ($13::numeric is null or p.amount <= $13)
             and ($14 = '' or position(lower($14) in lower(p.purpose)) > 0)
         order by p.paid_on desc, p.payment_id desc limit $10"#,
        scope.employees(),
        filter.direction.map(Direction::as_str),
        filter.company_id,
        filter.cash_account_id,
        filter.party_id,
        filter.from,
        filter.to,
        after_on,
        after_id,
        limit,
        filter.deal_id,
        filter.amount_from,
        filter.amount_to,
        filter.search
    )
    .fetch_all(db)
    .await?)
}

/// By what a list of payments is sorted, the largest key first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The newest first.
    Newest,
    /// The largest first.
    Amount,
}

/// The keys of a part of the payments in scope, in another order than the newest first.
pub async fn keys(db: &Db, scope: &Scope, filter: &Filter, sort: Sort, part: &Part) -> Result<Vec<Key>> {
    let (after_number, after_text, after_id) = part.after();
    Ok(sqlx::query_as!(
        Key,
        r#"select p.payment_id as id, key_number as "number!", key_text as "text!"
         from payments p
         cross join lateral (select
             case when $16 then p.amount else (p.paid_on - date '0001-01-01')::numeric end as key_number, '' as key_text) sorted
         where ($1::bigint[] is null or exists (select from deals d where d.deal_id = p.deal_id and d.employee_id = any($1)))
             and ($2::text is null or p.direction = $2)
             and ($3::bigint is null or p.company_id = $3)
             and ($4::bigint is null or p.cash_account_id = $4)
             and ($5::bigint is null or p.party_id = $5)
             and ($6::date is null or p.paid_on >= $6)
             and ($7::date is null or p.paid_on <= $7)
             and ($8::numeric is null or case when $15 then (key_number, key_text, p.payment_id) < ($8, $9::text, $10::bigint)
                 else (key_number, key_text, p.payment_id) > ($8, $9::text, $10::bigint) end)
             and ($11::bigint is null or p.deal_id = $11)
             and ($12::numeric is null or p.amount >= $12) and ($13::numeric is null or p.amount <= $13)
             and ($14 = '' or position(lower($14) in lower(p.purpose)) > 0)
         order by case when $15 then key_number end desc, case when $15 then p.payment_id end desc, key_number, p.payment_id
         limit $17"#,
        scope.employees(),
        filter.direction.map(Direction::as_str),
        filter.company_id,
        filter.cash_account_id,
        filter.party_id,
        filter.from,
        filter.to,
        after_number,
        after_text,
        after_id,
        filter.deal_id,
        filter.amount_from,
        filter.amount_to,
        filter.search,
        part.descending,
        sort == Sort::Amount,
        part.limit
    )
    .fetch_all(db)
    .await?)
}

/// The payments of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, payment_ids: &[i64]) -> Result<Vec<Recorded>> {
    Ok(sqlx::query_as!(
        Recorded,
        r#"select p.payment_id, p.company_id, p.cash_account_id, p.direction as "direction: Direction", p.article_id, p.party_id, p.contract_id, p.deal_id,
             p.order_id, p.document_id, p.paid_on, p.amount, p.purpose
         from payments p
         where p.payment_id = any($1)
             and ($2::bigint[] is null or exists (select from deals d where d.deal_id = p.deal_id and d.employee_id = any($2)))"#,
        payment_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// The payments allocated to these deals or to orders of them, as far as they are in scope, oldest first.
pub async fn list_of_deals(db: &Db, scope: &Scope, deal_ids: &[i64]) -> Result<Vec<Recorded>> {
    Ok(sqlx::query_as!(
        Recorded,
        r#"select p.payment_id, p.company_id, p.cash_account_id, p.direction as "direction: Direction", p.article_id, p.party_id, p.contract_id, p.deal_id,
             p.order_id, p.document_id, p.paid_on, p.amount, p.purpose
         from payments p join deals d using (deal_id)
         where p.deal_id = any($1) and p.deal_id > 0 and ($2::bigint[] is null or d.employee_id = any($2))
         order by p.paid_on, p.payment_id"#,
        deal_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// The payments allocated to these orders, as far as they are in scope, oldest first.
pub async fn list_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Recorded>> {
    Ok(sqlx::query_as!(
        Recorded,
        r#"select p.payment_id, p.company_id, p.cash_account_id, p.direction as "direction: Direction", p.article_id, p.party_id, p.contract_id, p.deal_id,
             p.order_id, p.document_id, p.paid_on, p.amount, p.purpose
         from payments p join deals d using (deal_id)
         where p.order_id = any($1) and p.order_id > 0 and ($2::bigint[] is null or d.employee_id = any($2))
         order by p.paid_on, p.payment_id"#,
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}
