//! The chart of accounts, the articles and the periods in the graph.

pub(in crate::graphql) mod periods;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use shpunt_analytics::reports::Language;
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::{self, Account, articles};

use crate::graphql::caller::{caller, db};
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Key};
use crate::graphql::loaders::{Batch, by_id};
use crate::graphql::page;
use crate::graphql::text::given;

/// Where an account stands (раздел плана счетов).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "ledger::Section")]
pub(crate) enum AccountSection {
    /// What we have (активы): the balance is a debit.
    Asset,
    /// What we owe (обязательства).
    Liability,
    /// What is the owners' (капитал).
    Equity,
    /// What we earn (доходы).
    Income,
    /// What we spend (расходы).
    Expense,
}

/// An account of the ledger (счёт плана счетов).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct LedgerAccount {
    /// Stable code (код), such as `customer_advances`; entries and filters name accounts by it.
    code: &'static str,
    /// Where it stands (раздел).
    section: AccountSection,
    #[graphql(skip)]
    account: Account,
}

impl From<Account> for LedgerAccount {
    fn from(account: Account) -> Self {
        Self { code: account.as_str(), section: account.section().into(), account }
    }
}

#[ComplexObject]
impl LedgerAccount {
    /// Name in the language of the request (название).
    async fn name(&self, ctx: &Context<'_>) -> &'static str {
        match caller(ctx).language {
            Language::Ru => self.account.name_ru(),
            Language::En => self.account.name_en(),
        }
    }
}

/// Which part of the cash flow money belongs to (вид деятельности).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "articles::Activity")]
pub(crate) enum CashActivity {
    /// Trade (операционная).
    Operating,
    /// Equipment and the like (инвестиционная).
    Investing,
    /// Loans and owners (финансовая).
    Financing,
    /// Between own accounts (переводы между своими счетами).
    Transfer,
    /// No movement of money (без движения денег).
    None,
}

/// What a payment or an expense is for (статья).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Article {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Stable code (код), such as `freight`.
    code: String,
    /// Which part of the cash flow it belongs to (вид деятельности).
    activity: CashActivity,
    /// Code of the account that a payment without a target goes to (корреспондирующий счёт); null when the article settles debts and
    /// advances, so that a payment names its target.
    contra_account: Option<String>,
    #[graphql(skip)]
    name_ru: String,
    #[graphql(skip)]
    name_en: String,
}

impl Entity for Article {
    const PREFIX: &'static str = "article";
}

impl From<articles::Article> for Article {
    fn from(row: articles::Article) -> Self {
        Self {
            id: Key::of::<Self>(row.article_id),
            code: row.code,
            activity: row.activity.into(),
            contra_account: given(row.contra_account),
            name_ru: row.name_ru,
            name_en: row.name_en,
        }
    }
}

#[ComplexObject]
impl Article {
    /// Name in the language of the request (название).
    async fn name(&self, ctx: &Context<'_>) -> &str {
        match caller(ctx).language {
            Language::Ru => &self.name_ru,
            Language::En => &self.name_en,
        }
    }
}

/// Articles of the given ids.
pub(in crate::graphql) fn articles_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Article> {
    Box::pin(async move { Ok(by_id(articles::list_by_ids(&db, &ids).await?, |row| row.article_id)) })
}

/// Questions about the chart of accounts.
#[derive(Default)]
pub(crate) struct LedgerQuery;

#[Object]
impl LedgerQuery {
    /// The chart of accounts (план счетов), in the order of the balance.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn ledger_accounts(&self) -> Vec<LedgerAccount> {
        Account::ALL.into_iter().map(LedgerAccount::from).collect()
    }

    /// All articles (статьи), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn articles(&self, ctx: &Context<'_>) -> Result<Vec<Article>> {
        Ok(articles::list(db(ctx)).await?.into_iter().map(Article::from).collect())
    }
}
