//! What PostgreSQL refused because of the input, in plain words.
//!
//! Constraint names are written by hand in the migrations, `table_field_rule`, so that a violated one tells the field; the name itself is for
//! the log.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::error::{Code, Error};

/// What a row may refer to, as its column without `_id`, and as people say it.
const REFERRED: [(&str, &str); 15] = [
    ("article", "article"),
    ("batch", "batch"),
    ("cash_account", "cash account"),
    ("channel", "channel"),
    ("company", "company"),
    ("customer_group", "customer group"),
    ("deal", "deal"),
    ("document", "document"),
    ("employee", "employee"),
    ("order", "order"),
    ("party", "party"),
    ("price_list", "price list"),
    ("product", "product"),
    ("user", "user"),
    ("warehouse", "warehouse"),
];

/// The error for whoever sent the command; `None` when the input is not at fault.
pub(crate) fn refused(db: &(dyn DatabaseError + 'static)) -> Option<Error> {
    let constraint = db.constraint().unwrap_or_default();
    if db.is_unique_violation() {
        return Some(Error::Conflict { code: Code::AlreadyExists, message: taken(constraint).to_owned() });
    }
    let detail = db.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail).unwrap_or_default();
    if db.is_foreign_key_violation() {
        return Some(missing(detail));
    }
    if constraint.ends_with("_shippable") {
        return Some(Error::invalid("input", "a date lies outside 1970-01-02 to 2149-06-05, or a number is none; correct it"));
    }
    if db.is_check_violation() {
        return Some(broken(constraint, db.table().unwrap_or_default()));
    }
    match db.code().as_deref() {
        // PostgreSQL does not say which: often it is what follows from several, as a price times a quantity.
        Some("22003") => Some(Error::invalid(
            "input",
            "a sum or a quantity is too large to be kept (16 digits before the point for roubles, 12 for tonnes); \
             look for a price or quantity with too many digits",
        )),
        // JSON and text of PostgreSQL hold no zero bytes.
        Some("22P05" | "22021") => Some(Error::invalid("input", "a text holds characters that cannot be stored; remove them")),
        _ => None,
    }
}

/// What is there already.
fn taken(constraint: &str) -> &'static str {
    match constraint {
        "users_login_unique" => "this login is taken; choose another",
        "user_identities_subject_unique" => "this person of the provider opens a login already; remove that link first",
        "user_identities_email_unique" => "this address opens a login already; remove that link first",
        "companies_inn_unique" => "an own company with this ИНН exists already; use it, or correct the ИНН",
        "company_tax_regimes_pkey" => "the company has a tax regime from this day already; choose another day",
        "customer_groups_name_unique" => "a customer group of this name exists already; use it, or choose another name",
        "price_lists_group_unique" => "the company has a price list for this group already; set prices there",
        "departments_name_unique" => "a department of this name exists already; use it, or choose another name",
        "parties_inn_unique" => "a party with this ИНН exists already; use it, or correct the ИНН",
        "parties_external_unique" | "deals_external_unique" => "this id of the other system is taken; use another",
        "contracts_number_unique" => "a contract of this number exists already with this party; use it, or correct the number",
        "products_sku_unique" => "a product with this sku exists already; use it, or choose another sku",
        "teams_name_unique" => "a team of this name exists already; use it, or choose another name",
        "vehicles_plate_unique" => "the carrier has a vehicle with these plates already; use it, or correct the plates",
        "warehouses_name_unique" => "a warehouse of this name exists already; use it, or choose another name",
        "batch_passports_tag_unique" => "this tag hangs on another batch already; choose another tag",
        "batches_number_unique" => "the company has a batch of this number already; choose another number",
        "channels_code_unique" => "a channel with this code exists already; use it, or choose another code",
        "cash_accounts_name_unique" => "the company has an account of this name already; use it, or choose another name",
        _ => "the same exists already; use it, or choose another name, number or code",
    }
}

/// What a row refers to and is not there. The detail reads `Key (warehouse_id)=(404) …` in every language.
fn missing(detail: &str) -> Error {
    let named = || {
        let (column, rest) = detail.split_once('(')?.1.split_once(")=(")?;
        let (_, what) = REFERRED.iter().find(|(name, _)| column.strip_suffix("_id") == Some(name))?;
        Some(Error::not_found(what, rest.split_once(')')?.0))
    };
    named().unwrap_or_else(|| Error::rejected(Code::NotFound, "something the input names does not exist; check its ids"))
}

/// Which field breaks its rule.
fn broken(constraint: &str, table: &str) -> Error {
    let rule = constraint.strip_prefix(table).unwrap_or(constraint).trim_start_matches('_');
    let (field, why) = match rule.rsplit_once('_') {
        Some((field, "length")) => (field, "is empty, too short or too long"),
        Some((field, "form")) => (field, "is not written as it must be"),
        Some((field, "known")) => (field, "is none of the values it may have"),
        _ => (rule, "is out of its range or does not go with the rest"),
    };
    let path = camel(field);
    let message = format!("{path} {why}; correct it");
    Error::invalid(path, message)
}

/// `payment_days` → `paymentDays`, as in the input.
fn camel(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        name + &head.to_uppercase() + tail
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_id() {
        let error = missing("Key (warehouse_id)=(404) is not present in table \"warehouses\".");
        assert_eq!(error.to_string(), "warehouse 404 was not found; check the id");
        assert_eq!(missing("Ключ (cash_account_id)=(7) отсутствует").to_string(), "cash account 7 was not found; check the id");
        assert_eq!(missing("").code(), Code::NotFound);
    }

    #[test]
    fn a_broken_rule_names_its_field() {
        let told = |constraint, table| broken(constraint, table).to_string();
        assert_eq!(
            told("contracts_payment_days", "contracts"),
            "paymentDays is out of its range or does not go with the rest; correct it"
        );
        assert_eq!(told("users_login_form", "users"), "login is not written as it must be; correct it");
    }
}
