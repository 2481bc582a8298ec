//! SQL of stock operations.

use rust_decimal::Decimal;

use super::{Goods, Lineage, Source, StockCount, StockCountLine};
use crate::batches::Batch;
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::Account;

/// The goods of a product; errors: `NOT_FOUND`.
pub(super) async fn goods_in_tx(run: &mut Run<'_>, product_id: i64) -> Result<Goods> {
    sqlx::query_as!(
        Goods,
        "select product_id, profile, condition, length_m, kg_per_m from products where product_id = $1 and kind = 'goods'",
        product_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("goods", product_id))
}

/// A batch with its goods; errors: `NOT_FOUND`.
pub(in crate::batches) async fn source_in_tx(run: &mut Run<'_>, batch_id: i64) -> Result<Source> {
    let batch = sqlx::query_as!(
        Batch,
        "select batch_id, company_id, product_id, warehouse_id, party_id, contract_id, document_id, number, received_on, pieces,
             metres, tonnes_theoretical, tonnes_weighed, cost, vat
         from batches where batch_id = $1 and deleted_at is null",
        batch_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("batch", batch_id))?;
    let goods = goods_in_tx(run, batch.product_id).await?;
    Ok(Source { batch, goods })
}

/// How many batches were made of this one, which is locked.
pub(super) async fn children_in_tx(run: &mut Run<'_>, batch_id: i64) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select count(*) as "count!" from batch_moves where parent_batch_id = $1"#, batch_id)
        .fetch_one(&mut *run.tx)
        .await?)
}

/// Every batch made of these, and of those, by id.
pub(in crate::batches) async fn descendants_in_tx(run: &mut Run<'_>, batch_ids: &[i64]) -> Result<Vec<Lineage>> {
    Ok(sqlx::query_as!(
        Lineage,
        r#"with recursive made as (
               select m.* from batch_moves m where m.parent_batch_id = any($1)
               union
               select m.* from made join batch_moves m on m.parent_batch_id = made.child_batch_id)
           select child_batch_id as "child_batch_id!", parent_batch_id as "parent_batch_id!", document_id as "document_id!",
               transaction_id as "transaction_id!", pieces as "pieces!", metres as "metres!",
               (select effective_on from ledger_transaction t where t.transaction_id = made.transaction_id) as "moved_on!"
           from made order by child_batch_id"#,
        batch_ids
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

pub(super) async fn insert_lineage_in_tx(run: &mut Run<'_>, line: &Lineage) -> Result<()> {
    sqlx::query!(
        "insert into batch_moves (child_batch_id, parent_batch_id, document_id, transaction_id, pieces, metres)
         values ($1, $2, $3, $4, $5, $6)",
        line.child_batch_id,
        line.parent_batch_id,
        line.document_id,
        line.transaction_id,
        line.pieces,
        line.metres
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// The article, which must be one of write-offs; errors: `NOT_FOUND`, `ARTICLE_MISMATCH`.
pub(in crate::batches) async fn check_write_off_in_tx(run: &mut Run<'_>, article_id: i64) -> Result<()> {
    let account = sqlx::query_scalar!("select contra_account from articles where article_id = $1", article_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", article_id))?;
    if Account::parse(&account) == Some(Account::WriteOffs) {
        return Ok(());
    }
    let message = "this article writes nothing off; choose goods_damaged, goods_used, goods_shortage or the like";
    Err(Error::rejected(Code::ArticleMismatch, message))
}

/// The article of a code that the migrations made.
pub(super) async fn article_in_tx(run: &mut Run<'_>, code: &str) -> Result<i64> {
    sqlx::query_scalar!("select article_id from articles where code = $1", code)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", code))
}

/// Pieces by the books at the end of a day.
pub(super) async fn pieces_on_in_tx(run: &mut Run<'_>, batch_id: i64, on: chrono::NaiveDate) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select coalesce(sum(pieces), 0)::bigint as "pieces!" from ledger_entry
           where account in ('inventory', 'goods_in_transit') and batch_id = $1 and effective_on <= $2"#,
        batch_id,
        on
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Writes a count and its lines; returns it with its id.
pub(super) async fn insert_count_in_tx(run: &mut Run<'_>, mut count: StockCount, lines: &[StockCountLine]) -> Result<StockCount> {
    count.stock_count_id = sqlx::query_scalar!(
        "insert into stock_counts (company_id, warehouse_id, document_id, counted_on, note) values ($1, $2, $3, $4, $5)
         returning stock_count_id",
        count.company_id,
        count.warehouse_id,
        count.document_id,
        count.counted_on,
        count.note
    )
    .fetch_one(&mut *run.tx)
    .await?;
    let ids = |of: fn(&StockCountLine) -> i64| lines.iter().map(of).collect::<Vec<_>>();
    let decimals = |of: fn(&StockCountLine) -> Decimal| lines.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "insert into stock_count_lines (stock_count_id, batch_id, book_pieces, counted_pieces, metres, cost)
         select $1, l.batch_id, l.book_pieces, l.counted_pieces, l.metres, l.cost
         from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::numeric[], $6::numeric[])
            as l (batch_id, book_pieces, counted_pieces, metres, cost)",
        count.stock_count_id,
        &ids(|line| line.batch_id),
        &ids(|line| line.book_pieces),
        &ids(|line| line.counted_pieces),
        &decimals(|line| line.metres),
        &decimals(|line| line.cost)
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(count)
}
