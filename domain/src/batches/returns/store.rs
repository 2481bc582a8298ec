//! SQL of returns to suppliers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::price::Price;
use super::{ReturnedLine, SupplierReturn};
use crate::batches::expenses::split::Amount;
use crate::command::Run;
use crate::companies::rates::Currency;
use crate::error::{Error, Result};

/// A batch and the delivery it comes from.
pub(in crate::batches) struct Delivered {
    pub(in crate::batches) batch_id: i64,
    pub(in crate::batches) number: String,
    pub(in crate::batches) company_id: i64,
    pub(in crate::batches) party_id: i64,
    pub(in crate::batches) contract_id: i64,
    pub(in crate::batches) length_m: Decimal,
    pub(in crate::batches) origin_id: i64,
    pub(in crate::batches) origin_on: NaiveDate,
    pub(in crate::batches) origin_pieces: i64,
    pub(in crate::batches) origin_length_m: Decimal,
    pub(in crate::batches) currency: Option<String>,
    pub(in crate::batches) currency_amount: Decimal,
}

impl Delivered {
    /// The currency it was bought in, if not in roubles.
    pub(in crate::batches) fn currency(&self) -> Result<Option<Currency>> {
        let Some(code) = &self.currency else { return Ok(None) };
        Currency::parse(code).map(Some).ok_or_else(|| Error::internal("a batch was bought in no currency"))
    }
}

/// These batches with their deliveries, by id; errors: `NOT_FOUND`.
pub(in crate::batches) async fn delivered_in_tx(run: &mut Run<'_>, batch_ids: &[i64]) -> Result<Vec<Delivered>> {
    let rows = sqlx::query_as!(
        Delivered,
        r#"with recursive up as (
               select b.id as batch_id, b.id as at_id from unnest($1::bigint[]) as b (id)
               union all
               select up.batch_id, m.parent_batch_id from up join batch_moves m on m.child_batch_id = up.at_id)
           select b.batch_id, b.number, b.company_id, b.party_id, b.contract_id, p.length_m, o.batch_id as origin_id,
               o.received_on as origin_on, o.pieces as origin_pieces, q.length_m as origin_length_m, c.currency as "currency?",
               coalesce(c.net + c.vat, 0) as "currency_amount!"
           from (select batch_id, min(at_id) as origin_id from up group by batch_id) u
           join batches b using (batch_id) join products p using (product_id)
           join batches o on o.batch_id = u.origin_id join products q on q.product_id = o.product_id
           left join batch_currencies c on c.batch_id = o.batch_id
           where b.deleted_at is null order by b.batch_id"#,
        batch_ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    match batch_ids.iter().find(|batch_id| !rows.iter().any(|row| row.batch_id == **batch_id)) {
        Some(missing) => Err(Error::not_found("batch", missing)),
        None => Ok(rows),
    }
}

/// The prices of deliveries, which are locked, as the supplier asked them by a day; by the batch he delivered.
pub(in crate::batches) async fn prices_in_tx(run: &mut Run<'_>, of: &[Delivered], on: NaiveDate) -> Result<BTreeMap<i64, Price>> {
    let mut prices = BTreeMap::new();
    for row in of {
        let (receipt, corrections) = (Amount::default(), Vec::new());
        let price = Price { pieces: row.origin_pieces, gone: 0, receipt, corrections, currency: row.currency_amount };
        prices.entry(row.origin_id).or_insert(price);
    }
    let ids: Vec<i64> = prices.keys().copied().collect();
    let sums = sqlx::query!(
        r#"select b.batch_id as "batch_id!", l.amount as "cost!", l.vat as "vat!", true as "received!"
           from batches b join ledger_entry l on l.batch_id = b.batch_id and l.document_id = b.document_id
           where b.batch_id = any($1) and l.account in ('inventory', 'goods_in_transit') and l.pieces > 0
           union all
           select s.batch_id, s.amount, s.vat, false
           from additional_expense_shares s join additional_expenses e using (additional_expense_id) join articles a using (article_id)
               join batches b using (batch_id)
           where s.batch_id = any($1) and a.cost_element = 'purchase' and e.party_id = b.party_id and e.reversed_on is null
               and e.effective_on <= $2 and (not e.estimate or e.settled_by_id > 0)"#,
        &ids,
        on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let gone = sqlx::query!(
        r#"select batch_id as "batch_id!", sum(pieces)::bigint as "pieces!" from (
               select l.origin_batch_id as batch_id, l.pieces from supplier_return_lines l join supplier_returns r using (supplier_return_id)
               where l.origin_batch_id = any($1) and r.reversed_on is null
               union all
               select batch_id, pieces from batch_shortages where batch_id = any($1) and reversed_on is null) g
           group by batch_id"#,
        &ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    for row in sums {
        if let Some(price) = prices.get_mut(&row.batch_id) {
            let sum = Amount { value: row.cost, vat: row.vat };
            if row.received {
                price.receipt = price.receipt + sum;
            } else {
                price.corrections.push(sum);
            }
        }
    }
    for row in gone {
        if let Some(price) = prices.get_mut(&row.batch_id) {
            price.gone = row.pieces;
        }
    }
    Ok(prices)
}

/// Writes a return and its lines; returns it with its id.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut new: SupplierReturn, lines: &[ReturnedLine]) -> Result<SupplierReturn> {
    new.supplier_return_id = sqlx::query_scalar!(
        "insert into supplier_returns (company_id, party_id, contract_id, document_id, returned_on, number, reason, article_id, cost, vat,
            gross, landed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning supplier_return_id",
        new.company_id,
        new.party_id,
        new.contract_id,
        new.document_id,
        new.returned_on,
        new.number,
        new.reason,
        new.article_id,
        new.cost,
        new.vat,
        new.gross,
        new.landed
    )
    .fetch_one(&mut *run.tx)
    .await?;
    for line in lines {
        sqlx::query!(
            "insert into supplier_return_lines (supplier_return_id, batch_id, origin_batch_id, pieces, metres, cost, vat, gross, landed)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            new.supplier_return_id,
            line.batch_id,
            line.origin_batch_id,
            line.pieces,
            line.metres,
            line.cost,
            line.vat,
            line.gross,
            line.landed
        )
        .execute(&mut *run.tx)
        .await?;
    }
    Ok(new)
}

/// The number of a delivery among these whose price is not final yet.
pub(super) async fn preliminary_in_tx(run: &mut Run<'_>, origin_ids: &[i64]) -> Result<Option<String>> {
    let found = sqlx::query_scalar!(
        "select b.number from purchase_receipts r join batches b using (batch_id)
            left join additional_expenses e on e.additional_expense_id = r.additional_expense_id
         where r.batch_id = any($1) and r.preliminary and (r.finalised_on is null or e.reversed_on is not null)
         order by b.batch_id limit 1",
        origin_ids
    );
    Ok(found.fetch_optional(&mut *run.tx).await?)
}

/// Whether goods of these deliveries went back to their supplier on this day or later.
pub(in crate::batches) async fn went_back_in_tx(run: &mut Run<'_>, origin_ids: &[i64], since: NaiveDate) -> Result<bool> {
    let went = sqlx::query_scalar!(
        r#"select exists (
               select from supplier_return_lines l join supplier_returns r using (supplier_return_id)
               where l.origin_batch_id = any($1) and r.returned_on >= $2 and r.reversed_on is null) as "went!""#,
        origin_ids,
        since
    );
    Ok(went.fetch_one(&mut *run.tx).await?)
}

/// The return, locked; errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, supplier_return_id: i64) -> Result<SupplierReturn> {
    sqlx::query_as!(
        SupplierReturn,
        "select supplier_return_id, company_id, party_id, contract_id, document_id, returned_on, number, reason, article_id, cost, vat,
             gross, landed, reversed_on, reversal_document_id
         from supplier_returns where supplier_return_id = $1 for update",
        supplier_return_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("supplier return", supplier_return_id))
}

/// Its lines, by batch.
pub(super) async fn lines_in_tx(run: &mut Run<'_>, supplier_return_id: i64) -> Result<Vec<ReturnedLine>> {
    Ok(sqlx::query_as!(
        ReturnedLine,
        "select supplier_return_id, batch_id, origin_batch_id, pieces, metres, cost, vat, gross, landed from supplier_return_lines
         where supplier_return_id = $1 order by batch_id",
        supplier_return_id
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

pub(super) async fn save_reversed_in_tx(run: &mut Run<'_>, of: &SupplierReturn) -> Result<()> {
    sqlx::query!(
        "update supplier_returns set reversed_on = $2, reversal_document_id = $3 where supplier_return_id = $1",
        of.supplier_return_id,
        of.reversed_on,
        of.reversal_document_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// The number of a document after this one by which more of these deliveries went back or was missing, if it stands.
pub(super) async fn later_in_tx(run: &mut Run<'_>, origin_ids: &[i64], document_id: i64) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select number from documents where document_id in (
             select r.document_id from supplier_return_lines l join supplier_returns r using (supplier_return_id)
             where l.origin_batch_id = any($1) and r.reversed_on is null
             union all
             select document_id from batch_shortages where batch_id = any($1) and reversed_on is null)
             and document_id > $2
         order by document_id desc limit 1",
        origin_ids,
        document_id
    )
    .fetch_optional(&mut *run.tx)
    .await?)
}
