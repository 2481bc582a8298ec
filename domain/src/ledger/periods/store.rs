//! SQL of closing and reopening.

use chrono::NaiveDate;

use super::Month;
use crate::command::Run;
use crate::error::Result;

/// One at a time closes or reopens months of a company; postings go on.
pub(super) async fn lock_periods_of_company_in_tx(run: &mut Run<'_>, company_id: i64) -> Result<()> {
    // Weaker than `for update`: rows that refer to the company may still be written.
    sqlx::query!("select from companies where company_id = $1 for no key update", company_id).execute(&mut *run.tx).await?;
    Ok(())
}

/// Waits for whatever is being posted to the month, and holds off the rest. Returns whether it is closed already.
pub(super) async fn lock_for_closing_in_tx(run: &mut Run<'_>, company_id: i64, month: NaiveDate) -> Result<bool> {
    sqlx::query!("insert into periods (company_id, month) values ($1, $2) on conflict do nothing", company_id, month)
        .execute(&mut *run.tx)
        .await?;
    Ok(sqlx::query_scalar!(
        r#"select closed_at is not null as "closed!" from periods where company_id = $1 and month = $2 for update"#,
        company_id,
        month
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn is_closed_in_tx(run: &mut Run<'_>, company_id: i64, month: NaiveDate) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from periods where company_id = $1 and month = $2 and closed_at is not null) as "closed!""#,
        company_id,
        month
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn last_closed_in_tx(run: &mut Run<'_>, company_id: i64) -> Result<Option<NaiveDate>> {
    Ok(sqlx::query_scalar!("select max(month) from periods where company_id = $1 and closed_at is not null", company_id)
        .fetch_one(&mut *run.tx)
        .await?)
}

/// Closes the month, which is locked, and keeps what it adds up to.
pub(super) async fn close_in_tx(run: &mut Run<'_>, company_id: i64, month: Month) -> Result<()> {
    sqlx::query!("update periods set closed_at = $3 where company_id = $1 and month = $2", company_id, month.first, run.ctx.now)
        .execute(&mut *run.tx)
        .await?;
    let period_close_id = sqlx::query_scalar!(
        "insert into period_closes (company_id, month, number, closed_at, closed_by)
         select $1, $2, count(*) + 1, $3, $4 from period_closes where company_id = $1 and month = $2
         returning period_close_id",
        company_id,
        month.first,
        run.ctx.now,
        run.ctx.actor.user_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    sqlx::query!(
        "insert into period_totals (period_close_id, account, debit, credit, closing)
         select $1, account,
             coalesce(sum(amount) filter (where amount > 0 and effective_on >= $3), 0),
             coalesce(-sum(amount) filter (where amount < 0 and effective_on >= $3), 0),
             sum(amount)
         from ledger_entry where company_id = $2 and effective_on <= $4 group by account",
        period_close_id,
        company_id,
        month.first,
        month.last
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Opens the month again and writes on its last close who did so and why.
pub(super) async fn reopen_in_tx(run: &mut Run<'_>, company_id: i64, month: NaiveDate, reason: &str) -> Result<()> {
    sqlx::query!("update periods set closed_at = null where company_id = $1 and month = $2", company_id, month)
        .execute(&mut *run.tx)
        .await?;
    sqlx::query!(
        "update period_closes set reopened_at = $3, reopened_by = $4, reason = $5
         where company_id = $1 and month = $2 and reopened_at is null",
        company_id,
        month,
        run.ctx.now,
        run.ctx.actor.user_id,
        reason
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
