//! SQL of additional expenses.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::bases::Bearer;
use super::split::Amount;
use super::{AdditionalExpense, Basis, Kind};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::CostElement;

/// The part of the cost an article stands for; errors: `NOT_FOUND`, `ARTICLE_MISMATCH`.
pub(super) async fn element_in_tx(run: &mut Run<'_>, article_id: i64) -> Result<CostElement> {
    let element = sqlx::query_scalar!("select cost_element from articles where article_id = $1", article_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", article_id))?;
    CostElement::parse(&element).ok_or_else(|| {
        let message =
            "this article is no part of the cost of goods; choose freight to the warehouse, unloading, customs or the like";
        Error::rejected(Code::ArticleMismatch, message)
    })
}

/// What is known of these batches, by id; errors: `NOT_FOUND`, `DATE_BEFORE_RECEIPT`.
pub(super) async fn bearers_in_tx(run: &mut Run<'_>, batch_ids: &[i64], on: NaiveDate) -> Result<Vec<Bearer>> {
    let rows = sqlx::query!(
        r#"select b.batch_id, b.number, b.received_on, b.pieces, b.metres, b.tonnes_theoretical, b.cost,
               coalesce((select sum(s.amount + s.inherited_amount) from additional_expense_shares s join additional_expenses e using (additional_expense_id)
                   where s.batch_id = b.batch_id and e.reversed_on is null), 0) as "added!"
           from batches b where b.batch_id = any($1) and b.deleted_at is null order by b.batch_id"#,
        batch_ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    if let Some(missing) = batch_ids.iter().find(|batch_id| !rows.iter().any(|row| row.batch_id == **batch_id)) {
        return Err(Error::not_found("batch", missing));
    }
    if let Some(row) = rows.iter().find(|row| row.received_on > on) {
        let message = format!(
            "batch {} came on {}, after {on}; date the expense (effectiveOn) on that day or later",
            row.number, row.received_on
        );
        return Err(Error::rejected(Code::DateBeforeReceipt, message));
    }
    Ok(rows
        .into_iter()
        .map(|row| Bearer {
            batch_id: row.batch_id,
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes_theoretical,
            cost: row.cost,
            added: row.added,
        })
        .collect())
}

/// What the batch is worth at least on a day and on every later one (наименьшая стоимость остатка).
pub(super) async fn worth_in_tx(run: &mut Run<'_>, batch_id: i64, on: NaiveDate) -> Result<Decimal> {
    Ok(sqlx::query_scalar!(
        r#"select min(worth) from (
            select effective_on, sum(sum(amount)) over (order by effective_on) as worth
            from (select effective_on, amount from ledger_entry where account in ('inventory', 'goods_in_transit') and batch_id = $1
                  union all select $2::date, 0) e
            group by effective_on) d
           where effective_on >= $2"#,
        batch_id,
        on
    )
    .fetch_one(&mut *run.tx)
    .await?
    .unwrap_or_default())
}

/// Refuses when goods of these batches, on hand or on their way with these orders, are worth less than nothing on a day since `on`.
///
/// Errors: `BATCH_VALUE_SHORT`.
pub(super) async fn check_worth_in_tx(run: &mut Run<'_>, batch_ids: &[i64], order_ids: &[i64], on: NaiveDate) -> Result<()> {
    let short = sqlx::query!(
        r#"select b.number as "number!", d.day as "day!", d.worth as "worth!"
           from (
               select batch_id, effective_on as day, sum(sum(amount)) over (partition by batch_id order by effective_on) as worth
               from ledger_entry where account in ('inventory', 'goods_in_transit') and batch_id = any($1) group by batch_id, effective_on
               union all
               select batch_id, effective_on, sum(sum(amount)) over (partition by batch_id, order_id order by effective_on)
               from ledger_entry
               where order_id = any($2) and order_id > 0 and account = 'goods_shipped' and batch_id = any($1)
               group by batch_id, order_id, effective_on) d
           join batches b using (batch_id)
           where d.worth < 0 and d.day >= $3 order by d.day, d.batch_id limit 1"#,
        batch_ids,
        order_ids,
        on
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    let Some(short) = short else { return Ok(()) };
    let message = format!(
        "on {} the goods of batch {} would be worth {}; use a later date, a smaller sum, or first take back what lowered their cost",
        short.day, short.number, short.worth
    );
    Err(Error::rejected(Code::BatchValueShort, message))
}

/// The transactions of an expense, with their days, in their order: its own, and those that followed its goods.
pub(super) async fn postings_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<Vec<(i64, NaiveDate)>> {
    let rows = sqlx::query!(
        "select transaction_id, effective_on from ledger_transaction
         where document_id = $1 and kind = 'additional_expense' order by transaction_id",
        document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.transaction_id, row.effective_on)).collect())
}

/// The first level, batch by batch, and what batches made of those inherited.
#[derive(Default)]
pub(super) struct Shares {
    pub(super) batch_ids: Vec<i64>,
    pub(super) bases: Vec<Decimal>,
    pub(super) whole: Vec<Amount>,
    pub(super) inherited: Vec<Amount>,
    pub(super) stock: Vec<Amount>,
}

/// Writes an expense and its first level; returns it with its id.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut new: AdditionalExpense, of: &Shares) -> Result<AdditionalExpense> {
    new.additional_expense_id = sqlx::query_scalar!(
        "insert into additional_expenses (company_id, party_id, contract_id, article_id, document_id, transaction_id, kind, basis, number,
            issued_on, effective_on, net, vat, cost, estimate, settles_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning additional_expense_id",
        new.company_id,
        new.party_id,
        new.contract_id,
        new.article_id,
        new.document_id,
        new.transaction_id,
        new.kind as Kind,
        new.basis as Basis,
        new.number,
        new.issued_on,
        new.effective_on,
        new.net,
        new.vat,
        new.cost,
        new.estimate,
        new.settles_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    let column = |amounts: &[Amount], of: fn(&Amount) -> Decimal| amounts.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "insert into additional_expense_shares (additional_expense_id, batch_id, base, amount, vat, stock_amount, stock_vat,
            inherited_amount, inherited_vat)
         select $1, s.batch_id, s.base, s.amount, s.vat, s.stock_amount, s.stock_vat, s.inherited_amount, s.inherited_vat
         from unnest($2::bigint[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[])
            as s (batch_id, base, amount, vat, stock_amount, stock_vat, inherited_amount, inherited_vat)",
        new.additional_expense_id,
        &of.batch_ids,
        &of.bases,
        &column(&of.whole, |amount| amount.value),
        &column(&of.whole, |amount| amount.vat),
        &column(&of.stock, |amount| amount.value),
        &column(&of.stock, |amount| amount.vat),
        &column(&of.inherited, |amount| amount.value),
        &column(&of.inherited, |amount| amount.vat)
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(new)
}

/// The expense, locked.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, additional_expense_id: i64) -> Result<AdditionalExpense> {
    sqlx::query_as!(
        AdditionalExpense,
        r#"select additional_expense_id, company_id, party_id, contract_id, article_id, document_id, transaction_id, kind as "kind: Kind",
               basis as "basis: Basis", number, issued_on, effective_on, net, vat, cost, reversed_on, reversal_document_id, estimate, settles_id,
               settled_by_id
           from additional_expenses where additional_expense_id = $1 for update"#,
        additional_expense_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("additional expense", additional_expense_id))
}

/// What stayed with the goods on hand of a batch, and what came to it from its parent.
pub(super) struct Stored {
    pub(super) batch_id: i64,
    pub(super) stock: Amount,
    pub(super) inherited: Amount,
}

/// The first level of an expense and what was inherited, by batch.
pub(super) async fn stored_in_tx(run: &mut Run<'_>, additional_expense_id: i64) -> Result<Vec<Stored>> {
    let rows = sqlx::query!(
        "select batch_id, stock_amount, stock_vat, inherited_amount, inherited_vat from additional_expense_shares
         where additional_expense_id = $1 order by batch_id",
        additional_expense_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Stored {
            batch_id: row.batch_id,
            stock: Amount { value: row.stock_amount, vat: row.stock_vat },
            inherited: Amount { value: row.inherited_amount, vat: row.inherited_vat },
        })
        .collect())
}

/// Writes that it was taken back.
pub(super) async fn save_reversed_in_tx(run: &mut Run<'_>, expense: &AdditionalExpense) -> Result<()> {
    sqlx::query!(
        "update additional_expenses set reversed_on = $2, reversal_document_id = $3 where additional_expense_id = $1",
        expense.additional_expense_id,
        expense.reversed_on,
        expense.reversal_document_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// What each batch bears of an expense itself, by batch.
pub(super) async fn stored_whole_in_tx(run: &mut Run<'_>, additional_expense_id: i64) -> Result<Vec<(i64, Amount)>> {
    let rows = sqlx::query!(
        "select batch_id, amount, vat from additional_expense_shares where additional_expense_id = $1 order by batch_id",
        additional_expense_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.batch_id, Amount { value: row.amount, vat: row.vat })).collect())
}

/// Writes which bill settled an estimate, 0 = none any longer.
pub(super) async fn save_settled_in_tx(run: &mut Run<'_>, estimate_id: i64, bill_id: i64) -> Result<()> {
    sqlx::query!("update additional_expenses set settled_by_id = $2 where additional_expense_id = $1", estimate_id, bill_id)
        .execute(&mut *run.tx)
        .await?;
    Ok(())
}

/// The last day on which a bill of this estimate was taken back.
pub(super) async fn freed_on_in_tx(run: &mut Run<'_>, estimate_id: i64) -> Result<Option<NaiveDate>> {
    let freed = sqlx::query_scalar!("select max(reversed_on) from additional_expenses where settles_id = $1", estimate_id);
    Ok(freed.fetch_one(&mut *run.tx).await?)
}

/// Refuses a document that is a joint bill: its parts are taken back together. Errors: `STILL_IN_USE`.
pub(crate) async fn no_part_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<()> {
    let joint = sqlx::query_scalar!("select joint_bill_id from joint_bills where document_id = $1", document_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    if joint.is_none() {
        return Ok(());
    }
    let message = "this is a part of a bill for goods and orders together; take the whole bill back (jointBillReverse)";
    Err(Error::rejected(Code::StillInUse, message))
}
