//! Debts of customers past their day (просроченная дебиторка): told to those whom it concerns.

use chrono::{DateTime, Utc};

use crate::db::{Db, Tx};
use crate::error::Result;
use crate::notifications::sweep::{self, Due, PAGE};
use crate::notifications::{DEBT_OVERDUE, Fact, Facts, Subject};

/// Tells of debts late by more than the days the kind allows; once for each debt. Returns how many were told now.
pub async fn tell(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    sweep::run(db, now, DEBT_OVERDUE, page_in_tx).await
}

async fn page_in_tx(tx: &mut Tx<'_>, due: Due) -> Result<Vec<(i64, Fact)>> {
    let rows = sqlx::query!(
        "select i.item_id, i.deal_id, i.open, i.due_on, p.name, s.number
         from settlement_items i
         join companies c on c.company_id = i.company_id
         join parties p on p.party_id = i.party_id
         join documents s on s.document_id = i.document_id
         where i.account = 'receivables' and i.open > 0 and i.item_id > $3
            and i.due_on + $2::integer < (($1::timestamptz at time zone 'UTC') + make_interval(mins => c.utc_offset_minutes))::date
         order by i.item_id limit $4",
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
            let facts = Facts { number: row.number, name: row.name, amount: row.open, day: Some(row.due_on), ..Facts::default() };
            let subject = Subject::SettlementItem(row.item_id);
            (
                row.item_id,
                Fact { subject, deal_id: row.deal_id, employee_id: 0, but_user_id: 0, episode: row.due_on.to_string(), facts },
            )
        })
        .collect())
}
