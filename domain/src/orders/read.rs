//! SQL of orders for those who look at them; a manager sees the orders and expenses of the own deals and the team's.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{Line, Order, Price, Status, Unit};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::money;

/// Which orders a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// With this status.
    pub status: Option<Status>,
    /// With any of these statuses.
    pub statuses: Option<Vec<Status>>,
    /// Loaded in this warehouse: its truck is sent there, or goods of it lie there.
    pub warehouse_id: Option<i64>,
    /// Carried by this party.
    pub carrier_id: Option<i64>,
    /// Of this deal.
    pub deal_id: Option<i64>,
    /// Of this customer.
    pub party_id: Option<i64>,
    /// Of this own company.
    pub company_id: Option<i64>,
    /// Planned to ship on this day or later.
    pub planned_from: Option<NaiveDate>,
    /// Planned to ship on this day or earlier.
    pub planned_to: Option<NaiveDate>,
    /// Of deals of this manager.
    pub employee_id: Option<i64>,
    /// Of deals from this channel.
    pub channel_id: Option<i64>,
    /// Shipped on this day or later.
    pub shipped_from: Option<NaiveDate>,
    /// Shipped on this day or earlier.
    pub shipped_to: Option<NaiveDate>,
    /// At least so much, roubles with VAT.
    pub amount_from: Option<Decimal>,
    /// At most so much, roubles with VAT.
    pub amount_to: Option<Decimal>,
    /// Part of the number or the truck's plate; empty = all.
    pub search: String,
}

impl Filter {
    /// The statuses it lets through; `None` = all.
    pub(super) fn statuses(&self) -> Option<Vec<String>> {
        let wanted = self.status.map(|status| vec![status]);
        let listed = self.statuses.as_ref().map(|listed| match self.status {
            Some(status) => listed.iter().copied().filter(|one| *one == status).collect(),
            None => listed.clone(),
        });
        let statuses: Option<Vec<Status>> = listed.or(wanted);
        statuses.map(|statuses| statuses.iter().map(|status| status.as_str().to_owned()).collect())
    }
}

/// Orders in scope, newest first, after the row `(created_at, order_id)`, at most `limit`.
///
/// Each comes with the moment it was created, which the next page begins after.
pub async fn list(
    db: &Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<(DateTime<Utc>, Order)>> {
    let (after_at, after_id) = after.unzip();
    let statuses = filter.statuses();
    let rows = sqlx::query_as!(
        Row,
        r#"select o.order_id, o.company_id, o.deal_id, o.contract_id, o.party_id, o.number, o.status as "status: Status", o.planned_on, o.shipped_on,
             o.delivered_on, o.title_on_delivery, o.vehicle, o.document_id, o.net, o.vat, o.gross, o.version, o.created_at
         from orders o join deals d using (deal_id)
         where o.deleted_at is null and ($1::bigint[] is null or d.employee_id = any($1))
             and ($2::text[] is null or o.status = any($2))
             and ($3::bigint is null or o.deal_id = $3)
             and ($4::bigint is null or o.party_id = $4)
             and ($5::bigint is null or o.company_id = $5)
             and ($6::date is null or o.planned_on >= $6)
             and ($7::date is null or o.planned_on <= $7)
             and ($8 = '' or position(lower($8) in lower(concat_ws(' ', o.number, o.vehicle))) > 0)
             and ($9::timestamptz is null or (o.created_at, o.order_id) < ($9, $10::bigint))
             and ($12::bigint is null or d.employee_id = $12)
             and ($13::bigint is null or d.channel_id = $13)
             and ($14::date is null or o.shipped_on >= $14) and ($15::date is null or o.shipped_on <= $15)
             and ($16::numeric is null or o.gross >= $16) and ($17::numeric is null or o.gross <= $17)
             and ($18::bigint is null
                 or exists (select from order_trucks t where t.order_id = o.order_id and t.warehouse_id = $18)
                 or exists (select from order_lines l join batches b using (batch_id)
                     where l.order_id = o.order_id and l.deleted_at is null and b.warehouse_id = $18))
             and ($19::bigint is null
                 or exists (select from order_trucks t where t.order_id = o.order_id and t.carrier_id = $19))
         order by o.created_at desc, o.order_id desc limit $11"#,
        scope.employees(),
        statuses.as_deref(),
        filter.deal_id,
        filter.party_id,
        filter.company_id,
        filter.planned_from,
        filter.planned_to,
        filter.search,
        after_at,
        after_id,
        limit,
        filter.employee_id,
        filter.channel_id,
        filter.shipped_from,
        filter.shipped_to,
        filter.amount_from,
        filter.amount_to,
        filter.warehouse_id,
        filter.carrier_id
    )
    .fetch_all(db)
    .await?;
    let created: Vec<_> = rows.iter().map(|row| row.created_at).collect();
    Ok(created.into_iter().zip(with_lines(db, rows).await?).collect())
}

/// The orders of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Order>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select o.order_id, o.company_id, o.deal_id, o.contract_id, o.party_id, o.number, o.status as "status: Status", o.planned_on, o.shipped_on,
             o.delivered_on, o.title_on_delivery, o.vehicle, o.document_id, o.net, o.vat, o.gross, o.version, o.created_at
         from orders o join deals d using (deal_id)
         where o.order_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))"#,
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    with_lines(db, rows).await
}

/// The orders of these deals as far as they are in scope, oldest first.
pub async fn list_of_deals(db: &Db, scope: &Scope, deal_ids: &[i64]) -> Result<Vec<Order>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select o.order_id, o.company_id, o.deal_id, o.contract_id, o.party_id, o.number, o.status as "status: Status", o.planned_on, o.shipped_on,
             o.delivered_on, o.title_on_delivery, o.vehicle, o.document_id, o.net, o.vat, o.gross, o.version, o.created_at
         from orders o join deals d using (deal_id)
         where o.deal_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))
         order by o.order_id"#,
        deal_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    with_lines(db, rows).await
}

/// A direct expense of an order (прямой расход заказа).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expense {
    /// Its id.
    pub order_expense_id: i64,
    /// The order.
    pub order_id: i64,
    /// The article.
    pub article_id: i64,
    /// To whom it is owed.
    pub party_id: i64,
    /// Its document.
    pub document_id: i64,
    /// Business date.
    pub effective_on: NaiveDate,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
}

/// The direct expenses of these orders as far as they are in scope, oldest first.
pub async fn list_expenses(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Expense>> {
    Ok(sqlx::query_as!(
        Expense,
        "select e.order_expense_id, e.order_id, e.article_id, e.party_id, e.document_id, e.effective_on, e.net, e.vat
         from order_expenses e join orders o using (order_id) join deals d using (deal_id)
         where e.order_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2)) order by e.order_expense_id",
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// The direct expenses of these ids that are in scope.
pub async fn list_expenses_by_ids(db: &Db, scope: &Scope, order_expense_ids: &[i64]) -> Result<Vec<Expense>> {
    Ok(sqlx::query_as!(
        Expense,
        "select e.order_expense_id, e.order_id, e.article_id, e.party_id, e.document_id, e.effective_on, e.net, e.vat
         from order_expenses e join orders o using (order_id) join deals d using (deal_id)
         where e.order_expense_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2))",
        order_expense_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// An order as it is stored, without its lines.
struct Row {
    order_id: i64,
    company_id: i64,
    deal_id: i64,
    contract_id: i64,
    party_id: i64,
    number: String,
    status: Status,
    planned_on: NaiveDate,
    shipped_on: Option<NaiveDate>,
    delivered_on: Option<NaiveDate>,
    title_on_delivery: bool,
    vehicle: String,
    document_id: i64,
    net: Decimal,
    vat: Decimal,
    gross: Decimal,
    version: i32,
    created_at: DateTime<Utc>,
}

impl Row {
    fn with(self, lines: Vec<Line>) -> Order {
        Order {
            order_id: self.order_id,
            company_id: self.company_id,
            deal_id: self.deal_id,
            contract_id: self.contract_id,
            party_id: self.party_id,
            number: self.number,
            status: self.status,
            planned_on: self.planned_on,
            shipped_on: self.shipped_on,
            delivered_on: self.delivered_on,
            title_on_delivery: self.title_on_delivery,
            vehicle: self.vehicle,
            document_id: self.document_id,
            net: self.net,
            vat: self.vat,
            gross: self.gross,
            version: self.version,
            lines,
        }
    }
}

/// Orders are whole: one more statement reads the lines of all of them.
async fn with_lines(db: &Db, rows: Vec<Row>) -> Result<Vec<Order>> {
    let order_ids: Vec<i64> = rows.iter().map(|row| row.order_id).collect();
    let lines = sqlx::query!(
        r#"select order_id, order_line_id, line, product_id, batch_id, pieces, metres, tonnes_theoretical, tonnes_weighed,
             unit as "unit: Unit", quantity, price, price_includes_vat, vat_percent, net, vat, gross
         from order_lines where order_id = any($1) and deleted_at is null order by order_id, line"#,
        &order_ids
    )
    .fetch_all(db)
    .await?;
    let mut of: HashMap<i64, Vec<Line>> = HashMap::with_capacity(rows.len());
    for row in lines {
        of.entry(row.order_id).or_default().push(Line {
            order_line_id: row.order_line_id,
            line: row.line,
            product_id: row.product_id,
            batch_id: row.batch_id,
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes_theoretical,
            tonnes_weighed: row.tonnes_weighed,
            quantity: row.quantity,
            price: Price { unit: row.unit, price: money::round(row.price), includes_vat: row.price_includes_vat },
            vat_percent: row.vat_percent,
            net: row.net,
            vat: row.vat,
            gross: row.gross,
        });
    }
    let whole = |row: Row| {
        let lines = of.remove(&row.order_id).unwrap_or_default();
        row.with(lines)
    };
    Ok(rows.into_iter().map(whole).collect())
}
