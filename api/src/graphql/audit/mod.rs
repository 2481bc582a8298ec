//! Who did and who read what, in the graph; and what records it.

pub(super) mod recorder;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use shpunt_domain::access::audit;

use super::access::User;
use super::caller::db;
use super::error::{Fault, Result};
use super::ids::{self, Entity, Id};
use super::loaders::loaders;
use super::page::{self, Page, Window};
use super::scalars::Moment;

/// So many rows of a record are named.
const SUBJECTS_MAX: usize = 20;

/// What a record of the audit log is of (вид записи).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "audit::Kind")]
pub(crate) enum AuditKind {
    /// Something was done (команда).
    Command,
    /// Something was read that is recorded: cost, margin, entries, results, contacts, this log (просмотр).
    Read,
    /// Somebody came in (вход).
    SignedIn,
    /// A wrong password or code of an existing login (неудачный вход).
    SignInFailed,
    /// The same, so often that the login waits (логин ждёт).
    LockedOut,
    /// Somebody changed the own password (смена пароля).
    PasswordChanged,
    /// Somebody took a second factor into use (второй фактор подключён).
    SecondFactorOn,
    /// Somebody did without the own second factor (второй фактор отключён).
    SecondFactorOff,
}

/// Something that was done or read (запись журнала действий).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct AuditRecord {
    /// Id (идентификатор).
    id: ID,
    /// When (когда).
    at: Moment,
    /// What kind of thing (вид).
    kind: AuditKind,
    /// The command, the root field that was read, or the login (название).
    name: String,
    /// Ids of what it names, as far as they are known, at most 20 (о чём).
    subjects: Vec<String>,
    /// The request it came with (номер запроса); null for commands.
    request_id: Option<String>,
    /// What was asked, as JSON without secrets (ввод).
    input: String,
    /// What a command answered, as JSON (ответ); null for the rest.
    result: Option<String>,
    #[graphql(skip)]
    actor_id: i64,
}

impl Entity for AuditRecord {
    const PREFIX: &'static str = "audit_record";
}

impl From<audit::Record> for AuditRecord {
    fn from(row: audit::Record) -> Self {
        let subjects = audit::subjects(&row, SUBJECTS_MAX);
        Self {
            id: ID(format!("{}_{}", Self::PREFIX, row.id)),
            at: Moment(row.at),
            kind: row.kind.into(),
            name: row.name,
            subjects,
            request_id: Some(row.request_id).filter(|id| !id.is_empty()),
            input: row.input.to_string(),
            result: (!row.result.is_null()).then(|| row.result.to_string()),
            actor_id: row.actor_id,
        }
    }
}

#[ComplexObject]
impl AuditRecord {
    /// Who it was (кто); null for the system itself.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.actor_id).await
    }
}

/// Which records (отбор записей).
#[derive(InputObject, Default)]
pub(crate) struct AuditFilter {
    /// Of this login (кто); `user_0` is the system itself.
    actor_id: Option<Id<User>>,
    /// Of exactly this name (название): `orders.ship`, `grossProfitReport`, a login.
    name: Option<String>,
    /// That name this row (о чём), the id of anything: `deal_42`. Quick together with `from`.
    subject: Option<ID>,
    /// Not before this moment (с).
    from: Option<Moment>,
    /// Before this moment (по).
    to: Option<Moment>,
}

impl AuditFilter {
    fn parse(self) -> Result<audit::Filter> {
        let not_an_id = |id: &ID| {
            Fault::bad_input(format!("filter.subject: `{}` is not an id of this API; pass it as the API gave it", **id))
        };
        let subject = self.subject.as_ref().map(|id| ids::split(id).ok_or_else(|| not_an_id(id))).transpose()?;
        Ok(audit::Filter {
            actor_id: self.actor_id.map(|id| id.number),
            name: self.name,
            subject: subject.map(|(word, number)| (word.to_owned(), number)),
            from: self.from.map(|moment| moment.0),
            to: self.to.map(|moment| moment.0),
        })
    }
}

/// The question of records.
#[derive(Default)]
pub(crate) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// Who did and who read what (журнал действий и просмотров), the newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: AuditFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<AuditRecord>> {
        let window = Window::<AuditRecord, audit::Key>::new(first, after.as_deref())?;
        let rows = audit::list(db(ctx), &filter.parse()?, window.after.as_ref(), window.limit()).await?;
        Ok(window.page(rows, |row| (row.at, row.id.clone())))
    }
}
