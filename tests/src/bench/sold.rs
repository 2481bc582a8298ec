//! Batches of which much was sold: receipts by the command, shipments by plain SQL in the shape the command posts them, because only what comes
//! later is measured.

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::Db;
use shpunt_domain::batches::commands::{Receive, receive};

use crate::command::ctx;

/// Lines of an order.
pub const EACH: i64 = 5;

/// Pieces that stay on hand in every batch.
const LEFT: i64 = 100;

/// What a piece cost, roubles; of 12 m.
const PIECE: i64 = 80_000;

/// A company whose goods were sold.
#[derive(Debug, Clone, Copy)]
pub struct Seller {
    /// The company.
    pub company_id: i64,
    /// Who brings goods and bills.
    pub supplier_id: i64,
    product_id: i64,
    warehouse_id: i64,
}

impl Seller {
    /// Makes it.
    ///
    /// # Errors
    /// PostgreSQL does not take it.
    pub async fn new(db: &Db) -> Result<Self> {
        let id = async |statement: &'static str| -> Result<i64> { Ok(sqlx::query_scalar(statement).fetch_one(db).await?) };
        let company_id =
            id("insert into companies (name, inn, first_day) values ('ООО «Шпунт»', '7701000001', '2024-01-01') returning company_id")
                .await?;
        sqlx::query("insert into company_tax_regimes (company_id, valid_from, regime) values ($1, '2024-01-01', 'osno')")
            .bind(company_id)
            .execute(db)
            .await?;
        Ok(Self {
            company_id,
            supplier_id: id(
                "insert into parties (name, is_supplier, created_at) values ('Завод', true, now()) returning party_id",
            )
            .await?,
            product_id: id("insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
                 values ('goods', 'L5-12-new', 'Л5 12 м новый', 'Л5', 'new', 12, 100) returning product_id")
            .await?,
            warehouse_id: id("insert into warehouses (name) values ('Электросталь') returning warehouse_id").await?,
        })
    }

    /// Receives `batches` batches on a day and sells them in `lines` lines of one to three pieces, five to an order; returns their ids.
    /// `first` numbers the lines: nothing of them may be there yet.
    ///
    /// # Errors
    /// A receipt is refused, or a row.
    pub async fn sold(&self, db: &Db, batches: i64, lines: i64, first: i64) -> Result<Vec<i64>> {
        let on = NaiveDate::from_ymd_opt(2026, 1, 12).context("a day")?;
        let mut ids = Vec::new();
        for number in 0..batches {
            let pieces = 3 * (lines / batches + 1) + LEFT;
            let cost = Decimal::from(pieces * PIECE);
            let receipt = Receive {
                company_id: self.company_id,
                party_id: self.supplier_id,
                contract_id: 0,
                warehouse_id: self.warehouse_id,
                product_id: self.product_id,
                number: format!("С-{first}-{number}"),
                received_on: on,
                pieces,
                tonnes_weighed: None,
                net: cost,
                vat: cost * Decimal::new(22, 2),
            };
            ids.push(receive(db, &ctx(&receipt.number), &receipt).await?.value.batch_id);
        }
        let orders = (lines + EACH - 1) / EACH;
        let deal: i64 = sqlx::query_scalar(
            "insert into deals (company_id, number, title, channel_id, stage, stage_entered_at, opened_at)
             select $1, 'В-' || $2, 'Шпунт', min(channel_id), 'in_supply', now(), now() from channels returning deal_id",
        )
        .bind(self.company_id)
        .bind(first)
        .fetch_one(db)
        .await?;
        sqlx::query(
            "insert into orders (order_id, company_id, deal_id, party_id, number, status, planned_on, shipped_on, created_at, updated_at)
             overriding system value
             select 1 + $2 + n, $1, $3, $4, 'В-' || $2 || '/' || n, 'shipped', date '2026-01-20' + (n % 30)::integer,
                date '2026-01-20' + (n % 30)::integer, now(), now()
             from generate_series(0, $5 - 1) n",
        )
        .bind(self.company_id)
        .bind(first)
        .bind(deal)
        .bind(self.supplier_id)
        .bind(orders)
        .execute(db)
        .await?;
        // A header without its entries is refused at commit.
        let mut tx = db.begin().await?;
        sqlx::query(
            "insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
             select $1, 'shipment', $2 + n, date '2026-01-20' + (n % 30)::integer, now(), gen_random_uuid(),
                1 + 4 * least($4, $3 - n * $4)::integer
             from generate_series(0, $5 - 1) n",
        )
        .bind(self.company_id)
        .bind(first)
        .bind(lines)
        .bind(EACH)
        .bind(orders)
        .execute(&mut *tx)
        .await?;
        sqlx::query(SHIPMENTS)
            .bind(&ids)
            .bind(first)
            .bind(lines)
            .bind(EACH)
            .bind(self.product_id)
            .bind(self.warehouse_id)
            .bind(PIECE)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "update batch_balances b set pieces = s.pieces, metres = s.metres, tonnes_theoretical = s.tonnes, value = s.value, vat = s.vat
             from (select batch_id, sum(pieces) as pieces, sum(metres) as metres, sum(tonnes_theoretical) as tonnes, sum(amount) as value,
                    sum(vat) as vat
                   from ledger_entry where account = 'inventory' and batch_id = any($1) group by batch_id) s
             where b.batch_id = s.batch_id",
        )
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        sqlx::raw_sql("vacuum analyze").execute(db).await?;
        Ok(ids)
    }
}

/// Of each order the receivable, of each line revenue, VAT, cost and stock.
const SHIPMENTS: &str = "
with lines as (
    select n, n / $4 as truck, 1 + n % 3 as pieces, ($1::bigint[])[1 + n % cardinality($1::bigint[])] as batch_id
    from generate_series(0, $3 - 1) n),
trucks as (
    select transaction_id, company_id, document_id, effective_on, booked_at, document_id - $2 as truck
    from ledger_transaction where kind = 'shipment' and document_id >= $2),
entries as (
    select truck, 0::bigint as line, n, account, amount, goods, batch_id, element, sign * pieces as pieces, vat
    from lines, lateral (values
        ('revenue', -100000.00 * pieces, true, '', -1, -22000.00 * pieces),
        ('vat_output', -22000.00 * pieces, false, '', 0, 0),
        ('cogs', ($7 * pieces)::numeric, true, 'purchase', 1, 0.22 * $7 * pieces),
        ('inventory', (-$7 * pieces)::numeric, true, 'purchase', -1, -0.22 * $7 * pieces)
        ) entry (account, amount, goods, element, sign, vat)
    union all
    select truck, 0, -1, 'receivables', 122000.00 * sum(pieces), false, 0, '', 0, 22000.00 * sum(pieces) from lines group by truck)
insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id, document_id, deal_id,
    order_id, order_line_id, batch_id, product_id, warehouse_id, party_id, employee_id, channel_id, cost_element, pieces, metres,
    tonnes_theoretical, vat)
select transaction_id, row_number() over (partition by transaction_id order by n, account), account, amount, effective_on, effective_on,
    booked_at, company_id, document_id, 1 + truck / 20, 1 + $2 + truck, case when goods then 1 + $2 * $4 + n else 0 end,
    case when goods then batch_id else 0 end, case when goods then $5 else 0 end, case when goods then $6 else 0 end,
    1 + truck % 150, 1 + truck % 9, 1 + truck % 8, element, pieces, 12 * pieces, 1.2 * pieces, vat
from entries join trucks using (truck)";
