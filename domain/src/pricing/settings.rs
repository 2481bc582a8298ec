//! What prices assume (настройки цен): targets and steps, limits of discounts by role, minimal margins by role and customer group.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{groups, store};
use crate::access::{Permission, Role};
use crate::command::{self, Ctx, Outcome};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::money;
use crate::orders::Unit;

/// What a quote and a request assume unless it is said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Margin a price aims at, percent of revenue.
    pub target_margin_percent: Decimal,
    /// Commission, percent of revenue.
    pub commission_percent: Decimal,
    /// Prices of a tonne are rounded up to it, roubles with VAT.
    pub step_tonne: Decimal,
    /// The same of a metre.
    pub step_metre: Decimal,
    /// The same of a piece.
    pub step_piece: Decimal,
    /// How much heavier or lighter a m² of wall of an analogue may be, percent.
    pub analogue_percent: Decimal,
    /// What a truck carries, tonnes.
    pub truck_tonnes: Decimal,
    /// Longest piece that is not oversize, metres.
    pub truck_length_m: Decimal,
    /// Shortest offcut that is worth anything, metres.
    pub offcut_min_m: Decimal,
    /// Days that cutting takes.
    pub cutting_days: i32,
    /// Days that buying takes.
    pub purchase_days: i32,
}

impl Settings {
    /// The step a price with VAT is rounded up to, roubles.
    pub const fn step(&self, unit: Unit) -> Decimal {
        match unit {
            Unit::Tonne => self.step_tonne,
            Unit::Metre => self.step_metre,
            Unit::Piece | Unit::Service => self.step_piece,
        }
    }

    fn check(&self) -> Result<()> {
        let percents = [
            (self.target_margin_percent, "targetMarginPercent"),
            (self.commission_percent, "commissionPercent"),
            (self.analogue_percent, "analoguePercent"),
        ];
        for (value, path) in percents {
            percent(value, Decimal::from(90), path)?;
        }
        for (step, path) in [(self.step_tonne, "stepTonne"), (self.step_metre, "stepMetre"), (self.step_piece, "stepPiece")] {
            money::positive(step, path)?;
        }
        let sizes =
            [(self.truck_tonnes, "truckTonnes"), (self.truck_length_m, "truckLengthM"), (self.offcut_min_m, "offcutMinM")];
        for (size, path) in sizes {
            if size <= Decimal::ZERO || size > Decimal::ONE_THOUSAND || size.normalize().scale() > 3 {
                return Err(Error::invalid(path, format!("{path} lies between 0 and 1000 and has at most three places")));
            }
        }
        for (days, path) in [(self.cutting_days, "cuttingDays"), (self.purchase_days, "purchaseDays")] {
            if !(0..=365).contains(&days) {
                return Err(Error::invalid(path, format!("{path} lies between 0 and 365")));
            }
        }
        Ok(())
    }
}

/// Refuses a percent below zero, above `max` or with more than two places.
pub(super) fn percent(value: Decimal, max: Decimal, path: &str) -> Result<Decimal> {
    if value < Decimal::ZERO || value > max || value.normalize().scale() > 2 {
        return Err(Error::invalid(path, format!("{path} lies between 0 and {max} and has at most two places")));
    }
    Ok(value)
}

/// How far below the list a role may offer without being asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountLimit {
    /// The role.
    pub role: Role,
    /// Percent of the list price.
    pub percent: Decimal,
}

/// The margin below which a price lies under the floor; the closest row counts: role and group, then the group, then the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarginMinimum {
    /// The role; empty = any.
    pub role: String,
    /// The customer group; 0 = any.
    pub customer_group_id: i64,
    /// Percent of revenue.
    pub percent: Decimal,
}

/// Replaces the settings. Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `FORBIDDEN`.
pub async fn set(db: &Db, ctx: &Ctx, input: &Settings) -> Result<Outcome<Settings>> {
    command::run(db, ctx, "pricing.settings_set", Permission::SetPrices, input, async |run, input| {
        input.check()?;
        store::save_settings_in_tx(run, input).await?;
        Ok(input.clone())
    })
    .await
}

/// Sets how far a role may go below the list. Errors: `INVALID_INPUT`, `FORBIDDEN`.
pub async fn limit_set(db: &Db, ctx: &Ctx, role: Role, limit: Decimal) -> Result<Outcome<DiscountLimit>> {
    let input = DiscountLimit { role, percent: limit };
    command::run(db, ctx, "pricing.discount_limit_set", Permission::SetPrices, &input, async |run, input| {
        percent(input.percent, Decimal::ONE_HUNDRED, "percent")?;
        store::save_limit_in_tx(run, input).await?;
        Ok(input.clone())
    })
    .await
}

/// Sets a minimal margin, of a role and a group or of all. Errors: `INVALID_INPUT`, `NOT_FOUND` (group), `FORBIDDEN`.
pub async fn minimum_set(
    db: &Db,
    ctx: &Ctx,
    role: Option<Role>,
    customer_group_id: i64,
    least: Decimal,
) -> Result<Outcome<MarginMinimum>> {
    let role = role.map_or("", Role::as_str).to_owned();
    let input = MarginMinimum { role, customer_group_id, percent: least };
    command::run(db, ctx, "pricing.margin_minimum_set", Permission::SetPrices, &input, async |run, input| {
        percent(input.percent, Decimal::from(90), "percent")?;
        store::check_group_in_tx(run, input.customer_group_id).await?;
        store::save_minimum_in_tx(run, input).await?;
        Ok(input.clone())
    })
    .await
}

/// Takes the limit of a role away: it may not go below the list at all. Errors: `FORBIDDEN`.
pub async fn limit_drop(db: &Db, ctx: &Ctx, role: Role) -> Result<Outcome<()>> {
    command::run(db, ctx, "pricing.discount_limit_drop", Permission::SetPrices, &role, async |run, role| {
        groups::drop_limit_in_tx(run, role.as_str()).await
    })
    .await
}

/// Takes a minimal margin away: the next closest counts. Errors: `FORBIDDEN`.
pub async fn minimum_drop(db: &Db, ctx: &Ctx, role: Option<Role>, customer_group_id: i64) -> Result<Outcome<()>> {
    let role = role.map_or("", Role::as_str).to_owned();
    let of = MarginMinimum { role, customer_group_id, percent: Decimal::ZERO };
    command::run(db, ctx, "pricing.margin_minimum_drop", Permission::SetPrices, &of, async |run, of| {
        groups::drop_minimum_in_tx(run, of).await
    })
    .await
}
