//! Cash flow (движение денег, direct method): where money came from, where it went, what is left on every account.
//!
//! Invariant: opening + received − paid = closing, per account and per month. Transfers between own accounts are in no article's
//! turnover.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::ask::months_of;
use super::query::Conditions;
use super::{Answer, Ask, Error, Filter, Language, Period, Reports, exact};

/// What kind of activity an article belongs to (вид деятельности).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Activity {
    /// Операционная.
    Operating,
    /// Инвестиционная.
    Investing,
    /// Финансовая.
    Financing,
    /// Переводы между своими счетами.
    Transfer,
    /// Вне деятельности.
    None,
}

/// An own account (счёт или касса); roubles. Transfers are included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub cash_account_id: i64,
    /// Its name.
    pub name: String,
    /// На начало.
    pub opening: Decimal,
    /// Поступило.
    pub received: Decimal,
    /// Выплачено, positive.
    pub paid: Decimal,
    /// На конец.
    pub closing: Decimal,
}

/// An article in a month (статья × месяц).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleRow {
    /// Its id.
    pub article_id: i64,
    /// Its name.
    pub article: String,
    /// Its activity.
    pub activity: Activity,
    /// First day of the month.
    pub month: NaiveDate,
    /// Поступило.
    pub received: Decimal,
    /// Выплачено, positive.
    pub paid: Decimal,
    /// Чистый поток = received − paid.
    pub net: Decimal,
}

/// A month over all accounts. Of transfers only what is under way at its end counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthRow {
    /// First day of the month.
    pub month: NaiveDate,
    /// На начало.
    pub opening: Decimal,
    /// Поступило.
    pub received: Decimal,
    /// Выплачено, positive.
    pub paid: Decimal,
    /// На конец.
    pub closing: Decimal,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashFlow {
    /// Accounts that ever held money, by name.
    pub accounts: Vec<AccountRow>,
    /// Turnover by activity, article and month. A transfer appears only by what is under way at the end of a month.
    pub rows: Vec<ArticleRow>,
    /// Months without gaps, from the first to the last with money in the period.
    pub months: Vec<MonthRow>,
}

impl Reports {
    /// Cash flow of a period. Channel and manager are those of the deal the money was for.
    ///
    /// # Errors
    /// Those of every report: [`Error`].
    pub async fn cash_flow(&self, ask: &Ask, filter: &Filter, period: Period) -> Result<Answer<CashFlow>, Error> {
        let period = period.check()?;
        let moment = self.begin(ask).await?;
        let whole_books = filter.is_whole_books() && moment.known_at.is_none();
        let (table, debit, credit, conditions) = if whole_books {
            ("mart_turnover_day", "debit", "credit", Conditions::default())
        } else {
            ("raw_ledger_entry", "greatest(amount, toDecimal64(0, 2))", "greatest(-amount, toDecimal64(0, 2))", moment.entries())
        };
        let conditions = conditions
            .and("account = 'cash'")
            .and("effective_on <= {to:Date}")
            .ledger(filter)
            .bind("from", period.from)
            .bind("to", period.to);
        let flows = self.read::<Flow>(&statement(table, debit, credit, &conditions.sql(), ask.language), &conditions).await?;
        Ok(Answer { as_of: moment.as_of, data: report(&flows)? })
    }
}

/// Everything before the period is one month of its own, 0, whatever the article.
fn statement(table: &str, debit: &str, credit: &str, conditions: &str, language: Language) -> String {
    let name = language.pick("name_ru", "name_en");
    format!(
        "select flows.cash_account_id as account, a.name as account_name, flows.article as article, c.{name} as article_name,
            toString(c.activity) as activity, flows.month as month, received, paid
         from (
            select cash_account_id, if(effective_on < {{from:Date}}, 0, article_id) as article,
                if(effective_on < {{from:Date}}, 0, toUInt64(toYYYYMM(effective_on))) as month,
                sum({debit}) as received, sum({credit}) as paid
            from {table} where {conditions} group by cash_account_id, article, month) as flows
         left join cur_cash_accounts as a on a.cash_account_id = flows.cash_account_id
         left join cur_articles as c on c.article_id = flows.article"
    )
}

/// Money of one account, article and month; month 0 is the time before the period.
#[derive(Debug, clickhouse::Row, Deserialize)]
struct Flow {
    account: u64,
    account_name: String,
    article: u64,
    article_name: String,
    activity: String,
    month: u64,
    #[serde(deserialize_with = "exact::roubles")]
    received: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    paid: Decimal,
}

impl Flow {
    fn net(&self) -> Decimal {
        self.received - self.paid
    }

    fn activity(&self) -> Activity {
        match self.activity.as_str() {
            "operating" => Activity::Operating,
            "investing" => Activity::Investing,
            "financing" => Activity::Financing,
            "transfer" => Activity::Transfer,
            _ => Activity::None,
        }
    }
}

/// All three tables from the same flows.
fn report(flows: &[Flow]) -> Result<CashFlow, Error> {
    let (before, within): (Vec<&Flow>, Vec<&Flow>) = flows.iter().partition(|flow| flow.month == 0);
    let rows = articles(&within)?;
    let opening = before.iter().map(|flow| flow.net()).sum();
    Ok(CashFlow { accounts: accounts(flows)?, months: months(&rows, opening), rows })
}

fn accounts(flows: &[Flow]) -> Result<Vec<AccountRow>, Error> {
    let mut accounts = BTreeMap::new();
    for flow in flows {
        let (opening, received, paid) =
            accounts.entry((flow.account_name.as_str(), flow.account)).or_insert((Decimal::ZERO, Decimal::ZERO, Decimal::ZERO));
        if flow.month == 0 {
            *opening += flow.net();
        } else {
            *received += flow.received;
            *paid += flow.paid;
        }
    }
    let row = |((name, id), (opening, received, paid)): ((&str, u64), (Decimal, Decimal, Decimal))| {
        let cash_account_id = exact::number(id)?;
        Ok(AccountRow { cash_account_id, name: name.to_owned(), opening, received, paid, closing: opening + received - paid })
    };
    accounts.into_iter().map(row).collect()
}

fn articles(flows: &[&Flow]) -> Result<Vec<ArticleRow>, Error> {
    let mut articles: BTreeMap<_, (&str, Decimal, Decimal)> = BTreeMap::new();
    for flow in flows {
        let row = articles.entry((flow.activity(), flow.article, flow.month)).or_insert((
            flow.article_name.as_str(),
            Decimal::ZERO,
            Decimal::ZERO,
        ));
        row.1 += flow.received;
        row.2 += flow.paid;
    }
    let mut rows = Vec::with_capacity(articles.len());
    for ((activity, article, month), (name, mut received, mut paid)) in articles {
        let net = received - paid;
        if activity == Activity::Transfer {
            (received, paid) = (net.max(Decimal::ZERO), (-net).max(Decimal::ZERO));
        }
        // Both ends of a transfer in one month are nobody's turnover.
        if activity != Activity::Transfer || !net.is_zero() {
            let (article_id, month) = (exact::number(article)?, exact::month(month)?);
            rows.push(ArticleRow { article_id, article: name.to_owned(), activity, month, received, paid, net });
        }
    }
    Ok(rows)
}

fn months(rows: &[ArticleRow], opening: Decimal) -> Vec<MonthRow> {
    let mut turnover: BTreeMap<NaiveDate, (Decimal, Decimal)> = BTreeMap::new();
    for row in rows {
        let (received, paid) = turnover.entry(row.month).or_default();
        *received += row.received;
        *paid += row.paid;
    }
    let mut opening = opening;
    months_of(&turnover)
        .map(|month| {
            let (received, paid) = turnover.get(&month).copied().unwrap_or_default();
            let row = MonthRow { month, opening, received, paid, closing: opening + received - paid };
            opening = row.closing;
            row
        })
        .collect()
}
