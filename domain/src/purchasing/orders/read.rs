//! SQL of supplier orders for those who look at them; a manager sees those of the own deals and the team's.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::store::Money;
use super::{Line, Received, State, SupplierOrder};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::money;
use crate::orders::{Price, Unit};

/// Which supplier orders a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this own company.
    pub company_id: Option<i64>,
    /// From this supplier.
    pub party_id: Option<i64>,
    /// For this deal.
    pub deal_id: Option<i64>,
    /// In this state.
    pub state: Option<State>,
    /// Ordered on this day or later.
    pub from: Option<NaiveDate>,
    /// Ordered on this day or earlier.
    pub to: Option<NaiveDate>,
    /// To this warehouse.
    pub warehouse_id: Option<i64>,
    /// Part of the number; empty = all.
    pub search: String,
}

/// Supplier orders in scope, newest first, after the row `(ordered_on, supplier_order_id)`, at most `limit`.
pub async fn list(
    db: &Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<(NaiveDate, i64)>,
    limit: i64,
) -> Result<Vec<SupplierOrder>> {
    let (after_on, after_id) = after.unzip();
    let mut connection = db.acquire().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select supplier_order_id, company_id, party_id, contract_id, deal_id, warehouse_id, number, state as "state: State",
               ordered_on, expected_on, prepayment_percent, prepayment_days, delivery_terms, note, author_id, decided_by, decision_note,
               net, vat, gross, version
           from supplier_orders o
           where ($1::bigint[] is null or exists (select from deals d where d.deal_id = o.deal_id and d.employee_id = any($1)))
               and ($2::bigint is null or company_id = $2)
               and ($3::bigint is null or party_id = $3)
               and ($4::bigint is null or deal_id = $4)
               and ($5::text is null or state = $5)
               and ($6::date is null or ordered_on >= $6)
               and ($7::date is null or ordered_on <= $7)
               and ($8::date is null or (ordered_on, supplier_order_id) < ($8, $9::bigint))
               and ($11::bigint is null or warehouse_id = $11)
               and ($12 = '' or position(lower($12) in lower(number)) > 0)
           order by ordered_on desc, supplier_order_id desc limit $10"#,
        scope.employees(),
        filter.company_id,
        filter.party_id,
        filter.deal_id,
        filter.state.map(State::as_str),
        filter.from,
        filter.to,
        after_on,
        after_id,
        limit,
        filter.warehouse_id,
        filter.search
    )
    .fetch_all(&mut *connection)
    .await?;
    with_lines(&mut connection, rows).await
}

/// The supplier orders of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, ids: &[i64]) -> Result<Vec<SupplierOrder>> {
    let mut connection = db.acquire().await?;
    let rows = rows(&mut connection, scope, ids).await?;
    with_lines(&mut connection, rows).await
}

pub(super) async fn rows(connection: &mut PgConnection, scope: &Scope, ids: &[i64]) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select supplier_order_id, company_id, party_id, contract_id, deal_id, warehouse_id, number, state as "state: State",
               ordered_on, expected_on, prepayment_percent, prepayment_days, delivery_terms, note, author_id, decided_by, decision_note,
               net, vat, gross, version
           from supplier_orders o
           where supplier_order_id = any($1)
               and ($2::bigint[] is null or exists (select from deals d where d.deal_id = o.deal_id and d.employee_id = any($2)))"#,
        ids,
        scope.employees()
    )
    .fetch_all(connection)
    .await?)
}

/// What came against these lines; a line nothing came of is left out.
pub async fn list_received(db: &Db, line_ids: &[i64]) -> Result<Vec<Received>> {
    let mut connection = db.acquire().await?;
    received(&mut connection, line_ids).await
}

pub(super) async fn received(connection: &mut PgConnection, line_ids: &[i64]) -> Result<Vec<Received>> {
    Ok(sqlx::query_as!(
        Received,
        r#"select r.supplier_order_line_id as "supplier_order_line_id!", count(*) as "receipts!", sum(b.pieces)::bigint as "pieces!",
               sum(b.tonnes_theoretical) as "tonnes_theoretical!", sum(b.tonnes_weighed) as "tonnes_weighed!",
               coalesce(sum(b.tonnes_theoretical) filter (where b.tonnes_weighed > 0), 0) as "tonnes_of_weighed!", sum(r.net) as "net!"
           from purchase_receipts r join batches b using (batch_id)
           where r.supplier_order_line_id = any($1) group by r.supplier_order_line_id"#,
        line_ids
    )
    .fetch_all(connection)
    .await?)
}

/// Open advances and debts tied to these orders; an order without any is left out.
pub async fn list_money(db: &Db, ids: &[i64]) -> Result<Vec<Money>> {
    Ok(sqlx::query_as!(
        Money,
        r#"select t.supplier_order_id, coalesce(sum(i.open) filter (where i.account = 'supplier_advances'), 0) as "advance!",
               coalesce(sum(i.open) filter (where i.account = 'payables'), 0) as "debt!"
           from settlement_ties t join settlement_items i using (document_id)
           where t.supplier_order_id = any($1) and not (t.released and i.account = 'supplier_advances')
           group by t.supplier_order_id"#,
        ids
    )
    .fetch_all(db)
    .await?)
}

/// A supplier order as it is stored, without its lines.
pub(super) struct Row {
    supplier_order_id: i64,
    company_id: i64,
    party_id: i64,
    contract_id: i64,
    deal_id: i64,
    warehouse_id: i64,
    number: String,
    state: State,
    ordered_on: NaiveDate,
    expected_on: NaiveDate,
    prepayment_percent: Decimal,
    prepayment_days: i32,
    delivery_terms: String,
    note: String,
    author_id: i64,
    decided_by: i64,
    decision_note: String,
    net: Decimal,
    vat: Decimal,
    gross: Decimal,
    version: i32,
}

impl Row {
    fn with(self, lines: Vec<Line>) -> SupplierOrder {
        SupplierOrder {
            supplier_order_id: self.supplier_order_id,
            company_id: self.company_id,
            party_id: self.party_id,
            contract_id: self.contract_id,
            deal_id: self.deal_id,
            warehouse_id: self.warehouse_id,
            number: self.number,
            state: self.state,
            ordered_on: self.ordered_on,
            expected_on: self.expected_on,
            prepayment_percent: self.prepayment_percent,
            prepayment_days: self.prepayment_days,
            delivery_terms: self.delivery_terms,
            note: self.note,
            author_id: self.author_id,
            decided_by: self.decided_by,
            decision_note: self.decision_note,
            net: self.net,
            vat: self.vat,
            gross: self.gross,
            version: self.version,
            lines,
        }
    }
}

/// Supplier orders are whole: one more statement reads the lines of all of them.
pub(super) async fn with_lines(connection: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<SupplierOrder>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.supplier_order_id).collect();
    let lines = sqlx::query!(
        r#"select supplier_order_id, supplier_order_line_id, line, product_id, pieces, metres, tonnes_theoretical, unit as "unit: Unit",
               quantity, price, price_includes_vat, net, vat, gross
           from supplier_order_lines where supplier_order_id = any($1) order by supplier_order_id, line"#,
        &ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut of: HashMap<i64, Vec<Line>> = HashMap::with_capacity(rows.len());
    for row in lines {
        of.entry(row.supplier_order_id).or_default().push(Line {
            supplier_order_line_id: row.supplier_order_line_id,
            line: row.line,
            product_id: row.product_id,
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes_theoretical,
            quantity: row.quantity,
            price: Price { unit: row.unit, price: money::round(row.price), includes_vat: row.price_includes_vat },
            net: row.net,
            vat: row.vat,
            gross: row.gross,
        });
    }
    let whole = |row: Row| {
        let lines = of.remove(&row.supplier_order_id).unwrap_or_default();
        row.with(lines)
    };
    Ok(rows.into_iter().map(whole).collect())
}
