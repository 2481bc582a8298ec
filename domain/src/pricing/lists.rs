//! Customer groups and price lists (группы покупателей, прайс-листы): dated prices per product and unit.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{groups, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::orders::{Price, Unit};
use crate::{days, money, text};

/// Prices set at once at most.
const PRICES_MAX: usize = 1_000;

/// A group of customers that buy at the same prices (группа покупателей).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerGroup {
    /// Its id.
    pub customer_group_id: i64,
    /// Its name, unique.
    pub name: String,
    /// Optimistic lock.
    #[serde(default)]
    pub version: i32,
}

/// Which group a customer is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyGroup {
    /// The customer.
    pub party_id: i64,
    /// The group; 0 = none.
    pub customer_group_id: i64,
}

/// A price list of a company for a group (прайс-лист).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    /// Its id.
    pub price_list_id: i64,
    /// Who sells.
    pub company_id: i64,
    /// For whom; 0 = everybody.
    pub customer_group_id: i64,
    /// Its name.
    pub name: String,
}

/// A price of a list, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrice {
    /// The list.
    pub price_list_id: i64,
    /// What.
    pub product_id: i64,
    /// From this day on.
    pub valid_from: NaiveDate,
    /// How much for what.
    pub price: Price,
}

/// A price to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPrice {
    /// What: goods.
    pub product_id: i64,
    /// From this day on.
    pub valid_from: NaiveDate,
    /// How much for what.
    pub price: Price,
}

/// Prices of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PricesSet {
    /// The list.
    pub price_list_id: i64,
    /// At least one.
    pub prices: Vec<NewPrice>,
}

/// Creates a group. Errors: `INVALID_INPUT`, `ALREADY_EXISTS`, `FORBIDDEN`.
pub async fn group_create(db: &Db, ctx: &Ctx, name: &str) -> Result<Outcome<CustomerGroup>> {
    let name = text::required(name, "name", 200)?;
    command::run(db, ctx, "pricing.customer_group_create", Permission::SetPrices, &name, async |run, name| {
        store::insert_group_in_tx(run, name).await
    })
    .await
}

/// Puts a customer into a group, or out of any (0). Errors: `NOT_FOUND`, `FORBIDDEN`.
pub async fn party_group_set(db: &Db, ctx: &Ctx, input: &PartyGroup) -> Result<Outcome<PartyGroup>> {
    command::run(db, ctx, "pricing.party_group_set", Permission::SetPrices, input, async |run, input| {
        store::check_group_in_tx(run, input.customer_group_id).await?;
        crate::parties::store::get_in_tx(run, input.party_id).await?;
        groups::save_party_group_in_tx(run, input).await?;
        Ok(input.clone())
    })
    .await
}

/// Creates the list of a company for a group, or for everybody (0). Errors: `NOT_FOUND`, `INVALID_INPUT`, `ALREADY_EXISTS`, `FORBIDDEN`.
pub async fn list_create(db: &Db, ctx: &Ctx, company_id: i64, customer_group_id: i64, name: &str) -> Result<Outcome<PriceList>> {
    let name = text::required(name, "name", 200)?;
    let input = PriceList { price_list_id: 0, company_id, customer_group_id, name };
    command::run(db, ctx, "pricing.price_list_create", Permission::SetPrices, &input, async |run, input| {
        store::check_group_in_tx(run, input.customer_group_id).await?;
        store::insert_list_in_tx(run, input).await
    })
    .await
}

/// Sets prices of a list; one for the same product, unit and day is replaced.
///
/// Errors: `NOT_FOUND` (list, goods), `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `FORBIDDEN`.
pub async fn prices_set(db: &Db, ctx: &Ctx, input: &PricesSet) -> Result<Outcome<PriceList>> {
    command::run(db, ctx, "pricing.prices_set", Permission::SetPrices, input, async |run, input| {
        if input.prices.is_empty() || input.prices.len() > PRICES_MAX {
            return Err(Error::invalid("prices", format!("1 to {PRICES_MAX} prices at once; split them")));
        }
        let list = store::list_in_tx(run, input.price_list_id).await?;
        for (index, new) in input.prices.iter().enumerate() {
            let path = format!("prices.{index}");
            check(new).map_err(|error| error.at(&path))?;
            crate::batches::store::goods_in_tx(run, new.product_id).await?;
            store::save_price_in_tx(run, input.price_list_id, new).await?;
        }
        Ok(list)
    })
    .await
}

fn check(new: &NewPrice) -> Result<()> {
    money::positive(new.price.price, "price")?;
    days::known(new.valid_from, "validFrom")?;
    if new.price.unit == Unit::Service {
        return Err(Error::invalid("unit", "a price list names goods, priced per т, м or шт"));
    }
    Ok(())
}

/// Another name for a customer group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupUpdate {
    /// Which.
    pub customer_group_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// Its name.
    pub name: String,
}

/// Renames a customer group (переименовать группу покупателей). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS`,
/// `FORBIDDEN`.
pub async fn group_update(db: &Db, ctx: &Ctx, mut input: GroupUpdate) -> Result<Outcome<CustomerGroup>> {
    input.name = text::required(&input.name, "name", 200)?;
    command::run(db, ctx, "pricing.group_update", Permission::SetPrices, &input, async |run, input| {
        let mut group = groups::lock_group_in_tx(run, input.customer_group_id).await?;
        same_version("customer_group", group.customer_group_id, group.version, input.expected_version)?;
        group.name.clone_from(&input.name);
        group.version += 1;
        groups::save_group_in_tx(run, &group).await?;
        Ok(group)
    })
    .await
}
