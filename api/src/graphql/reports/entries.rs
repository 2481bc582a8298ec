//! The ledger entries behind a number.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_analytics::reports::entries as report;
use shpunt_domain::access::Permission;
use shpunt_domain::ledger::Account;

use super::{AsOf, PeriodInput, ReportBasis, ask};
use crate::graphql::access::Employee;
use crate::graphql::batches::Batch;
use crate::graphql::caller::{actor, scope, services};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::documents::Document;
use crate::graphql::error::{Fault, Result};
use crate::graphql::ids::{Entity, IdOrNone, Key};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::loaders;
use crate::graphql::marketing::Channel;
use crate::graphql::orders::{Order, OrderLine};
use crate::graphql::page::{self, Edge, Page, PageInfo};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Moment, Number};
use crate::graphql::treasury::CashAccount;

/// A ledger entry (проводка), in roubles.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct LedgerEntry {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Code of the account (счёт).
    account: &'static str,
    /// Its name (название счёта).
    account_label: &'static str,
    /// Debit is positive, credit negative (сумма).
    amount: Number,
    /// The VAT that belongs to the amount, for information (НДС).
    vat: Number,
    /// Business date (дата).
    effective_on: Day,
    /// The date of the original shipment (дата исходной отгрузки).
    origin_on: Day,
    #[graphql(skip)]
    document_id: i64,
}

impl Entity for LedgerEntry {
    const PREFIX: &'static str = "ledger_entry";
}

impl From<report::Entry> for LedgerEntry {
    fn from(row: report::Entry) -> Self {
        Self {
            id: Key::of::<Self>(row.entry_id),
            account: row.account.as_str(),
            account_label: row.account_label,
            amount: Number::money(row.amount),
            vat: Number::money(row.vat),
            effective_on: Day(row.effective_on),
            origin_on: Day(row.origin_on),
            document_id: row.document_id,
        }
    }
}

#[ComplexObject]
impl LedgerEntry {
    /// The document it was posted by (документ); null when the caller may not see it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.document_id).await
    }
}

/// Which entries (отбор проводок). An id that ends in `_0` asks for what carries none.
#[derive(InputObject)]
pub(crate) struct LedgerEntryFilter {
    /// Which days (период).
    period: Option<PeriodInput>,
    /// Which day of an entry decides (основание).
    #[graphql(default_with = "ReportBasis::Posted")]
    basis: ReportBasis,
    /// Codes of accounts, any of them (счета); see `ledgerAccounts`.
    accounts: Option<Vec<String>>,
    /// Of this deal (сделка).
    deal_id: Option<IdOrNone<Deal>>,
    /// Of this order (заказ).
    order_id: Option<IdOrNone<Order>>,
    /// Of this line of an order (строка заказа).
    order_line_id: Option<IdOrNone<OrderLine>>,
    /// Of this batch (серия).
    batch_id: Option<IdOrNone<Batch>>,
    /// Of this product (номенклатура).
    product_id: Option<IdOrNone<Product>>,
    /// With this party (контрагент).
    party_id: Option<IdOrNone<Party>>,
    /// Of this manager at posting (менеджер).
    employee_id: Option<IdOrNone<Employee>>,
    /// Through this channel (канал).
    channel_id: Option<IdOrNone<Channel>>,
    /// For this article (статья).
    article_id: Option<IdOrNone<Article>>,
    /// Through this account or cash desk (счёт или касса).
    cash_account_id: Option<IdOrNone<CashAccount>>,
    /// Of this own company (организация).
    company_id: Option<IdOrNone<Company>>,
    /// As they were known at this moment (как было известно).
    known_at: Option<Moment>,
}

/// A page of entries (страница проводок).
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct LedgerEntryConnection {
    /// The entries with their cursors (проводки с курсорами).
    edges: Vec<Edge<LedgerEntry>>,
    /// Where the page stands in the list (положение страницы).
    page_info: PageInfo,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

#[ComplexObject]
impl LedgerEntryConnection {
    /// The entries (проводки), newest business date first.
    async fn nodes(&self) -> Vec<&LedgerEntry> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }
}

/// The question of entries.
#[derive(Default)]
pub(crate) struct EntriesQuery;

#[Object]
impl EntriesQuery {
    /// The ledger entries behind a number (проводки): those of its filter sum to it. A manager sees those of
    /// the own deals and the team's; without the permission `SEE_COST`, only those of sales accounts.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn ledger_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "filter", desc = "Which ones (отбор).")] input: LedgerEntryFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
        #[graphql(desc = "Waits at most two seconds for the change of this token (токен согласованности).")]
        consistency_token: Option<String>,
    ) -> Result<Option<LedgerEntryConnection>> {
        let ask = ask(ctx, consistency_token, input.known_at);
        let filter = filter(ctx, input)?;
        let first = page::size(first)?;
        let answer = services(ctx).reports.ledger_entries(&ask, &filter, first, after.as_deref()).await?;
        let edge = |row: report::Entry| Edge { cursor: row.cursor(), node: row.into() };
        let edges = answer.data.entries.into_iter().map(edge).collect();
        let Page { edges, page_info } = Page::new(edges, after.is_some(), answer.data.has_next_page);
        Ok(Some(LedgerEntryConnection { edges, page_info, as_of: answer.as_of.into() }))
    }
}

/// Of which accounts the caller may see entries, none = all: without `SEE_COST` only those that tell nothing of cost.
fn visible(ctx: &Context<'_>, accounts: Vec<Account>) -> Result<Vec<Account>> {
    if actor(ctx)?.may(Permission::SeeCost) {
        Ok(accounts)
    } else if accounts.is_empty() {
        Ok(Account::ALL.into_iter().filter(|account| account.is_of_sales()).collect())
    } else if let Some(hidden) = accounts.iter().find(|account| !account.is_of_sales()) {
        let hidden = hidden.as_str();
        Err(Fault::forbidden(format!("entries of `{hidden}` need the permission SEE_COST; leave it out of filter.accounts")))
    } else {
        Ok(accounts)
    }
}

fn filter(ctx: &Context<'_>, input: LedgerEntryFilter) -> Result<report::EntryFilter> {
    let account = |code: String| {
        Account::parse(&code)
            .ok_or_else(|| Fault::bad_input(format!("filter.accounts: there is no account `{code}`; see ledgerAccounts")))
    };
    let accounts: Vec<_> = input.accounts.unwrap_or_default().into_iter().map(account).collect::<Result<_>>()?;
    Ok(report::EntryFilter {
        scope: scope(ctx)?,
        period: input.period.map(Into::into),
        basis: input.basis.into(),
        accounts: visible(ctx, accounts)?,
        company_id: input.company_id.map(|id| id.number),
        deal_id: input.deal_id.map(|id| id.number),
        order_id: input.order_id.map(|id| id.number),
        order_line_id: input.order_line_id.map(|id| id.number),
        batch_id: input.batch_id.map(|id| id.number),
        product_id: input.product_id.map(|id| id.number),
        party_id: input.party_id.map(|id| id.number),
        employee_id: input.employee_id.map(|id| id.number),
        channel_id: input.channel_id.map(|id| id.number),
        article_id: input.article_id.map(|id| id.number),
        cash_account_id: input.cash_account_id.map(|id| id.number),
    })
}
