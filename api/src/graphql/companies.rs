//! Own legal entities in the graph.

use async_graphql::{Context, Object, SimpleObject};
use shpunt_domain::companies::{self, store};

use super::caller::db;
use super::error::Result;
use super::ids::{Entity, Key};
use super::scalars::Day;

/// An own legal entity (своя организация).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Company {
    /// Id (идентификатор).
    id: Key,
    /// Name (наименование).
    name: String,
    /// Taxpayer number (ИНН), 10 or 12 digits.
    inn: String,
    /// Nothing is posted before this day (начало учёта).
    first_day: Day,
    /// Local time, minutes east of UTC (часовой пояс): decides which business date "now" is.
    utc_offset_minutes: i32,
}

impl Entity for Company {
    const PREFIX: &'static str = "company";
}

impl From<companies::Company> for Company {
    fn from(row: companies::Company) -> Self {
        Self {
            id: Key::of::<Self>(row.company_id),
            name: row.name,
            inn: row.inn,
            first_day: Day(row.first_day),
            utc_offset_minutes: row.utc_offset_minutes,
        }
    }
}

/// Questions about own companies.
#[derive(Default)]
pub(crate) struct CompaniesQuery;

#[Object]
impl CompaniesQuery {
    /// All own legal entities (свои организации), by id; there are few.
    async fn companies(&self, ctx: &Context<'_>) -> Result<Vec<Company>> {
        Ok(store::list(db(ctx)).await?.into_iter().map(Company::from).collect())
    }
}
