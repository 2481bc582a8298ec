//! SQL of products and profiles.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::commands::{GoodsCreate, ServiceCreate};
use super::{Condition, Kind, Product, Profile};
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::keyset::{Key, Part};

/// The product, or `NOT_FOUND`.
pub async fn get(db: &Db, product_id: i64) -> Result<Product> {
    list_by_ids(db, &[product_id]).await?.pop().ok_or_else(|| Error::not_found("product", product_id))
}

/// The products of these ids.
pub async fn list_by_ids(db: &Db, product_ids: &[i64]) -> Result<Vec<Product>> {
    Ok(sqlx::query_as!(
        Product,
        r#"select product_id, kind as "kind: Kind", sku, name, profile, condition as "condition: Condition", length_m, kg_per_m,
               version, active
           from products where product_id = any($1) order by product_id"#,
        product_ids
    )
    .fetch_all(db)
    .await?)
}

/// Products by id after `after`, at most `limit`; `search` is part of the name or sku, empty = all.
///
/// `active` tells which: those in use, those retired, or all.
pub async fn list(db: &Db, search: &str, active: Option<bool>, after: i64, limit: i64) -> Result<Vec<Product>> {
    Ok(sqlx::query_as!(
        Product,
        r#"select product_id, kind as "kind: Kind", sku, name, profile, condition as "condition: Condition", length_m, kg_per_m,
               version, active
           from products
           where product_id > $2 and ($1 = '' or position(lower($1) in lower(name)) > 0 or position(lower($1) in lower(sku)) > 0)
               and ($4::boolean is null or active = $4)
           order by product_id limit $3"#,
        search,
        after,
        limit,
        active
    )
    .fetch_all(db)
    .await?)
}

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The oldest first.
    Oldest,
    /// The newest first.
    Newest,
    /// By name.
    Name,
}

impl Sort {
    /// Whether it begins with the largest key, unless it is turned round.
    pub const fn descends(self) -> bool {
        matches!(self, Self::Newest)
    }
}

/// The keys of a part of the products, in another order than the oldest first; `search` is part of the name or sku, empty = all.
pub async fn keys(db: &Db, search: &str, active: Option<bool>, sort: Sort, part: &Part) -> Result<Vec<Key>> {
    let (after_number, after_text, after_id) = part.after();
    Ok(sqlx::query_as!(
        Key,
        r#"select product_id as id, 0::numeric as "number!", key_text as "text!"
           from products
           cross join lateral (select case when $2 then name else '' end collate "ru-x-icu" as key_text) sorted
           where ($1 = '' or position(lower($1) in lower(name)) > 0 or position(lower($1) in lower(sku)) > 0)
               and ($8::boolean is null or active = $8)
               and ($3::numeric is null or case when $6 then (0::numeric, key_text, product_id) < ($3, $4::text, $5::bigint)
                   else (0::numeric, key_text, product_id) > ($3, $4::text, $5::bigint) end)
           order by case when $6 then key_text end desc, case when $6 then product_id end desc, key_text, product_id limit $7"#,
        search,
        sort == Sort::Name,
        after_number,
        after_text,
        after_id,
        part.descending,
        part.limit,
        active
    )
    .fetch_all(db)
    .await?)
}

/// All profiles by name.
pub async fn list_profiles(db: &Db) -> Result<Vec<Profile>> {
    Ok(sqlx::query_as!(
        Profile,
        "select profile, width_mm, kg_per_m, area_cm2_per_m, family, source, edition, version from profiles order by profile"
    )
    .fetch_all(db)
    .await?)
}

/// The product, or `NOT_FOUND`.
pub async fn get_in_tx(run: &mut Run<'_>, product_id: i64) -> Result<Product> {
    sqlx::query_as!(
        Product,
        r#"select product_id, kind as "kind: Kind", sku, name, profile, condition as "condition: Condition", length_m, kg_per_m,
               version, active
           from products where product_id = $1"#,
        product_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("product", product_id))
}

pub(super) async fn get_profile_in_tx(run: &mut Run<'_>, profile: &str) -> Result<Profile> {
    sqlx::query_as!(
        Profile,
        "select profile, width_mm, kg_per_m, area_cm2_per_m, family, source, edition, version from profiles where profile = $1",
        profile
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("profile", profile))
}

/// All profiles, held until the command ends: two imports take turns.
pub(super) async fn lock_profiles(run: &mut Run<'_>) -> Result<Vec<Profile>> {
    sqlx::query!("lock table profiles in share row exclusive mode").execute(&mut *run.tx).await?;
    Ok(sqlx::query_as!(
        Profile,
        "select profile, width_mm, kg_per_m, area_cm2_per_m, family, source, edition, version from profiles"
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

/// Writes a profile as it is from now on, and keeps this version.
pub(super) async fn save_profile_in_tx(run: &mut Run<'_>, new: &Profile) -> Result<()> {
    sqlx::query!(
        "with saved as (
             insert into profiles (profile, width_mm, kg_per_m, area_cm2_per_m, family, source, edition, version)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (profile) do update set width_mm = $2, kg_per_m = $3, area_cm2_per_m = $4, family = $5, source = $6,
                 edition = $7, version = $8)
         insert into profile_versions (profile, width_mm, kg_per_m, area_cm2_per_m, family, source, edition, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.profile,
        new.width_mm,
        new.kg_per_m,
        new.area_cm2_per_m,
        new.family,
        new.source,
        new.edition,
        new.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_goods_in_tx(
    run: &mut Run<'_>,
    new: &GoodsCreate,
    sku: &str,
    name: &str,
    kg_per_m: Decimal,
) -> Result<Product> {
    Ok(sqlx::query_as!(
        Product,
        r#"insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
           values ('goods', $1, $2, $3, $4, $5, $6)
           returning product_id, kind as "kind: Kind", sku, name, profile, condition as "condition: Condition", length_m, kg_per_m,
               version, active"#,
        sku,
        name,
        new.profile,
        new.condition.as_str(),
        new.length_m,
        kg_per_m
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn insert_service_in_tx(run: &mut Run<'_>, new: &ServiceCreate) -> Result<Product> {
    Ok(sqlx::query_as!(
        Product,
        r#"insert into products (kind, sku, name) values ('service', $1, $2)
           returning product_id, kind as "kind: Kind", sku, name, profile, condition as "condition: Condition", length_m, kg_per_m,
               version, active"#,
        new.sku,
        new.name
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Locks a product. Errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, product_id: i64) -> Result<Product> {
    sqlx::query!("select product_id from products where product_id = $1 for no key update", product_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    get_in_tx(run, product_id).await
}

/// Saves its labels and whether it is in use: what cost hangs on never changes.
pub(super) async fn save_in_tx(run: &mut Run<'_>, product: &Product) -> Result<()> {
    sqlx::query!(
        "update products set sku = $2, name = $3, active = $4, version = $5 where product_id = $1",
        product.product_id,
        product.sku,
        product.name,
        product.active,
        product.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
