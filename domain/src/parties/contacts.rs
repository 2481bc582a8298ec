//! People of parties corrected and forgotten.

use serde::{Deserialize, Serialize};

use super::{Contact, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::text;

/// Other words for a person; `None` = as they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub contact_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// The person's name.
    pub name: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
}

/// A person to forget.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delete {
    /// Which.
    pub contact_id: i64,
    /// The version the client read.
    pub expected_version: i32,
}

/// Changes a person of a party (изменить контактное лицо). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Contact>> {
    input.name = input.name.map(|name| text::required(&name, "name", 200)).transpose()?;
    input.phone = input.phone.map(|phone| text::optional(&phone, "phone", 40)).transpose()?;
    input.email = input.email.map(|email| text::optional(&email, "email", 200)).transpose()?;
    command::run(db, ctx, "parties.contact_update", Permission::EditParties, &input, async |run, input| {
        let mut contact = lock_in_tx(run, input.contact_id, input.expected_version).await?;
        contact.name = input.name.clone().unwrap_or(contact.name);
        contact.phone = input.phone.clone().unwrap_or(contact.phone);
        contact.email = input.email.clone().unwrap_or(contact.email);
        contact.version += 1;
        sqlx::query!(
            "update contacts set name = $2, phone = $3, email = $4, version = $5 where contact_id = $1",
            contact.contact_id,
            contact.name,
            contact.phone,
            contact.email,
            contact.version
        )
        .execute(&mut *run.tx)
        .await?;
        Ok(contact)
    })
    .await
}

/// Deletes a person of a party (удалить контактное лицо): nothing names one, so the row goes. Returns the party.
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `FORBIDDEN`.
pub async fn delete(db: &Db, ctx: &Ctx, input: Delete) -> Result<Outcome<i64>> {
    command::run(db, ctx, "parties.contact_delete", Permission::EditParties, &input, async |run, input| {
        let contact = lock_in_tx(run, input.contact_id, input.expected_version).await?;
        sqlx::query!("delete from contacts where contact_id = $1", contact.contact_id).execute(&mut *run.tx).await?;
        Ok(contact.party_id)
    })
    .await
}

/// A person of a live party at the version that was read.
async fn lock_in_tx(run: &mut Run<'_>, contact_id: i64, expected_version: i32) -> Result<Contact> {
    let contact = sqlx::query_as!(
        Contact,
        "select contact_id, party_id, name, phone, email, version from contacts where contact_id = $1 for update",
        contact_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("contact", contact_id))?;
    store::get_in_tx(run, contact.party_id).await?;
    same_version("contact", contact_id, contact.version, expected_version)?;
    Ok(contact)
}

/// The people of these ids.
pub async fn list_by_ids(db: &Db, contact_ids: &[i64]) -> Result<Vec<Contact>> {
    Ok(sqlx::query_as!(
        Contact,
        "select contact_id, party_id, name, phone, email, version from contacts where contact_id = any($1)",
        contact_ids
    )
    .fetch_all(db)
    .await?)
}
