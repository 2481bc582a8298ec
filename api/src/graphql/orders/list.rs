//! Lists of orders: which ones, in which order, page by page.

use async_graphql::{Context, Enum, InputObject, Object};
use shpunt_domain::access::Permission;
use shpunt_domain::keyset;
use shpunt_domain::orders::{read, sorted};

use super::{Order, OrderStatus};
use crate::graphql::access::Employee;
use crate::graphql::batches::Warehouse;
use crate::graphql::caller::{db, require, scope};
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::loaders::loaders;
use crate::graphql::marketing::Channel;
use crate::graphql::page::{self, Page, Sorted, Window};
use crate::graphql::parties::Party;
use crate::graphql::plan::Planned;
use crate::graphql::scalars::{Day, Number};

/// Which orders a list shows (отбор заказов).
#[derive(InputObject, Default)]
pub(crate) struct OrderFilter {
    /// With this status (статус).
    status: Option<OrderStatus>,
    /// With any of these statuses (статусы).
    statuses: Option<Vec<OrderStatus>>,
    /// Of this deal (сделка).
    deal_id: Option<Id<Deal>>,
    /// Of this customer (покупатель).
    customer_id: Option<Id<Party>>,
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// Planned to ship on this day or later (план с).
    planned_from: Option<Day>,
    /// Planned to ship on this day or earlier (план по).
    planned_to: Option<Day>,
    /// Of deals this manager leads now (менеджер).
    manager_id: Option<Id<Employee>>,
    /// Of deals from this channel (канал).
    channel_id: Option<Id<Channel>>,
    /// Loaded in this warehouse: its truck is sent there, or goods of it lie there (склад).
    warehouse_id: Option<Id<Warehouse>>,
    /// Carried by this party (перевозчик).
    carrier_id: Option<Id<Party>>,
    /// Shipped on this day or later (отгружен с).
    shipped_from: Option<Day>,
    /// Shipped on this day or earlier (отгружен по).
    shipped_to: Option<Day>,
    /// At least so much, roubles with VAT (сумма от); needs the permission `SEE_PRICES`.
    amount_from: Option<Number>,
    /// At most so much, roubles with VAT (сумма до); needs the permission `SEE_PRICES`.
    amount_to: Option<Number>,
    /// Part of the number or of the truck's plate (поиск).
    #[graphql(default)]
    search: String,
}

impl From<OrderFilter> for read::Filter {
    fn from(filter: OrderFilter) -> Self {
        Self {
            status: filter.status.map(Into::into),
            statuses: filter.statuses.map(|statuses| statuses.into_iter().map(Into::into).collect()),
            warehouse_id: filter.warehouse_id.map(|id| id.number),
            carrier_id: filter.carrier_id.map(|id| id.number),
            deal_id: filter.deal_id.map(|id| id.number),
            party_id: filter.customer_id.map(|id| id.number),
            company_id: filter.company_id.map(|id| id.number),
            planned_from: filter.planned_from.map(|day| day.0),
            planned_to: filter.planned_to.map(|day| day.0),
            employee_id: filter.manager_id.map(|id| id.number),
            channel_id: filter.channel_id.map(|id| id.number),
            shipped_from: filter.shipped_from.map(|day| day.0),
            shipped_to: filter.shipped_to.map(|day| day.0),
            amount_from: filter.amount_from.map(|amount| amount.0),
            amount_to: filter.amount_to.map(|amount| amount.0),
            search: filter.search.trim().to_owned(),
        }
    }
}

/// In which order orders are listed (порядок заказов); what is equal goes by age.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "sorted::Sort")]
pub(crate) enum OrderSort {
    /// The newest first (сначала новые).
    Newest,
    /// The largest first (сначала крупные); needs the permission `SEE_PRICES`.
    Amount,
    /// The first to ship first (по плану отгрузки).
    Planned,
    /// By number (по номеру).
    Number,
    /// By the customer's name (по покупателю); needs the permission `SEE_PARTIES`.
    Customer,
    /// From drafts to those that are delivered, then those that are cancelled (по статусу).
    Status,
    /// By the name of the deal's manager, those without a manager last (по менеджеру); needs the permission `SEE_DEALS`.
    Manager,
}

/// Whose place in a list depends on a price or a name tells it, and a cursor holds it.
fn may_list(ctx: &Context<'_>, filter: &OrderFilter, sort: OrderSort) -> Result<()> {
    if sort == OrderSort::Amount || filter.amount_from.is_some() || filter.amount_to.is_some() {
        require(ctx, Permission::SeePrices)?;
    }
    match sort {
        OrderSort::Customer => require(ctx, Permission::SeeParties),
        OrderSort::Manager => require(ctx, Permission::SeeDeals),
        _ => Ok(()),
    }
}

/// Questions about orders.
#[derive(Default)]
pub(crate) struct OrdersQuery;

#[Object]
impl OrdersQuery {
    /// Orders (заказы), newest first unless another order is asked for; a manager sees those of the own deals and the team's.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: OrderFilter,
        #[graphql(default_with = "OrderSort::Newest", desc = "In which order (порядок).")] sort: OrderSort,
        #[graphql(default, desc = "The order turned round (в обратном порядке).")] reverse: bool,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor of the same order (после курсора).")] after: Option<String>,
    ) -> Result<Planned<Page<Order>>> {
        may_list(ctx, &filter, sort)?;
        let (filter, scope) = (filter.into(), scope(ctx)?);
        if sort == OrderSort::Newest && !reverse {
            let window = Window::new(first, after.as_deref())?;
            let rows = read::list(db(ctx), &scope, &filter, window.after, window.limit()).await?;
            return Ok(Planned(window.page(rows, |(created_at, row)| (*created_at, row.order_id))));
        }
        let sort = sorted::Sort::from(sort);
        let page = Sorted::new(sort, reverse, first, after.as_deref())?;
        let keys = sorted::keys(db(ctx), &scope, &filter, sort, &page.part(sort.descends())).await?;
        let rows = read::list_by_ids(db(ctx), &scope, &keyset::ids(&keys)).await?;
        Ok(Planned(page.page(keys, rows, |row| row.order_id)))
    }

    /// The order of an id (заказ); null when there is none the caller may see.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<Order>,
    ) -> Result<Option<Order>> {
        loaders(ctx).orders.find(id.number).await
    }
}
