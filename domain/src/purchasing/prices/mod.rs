//! What a supplier asked and was paid (история цен), and how it delivers (оценка поставщика): read from stored facts, kept nowhere.

mod score;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::db::Db;
use crate::error::Result;

pub use score::{Score, list_scores};

/// Where a price is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Source {
    /// Ответ на запрос цен.
    Answer,
    /// Заказ поставщику.
    Order,
    /// Поступление.
    Receipt,
}

/// A price of a product from a supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierPrice {
    /// When.
    pub on: NaiveDate,
    /// Where it is from.
    pub source: Source,
    /// The same as a number: answer, order, receipt.
    pub rank: i64,
    /// Id of the answer, the line of the order, the batch.
    pub id: i64,
    /// The supplier.
    pub party_id: i64,
    /// The product.
    pub product_id: i64,
    /// Number of the request, the order or the batch.
    pub number: String,
    /// Pieces it is for.
    pub pieces: i64,
    /// Theoretical tonnes it is for.
    pub tonnes: Decimal,
    /// Roubles per theoretical tonne without VAT, without freight.
    pub per_tonne: Decimal,
}

/// Which prices are asked for; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this product.
    pub product_id: Option<i64>,
    /// From this supplier.
    pub party_id: Option<i64>,
}

/// Prices of suppliers, newest first, after the row `(on, rank, id)`, at most `limit`. A receipt counts with its final price where there is
/// one; drafts and cancelled orders tell nothing.
pub async fn list(db: &Db, filter: &Filter, after: Option<(NaiveDate, i64, i64)>, limit: i64) -> Result<Vec<SupplierPrice>> {
    let (after_on, after_rank, after_id) = after.map_or((None, None, None), |(on, rank, id)| (Some(on), Some(rank), Some(id)));
    Ok(sqlx::query_as!(
        SupplierPrice,
        r#"select on_day as "on!", source as "source!: Source", rank as "rank!", id as "id!", party_id as "party_id!",
               product_id as "product_id!", number as "number!", pieces as "pieces!", tonnes as "tonnes!",
               round(net / nullif(tonnes, 0), 2) as "per_tonne!"
           from (
               select a.answered_on as on_day, 'answer' as source, 1::bigint as rank, a.supplier_answer_id as id, a.party_id, l.product_id,
                   r.number, l.pieces, l.pieces * p.length_m * p.kg_per_m / 1000 as tonnes,
                   a.price * l.pieces * case a.unit when 'т' then p.length_m * p.kg_per_m / 1000 when 'м' then p.length_m else 1 end
                       / case when a.price_includes_vat then 1 + a.vat_percent / 100 else 1 end as net
               from supplier_answers a join purchase_request_lines l using (purchase_request_line_id)
                   join purchase_requests r using (purchase_request_id) join products p using (product_id)
               union all
               select o.ordered_on, 'order', 2, l.supplier_order_line_id, o.party_id, l.product_id, o.number, l.pieces, l.tonnes_theoretical,
                   l.net
               from supplier_orders o join supplier_order_lines l using (supplier_order_id) where o.state not in ('draft', 'cancelled')
               union all
               select b.received_on, 'receipt', 3, b.batch_id, b.party_id, b.product_id, b.number, b.pieces, b.tonnes_theoretical,
                   coalesce(case when e.reversed_on is null then r.final_net end, r.net,
                       case when t.regime = 'osno' then b.cost else b.cost - b.vat end)
               from batches b join documents d using (document_id) left join purchase_receipts r using (batch_id)
                   left join additional_expenses e on e.additional_expense_id = r.additional_expense_id
                   left join lateral (select regime from company_tax_regimes t
                       where t.company_id = b.company_id and t.valid_from <= b.received_on order by t.valid_from desc limit 1) t on true
               where d.kind = 'receipt' and b.deleted_at is null) prices
           where ($1::bigint is null or product_id = $1) and ($2::bigint is null or party_id = $2) and tonnes > 0
               and ($3::date is null or (on_day, rank, id) < ($3, $4::bigint, $5::bigint))
           order by on_day desc, rank desc, id desc limit $6"#,
        filter.product_id,
        filter.party_id,
        after_on,
        after_rank,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}
