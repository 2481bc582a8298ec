//! SQL of batches, their cards and warehouses for those who look at them.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Balance, Batch, Warehouse};
use crate::db::Db;
use crate::error::Result;

/// Which batches a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this own company.
    pub company_id: Option<i64>,
    /// Of this product.
    pub product_id: Option<i64>,
    /// In this warehouse.
    pub warehouse_id: Option<i64>,
    /// Only those that still hold something.
    pub in_stock: bool,
    /// Part of the number, the heat, the certificate or the tag; empty = all.
    pub search: String,
    /// Of this supplier.
    pub party_id: Option<i64>,
    /// With this number, whatever the case of its letters.
    pub number: Option<String>,
}

/// Batches, newest first, after the row `(received_on, batch_id)`, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<Batch>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Batch,
        "select b.batch_id, b.company_id, b.product_id, b.warehouse_id, b.party_id, b.contract_id, b.document_id, b.number,
             b.received_on, b.pieces, b.metres, b.tonnes_theoretical, b.tonnes_weighed, b.cost, b.vat
         from batches b join batch_balances s using (batch_id)
         where b.deleted_at is null
             and ($1::bigint is null or b.company_id = $1)
             and ($2::bigint is null or b.product_id = $2)
             and ($3::bigint is null or b.warehouse_id = $3)
             and (s.pieces > 0 or not $4)
             and ($5::date is null or (b.received_on, b.batch_id) < ($5, $6::bigint))
             and ($9::bigint is null or b.party_id = $9)
             and ($10::text is null or lower(b.number) = lower($10))
             and ($8 = '' or position(lower($8) in lower(b.number)) > 0
                 or exists (select from batch_passports k where k.batch_id = b.batch_id
                     and position(lower($8) in lower(k.heat_number || ' ' || k.certificate || ' ' || k.tag)) > 0))
         order by b.received_on desc, b.batch_id desc limit $7",
        filter.company_id,
        filter.product_id,
        filter.warehouse_id,
        filter.in_stock,
        after_on,
        after_id,
        limit,
        filter.search,
        filter.party_id,
        filter.number
    )
    .fetch_all(db)
    .await?)
}

/// The batches of these ids.
pub async fn list_by_ids(db: &Db, batch_ids: &[i64]) -> Result<Vec<Batch>> {
    Ok(sqlx::query_as!(
        Batch,
        "select batch_id, company_id, product_id, warehouse_id, party_id, contract_id, document_id, number, received_on, pieces,
             metres, tonnes_theoretical, tonnes_weighed, cost, vat
         from batches where batch_id = any($1)",
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// What is left of these batches.
pub async fn list_balances(db: &Db, batch_ids: &[i64]) -> Result<Vec<Balance>> {
    Ok(sqlx::query_as!(
        Balance,
        r#"select s.batch_id, b.product_id, b.warehouse_id, p.length_m, s.pieces, s.metres, s.tonnes_theoretical, s.tonnes_weighed,
             s.value, s.vat, w.kind = 'transit' as "in_transit!"
         from batch_balances s join batches b using (batch_id) join products p using (product_id) join warehouses w using (warehouse_id)
         where s.batch_id = any($1)"#,
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// All warehouses by id, or those in use, or those retired: there are few.
pub async fn list_warehouses(db: &Db, active: Option<bool>) -> Result<Vec<Warehouse>> {
    Ok(sqlx::query_as!(
        Warehouse,
        "select warehouse_id, name, keeper_id, is_transit, active, version from warehouses
         where $1::boolean is null or active = $1 order by warehouse_id",
        active
    )
    .fetch_all(db)
    .await?)
}

/// The warehouses of these ids.
pub async fn list_warehouses_by_ids(db: &Db, warehouse_ids: &[i64]) -> Result<Vec<Warehouse>> {
    Ok(sqlx::query_as!(
        Warehouse,
        "select warehouse_id, name, keeper_id, is_transit, active, version from warehouses where warehouse_id = any($1)",
        warehouse_ids
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
               from ledger_entry where account in ('inventory', 'goods_in_transit') and batch_id = $1
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
