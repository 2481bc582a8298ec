//! Why the margin of a deal or an order changed (почему изменилась маржа): the entries booked in a window of time, in words.
//!
//! Invariant: the margin known before, and the effect of every entry of the window, make the margin known after, to the kopeck.

mod words;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::Account;

use super::query::{Conditions, Value};
use super::{Answer, Ask, Error, Language, Reports, exact};

/// So many entries are told one by one; the rest as a sum.
pub const TOLD_MAX: u32 = 200;

/// Whose margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Of a deal with all its orders.
    Deal(i64),
    /// Of one order.
    Order(i64),
}

/// What is earned (маржа), roubles without VAT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Margin {
    /// Выручка.
    pub revenue: Decimal,
    /// Себестоимость.
    pub cogs: Decimal,
    /// Прямые расходы.
    pub direct_expenses: Decimal,
}

impl Margin {
    /// Валовая прибыль.
    pub fn gross_profit(self) -> Decimal {
        self.revenue - self.cogs
    }

    /// Маржинальный доход.
    pub fn contribution(self) -> Decimal {
        self.gross_profit() - self.direct_expenses
    }

    fn plus(self, other: Self) -> Self {
        Self {
            revenue: self.revenue + other.revenue,
            cogs: self.cogs + other.cogs,
            direct_expenses: self.direct_expenses + other.direct_expenses,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            revenue: self.revenue - other.revenue,
            cogs: self.cogs - other.cogs,
            direct_expenses: self.direct_expenses - other.direct_expenses,
        }
    }
}

/// One entry that changed the margin (причина).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The entry.
    pub entry_id: i64,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
    /// Счёт.
    pub account: Account,
    /// Its name.
    pub account_label: &'static str,
    /// Roubles, debit > 0.
    pub amount: Decimal,
    /// What it did.
    pub effect: Margin,
    /// The business date.
    pub effective_on: NaiveDate,
    /// The original shipment's date.
    pub origin_on: NaiveDate,
    /// The document, 0 = none; it is read from PostgreSQL.
    pub document_id: i64,
    /// What happened, in the language of the question.
    pub text: String,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarginChanges {
    /// As it was known at the beginning.
    pub before: Margin,
    /// As it was known at the end.
    pub after: Margin,
    /// In the order of booking, at most [`TOLD_MAX`].
    pub changes: Vec<Change>,
    /// How many more there are.
    pub more: i64,
    /// What those did together.
    pub more_effect: Margin,
}

impl Reports {
    /// What was booked after `since` and, if `ask` names a moment, not after it.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `since`; those of every report.
    pub async fn margin_changes(
        &self,
        ask: &Ask,
        scope: &Scope,
        of: Of,
        since: DateTime<Utc>,
    ) -> Result<Answer<MarginChanges>, Error> {
        if ask.known_at.is_some_and(|until| until < since) {
            return Err(Error::invalid("since", "the window ends before it begins; exchange its moments"));
        }
        let moment = self.begin(ask).await?;
        let conditions = moment
            .entries()
            .and("account in ('revenue', 'cogs', 'order_expenses')")
            .scope(scope)
            .of(of)
            .bind("since", Value::Number(since.timestamp_micros().into()));
        // Both statements read the same entries: those below one position of the log, which nobody changes.
        let sums = self.read::<Sums>(&sums_of(&conditions), &conditions).await?;
        let told = self.read::<Found>(&entries_of(&conditions), &conditions).await?;
        Ok(Answer { as_of: moment.as_of, data: report(&sums, &told, ask.language)? })
    }
}

/// Booked after the window began.
const IN_WINDOW: &str = "booked_at > fromUnixTimestamp64Micro({since:Int64}, 'UTC')";

impl Conditions {
    fn of(self, of: Of) -> Self {
        match of {
            Of::Deal(id) => self.equals("deal_id", Some(id)),
            Of::Order(id) => self.equals("order_id", Some(id)),
        }
    }
}

fn sums_of(conditions: &Conditions) -> String {
    format!(
        "select toUInt8({IN_WINDOW}) as changed, countIf(amount <> 0) as entries,
            (-sumIf(amount, account = 'revenue'))::Decimal(38, 2) as revenue_2,
            sumIf(amount, account = 'cogs')::Decimal(38, 2) as cogs_2,
            sumIf(amount, account = 'order_expenses')::Decimal(38, 2) as direct_2
         from raw_ledger_entry where {} group by changed",
        conditions.sql()
    )
}

fn entries_of(conditions: &Conditions) -> String {
    format!(
        "select e.entry_id as entry_id, e.booked as booked, e.code as code, e.amount_2 as amount_2, e.held as held,
            e.effective_on as effective_on, e.origin_on as origin_on, e.document_id as document_id, o.number as order_number,
            b.number as batch_number, a.name_ru as article_ru, a.name_en as article_en
         from (
            select entry_id, toUnixTimestamp64Micro(booked_at) as booked, toString(account) as code, amount::Decimal(38, 2) as amount_2,
                pieces as held, effective_on, origin_on, document_id, order_id, batch_id, article_id
            from raw_ledger_entry where {} and {IN_WINDOW} and amount <> 0 order by booked_at, entry_id limit {TOLD_MAX}) as e
         left join (select order_id, number from cur_orders) as o on o.order_id = e.order_id
         left join (select batch_id, number from cur_batches) as b on b.batch_id = e.batch_id
         left join (select article_id, name_ru, name_en from cur_articles) as a on a.article_id = e.article_id
         order by booked, entry_id",
        conditions.sql()
    )
}

/// What was known at the beginning, or came in the window.
#[derive(Debug, clickhouse::Row, Deserialize)]
struct Sums {
    changed: u8,
    entries: u64,
    #[serde(deserialize_with = "exact::roubles")]
    revenue_2: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    cogs_2: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    direct_2: Decimal,
}

/// An entry as it is stored, with the names it needs.
#[derive(Debug, Clone, clickhouse::Row, Deserialize)]
struct Found {
    entry_id: u64,
    #[serde(deserialize_with = "exact::instant")]
    booked: DateTime<Utc>,
    code: String,
    #[serde(deserialize_with = "exact::roubles")]
    amount_2: Decimal,
    held: i64,
    #[serde(deserialize_with = "exact::day")]
    effective_on: NaiveDate,
    #[serde(deserialize_with = "exact::day")]
    origin_on: NaiveDate,
    document_id: u64,
    order_number: String,
    batch_number: String,
    article_ru: String,
    article_en: String,
}

impl Found {
    fn change(&self, language: Language) -> Result<Change, Error> {
        let account = exact::account(&self.code)?;
        let mut effect = Margin::default();
        match account {
            Account::Revenue => effect.revenue = -self.amount_2,
            Account::Cogs => effect.cogs = self.amount_2,
            _ => effect.direct_expenses = self.amount_2,
        }
        Ok(Change {
            entry_id: exact::number(self.entry_id)?,
            booked_at: self.booked,
            account,
            account_label: language.account(account),
            amount: self.amount_2,
            effect,
            effective_on: self.effective_on,
            origin_on: self.origin_on,
            document_id: exact::number(self.document_id)?,
            text: words::of(self, account, language),
        })
    }
}

fn report(sums: &[Sums], told: &[Found], language: Language) -> Result<MarginChanges, Error> {
    let of = |changed: bool| sums.iter().find(|sums| (sums.changed != 0) == changed);
    let margin = |sums: Option<&Sums>| {
        sums.map_or_else(Margin::default, |sums| Margin {
            revenue: sums.revenue_2,
            cogs: sums.cogs_2,
            direct_expenses: sums.direct_2,
        })
    };
    let (before, change) = (margin(of(false)), margin(of(true)));
    let entries = of(true).map_or(Ok(0), |sums| exact::number(sums.entries))?;
    let changes = told.iter().map(|found| found.change(language)).collect::<Result<Vec<_>, Error>>()?;
    let told_effect = changes.iter().fold(Margin::default(), |sum, change| sum.plus(change.effect));
    let more = entries - i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let more_effect = change.minus(told_effect);
    Ok(MarginChanges { before, after: before.plus(change), changes, more, more_effect })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_told_and_the_rest_lead_from_before_to_after() {
        let sums = |changed, entries, revenue: &str, cogs: &str, direct: &str| Sums {
            changed,
            entries,
            revenue_2: d(revenue),
            cogs_2: d(cogs),
            direct_2: d(direct),
        };
        let found = |code: &str, amount: &str| Found { code: code.to_owned(), amount_2: d(amount), ..words::tests::found() };
        let told = vec![found("revenue", "-50"), found("cogs", "30.01"), found("order_expenses", "5")];
        let known = [sums(1, 5, "50", "42.02", "5"), sums(0, 9, "1000", "700", "100")];
        let report = report(&known, &told, Language::Ru).unwrap();
        assert_eq!((report.before.gross_profit(), report.before.contribution()), (d("300"), d("200")));
        assert_eq!((report.after.gross_profit(), report.after.contribution()), (d("307.98"), d("202.98")));
        assert_eq!((report.more, report.more_effect.contribution()), (2, d("-12.01")));
        let told = report.changes.iter().fold(report.before, |sum, change| sum.plus(change.effect));
        assert_eq!(told.plus(report.more_effect), report.after);
    }

    #[test]
    fn nothing_known_is_a_margin_of_nothing() {
        let report = report(&[], &[], Language::En).unwrap();
        assert_eq!((report.before, report.after, report.more), (Margin::default(), Margin::default(), 0));
    }
}
