//! A request, asked (подбор под запрос): reads what there is and hands it to the solver.

use std::collections::HashMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::super::price::Target;
use super::super::{quote, store};
use super::trucks::Truck;
use super::variants::{self, Known, Variant, Way};
use crate::access::{Actor, Permission};
use crate::catalog::units::Measure;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::orders::{Price, Unit};
use crate::{days, money, text};

/// Products that are looked at for one request at most.
const ALIKE_MAX: i64 = 60;

/// A request (запрос покупателя).
#[derive(Debug, Clone)]
pub struct Request {
    /// Who sells.
    pub company_id: i64,
    /// Goods.
    pub product_id: i64,
    /// For whom, 0 = nobody in particular.
    pub party_id: i64,
    /// How much …
    pub quantity: Decimal,
    /// … of what.
    pub measure: Measure,
    /// When it must ship.
    pub needed_on: NaiveDate,
    /// Where to.
    pub delivery_address: String,
    /// The price that is wanted; `None` = the list's, else one made from cost.
    pub price: Option<Price>,
    /// What a price made from cost shall reach; `None` = the settings.
    pub target: Option<Target>,
    /// What it is for.
    pub unit: Unit,
    /// Freight of one truck, roubles as it costs the company.
    pub freight_per_truck: Decimal,
    /// Tonnes of a truck; `None` = the settings.
    pub truck_tonnes: Option<Decimal>,
    /// Longest piece on it, metres; `None` = the settings.
    pub truck_length_m: Option<Decimal>,
    /// Ways that are allowed.
    pub ways: Vec<Way>,
    /// Other profiles are allowed.
    pub analogues: bool,
}

/// The answer: what was understood, and the variants, the best first; none = it cannot be served.
#[derive(Debug, Clone)]
pub struct Solved {
    /// What was asked.
    pub request: Request,
    /// Pieces of the product asked for.
    pub pieces: i64,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// Solves a request for whoever acts, at `now`.
///
/// Errors: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `TAX_REGIME_MISSING`; `FORBIDDEN` for a target of one's own without the
/// permission to see cost.
pub async fn solve(db: &Db, actor: &Actor, now: DateTime<Utc>, mut request: Request) -> Result<Solved> {
    actor.require(Permission::SeePrices)?;
    request.delivery_address = text::optional(&request.delivery_address, "deliveryAddress", 300)?;
    let needed_on = days::known(request.needed_on, "neededOn")?;
    let freight = money::not_negative(request.freight_per_truck, "freightPerTruck")?;
    if request.unit == Unit::Service {
        return Err(Error::invalid("unit", "goods are priced per т, м or шт"));
    }
    let mut connection = db.acquire().await?;
    let offset = store::utc_offset(&mut connection, request.company_id).await?;
    let today = (now + Duration::minutes(i64::from(offset))).date_naive();
    let terms =
        quote::terms(&mut connection, actor, request.company_id, request.party_id, needed_on, request.target, None).await?;
    let wanted = store::goods(&mut connection, request.product_id).await?;
    let pieces = wanted.shape.pieces(request.quantity, request.measure)?;
    let alike = store::alike(&mut connection, &wanted, terms.settings.analogue_percent, ALIKE_MAX).await?;
    let ids: Vec<i64> = alike.iter().map(|goods| goods.product_id).collect();
    let free = store::free(&mut connection, request.company_id, &ids, needed_on).await?;
    let length_m: HashMap<i64, Decimal> = alike.iter().map(|goods| (goods.product_id, goods.shape.length_m)).collect();
    let bought = store::bought(&mut connection, request.company_id, &ids, needed_on).await?;
    let bought: HashMap<i64, Decimal> =
        bought.into_iter().filter_map(|last| Some((last.product_id, last.piece(*length_m.get(&last.product_id)?)))).collect();
    let mut lists = HashMap::new();
    for goods in alike.iter().filter(|goods| goods.shape.length_m == wanted.shape.length_m) {
        let (company, group, product) = (request.company_id, terms.customer_group_id, goods.product_id);
        if let Some(price) = store::list_price(&mut connection, company, group, product, needed_on, request.unit).await? {
            lists.insert(product, price);
        }
    }
    let truck = Truck {
        tonnes: size(request.truck_tonnes, terms.settings.truck_tonnes, "truckTonnes")?,
        length_m: size(request.truck_length_m, terms.settings.truck_length_m, "truckLengthM")?,
    };
    let known = Known {
        wanted: &wanted,
        pieces,
        needed_on,
        today,
        alike: &alike,
        free: &free,
        bought: &bought,
        lists: &lists,
        price: request.price,
        unit: request.unit,
        freight,
        truck,
        ways: &request.ways,
        analogues: request.analogues,
        terms: &terms,
    };
    let variants = variants::all(&known)?;
    Ok(Solved { request, pieces, variants })
}

fn size(given: Option<Decimal>, default: Decimal, path: &str) -> Result<Decimal> {
    let size = given.unwrap_or(default);
    if size <= Decimal::ZERO || size > Decimal::ONE_THOUSAND {
        return Err(Error::invalid(path, format!("{path} lies between 0 and 1000")));
    }
    Ok(size)
}
