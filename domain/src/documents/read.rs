//! SQL of documents for those who look at them.
//!
//! A manager sees the documents of the own deals and the team's; never receipts, which tell the cost, nor the rest of the treasury.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Kind;
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;

/// A document of the register (документ).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub document_id: i64,
    /// Own company.
    pub company_id: i64,
    /// What it is.
    pub kind: Kind,
    /// `УПД-26-00012`, without gaps per company, kind and year.
    pub number: String,
    /// Its date.
    pub issued_on: NaiveDate,
    /// Counterparty, 0 = none.
    pub party_id: i64,
    /// The order, batch, payment or debt it belongs to, as the kind says; 0 = none.
    pub subject_id: i64,
    /// Sum with VAT, roubles.
    pub gross: Decimal,
    /// Free text.
    pub note: String,
}

/// Which documents a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Of this own company.
    pub company_id: Option<i64>,
    /// With this counterparty.
    pub party_id: Option<i64>,
    /// Issued on this day or later.
    pub from: Option<NaiveDate>,
    /// Issued on this day or earlier.
    pub to: Option<NaiveDate>,
    /// Part of the number; empty = all.
    pub search: String,
    /// Of this deal: of an order of it, a payment for it or a debt of it.
    pub deal_id: Option<i64>,
    /// Of this order: of itself, a payment for it or a debt of it.
    pub order_id: Option<i64>,
}

/// Documents in scope, newest first, after the row `(issued_on, document_id)`, at most `limit`.
pub async fn list(db: &Db, scope: &Scope, filter: &Filter, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<Document>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Document,
        r#"select c.document_id, c.company_id, c.kind as "kind: Kind", c.number, c.issued_on, c.party_id, c.subject_id, c.gross, c.note
           from documents c
           where ($1::bigint[] is null
                   or c.kind in ('shipment', 'order_expense', 'order_return', 'order_correction') and exists (
                       select from orders o join deals d using (deal_id) where o.order_id = c.subject_id and d.employee_id = any($1))
                   or c.kind in ('payment_in', 'payment_out') and exists (
                       select from payments p join deals d using (deal_id) where p.payment_id = c.subject_id and d.employee_id = any($1))
                   or c.kind = 'offset' and exists (
                       select from settlement_items i join deals d using (deal_id) where i.item_id = c.subject_id and d.employee_id = any($1)))
               and ($2::text is null or c.kind = $2)
               and ($3::bigint is null or c.company_id = $3)
               and ($4::bigint is null or c.party_id = $4)
               and ($5::date is null or c.issued_on >= $5)
               and ($6::date is null or c.issued_on <= $6)
               and ($7 = '' or position(lower($7) in lower(c.number)) > 0)
               and ($8::date is null or (c.issued_on, c.document_id) < ($8, $9::bigint))
               and ($11::bigint is null and $12::bigint is null
                   or c.kind in ('shipment', 'order_expense', 'order_return', 'order_correction') and exists (
                       select from orders o where o.order_id = c.subject_id
                           and ($11 is null or o.deal_id = $11) and ($12 is null or o.order_id = $12))
                   or c.kind in ('payment_in', 'payment_out') and exists (
                       select from payments p where p.payment_id = c.subject_id
                           and ($11 is null or p.deal_id = $11) and ($12 is null or p.order_id = $12))
                   or c.kind = 'offset' and exists (
                       select from settlement_items i where i.item_id = c.subject_id
                           and ($11 is null or i.deal_id = $11) and ($12 is null or i.order_id = $12)))
           order by c.issued_on desc, c.document_id desc limit $10"#,
        scope.employees(),
        filter.kind.map(Kind::as_str),
        filter.company_id,
        filter.party_id,
        filter.from,
        filter.to,
        filter.search,
        after_on,
        after_id,
        limit,
        filter.deal_id,
        filter.order_id
    )
    .fetch_all(db)
    .await?)
}

/// The documents of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, document_ids: &[i64]) -> Result<Vec<Document>> {
    Ok(sqlx::query_as!(
        Document,
        r#"select c.document_id, c.company_id, c.kind as "kind: Kind", c.number, c.issued_on, c.party_id, c.subject_id, c.gross, c.note
           from documents c
           where c.document_id = any($2)
               and ($1::bigint[] is null
                   or c.kind in ('shipment', 'order_expense', 'order_return', 'order_correction') and exists (
                       select from orders o join deals d using (deal_id) where o.order_id = c.subject_id and d.employee_id = any($1))
                   or c.kind in ('payment_in', 'payment_out') and exists (
                       select from payments p join deals d using (deal_id) where p.payment_id = c.subject_id and d.employee_id = any($1))
                   or c.kind = 'offset' and exists (
                       select from settlement_items i join deals d using (deal_id) where i.item_id = c.subject_id and d.employee_id = any($1)))"#,
        scope.employees(),
        document_ids
    )
    .fetch_all(db)
    .await?)
}
