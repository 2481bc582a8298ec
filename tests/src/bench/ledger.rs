//! A ledger to carry: shipments of a trader, posted by plain SQL because only the carrying is measured.
//!
//! Ten entries for each line of an order: what the customer owes, revenue, VAT, cost and stock, the advance that is offset,
//! freight. Every line is another order line, so the margin cube gets about as many rows as the ledger: its hardest case.

use anyhow::{Result, ensure};
use shpunt_domain::Db;

/// Entries of one order line.
pub const ENTRIES: u32 = 10;

const POSTING: &str = "
with head as (
    insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
    values ($1, 'bench', 1 + $2, date '2025-01-09' + ($2 % 600)::integer, now(), gen_random_uuid(), $3 * 10)
    returning transaction_id, company_id, document_id, effective_on, booked_at),
lines as (
    select n, n / 5 as truck, n / 20 as deal, net, round(net * 0.22, 2) as vat, round(net * 0.83, 2) as cost,
           round(net * 0.61, 2) as advance, round(net * 0.05, 2) as freight, round(net * 0.011, 2) as freight_vat,
           1 + n % 12 as pieces, 12.000 * (1 + n % 12) as metres, round(12 * (1 + n % 12) * 0.0745, 6) as tonnes
    from (select $2 * $3 + i as n, round((100000 + (($2 * $3 + i) * 7919) % 900000) / 1.07, 2) as net
          from generate_series(0, $3 - 1) i) drawn)
insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id, contract_id,
    document_id, deal_id, order_id, order_line_id, batch_id, product_id, warehouse_id, party_id, employee_id, channel_id,
    article_id, cost_element, pieces, metres, tonnes_theoretical, tonnes_weighed, vat)
select transaction_id, row_number() over (), account, amount, effective_on, effective_on, booked_at, company_id, 1 + deal % 150,
    document_id, 1 + deal, 1 + truck, 1 + n, case when goods then 1 + n % 120 else 0 end,
    case when goods then 1 + n % 40 else 0 end, case when goods then 1 + n % 2 else 0 end, 1 + deal % 150, 1 + deal % 9,
    1 + deal % 8, article, element, case when goods then pieces else 0 end, case when goods then metres else 0 end,
    case when goods then tonnes else 0 end, case when goods then tonnes else 0 end, entry.vat
from head, lines, lateral (values
    ('receivables', net + lines.vat, false, 0, '', lines.vat), ('revenue', -net, true, 0, '', -lines.vat),
    ('vat_output', -lines.vat, false, 0, '', 0), ('cogs', cost, true, 0, 'purchase', 0),
    ('inventory', -cost, true, 0, 'purchase', 0), ('customer_advances', advance, false, 1, '', 0),
    ('receivables', -advance, false, 1, '', 0), ('order_expenses', freight, false, 3, '', freight_vat),
    ('vat_input', freight_vat, false, 0, '', 0), ('payables', -freight - freight_vat, false, 0, '', 0)
    ) entry (account, amount, goods, article, element, vat)";

/// A company that may post.
///
/// # Errors
/// PostgreSQL does not take it.
pub async fn company(db: &Db) -> Result<i64> {
    let insert =
        "insert into companies (name, inn, first_day) values ('ООО «Шпунт»', '7701000001', '2024-01-01') returning company_id";
    Ok(sqlx::query_scalar(insert).fetch_one(db).await?)
}

/// Commits transactions of `entries` (a multiple of ten), numbered from `first`, one after another.
///
/// # Errors
/// PostgreSQL does not take them.
pub async fn post(db: &Db, company: i64, first: u32, transactions: u32, entries: u32) -> Result<()> {
    ensure!(entries > 0 && entries.is_multiple_of(ENTRIES), "entries of a transaction come by {ENTRIES}, not {entries}");
    let mut connection = db.acquire().await?;
    for number in first..first + transactions {
        let posting = sqlx::query(POSTING).bind(company).bind(i64::from(number)).bind(i64::from(entries / ENTRIES));
        posting.execute(&mut *connection).await?;
    }
    Ok(())
}
