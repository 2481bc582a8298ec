//! Passports of batches (паспорта серий): what a batch is known by in the yard, and where exactly it lies.
//!
//! Heat and certificate go along to the batches made of it; the stack and the tag are of one place. Invariant: a tag is of one batch.

pub mod store;

use serde::{Deserialize, Serialize};

use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::Result;
use crate::text;

/// What a batch is known by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passport {
    /// The batch.
    pub batch_id: i64,
    /// Номер плавки.
    pub heat_number: String,
    /// Сертификат качества.
    pub certificate: String,
    /// Место на площадке: the stack or row.
    pub stack: String,
    /// Бирка: what its tag says, unique.
    pub tag: String,
    /// Примечание.
    pub note: String,
    /// Optimistic lock; 0 before it was ever described.
    pub version: i32,
}

/// What a batch is to be known by from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Describe {
    /// All of it; `version` is the one the client read.
    pub passport: Passport,
}

impl Passport {
    fn checked(self) -> Result<Self> {
        Ok(Self {
            heat_number: text::optional(&self.heat_number, "heatNumber", 60)?,
            certificate: text::optional(&self.certificate, "certificate", 100)?,
            stack: text::optional(&self.stack, "stack", 60)?,
            tag: text::optional(&self.tag, "tag", 60)?,
            note: text::optional(&self.note, "note", 500)?,
            ..self
        })
    }
}

/// Describes a batch (заполнить паспорт серии). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `ALREADY_EXISTS` (the tag), `INVALID_INPUT`,
/// `FORBIDDEN`.
pub async fn describe(db: &Db, ctx: &Ctx, mut input: Describe) -> Result<Outcome<Passport>> {
    input.passport = input.passport.checked()?;
    command::run(db, ctx, "batches.describe", Permission::MoveStock, &input, async |run, input| {
        let version = store::lock_in_tx(run, input.passport.batch_id).await?;
        same_version("batch", input.passport.batch_id, version, input.passport.version)?;
        let passport = Passport { version: version + 1, ..input.passport.clone() };
        store::save_in_tx(run, &passport).await?;
        Ok(passport)
    })
    .await
}
