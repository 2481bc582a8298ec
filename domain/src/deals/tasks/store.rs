//! SQL of tasks: whoever sees a deal sees its tasks.

use chrono::{DateTime, Utc};

use super::Task;
use super::commands::Fields;
use crate::access::Scope;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// Which tasks a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this deal.
    pub deal_id: Option<i64>,
    /// To be done by this person, also as the manager of the deal.
    pub employee_id: Option<i64>,
    /// Only open ones (true) or only those done (false).
    pub open: Option<bool>,
    /// Due before this moment.
    pub due_before: Option<DateTime<Utc>>,
}

/// Tasks in scope, the earliest first, after the row `(due_at, task_id)`, at most `limit`.
pub async fn list(db: &Db, scope: &Scope, filter: &Filter, after: Option<(DateTime<Utc>, i64)>, limit: i64) -> Result<Vec<Task>> {
    let (after_at, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Task,
        "select t.task_id, t.deal_id, t.employee_id, t.title, t.due_at, t.done_at, t.author_id, t.version
         from deal_tasks t join deals d on d.deal_id = t.deal_id and d.deleted_at is null
         where ($1::bigint[] is null or d.employee_id = any($1))
             and ($2::bigint is null or t.deal_id = $2)
             and ($3::bigint is null or coalesce(nullif(t.employee_id, 0), d.employee_id) = $3)
             and ($4::boolean is null or (t.done_at is null) = $4)
             and ($5::timestamptz is null or t.due_at < $5)
             and ($6::timestamptz is null or (t.due_at, t.task_id) > ($6, $7::bigint))
         order by t.due_at, t.task_id limit $8",
        scope.employees(),
        filter.deal_id,
        filter.employee_id,
        filter.open,
        filter.due_before,
        after_at,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The tasks of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, task_ids: &[i64]) -> Result<Vec<Task>> {
    Ok(sqlx::query_as!(
        Task,
        "select t.task_id, t.deal_id, t.employee_id, t.title, t.due_at, t.done_at, t.author_id, t.version
         from deal_tasks t join deals d on d.deal_id = t.deal_id and d.deleted_at is null
         where t.task_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2))",
        task_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// Locks a task of a deal in the actor's scope, or `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, task_id: i64) -> Result<Task> {
    let scope = run.ctx.actor.scope();
    sqlx::query_as!(
        Task,
        "select t.task_id, t.deal_id, t.employee_id, t.title, t.due_at, t.done_at, t.author_id, t.version
         from deal_tasks t join deals d on d.deal_id = t.deal_id and d.deleted_at is null
         where t.task_id = $1 and ($2::bigint[] is null or d.employee_id = any($2))
         for update of t",
        task_id,
        scope.employees()
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("deal_task", task_id))
}

pub(super) async fn insert_in_tx(run: &mut Run<'_>, deal_id: i64, fields: &Fields) -> Result<Task> {
    Ok(sqlx::query_as!(
        Task,
        "insert into deal_tasks (deal_id, employee_id, title, due_at, author_id, created_at) values ($1, $2, $3, $4, $5, $6)
         returning task_id, deal_id, employee_id, title, due_at, done_at, author_id, version",
        deal_id,
        fields.employee_id,
        fields.title,
        fields.due_at,
        run.ctx.actor.user_id,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, task: &Task) -> Result<()> {
    sqlx::query!(
        "update deal_tasks set employee_id = $2, title = $3, due_at = $4, done_at = $5, version = $6 where task_id = $1",
        task.task_id,
        task.employee_id,
        task.title,
        task.due_at,
        task.done_at,
        task.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
