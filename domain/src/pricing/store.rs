//! SQL of prices: settings, lists, and what a quote needs to know.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::lists::{CustomerGroup, ListPrice, NewPrice, PriceList};
use super::serve::Free;
use super::settings::{DiscountLimit, MarginMinimum, Settings};
use crate::access::Role;
use crate::catalog::units::Shape;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::money;
use crate::orders::{Price, Unit};

/// The settings, for those who only look at them.
pub async fn read_settings(db: &Db) -> Result<Settings> {
    let mut connection = db.acquire().await?;
    settings(&mut connection).await
}

/// The settings.
pub(super) async fn settings(connection: &mut PgConnection) -> Result<Settings> {
    Ok(sqlx::query_as!(
        Settings,
        "select target_margin_percent, commission_percent, step_tonne, step_metre, step_piece, analogue_percent, truck_tonnes,
             truck_length_m, offcut_min_m, cutting_days, purchase_days
         from price_settings"
    )
    .fetch_one(connection)
    .await?)
}

/// How far below the list the role may offer, percent; nothing is known = not at all.
pub(super) async fn limit(connection: &mut PgConnection, role: &str) -> Result<Decimal> {
    let found =
        sqlx::query_scalar!("select percent from discount_limits where role = $1", role).fetch_optional(connection).await?;
    Ok(found.unwrap_or_default())
}

/// The minimal margin of a role for a group, percent: the closest row counts.
pub(super) async fn minimum(connection: &mut PgConnection, role: &str, customer_group_id: i64) -> Result<Decimal> {
    let found = sqlx::query_scalar!(
        "select percent from margin_minimums where role in ('', $1) and customer_group_id in (0, $2)
         order by customer_group_id desc, role desc limit 1",
        role,
        customer_group_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.unwrap_or_default())
}

/// The group of a customer; 0 = none.
pub(super) async fn group_of(connection: &mut PgConnection, party_id: i64) -> Result<i64> {
    let found = sqlx::query_scalar!("select customer_group_id from party_groups where party_id = $1", party_id)
        .fetch_optional(connection)
        .await?;
    Ok(found.unwrap_or_default())
}

/// Goods with what turns their units into each other.
#[derive(Debug, Clone)]
pub struct Goods {
    /// The product.
    pub product_id: i64,
    /// The profile.
    pub profile: String,
    /// The state it is in.
    pub condition: String,
    /// Units.
    pub shape: Shape,
}

/// The goods. Errors: `NOT_FOUND`.
pub(super) async fn goods(connection: &mut PgConnection, product_id: i64) -> Result<Goods> {
    let row = sqlx::query!(
        r#"select profile, condition, length_m, kg_per_m,
               coalesce((select width_mm from profiles f where f.profile = p.profile), 0) as "width_mm!"
           from products p where product_id = $1 and kind = 'goods'"#,
        product_id
    )
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| Error::not_found("goods", product_id))?;
    let shape = Shape { length_m: row.length_m, kg_per_m: row.kg_per_m, width_mm: row.width_mm };
    Ok(Goods { product_id, profile: row.profile, condition: row.condition, shape })
}

/// Goods a request may be served with: the same profile at this length or longer, and its family within `percent` of the weight of a m².
pub(super) async fn alike(connection: &mut PgConnection, wanted: &Goods, percent: Decimal, limit: i64) -> Result<Vec<Goods>> {
    let rows = sqlx::query!(
        r#"select p.product_id, p.profile, p.condition, p.length_m, p.kg_per_m, f.width_mm
           from products p join profiles f using (profile) join profiles w on w.profile = $1
           where p.kind = 'goods' and p.condition = $2 and p.length_m >= $3
               and (p.profile = $1
                   or (f.family = w.family and w.family <> '' and f.width_mm > 0 and w.width_mm > 0
                       and abs(f.kg_per_m / f.width_mm - w.kg_per_m / w.width_mm) <= w.kg_per_m / w.width_mm * $4 / 100))
           order by p.profile <> $1, abs(f.kg_per_m / f.width_mm - w.kg_per_m / w.width_mm), p.length_m, p.product_id limit $5"#,
        wanted.profile,
        wanted.condition,
        wanted.shape.length_m,
        percent,
        limit
    )
    .fetch_all(connection)
    .await?;
    let goods = rows.into_iter().map(|row| Goods {
        product_id: row.product_id,
        profile: row.profile,
        condition: row.condition,
        shape: Shape { length_m: row.length_m, kg_per_m: row.kg_per_m, width_mm: row.width_mm },
    });
    Ok(goods.collect())
}

/// What of these products may be sold on a day: on hand by then, or expected by then of what is on its way, and not on a confirmed order;
/// oldest first.
pub(super) async fn free(
    connection: &mut PgConnection,
    company_id: i64,
    product_ids: &[i64],
    on: NaiveDate,
) -> Result<Vec<Free>> {
    Ok(sqlx::query_as!(
        Free,
        r#"select b.batch_id, b.product_id, coalesce(t.expected_on, b.received_on) as "received_on!", p.length_m, s.pieces, s.metres, s.value,
               greatest(s.pieces - coalesce((
                   select sum(l.pieces) from order_lines l join orders o using (order_id)
                   where l.batch_id = b.batch_id and l.deleted_at is null and o.deleted_at is null and o.status = 'confirmed'), 0), 0)::bigint
                   as "free!"
           from batches b join batch_balances s using (batch_id) join products p using (product_id)
               left join batches_in_transit t using (batch_id)
           where b.company_id = $1 and b.product_id = any($2) and coalesce(t.expected_on, b.received_on) <= $3 and b.deleted_at is null and s.pieces > 0
           order by 3, b.batch_id"#,
        company_id,
        product_ids,
        on
    )
    .fetch_all(connection)
    .await?)
}

/// What a metre of a product cost when it was last bought: the whole and its metres.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bought {
    pub(super) product_id: i64,
    pub(super) cost: Decimal,
    pub(super) metres: Decimal,
}

impl Bought {
    /// A piece of this length, roubles.
    pub(super) fn piece(&self, length_m: Decimal) -> Decimal {
        money::round(self.cost * length_m / self.metres)
    }
}

/// The last purchase of each of these products until a day, where there was one.
pub(super) async fn bought(
    connection: &mut PgConnection,
    company_id: i64,
    product_ids: &[i64],
    on: NaiveDate,
) -> Result<Vec<Bought>> {
    Ok(sqlx::query_as!(
        Bought,
        "select distinct on (product_id) product_id, cost, metres from batches
         where company_id = $1 and product_id = any($2) and received_on <= $3 and deleted_at is null
         order by product_id, received_on desc, batch_id desc",
        company_id,
        product_ids,
        on
    )
    .fetch_all(connection)
    .await?)
}

/// The price of the customer's list on a day, else of the list for everybody; one for this unit before others.
pub(super) async fn list_price(
    connection: &mut PgConnection,
    company_id: i64,
    customer_group_id: i64,
    product_id: i64,
    on: NaiveDate,
    unit: Unit,
) -> Result<Option<ListPrice>> {
    let row = sqlx::query!(
        r#"select price_list_id, unit as "unit: Unit", price, includes_vat, valid_from
           from price_lists join price_list_prices using (price_list_id)
           where company_id = $1 and customer_group_id in (0, $2) and product_id = $3 and valid_from <= $4
           order by customer_group_id desc, unit <> $5, valid_from desc, unit limit 1"#,
        company_id,
        customer_group_id,
        product_id,
        on,
        unit.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| ListPrice {
        price_list_id: row.price_list_id,
        product_id,
        valid_from: row.valid_from,
        price: Price { unit: row.unit, price: money::round(row.price), includes_vat: row.includes_vat },
    }))
}

/// All groups by name.
pub async fn list_groups(db: &Db) -> Result<Vec<CustomerGroup>> {
    Ok(sqlx::query_as!(CustomerGroup, "select customer_group_id, name, version from customer_groups order by name")
        .fetch_all(db)
        .await?)
}

/// All price lists by id.
pub async fn list_lists(db: &Db) -> Result<Vec<PriceList>> {
    Ok(sqlx::query_as!(
        PriceList,
        "select price_list_id, company_id, customer_group_id, name from price_lists order by price_list_id"
    )
    .fetch_all(db)
    .await?)
}

/// The prices of a list that are valid on a day, by product and unit after the row `after`, at most `limit`.
pub async fn list_prices(
    db: &Db,
    price_list_id: i64,
    on: NaiveDate,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<ListPrice>> {
    let (after_product, after_unit) = after.unzip();
    let rows = sqlx::query!(
        r#"select distinct on (product_id, unit) price_list_id, product_id, unit as "unit: Unit", valid_from, price, includes_vat
           from price_list_prices
           where price_list_id = $1 and valid_from <= $2 and ($3::bigint is null or (product_id, unit) > ($3, $4::text))
           order by product_id, unit, valid_from desc limit $5"#,
        price_list_id,
        on,
        after_product,
        after_unit,
        limit
    )
    .fetch_all(db)
    .await?;
    let prices = rows.into_iter().map(|row| ListPrice {
        price_list_id: row.price_list_id,
        product_id: row.product_id,
        valid_from: row.valid_from,
        price: Price { unit: row.unit, price: money::round(row.price), includes_vat: row.includes_vat },
    });
    Ok(prices.collect())
}

/// All limits by role.
pub async fn list_limits(db: &Db) -> Result<Vec<DiscountLimit>> {
    Ok(sqlx::query_as!(DiscountLimit, r#"select role as "role: Role", percent from discount_limits order by role"#)
        .fetch_all(db)
        .await?)
}

/// All minimal margins.
pub async fn list_minimums(db: &Db) -> Result<Vec<MarginMinimum>> {
    Ok(sqlx::query_as!(
        MarginMinimum,
        "select role, customer_group_id, percent from margin_minimums order by customer_group_id, role"
    )
    .fetch_all(db)
    .await?)
}

pub(super) async fn save_settings_in_tx(run: &mut Run<'_>, new: &Settings) -> Result<()> {
    sqlx::query!(
        "update price_settings set target_margin_percent = $1, commission_percent = $2, step_tonne = $3, step_metre = $4,
             step_piece = $5, analogue_percent = $6, truck_tonnes = $7, truck_length_m = $8, offcut_min_m = $9, cutting_days = $10,
             purchase_days = $11",
        new.target_margin_percent,
        new.commission_percent,
        new.step_tonne,
        new.step_metre,
        new.step_piece,
        new.analogue_percent,
        new.truck_tonnes,
        new.truck_length_m,
        new.offcut_min_m,
        new.cutting_days,
        new.purchase_days
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn save_limit_in_tx(run: &mut Run<'_>, new: &DiscountLimit) -> Result<()> {
    sqlx::query!(
        "insert into discount_limits (role, percent) values ($1, $2) on conflict (role) do update set percent = $2",
        new.role.as_str(),
        new.percent
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn save_minimum_in_tx(run: &mut Run<'_>, new: &MarginMinimum) -> Result<()> {
    sqlx::query!(
        "insert into margin_minimums (role, customer_group_id, percent) values ($1, $2, $3)
         on conflict (role, customer_group_id) do update set percent = $3",
        new.role,
        new.customer_group_id,
        new.percent
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// The group exists, or is none (0). Errors: `NOT_FOUND`.
pub(super) async fn check_group_in_tx(run: &mut Run<'_>, customer_group_id: i64) -> Result<()> {
    if customer_group_id == 0 {
        return Ok(());
    }
    sqlx::query_scalar!("select customer_group_id from customer_groups where customer_group_id = $1", customer_group_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .map(|_| ())
        .ok_or_else(|| Error::not_found("customer group", customer_group_id))
}

pub(super) async fn insert_group_in_tx(run: &mut Run<'_>, name: &str) -> Result<CustomerGroup> {
    Ok(sqlx::query_as!(
        CustomerGroup,
        "insert into customer_groups (name) values ($1) returning customer_group_id, name, version",
        name
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn insert_list_in_tx(run: &mut Run<'_>, new: &PriceList) -> Result<PriceList> {
    Ok(sqlx::query_as!(
        PriceList,
        "insert into price_lists (company_id, customer_group_id, name) values ($1, $2, $3)
         returning price_list_id, company_id, customer_group_id, name",
        new.company_id,
        new.customer_group_id,
        new.name
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// The list, or `NOT_FOUND`.
pub(super) async fn list_in_tx(run: &mut Run<'_>, price_list_id: i64) -> Result<PriceList> {
    sqlx::query_as!(
        PriceList,
        "select price_list_id, company_id, customer_group_id, name from price_lists where price_list_id = $1",
        price_list_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("price list", price_list_id))
}

pub(super) async fn save_price_in_tx(run: &mut Run<'_>, price_list_id: i64, new: &NewPrice) -> Result<()> {
    sqlx::query!(
        "insert into price_list_prices (price_list_id, product_id, unit, valid_from, price, includes_vat)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (price_list_id, product_id, unit, valid_from) do update set price = $5, includes_vat = $6",
        price_list_id,
        new.product_id,
        new.price.unit.as_str(),
        new.valid_from,
        new.price.price,
        new.price.includes_vat
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Local time of a company, minutes east of UTC. Errors: `NOT_FOUND`.
pub(super) async fn utc_offset(connection: &mut PgConnection, company_id: i64) -> Result<i32> {
    sqlx::query_scalar!("select utc_offset_minutes from companies where company_id = $1", company_id)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| Error::not_found("company", company_id))
}
