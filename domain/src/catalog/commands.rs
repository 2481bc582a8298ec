//! Commands on products.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Condition, Product, name_of, sku_of, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::text;

/// A new sheet-pile product.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GoodsCreate {
    /// A known profile.
    pub profile: String,
    /// Length of a piece, metres, at most three places.
    pub length_m: Decimal,
    /// New, used, restored or scrap.
    pub condition: Condition,
}

/// Creates goods; sku, name and weight follow from the profile. Errors: `NOT_FOUND` (profile), `INVALID_INPUT`, `ALREADY_EXISTS`.
pub async fn goods_create(db: &Db, ctx: &Ctx, input: GoodsCreate) -> Result<Outcome<Product>> {
    if input.length_m <= Decimal::ZERO {
        return Err(Error::not_positive("lengthM"));
    }
    if input.length_m > Decimal::ONE_HUNDRED || input.length_m.normalize().scale() > 3 {
        return Err(Error::invalid("lengthM", "a length has at most three decimal places and 100 metres"));
    }
    if input.condition == Condition::None {
        return Err(Error::invalid("condition", "goods are new, used, restored or scrap"));
    }
    command::run(db, ctx, "catalog.goods_create", Permission::EditProducts, &input, async |run, input| {
        let profile = store::get_profile_in_tx(run, &input.profile).await?;
        let sku = sku_of(&profile.profile, input.length_m, input.condition);
        let name = name_of(&profile.profile, input.length_m, input.condition);
        store::insert_goods_in_tx(run, input, &sku, &name, profile.kg_per_m).await
    })
    .await
}

/// A new service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceCreate {
    /// Артикул.
    pub sku: String,
    /// Its name.
    pub name: String,
}

/// Creates a service. Errors: `INVALID_INPUT`, `ALREADY_EXISTS`.
pub async fn service_create(db: &Db, ctx: &Ctx, mut input: ServiceCreate) -> Result<Outcome<Product>> {
    input.sku = text::required(&input.sku, "sku", 60)?;
    input.name = text::required(&input.name, "name", 200)?;
    command::run(db, ctx, "catalog.service_create", Permission::EditProducts, &input, async |run, input| {
        store::insert_service_in_tx(run, input).await
    })
    .await
}

/// Other labels for a product, or an end to its use; `None` = as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub product_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// Артикул.
    pub sku: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// New documents may name it.
    pub active: Option<bool>,
}

/// Changes what a product is called, or retires it (изменить номенклатуру): profile, length and condition stay, cost hangs on them.
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS` (the sku), `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Product>> {
    input.sku = input.sku.map(|sku| text::required(&sku, "sku", 60)).transpose()?;
    input.name = input.name.map(|name| text::required(&name, "name", 200)).transpose()?;
    command::run(db, ctx, "catalog.product_update", Permission::EditProducts, &input, async |run, input| {
        let mut product = store::lock_in_tx(run, input.product_id).await?;
        same_version("product", product.product_id, product.version, input.expected_version)?;
        product.sku = input.sku.clone().unwrap_or(product.sku);
        product.name = input.name.clone().unwrap_or(product.name);
        product.active = input.active.unwrap_or(product.active);
        product.version += 1;
        store::save_in_tx(run, &product).await?;
        Ok(product)
    })
    .await
}
