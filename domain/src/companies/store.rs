//! SQL of the own companies.

use chrono::NaiveDate;

use super::commands::Create;
use super::{Company, DatedRegime, Regime, Tax};
use crate::command::Run;
use crate::db::Db;
use crate::error::{Code, Error, Result};

/// The company, or `NOT_FOUND`.
pub async fn get_in_tx(run: &mut Run<'_>, company_id: i64) -> Result<Company> {
    sqlx::query_as!(
        Company,
        "select company_id, name, inn, first_day, utc_offset_minutes, version from companies where company_id = $1",
        company_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("company", company_id))
}

/// The tax of the company on a date, or `TAX_REGIME_MISSING`.
pub async fn tax_in_tx(run: &mut Run<'_>, company_id: i64, on: NaiveDate) -> Result<Tax> {
    tax(&mut run.tx, company_id, on).await
}

/// The same on a connection, for those who only ask. Errors: `TAX_REGIME_MISSING`.
pub async fn tax(connection: &mut sqlx::PgConnection, company_id: i64, on: NaiveDate) -> Result<Tax> {
    let row = sqlx::query!(
        r#"select
            (select regime from company_tax_regimes where company_id = $1 and valid_from <= $2
             order by valid_from desc limit 1) as regime,
            (select percent from vat_rates where valid_from <= $2 order by valid_from desc limit 1) as percent"#,
        company_id,
        on
    )
    .fetch_one(connection)
    .await?;
    let missing = || {
        Error::rejected(
            Code::TaxRegimeMissing,
            format!("no tax regime or VAT rate is known on {on}; add a dated regime to the company"),
        )
    };
    let regime = row.regime.as_deref().and_then(Regime::parse).ok_or_else(missing)?;
    Ok(Tax::of(regime, row.percent.ok_or_else(missing)?))
}

/// All own companies by id: there are few.
pub async fn list(db: &Db) -> Result<Vec<Company>> {
    Ok(sqlx::query_as!(
        Company,
        "select company_id, name, inn, first_day, utc_offset_minutes, version from companies order by company_id"
    )
    .fetch_all(db)
    .await?)
}

/// The companies of these ids.
pub async fn list_by_ids(db: &Db, company_ids: &[i64]) -> Result<Vec<Company>> {
    Ok(sqlx::query_as!(
        Company,
        "select company_id, name, inn, first_day, utc_offset_minutes, version from companies where company_id = any($1)",
        company_ids
    )
    .fetch_all(db)
    .await?)
}

/// The dated regimes of these companies, oldest first.
pub async fn list_regimes(db: &Db, company_ids: &[i64]) -> Result<Vec<DatedRegime>> {
    let rows = sqlx::query!(
        "select company_id, valid_from, regime from company_tax_regimes where company_id = any($1) order by company_id, valid_from",
        company_ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            let regime = Regime::parse(&row.regime).ok_or_else(|| Error::internal("a company has an unknown regime"))?;
            Ok(DatedRegime { company_id: row.company_id, valid_from: row.valid_from, regime })
        })
        .collect()
}

pub(super) async fn insert_in_tx(run: &mut Run<'_>, new: &Create) -> Result<Company> {
    Ok(sqlx::query_as!(
        Company,
        "insert into companies (name, inn, first_day, utc_offset_minutes) values ($1, $2, $3, $4)
         returning company_id, name, inn, first_day, utc_offset_minutes, version",
        new.name,
        new.inn,
        new.first_day,
        new.utc_offset_minutes
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn set_regime_in_tx(run: &mut Run<'_>, company_id: i64, valid_from: NaiveDate, regime: Regime) -> Result<()> {
    sqlx::query!(
        "insert into company_tax_regimes (company_id, valid_from, regime) values ($1, $2, $3)",
        company_id,
        valid_from,
        regime.as_str()
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Locks a company. Errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, company_id: i64) -> Result<Company> {
    sqlx::query!("select company_id from companies where company_id = $1 for no key update", company_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    get_in_tx(run, company_id).await
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, company: &Company) -> Result<()> {
    sqlx::query!(
        "update companies set name = $2, inn = $3, version = $4 where company_id = $1",
        company.company_id,
        company.name,
        company.inn,
        company.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
