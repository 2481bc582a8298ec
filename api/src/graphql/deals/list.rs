//! Lists of deals: which ones, in which order, page by page.

use async_graphql::{Context, Enum, InputObject, Object};
use shpunt_domain::access::Permission;
use shpunt_domain::deals::{sorted, store};
use shpunt_domain::keyset;

use super::{Deal, DealStage};
use crate::graphql::access::Employee;
use crate::graphql::caller::{db, require, scope};
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::loaders::loaders;
use crate::graphql::marketing::Channel;
use crate::graphql::page::{self, Page, Sorted, Window};
use crate::graphql::parties::Party;
use crate::graphql::plan::Planned;
use crate::graphql::scalars::{Moment, Number};

/// Which deals a list shows (отбор сделок).
#[derive(InputObject, Default)]
pub(crate) struct DealFilter {
    /// At this stage (этап).
    stage: Option<DealStage>,
    /// Only open ones (true) or only won and lost ones (false) (открытые или закрытые).
    open: Option<bool>,
    /// Of this customer (покупатель).
    customer_id: Option<Id<Party>>,
    /// Of this manager (менеджер).
    manager_id: Option<Id<Employee>>,
    /// From this channel (канал).
    channel_id: Option<Id<Channel>>,
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// Opened at this moment or later (открыта с).
    opened_from: Option<Moment>,
    /// Opened before this moment (открыта до).
    opened_before: Option<Moment>,
    /// The need is worth at least so much, roubles with VAT (сумма от).
    amount_from: Option<Number>,
    /// The need is worth at most so much, roubles with VAT (сумма до).
    amount_to: Option<Number>,
    /// Part of the number, the title, the contact's name or phone (поиск).
    #[graphql(default)]
    search: String,
}

impl From<DealFilter> for store::Filter {
    fn from(filter: DealFilter) -> Self {
        Self {
            stage: filter.stage.map(Into::into),
            party_id: filter.customer_id.map(|id| id.number),
            channel_id: filter.channel_id.map(|id| id.number),
            company_id: filter.company_id.map(|id| id.number),
            employee_id: filter.manager_id.map(|id| id.number),
            open: filter.open,
            opened_from: filter.opened_from.map(|at| at.0),
            opened_before: filter.opened_before.map(|at| at.0),
            amount_from: filter.amount_from.map(|amount| amount.0),
            amount_to: filter.amount_to.map(|amount| amount.0),
            search: filter.search.trim().to_owned(),
        }
    }
}

/// In which order deals are listed (порядок сделок); what is equal goes by age.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "sorted::Sort")]
pub(crate) enum DealSort {
    /// The newest first (сначала новые).
    Newest,
    /// The largest need in money first (сначала крупные).
    Amount,
    /// Those that have been longest at their stage first (сначала застрявшие).
    StageAge,
    /// By number (по номеру).
    Number,
    /// By the customer's name, those without a customer last (по покупателю); needs the permission `SEE_PARTIES`.
    Customer,
    /// In the order of the funnel (по этапу).
    Stage,
    /// By the manager's name, those without a manager last (по менеджеру).
    Manager,
    /// By the channel's name (по каналу); needs the permission `SEE_REFERENCE`.
    Channel,
}

/// A cursor, and a place in a list, tells what the row is sorted by.
fn may_sort(ctx: &Context<'_>, sort: DealSort) -> Result<()> {
    match sort {
        DealSort::Customer => require(ctx, Permission::SeeParties),
        DealSort::Channel => require(ctx, Permission::SeeReference),
        _ => Ok(()),
    }
}

/// Questions about deals.
#[derive(Default)]
pub(crate) struct DealsQuery;

#[Object]
impl DealsQuery {
    /// Deals (сделки), newest first unless another order is asked for; a manager sees the own ones.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn deals(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: DealFilter,
        #[graphql(default_with = "DealSort::Newest", desc = "In which order (порядок).")] sort: DealSort,
        #[graphql(default, desc = "The order turned round (в обратном порядке).")] reverse: bool,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor of the same order (после курсора).")] after: Option<String>,
    ) -> Result<Planned<Page<Deal>>> {
        may_sort(ctx, sort)?;
        let (filter, scope) = (filter.into(), scope(ctx)?);
        if sort == DealSort::Newest && !reverse {
            let window = Window::new(first, after.as_deref())?;
            let rows = store::list(db(ctx), &scope, &filter, window.after, window.limit()).await?;
            return Ok(Planned(window.page(rows, |row| (row.opened_at, row.deal_id))));
        }
        let sort = sorted::Sort::from(sort);
        let page = Sorted::new(sort, reverse, first, after.as_deref())?;
        let keys = sorted::keys(db(ctx), &scope, &filter, sort, &page.part(sort.descends())).await?;
        let rows = store::list_by_ids(db(ctx), &scope, &keyset::ids(&keys)).await?;
        Ok(Planned(page.page(keys, rows, |row| row.deal_id)))
    }

    /// The deal of an id (сделка); null when there is none the caller may see.
    async fn deal(
        &self, ctx: &Context<'_>, #[graphql(desc = "Its id (идентификатор).")] id: Id<Deal>
    ) -> Result<Option<Deal>> {
        loaders(ctx).deals.find(id.number).await
    }
}
