//! Money in the graph: accounts and payments. A manager sees the payments of the own deals and the team's.

mod currency;
mod mutations;
mod requests;
mod steps;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::keyset;
use shpunt_domain::treasury::{self, read};

use super::caller::{db, scope};
use super::companies::Company;
use super::deals::Deal;
use super::documents::Document;
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::ledger::Article;
use super::loaders::{Batch as Rows, by_id, grouped, loaders};
use super::orders::Order;
use super::page::{self, Page, Sorted, Window};
use super::parties::{Contract, Party};
use super::plan::Planned;
use super::scalars::{Day, Money, Number};
use super::text::given;
pub(crate) use currency::{CurrencyMutation, ExchangeRatesQuery};
pub(crate) use mutations::TreasuryMutation;
pub(crate) use requests::{
    PaymentRequest, PaymentRequestsMutation, PaymentRequestsQuery, payments_of_requests, requests_by_ids, requests_of_payments,
};

/// Where money lies (вид счёта).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CashAccountKind {
    /// At a bank (расчётный счёт).
    Bank,
    /// In a cash desk (касса).
    Cash,
}

/// An own bank account or cash desk (счёт или касса).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct CashAccount {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Bank or cash desk (вид).
    kind: CashAccountKind,
    /// Name (название), unique per company.
    name: String,
    /// Currency by its ISO 4217 code (валюта).
    currency: String,
    /// Payments may go through it (используется).
    is_active: bool,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    company_id: i64,
}

impl Entity for CashAccount {
    const PREFIX: &'static str = "cash_account";
}

impl From<read::Account> for CashAccount {
    fn from(row: read::Account) -> Self {
        Self {
            id: Key::of::<Self>(row.cash_account_id),
            kind: if row.is_bank { CashAccountKind::Bank } else { CashAccountKind::Cash },
            name: row.name,
            currency: row.currency,
            is_active: row.active,
            version: row.version,
            company_id: row.company_id,
        }
    }
}

#[ComplexObject]
impl CashAccount {
    /// Whose it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.company_id).await
    }
}

/// Which way money goes (направление платежа).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "treasury::Direction")]
pub(crate) enum PaymentDirection {
    /// To us (поступление).
    In,
    /// From us (списание).
    Out,
}

/// A payment in or out (платёж).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Payment {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// In or out (направление).
    direction: PaymentDirection,
    /// Business date (дата).
    paid_on: Day,
    /// How much (сумма), positive whatever the direction.
    amount: Money,
    /// As in the statement (назначение).
    purpose: Option<String>,
    #[graphql(skip)]
    refers: Refers,
}

/// What a payment refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    payment: i64,
    company: i64,
    cash_account: i64,
    article: i64,
    party: i64,
    contract: i64,
    deal: i64,
    order: i64,
    document: i64,
}

impl Entity for Payment {
    const PREFIX: &'static str = "payment";
}

impl From<read::Recorded> for Payment {
    fn from(row: read::Recorded) -> Self {
        Self {
            id: Key::of::<Self>(row.payment_id),
            direction: row.direction.into(),
            paid_on: Day(row.paid_on),
            amount: Money::roubles(row.amount),
            purpose: given(row.purpose),
            refers: Refers {
                payment: row.payment_id,
                company: row.company_id,
                cash_account: row.cash_account_id,
                article: row.article_id,
                party: row.party_id,
                contract: row.contract_id,
                deal: row.deal_id,
                order: row.order_id,
                document: row.document_id,
            },
        }
    }
}

#[ComplexObject]
impl Payment {
    /// Whose money it is (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.refers.company).await
    }

    /// Through which account (счёт или касса).
    async fn cash_account(&self, ctx: &Context<'_>) -> Result<CashAccount> {
        loaders(ctx).cash_accounts.existing(self.refers.cash_account).await
    }

    /// What it is for (статья).
    async fn article(&self, ctx: &Context<'_>) -> Result<Article> {
        loaders(ctx).articles.existing(self.refers.article).await
    }

    /// With whom (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Option<Party>> {
        loaders(ctx).parties.find(self.refers.party).await
    }

    /// For which contract (договор).
    async fn contract(&self, ctx: &Context<'_>) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(self.refers.contract).await
    }

    /// For which deal (сделка), also when it is for an order of the deal.
    async fn deal(&self, ctx: &Context<'_>) -> Result<Option<Deal>> {
        loaders(ctx).deals.find(self.refers.deal).await
    }

    /// For which order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.refers.order).await
    }

    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.refers.document).await
    }

    /// The request it was paid by (заявка на оплату); null when it was paid without one.
    async fn request(&self, ctx: &Context<'_>) -> Result<Option<PaymentRequest>> {
        loaders(ctx).requests_of_payments.find(self.refers.payment).await
    }
}

/// Accounts of the given ids.
pub(super) fn cash_accounts(db: Db, _: Scope, ids: Vec<i64>) -> Rows<CashAccount> {
    Box::pin(async move { Ok(by_id(read::list_accounts_by_ids(&db, &ids).await?, |row| row.cash_account_id)) })
}

/// Payments of the given ids that the caller may see.
pub(super) fn by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Payment> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &scope, &ids).await?, |row| row.payment_id)) })
}

/// The payments of the given deals and of their orders.
pub(super) fn of_deals(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<Payment>> {
    Box::pin(async move { Ok(grouped(read::list_of_deals(&db, &scope, &ids).await?, |row| row.deal_id)) })
}

/// The payments of the given orders.
pub(super) fn of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<Payment>> {
    Box::pin(async move { Ok(grouped(read::list_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// Which payments a list shows (отбор платежей).
#[derive(InputObject, Default)]
pub(crate) struct PaymentFilter {
    /// In or out (направление).
    direction: Option<PaymentDirection>,
    /// Of this own company (организация).
    company_id: Option<Id<Company>>,
    /// Through this account (счёт или касса).
    cash_account_id: Option<Id<CashAccount>>,
    /// With this party (контрагент).
    party_id: Option<Id<Party>>,
    /// Paid on this day or later (с).
    from: Option<Day>,
    /// Paid on this day or earlier (по).
    to: Option<Day>,
    /// For this deal or an order of it (сделка).
    deal_id: Option<Id<Deal>>,
    /// At least so much, roubles (сумма от).
    amount_from: Option<Number>,
    /// At most so much, roubles (сумма до).
    amount_to: Option<Number>,
    /// Part of the purpose (поиск).
    #[graphql(default)]
    search: String,
}

impl From<PaymentFilter> for read::Filter {
    fn from(filter: PaymentFilter) -> Self {
        Self {
            direction: filter.direction.map(Into::into),
            company_id: filter.company_id.map(|id| id.number),
            cash_account_id: filter.cash_account_id.map(|id| id.number),
            party_id: filter.party_id.map(|id| id.number),
            from: filter.from.map(|day| day.0),
            to: filter.to.map(|day| day.0),
            deal_id: filter.deal_id.map(|id| id.number),
            amount_from: filter.amount_from.map(|amount| amount.0),
            amount_to: filter.amount_to.map(|amount| amount.0),
            search: filter.search.trim().to_owned(),
        }
    }
}

/// In which order payments are listed (порядок платежей); what is equal goes by age.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "read::Sort")]
pub(crate) enum PaymentSort {
    /// The newest first (сначала новые).
    Newest,
    /// The largest first (сначала крупные).
    Amount,
}

/// Questions about money.
#[derive(Default)]
pub(crate) struct TreasuryQuery;

#[Object]
impl TreasuryQuery {
    /// All own accounts and cash desks (счета и кассы), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn cash_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those in use, or those that are not (используется); left out = all.")] is_active: Option<bool>,
    ) -> Result<Vec<CashAccount>> {
        Ok(read::list_accounts(db(ctx), is_active).await?.into_iter().map(CashAccount::from).collect())
    }

    /// Payments (платежи), newest first unless another order is asked for. A manager sees those of the own deals and the team's.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: PaymentFilter,
        #[graphql(default_with = "PaymentSort::Newest", desc = "In which order (порядок).")] sort: PaymentSort,
        #[graphql(default, desc = "The order turned round (в обратном порядке).")] reverse: bool,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor of the same order (после курсора).")] after: Option<String>,
    ) -> Result<Planned<Page<Payment>>> {
        let (filter, scope) = (filter.into(), scope(ctx)?);
        if sort == PaymentSort::Newest && !reverse {
            let window = Window::new(first, after.as_deref())?;
            let rows = read::list(db(ctx), &scope, &filter, window.after, window.limit()).await?;
            return Ok(Planned(window.page(rows, |row| (row.paid_on, row.payment_id))));
        }
        let sort = read::Sort::from(sort);
        let page = Sorted::new(sort, reverse, first, after.as_deref())?;
        let keys = read::keys(db(ctx), &scope, &filter, sort, &page.part(true)).await?;
        let rows = read::list_by_ids(db(ctx), &scope, &keyset::ids(&keys)).await?;
        Ok(Planned(page.page(keys, rows, |row| row.payment_id)))
    }
}
