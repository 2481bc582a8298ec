//! Own legal entities in the graph.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::companies::{self, commands, store};

use super::caller::{command, db};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch, by_id, grouped, loaders};
use super::page;
use super::plan::{Field, Step, Steps, Word};
use super::scalars::{Day, Uuid};
use super::user_error::payload;

/// How a company is taxed (режим налогообложения).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "companies::Regime")]
pub(crate) enum Regime {
    /// VAT at the standard rate, input VAT deducted (ОСНО).
    Osno,
    /// No output VAT, input VAT is a cost (УСН без НДС).
    UsnExempt,
    /// 5 % VAT, input VAT is a cost (УСН 5 %).
    #[graphql(name = "USN_5")]
    Usn5,
    /// 7 % VAT, input VAT is a cost (УСН 7 %).
    #[graphql(name = "USN_7")]
    Usn7,
}

/// The regime of a company from a day on (режим с даты).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct TaxRegime {
    /// From this day on (действует с).
    valid_from: Day,
    /// How it is taxed then (режим).
    regime: Regime,
}

impl From<companies::DatedRegime> for TaxRegime {
    fn from(row: companies::DatedRegime) -> Self {
        Self { valid_from: Day(row.valid_from), regime: row.regime.into() }
    }
}

/// An own legal entity (своя организация).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Company {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name (наименование).
    name: String,
    /// Taxpayer number (ИНН), 10 or 12 digits.
    inn: String,
    /// Nothing is posted before this day (начало учёта).
    first_day: Day,
    /// Local time, minutes east of UTC (часовой пояс): decides which business date "now" is.
    utc_offset_minutes: i32,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    number: i64,
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
            version: row.version,
            number: row.company_id,
        }
    }
}

#[ComplexObject]
impl Company {
    /// How it is taxed and since when (режимы налогообложения), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn regimes(&self, ctx: &Context<'_>) -> Result<Vec<TaxRegime>> {
        loaders(ctx).regimes.of(self.number).await
    }
}

impl Steps for Company {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|company: &Self| &company.id),
            "name" => field.leaf(|company: &Self| &company.name),
            "inn" => field.leaf(|company: &Self| &company.inn),
            "firstDay" => field.leaf(|company: &Self| &company.first_day),
            "utcOffsetMinutes" => field.leaf(|company: &Self| &company.utc_offset_minutes),
            "version" => field.leaf(|company: &Self| &company.version),
            "regimes" => field.many(|company: &Self| company.number, regimes),
            _ => None,
        }
    }
}

impl Steps for TaxRegime {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "validFrom" => field.leaf(|dated: &Self| &dated.valid_from),
            "regime" => field.value(|dated: &Self| Word(dated.regime)),
            _ => None,
        }
    }
}

/// Companies of the given ids.
pub(super) fn by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Company> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &ids).await?, |row| row.company_id)) })
}

/// The regimes of the given companies.
pub(super) fn regimes(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Vec<TaxRegime>> {
    Box::pin(async move { Ok(grouped(store::list_regimes(&db, &ids).await?, |row| row.company_id)) })
}

/// Questions about own companies.
#[derive(Default)]
pub(crate) struct CompaniesQuery;

#[Object]
impl CompaniesQuery {
    #[graphql(complexity = "page::list(child_complexity)")]
    /// All own legal entities (свои организации), by id; there are few.
    async fn companies(&self, ctx: &Context<'_>) -> Result<Vec<Company>> {
        Ok(store::list(db(ctx)).await?.into_iter().map(Company::from).collect())
    }
}

/// A new own legal entity (новая организация) with its first tax regime.
#[derive(InputObject)]
pub(crate) struct CompanyCreateInput {
    /// Name (наименование).
    name: String,
    /// Taxpayer number (ИНН), 10 or 12 digits.
    inn: String,
    /// Nothing is posted before this day; the regime is valid from it (начало учёта).
    first_day: Day,
    /// Local time, minutes east of UTC (часовой пояс); Moscow is 180.
    #[graphql(default = 180)]
    utc_offset_minutes: i32,
    /// How it is taxed at first (режим).
    regime: Regime,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Another regime from a day on (новый режим налогообложения).
#[derive(InputObject)]
pub(crate) struct CompanyRegimeAddInput {
    /// Whose (организация).
    company_id: Id<Company>,
    /// From this day on (действует с).
    valid_from: Day,
    /// How it is taxed then (режим).
    regime: Regime,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Another name or ИНН for a company (изменение организации): what is left out stays.
#[derive(InputObject)]
pub(crate) struct CompanyUpdateInput {
    /// Which (организация).
    company_id: Id<Company>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (наименование).
    name: Option<String>,
    /// Taxpayer number (ИНН), 10 or 12 digits.
    inn: Option<String>,
}

payload! {
    /// What `companyUpdate` did.
    CompanyUpdatePayload {
        /// The company as it is now (организация); null when nothing was done.
        company: Company
    }
}

payload! {
    /// What `companyCreate` did.
    CompanyCreatePayload {
        /// The new company (организация); null when nothing was done.
        company: Company
    }
}

payload! {
    /// What `companyRegimeAdd` did.
    CompanyRegimeAddPayload {
        /// The company (организация); null when nothing was done.
        company: Company
    }
}

/// Changes of own companies.
#[derive(Default)]
pub(crate) struct CompaniesMutation;

#[Object]
impl CompaniesMutation {
    /// Changes name and ИНН of an own legal entity (изменить организацию). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS` (ИНН).
    async fn company_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: CompanyUpdateInput,
    ) -> Result<CompanyUpdatePayload> {
        let update = commands::Update {
            company_id: input.company_id.number,
            expected_version: input.expected_version,
            name: input.name,
            inn: input.inn,
        };
        CompanyUpdatePayload::of(commands::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Creates an own legal entity (создать организацию). Codes: `INVALID_INPUT`, `ALREADY_EXISTS` (ИНН).
    async fn company_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new company (новая организация).")] input: CompanyCreateInput,
    ) -> Result<CompanyCreatePayload> {
        let create = commands::Create {
            name: input.name,
            inn: input.inn,
            first_day: input.first_day.0,
            utc_offset_minutes: input.utc_offset_minutes,
            regime: input.regime.into(),
        };
        CompanyCreatePayload::of(commands::create(db(ctx), &command(ctx, input.idempotency_key)?, create).await)
    }

    /// Changes how a company is taxed from a day on (добавить режим налогообложения). Codes: `NOT_FOUND`, `ALREADY_EXISTS` (the day has one),
    /// `INVALID_INPUT`, `DATE_BEFORE_FIRST_DAY`.
    async fn company_regime_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The regime (режим).")] input: CompanyRegimeAddInput,
    ) -> Result<CompanyRegimeAddPayload> {
        let add = commands::AddRegime {
            company_id: input.company_id.number,
            valid_from: input.valid_from.0,
            regime: input.regime.into(),
        };
        CompanyRegimeAddPayload::of(commands::add_regime(db(ctx), &command(ctx, input.idempotency_key)?, add).await)
    }
}
