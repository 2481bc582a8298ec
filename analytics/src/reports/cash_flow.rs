//! Cash flow (движение денег, direct method): where money came from, where it went, what is left on every account.
//!
//! Invariant: opening + received − paid = closing, per account and per month. Transfers between own accounts are in no article's
//! turnover.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Answer, Ask, Error, Filter, Period, Reports};

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
    /// Cash flow of a period. Channel and manager are those of the entries of money: of none where it was not for a deal.
    ///
    /// # Errors
    /// Those of every report: [`Error`].
    pub async fn cash_flow(&self, _ask: &Ask, _filter: &Filter, _period: Period) -> Result<Answer<CashFlow>, Error> {
        Err(Error::NotReady)
    }
}
