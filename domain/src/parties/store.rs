//! SQL of counterparties.

use super::commands::{ContactAdd, ContractCreate, Fields};
use super::{Contact, Contract, ContractKind, Party};
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// The party, or `NOT_FOUND`.
pub async fn get(db: &Db, party_id: i64) -> Result<Party> {
    list_by_ids(db, &[party_id]).await?.pop().ok_or_else(|| Error::not_found("party", party_id))
}

/// The parties of these ids, deleted ones too: old documents name them.
pub async fn list_by_ids(db: &Db, party_ids: &[i64]) -> Result<Vec<Party>> {
    Ok(sqlx::query_as!(
        Party,
        "select party_id, name, inn, phone, email, is_customer, is_supplier, is_carrier, external_id, version
         from parties where party_id = any($1) order by party_id",
        party_ids
    )
    .fetch_all(db)
    .await?)
}

/// The people of these parties, by id.
pub async fn list_contacts(db: &Db, party_ids: &[i64]) -> Result<Vec<Contact>> {
    Ok(sqlx::query_as!(
        Contact,
        "select contact_id, party_id, name, phone, email, version from contacts where party_id = any($1) order by contact_id",
        party_ids
    )
    .fetch_all(db)
    .await?)
}

/// Contracts after `after`, at most `limit`; `party_id` 0 = of all parties.
pub async fn list_contracts(db: &Db, party_id: i64, after: i64, limit: i64) -> Result<Vec<Contract>> {
    Ok(sqlx::query_as!(
        Contract,
        r#"select contract_id, company_id, party_id, kind as "kind: ContractKind", number, signed_on, payment_days, title_on_delivery, version
           from contracts where ($1::bigint = 0 or party_id = $1) and contract_id > $2 order by contract_id limit $3"#,
        party_id,
        after,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The contracts of these parties, by id.
pub async fn list_contracts_of(db: &Db, party_ids: &[i64]) -> Result<Vec<Contract>> {
    Ok(sqlx::query_as!(
        Contract,
        r#"select contract_id, company_id, party_id, kind as "kind: ContractKind", number, signed_on, payment_days, title_on_delivery, version
           from contracts where party_id = any($1) order by contract_id"#,
        party_ids
    )
    .fetch_all(db)
    .await?)
}

/// The contracts of these ids.
pub async fn list_contracts_by_ids(db: &Db, contract_ids: &[i64]) -> Result<Vec<Contract>> {
    Ok(sqlx::query_as!(
        Contract,
        r#"select contract_id, company_id, party_id, kind as "kind: ContractKind", number, signed_on, payment_days, title_on_delivery, version
           from contracts where contract_id = any($1)"#,
        contract_ids
    )
    .fetch_all(db)
    .await?)
}

/// The live party, kept from being deleted until the command ends, or `NOT_FOUND`.
pub async fn get_in_tx(run: &mut Run<'_>, party_id: i64) -> Result<Party> {
    sqlx::query_as!(
        Party,
        "select party_id, name, inn, phone, email, is_customer, is_supplier, is_carrier, external_id, version
         from parties where party_id = $1 and deleted_at is null for key share",
        party_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("party", party_id))
}

/// The contract, or `NOT_FOUND`.
pub async fn get_contract_in_tx(run: &mut Run<'_>, contract_id: i64) -> Result<Contract> {
    sqlx::query_as!(
        Contract,
        r#"select contract_id, company_id, party_id, kind as "kind: ContractKind", number, signed_on, payment_days, title_on_delivery, version
           from contracts where contract_id = $1"#,
        contract_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("contract", contract_id))
}

/// Holds what is owed and prepaid between the party and us until the command ends: without it, money and a debt that come at the same
/// moment would not see each other. Errors: `NOT_FOUND`.
pub async fn hold_in_tx(run: &mut Run<'_>, party_id: i64) -> Result<()> {
    sqlx::query_scalar!("select party_id from parties where party_id = $1 and deleted_at is null for no key update", party_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("party", party_id))?;
    Ok(())
}

pub(super) async fn lock_in_tx(run: &mut Run<'_>, party_id: i64) -> Result<Party> {
    sqlx::query_as!(
        Party,
        "select party_id, name, inn, phone, email, is_customer, is_supplier, is_carrier, external_id, version
         from parties where party_id = $1 and deleted_at is null for update",
        party_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("party", party_id))
}

/// What is still open with the party, as people call it: an order to ship, an open deal, a debt or an advance.
///
/// The tables belong to higher slices, which ask this one for a live party before they write to them.
pub(super) async fn open_use_in_tx(run: &mut Run<'_>, party_id: i64) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        r#"select name as "name!" from (
             select 1 as rank, 'order ' || number as name from orders
             where party_id = $1 and (status in ('draft', 'confirmed') or (status = 'shipped' and title_on_delivery)) and deleted_at is null
             union all
             select 2, 'deal ' || number from deals where party_id = $1 and stage not in ('won', 'lost') and deleted_at is null
             union all
             select 3, case when account in ('receivables', 'payables') then 'a debt of ' else 'an advance of ' end || open
             from settlement_items where party_id = $1 and open > 0) t
           order by rank, name limit 1"#,
        party_id
    )
    .fetch_optional(&mut *run.tx)
    .await?)
}

pub(super) async fn insert_in_tx(run: &mut Run<'_>, new: &Fields) -> Result<Party> {
    Ok(sqlx::query_as!(
        Party,
        "insert into parties (name, inn, phone, email, is_customer, is_supplier, is_carrier, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         returning party_id, name, inn, phone, email, is_customer, is_supplier, is_carrier, external_id, version",
        new.name,
        new.inn,
        new.phone,
        new.email,
        new.is_customer,
        new.is_supplier,
        new.is_carrier,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, party_id: i64, new: &Fields) -> Result<Party> {
    Ok(sqlx::query_as!(
        Party,
        "update parties set name = $2, inn = $3, phone = $4, email = $5, is_customer = $6, is_supplier = $7, is_carrier = $8,
             version = version + 1
         where party_id = $1
         returning party_id, name, inn, phone, email, is_customer, is_supplier, is_carrier, external_id, version",
        party_id,
        new.name,
        new.inn,
        new.phone,
        new.email,
        new.is_customer,
        new.is_supplier,
        new.is_carrier
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn delete_in_tx(run: &mut Run<'_>, party_id: i64) -> Result<()> {
    sqlx::query!("update parties set deleted_at = $2, version = version + 1 where party_id = $1", party_id, run.ctx.now)
        .execute(&mut *run.tx)
        .await?;
    Ok(())
}

pub(super) async fn insert_contact_in_tx(run: &mut Run<'_>, new: &ContactAdd) -> Result<Contact> {
    Ok(sqlx::query_as!(
        Contact,
        "insert into contacts (party_id, name, phone, email) values ($1, $2, $3, $4)
         returning contact_id, party_id, name, phone, email, version",
        new.party_id,
        new.name,
        new.phone,
        new.email
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn insert_contract_in_tx(run: &mut Run<'_>, new: &ContractCreate) -> Result<Contract> {
    Ok(sqlx::query_as!(
        Contract,
        r#"insert into contracts (company_id, party_id, kind, number, signed_on, payment_days, title_on_delivery) values ($1, $2, $3, $4, $5, $6, $7)
           returning contract_id, company_id, party_id, kind as "kind: ContractKind", number, signed_on, payment_days, title_on_delivery, version"#,
        new.company_id,
        new.party_id,
        new.kind.as_str(),
        new.number,
        new.signed_on,
        new.payment_days,
        new.title_on_delivery
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Locks a contract. Errors: `NOT_FOUND`.
pub(super) async fn lock_contract_in_tx(run: &mut Run<'_>, contract_id: i64) -> Result<Contract> {
    sqlx::query!("select contract_id from contracts where contract_id = $1 for update", contract_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    get_contract_in_tx(run, contract_id).await
}

pub(super) async fn save_contract_in_tx(run: &mut Run<'_>, contract: &Contract) -> Result<()> {
    sqlx::query!(
        "update contracts set payment_days = $2, title_on_delivery = $3, version = $4 where contract_id = $1",
        contract.contract_id,
        contract.payment_days,
        contract.title_on_delivery,
        contract.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
