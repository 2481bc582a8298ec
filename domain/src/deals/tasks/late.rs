//! Tasks past their moment (просроченные задачи): told to whoever is to do them.

use chrono::{DateTime, Utc};

use crate::db::{Db, Tx};
use crate::error::Result;
use crate::notifications::sweep::{self, Due, PAGE};
use crate::notifications::{Fact, Facts, Subject, TASK_OVERDUE};

/// Tells of tasks late by more than the days the kind allows; once for each moment they were due. Returns how many were told now.
pub async fn tell(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    sweep::run(db, now, TASK_OVERDUE, page_in_tx).await
}

async fn page_in_tx(tx: &mut Tx<'_>, due: Due) -> Result<Vec<(i64, Fact)>> {
    let rows = sqlx::query!(
        r#"select t.task_id, t.deal_id, t.employee_id, t.title, t.due_at, d.number,
               ((t.due_at at time zone 'UTC') + make_interval(mins => c.utc_offset_minutes))::date as "day!"
           from deal_tasks t
           join deals d on d.deal_id = t.deal_id and d.deleted_at is null
           join companies c on c.company_id = d.company_id
           where t.done_at is null and t.task_id > $3 and t.due_at + make_interval(days => $2::integer) < $1
           order by t.task_id limit $4"#,
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
            let facts = Facts { number: row.number, name: row.title, day: Some(row.day), ..Facts::default() };
            let subject = Subject::Task(row.task_id);
            let fact = Fact {
                subject,
                deal_id: row.deal_id,
                employee_id: row.employee_id,
                but_user_id: 0,
                episode: row.due_at.timestamp().to_string(),
                facts,
            };
            (row.task_id, fact)
        })
        .collect())
}
