//! The only writer of `ledger_transaction` and `ledger_entry`.

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{Entry, Kind, Posting};
use crate::command::Run;
use crate::companies;
use crate::companies::rates::Currency;
use crate::error::{Code, Error, Result};

/// Writes a posting and returns its transaction id.
///
/// Errors: `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`.
pub async fn post_in_tx(run: &mut Run<'_>, posting: &Posting) -> Result<i64> {
    check_date_in_tx(run, posting.company_id, posting.effective_on).await?;
    write_in_tx(run, posting, None).await
}

/// Checks that a business date can be posted to, and holds its period open until the command ends.
pub async fn check_date_in_tx(run: &mut Run<'_>, company_id: i64, on: NaiveDate) -> Result<()> {
    let company = companies::store::get_in_tx(run, company_id).await?;
    let today = run.ctx.today(company.utc_offset_minutes);
    if on > today {
        return Err(Error::rejected(
            Code::DateInFuture,
            format!("{on} lies in the future (today is {today}); use a date up to today"),
        ));
    }
    if on < company.first_day {
        let first = company.first_day;
        return Err(Error::rejected(
            Code::DateBeforeFirstDay,
            format!("{on} lies before the company's first day {first}; use {first} or later"),
        ));
    }
    if lock_period_in_tx(run, company_id, on).await? {
        return Err(closed(on));
    }
    Ok(())
}

/// The first day, not before `on`, whose month is open.
async fn first_open_day_in_tx(run: &mut Run<'_>, company_id: i64, on: NaiveDate) -> Result<NaiveDate> {
    let month = on.with_day(1).unwrap_or(on);
    let closed = sqlx::query_scalar!(
        "select month from periods where company_id = $1 and month >= $2 and closed_at is not null order by month",
        company_id,
        month
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let mut day = on;
    for month in closed {
        if day.with_day(1) != Some(month) {
            break;
        }
        day = month.checked_add_months(chrono::Months::new(1)).unwrap_or(day);
    }
    Ok(day)
}

/// The day a document of `on` is posted for (первый открытый день), its month held open until the command ends: a late document keeps its
/// own date and belongs to the first open day.
///
/// Errors: `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, and `PERIOD_CLOSED` when months close faster than this looks.
pub async fn hold_open_day_in_tx(run: &mut Run<'_>, company_id: i64, on: NaiveDate) -> Result<NaiveDate> {
    let mut day = on;
    // Its month may be closed between the look and the lock.
    for _ in 0..3 {
        day = first_open_day_in_tx(run, company_id, on).await?;
        match check_date_in_tx(run, company_id, day).await {
            Err(error) if error.code() == Code::PeriodClosed => {}
            checked => return checked.map(|()| day),
        }
    }
    Err(closed(day))
}

/// What to do about a date in a closed month.
fn closed(on: NaiveDate) -> Error {
    let message = format!("the month of {on} is closed; use a date in an open month, or reopen the month");
    Error::rejected(Code::PeriodClosed, message)
}

/// `for share`: many postings at once, but closing (`for update`) waits for them. Returns whether the month is closed.
async fn lock_period_in_tx(run: &mut Run<'_>, company_id: i64, on: NaiveDate) -> Result<bool> {
    let month = on.with_day(1).unwrap_or(on);
    for _ in 0..2 {
        let period = sqlx::query_scalar!(
            r#"select closed_at is not null as "closed!" from periods where company_id = $1 and month = $2 for share"#,
            company_id,
            month
        )
        .fetch_optional(&mut *run.tx)
        .await?;
        if let Some(closed) = period {
            return Ok(closed);
        }
        sqlx::query!("insert into periods (company_id, month) values ($1, $2) on conflict do nothing", company_id, month)
            .execute(&mut *run.tx)
            .await?;
    }
    Err(Error::internal("a period disappeared while it was locked"))
}

/// Writes a transaction for each day of what one document posts; errors: those of [`Posting::try_new`] and [`post_in_tx`].
pub async fn post_days_in_tx(
    run: &mut Run<'_>,
    kind: Kind,
    (company_id, document_id): (i64, i64),
    days: BTreeMap<NaiveDate, Vec<Entry>>,
) -> Result<()> {
    for (on, entries) in days {
        post_in_tx(run, &Posting::try_new(kind, company_id, document_id, on, entries)?).await?;
    }
    Ok(())
}

/// Reverses a transaction by its exact negative (сторно), dated `effective_on`; every entry keeps its origin date.
///
/// Errors: `NOT_FOUND`, `ALREADY_REVERSED` and those of [`post_in_tx`].
pub async fn reverse_in_tx(run: &mut Run<'_>, transaction_id: i64, document_id: i64, effective_on: NaiveDate) -> Result<i64> {
    let header = sqlx::query!(
        r#"select company_id, exists (select from ledger_transaction r where r.reverses = t.transaction_id) as "reversed!"
           from ledger_transaction t where transaction_id = $1"#,
        transaction_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("ledger transaction", transaction_id))?;
    if header.reversed {
        return Err(Error::rejected(Code::AlreadyReversed, format!("transaction {transaction_id} was reversed before")));
    }
    check_date_in_tx(run, header.company_id, effective_on).await?;
    let (reversal, booked_at) =
        write_header_in_tx(run, Kind::Storno, header.company_id, document_id, effective_on, Some(transaction_id), 0).await?;
    sqlx::query!(
        "insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id, contract_id,
            document_id, deal_id, order_id, order_line_id, batch_id, product_id, warehouse_id, party_id, employee_id, channel_id,
            article_id, cost_element, cash_account_id, department_id, pieces, metres, tonnes_theoretical, tonnes_weighed, currency,
            currency_amount, vat)
         select $2, line, account, -amount, $3, origin_on, $4, company_id, contract_id, $5, deal_id,
            order_id, order_line_id, batch_id, product_id, warehouse_id, party_id, employee_id, channel_id, article_id, cost_element,
            cash_account_id, department_id, -pieces, -metres, -tonnes_theoretical, -tonnes_weighed, currency, -currency_amount, -vat
         from ledger_entry where transaction_id = $1 order by line",
        transaction_id,
        reversal,
        effective_on,
        booked_at,
        document_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(reversal)
}

/// The id, and the moment the whole command is booked at: half of it known at some moment would be a report that does not balance.
///
/// `entries` = 0 means as many as the reversed transaction has.
async fn write_header_in_tx(
    run: &mut Run<'_>,
    kind: Kind,
    company_id: i64,
    document_id: i64,
    effective_on: NaiveDate,
    reverses: Option<i64>,
    entries: i32,
) -> Result<(i64, DateTime<Utc>)> {
    let began = Instant::now();
    let header = sqlx::query!(
        "insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, reverses, command_id, entries)
         values ($1, $2, $3, $4, coalesce($5, clock_timestamp()), $6, $7,
            case when $8 > 0 then $8 else (select entries from ledger_transaction where transaction_id = $6) end)
         returning transaction_id, booked_at",
        company_id,
        kind.as_str(),
        document_id,
        effective_on,
        run.booked_at(),
        reverses,
        run.command_id,
        entries
    )
    .fetch_one(&mut *run.tx)
    .await?;
    run.book(header.booked_at, began);
    Ok((header.transaction_id, header.booked_at))
}

fn ids(entries: &[Entry], id: impl Fn(&Entry) -> i64) -> Vec<i64> {
    entries.iter().map(id).collect()
}

fn decimals(entries: &[Entry], value: impl Fn(&Entry) -> Decimal) -> Vec<Decimal> {
    entries.iter().map(value).collect()
}

/// One multi-row insert, so that the statement trigger sees the whole transaction.
async fn write_in_tx(run: &mut Run<'_>, posting: &Posting, reverses: Option<i64>) -> Result<i64> {
    let e = &posting.entries;
    let count = i32::try_from(e.len()).map_err(|_| Error::internal("a posting has too many entries"))?;
    let Posting { kind, company_id, document_id, effective_on, .. } = *posting;
    let (transaction_id, booked_at) =
        write_header_in_tx(run, kind, company_id, document_id, effective_on, reverses, count).await?;
    let accounts: Vec<String> = e.iter().map(|entry| entry.account.as_str().to_owned()).collect();
    let elements: Vec<String> =
        e.iter().map(|entry| entry.stock.cost_element.map_or_else(String::new, |element| element.as_str().to_owned())).collect();
    let currencies: Vec<String> =
        e.iter().map(|entry| entry.foreign.map_or(Currency::RUB, |foreign| foreign.currency).to_string()).collect();
    let origins: Vec<NaiveDate> = e.iter().map(|entry| entry.origin_on.unwrap_or(effective_on)).collect();
    sqlx::query!(
        "insert into ledger_entry (transaction_id, company_id, document_id, effective_on, booked_at, line, account, amount, vat,
            origin_on, contract_id, deal_id, order_id, order_line_id, batch_id, product_id, warehouse_id, party_id, employee_id,
            channel_id, article_id, cost_element, cash_account_id, department_id, pieces, metres, tonnes_theoretical, tonnes_weighed,
            currency, currency_amount)
         select $1, $2, $3, $4, $5, e.line, e.account, e.amount, e.vat, e.origin_on, e.contract_id,
            e.deal_id, e.order_id, e.order_line_id, e.batch_id, e.product_id, e.warehouse_id, e.party_id, e.employee_id, e.channel_id,
            e.article_id, e.cost_element, e.cash_account_id, e.department_id, e.pieces, e.metres, e.tonnes_theoretical,
            e.tonnes_weighed, e.currency, e.currency_amount
         from unnest($6::text[], $7::numeric[], $8::numeric[], $9::date[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
            $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::text[],
            $22::bigint[], $23::bigint[], $24::bigint[], $25::numeric[], $26::numeric[], $27::numeric[], $28::text[], $29::numeric[]) with ordinality
            as e (account, amount, vat, origin_on, contract_id, deal_id, order_id, order_line_id, batch_id, product_id, warehouse_id,
            party_id, employee_id, channel_id, article_id, cost_element, cash_account_id, department_id, pieces, metres,
            tonnes_theoretical, tonnes_weighed, currency, currency_amount, line)
         order by e.line",
        transaction_id,
        company_id,
        document_id,
        effective_on,
        booked_at,
        &accounts,
        &decimals(e, |x| x.amount),
        &decimals(e, |x| x.vat),
        &origins,
        &ids(e, |x| x.sale.contract_id),
        &ids(e, |x| x.sale.deal_id),
        &ids(e, |x| x.sale.order_id),
        &ids(e, |x| x.sale.order_line_id),
        &ids(e, |x| x.stock.batch_id),
        &ids(e, |x| x.sale.product_id),
        &ids(e, |x| x.stock.warehouse_id),
        &ids(e, |x| x.sale.party_id),
        &ids(e, |x| x.sale.employee_id),
        &ids(e, |x| x.sale.channel_id),
        &ids(e, |x| x.cash.article_id),
        &elements,
        &ids(e, |x| x.cash.cash_account_id),
        &ids(e, |x| x.department_id),
        &ids(e, |x| x.stock.pieces),
        &decimals(e, |x| x.stock.metres),
        &decimals(e, |x| x.stock.tonnes_theoretical),
        &decimals(e, |x| x.stock.tonnes_weighed),
        &currencies,
        &decimals(e, |x| x.foreign.map_or(x.amount, |foreign| foreign.amount))
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(transaction_id)
}
