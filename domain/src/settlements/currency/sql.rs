//! SQL of debts and advances in currency.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Item, Part};
use crate::command::Run;
use crate::companies::rates::{Currency, Foreign};
use crate::error::{Error, Result};
use crate::ledger::{Account, Settlement};
use crate::parties;
use crate::settlements::store::By;

/// Open items of exactly this target and currency, oldest first, locked.
pub(super) async fn lock_in_tx(
    run: &mut Run<'_>,
    account: Account,
    company_id: i64,
    of: Settlement,
    currency: Currency,
) -> Result<Vec<Item>> {
    Ok(sqlx::query_as!(
        Item,
        "select item_id, opened_on, open, open_currency, revalued_on from settlement_items
         where company_id = $1 and party_id = $2 and account = $3 and contract_id = $4 and deal_id = 0 and order_id = 0
            and currency = $5 and open_currency > 0
         order by opened_on, item_id for update",
        company_id,
        of.party_id,
        account.as_str(),
        of.contract_id,
        currency.as_str()
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

pub(super) async fn insert_in_tx(
    run: &mut Run<'_>,
    account: Account,
    by: By,
    of: Settlement,
    foreign: Foreign,
    roubles: Decimal,
    due_on: NaiveDate,
) -> Result<Item> {
    let item_id = sqlx::query_scalar!(
        "insert into settlement_items (company_id, party_id, account, contract_id, document_id, opened_on, due_on, amount, open,
            currency, currency_amount, open_currency)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $10) returning item_id",
        by.company_id,
        of.party_id,
        account.as_str(),
        of.contract_id,
        by.document_id,
        by.on,
        due_on,
        roubles,
        foreign.currency.as_str(),
        foreign.amount
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(Item { item_id, opened_on: by.on, open: roubles, open_currency: foreign.amount, revalued_on: None })
}

/// The advance in currency a document opened, locked, if it did.
pub(super) async fn lock_opened_in_tx(run: &mut Run<'_>, document_id: i64, party_id: i64) -> Result<Option<(Item, Currency)>> {
    let row = sqlx::query!(
        "select item_id, opened_on, open, open_currency, revalued_on, currency from settlement_items
         where deal_id = 0 and party_id = $2 and document_id = $1 and account = 'supplier_advances' and currency <> 'RUB' for update",
        document_id,
        party_id
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = Currency::parse(&row.currency).ok_or_else(|| Error::internal("an advance in no currency"))?;
    let item = Item {
        item_id: row.item_id,
        opened_on: row.opened_on,
        open: row.open,
        open_currency: row.open_currency,
        revalued_on: row.revalued_on,
    };
    Ok(Some((item, currency)))
}

/// Lowers an item and logs it: each side by its own roubles.
pub(super) async fn lower_in_tx(run: &mut Run<'_>, by: By, part: Part, is_debt: bool) -> Result<()> {
    sqlx::query!(
        "update settlement_items set open = open - $2, open_currency = open_currency - $3, version = version + 1 where item_id = $1",
        part.item.item_id,
        part.carried,
        part.currency
    )
    .execute(&mut *run.tx)
    .await?;
    let (debt_id, advance_id) = if is_debt { (part.item.item_id, 0) } else { (0, part.item.item_id) };
    sqlx::query!(
        "insert into settlement_offsets (debt_id, advance_id, document_id, effective_on, amount, currency_amount)
         values ($1, $2, $3, $4, $5, $6)",
        debt_id,
        advance_id,
        by.document_id,
        by.on,
        part.carried,
        part.currency
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// A debt in currency as it was at the end of a day, and what of it was closed later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The debt.
    pub item_id: i64,
    /// With whom and under which contract.
    pub of: Settlement,
    /// Roubles still open now.
    pub open: Decimal,
    /// Currency still open now.
    pub open_currency: Decimal,
    /// Closed after that day: when, roubles as carried, currency.
    pub later: Vec<(NaiveDate, Decimal, Decimal)>,
}

/// Holds whoever is owed something in a currency by `on`, in the order of their ids: nothing of it is paid or taken back until the command
/// ends. What is read before that is old.
pub async fn hold_creditors_in_tx(run: &mut Run<'_>, company_id: i64, currency: Currency, on: NaiveDate) -> Result<Vec<i64>> {
    let party_ids = sqlx::query_scalar!(
        "select distinct party_id from settlement_items
         where company_id = $1 and currency = $2 and account = 'payables' and opened_on <= $3 order by party_id",
        company_id,
        currency.as_str(),
        on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    for party_id in &party_ids {
        parties::store::hold_in_tx(run, *party_id).await?;
    }
    Ok(party_ids)
}

/// Debts of a company to these parties, which are held, in a currency that were there at the end of `on`, locked, by id.
pub async fn revaluable_in_tx(
    run: &mut Run<'_>,
    company_id: i64,
    party_ids: &[i64],
    currency: Currency,
    on: NaiveDate,
) -> Result<Vec<Held>> {
    let rows = sqlx::query!(
        "select item_id, party_id, contract_id, open, open_currency from settlement_items i
         where company_id = $1 and currency = $2 and account = 'payables' and opened_on <= $3 and party_id = any($4)
            and (open_currency > 0 or exists (select from settlement_offsets o where o.debt_id = i.item_id and o.effective_on > $3))
         order by item_id for update",
        company_id,
        currency.as_str(),
        on,
        party_ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.item_id).collect();
    let later = sqlx::query!(
        "select debt_id, effective_on, amount, currency_amount from settlement_offsets
         where debt_id = any($1) and effective_on > $2 order by offset_id",
        &ids,
        on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let of_item = |item_id| later.iter().filter(move |row| row.debt_id == item_id);
    Ok(rows
        .iter()
        .map(|row| Held {
            item_id: row.item_id,
            of: Settlement { party_id: row.party_id, contract_id: row.contract_id, ..Settlement::default() },
            open: row.open,
            open_currency: row.open_currency,
            later: of_item(row.item_id).map(|row| (row.effective_on, row.amount, row.currency_amount)).collect(),
        })
        .collect())
}

/// Writes that what is open of a debt is carried at `more` roubles more from a day on, by this revaluation.
pub async fn revalued_in_tx(run: &mut Run<'_>, revaluation_id: i64, item_id: i64, more: Decimal, on: NaiveDate) -> Result<()> {
    sqlx::query!(
        "insert into currency_revaluation_items (currency_revaluation_id, item_id, difference, open_currency, revalued_before)
         select $1, item_id, $3, open_currency, revalued_on from settlement_items where item_id = $2",
        revaluation_id,
        item_id,
        more
    )
    .execute(&mut *run.tx)
    .await?;
    sqlx::query!(
        "update settlement_items set amount = amount + $2, open = open + $2, revalued_on = $3, version = version + 1 where item_id = $1",
        item_id,
        more,
        on
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Carries the debts of a revaluation, whose creditors are held, at what they were before. False, and nothing done, when there are none or
/// something of one was closed since.
pub async fn unrevalued_in_tx(run: &mut Run<'_>, revaluation_id: i64) -> Result<bool> {
    let rows = sqlx::query!(
        "select r.item_id, r.difference, r.revalued_before, r.open_currency, i.open_currency as open_now
         from currency_revaluation_items r join settlement_items i using (item_id)
         where r.currency_revaluation_id = $1 order by r.item_id for update of i",
        revaluation_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    if rows.is_empty() || rows.iter().any(|row| row.open_now != row.open_currency) {
        return Ok(false);
    }
    for row in rows {
        sqlx::query!(
            "update settlement_items set amount = amount - $2, open = open - $2, revalued_on = $3, version = version + 1 where item_id = $1",
            row.item_id,
            row.difference,
            row.revalued_before
        )
        .execute(&mut *run.tx)
        .await?;
    }
    Ok(true)
}
