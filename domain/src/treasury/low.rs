//! Too little money: on one account (остаток ниже порога), or for what is soon due to suppliers (кассовый разрыв). Told once a day while it
//! lasts; of an account also at once, by the command that took the money.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::command::Run;
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::notifications::sweep::{self, Due, PAGE};
use crate::notifications::{self, ACCOUNT_LOW, CASH_GAP, Fact, Facts, Subject};

/// Tells of accounts that hold less than the kind's threshold. Returns how many were told now.
pub async fn tell_accounts(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    sweep::run(db, now, ACCOUNT_LOW, accounts_in_tx).await
}

/// Tells of companies whose money does not cover what is due to suppliers within the days of the kind. Returns how many were told now.
pub async fn tell_gaps(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    sweep::run(db, now, CASH_GAP, gaps_in_tx).await
}

/// Tells at once when a command has left an account with too little.
pub(super) async fn tell_in_tx(run: &mut Run<'_>, cash_account_id: i64) -> Result<()> {
    let Some(floor) = notifications::store::threshold_in_tx(run, ACCOUNT_LOW).await? else { return Ok(()) };
    let account = sqlx::query!(
        r#"select a.name, c.utc_offset_minutes,
               (select coalesce(sum(amount), 0) from ledger_entry where account = 'cash' and cash_account_id = $1) as "held!"
           from cash_accounts a join companies c using (company_id) where a.cash_account_id = $1"#,
        cash_account_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    if account.held < floor {
        let today = run.ctx.today(account.utc_offset_minutes);
        notifications::store::tell_in_tx(run, ACCOUNT_LOW, low(cash_account_id, account.name, account.held, today)).await?;
    }
    Ok(())
}

fn low(cash_account_id: i64, name: String, held: Decimal, today: NaiveDate) -> Fact {
    let facts = Facts { name, amount: held, day: Some(today), ..Facts::default() };
    Fact {
        subject: Subject::CashAccount(cash_account_id),
        deal_id: 0,
        employee_id: 0,
        but_user_id: 0,
        episode: today.to_string(),
        facts,
    }
}

async fn accounts_in_tx(tx: &mut Tx<'_>, due: Due) -> Result<Vec<(i64, Fact)>> {
    let rows = sqlx::query!(
        r#"select a.cash_account_id, a.name, sum(e.amount) as "held!",
               (($1::timestamptz at time zone 'UTC') + make_interval(mins => c.utc_offset_minutes))::date as "today!"
           from cash_accounts a join companies c using (company_id)
           join ledger_entry e on e.account = 'cash' and e.cash_account_id = a.cash_account_id
           where a.cash_account_id > $3
           group by a.cash_account_id, a.name, c.utc_offset_minutes
           having sum(e.amount) < $2
           order by a.cash_account_id limit $4"#,
        due.now,
        due.threshold,
        due.after,
        PAGE
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.cash_account_id, low(row.cash_account_id, row.name, row.held, row.today))).collect())
}

async fn gaps_in_tx(tx: &mut Tx<'_>, due: Due) -> Result<Vec<(i64, Fact)>> {
    let rows = sqlx::query!(
        r#"with company as (
               select company_id, name,
                   (($1::timestamptz at time zone 'UTC') + make_interval(mins => utc_offset_minutes))::date as today
               from companies where company_id > $3),
           owed as (
               select i.company_id, sum(i.open) as amount
               from settlement_items i join company c using (company_id)
               where i.account = 'payables' and i.open > 0 and i.due_on <= c.today + $2::integer
               group by i.company_id),
           held as (
               select a.company_id, sum(e.amount) as amount
               from cash_accounts a join ledger_entry e on e.account = 'cash' and e.cash_account_id = a.cash_account_id
               group by a.company_id)
           select c.company_id, c.name, c.today as "today!", c.today + $2::integer as "until!", o.amount - coalesce(h.amount, 0) as "short!"
           from company c join owed o using (company_id) left join held h using (company_id)
           where o.amount > coalesce(h.amount, 0)
           order by c.company_id limit $4"#,
        due.now,
        due.days(),
        due.after,
        PAGE
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let facts = Facts { name: row.name, amount: row.short, day: Some(row.until), ..Facts::default() };
            let subject = Subject::Company(row.company_id);
            (row.company_id, Fact { subject, deal_id: 0, employee_id: 0, but_user_id: 0, episode: row.today.to_string(), facts })
        })
        .collect())
}
