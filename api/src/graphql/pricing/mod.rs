//! Prices in the graph: quotes, requests, price lists and offers. What tells cost or margin asks for it by field; see the domain's slice of
//! the same name for what the others get instead.

mod lists;
mod offers;
mod quote;
mod request;
mod settings;

use async_graphql::{ComplexObject, Context, Enum, InputObject, MergedObject, OneofObject, SimpleObject};
use rust_decimal::Decimal;
use shpunt_domain::catalog::units::Measure;
use shpunt_domain::orders::Price;
use shpunt_domain::pricing::price::{Earned, Target};
use shpunt_domain::pricing::quote::Judged;
use shpunt_domain::pricing::serve::{self, Served};

use super::batches::Batch;
use super::error::Result;
use super::loaders::loaders;
use super::orders::PriceUnit;
use super::scalars::{Money, Number, whole};
pub(super) use lists::{CustomerGroup, groups_by_ids, groups_of_parties};
pub(super) use offers::{Offer, offers_by_ids};

/// Questions about prices, merged here so that the root gets only one part deeper by them.
#[derive(MergedObject, Default)]
pub(crate) struct PricingQuery(
    quote::QuoteQuery,
    request::RequestQuery,
    lists::PriceListsQuery,
    settings::PriceSettingsQuery,
    offers::OffersQuery,
);

/// Changes of prices.
#[derive(MergedObject, Default)]
pub(crate) struct PricingMutation(lists::PriceListsMutation, settings::PriceSettingsMutation, offers::OffersMutation);

/// Whose cost a price is made from (база себестоимости).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "serve::Basis")]
pub(crate) enum PriceBasis {
    /// Of the batch named by `batchId` (выбранная серия).
    Chosen,
    /// Of the oldest batches (сначала старые).
    Oldest,
    /// Of the cheapest ones (сначала дешёвые).
    Cheapest,
    /// The average of all free stock; the oldest would be shipped (средняя).
    Average,
}

/// How much of goods (количество), in one of its units; answered in whole pieces, never fewer.
#[derive(OneofObject)]
pub(crate) enum QuantityInput {
    /// Pieces (штуки).
    Pieces(i32),
    /// Metres of piles (погонные метры).
    Metres(Number),
    /// Tonnes by the weight of the profile (тонны).
    Tonnes(Number),
    /// Square metres of wall, by the useful width of the profile (м² стенки).
    WallM2(Number),
}

impl QuantityInput {
    fn parts(&self) -> (Decimal, Measure) {
        match self {
            Self::Pieces(pieces) => (Decimal::from(*pieces), Measure::Piece),
            Self::Metres(metres) => (metres.0, Measure::Metre),
            Self::Tonnes(tonnes) => (tonnes.0, Measure::Tonne),
            Self::WallM2(area) => (area.0, Measure::WallM2),
        }
    }
}

/// What a price shall bring (цель цены), percent; needs the permission to see cost.
#[derive(OneofObject)]
pub(crate) enum PriceTargetInput {
    /// Of revenue, after goods, expenses and commission (маржа), 0 to 90.
    MarginPercent(Number),
    /// On the cost of goods and expenses (наценка), 0 to 10000.
    MarkupPercent(Number),
}

impl From<PriceTargetInput> for Target {
    fn from(target: PriceTargetInput) -> Self {
        match target {
            PriceTargetInput::MarginPercent(percent) => Self::Margin(percent.0),
            PriceTargetInput::MarkupPercent(percent) => Self::Markup(percent.0),
        }
    }
}

/// A price of goods (цена).
#[derive(InputObject)]
pub(crate) struct GoodsPriceInput {
    /// What the price is for (единица); not `SERVICE`.
    unit: PriceUnit,
    /// Price of a unit, roubles, more than zero (цена).
    price: Number,
    /// The price includes VAT and stays when the rate changes; otherwise VAT comes on top (цена с НДС).
    includes_vat: bool,
}

impl From<GoodsPriceInput> for Price {
    fn from(price: GoodsPriceInput) -> Self {
        Self { unit: price.unit.into(), price: price.price.0, includes_vat: price.includes_vat }
    }
}

/// A price of goods (цена).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct GoodsPrice {
    /// What it is for (единица).
    unit: PriceUnit,
    /// Price of a unit (цена).
    price: Money,
    /// It includes VAT and stays when the rate changes; otherwise VAT comes on top (цена с НДС).
    includes_vat: bool,
}

impl From<Price> for GoodsPrice {
    fn from(price: Price) -> Self {
        Self { unit: price.unit.into(), price: Money::roubles(price.price), includes_vat: price.includes_vat }
    }
}

/// Pieces a batch would give (чем закрывается).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct ServedPieces {
    /// Pieces (штуки).
    pieces: i32,
    /// What they cost, without VAT where it is deducted (себестоимость).
    cost: Money,
    #[graphql(skip)]
    batch_id: i64,
}

#[ComplexObject]
impl ServedPieces {
    /// The batch (серия); null = they are still to be bought.
    async fn batch(&self, ctx: &Context<'_>) -> Result<Option<Batch>> {
        loaders(ctx).batches.find(self.batch_id).await
    }
}

impl From<Served> for ServedPieces {
    fn from(row: Served) -> Self {
        Self { pieces: whole(row.pieces), cost: Money::roubles(row.cost), batch_id: row.batch_id }
    }
}

/// What a price brings (результат по цене).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PriceResult {
    /// Revenue without VAT less the cost of goods (валовая прибыль).
    gross_profit: Money,
    /// Gross profit in percent of revenue (рентабельность); null without revenue.
    margin_percent: Option<Number>,
    /// Gross profit in percent of cost (наценка); null without cost.
    markup_percent: Option<Number>,
    /// Commission (комиссия).
    commission: Money,
    /// Gross profit less expenses and commission (маржинальный доход).
    contribution: Money,
    /// The same in percent of revenue: what a target and the floor are about (маржа после расходов); null without revenue.
    contribution_percent: Option<Number>,
}

impl From<Earned> for PriceResult {
    fn from(earned: Earned) -> Self {
        Self {
            gross_profit: Money::roubles(earned.gross_profit),
            margin_percent: earned.margin_percent.map(Number),
            markup_percent: earned.markup_percent.map(Number),
            commission: Money::roubles(earned.commission),
            contribution: Money::roubles(earned.contribution),
            contribution_percent: earned.contribution_percent.map(Number),
        }
    }
}

/// What is to be said of a price (оценка цены).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct JudgedPrice {
    /// The price (цена).
    price: GoodsPrice,
    /// The whole without VAT (без НДС).
    net: Money,
    /// Its VAT (НДС).
    vat: Money,
    /// The whole with VAT (с НДС).
    gross: Money,
    /// It lies under the floor (ниже порога).
    under_floor: bool,
    /// How far below the list, percent; negative when above (скидка); null without a list price.
    discount_percent: Option<Number>,
    /// That is more than your role may give (сверх лимита скидки).
    over_limit: bool,
    /// An offer at this price must be approved before it is sent (нужно согласование).
    needs_approval: bool,
    /// What it brings (результат).
    result: PriceResult,
}

impl From<Judged> for JudgedPrice {
    fn from(judged: Judged) -> Self {
        Self {
            price: judged.price.into(),
            net: Money::roubles(judged.earned.sum.net),
            vat: Money::roubles(judged.earned.sum.vat),
            gross: Money::roubles(judged.earned.sum.gross),
            under_floor: judged.under_floor,
            discount_percent: judged.discount_percent.map(Number),
            over_limit: judged.over_limit,
            needs_approval: judged.under_floor || judged.over_limit,
            result: judged.earned.into(),
        }
    }
}
