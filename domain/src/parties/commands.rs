//! Commands on counterparties, contacts and contracts.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Contact, Contract, ContractKind, Party, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::companies;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::{days, text};

/// What is known of a party; the whole of it is replaced by an update.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Fields {
    /// Its name.
    pub name: String,
    /// ИНН, may be empty.
    pub inn: String,
    /// Phone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Покупатель.
    pub is_customer: bool,
    /// Поставщик.
    pub is_supplier: bool,
    /// Перевозчик.
    pub is_carrier: bool,
}

impl Fields {
    fn checked(self) -> Result<Self> {
        if !(self.is_customer || self.is_supplier || self.is_carrier) {
            return Err(Error::invalid("isCustomer", "a party must be a customer, a supplier or a carrier"));
        }
        Ok(Self {
            name: text::required(&self.name, "name", 300)?,
            inn: if self.inn.trim().is_empty() { String::new() } else { text::inn(&self.inn, "inn")? },
            phone: text::optional(&self.phone, "phone", 40)?,
            email: text::optional(&self.email, "email", 200)?,
            ..self
        })
    }
}

/// Creates a party. Errors: `INVALID_INPUT`, `ALREADY_EXISTS` (ИНН).
pub async fn create(db: &Db, ctx: &Ctx, input: Fields) -> Result<Outcome<Party>> {
    let input = input.checked()?;
    command::run(db, ctx, "parties.create", Permission::EditParties, &input, async |run, input| {
        store::insert_in_tx(run, input).await
    })
    .await
}

/// New fields of a party.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub party_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// The new fields.
    pub fields: Fields,
}

/// Replaces the fields of a party. Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Party>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "parties.update", Permission::EditParties, &input, async |run, input| {
        let party = store::lock_in_tx(run, input.party_id).await?;
        same_version("party", party.party_id, party.version, input.expected_version)?;
        store::save_in_tx(run, input.party_id, &input.fields).await
    })
    .await
}

/// A party to delete.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delete {
    /// Which.
    pub party_id: i64,
    /// The version the client read.
    pub expected_version: i32,
}

/// Deletes a party softly, once nothing open names it. Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `STILL_IN_USE`.
pub async fn delete(db: &Db, ctx: &Ctx, input: Delete) -> Result<Outcome<Party>> {
    command::run(db, ctx, "parties.delete", Permission::DeleteParties, &input, async |run, input| {
        let party = store::lock_in_tx(run, input.party_id).await?;
        same_version("party", party.party_id, party.version, input.expected_version)?;
        if let Some(user) = store::open_use_in_tx(run, input.party_id).await? {
            return Err(Error::rejected(
                Code::StillInUse,
                format!("{user} still names this party; settle, close or cancel it first"),
            ));
        }
        store::delete_in_tx(run, input.party_id).await?;
        Ok(party)
    })
    .await
}

/// A new person at a party.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ContactAdd {
    /// Whose.
    pub party_id: i64,
    /// The person's name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// E-mail.
    pub email: String,
}

/// Adds a contact. Errors: `NOT_FOUND`, `INVALID_INPUT`.
pub async fn contact_add(db: &Db, ctx: &Ctx, mut input: ContactAdd) -> Result<Outcome<Contact>> {
    input.name = text::required(&input.name, "name", 200)?;
    input.phone = text::optional(&input.phone, "phone", 40)?;
    input.email = text::optional(&input.email, "email", 200)?;
    command::run(db, ctx, "parties.contact_add", Permission::EditParties, &input, async |run, input| {
        store::get_in_tx(run, input.party_id).await?;
        store::insert_contact_in_tx(run, input).await
    })
    .await
}

/// A new contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ContractCreate {
    /// Own company.
    pub company_id: i64,
    /// The other side.
    pub party_id: i64,
    /// What it is about.
    pub kind: ContractKind,
    /// Its number.
    pub number: String,
    /// Day of signing.
    pub signed_on: NaiveDate,
    /// Days until a shipment is due to be paid.
    pub payment_days: i32,
    /// Title passes at unloading, not at shipment.
    #[serde(default)]
    pub title_on_delivery: bool,
}

/// Creates a contract. Errors: `NOT_FOUND`, `INVALID_INPUT`, `ALREADY_EXISTS`.
pub async fn contract_create(db: &Db, ctx: &Ctx, mut input: ContractCreate) -> Result<Outcome<Contract>> {
    input.number = text::required(&input.number, "number", 60)?;
    due_within_a_year(input.payment_days)?;
    days::known(input.signed_on, "signedOn")?;
    command::run(db, ctx, "parties.contract_create", Permission::EditParties, &input, async |run, input| {
        companies::store::get_in_tx(run, input.company_id).await?;
        store::get_in_tx(run, input.party_id).await?;
        store::insert_contract_in_tx(run, input).await
    })
    .await
}

/// Terms of a contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ContractUpdate {
    /// Which.
    pub contract_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// Days until a shipment is due to be paid; `None` = as they are.
    pub payment_days: Option<i32>,
    /// Title passes at unloading, not at shipment; `None` = as it is. What was shipped stays as it was shipped.
    pub title_on_delivery: Option<bool>,
}

/// Changes the terms of a contract for shipments to come. Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`.
pub async fn contract_update(db: &Db, ctx: &Ctx, input: ContractUpdate) -> Result<Outcome<Contract>> {
    input.payment_days.map_or(Ok(()), due_within_a_year)?;
    command::run(db, ctx, "parties.contract_update", Permission::EditParties, &input, async |run, input| {
        let mut contract = store::lock_contract_in_tx(run, input.contract_id).await?;
        same_version("contract", contract.contract_id, contract.version, input.expected_version)?;
        contract.payment_days = input.payment_days.unwrap_or(contract.payment_days);
        contract.title_on_delivery = input.title_on_delivery.unwrap_or(contract.title_on_delivery);
        contract.version += 1;
        store::save_contract_in_tx(run, &contract).await?;
        Ok(contract)
    })
    .await
}

fn due_within_a_year(payment_days: i32) -> Result<()> {
    if (0..=365).contains(&payment_days) {
        return Ok(());
    }
    Err(Error::invalid("paymentDays", "payment days must lie between 0 and 365"))
}
