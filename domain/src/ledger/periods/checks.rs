//! What is looked for before a month is closed, in SQL.
//!
//! A day counts until the next day with entries, so what a month inherits below zero is found in it too.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::{Check, Example, Finding, Month, Subject};
use crate::error::Result;

/// A row of any check: what was found, and how many there are in all.
struct Row {
    id: i64,
    label: String,
    on: NaiveDate,
    total: i64,
}

/// All checks of a month, in the order of [`Check::ALL`].
pub(super) async fn findings(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Finding>> {
    let mut findings = Vec::with_capacity(Check::ALL.len());
    for check in Check::ALL {
        let (rows, subject): (Vec<Row>, fn(i64) -> Subject) = match check {
            Check::StockWithoutCost => (stock_without_cost(connection, company_id, month).await?, Subject::Batch),
            Check::StockNegative => (stock_below_zero(connection, company_id, month, false).await?, Subject::Batch),
            Check::StockValueNegative => (stock_below_zero(connection, company_id, month, true).await?, Subject::Batch),
            Check::CashNegative => (cash_below_zero(connection, company_id, month, "cash").await?, Subject::CashAccount),
            Check::ShippedWithoutCost => (shipped_without_cost(connection, company_id, month).await?, Subject::Order),
            Check::BankNegative => (cash_below_zero(connection, company_id, month, "bank").await?, Subject::CashAccount),
            Check::RevaluationMissing => (debts_not_revalued(connection, company_id, month).await?, Subject::Party),
            Check::PricePreliminary => (prices_preliminary(connection, company_id, month).await?, Subject::Batch),
            Check::OrderNotShipped => (orders_not_shipped(connection, company_id, month).await?, Subject::Order),
            Check::GoodsNotDelivered => (goods_not_delivered(connection, company_id, month).await?, Subject::Order),
            Check::AccrualNotBilled => (accruals_not_billed(connection, company_id, month).await?, Subject::Order),
            Check::EstimateNotBilled => (estimates_not_billed(connection, company_id, month).await?, Subject::Batch),
            Check::ExpenseWaiting => (expenses_waiting(connection, company_id, month).await?, Subject::Deal),
        };
        let count = rows.first().map_or(0, |row| row.total);
        let example = |row: Row| Example { subject: subject(row.id), label: row.label, on: row.on };
        findings.push(Finding { check, count, examples: rows.into_iter().map(example).collect() });
    }
    Ok(findings)
}

async fn stock_without_cost(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select b.batch_id as id, b.number as label, $2::date as "on!", count(*) over () as "total!"
           from (select batch_id from ledger_entry where account in ('inventory', 'goods_in_transit') and company_id = $1 and effective_on <= $2
                 group by batch_id having sum(pieces) > 0 and sum(amount) = 0) e
           join batches b using (batch_id) order by b.batch_id limit 5"#,
        company_id,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

/// Batches below zero on a day of the month: in roubles, or in pieces or metres.
async fn stock_below_zero(connection: &mut PgConnection, company_id: i64, month: Month, in_roubles: bool) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select b.batch_id as id, b.number as label, greatest(min(d.effective_on), $2) as "on!", count(*) over () as "total!"
           from (select batch_id, effective_on, lead(effective_on) over days as next_on, sum(sum(pieces)) over days as pieces,
                     sum(sum(metres)) over days as metres, sum(sum(amount)) over days as value
                 from ledger_entry where account in ('inventory', 'goods_in_transit') and company_id = $1 and effective_on <= $3
                 group by batch_id, effective_on window days as (partition by batch_id order by effective_on)) d
           join batches b using (batch_id)
           where (d.next_on is null or d.next_on > $2)
               and case when $4 then d.value < 0 else d.pieces < 0 or d.metres < 0 end
           group by b.batch_id order by b.batch_id limit 5"#,
        company_id,
        month.first,
        month.last,
        in_roubles
    )
    .fetch_all(connection)
    .await?)
}

/// Accounts of a kind below zero on a day of the month.
async fn cash_below_zero(connection: &mut PgConnection, company_id: i64, month: Month, kind: &str) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select c.cash_account_id as id, c.name as label, greatest(min(d.effective_on), $2) as "on!", count(*) over () as "total!"
           from (select cash_account_id, effective_on, lead(effective_on) over days as next_on, sum(sum(amount)) over days as held
                 from ledger_entry where account = 'cash' and company_id = $1 and effective_on <= $3
                 group by cash_account_id, effective_on window days as (partition by cash_account_id order by effective_on)) d
           join cash_accounts c using (cash_account_id)
           where c.kind = $4 and (d.next_on is null or d.next_on > $2) and d.held < 0
           group by c.cash_account_id order by c.cash_account_id limit 5"#,
        company_id,
        month.first,
        month.last,
        kind
    )
    .fetch_all(connection)
    .await?)
}

/// Goods that left in the month, did not all come back, and cost nothing.
async fn shipped_without_cost(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select o.order_id as id, o.number as label, o.shipped_on as "on!", count(*) over () as "total!"
           from orders o
           where o.company_id = $1 and o.shipped_on between $2 and $3 and o.deleted_at is null
               and exists (select from order_lines l
                   where l.order_id = o.order_id and l.kind = 'goods' and l.deleted_at is null
                       and (select coalesce(sum(e.amount), 0) <= 0 and (count(*) = 0 or sum(e.pieces) > 0)
                            from ledger_entry e
                            where e.order_id = o.order_id and e.order_line_id = l.order_line_id and e.account in ('cogs', 'goods_shipped')))
           order by o.order_id limit 5"#,
        company_id,
        month.first,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

/// Who is owed something in currency at the end of the month, by currency, that was not revalued on its last day. What came on that day has
/// its rate.
async fn debts_not_revalued(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select p.party_id as id, p.name || ', ' || i.currency as "label!", $2::date as "on!", count(*) over () as "total!"
           from settlement_items i join parties p using (party_id)
           where i.company_id = $1 and i.account = 'payables' and i.currency <> 'RUB' and i.opened_on < $2
               and (i.open_currency > 0 or exists (select from settlement_offsets o where o.debt_id = i.item_id and o.effective_on > $2))
               and not exists (select from currency_revaluations r
                   where r.company_id = $1 and r.currency = i.currency and r.revalued_on = $2 and r.reversed_on is null)
           group by p.party_id, p.name, i.currency order by p.party_id, i.currency limit 5"#,
        company_id,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

/// Batches received in the month whose price the supplier's document has not made final, or not any more.
async fn prices_preliminary(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select b.batch_id as id, b.number as label, b.received_on as "on!", count(*) over () as "total!"
           from purchase_receipts r join batches b using (batch_id)
               left join additional_expenses e on e.additional_expense_id = r.additional_expense_id
           where b.company_id = $1 and b.received_on between $2 and $3 and b.deleted_at is null
               and r.preliminary and (r.finalised_on is null or e.reversed_on is not null)
           order by b.batch_id limit 5"#,
        company_id,
        month.first,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

async fn orders_not_shipped(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select order_id as id, number as label, planned_on as "on!", count(*) over () as "total!"
           from orders
           where company_id = $1 and status = 'confirmed' and planned_on between $2 and $3 and deleted_at is null
           order by planned_on, order_id limit 5"#,
        company_id,
        month.first,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

/// Orders at our risk that left by the end of the month and are still not unloaded: their revenue waits.
async fn goods_not_delivered(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select order_id as id, number as label, shipped_on as "on!", count(*) over () as "total!"
           from orders
           where company_id = $1 and status = 'shipped' and title_on_delivery and shipped_on <= $2 and deleted_at is null
           order by shipped_on, order_id limit 5"#,
        company_id,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

/// Orders that accrued costs by the end of the month, and still no bill.
async fn accruals_not_billed(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select o.order_id as id, o.number as label, min(p.accrued_on) as "on!", count(*) over () as "total!"
           from planned_expenses p join orders o using (order_id)
           where o.company_id = $1 and p.status = 'accrued' and p.accrued_on <= $2
           group by o.order_id order by o.order_id limit 5"#,
        company_id,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

/// Batches that bear an estimate of the month or before, and still no bill.
async fn estimates_not_billed(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select b.batch_id as id, b.number as label, min(e.effective_on) as "on!", count(*) over () as "total!"
           from additional_expenses e join additional_expense_shares s using (additional_expense_id) join batches b using (batch_id)
           where e.company_id = $1 and e.estimate and e.settled_by_id = 0 and e.reversed_on is null and e.effective_on <= $2
               and s.amount <> 0
           group by b.batch_id order by b.batch_id limit 5"#,
        company_id,
        month.last
    )
    .fetch_all(connection)
    .await?)
}

/// Deals with deferred costs at the end of the month.
async fn expenses_waiting(connection: &mut PgConnection, company_id: i64, month: Month) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select d.deal_id as id, d.number as label, min(e.effective_on) as "on!", count(*) over () as "total!"
           from direct_expense_targets t join direct_expenses e using (direct_expense_id) join deals d using (deal_id)
           where e.company_id = $1 and e.effective_on <= $2 and t.waiting <> 0
           group by d.deal_id order by d.deal_id limit 5"#,
        company_id,
        month.last
    )
    .fetch_all(connection)
    .await?)
}
