//! The variants of a request (варианты подбора), each with goods, offcuts, trucks, date, cost and price; ranked. Pure.
//!
//! What serves a wall must be of one product: another profile is a variant of its own, of as many pieces as make the same wall. Offcuts that
//! are long enough keep their cost by length, as cutting does; scrap burdens the pieces.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use super::super::lists::ListPrice;
use super::super::price::Costs;
use super::super::quote::{Judged, Terms};
use super::super::serve::Free;
use super::super::store::Goods;
use super::trucks::{self, Load, Truck};
use super::{Cutting, Source, search};
use crate::batches::{Measured, measure};
use crate::catalog::units::Measure;
use crate::error::Result;
use crate::money;
use crate::orders::{Price, Unit};

/// Variants of an answer at most.
pub const VARIANTS_MAX: usize = 12;

/// How a variant gets its goods (способ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Со склада: as they lie.
    Stock,
    /// С резкой: longer piles are cut.
    Cutting,
    /// С закупкой: something is bought.
    Purchase,
}

/// Where the price of a variant is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceSource {
    /// It was asked for.
    Wanted,
    /// Прайс-лист.
    List,
    /// Made from cost.
    Target,
}

/// Pieces out of one batch, or bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The batch; 0 = to be bought.
    pub batch_id: i64,
    /// Whole piles that are taken.
    pub piles: i64,
    /// Metres of each.
    pub pile_m: Decimal,
    /// Wanted pieces they give.
    pub pieces: i64,
    /// What the pieces cost, roubles.
    pub cost: Decimal,
}

/// What cutting leaves of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The batch.
    pub batch_id: i64,
    /// How many.
    pub count: i64,
    /// Metres of each.
    pub metres: Decimal,
    /// What all of them are worth, roubles; 0 = scrap.
    pub value: Decimal,
}

/// One way to serve the request.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not depend on each other, each shown by itself")]
pub struct Variant {
    /// What is delivered: the product asked for, or an analogue.
    pub product_id: i64,
    /// It is another profile.
    pub analogue: bool,
    /// How.
    pub way: Way,
    /// How much is delivered.
    pub measured: Measured,
    /// m² of wall it makes, where the width is known.
    pub wall_m2: Option<Decimal>,
    /// Out of what.
    pub parts: Vec<Part>,
    /// What cutting leaves.
    pub left: Vec<Left>,
    /// On which trucks.
    pub loads: Vec<Load>,
    /// The pieces are longer than a truck.
    pub oversize: bool,
    /// Cost of goods and freight.
    pub costs: Costs,
    /// The price and what it brings.
    pub judged: Judged,
    /// Where the price is from.
    pub price_source: PriceSource,
    /// Soonest day of shipping.
    pub earliest_on: NaiveDate,
    /// That is later than asked.
    pub late: bool,
    /// Nothing cheaper exists this way.
    pub proven: bool,
}

/// What is known when variants are made.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// What was asked for.
    pub(super) wanted: &'a Goods,
    /// Pieces of it.
    pub(super) pieces: i64,
    /// When.
    pub(super) needed_on: NaiveDate,
    /// Today.
    pub(super) today: NaiveDate,
    /// The product, longer ones, its analogues.
    pub(super) alike: &'a [Goods],
    /// Their free stock.
    pub(super) free: &'a [Free],
    /// What a piece of a product cost when it was last bought.
    pub(super) bought: &'a HashMap<i64, Decimal>,
    /// Price lists.
    pub(super) lists: &'a HashMap<i64, ListPrice>,
    /// The price that is wanted.
    pub(super) price: Option<Price>,
    /// What a price is wanted for otherwise.
    pub(super) unit: Unit,
    /// Freight of one truck, roubles.
    pub(super) freight: Decimal,
    /// Trucks.
    pub(super) truck: Truck,
    /// Ways that are allowed.
    pub(super) ways: &'a [Way],
    /// Other profiles are allowed.
    pub(super) analogues: bool,
    /// What prices are made under.
    pub(super) terms: &'a Terms,
}

/// A source with what it is.
struct Named {
    source: Source,
    batch: Option<Free>,
}

/// All variants, the best first: in time, then what costs least for the wall, then what leaves the least offcuts.
pub(super) fn all(known: &Known<'_>) -> Result<Vec<Variant>> {
    let length_m = known.wanted.shape.length_m;
    let mut variants = Vec::new();
    for goods in known.alike.iter().filter(|goods| goods.shape.length_m == length_m) {
        let analogue = goods.profile != known.wanted.profile;
        if analogue && !known.analogues {
            continue;
        }
        let Some(pieces) = same_wall(known, goods) else { continue };
        for way in [Way::Stock, Way::Cutting, Way::Purchase] {
            if known.ways.contains(&way) {
                variants.extend(one(known, goods, pieces, way)?);
            }
        }
    }
    let left_m = |variant: &Variant| -> Decimal { variant.left.iter().map(|left| left.metres * Decimal::from(left.count)).sum() };
    variants.sort_by(|one, other| {
        let key = |variant: &Variant| (variant.late, variant.costs.goods + variant.costs.expenses, left_m(variant));
        key(one).cmp(&key(other)).then((one.analogue, one.way, one.product_id).cmp(&(
            other.analogue,
            other.way,
            other.product_id,
        )))
    });
    variants.truncate(VARIANTS_MAX);
    Ok(variants)
}

/// Pieces of `goods` that make at least the wall asked for; `None` where widths are not known.
fn same_wall(known: &Known<'_>, goods: &Goods) -> Option<i64> {
    if goods.profile == known.wanted.profile {
        return Some(known.pieces);
    }
    let wall = known.wanted.shape.quantity(known.pieces, Measure::WallM2)?;
    goods.shape.pieces(wall, Measure::WallM2).ok()
}

/// The variant of a way; `None` when it cannot be, or does nothing that an easier way does not.
fn one(known: &Known<'_>, goods: &Goods, pieces: i64, way: Way) -> Result<Option<Variant>> {
    let length_m = goods.shape.length_m;
    let cutting = Cutting { piece_m: length_m, offcut_min_m: known.terms.settings.offcut_min_m };
    let cuts = way == Way::Cutting || way == Way::Purchase && known.ways.contains(&Way::Cutting);
    let usable = |product_id: i64| {
        known.alike.iter().any(|alike| {
            alike.product_id == product_id
                && alike.profile == goods.profile
                && alike.condition == goods.condition
                && (alike.shape.length_m == length_m || cuts)
        })
    };
    let mut named: Vec<Named> = Vec::new();
    for batch in known.free.iter().filter(|batch| batch.free > 0 && usable(batch.product_id)) {
        let pile_cost = batch.value * batch.length_m / batch.metres;
        named.push(Named { source: Source { piles: batch.free, pile_m: batch.length_m, pile_cost }, batch: Some(*batch) });
    }
    if way == Way::Purchase {
        let Some(price) = known.bought.get(&goods.product_id) else { return Ok(None) };
        named.push(Named { source: Source { piles: pieces, pile_m: length_m, pile_cost: *price }, batch: None });
    }
    let sources: Vec<Source> = named.iter().map(|named| named.source).collect();
    let Some(found) = search(&sources, pieces, cutting) else { return Ok(None) };
    let (mut parts, mut left) = (Vec::new(), Vec::new());
    for (named, taken) in named.iter().zip(&found.taken).filter(|(_, taken)| **taken > 0) {
        let (part, offcuts) = named.take(*taken, cutting);
        parts.push(part);
        left.extend(offcuts);
    }
    let does = match way {
        Way::Stock => true,
        Way::Cutting => parts.iter().any(|part| part.pile_m > length_m),
        Way::Purchase => parts.iter().any(|part| part.batch_id == 0),
    };
    if !does {
        return Ok(None);
    }
    let measured = measure(pieces, length_m, goods.shape.kg_per_m);
    let piece_t = goods.shape.of_piece(Measure::Tonne).unwrap_or_default();
    let loads = trucks::pack(pieces, piece_t, known.truck)?;
    let freight = money::not_negative(known.freight * Decimal::from(trucks::count(&loads)), "freightPerTruck")?;
    let costs = known.terms.costs(parts.iter().map(|part| part.cost).sum(), freight);
    let (judged, price_source) = priced(known, goods, measured, costs)?;
    let days = parts.iter().map(|part| known.days(part, length_m)).max().unwrap_or_default();
    let earliest_on = known.today.checked_add_days(Days::new(days)).unwrap_or(known.today);
    Ok(Some(Variant {
        product_id: goods.product_id,
        analogue: goods.profile != known.wanted.profile,
        way,
        measured,
        wall_m2: goods.shape.quantity(pieces, Measure::WallM2),
        parts,
        left,
        loads,
        oversize: length_m > known.truck.length_m,
        costs,
        judged,
        price_source,
        earliest_on,
        late: earliest_on > known.needed_on,
        proven: found.proven,
    }))
}

/// The wanted price, else that of the list, else one made from cost.
fn priced(known: &Known<'_>, goods: &Goods, measured: Measured, costs: Costs) -> Result<(Judged, PriceSource)> {
    let prices = known.terms.prices(costs, measured)?;
    let list = known.lists.get(&goods.product_id);
    let (price, source) = match (known.price, list) {
        (Some(price), _) => (price, PriceSource::Wanted),
        (None, Some(list)) => (list.price, PriceSource::List),
        (None, None) => {
            let gross = prices.iter().find(|price| price.unit == known.unit).map(|price| price.gross).unwrap_or_default();
            (Price { unit: known.unit, price: gross, includes_vat: true }, PriceSource::Target)
        }
    };
    Ok((known.terms.judge(price, measured, costs, &prices, list)?, source))
}

impl Known<'_> {
    /// Days until a part can be loaded.
    fn days(&self, part: &Part, length_m: Decimal) -> u64 {
        let days = if part.batch_id == 0 {
            self.terms.settings.purchase_days
        } else if part.pile_m > length_m {
            self.terms.settings.cutting_days
        } else {
            0
        };
        u64::try_from(days).unwrap_or_default()
    }
}

impl Named {
    /// Takes pieces of it, in kopecks as stock would.
    fn take(&self, pieces: i64, cutting: Cutting) -> (Part, Vec<Left>) {
        let piles = cutting.piles(&self.source, pieces);
        let batch_id = self.batch.map_or(0, |batch| batch.batch_id);
        let whole = match &self.batch {
            Some(batch) => batch.cost(piles),
            None => money::round(self.source.pile_cost * Decimal::from(piles)),
        };
        let metres = self.source.pile_m * Decimal::from(piles);
        let left: Vec<Left> = cutting
            .offcuts(&self.source, pieces)
            .map(|offcut| {
                let all_m = offcut.metres * Decimal::from(offcut.count);
                let value = if offcut.useful { money::share(whole, all_m, metres) } else { Decimal::ZERO };
                Left { batch_id, count: offcut.count, metres: offcut.metres, value }
            })
            .collect();
        let worth: Decimal = left.iter().map(|left| left.value).sum();
        (Part { batch_id, piles, pile_m: self.source.pile_m, pieces, cost: whole - worth }, left)
    }
}
