//! SQL of batches and their balances.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::commands::WarehouseCreate;
use super::{Balance, Batch, Issue, Warehouse, later};
use crate::command::Run;
use crate::companies::rates::Currency;
use crate::error::{Code, Error, Result};
use crate::ledger::Account;
use crate::parties;

/// What a batch needs to know of its product.
pub struct Goods {
    /// Metres of one piece.
    pub length_m: Decimal,
    /// Weight of a metre, kg.
    pub kg_per_m: Decimal,
    /// What it is called.
    pub name: String,
    /// New documents may name it.
    pub active: bool,
}

impl Goods {
    /// Refuses goods that were retired. Errors: `NOT_ACTIVE`.
    pub fn in_use(self, path: &str) -> Result<Self> {
        if self.active { Ok(self) } else { Err(Error::not_active(path, &self.name)) }
    }
}

/// The product, which must be goods.
pub async fn goods_in_tx(run: &mut Run<'_>, product_id: i64) -> Result<Goods> {
    sqlx::query_as!(
        Goods,
        "select length_m, kg_per_m, name, active from products where product_id = $1 and kind = 'goods'",
        product_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("goods", product_id))
}

/// The party is a supplier and the contract is his and the company's; returns the days of payment.
pub async fn check_supplier_in_tx(run: &mut Run<'_>, company_id: i64, party_id: i64, contract_id: i64) -> Result<i64> {
    let party = parties::store::get_in_tx(run, party_id).await?;
    if !party.is_supplier {
        let message = format!("{} is not a supplier; mark the party as one (partyUpdate), or choose another", party.name);
        return Err(Error::rejected(Code::PartyMismatch, message));
    }
    check_contract_in_tx(run, company_id, party_id, contract_id).await
}

/// The contract, if one is named, is the party's and the company's; returns its days of payment.
pub(crate) async fn check_contract_in_tx(run: &mut Run<'_>, company_id: i64, party_id: i64, contract_id: i64) -> Result<i64> {
    if contract_id == 0 {
        return Ok(0);
    }
    let contract = sqlx::query!("select company_id, party_id, payment_days from contracts where contract_id = $1", contract_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("contract", contract_id))?;
    if contract.party_id != party_id {
        return Err(Error::rejected(
            Code::PartyMismatch,
            "the contract belongs to another party; choose a contract of this supplier",
        ));
    }
    if contract.company_id != company_id {
        return Err(Error::rejected(
            Code::CompanyMismatch,
            "the contract belongs to another company; choose one of this company",
        ));
    }
    Ok(i64::from(contract.payment_days))
}

/// Writes a batch and its balance, whose cost carries `vat` as a memo (none where VAT is part of the cost); returns it with its id.
pub async fn insert_in_tx(run: &mut Run<'_>, mut batch: Batch, vat: Decimal) -> Result<Batch> {
    batch.batch_id = sqlx::query_scalar!(
        "insert into batches (company_id, product_id, warehouse_id, party_id, contract_id, document_id, number, received_on, pieces,
            metres, tonnes_theoretical, tonnes_weighed, cost, vat)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning batch_id",
        batch.company_id,
        batch.product_id,
        batch.warehouse_id,
        batch.party_id,
        batch.contract_id,
        batch.document_id,
        batch.number,
        batch.received_on,
        batch.pieces,
        batch.metres,
        batch.tonnes_theoretical,
        batch.tonnes_weighed,
        batch.cost,
        batch.vat
    )
    .fetch_one(&mut *run.tx)
    .await?;
    sqlx::query!(
        "insert into batch_balances (batch_id, pieces, metres, tonnes_theoretical, tonnes_weighed, value, vat)
         values ($1, $2, $3, $4, $5, $6, $7)",
        batch.batch_id,
        batch.pieces,
        batch.metres,
        batch.tonnes_theoretical,
        batch.tonnes_weighed,
        batch.cost,
        vat
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(batch)
}

pub(super) async fn insert_warehouse_in_tx(run: &mut Run<'_>, new: &WarehouseCreate) -> Result<Warehouse> {
    Ok(sqlx::query_as!(
        Warehouse,
        "insert into warehouses (name, keeper_id, is_transit) values ($1, $2, $3)
         returning warehouse_id, name, keeper_id, is_transit, active, version",
        new.name,
        new.keeper_id,
        new.is_transit
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Keeps the price of a batch as printed in its currency.
pub(super) async fn insert_currency_in_tx(
    run: &mut Run<'_>,
    batch_id: i64,
    currency: Currency,
    (net, vat): (Decimal, Decimal),
) -> Result<()> {
    sqlx::query!(
        "insert into batch_currencies (batch_id, currency, net, vat) values ($1, $2, $3, $4)",
        batch_id,
        currency.as_str(),
        net,
        vat
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// What to take from a batch.
#[derive(Debug, Clone, Copy)]
pub struct Take {
    /// The batch.
    pub batch_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// Tonnes by the scales, 0 when not weighed.
    pub tonnes_weighed: Decimal,
}

/// Takes goods out on a date; the answer is in the order of `takes`. Balances are locked in the order of their ids.
///
/// Errors: `BATCH_SHORT` when the batch does not hold that much now, or would have held too little on the date or later;
/// `COMPANY_MISMATCH` for a batch of another company; `BATCH_IN_TRANSIT` for one that did not arrive.
pub async fn issue_in_tx(run: &mut Run<'_>, company_id: i64, on: NaiveDate, takes: &[Take]) -> Result<Vec<Issue>> {
    issue_from_in_tx(run, Account::Inventory, company_id, on, takes).await
}

/// The same of goods that are on this account: in a warehouse, or on their way.
pub(super) async fn issue_from_in_tx(
    run: &mut Run<'_>,
    from: Account,
    company_id: i64,
    on: NaiveDate,
    takes: &[Take],
) -> Result<Vec<Issue>> {
    let mut ids: Vec<i64> = takes.iter().map(|take| take.batch_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut balances = lock_balances_in_tx(run, company_id, &ids).await?;
    let mut issues = Vec::with_capacity(takes.len());
    for take in takes {
        let balance = balances
            .iter_mut()
            .find(|balance| balance.batch_id == take.batch_id)
            .ok_or_else(|| Error::not_found("batch", take.batch_id))?;
        if balance.account() != from {
            return Err(elsewhere(balance));
        }
        issues.push(balance.issue(take.pieces, take.tonnes_weighed)?);
    }
    let gains = gains_in_tx(run, &ids, on).await?;
    for balance in &balances {
        let mine = issues.iter().filter(|issue| issue.stock.batch_id == balance.batch_id);
        let (out, value) = mine.fold((0, Decimal::ZERO), |(out, value), issue| (out + issue.stock.pieces, value + issue.value));
        let before = Balance { pieces: balance.pieces + out, value: balance.value + value, ..*balance };
        let gain = gains.get(&balance.batch_id).copied().unwrap_or_default();
        let worth = check_dates(&before, gain, on, out)?;
        later::mark_in_tx(run, balance.batch_id, on, worth, &mut issues).await?;
    }
    save_all_in_tx(run, &balances).await?;
    Ok(issues)
}

/// The goods of a batch are not where they would be taken from.
pub(super) fn elsewhere(balance: &Balance) -> Error {
    if balance.in_transit {
        let message = "the goods are on their way; record their arrival first (batchArrive)";
        return Error::rejected(Code::BatchInTransit, message);
    }
    Error::rejected(Code::BatchMismatch, "the goods are in a warehouse already; choose a batch that is on its way")
}

/// Locks balances of the company's batches, in the order of their ids; those that do not exist are left out. Errors: `COMPANY_MISMATCH`.
pub(super) async fn lock_balances_in_tx(run: &mut Run<'_>, company_id: i64, ids: &[i64]) -> Result<Vec<Balance>> {
    let foreign =
        sqlx::query_scalar!("select number from batches where batch_id = any($1) and company_id <> $2 limit 1", ids, company_id)
            .fetch_optional(&mut *run.tx)
            .await?;
    if let Some(number) = foreign {
        return Err(Error::rejected(
            Code::CompanyMismatch,
            format!("batch {number} belongs to another company; take one of this company"),
        ));
    }
    Ok(sqlx::query_as!(
        Balance,
        r#"select s.batch_id, b.product_id, b.warehouse_id, p.length_m, s.pieces, s.metres, s.tonnes_theoretical, s.tonnes_weighed,
            s.value, s.vat, w.kind = 'transit' as "in_transit!"
         from batch_balances s join batches b using (batch_id) join products p using (product_id) join warehouses w using (warehouse_id)
         where s.batch_id = any($1) order by s.batch_id for update of s"#,
        ids
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

/// The batch must hold `out` pieces on every date from `on`: goods cannot leave before they came. `gain` is what came later; returns what the
/// batch is worth at least. Errors: `BATCH_SHORT`.
fn check_dates(now: &Balance, gain: Gain, on: NaiveDate, out: i64) -> Result<Decimal> {
    let (least, worth) = (now.pieces - gain.pieces, now.value - gain.worth);
    if least < out {
        return Err(Error::rejected(
            Code::BatchShort,
            format!(
                "on {on} or later the batch holds only {least} pieces, {out} are asked for; use a later date or another batch"
            ),
        ));
    }
    Ok(worth)
}

/// Most that batches gained on days after one, as pieces and as worth.
#[derive(Debug, Clone, Copy, Default)]
struct Gain {
    pieces: i64,
    worth: Decimal,
}

/// What these batches gained after `on`, by batch: those that gained nothing are left out.
///
/// Counted back from the balance of now over what is dated later: a busy batch has thousands of entries, few of them later. Each batch is
/// looked up inside its `lateral`, whatever plan was made of empty tables.
async fn gains_in_tx(run: &mut Run<'_>, batch_ids: &[i64], on: NaiveDate) -> Result<HashMap<i64, Gain>> {
    let rows = sqlx::query!(
        r#"select b.batch_id as "batch_id!", g.pieces as "pieces!", g.worth as "worth!"
           from unnest($1::bigint[]) b (batch_id) cross join lateral (
               select greatest(max(pieces), 0)::bigint as pieces, greatest(max(worth), 0) as worth from (
                   select sum(sum(pieces)) over d as pieces, sum(sum(amount)) over d as worth
                   from ledger_entry
                   where account in ('inventory', 'goods_in_transit') and batch_id = b.batch_id and effective_on > $2
                   group by effective_on window d as (order by effective_on desc)) d
               offset 0) g"#,
        batch_ids,
        on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.batch_id, Gain { pieces: row.pieces, worth: row.worth })).collect())
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, balance: &Balance) -> Result<()> {
    save_all_in_tx(run, std::slice::from_ref(balance)).await
}

/// Saves balances of different batches.
pub(super) async fn save_all_in_tx(run: &mut Run<'_>, balances: &[Balance]) -> Result<()> {
    let column = |of: fn(&Balance) -> Decimal| balances.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "update batch_balances s set pieces = n.pieces, metres = n.metres, tonnes_theoretical = n.tonnes_theoretical,
             tonnes_weighed = n.tonnes_weighed, value = n.value, vat = n.vat
         from unnest($1::bigint[], $2::bigint[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[])
             as n (batch_id, pieces, metres, tonnes_theoretical, tonnes_weighed, value, vat)
         where s.batch_id = n.batch_id",
        &balances.iter().map(|balance| balance.batch_id).collect::<Vec<_>>(),
        &balances.iter().map(|balance| balance.pieces).collect::<Vec<_>>(),
        &column(|balance| balance.metres),
        &column(|balance| balance.tonnes_theoretical),
        &column(|balance| balance.tonnes_weighed),
        &column(|balance| balance.value),
        &column(|balance| balance.vat)
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
