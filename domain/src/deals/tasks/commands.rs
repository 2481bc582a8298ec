//! Commands on tasks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Task, store};
use crate::access::{self, Permission};
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::deals;
use crate::error::Result;
use crate::{days, text};

/// What a task says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fields {
    /// What is to be done.
    pub title: String,
    /// Who is to do it; 0 = whoever manages the deal.
    pub employee_id: i64,
    /// Until when.
    pub due_at: DateTime<Utc>,
}

impl Fields {
    fn checked(self) -> Result<Self> {
        days::known(self.due_at.date_naive(), "dueAt")?;
        Ok(Self { title: text::required(&self.title, "title", 300)?, ..self })
    }
}

/// A new task of a deal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Add {
    /// The deal, open or closed: an old customer may be called, too.
    pub deal_id: i64,
    /// What is to be done.
    pub fields: Fields,
}

/// Other words, another person or day for a task that is not done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub task_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// All of it.
    pub fields: Fields,
}

/// A task is done, or open again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finish {
    /// Which.
    pub task_id: i64,
    /// Done (true) or open again (false).
    pub done: bool,
}

/// Adds a task to a deal (поставить задачу). Errors: `NOT_FOUND` (deal, person), `INVALID_INPUT`, `FORBIDDEN`.
pub async fn add(db: &Db, ctx: &Ctx, mut input: Add) -> Result<Outcome<Task>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "deals.task_add", Permission::EditDeals, &input, async |run, input| {
        let deal = deals::store::lock_in_tx(run, input.deal_id).await?;
        person_in_tx(run, input.fields.employee_id).await?;
        store::insert_in_tx(run, deal.deal_id, &input.fields).await
    })
    .await
}

/// Changes a task that is not done (изменить задачу). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Task>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "deals.task_update", Permission::EditDeals, &input, async |run, input| {
        let mut task = store::lock_in_tx(run, input.task_id).await?;
        same_version("deal_task", task.task_id, task.version, input.expected_version)?;
        person_in_tx(run, input.fields.employee_id).await?;
        task.change(input.fields.title.clone(), input.fields.employee_id, input.fields.due_at)?;
        store::save_in_tx(run, &task).await?;
        Ok(task)
    })
    .await
}

/// Marks a task as done, or opens it again (завершить задачу). Errors: `NOT_FOUND`, `FORBIDDEN`.
pub async fn finish(db: &Db, ctx: &Ctx, input: Finish) -> Result<Outcome<Task>> {
    command::run(db, ctx, "deals.task_finish", Permission::EditDeals, &input, async |run, input| {
        let mut task = store::lock_in_tx(run, input.task_id).await?;
        run.expect("deal_task", task.task_id, task.version)?;
        task.finish(input.done, run.ctx.now);
        store::save_in_tx(run, &task).await?;
        Ok(task)
    })
    .await
}

async fn person_in_tx(run: &mut Run<'_>, employee_id: i64) -> Result<()> {
    if employee_id != 0 {
        access::store::get_employee_in_tx(run, employee_id).await?;
    }
    Ok(())
}
