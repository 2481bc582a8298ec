//! Deals in the graph: a manager sees and finds only the own ones, whichever way leads there.

mod bulk;
mod list;
mod mutations;
mod steps;
mod tasks;

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::deals::{self, store};

use super::access::{Employee, User};
use super::companies::Company;
use super::error::Result;
use super::ids::{Entity, Key};
use super::loaders::{Batch, by_id, grouped, loaders};
use super::marketing::Channel;
use super::orders::Order;
use super::page;
use super::parties::{Contract, Party};
use super::scalars::{Moment, Money, Number};
use super::settlements::SettlementItem;
use super::text::given;
use super::treasury::Payment;
pub(crate) use bulk::DealsBulkMutation;
pub(crate) use list::DealsQuery;
pub(crate) use mutations::DealsMutation;
pub(super) use tasks::tasks_by_ids;
pub(crate) use tasks::{DealTask, DealTasksMutation, DealTasksQuery};

/// Stage of a deal (этап сделки), in the order of the funnel.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "deals::Stage")]
pub(crate) enum DealStage {
    /// Somebody asked (новый лид).
    NewLead,
    /// It is our customer and our goods (квалифицирован).
    Qualified,
    /// We know what is needed (потребность определена).
    NeedDefined,
    /// The offer was sent (КП отправлено).
    OfferSent,
    /// There is a contract; from here on the customer must be known (договор).
    Contract,
    /// Trucks are going (в поставке).
    InSupply,
    /// Done and won (успешно).
    Won,
    /// Lost, with a reason (проиграна).
    Lost,
}

/// A deal with a customer (сделка); a lead is a deal at its first stage.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Deal {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Number (номер): `Д-000123`.
    number: String,
    /// What it is about (название).
    title: String,
    /// Where it stands (этап).
    stage: DealStage,
    /// Since when it stands there (на этапе с).
    stage_entered_at: Moment,
    /// What the customer needs, tonnes (потребность).
    need_tonnes: Number,
    /// The same in money, with VAT (потребность в деньгах).
    need_amount: Money,
    /// Planned margin without VAT (плановая маржа).
    planned_margin: Money,
    /// Who called (контактное лицо).
    contact_name: Option<String>,
    /// From which number (телефон).
    contact_phone: Option<String>,
    /// Why it was lost (причина проигрыша); null otherwise.
    lost_reason: Option<String>,
    /// First contact (дата обращения).
    opened_at: Moment,
    /// Won or lost at (дата закрытия); null while it is open.
    closed_at: Option<Moment>,
    /// Id in the system it was imported from (внешний идентификатор).
    external_id: Option<String>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    refers: Refers,
}

/// What a deal refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    deal: i64,
    company: i64,
    party: i64,
    contract: i64,
    employee: i64,
    channel: i64,
}

impl Entity for Deal {
    const PREFIX: &'static str = "deal";
}

impl From<deals::Deal> for Deal {
    fn from(row: deals::Deal) -> Self {
        Self {
            id: Key::of::<Self>(row.deal_id),
            number: row.number,
            title: row.title,
            stage: row.stage.into(),
            stage_entered_at: Moment(row.stage_entered_at),
            need_tonnes: Number::tonnes(row.need_tonnes),
            need_amount: Money::roubles(row.need_gross),
            planned_margin: Money::roubles(row.planned_margin),
            contact_name: given(row.contact_name),
            contact_phone: given(row.contact_phone),
            lost_reason: given(row.lost_reason),
            opened_at: Moment(row.opened_at),
            closed_at: row.closed_at.map(Moment),
            external_id: row.external_id,
            version: row.version,
            refers: Refers {
                deal: row.deal_id,
                company: row.company_id,
                party: row.party_id,
                contract: row.contract_id,
                employee: row.employee_id,
                channel: row.channel_id,
            },
        }
    }
}

#[ComplexObject]
impl Deal {
    /// Who sells (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.refers.company).await
    }

    /// Who buys (покупатель); null until known.
    async fn customer(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.refers.party).await
    }

    /// Under which contract (договор).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.refers.contract).await
    }

    /// Who leads it now (менеджер); null when nobody does.
    async fn manager(&self, ctx: &Context<'_>) -> Result<Option<Employee>> {
        loaders(ctx).employees.find(self.refers.employee).await
    }

    /// Where it came from (канал).
    async fn channel(&self, ctx: &Context<'_>) -> Result<Channel> {
        loaders(ctx).channels.existing(self.refers.channel).await
    }

    /// Every stage it was ever at (история этапов), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn stage_log(&self, ctx: &Context<'_>) -> Result<Vec<StageMove>> {
        loaders(ctx).stage_logs.of(self.refers.deal).await
    }

    /// Its trucks (заказы), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn orders(&self, ctx: &Context<'_>) -> Result<Vec<Order>> {
        loaders(ctx).orders_of_deals.of(self.refers.deal).await
    }

    /// Money for it and for its orders (платежи), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<Payment>> {
        loaders(ctx).payments_of_deals.of(self.refers.deal).await
    }

    /// Open debts and advances of it and of its orders (взаиморасчёты), the first due first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn settlements(&self, ctx: &Context<'_>) -> Result<Vec<SettlementItem>> {
        loaders(ctx).settlements_of_deals.of(self.refers.deal).await
    }
}

/// A move of a deal from stage to stage (переход между этапами).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct StageMove {
    /// The stage left (с этапа); null at the beginning.
    from: Option<DealStage>,
    /// The stage entered (на этап).
    to: DealStage,
    /// When (когда).
    at: Moment,
    #[graphql(skip)]
    actor_id: i64,
}

impl From<deals::Transition> for StageMove {
    fn from(row: deals::Transition) -> Self {
        Self {
            from: deals::Stage::parse(&row.from_stage).ok().map(DealStage::from),
            to: row.to_stage.into(),
            at: Moment(row.at),
            actor_id: row.actor_id,
        }
    }
}

#[ComplexObject]
impl StageMove {
    /// Who moved it (кто перевёл); null for an import.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.actor_id).await
    }
}

/// Deals of the given ids that the caller may see.
pub(super) fn by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Batch<Deal> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &scope, &ids).await?, |row| row.deal_id)) })
}

/// The moves of the given deals.
pub(super) fn stage_logs(db: Db, scope: Scope, ids: Vec<i64>) -> Batch<Vec<StageMove>> {
    Box::pin(async move { Ok(grouped(store::list_transitions(&db, &scope, &ids).await?, |row| row.deal_id)) })
}
