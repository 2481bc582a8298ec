//! Warehouses renamed, given to a keeper, and retired.

use serde::{Deserialize, Serialize};

use super::Warehouse;
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::{parties, text};

/// Another name or keeper for a warehouse, or an end to its use; `None` = as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub warehouse_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// Whose yard it is when it is not ours, 0 = ours.
    pub keeper_id: Option<i64>,
    /// Goods may come to it.
    pub active: Option<bool>,
}

/// Changes a warehouse (изменить склад); goods may leave a retired one, none come to it. That of goods on their way stays as it is.
///
/// Errors: `NOT_FOUND` (also the keeper), `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS` (the name), `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Warehouse>> {
    input.name = input.name.map(|name| text::required(&name, "name", 200)).transpose()?;
    command::run(db, ctx, "batches.warehouse_update", Permission::ManageSettings, &input, async |run, input| {
        let mut warehouse = lock_in_tx(run, input.warehouse_id).await?;
        same_version("warehouse", warehouse.warehouse_id, warehouse.version, input.expected_version)?;
        if let Some(keeper_id) = input.keeper_id.filter(|id| *id != 0 && *id != warehouse.keeper_id) {
            parties::store::get_in_tx(run, keeper_id).await?;
        }
        warehouse.name = input.name.clone().unwrap_or(warehouse.name);
        warehouse.keeper_id = input.keeper_id.unwrap_or(warehouse.keeper_id);
        warehouse.active = input.active.unwrap_or(warehouse.active);
        warehouse.version += 1;
        save_in_tx(run, &warehouse).await?;
        Ok(warehouse)
    })
    .await
}

/// Locks a warehouse that people made. Errors: `NOT_FOUND`, `INVALID_INPUT` (goods on their way).
async fn lock_in_tx(run: &mut Run<'_>, warehouse_id: i64) -> Result<Warehouse> {
    let kind = sqlx::query_scalar!("select kind from warehouses where warehouse_id = $1 for no key update", warehouse_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("warehouse", warehouse_id))?;
    if kind == "transit" {
        return Err(Error::invalid("warehouseId", "this is where goods on their way are; it is not changed"));
    }
    Ok(sqlx::query_as!(
        Warehouse,
        "select warehouse_id, name, keeper_id, is_transit, active, version from warehouses where warehouse_id = $1",
        warehouse_id
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

async fn save_in_tx(run: &mut Run<'_>, warehouse: &Warehouse) -> Result<()> {
    sqlx::query!(
        "update warehouses set name = $2, keeper_id = $3, active = $4, version = $5 where warehouse_id = $1",
        warehouse.warehouse_id,
        warehouse.name,
        warehouse.keeper_id,
        warehouse.active,
        warehouse.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
