//! A quote (расчёт цены): what goods would cost, what price reaches the target, what the floor is, what a typed price brings.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::lists::ListPrice;
use super::price::{self, Costs, Earned, Passing, Target};
use super::serve::{self, Basis, Free, Served};
use super::settings::{Settings, percent};
use super::store::{self, Goods};
use crate::access::{Actor, Permission};
use crate::batches::{Measured, measure};
use crate::catalog::units::{Measure, Shape};
use crate::companies::{self, Tax};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::orders::{Price, Unit};
use crate::{days, money, text};

/// What goods are priced per.
pub const UNITS: [Unit; 3] = [Unit::Tonne, Unit::Metre, Unit::Piece];

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who sells.
    pub company_id: i64,
    /// Goods.
    pub product_id: i64,
    /// For whom, 0 = nobody in particular: decides list and minimal margin.
    pub party_id: i64,
    /// How much …
    pub quantity: Decimal,
    /// … of what; answered in whole pieces.
    pub measure: Measure,
    /// When it would ship: decides stock, VAT and list.
    pub on: NaiveDate,
    /// Where to; kept for whoever reads the quote.
    pub delivery_address: String,
    /// Whose cost.
    pub basis: Basis,
    /// The batch of [`Basis::Chosen`].
    pub batch_id: i64,
    /// Direct expenses of the whole, roubles as they cost the company.
    pub expenses: Decimal,
    /// More of them per tonne.
    pub expenses_per_tonne: Decimal,
    /// What to reach; `None` = the target margin of the settings.
    pub target: Option<Target>,
    /// Commission, percent; `None` = that of the settings.
    pub commission_percent: Option<Decimal>,
    /// What the price is wanted for.
    pub unit: Unit,
    /// A price that is being typed.
    pub price: Option<Price>,
}

/// Under what a price is made and judged.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) tax: Tax,
    pub(super) settings: Settings,
    pub(super) target: Target,
    pub(super) commission_percent: Decimal,
    pub(super) passing: Passing,
    pub(super) minimum_percent: Decimal,
    pub(super) limit_percent: Decimal,
    pub(super) customer_group_id: i64,
}

/// The price of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitPrice {
    /// The unit.
    pub unit: Unit,
    /// How much of it.
    pub quantity: Decimal,
    /// Roubles per unit with VAT, rounded up to the step.
    pub gross: Decimal,
    /// The same without VAT.
    pub net: Decimal,
    /// The least price with VAT, rounded up to the step.
    pub floor: Decimal,
}

/// What is to be said of a price somebody names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The price.
    pub price: Price,
    /// What it brings.
    pub earned: Earned,
    /// It lies under the floor.
    pub under_floor: bool,
    /// How far below the list, percent; `None` without a list.
    pub discount_percent: Option<Decimal>,
    /// That is more than the role may.
    pub over_limit: bool,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Quote {
    /// What was asked.
    pub ask: Ask,
    /// Whole pieces, their metres and tonnes.
    pub measured: Measured,
    /// m² of wall, where the width is known.
    pub wall_m2: Option<Decimal>,
    /// VAT rate, percent.
    pub vat_percent: Decimal,
    /// Which batches would serve it; batch 0 = to be bought.
    pub served: Vec<Served>,
    /// What it costs.
    pub costs: Costs,
    /// Prices per т, м and шт.
    pub prices: Vec<UnitPrice>,
    /// What the price per the wanted unit brings.
    pub reached: Judged,
    /// The list price.
    pub list: Option<ListPrice>,
    /// What the typed price brings.
    pub typed: Option<Judged>,
}

/// Answers it for whoever acts; see the module above for what those get who may not see cost.
///
/// Errors: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `BATCH_SHORT`, `TAX_REGIME_MISSING`; `FORBIDDEN` for a target or a commission
/// of one's own without the permission to see cost.
pub async fn quote(db: &Db, actor: &Actor, mut ask: Ask) -> Result<Quote> {
    actor.require(Permission::SeePrices)?;
    ask.delivery_address = text::optional(&ask.delivery_address, "deliveryAddress", 300)?;
    days::known(ask.on, "on")?;
    let mut connection = db.acquire().await?;
    let terms = terms(&mut connection, actor, ask.company_id, ask.party_id, ask.on, ask.target, ask.commission_percent).await?;
    let goods = store::goods(&mut connection, ask.product_id).await?;
    let free = store::free(&mut connection, ask.company_id, &[ask.product_id], ask.on).await?;
    let bought = store::bought(&mut connection, ask.company_id, &[ask.product_id], ask.on).await?;
    let bought = bought.first().map(|last| last.piece(goods.shape.length_m));
    let list =
        store::list_price(&mut connection, ask.company_id, terms.customer_group_id, ask.product_id, ask.on, ask.unit).await?;
    decide(ask, &goods, &free, bought, list, &terms)
}

/// A quantity of goods in all its units: whole pieces and what they are. Errors: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
pub async fn convert(db: &Db, product_id: i64, quantity: Decimal, measure_of: Measure) -> Result<(Measured, Shape)> {
    let mut connection = db.acquire().await?;
    let shape = store::goods(&mut connection, product_id).await?.shape;
    Ok((measure(shape.pieces(quantity, measure_of)?, shape.length_m, shape.kg_per_m), shape))
}

/// What a price is made under, for whoever acts. Errors: `TAX_REGIME_MISSING`, `INVALID_INPUT`, `FORBIDDEN`.
pub(super) async fn terms(
    connection: &mut PgConnection,
    actor: &Actor,
    company_id: i64,
    party_id: i64,
    on: NaiveDate,
    target: Option<Target>,
    commission_percent: Option<Decimal>,
) -> Result<Terms> {
    let sees_cost = actor.may(Permission::SeeCost);
    if target.is_some() || commission_percent.is_some() {
        actor.require(Permission::SeeCost)?;
    }
    let settings = store::settings(connection).await?;
    let customer_group_id = store::group_of(connection, party_id).await?;
    let commission_percent = match commission_percent {
        Some(given) => percent(given, Decimal::from(90), "commissionPercent")?,
        None => settings.commission_percent,
    };
    if let Some(Target::Markup(given)) = target {
        percent(given, Decimal::from(10_000), "target.markupPercent")?;
    }
    if let Some(Target::Margin(given)) = target {
        percent(given, Decimal::from(90), "target.marginPercent")?;
    }
    Ok(Terms {
        tax: companies::store::tax(connection, company_id, on).await?,
        target: target.unwrap_or(Target::Margin(settings.target_margin_percent)),
        commission_percent,
        passing: if sees_cost { Passing::Earning } else { Passing::AtCost },
        minimum_percent: store::minimum(connection, actor.role.as_str(), customer_group_id).await?,
        limit_percent: store::limit(connection, actor.role.as_str()).await?,
        customer_group_id,
        settings,
    })
}

fn decide(
    ask: Ask,
    goods: &Goods,
    free: &[Free],
    bought: Option<Decimal>,
    list: Option<ListPrice>,
    terms: &Terms,
) -> Result<Quote> {
    if ask.unit == Unit::Service {
        return Err(Error::invalid("unit", "goods are priced per т, м or шт"));
    }
    let pieces = goods.shape.pieces(ask.quantity, ask.measure)?;
    let measured = measure(pieces, goods.shape.length_m, goods.shape.kg_per_m);
    let served = serve::serve(free, pieces, ask.basis, ask.batch_id, bought)?;
    let per_tonne = money::not_negative(ask.expenses_per_tonne, "expenses.perTonne")?;
    let expenses = money::not_negative(ask.expenses, "expenses.amount")? + money::round(per_tonne * measured.tonnes);
    money::not_negative(expenses, "expenses.perTonne")?;
    let costs = terms.costs(served.iter().map(|row| row.cost).sum(), expenses);
    let prices = terms.prices(costs, measured)?;
    let wanted = prices
        .iter()
        .find(|price| price.unit == ask.unit)
        .map(|price| Price { unit: price.unit, price: price.gross, includes_vat: true })
        .ok_or_else(|| Error::internal("a unit has no price"))?;
    let reached = terms.judge(wanted, measured, costs, &prices, list.as_ref())?;
    let typed = ask.price.map(|price| terms.judge(price, measured, costs, &prices, list.as_ref())).transpose()?;
    let wall_m2 = goods.shape.quantity(pieces, Measure::WallM2);
    Ok(Quote { ask, measured, wall_m2, vat_percent: terms.tax.percent, served, costs, prices, reached, list, typed })
}

impl Terms {
    pub(super) const fn costs(&self, goods: Decimal, expenses: Decimal) -> Costs {
        Costs { goods, expenses, commission_percent: self.commission_percent, passing: self.passing }
    }

    /// The price and the floor per т, м and шт.
    pub(super) fn prices(&self, costs: Costs, measured: Measured) -> Result<Vec<UnitPrice>> {
        // The floor is one, whoever asks: between that of one who may see cost and that of one who may not would lie the margin.
        let least = Costs { passing: Passing::AtCost, ..costs };
        let of = |unit: Unit| {
            let (quantity, step) = (unit.quantity(measured), self.settings.step(unit));
            let gross = price::gross(costs, self.target, quantity, self.tax, step)?;
            let floor = price::gross(least, Target::Margin(self.minimum_percent), quantity, self.tax, step)?;
            Ok(UnitPrice { unit, quantity, gross, net: self.tax.split(gross, true).net, floor })
        };
        UNITS.into_iter().map(of).collect()
    }

    /// What is to be said of a price for the whole. Errors: `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`.
    pub(super) fn judge(
        &self,
        price: Price,
        measured: Measured,
        costs: Costs,
        prices: &[UnitPrice],
        list: Option<&ListPrice>,
    ) -> Result<Judged> {
        money::positive(price.price, "price")?;
        let floor = prices
            .iter()
            .find(|known| known.unit == price.unit)
            .ok_or_else(|| Error::invalid("price.unit", "goods are priced per т, м or шт"))?;
        let sum = price.sum(floor.quantity, self.tax);
        let list_gross = list.map(|list| list.price.sum(list.price.unit.quantity(measured), self.tax).gross);
        let discount_percent = list_gross.and_then(|list| price::discount_percent(sum.gross, list));
        Ok(Judged {
            price,
            earned: price::earned(sum, costs),
            under_floor: sum.gross < money::round(floor.floor * floor.quantity),
            discount_percent,
            over_limit: discount_percent.is_some_and(|discount| discount > self.limit_percent),
        })
    }
}
