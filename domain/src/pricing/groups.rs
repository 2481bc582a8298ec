//! SQL of customer groups one by one, and of settings that are taken away.

use super::lists::{CustomerGroup, PartyGroup};
use super::settings::MarginMinimum;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// The groups of these ids.
pub async fn list_groups_by_ids(db: &Db, ids: &[i64]) -> Result<Vec<CustomerGroup>> {
    Ok(sqlx::query_as!(
        CustomerGroup,
        "select customer_group_id, name, version from customer_groups where customer_group_id = any($1)",
        ids
    )
    .fetch_all(db)
    .await?)
}

/// The groups of these customers, by party; those of none are left out.
pub async fn list_groups_of(db: &Db, party_ids: &[i64]) -> Result<Vec<(i64, CustomerGroup)>> {
    let rows = sqlx::query!(
        "select party_id, customer_group_id, name, version from party_groups join customer_groups using (customer_group_id)
         where party_id = any($1)",
        party_ids
    )
    .fetch_all(db)
    .await?;
    let group = |id, name, version| CustomerGroup { customer_group_id: id, name, version };
    Ok(rows.into_iter().map(|row| (row.party_id, group(row.customer_group_id, row.name, row.version))).collect())
}

/// Locks a group. Errors: `NOT_FOUND`.
pub(super) async fn lock_group_in_tx(run: &mut Run<'_>, customer_group_id: i64) -> Result<CustomerGroup> {
    sqlx::query_as!(
        CustomerGroup,
        "select customer_group_id, name, version from customer_groups where customer_group_id = $1 for no key update",
        customer_group_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("customer group", customer_group_id))
}

pub(super) async fn save_group_in_tx(run: &mut Run<'_>, group: &CustomerGroup) -> Result<()> {
    sqlx::query!(
        "update customer_groups set name = $2, version = $3 where customer_group_id = $1",
        group.customer_group_id,
        group.name,
        group.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn drop_limit_in_tx(run: &mut Run<'_>, role: &str) -> Result<()> {
    sqlx::query!("delete from discount_limits where role = $1", role).execute(&mut *run.tx).await?;
    Ok(())
}

pub(super) async fn drop_minimum_in_tx(run: &mut Run<'_>, of: &MarginMinimum) -> Result<()> {
    sqlx::query!("delete from margin_minimums where role = $1 and customer_group_id = $2", of.role, of.customer_group_id)
        .execute(&mut *run.tx)
        .await?;
    Ok(())
}

pub(super) async fn save_party_group_in_tx(run: &mut Run<'_>, new: &PartyGroup) -> Result<()> {
    sqlx::query!("delete from party_groups where party_id = $1", new.party_id).execute(&mut *run.tx).await?;
    if new.customer_group_id > 0 {
        sqlx::query!(
            "insert into party_groups (party_id, customer_group_id) values ($1, $2)",
            new.party_id,
            new.customer_group_id
        )
        .execute(&mut *run.tx)
        .await?;
    }
    Ok(())
}
