//! Counterparties, their people and contracts in the graph.

mod mutations;
mod steps;

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::keyset;
use shpunt_domain::parties::{self, list, store};

use super::caller::db;
use super::companies::Company;
use super::error::Result;
use super::ids::{Entity, Id, Key, or_zero};
use super::loaders::{Batch, by_id, grouped, loaders};
use super::page::{self, Page, Sorted, Window};
use super::plan::Planned;
use super::pricing::CustomerGroup;
use super::scalars::Day;
use super::text::given;
pub(crate) use mutations::PartiesMutation;

/// A customer, supplier or carrier (контрагент); one may be all three.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Party {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name (наименование).
    name: String,
    /// Taxpayer number (ИНН), 10 or 12 digits; null when not known.
    inn: Option<String>,
    /// Phone (телефон).
    phone: Option<String>,
    /// E-mail (электронная почта).
    email: Option<String>,
    /// Buys from us (покупатель).
    is_customer: bool,
    /// Sells to us (поставщик).
    is_supplier: bool,
    /// Carries for us (перевозчик).
    is_carrier: bool,
    /// Id in the system it was imported from (внешний идентификатор).
    external_id: Option<String>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    number: i64,
}

impl Entity for Party {
    const PREFIX: &'static str = "party";
}

impl From<parties::Party> for Party {
    fn from(row: parties::Party) -> Self {
        Self {
            id: Key::of::<Self>(row.party_id),
            name: row.name,
            inn: given(row.inn),
            phone: given(row.phone),
            email: given(row.email),
            is_customer: row.is_customer,
            is_supplier: row.is_supplier,
            is_carrier: row.is_carrier,
            external_id: row.external_id,
            version: row.version,
            number: row.party_id,
        }
    }
}

#[ComplexObject]
impl Party {
    /// Its people (контактные лица), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn contacts(&self, ctx: &Context<'_>) -> Result<Vec<Contact>> {
        loaders(ctx).contacts_of_parties.of(self.number).await
    }

    /// The group whose prices it buys at (группа покупателя); null = none.
    async fn customer_group(&self, ctx: &Context<'_>) -> Result<Option<CustomerGroup>> {
        loaders(ctx).groups_of_parties.find(self.number).await
    }

    /// Its contracts with our companies (договоры), oldest first.
    #[graphql(complexity = "page::few(child_complexity)")]
    async fn contracts(&self, ctx: &Context<'_>) -> Result<Vec<Contract>> {
        loaders(ctx).contracts_of_parties.of(self.number).await
    }
}

/// A person at a party (контактное лицо).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Contact {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name (имя).
    name: String,
    /// Phone (телефон).
    phone: Option<String>,
    /// E-mail (электронная почта).
    email: Option<String>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
}

impl Entity for Contact {
    const PREFIX: &'static str = "contact";
}

impl From<parties::Contact> for Contact {
    fn from(row: parties::Contact) -> Self {
        Self {
            id: Key::of::<Self>(row.contact_id),
            name: row.name,
            phone: given(row.phone),
            email: given(row.email),
            version: row.version,
        }
    }
}

/// What a contract is about (вид договора).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "parties::ContractKind")]
pub(crate) enum ContractKind {
    /// We sell (с покупателем).
    Sale,
    /// We buy goods (с поставщиком).
    Purchase,
    /// We buy services (услуги).
    Service,
}

/// A contract of an own company with a party (договор).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Contract {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// What it is about (вид).
    kind: ContractKind,
    /// Number (номер), unique for company and party.
    number: String,
    /// Day of signing (дата подписания).
    signed_on: Day,
    /// Days until a shipment is due to be paid (отсрочка платежа).
    payment_days: i32,
    /// Title passes at unloading, not at shipment (переход права собственности при разгрузке): what is shipped under it is sold when it is
    /// delivered.
    title_on_delivery: bool,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    company_id: i64,
    #[graphql(skip)]
    party_id: i64,
}

impl Entity for Contract {
    const PREFIX: &'static str = "contract";
}

impl From<parties::Contract> for Contract {
    fn from(row: parties::Contract) -> Self {
        Self {
            id: Key::of::<Self>(row.contract_id),
            kind: row.kind.into(),
            number: row.number,
            signed_on: Day(row.signed_on),
            payment_days: row.payment_days,
            title_on_delivery: row.title_on_delivery,
            version: row.version,
            company_id: row.company_id,
            party_id: row.party_id,
        }
    }
}

#[ComplexObject]
impl Contract {
    /// Our side (своя организация).
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        loaders(ctx).companies.existing(self.company_id).await
    }

    /// The other side (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.party_id).await
    }
}

/// Parties of the given ids, deleted ones too: old documents name them.
pub(super) fn by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Party> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &ids).await?, |row| row.party_id)) })
}

/// People of the given ids.
pub(super) fn contacts_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Contact> {
    Box::pin(async move { Ok(by_id(shpunt_domain::parties::contacts::list_by_ids(&db, &ids).await?, |row| row.contact_id)) })
}

/// The people of the given parties.
pub(super) fn contacts(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Vec<Contact>> {
    Box::pin(async move { Ok(grouped(store::list_contacts(&db, &ids).await?, |row| row.party_id)) })
}

/// Contracts of the given ids.
pub(super) fn contracts(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Contract> {
    Box::pin(async move { Ok(by_id(store::list_contracts_by_ids(&db, &ids).await?, |row| row.contract_id)) })
}

/// The contracts of the given parties.
pub(super) fn contracts_of_parties(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Vec<Contract>> {
    Box::pin(async move { Ok(grouped(store::list_contracts_of(&db, &ids).await?, |row| row.party_id)) })
}

/// What a party is to us (роль контрагента).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "parties::Role")]
pub(crate) enum PartyRole {
    /// Buys from us (покупатель).
    Customer,
    /// Sells to us (поставщик).
    Supplier,
    /// Carries for us (перевозчик).
    Carrier,
}

/// Which parties a list shows (отбор контрагентов).
#[derive(InputObject, Default)]
pub(crate) struct PartyFilter {
    /// Part of the name, also with a typing error, the whole ИНН, part of a phone, of the party or of its people (поиск).
    #[graphql(default)]
    search: String,
    /// Only those who are this to us (роль).
    role: Option<PartyRole>,
}

/// In which order parties are listed (порядок контрагентов); what is equal goes by age.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "list::Sort")]
pub(crate) enum PartySort {
    /// The oldest first (сначала старые).
    Oldest,
    /// The newest first (сначала новые).
    Newest,
    /// By name (по названию).
    Name,
}

/// Questions about parties.
#[derive(Default)]
pub(crate) struct PartiesQuery;

#[Object]
impl PartiesQuery {
    /// Parties that were not deleted (контрагенты), oldest first unless another order is asked for.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn parties(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: PartyFilter,
        #[graphql(default_with = "PartySort::Oldest", desc = "In which order (порядок).")] sort: PartySort,
        #[graphql(default, desc = "The order turned round (в обратном порядке).")] reverse: bool,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor of the same order (после курсора).")] after: Option<String>,
    ) -> Result<Planned<Page<Party>>> {
        let filter = list::Filter { search: filter.search.trim().to_owned(), role: filter.role.map(Into::into) };
        if sort == PartySort::Oldest && !reverse {
            let window = Window::new(first, after.as_deref())?;
            let rows = list::list(db(ctx), &filter, window.after.unwrap_or_default(), window.limit()).await?;
            return Ok(Planned(window.page(rows, |row| row.party_id)));
        }
        let sort = list::Sort::from(sort);
        let page = Sorted::new(sort, reverse, first, after.as_deref())?;
        let keys = list::keys(db(ctx), &filter, sort, &page.part(sort.descends())).await?;
        let rows = store::list_by_ids(db(ctx), &keyset::ids(&keys)).await?;
        Ok(Planned(page.page(keys, rows, |row| row.party_id)))
    }

    /// The party of an id (контрагент), also a deleted one; null when there is none.
    async fn party(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<Party>,
    ) -> Result<Option<Party>> {
        loaders(ctx).parties.find(id.number).await
    }

    /// Contracts (договоры), oldest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those with this party (контрагент).")] party_id: Option<Id<Party>>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Planned<Page<Contract>>> {
        let window = Window::new(first, after.as_deref())?;
        let party_id = or_zero(party_id);
        let rows = store::list_contracts(db(ctx), party_id, window.after.unwrap_or_default(), window.limit()).await?;
        Ok(Planned(window.page(rows, |row| row.contract_id)))
    }

    /// The contract of an id (договор); null when there is none.
    async fn contract(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id (идентификатор).")] id: Id<Contract>,
    ) -> Result<Option<Contract>> {
        loaders(ctx).contracts.find(id.number).await
    }
}
