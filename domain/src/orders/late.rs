//! Orders past their planned day and not shipped (просроченная отгрузка): told to those whom it concerns.

use chrono::{DateTime, Utc};

use crate::db::{Db, Tx};
use crate::error::Result;
use crate::notifications::sweep::{self, Due, PAGE};
use crate::notifications::{Fact, Facts, ORDER_LATE, Subject};

/// Tells of orders late by more than the days the kind allows; once for each planned day. Returns how many were told now.
pub async fn tell(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    sweep::run(db, now, ORDER_LATE, page_in_tx).await
}

async fn page_in_tx(tx: &mut Tx<'_>, due: Due) -> Result<Vec<(i64, Fact)>> {
    let rows = sqlx::query!(
        "select o.order_id, o.deal_id, o.number, o.planned_on, p.name
         from orders o
         join deals d on d.deal_id = o.deal_id and d.deleted_at is null and d.stage <> 'lost'
         join companies c on c.company_id = o.company_id
         join parties p on p.party_id = o.party_id
         where o.status in ('draft', 'confirmed') and o.deleted_at is null and o.order_id > $3
            and o.planned_on + $2::integer < (($1::timestamptz at time zone 'UTC') + make_interval(mins => c.utc_offset_minutes))::date
         order by o.order_id limit $4",
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
            let facts = Facts { number: row.number, name: row.name, day: Some(row.planned_on), ..Facts::default() };
            let subject = Subject::Order(row.order_id);
            (
                row.order_id,
                Fact {
                    subject,
                    deal_id: row.deal_id,
                    employee_id: 0,
                    but_user_id: 0,
                    episode: row.planned_on.to_string(),
                    facts,
                },
            )
        })
        .collect())
}
