//! Debts and advances in the graph: a manager sees those of the own deals and the team's.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::Account;
use shpunt_domain::settlements::{self, read};
use shpunt_domain::treasury::Direction;

use super::caller::{db, scope};
use super::companies::{self, Company};
use super::deals::Deal;
use super::documents::Document;
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch as Rows, by_id, grouped, loaders};
use super::orders::Order;
use super::page::{self, Page, Window};
use super::parties::{self, Contract, Party};
use super::plan::{Field, Planned, Step, Steps, Word};
use super::scalars::{Day, Money, Number};

/// With whom we settle (сторона взаиморасчётов).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "settlements::Side")]
pub(crate) enum SettlementSide {
    /// Customers: a debt is owed to us, an advance is money of theirs (покупатели).
    Customer,
    /// Suppliers and carriers: a debt is owed by us, an advance is money of ours (поставщики).
    Supplier,
}

impl SettlementSide {
    /// Customers' money comes in, suppliers' goes out.
    pub(super) fn direction(self) -> Direction {
        match self {
            Self::Customer => Direction::In,
            Self::Supplier => Direction::Out,
        }
    }
}

/// A debt or an advance (долг или аванс).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettlementKind {
    /// Goods or services came before their money (долг).
    Debt,
    /// Money came before its goods or services (аванс).
    Advance,
    /// What a supplier is asked to make good (претензия).
    Claim,
}

/// A debt or an advance with what is left of it (позиция взаиморасчётов).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct SettlementItem {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// With whom (сторона).
    side: SettlementSide,
    /// Debt or advance (долг или аванс).
    kind: SettlementKind,
    /// Since when (дата возникновения).
    opened_on: Day,
    /// When a debt is due (срок оплаты); of an advance the day it came.
    due_on: Day,
    /// As it was opened (сумма).
    amount: Money,
    /// What is left (остаток); zero when it is closed.
    open: Money,
    /// VAT charged on an advance when it came (НДС с аванса).
    vat: Money,
    /// What is left of that VAT (остаток НДС с аванса).
    open_vat: Money,
    /// In which currency it is settled (валюта); null in roubles.
    currency: Option<String>,
    /// As it was opened, in that currency (сумма в валюте).
    currency_amount: Option<Number>,
    /// What is left, in that currency (остаток в валюте).
    open_currency: Option<Number>,
    #[graphql(skip)]
    row: read::Standing,
}

impl Entity for SettlementItem {
    const PREFIX: &'static str = "settlement_item";
}

impl From<read::Standing> for SettlementItem {
    fn from(row: read::Standing) -> Self {
        let customers = matches!(row.account, Account::Receivables | Account::CustomerAdvances);
        Self {
            id: Key::of::<Self>(row.item_id),
            side: if customers { SettlementSide::Customer } else { SettlementSide::Supplier },
            kind: match row.account {
                Account::CustomerAdvances | Account::SupplierAdvances => SettlementKind::Advance,
                Account::Claims => SettlementKind::Claim,
                _ => SettlementKind::Debt,
            },
            opened_on: Day(row.opened_on),
            due_on: Day(row.due_on),
            amount: Money::roubles(row.amount),
            open: Money::roubles(row.open),
            vat: Money::roubles(row.vat),
            open_vat: Money::roubles(row.open_vat),
            currency: row.currency.clone(),
            currency_amount: row.currency.as_ref().map(|_| Number::money(row.currency_amount)),
            open_currency: row.currency.as_ref().map(|_| Number::money(row.open_currency)),
            row,
        }
    }
}

#[ComplexObject]
impl SettlementItem {
    /// Our side (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.row.company_id).await
    }

    /// The other side (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.row.party_id).await
    }

    /// For which contract (договор).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.row.contract_id).await
    }

    /// For which deal (сделка).
    async fn deal(&self, ctx: &Context<'_>) -> Result<Option<Deal>> {
        loaders(ctx).deals.find(self.row.deal_id).await
    }

    /// For which order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.row.order_id).await
    }

    /// The document it came from (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.document_id).await
    }
}

impl Steps for SettlementItem {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|item: &Self| &item.id),
            "side" => field.value(|item: &Self| Word(item.side)),
            "kind" => field.value(|item: &Self| Word(item.kind)),
            "openedOn" => field.leaf(|item: &Self| &item.opened_on),
            "dueOn" => field.leaf(|item: &Self| &item.due_on),
            "amount" => field.inside(|item: &Self| &item.amount),
            "open" => field.inside(|item: &Self| &item.open),
            "vat" => field.inside(|item: &Self| &item.vat),
            "openVat" => field.inside(|item: &Self| &item.open_vat),
            "company" => field.existing(|item: &Self| item.row.company_id, companies::by_ids),
            "party" => field.existing(|item: &Self| item.row.party_id, parties::by_ids),
            _ => None,
        }
    }
}

/// Debts and advances of the given ids that the caller may see.
pub(super) fn by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<SettlementItem> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &scope, &ids).await?, |row| row.item_id)) })
}

/// What is open for the given deals.
pub(super) fn of_deals(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<SettlementItem>> {
    Box::pin(async move { Ok(grouped(read::list_open_of_deals(&db, &scope, &ids).await?, |row| row.deal_id)) })
}

/// What is open for the given orders.
pub(super) fn of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<SettlementItem>> {
    Box::pin(async move { Ok(grouped(read::list_open_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// Which debts and advances a list shows (отбор взаиморасчётов).
#[derive(InputObject, Default)]
pub(crate) struct SettlementItemFilter {
    /// Customers' or suppliers' (сторона).
    side: Option<SettlementSide>,
    /// Debts, advances or claims (долги, авансы или претензии).
    kind: Option<SettlementKind>,
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// With this party (контрагент).
    party_id: Option<Id<Party>>,
    /// Also those that are closed (вместе с закрытыми).
    #[graphql(default)]
    closed: bool,
    /// Due before this day (срок до), which makes debts overdue (просроченные).
    due_before: Option<Day>,
    /// Due on this day or later (срок с).
    due_from: Option<Day>,
    /// Due on this day or earlier (срок по).
    due_to: Option<Day>,
    /// Of this deal or an order of it (сделка).
    deal_id: Option<Id<Deal>>,
    /// Of this order (заказ).
    order_id: Option<Id<Order>>,
}

impl From<SettlementItemFilter> for read::Filter {
    fn from(filter: SettlementItemFilter) -> Self {
        Self {
            side: filter.side.map(Into::into),
            kind: filter.kind.map(|kind| match kind {
                SettlementKind::Debt => read::Kind::Debt,
                SettlementKind::Advance => read::Kind::Advance,
                SettlementKind::Claim => read::Kind::Claim,
            }),
            company_id: filter.company_id.map(|id| id.number),
            party_id: filter.party_id.map(|id| id.number),
            closed: filter.closed,
            due_before: filter.due_before.map(|day| day.0),
            due_from: filter.due_from.map(|day| day.0),
            due_to: filter.due_to.map(|day| day.0),
            deal_id: filter.deal_id.map(|id| id.number),
            order_id: filter.order_id.map(|id| id.number),
        }
    }
}

/// Questions about debts and advances.
#[derive(Default)]
pub(crate) struct SettlementsQuery;

#[Object]
impl SettlementsQuery {
    /// Debts and advances (взаиморасчёты), the first due first; a manager sees those of the own deals and the team's.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn settlement_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: SettlementItemFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Planned<Page<SettlementItem>>> {
        let window = Window::new(first, after.as_deref())?;
        let rows = read::list(db(ctx), &scope(ctx)?, &filter.into(), window.after, window.limit()).await?;
        Ok(Planned(window.page(rows, |row| (row.due_on, row.item_id))))
    }
}
