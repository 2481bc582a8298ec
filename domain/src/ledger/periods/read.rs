//! SQL of periods for those who look at them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Change, Close, Finding, Month, Period, Total, checks};
use crate::companies;
use crate::db::Db;
use crate::error::{Error, Result};

/// The months of a company, from its first one to the present one, the newest first. Errors: `NOT_FOUND`.
pub async fn list(db: &Db, company_id: i64, now: DateTime<Utc>) -> Result<Vec<Period>> {
    let company = company(db, company_id).await?;
    let today = (now + TimeDelta::minutes(i64::from(company.utc_offset_minutes))).date_naive();
    let closes = sqlx::query_as!(
        Close,
        "select period_close_id, month, number, closed_at, closed_by, reopened_at, reopened_by, reason
         from period_closes where company_id = $1 order by month, number",
        company_id
    )
    .fetch_all(db)
    .await?;
    let mut by_month: HashMap<NaiveDate, Vec<Close>> = HashMap::new();
    for close in closes {
        by_month.entry(close.month).or_default().push(close);
    }
    let months = sqlx::query!(
        r#"select m.month::date as "month!", p.closed_at as "closed_at?"
           from generate_series(date_trunc('month', $2::date::timestamp), $3::date::timestamp, interval '1 month') as m (month)
           left join periods p on p.company_id = $1 and p.month = m.month::date
           order by m.month desc"#,
        company_id,
        company.first_day,
        today
    )
    .fetch_all(db)
    .await?;
    let period = |(month, closed_at): (NaiveDate, Option<DateTime<Utc>>)| {
        let closes = by_month.remove(&month).unwrap_or_default();
        Period { company_id, month, closed_at, closes }
    };
    Ok(months.into_iter().map(|row| (row.month, row.closed_at)).map(period).collect())
}

/// One month of a company. Errors: `NOT_FOUND`.
pub async fn get(db: &Db, company_id: i64, month: NaiveDate, now: DateTime<Utc>) -> Result<Period> {
    let found = list(db, company_id, now).await?.into_iter().find(|period| period.month == month);
    found.ok_or_else(|| Error::not_found("period", month))
}

/// What stands in the way of closing the month. Errors: `NOT_FOUND`, `INVALID_INPUT`.
pub async fn checklist(db: &Db, company_id: i64, month: NaiveDate) -> Result<Vec<Finding>> {
    let month = Month::starting(month)?;
    let company_id = company(db, company_id).await?.company_id;
    checks::findings(&mut *db.acquire().await?, company_id, month).await
}

async fn company(db: &Db, company_id: i64) -> Result<companies::Company> {
    let found = companies::store::list_by_ids(db, &[company_id]).await?.pop();
    found.ok_or_else(|| Error::not_found("company", company_id))
}

/// What was reported at these closes, by account.
pub async fn list_totals(db: &Db, period_close_ids: &[i64]) -> Result<Vec<Total>> {
    Ok(sqlx::query_as!(
        Total,
        r#"select period_close_id, account as "account: _", debit, credit, closing
           from period_totals where period_close_id = any($1)"#,
        period_close_ids
    )
    .fetch_all(db)
    .await?)
}

/// The accounts whose turnover or balance at the end of the month is no more what it was at these closes.
pub async fn list_changes(db: &Db, period_close_ids: &[i64]) -> Result<Vec<Change>> {
    Ok(sqlx::query_as!(
        Change,
        r#"select period_close_id as "period_close_id!", account as "account!: _", sum(closed) as "closed!", sum(now) as "now!",
               sum(debit) as "debit!", sum(credit) as "credit!"
           from (select period_close_id, account, closing as closed, 0 as now, -debit as debit, -credit as credit
                 from period_totals where period_close_id = any($1)
                 union all
                 select c.period_close_id, e.account, 0, sum(e.amount),
                     coalesce(sum(e.amount) filter (where e.amount > 0 and e.effective_on >= c.month), 0),
                     coalesce(-sum(e.amount) filter (where e.amount < 0 and e.effective_on >= c.month), 0)
                 from period_closes c
                 join ledger_entry e on e.company_id = c.company_id and e.effective_on < c.month + interval '1 month'
                 where c.period_close_id = any($1) group by c.period_close_id, e.account) t
           group by period_close_id, account
           having sum(closed) <> sum(now) or sum(debit) <> 0 or sum(credit) <> 0"#,
        period_close_ids
    )
    .fetch_all(db)
    .await?)
}
