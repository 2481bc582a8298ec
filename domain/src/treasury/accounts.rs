//! Accounts and cash desks renamed and retired.

use serde::{Deserialize, Serialize};

use super::commands::CashAccount;
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::text;

/// Another name for an account, or an end to its use; `None` = as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub cash_account_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// Payments may go through it.
    pub active: Option<bool>,
}

/// Renames or retires an account (изменить счёт или кассу); what went through it stays.
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS` (the name), `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<CashAccount>> {
    input.name = input.name.map(|name| text::required(&name, "name", 120)).transpose()?;
    command::run(db, ctx, "treasury.account_update", Permission::RecordMoney, &input, async |run, input| {
        let now = sqlx::query!(
            "select company_id, name, active, version from cash_accounts where cash_account_id = $1 for no key update",
            input.cash_account_id
        )
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("cash account", input.cash_account_id))?;
        same_version("cash_account", input.cash_account_id, now.version, input.expected_version)?;
        let name = input.name.clone().unwrap_or(now.name);
        sqlx::query!(
            "update cash_accounts set name = $2, active = $3, version = version + 1 where cash_account_id = $1",
            input.cash_account_id,
            name,
            input.active.unwrap_or(now.active)
        )
        .execute(&mut *run.tx)
        .await?;
        Ok(CashAccount { cash_account_id: input.cash_account_id, company_id: now.company_id, name })
    })
    .await
}
