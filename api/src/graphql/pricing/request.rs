//! Requests of customers, solved: from stock, by cutting, with analogues, by buying.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use rust_decimal::Decimal;
use shpunt_domain::pricing::solver::ask::{self, Request};
use shpunt_domain::pricing::solver::trucks;
use shpunt_domain::pricing::solver::variants::{self, Way};

use super::{GoodsPriceInput, JudgedPrice, PriceTargetInput, QuantityInput};
use crate::graphql::batches::Batch;
use crate::graphql::caller::{actor, db, services};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::loaders::loaders;
use crate::graphql::orders::PriceUnit;
use crate::graphql::page;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Money, Number, whole};

/// How a request gets its goods (способ закрытия запроса).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Way")]
pub(crate) enum RequestWay {
    /// From stock as it lies (со склада).
    Stock,
    /// Longer piles are cut (с резкой).
    Cutting,
    /// Something is bought (с закупкой).
    Purchase,
}

/// Where the price of a variant is from (источник цены).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "variants::PriceSource")]
pub(crate) enum RequestPriceSource {
    /// It was asked for (желаемая цена).
    Wanted,
    /// The customer's price list (прайс-лист).
    List,
    /// Made from cost (от себестоимости).
    Target,
}

/// What a customer asks for (запрос покупателя).
#[derive(InputObject)]
pub(crate) struct RequestSolveInput {
    /// Who sells (своя организация).
    company_id: Id<Company>,
    /// Goods (номенклатура): profile, length and state.
    product_id: Id<Product>,
    /// For whom (покупатель): decides the price list and the floor.
    customer_id: Option<Id<Party>>,
    /// How much (количество).
    quantity: QuantityInput,
    /// Day of shipping (дата отгрузки).
    needed_on: Day,
    /// Where to (адрес доставки).
    #[graphql(default)]
    delivery_address: String,
    /// The wanted price (желаемая цена); that of the list when left out, else one made from cost.
    price: Option<GoodsPriceInput>,
    /// What a price made from cost shall reach (цель). Needs `SEE_COST`.
    target: Option<PriceTargetInput>,
    /// What a price made from cost is for (единица); not `SERVICE`.
    #[graphql(default_with = "PriceUnit::Tonne")]
    unit: PriceUnit,
    /// Freight of one truck, roubles as it costs the company (фрахт одной машины).
    freight_per_truck: Option<Number>,
    /// Tonnes a truck carries (грузоподъёмность); that of the settings when left out.
    truck_tonnes: Option<Number>,
    /// Longest piece that is not oversize, metres (длина кузова); that of the settings when left out.
    truck_length_m: Option<Number>,
    /// Longer piles may be cut (допускается резка).
    #[graphql(default = true)]
    cutting: bool,
    /// What is missing may be bought (допускается закупка).
    #[graphql(default = true)]
    buying: bool,
    /// Other profiles of the same family may serve (допускаются аналоги).
    #[graphql(default = true)]
    analogues: bool,
}

impl From<RequestSolveInput> for Request {
    fn from(input: RequestSolveInput) -> Self {
        let (quantity, measure) = input.quantity.parts();
        let ways = [(Way::Stock, true), (Way::Cutting, input.cutting), (Way::Purchase, input.buying)];
        Self {
            company_id: input.company_id.number,
            product_id: input.product_id.number,
            party_id: or_zero(input.customer_id),
            quantity,
            measure,
            needed_on: input.needed_on.0,
            delivery_address: input.delivery_address,
            price: input.price.map(Into::into),
            target: input.target.map(Into::into),
            unit: input.unit.into(),
            freight_per_truck: input.freight_per_truck.map_or(Decimal::ZERO, |freight| freight.0),
            truck_tonnes: input.truck_tonnes.map(|tonnes| tonnes.0),
            truck_length_m: input.truck_length_m.map(|length| length.0),
            ways: ways.into_iter().filter(|(_, allowed)| *allowed).map(|(way, _)| way).collect(),
            analogues: input.analogues,
        }
    }
}

/// Pieces out of one batch, or bought (откуда штуки).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct RequestPart {
    /// Whole piles that are taken (целые шпунтины).
    piles: i32,
    /// Metres of each (длина).
    pile_m: Number,
    /// Wanted pieces they give (нужные штуки).
    pieces: i32,
    /// What the pieces cost; useful offcuts keep their share (себестоимость).
    cost: Money,
    #[graphql(skip)]
    batch_id: i64,
}

#[ComplexObject]
impl RequestPart {
    /// The batch (серия); null = to be bought.
    async fn batch(&self, ctx: &Context<'_>) -> Result<Option<Batch>> {
        loaders(ctx).batches.find(self.batch_id).await
    }
}

impl From<variants::Part> for RequestPart {
    fn from(row: variants::Part) -> Self {
        Self {
            piles: whole(row.piles),
            pile_m: Number::metres(row.pile_m),
            pieces: whole(row.pieces),
            cost: Money::roubles(row.cost),
            batch_id: row.batch_id,
        }
    }
}

/// What cutting leaves (обрезки).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct RequestOffcut {
    /// How many (штуки).
    count: i32,
    /// Metres of each (длина).
    metres: Number,
    /// What all of them are worth by length; zero = scrap, which burdens the pieces (стоимость).
    value: Money,
    #[graphql(skip)]
    batch_id: i64,
}

#[ComplexObject]
impl RequestOffcut {
    /// Of which batch (серия).
    async fn batch(&self, ctx: &Context<'_>) -> Result<Option<Batch>> {
        loaders(ctx).batches.find(self.batch_id).await
    }
}

impl From<variants::Left> for RequestOffcut {
    fn from(row: variants::Left) -> Self {
        Self {
            count: whole(row.count),
            metres: Number::metres(row.metres),
            value: Money::roubles(row.value),
            batch_id: row.batch_id,
        }
    }
}

/// Trucks loaded alike (машины).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct TruckLoad {
    /// How many trucks (машин).
    trucks: i32,
    /// Pieces on each (штук на каждой).
    pieces: i32,
    /// Tonnes on each (тонн на каждой).
    tonnes: Number,
}

impl From<trucks::Load> for TruckLoad {
    fn from(row: trucks::Load) -> Self {
        Self { trucks: whole(row.trucks), pieces: whole(row.pieces), tonnes: Number::tonnes(row.tonnes) }
    }
}

/// One way to serve a request (вариант подбора).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not depend on each other, each shown by itself")]
pub(crate) struct RequestVariant {
    /// How it gets the goods (способ).
    way: RequestWay,
    /// It is another profile than asked for, as many pieces as make the same wall (аналог).
    analogue: bool,
    /// Pieces that are delivered (штуки).
    pieces: i32,
    /// Metres of them (погонные метры).
    metres: Number,
    /// Tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// Square metres of wall (м² стенки); null where the width of the profile is not known.
    wall_m2: Option<Number>,
    /// Out of what (из чего).
    #[graphql(complexity = "page::few(child_complexity)")]
    parts: Vec<RequestPart>,
    /// What cutting leaves (обрезки).
    #[graphql(complexity = "page::few(child_complexity)")]
    offcuts: Vec<RequestOffcut>,
    /// On which trucks (машины).
    #[graphql(complexity = "page::few(child_complexity)")]
    loads: Vec<TruckLoad>,
    /// The pieces are longer than a truck (негабарит).
    oversize: bool,
    /// What the goods cost (себестоимость товара).
    goods_cost: Money,
    /// Freight of all trucks (фрахт).
    freight: Money,
    /// The price and what it brings (цена и результат).
    price: JudgedPrice,
    /// Where the price is from (источник цены).
    price_source: RequestPriceSource,
    /// Soonest day of shipping (ближайшая дата).
    earliest_on: Day,
    /// That is later than asked (позже запрошенного).
    late: bool,
    /// Nothing cheaper exists this way; false when the search was cut short at its bound (доказано).
    proven: bool,
    #[graphql(skip)]
    product_id: i64,
}

#[ComplexObject]
impl RequestVariant {
    /// What is delivered (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.product_id).await
    }
}

impl From<variants::Variant> for RequestVariant {
    fn from(row: variants::Variant) -> Self {
        Self {
            way: row.way.into(),
            analogue: row.analogue,
            pieces: whole(row.measured.pieces),
            metres: Number::metres(row.measured.metres),
            tonnes: Number::tonnes(row.measured.tonnes),
            wall_m2: row.wall_m2.map(Number::metres),
            parts: row.parts.into_iter().map(Into::into).collect(),
            offcuts: row.left.into_iter().map(Into::into).collect(),
            loads: row.loads.into_iter().map(Into::into).collect(),
            oversize: row.oversize,
            goods_cost: Money::roubles(row.costs.goods),
            freight: Money::roubles(row.costs.expenses),
            price: row.judged.into(),
            price_source: row.price_source.into(),
            earliest_on: Day(row.earliest_on),
            late: row.late,
            proven: row.proven,
            product_id: row.product_id,
        }
    }
}

/// How a request can be served (подбор).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct RequestSolution {
    /// Pieces of the product asked for (штуки).
    pieces: i32,
    /// The variants, at most 12, the best first: in time, then the cheapest for the wall, then with the least offcuts (варианты).
    #[graphql(complexity = "page::few(child_complexity)")]
    variants: Vec<RequestVariant>,
}

/// Questions about requests.
#[derive(Default)]
pub(crate) struct RequestQuery;

#[Object]
impl RequestQuery {
    /// How a request can be served from stock, by cutting longer piles, with analogues or by buying the rest, packed into trucks (подбор).
    async fn request_solve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the customer asks for (запрос).")] input: RequestSolveInput,
    ) -> Result<RequestSolution> {
        let solved = ask::solve(db(ctx), &actor(ctx)?, (services(ctx).clock)(), input.into()).await?;
        Ok(RequestSolution { pieces: whole(solved.pieces), variants: solved.variants.into_iter().map(Into::into).collect() })
    }
}
