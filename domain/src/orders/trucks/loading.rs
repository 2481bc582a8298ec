//! What is on the truck and what the scales showed (погрузка и взвешивание).
//!
//! Net weight is gross less tare; it is divided over the lines by their theoretical tonnes in whole kilograms, by the largest remainder, so
//! that the lines together weigh what the scales showed. Shipping takes it over as the weighed tonnes.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{not_gone, store};
use crate::access::Permission;
use crate::batches::countable;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::money;
use crate::orders::{self, Line, Order, Status};
use crate::text;

/// More than any scales for trucks show, kilograms.
const KG_MAX: i64 = 200_000;

/// Pieces of a line that are on the truck.
#[derive(Debug, Clone, Serialize)]
pub struct Loaded {
    /// The line: goods.
    pub order_line_id: i64,
    /// How many.
    pub pieces: i64,
}

/// What the scales showed, kilograms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Scales {
    /// With the goods (брутто).
    pub gross_kg: i64,
    /// Without them (тара).
    pub tare_kg: i64,
}

impl Scales {
    fn checked(self) -> Result<Self> {
        for (kg, path) in [(self.gross_kg, "grossKg"), (self.tare_kg, "tareKg")] {
            if kg <= 0 {
                return Err(Error::not_positive(path));
            }
            if kg > KG_MAX {
                return Err(Error::invalid(path, format!("{path} is at most {KG_MAX}; give kilograms")));
            }
        }
        if self.gross_kg <= self.tare_kg {
            return Err(Error::invalid("grossKg", "a loaded truck weighs more than an empty one; were the weights exchanged?"));
        }
        Ok(self)
    }
}

/// A truck that was loaded.
#[derive(Debug, Clone, Serialize)]
pub struct Load {
    /// The order: confirmed, with a truck.
    pub order_id: i64,
    /// Each line once; what is left out is not on the truck.
    pub lines: Vec<Loaded>,
    /// If it was weighed.
    pub scales: Option<Scales>,
    /// When it was loaded; now unless given.
    pub loaded_at: Option<DateTime<Utc>>,
    /// Why it may weigh more than its capacity, may be empty.
    pub overload_reason: String,
}

/// A line as it is on the truck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineLoad {
    /// The line.
    pub order_line_id: i64,
    /// How many.
    pub pieces: i64,
    /// Its share of what the scales showed, tonnes; zero when not weighed.
    pub tonnes_weighed: Decimal,
}

/// Records what is on the truck, in place of what was recorded before. Errors: `NOT_FOUND`, `ORDER_STATUS`, `TRUCK_REQUIRED`,
/// `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `OVERLOADED`, `DATE_IN_FUTURE`.
pub async fn load(db: &Db, ctx: &Ctx, input: &Load) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.load", Permission::ShipOrders, input, load_in_tx).await
}

async fn load_in_tx(run: &mut Run<'_>, input: &Load) -> Result<Order> {
    let reason = text::optional(&input.overload_reason, "overloadReason", 500)?;
    let scales = input.scales.map(Scales::checked).transpose()?;
    let at = input.loaded_at.unwrap_or(run.ctx.now);
    if at > run.ctx.now {
        return Err(Error::rejected(Code::DateInFuture, format!("{at} lies in the future; leave loadedAt out for now")));
    }
    let mut order = orders::store::lock_in_tx(run, input.order_id).await?;
    not_gone(&order, &[Status::Confirmed])?;
    let mut truck = store::find_in_tx(run, order.order_id).await?.filter(|truck| truck.vehicle_id != 0).ok_or_else(|| {
        let message = format!("order {} has no truck yet; assign one first (orderTruckAssign)", order.number);
        Error::rejected(Code::TruckRequired, message)
    })?;
    let asked = asked(&order, &input.lines)?;
    let net_kg = scales.map_or(0, |scales| scales.gross_kg - scales.tare_kg);
    let loads = divided(&asked, net_kg)?;
    (truck.gross_kg, truck.tare_kg) = scales.map_or((0, 0), |scales| (scales.gross_kg, scales.tare_kg));
    truck.loaded_at = Some(at);
    let theoretical: Decimal = asked.iter().map(|(line, pieces)| part(line, *pieces)).sum();
    let tonnes = if scales.is_some() { truck.weighed_t() } else { theoretical };
    truck.allow(&order.number, tonnes, reason)?;
    forget_in_tx(run, &order).await?;
    for load in &loads {
        sqlx::query!(
            "insert into order_loads (order_line_id, pieces, tonnes_weighed) values ($1, $2, $3)",
            load.order_line_id,
            load.pieces,
            load.tonnes_weighed
        )
        .execute(&mut *run.tx)
        .await?;
    }
    store::save_in_tx(run, &mut order, &truck).await?;
    Ok(order)
}

/// Theoretical tonnes of some pieces of a line.
fn part(line: &Line, pieces: i64) -> Decimal {
    (line.tonnes_theoretical * Decimal::from(pieces) / Decimal::from(line.pieces.max(1))).round_dp(6)
}

/// The lines asked for with their pieces. Errors: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
pub(in crate::orders) fn asked<'a>(order: &'a Order, lines: &[Loaded]) -> Result<Vec<(&'a Line, i64)>> {
    if lines.is_empty() {
        return Err(Error::invalid("lines", "a truck is loaded with at least one line"));
    }
    let one = |(index, asked): (usize, &Loaded)| {
        let path = format!("lines.{index}");
        let line = orders::left::line_of(
            &order.lines,
            asked.order_line_id,
            lines[..index].iter().map(|line| line.order_line_id),
            &path,
        )?;
        if !line.is_goods() {
            return Err(Error::invalid(format!("{path}.orderLineId"), "a service is on no truck; name lines of goods"));
        }
        let pieces = countable(asked.pieces).map_err(|error| error.at(&path))?;
        if pieces > line.pieces {
            let message = format!("line {} has {} pieces; load at most those", line.line, line.pieces);
            return Err(Error::invalid(format!("{path}.pieces"), message));
        }
        Ok((line, pieces))
    };
    lines.iter().enumerate().map(one).collect()
}

/// What each line weighs of `net_kg`, to the kilogram. Errors: `NOTHING_TO_ALLOCATE`, when no line has a theoretical weight.
fn divided(asked: &[(&Line, i64)], net_kg: i64) -> Result<Vec<LineLoad>> {
    let bases: Vec<Decimal> = asked.iter().map(|(line, pieces)| part(line, *pieces)).collect();
    let shares = if net_kg == 0 {
        vec![Decimal::ZERO; bases.len()]
    } else {
        // Money is divided in hundredths, and kilograms are thousandths of a tonne.
        money::allocate(Decimal::new(net_kg, 2), &bases)?.into_iter().map(|share| share / Decimal::TEN).collect()
    };
    let load = |((line, pieces), tonnes_weighed): (&(&Line, i64), Decimal)| LineLoad {
        order_line_id: line.order_line_id,
        pieces: *pieces,
        tonnes_weighed,
    };
    Ok(asked.iter().zip(shares).map(load).collect())
}

/// Forgets what was on the truck.
pub(super) async fn forget_in_tx(run: &mut Run<'_>, order: &Order) -> Result<()> {
    let lines: Vec<i64> = order.lines.iter().map(|line| line.order_line_id).collect();
    sqlx::query!("delete from order_loads where order_line_id = any($1)", &lines).execute(&mut *run.tx).await?;
    Ok(())
}

/// The weights an order is shipped with: those given, and of the other lines what the scales showed at loading.
///
/// Errors: `LOAD_MISMATCH` when the truck holds other pieces than the order says.
pub(in crate::orders) async fn weights_in_tx(
    run: &mut Run<'_>,
    order: &Order,
    mut given: Vec<(i64, Decimal)>,
) -> Result<Vec<(i64, Decimal)>> {
    let Some(truck) = store::find_in_tx(run, order.order_id).await?.filter(|truck| truck.loaded_at.is_some()) else {
        return Ok(given);
    };
    let lines: Vec<i64> = order.lines.iter().map(|line| line.order_line_id).collect();
    let loads = sqlx::query_as!(
        LineLoad,
        "select order_line_id, pieces, tonnes_weighed from order_loads where order_line_id = any($1)",
        &lines
    )
    .fetch_all(&mut *run.tx)
    .await?;
    for line in order.lines.iter().filter(|line| line.is_goods()) {
        let load = loads.iter().find(|load| load.order_line_id == line.order_line_id);
        let pieces = load.map_or(0, |load| load.pieces);
        if pieces != line.pieces {
            let message = format!(
                "line {} of order {} has {} pieces and {pieces} are on the truck {}; load the rest and record it (orderLoad), or cancel \
                 the order and make it anew",
                line.line, order.number, line.pieces, truck.plate
            );
            return Err(Error::rejected(Code::LoadMismatch, message));
        }
        if let Some(load) = load.filter(|load| !load.tonnes_weighed.is_zero())
            && !given.iter().any(|(order_line_id, _)| *order_line_id == load.order_line_id)
        {
            given.push((load.order_line_id, load.tonnes_weighed));
        }
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::{Price, Unit};

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn line(order_line_id: i64, pieces: i64, tonnes: &str) -> Line {
        Line {
            order_line_id,
            line: 1,
            product_id: 1,
            batch_id: 1,
            pieces,
            metres: Decimal::ZERO,
            tonnes_theoretical: d(tonnes),
            tonnes_weighed: Decimal::ZERO,
            quantity: Decimal::ONE,
            price: Price { unit: Unit::Tonne, price: Decimal::ONE, includes_vat: true },
            vat_percent: Decimal::ZERO,
            net: Decimal::ZERO,
            vat: Decimal::ZERO,
            gross: Decimal::ZERO,
        }
    }

    #[test]
    fn lines_weigh_what_the_scales_showed() {
        // 19,000 kg over 9.6, 4.8 and 4.8 theoretical tonnes of 19.2: 9,500 and twice 4,750.
        let (a, b, c) = (line(1, 8, "9.6"), line(2, 4, "4.8"), line(3, 4, "4.8"));
        let loads = divided(&[(&a, 8), (&b, 4), (&c, 4)], 19_000).unwrap();
        assert_eq!(loads.iter().map(|load| load.tonnes_weighed).collect::<Vec<_>>(), [d("9.5"), d("4.75"), d("4.75")]);
        // A kilogram that nothing divides goes to the first of equal ones.
        let loads = divided(&[(&b, 4), (&c, 4)], 9_501).unwrap();
        assert_eq!(loads.iter().map(|load| load.tonnes_weighed).collect::<Vec<_>>(), [d("4.751"), d("4.75")]);
        // Half of a line weighs half.
        let loads = divided(&[(&a, 4), (&b, 4)], 9_000).unwrap();
        assert_eq!(loads.iter().map(|load| load.tonnes_weighed).collect::<Vec<_>>(), [d("4.5"), d("4.5")]);
    }

    #[test]
    fn weights_of_an_empty_and_a_loaded_truck_are_not_exchanged() {
        let scales = |gross_kg, tare_kg| Scales { gross_kg, tare_kg }.checked();
        assert!(scales(34_100, 15_100).is_ok());
        for (gross, tare) in [(15_100, 34_100), (15_100, 15_100), (0, 0), (34_100, 0), (200_001, 1), (-1, -2)] {
            assert!(scales(gross, tare).is_err(), "{gross} {tare}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_kilogram_is_lost(grams in proptest::collection::vec(1_i64..30_000_000, 1..12), net_kg in 1_i64..60_000) {
            let lines: Vec<Line> = (1..).zip(&grams).map(|(id, grams)| line(id, 1, &Decimal::new(*grams, 6).to_string())).collect();
            let asked: Vec<_> = lines.iter().map(|line| (line, 1)).collect();
            let loads = divided(&asked, net_kg).unwrap();
            let sum: Decimal = loads.iter().map(|load| load.tonnes_weighed).sum();
            proptest::prop_assert_eq!(sum, Decimal::new(net_kg, 3));
        }
    }
}
