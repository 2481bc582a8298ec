//! What prices assume: settings, limits of discounts, minimal margins.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use rust_decimal::Decimal;
use shpunt_domain::access;
use shpunt_domain::pricing::settings::{self, Settings};
use shpunt_domain::pricing::store;

use super::lists::CustomerGroup;
use crate::graphql::access::Role;
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, Key, or_zero};
use crate::graphql::page;
use crate::graphql::scalars::{Money, Number};
use crate::graphql::user_error::payload;

/// What quotes and requests assume unless it is said otherwise (настройки цен).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PriceSettings {
    /// Margin a price aims at, percent of revenue (целевая маржа).
    target_margin_percent: Number,
    /// Commission, percent of revenue (комиссия).
    commission_percent: Number,
    /// Prices of a tonne with VAT are rounded up to it (шаг цены за тонну).
    step_tonne: Money,
    /// The same of a metre (шаг цены за метр).
    step_metre: Money,
    /// The same of a piece (шаг цены за штуку).
    step_piece: Money,
    /// How much heavier or lighter a m² of wall of an analogue may be, percent (допуск аналога).
    analogue_percent: Number,
    /// What a truck carries, tonnes (грузоподъёмность).
    truck_tonnes: Number,
    /// Longest piece that is not oversize, metres (длина кузова).
    truck_length_m: Number,
    /// Shortest offcut that is worth anything, metres (деловой остаток).
    offcut_min_m: Number,
    /// Days that cutting takes (срок резки).
    cutting_days: i32,
    /// Days that buying takes (срок закупки).
    purchase_days: i32,
}

impl From<Settings> for PriceSettings {
    fn from(row: Settings) -> Self {
        Self {
            target_margin_percent: Number(row.target_margin_percent),
            commission_percent: Number(row.commission_percent),
            step_tonne: Money::roubles(row.step_tonne),
            step_metre: Money::roubles(row.step_metre),
            step_piece: Money::roubles(row.step_piece),
            analogue_percent: Number(row.analogue_percent),
            truck_tonnes: Number::metres(row.truck_tonnes),
            truck_length_m: Number::metres(row.truck_length_m),
            offcut_min_m: Number::metres(row.offcut_min_m),
            cutting_days: row.cutting_days,
            purchase_days: row.purchase_days,
        }
    }
}

/// How far below the list a role may offer without being asked (лимит скидки).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct DiscountLimit {
    /// The role (роль).
    role: Role,
    /// Percent of the list price (процент).
    percent: Number,
}

impl From<settings::DiscountLimit> for DiscountLimit {
    fn from(row: settings::DiscountLimit) -> Self {
        Self { role: row.role.into(), percent: percent(row.percent) }
    }
}

/// The margin below which a price lies under the floor (минимальная маржа); the closest one counts: of role and group, of the group, of the
/// role.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct MarginMinimum {
    /// The role (роль); null = any.
    role: Option<Role>,
    /// Id of the customer group (группа покупателей); null = any.
    customer_group_id: Option<Key>,
    /// Percent of revenue (процент).
    percent: Number,
}

impl From<settings::MarginMinimum> for MarginMinimum {
    fn from(row: settings::MarginMinimum) -> Self {
        let group = row.customer_group_id;
        Self {
            role: role(&row.role),
            customer_group_id: (group > 0).then(|| Key::of::<CustomerGroup>(group)),
            percent: percent(row.percent),
        }
    }
}

/// The role of a stored code; `None` for any.
fn role(code: &str) -> Option<Role> {
    access::Role::ALL.into_iter().find(|role| role.as_str() == code).map(Role::from)
}

/// A percent with its two places, whether it was just set or read again.
fn percent(value: Decimal) -> Number {
    let mut value = value;
    value.rescale(2);
    Number(value)
}

/// Questions about what prices assume.
#[derive(Default)]
pub(crate) struct PriceSettingsQuery;

#[Object]
impl PriceSettingsQuery {
    /// What quotes and requests assume (настройки цен).
    async fn price_settings(&self, ctx: &Context<'_>) -> Result<PriceSettings> {
        Ok(store::read_settings(db(ctx)).await?.into())
    }

    /// How far below the list each role may offer (лимиты скидок); a role that is not named may not at all.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn discount_limits(&self, ctx: &Context<'_>) -> Result<Vec<DiscountLimit>> {
        Ok(store::list_limits(db(ctx)).await?.into_iter().map(Into::into).collect())
    }

    /// Below which margin a price lies under the floor (минимальная маржа).
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn margin_minimums(&self, ctx: &Context<'_>) -> Result<Vec<MarginMinimum>> {
        Ok(store::list_minimums(db(ctx)).await?.into_iter().map(Into::into).collect())
    }
}

/// What quotes and requests are to assume, all of it (настройки цен).
#[derive(InputObject)]
pub(crate) struct PriceSettingsSetInput {
    /// Margin a price aims at, percent of revenue, 0 to 90 (целевая маржа).
    target_margin_percent: Number,
    /// Commission, percent of revenue, 0 to 90 (комиссия).
    commission_percent: Number,
    /// Prices of a tonne with VAT are rounded up to it, roubles (шаг цены за тонну).
    step_tonne: Number,
    /// The same of a metre (шаг цены за метр).
    step_metre: Number,
    /// The same of a piece (шаг цены за штуку).
    step_piece: Number,
    /// How much heavier or lighter a m² of wall of an analogue may be, percent (допуск аналога).
    analogue_percent: Number,
    /// What a truck carries, tonnes (грузоподъёмность).
    truck_tonnes: Number,
    /// Longest piece that is not oversize, metres (длина кузова).
    truck_length_m: Number,
    /// Shortest offcut that is worth anything, metres (деловой остаток).
    offcut_min_m: Number,
    /// Days that cutting takes, 0 to 365 (срок резки).
    cutting_days: i32,
    /// Days that buying takes, 0 to 365 (срок закупки).
    purchase_days: i32,
}

impl From<PriceSettingsSetInput> for Settings {
    fn from(input: PriceSettingsSetInput) -> Self {
        Self {
            target_margin_percent: input.target_margin_percent.0,
            commission_percent: input.commission_percent.0,
            step_tonne: input.step_tonne.0,
            step_metre: input.step_metre.0,
            step_piece: input.step_piece.0,
            analogue_percent: input.analogue_percent.0,
            truck_tonnes: input.truck_tonnes.0,
            truck_length_m: input.truck_length_m.0,
            offcut_min_m: input.offcut_min_m.0,
            cutting_days: input.cutting_days,
            purchase_days: input.purchase_days,
        }
    }
}

/// How far a role may go below the list (лимит скидки).
#[derive(InputObject)]
pub(crate) struct DiscountLimitSetInput {
    /// The role (роль).
    role: Role,
    /// Percent of the list price, 0 to 100 (процент); left out or null takes the limit away.
    percent: Option<Number>,
}

/// A minimal margin (минимальная маржа).
#[derive(InputObject)]
pub(crate) struct MarginMinimumSetInput {
    /// The role (роль); left out = any.
    role: Option<Role>,
    /// The customer group (группа покупателей); left out = any.
    customer_group_id: Option<Id<CustomerGroup>>,
    /// Percent of revenue, 0 to 90 (процент); left out or null takes it away.
    percent: Option<Number>,
}

payload! {
    /// What `priceSettingsSet` did.
    PriceSettingsSetPayload {
        /// The settings as they are now (настройки); null when nothing was done.
        price_settings: PriceSettings
    }
}

payload! {
    /// What `discountLimitSet` did.
    DiscountLimitSetPayload {
        /// The limit as it is now (лимит); null when nothing was done, or when it was taken away.
        discount_limit: DiscountLimit
    }
}

payload! {
    /// What `marginMinimumSet` did.
    MarginMinimumSetPayload {
        /// The minimal margin as it is now (минимальная маржа); null when nothing was done, or when it was taken away.
        margin_minimum: MarginMinimum
    }
}

/// Changes of what prices assume.
#[derive(Default)]
pub(crate) struct PriceSettingsMutation;

#[Object]
impl PriceSettingsMutation {
    /// Replaces what quotes and requests assume (настройки цен). Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
    async fn price_settings_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "All settings (настройки).")] input: PriceSettingsSetInput,
    ) -> Result<PriceSettingsSetPayload> {
        PriceSettingsSetPayload::of(settings::set(db(ctx), &command(ctx, None)?, &input.into()).await)
    }

    /// Sets how far below the list a role may offer without being asked (лимит скидки). Codes: `INVALID_INPUT`.
    async fn discount_limit_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Role and percent (роль и процент).")] input: DiscountLimitSetInput,
    ) -> Result<DiscountLimitSetPayload> {
        let role: access::Role = input.role.into();
        let Some(percent) = input.percent else {
            let dropped = settings::limit_drop(db(ctx), &command(ctx, None)?, role).await;
            return match dropped {
                Ok(done) => Ok(DiscountLimitSetPayload {
                    discount_limit: None,
                    user_errors: Vec::new(),
                    consistency_token: Some(done.token),
                }),
                Err(error) => DiscountLimitSetPayload::of::<DiscountLimit>(Err(error)),
            };
        };
        DiscountLimitSetPayload::of(settings::limit_set(db(ctx), &command(ctx, None)?, role, percent.0).await)
    }

    /// Sets below which margin a price lies under the floor (минимальная маржа). Codes: `INVALID_INPUT`, `NOT_FOUND`.
    async fn margin_minimum_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom, and percent (для кого и процент).")] input: MarginMinimumSetInput,
    ) -> Result<MarginMinimumSetPayload> {
        let (role, group) = (input.role.map(access::Role::from), or_zero(input.customer_group_id));
        let Some(percent) = input.percent else {
            let dropped = settings::minimum_drop(db(ctx), &command(ctx, None)?, role, group).await;
            return match dropped {
                Ok(done) => Ok(MarginMinimumSetPayload {
                    margin_minimum: None,
                    user_errors: Vec::new(),
                    consistency_token: Some(done.token),
                }),
                Err(error) => MarginMinimumSetPayload::of::<MarginMinimum>(Err(error)),
            };
        };
        MarginMinimumSetPayload::of(settings::minimum_set(db(ctx), &command(ctx, None)?, role, group, percent.0).await)
    }
}
