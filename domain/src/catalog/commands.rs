//! Commands on products.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Condition, Product, name_of, sku_of, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome};
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
