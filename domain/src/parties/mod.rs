//! Customers, suppliers and carriers (контрагенты), their people and contracts.
//!
//! Invariant: an ИНН belongs to one live party; a deleted party keeps its row, because the ledger names it.

pub mod commands;
pub mod contacts;
pub mod list;
pub mod search;
pub mod store;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A counterparty (контрагент); one may be customer, supplier and carrier at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Its id.
    pub party_id: i64,
    /// Its name.
    pub name: String,
    /// ИНН, empty when not known.
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
    /// Id in the system it was imported from.
    pub external_id: Option<String>,
    /// Optimistic lock.
    pub version: i32,
}

/// What a party is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Покупатель.
    Customer,
    /// Поставщик.
    Supplier,
    /// Перевозчик.
    Carrier,
}

/// A person at a party (контактное лицо).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub contact_id: i64,
    /// Whose.
    pub party_id: i64,
    /// The person's name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// E-mail.
    pub email: String,
    /// Optimistic lock.
    #[serde(default)]
    pub version: i32,
}

/// What a contract is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ContractKind {
    /// С покупателем.
    Sale,
    /// С поставщиком.
    Purchase,
    /// Услуги.
    Service,
}

impl ContractKind {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Purchase => "purchase",
            Self::Service => "service",
        }
    }
}

/// A contract (договор) of an own company with a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its id.
    pub contract_id: i64,
    /// Own company.
    pub company_id: i64,
    /// The other side.
    pub party_id: i64,
    /// What it is about.
    pub kind: ContractKind,
    /// Its number, unique for company and party.
    pub number: String,
    /// Day of signing.
    pub signed_on: NaiveDate,
    /// Days until a shipment is due to be paid (отсрочка).
    pub payment_days: i32,
    /// Title passes at unloading, not at shipment (поставка на нашем риске).
    #[serde(default)]
    pub title_on_delivery: bool,
    /// Grows with every change.
    #[serde(default)]
    pub version: i32,
}
