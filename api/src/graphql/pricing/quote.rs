//! Quotes: what price reaches the target, what the floor is, what a typed price brings.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use rust_decimal::Decimal;
use shpunt_domain::catalog::units::Measure;
use shpunt_domain::pricing::quote::{self, Ask, UnitPrice};

use super::lists::PriceListPrice;
use super::{GoodsPriceInput, JudgedPrice, PriceBasis, PriceTargetInput, QuantityInput, ServedPieces};
use crate::graphql::batches::Batch;
use crate::graphql::caller::{actor, db};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::loaders::loaders;
use crate::graphql::orders::PriceUnit;
use crate::graphql::page;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Money, Number, whole};
use crate::graphql::text::given;

/// Direct expenses of a sale (прямые расходы), as they cost the company.
#[derive(InputObject)]
pub(crate) struct PriceExpensesInput {
    /// Of the whole, roubles (сумма).
    amount: Option<Number>,
    /// For each tonne, roubles (на тонну).
    per_tonne: Option<Number>,
}

/// What is to be priced (что посчитать).
#[derive(InputObject)]
pub(crate) struct PriceQuoteInput {
    /// Who sells (своя организация).
    company_id: Id<Company>,
    /// Goods (номенклатура).
    product_id: Id<Product>,
    /// For whom (покупатель): decides the price list and the floor.
    customer_id: Option<Id<Party>>,
    /// How much (количество).
    quantity: QuantityInput,
    /// When it would ship (дата): decides stock, VAT and list.
    on: Day,
    /// Where to (адрес доставки).
    #[graphql(default)]
    delivery_address: String,
    /// Whose cost (база себестоимости).
    basis: PriceBasis,
    /// The batch of the basis `CHOSEN` (серия).
    batch_id: Option<Id<Batch>>,
    /// Freight and the like (прямые расходы). Who may not see cost passes them on at what they are; otherwise they bear the margin too.
    expenses: Option<PriceExpensesInput>,
    /// What to reach (цель); the target margin of the settings when left out. Needs `SEE_COST`.
    target: Option<PriceTargetInput>,
    /// Commission in percent of revenue (комиссия); that of the settings when left out. Needs `SEE_COST`.
    commission_percent: Option<Number>,
    /// What the price is wanted for (единица); not `SERVICE`.
    #[graphql(default_with = "PriceUnit::Tonne")]
    unit: PriceUnit,
    /// A price that is being typed (набранная цена).
    price: Option<GoodsPriceInput>,
}

impl From<PriceQuoteInput> for Ask {
    fn from(input: PriceQuoteInput) -> Self {
        let (quantity, measure) = input.quantity.parts();
        let (amount, per_tonne) = input.expenses.map_or((None, None), |expenses| (expenses.amount, expenses.per_tonne));
        let or_none = |number: Option<Number>| number.map_or(Decimal::ZERO, |number| number.0);
        Self {
            company_id: input.company_id.number,
            product_id: input.product_id.number,
            party_id: or_zero(input.customer_id),
            quantity,
            measure,
            on: input.on.0,
            delivery_address: input.delivery_address,
            basis: input.basis.into(),
            batch_id: or_zero(input.batch_id),
            expenses: or_none(amount),
            expenses_per_tonne: or_none(per_tonne),
            target: input.target.map(Into::into),
            commission_percent: input.commission_percent.map(|percent| percent.0),
            unit: input.unit.into(),
            price: input.price.map(Into::into),
        }
    }
}

/// The price of a unit (цена за единицу).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct UnitPriceRow {
    /// The unit (единица).
    unit: PriceUnit,
    /// How much of it (количество).
    quantity: Number,
    /// With VAT, rounded up to the price step (цена с НДС).
    gross: Money,
    /// Without VAT (цена без НДС).
    net: Money,
    /// The least price with VAT, rounded up to the step (минимальная цена).
    floor: Money,
}

impl From<UnitPrice> for UnitPriceRow {
    fn from(row: UnitPrice) -> Self {
        Self {
            unit: row.unit.into(),
            quantity: Number::tonnes(row.quantity),
            gross: Money::roubles(row.gross),
            net: Money::roubles(row.net),
            floor: Money::roubles(row.floor),
        }
    }
}

/// A price and what it is made from (расчёт цены).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PriceQuote {
    /// Whole pieces (штуки).
    pieces: i32,
    /// Metres of piles (погонные метры).
    metres: Number,
    /// Tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// Square metres of wall (м² стенки); null where the width of the profile is not known.
    wall_m2: Option<Number>,
    /// VAT rate on the day, percent (ставка НДС).
    vat_percent: Number,
    /// Where to (адрес доставки).
    delivery_address: Option<String>,
    /// What would be shipped (чем закрывается).
    #[graphql(complexity = "page::few(child_complexity)")]
    served: Vec<ServedPieces>,
    /// What the goods cost (себестоимость товара).
    goods_cost: Money,
    /// Direct expenses (прямые расходы).
    expenses: Money,
    /// Prices per tonne, metre and piece (цены).
    #[graphql(complexity = "page::few(child_complexity)")]
    prices: Vec<UnitPriceRow>,
    /// The price per the wanted unit (предложенная цена).
    reached: JudgedPrice,
    /// The price of the customer's list (цена прайс-листа); null when it is in none.
    list_price: Option<PriceListPrice>,
    /// The typed price (набранная цена); null when none was given.
    typed: Option<JudgedPrice>,
    #[graphql(skip)]
    product_id: i64,
}

#[ComplexObject]
impl PriceQuote {
    /// What is priced (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.product_id).await
    }
}

impl From<quote::Quote> for PriceQuote {
    fn from(quote: quote::Quote) -> Self {
        Self {
            pieces: whole(quote.measured.pieces),
            metres: Number::metres(quote.measured.metres),
            tonnes: Number::tonnes(quote.measured.tonnes),
            wall_m2: quote.wall_m2.map(Number::metres),
            vat_percent: Number(quote.vat_percent),
            delivery_address: given(quote.ask.delivery_address),
            served: quote.served.into_iter().map(Into::into).collect(),
            goods_cost: Money::roubles(quote.costs.goods),
            expenses: Money::roubles(quote.costs.expenses),
            prices: quote.prices.into_iter().map(Into::into).collect(),
            reached: quote.reached.into(),
            list_price: quote.list.map(Into::into),
            typed: quote.typed.map(Into::into),
            product_id: quote.ask.product_id,
        }
    }
}

/// A quantity of goods in all its units (количество во всех единицах).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct GoodsQuantity {
    /// Whole pieces (штуки).
    pieces: i32,
    /// Metres of piles (погонные метры).
    metres: Number,
    /// Tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// Square metres of wall (м² стенки); null where the width of the profile is not known.
    wall_m2: Option<Number>,
    /// Weight of a m² of wall, kg (масса м² стенки); null where the width of the profile is not known.
    kg_per_m2: Option<Number>,
}

/// Questions about prices.
#[derive(Default)]
pub(crate) struct QuoteQuery;

#[Object]
impl QuoteQuery {
    /// A quantity in т, м, шт and м² of wall, in whole pieces (пересчёт единиц).
    async fn quantity_convert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Goods (номенклатура).")] product_id: Id<Product>,
        #[graphql(desc = "How much (количество).")] quantity: QuantityInput,
    ) -> Result<GoodsQuantity> {
        let (quantity, measure) = quantity.parts();
        let (measured, shape) = quote::convert(db(ctx), product_id.number, quantity, measure).await?;
        Ok(GoodsQuantity {
            pieces: whole(measured.pieces),
            metres: Number::metres(measured.metres),
            tonnes: Number::tonnes(measured.tonnes),
            wall_m2: shape.quantity(measured.pieces, Measure::WallM2).map(Number::metres),
            kg_per_m2: shape.kg_per_m2().map(|weight| Number::money(weight.round_dp(2))),
        })
    }

    /// What goods would cost on a day, at which price they reach the target, and what a typed price brings (расчёт цены). Who may not see
    /// cost gets price, floor and whether a price needs approval; neither target nor commission can be chosen then.
    async fn price_quote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be priced (что посчитать).")] input: PriceQuoteInput,
    ) -> Result<PriceQuote> {
        Ok(quote::quote(db(ctx), &actor(ctx)?, input.into()).await?.into())
    }
}
