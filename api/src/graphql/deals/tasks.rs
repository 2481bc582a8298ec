//! Tasks of deals in the graph: whoever sees a deal sees its tasks.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::deals::tasks::{self, commands, store};

use super::Deal;
use crate::graphql::access::{Employee, User};
use crate::graphql::caller::{command, db, scope};
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key, or_zero};
use crate::graphql::loaders::{Batch, by_id, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::scalars::{Moment, Uuid};
use crate::graphql::user_error::payload;

/// A task of a deal (задача). Whoever is to do it is told when it is overdue.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct DealTask {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// What is to be done (что сделать).
    title: String,
    /// Until when (срок).
    due_at: Moment,
    /// When it was done (сделано); null while it is open.
    done_at: Option<Moment>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    row: tasks::Task,
}

impl Entity for DealTask {
    const PREFIX: &'static str = "deal_task";
}

impl From<tasks::Task> for DealTask {
    fn from(row: tasks::Task) -> Self {
        Self {
            id: Key::of::<Self>(row.task_id),
            title: row.title.clone(),
            due_at: Moment(row.due_at),
            done_at: row.done_at.map(Moment),
            version: row.version,
            row,
        }
    }
}

#[ComplexObject]
impl DealTask {
    /// The deal it is of (сделка).
    async fn deal(&self, ctx: &Context<'_>) -> Result<Deal> {
        loaders(ctx).deals.existing(self.row.deal_id).await
    }

    /// Who is to do it (исполнитель); null = whoever manages the deal.
    async fn employee(&self, ctx: &Context<'_>) -> Result<Option<Employee>> {
        loaders(ctx).employees.find(self.row.employee_id).await
    }

    /// Who made it (автор); null = the system.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.row.author_id).await
    }
}

/// Tasks of the given ids that the caller may see.
pub(crate) fn tasks_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Batch<DealTask> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &scope, &ids).await?, |row| row.task_id)) })
}

/// Which tasks a list shows (отбор задач).
#[derive(InputObject, Default)]
pub(crate) struct DealTaskFilter {
    /// Of this deal (сделка).
    deal_id: Option<Id<Deal>>,
    /// To be done by this person, also as the manager of the deal (исполнитель).
    employee_id: Option<Id<Employee>>,
    /// Only open ones (true), or only those done (false) (открытые).
    open: Option<bool>,
    /// Due before this moment (срок раньше).
    due_before: Option<Moment>,
}

/// Questions about tasks.
#[derive(Default)]
pub(crate) struct DealTasksQuery;

#[Object]
impl DealTasksQuery {
    /// Tasks (задачи), the earliest due first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn deal_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: DealTaskFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<DealTask>> {
        let window = Window::new(first, after.as_deref())?;
        let filter = store::Filter {
            deal_id: filter.deal_id.map(|id| id.number),
            employee_id: filter.employee_id.map(|id| id.number),
            open: filter.open,
            due_before: filter.due_before.map(|moment| moment.0),
        };
        let rows = store::list(db(ctx), &scope(ctx)?, &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.due_at, row.task_id)))
    }
}

/// A new task (новая задача).
#[derive(InputObject)]
pub(crate) struct DealTaskAddInput {
    /// Of which deal (сделка).
    deal_id: Id<Deal>,
    /// What is to be done, 1 to 300 characters (что сделать).
    title: String,
    /// Until when (срок).
    due_at: Moment,
    /// Who is to do it (исполнитель); left out, whoever manages the deal.
    employee_id: Option<Id<Employee>>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A task as it is to be (изменение задачи).
#[derive(InputObject)]
pub(crate) struct DealTaskUpdateInput {
    /// Which (задача).
    task_id: Id<DealTask>,
    /// The version you read (версия).
    expected_version: i32,
    /// What is to be done, 1 to 300 characters (что сделать).
    title: String,
    /// Until when (срок).
    due_at: Moment,
    /// Who is to do it (исполнитель); left out, whoever manages the deal.
    employee_id: Option<Id<Employee>>,
}

/// A task is done, or open again (завершение задачи).
#[derive(InputObject)]
pub(crate) struct DealTaskFinishInput {
    /// Which (задача).
    task_id: Id<DealTask>,
    /// Done, or open again (сделано).
    #[graphql(default = true)]
    done: bool,
    /// The version you read (версия); left out = whichever it is at.
    expected_version: Option<i32>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `dealTaskAdd` did.
    DealTaskAddPayload {
        /// The new task (задача); null when nothing was done.
        task: DealTask
    }
}

payload! {
    /// What `dealTaskUpdate` did.
    DealTaskUpdatePayload {
        /// The task as it is now (задача); null when nothing was done.
        task: DealTask
    }
}

payload! {
    /// What `dealTaskFinish` did.
    DealTaskFinishPayload {
        /// The task as it is now (задача); null when nothing was done.
        task: DealTask
    }
}

/// Changes of tasks.
#[derive(Default)]
pub(crate) struct DealTasksMutation;

#[Object]
impl DealTasksMutation {
    /// Adds a task to a deal (поставить задачу). Codes: `NOT_FOUND`, `INVALID_INPUT`.
    async fn deal_task_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new task (новая задача).")] input: DealTaskAddInput,
    ) -> Result<DealTaskAddPayload> {
        let fields = commands::Fields { title: input.title, employee_id: or_zero(input.employee_id), due_at: input.due_at.0 };
        let add = commands::Add { deal_id: input.deal_id.number, fields };
        DealTaskAddPayload::of(commands::add(db(ctx), &command(ctx, input.idempotency_key)?, add).await)
    }

    /// Changes a task that is not done (изменить задачу). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`.
    async fn deal_task_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task as it is to be (изменение задачи).")] input: DealTaskUpdateInput,
    ) -> Result<DealTaskUpdatePayload> {
        let fields = commands::Fields { title: input.title, employee_id: or_zero(input.employee_id), due_at: input.due_at.0 };
        let update = commands::Update { task_id: input.task_id.number, expected_version: input.expected_version, fields };
        DealTaskUpdatePayload::of(commands::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Marks a task as done, or opens it again (завершить задачу). Codes: `NOT_FOUND`.
    async fn deal_task_finish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one (какую).")] input: DealTaskFinishInput,
    ) -> Result<DealTaskFinishPayload> {
        let finish = commands::Finish { task_id: input.task_id.number, done: input.done };
        DealTaskFinishPayload::of(
            commands::finish(db(ctx), &command(ctx, input.idempotency_key)?.expecting(input.expected_version), finish).await,
        )
    }
}
