//! A cash desk (касса) never holds less than nothing, on any date; a bank account may be overdrawn.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::command::Run;
use crate::error::{Code, Error, Result};

/// Lets `amount` leave an account on a day, if it is a bank account or a desk that holds that much then and on every later day.
///
/// The desk is held until the command ends, so of two payments the second sees what the first took. Only the giver is held: what
/// comes in can break nothing, and whoever holds one row never waits for a second. Errors: `CASH_SHORT`.
pub(super) async fn take_in_tx(run: &mut Run<'_>, cash_account_id: i64, on: NaiveDate, amount: Decimal) -> Result<()> {
    let desk = sqlx::query_scalar!(
        "select name from cash_accounts where cash_account_id = $1 and kind = 'cash' for no key update",
        cash_account_id
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    let Some(name) = desk else { return Ok(()) };
    let least = sqlx::query!(
        r#"select day as "day!", held as "held!" from (
            select effective_on as day, sum(sum(amount)) over (order by effective_on) as held
            from (select effective_on, amount from ledger_entry where account = 'cash' and cash_account_id = $1
                  union all select $2::date, 0) e
            group by effective_on) d
           where day >= $2 order by held, day limit 1"#,
        cash_account_id,
        on
    )
    .fetch_one(&mut *run.tx)
    .await?;
    if least.held >= amount {
        return Ok(());
    }
    let (day, held) = (least.day, least.held);
    let message = format!(
        "the cash desk {name} holds {held} on {day}, and {amount} shall leave it; record first what came into it, or take less or later"
    );
    Err(Error::rejected(Code::CashShort, message))
}
