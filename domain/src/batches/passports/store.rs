//! SQL of passports.

use super::Passport;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// The passports of these batches; those nobody described have none.
pub async fn list(db: &Db, batch_ids: &[i64]) -> Result<Vec<Passport>> {
    Ok(sqlx::query_as!(
        Passport,
        "select batch_id, heat_number, certificate, stack, tag, note, version from batch_passports where batch_id = any($1)",
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// Locks the batch; returns the version of its passport, 0 when it has none. Errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, batch_id: i64) -> Result<i32> {
    sqlx::query_scalar!("select batch_id from batches where batch_id = $1 and deleted_at is null for no key update", batch_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("batch", batch_id))?;
    let version = sqlx::query_scalar!("select version from batch_passports where batch_id = $1", batch_id);
    Ok(version.fetch_optional(&mut *run.tx).await?.unwrap_or_default())
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, passport: &Passport) -> Result<()> {
    sqlx::query!(
        "insert into batch_passports (batch_id, heat_number, certificate, stack, tag, note, version) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (batch_id) do update set heat_number = excluded.heat_number, certificate = excluded.certificate,
             stack = excluded.stack, tag = excluded.tag, note = excluded.note, version = excluded.version",
        passport.batch_id,
        passport.heat_number,
        passport.certificate,
        passport.stack,
        passport.tag,
        passport.note,
        passport.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Gives heat and certificate of a batch to one that was made of it.
pub(in crate::batches) async fn inherit_in_tx(run: &mut Run<'_>, parent_batch_id: i64, child_batch_id: i64) -> Result<()> {
    sqlx::query!(
        "insert into batch_passports (batch_id, heat_number, certificate)
         select $2, heat_number, certificate from batch_passports where batch_id = $1 and (heat_number, certificate) <> ('', '')",
        parent_batch_id,
        child_batch_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
