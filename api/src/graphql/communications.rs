//! Calls in the graph: a telephony tells of them with a token of its own, people look at them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::communications::{self, commands, store};
use shpunt_domain::search::Search;

use super::access::Employee;
use super::caller::{command, db, scope};
use super::deals::Deal;
use super::error::{Fault, Result};
use super::ids::{Entity, Id, Key, or_zero};
use super::loaders::{Batch, by_id, loaders};
use super::page::{self, Page, Window};
use super::parties::Party;
use super::scalars::Moment;
use super::text::given;
use super::user_error::payload;

/// Who called whom (направление звонка).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "communications::Direction")]
pub(crate) enum CallDirection {
    /// Somebody called us (входящий).
    Incoming,
    /// We called (исходящий).
    Outgoing,
}

/// A call (звонок). It belongs to the newest open deal where this number called, or whose customer has it.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Call {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Which telephony told of it (источник).
    source: String,
    /// Its id there (внешний идентификатор).
    external_id: String,
    /// Who called whom (направление).
    direction: CallDirection,
    /// The other side's number (телефон); null when it is hidden.
    phone: Option<String>,
    /// The own number (наш номер).
    line: Option<String>,
    /// When it began (начало).
    started_at: Moment,
    /// How long they talked, seconds (длительность разговора); 0 = nobody talked.
    talk_seconds: i32,
    /// Somebody called and nobody talked (пропущен).
    missed: bool,
    #[graphql(skip)]
    refers: Refers,
}

/// What a call refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    employee: i64,
    deal: i64,
    party: i64,
}

impl Entity for Call {
    const PREFIX: &'static str = "call";
}

impl From<communications::Call> for Call {
    fn from(row: communications::Call) -> Self {
        Self {
            id: Key::of::<Self>(row.call_id),
            missed: row.is_missed(),
            source: row.source,
            external_id: row.external_id,
            direction: row.direction.into(),
            phone: given(row.phone),
            line: given(row.line),
            started_at: Moment(row.started_at),
            talk_seconds: row.talk_seconds,
            refers: Refers { employee: row.employee_id, deal: row.deal_id, party: row.party_id },
        }
    }
}

#[ComplexObject]
impl Call {
    /// Who talked, or was to (сотрудник).
    async fn employee(&self, ctx: &Context<'_>) -> Result<Option<Employee>> {
        loaders(ctx).employees.find(self.refers.employee).await
    }

    /// The deal it belongs to (сделка).
    async fn deal(&self, ctx: &Context<'_>) -> Result<Option<Deal>> {
        loaders(ctx).deals.find(self.refers.deal).await
    }

    /// Whose number it is (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.refers.party).await
    }
}

/// Calls of the given ids that the caller may see.
pub(super) fn by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Batch<Call> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &scope, &ids).await?, |row| row.call_id)) })
}

/// Which calls a list shows (отбор звонков).
#[derive(InputObject, Default)]
pub(crate) struct CallFilter {
    /// Of this deal (сделка).
    deal_id: Option<Id<Deal>>,
    /// Of this party (контрагент).
    party_id: Option<Id<Party>>,
    /// Only missed ones (true), or only the others (false) (пропущенные).
    missed: Option<bool>,
    /// Begun at this moment or later (с).
    from: Option<Moment>,
    /// Begun before this moment (до).
    before: Option<Moment>,
    /// With this person, who talked or was to (сотрудник).
    employee_id: Option<Id<Employee>>,
    /// Only incoming or only outgoing ones (направление).
    direction: Option<CallDirection>,
    /// Part of the other side's number, three digits at least, however it is typed (телефон).
    phone: Option<String>,
}

/// The digits to look for, none = all.
fn digits(phone: Option<String>) -> Result<String> {
    let Some(phone) = phone.filter(|phone| !phone.trim().is_empty()) else { return Ok(String::new()) };
    let digits = Search::loose(&phone).digits;
    if digits.is_empty() { Err(Fault::bad_input("filter.phone: type three digits of the number at least")) } else { Ok(digits) }
}

/// Questions about calls.
#[derive(Default)]
pub(crate) struct CommunicationsQuery;

#[Object]
impl CommunicationsQuery {
    /// Calls (звонки), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn calls(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: CallFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<Call>> {
        let window = Window::new(first, after.as_deref())?;
        let filter = store::Filter {
            deal_id: filter.deal_id.map(|id| id.number),
            party_id: filter.party_id.map(|id| id.number),
            missed: filter.missed,
            from: filter.from.map(|moment| moment.0),
            before: filter.before.map(|moment| moment.0),
            employee_id: filter.employee_id.map(|id| id.number),
            direction: filter.direction.map(Into::into),
            digits: digits(filter.phone)?,
        };
        let rows = store::list(db(ctx), &scope(ctx)?, &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.started_at, row.call_id)))
    }
}

/// A call that is over (звонок). Told again under the same source and id it is the same call.
#[derive(InputObject)]
pub(crate) struct CallRecordInput {
    /// Which telephony, 1 to 40 characters (источник).
    source: String,
    /// Its id there, 1 to 200 characters (внешний идентификатор).
    external_id: String,
    /// Who called whom (направление).
    direction: CallDirection,
    /// The other side's number (телефон); left out when it is hidden.
    #[graphql(default)]
    phone: String,
    /// The own number (наш номер).
    #[graphql(default)]
    line: String,
    /// Who talked, or was to (сотрудник).
    employee_id: Option<Id<Employee>>,
    /// When it began (начало).
    started_at: Moment,
    /// How long they talked, seconds (длительность разговора); 0 = nobody talked.
    talk_seconds: i32,
}

payload! {
    /// What `callRecord` did.
    CallRecordPayload {
        /// The call as it is known now (звонок); null when nothing was done.
        call: Call
    }
}

/// Changes of calls.
#[derive(Default)]
pub(crate) struct CommunicationsMutation;

#[Object]
impl CommunicationsMutation {
    /// Records a call that is over (записать звонок): it finds its deal and party by the phone, and a missed one is told to the manager of
    /// the deal and to those the catalogue names. Told again, the longest talk counts. Codes: `NOT_FOUND` (person), `INVALID_INPUT`.
    async fn call_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The call (звонок).")] input: CallRecordInput,
    ) -> Result<CallRecordPayload> {
        let record = commands::Record {
            source: input.source,
            external_id: input.external_id,
            direction: input.direction.into(),
            phone: input.phone,
            line: input.line,
            employee_id: or_zero(input.employee_id),
            started_at: input.started_at.0,
            talk_seconds: input.talk_seconds,
        };
        CallRecordPayload::of(commands::record(db(ctx), &command(ctx, None)?, record).await)
    }
}
