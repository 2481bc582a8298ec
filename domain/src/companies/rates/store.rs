//! SQL of exchange rates.

use chrono::NaiveDate;

use super::{Currency, Rate};
use crate::command::Run;
use crate::db::Db;
use crate::error::{Code, Error, Result};

/// A rate as it is stored.
struct Row {
    currency: String,
    rated_on: NaiveDate,
    nominal: i32,
    rate: rust_decimal::Decimal,
    source: String,
}

impl Row {
    fn known(self) -> Result<Rate> {
        let currency = Currency::parse(&self.currency).ok_or_else(|| Error::internal("a rate is of no currency"))?;
        Ok(Rate { currency, rated_on: self.rated_on, nominal: self.nominal, rate: self.rate, source: self.source })
    }
}

/// The rate of exactly this day; errors: `RATE_MISSING`.
pub async fn rate_in_tx(run: &mut Run<'_>, currency: Currency, on: NaiveDate) -> Result<Rate> {
    sqlx::query_as!(
        Row,
        "select currency, rated_on, nominal, rate, source from exchange_rates where currency = $1 and rated_on = $2",
        currency.as_str(),
        on
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| {
        let message = format!("no rate of {currency} is known on {on}; enter it first (exchangeRateSet)");
        Error::rejected(Code::RateMissing, message)
    })?
    .known()
}

/// Writes the rate of a day in place of what was known of it.
pub(super) async fn save_in_tx(run: &mut Run<'_>, rate: &Rate) -> Result<()> {
    sqlx::query!(
        "insert into exchange_rates (currency, rated_on, nominal, rate, source) values ($1, $2, $3, $4, $5)
         on conflict (currency, rated_on) do update set nominal = excluded.nominal, rate = excluded.rate, source = excluded.source",
        rate.currency.as_str(),
        rate.rated_on,
        rate.nominal,
        rate.rate,
        rate.source
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Rates of a currency, or of all, newest first, behind the rate `after`, at most `limit`; `None` = no bound.
pub async fn list(
    db: &Db,
    currency: Option<Currency>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    after: Option<(NaiveDate, Currency)>,
    limit: i64,
) -> Result<Vec<Rate>> {
    let (after_on, after_currency) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        "select currency, rated_on, nominal, rate, source from exchange_rates
         where ($1::text is null or currency = $1) and ($2::date is null or rated_on >= $2) and ($3::date is null or rated_on <= $3)
             and ($5::date is null or rated_on < $5 or rated_on = $5 and currency > $6)
         order by rated_on desc, currency limit $4",
        currency.as_ref().map(Currency::as_str),
        from,
        to,
        limit,
        after_on,
        after_currency.as_ref().map(Currency::as_str)
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Row::known).collect()
}
