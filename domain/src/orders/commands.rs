//! Commands of orders: create, revise, confirm, ship.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Line, Order, Price, Status, Unit, later, margin, shipment, store, title, trucks};
use crate::access::{Permission, duties};
use crate::batches::reserve::{self, Want};
use crate::batches::{self, Measured, countable, measure, store::Take};
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies::{self, Tax};
use crate::days;
use crate::db::Db;
use crate::direct;
use crate::documents;
use crate::error::{Error, Result};
use crate::ledger::{self, Kind, Posting, Sale};
use crate::settlements::{self, Side, store::By};
use crate::{money, text};

/// Decimal places of a quantity.
const QUANTITY_SCALE: u32 = 6;
/// More than anybody orders, and little enough that a product with any price is a number.
const QUANTITY_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// A line as it is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct NewLine {
    /// Goods or service.
    pub product_id: i64,
    /// The batch goods come from; `None` = a service.
    pub batch_id: Option<i64>,
    /// Pieces of goods.
    pub pieces: i64,
    /// Quantity of a service (goods: follows from the pieces).
    pub quantity: Decimal,
    /// The price.
    pub price: Price,
}

/// A new order of a deal; company, customer and contract are the deal's.
#[derive(Debug, Clone, Serialize)]
pub struct Create {
    /// The deal.
    pub deal_id: i64,
    /// Planned day of shipping.
    pub planned_on: NaiveDate,
    /// The truck's plate, may be empty.
    pub vehicle: String,
    /// At least one.
    pub lines: Vec<NewLine>,
}

/// Replaces the lines of a draft.
#[derive(Debug, Clone, Serialize)]
pub struct Revise {
    /// The order.
    pub order_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// The lines as they shall be.
    pub lines: Vec<NewLine>,
}

/// Moves an order without posting.
#[derive(Debug, Clone, Serialize)]
pub struct Move {
    /// The order.
    pub order_id: i64,
    /// The business date, where one is asked for.
    pub on: Option<NaiveDate>,
}

/// The weight of a line by the scales.
#[derive(Debug, Clone, Serialize)]
pub struct Weighed {
    /// The line.
    pub order_line_id: i64,
    /// Tonnes.
    pub tonnes: Decimal,
}

/// Ships a confirmed order.
#[derive(Debug, Clone, Serialize)]
pub struct Ship {
    /// The order.
    pub order_id: i64,
    /// Business date: decides period and VAT rate.
    pub shipped_on: NaiveDate,
    /// Lines that were weighed; the others weigh what was recorded at loading.
    pub weighed: Vec<Weighed>,
}

/// Creates a draft; errors: `NOT_FOUND`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `BATCH_MISMATCH`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
pub async fn create(db: &Db, ctx: &Ctx, input: &Create) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.create", Permission::EditOrders, input, create_in_tx).await
}

/// [`create`] inside a command.
pub(crate) async fn create_in_tx(run: &mut Run<'_>, input: &Create) -> Result<Order> {
    let vehicle = text::optional(&input.vehicle, "vehicle", 60)?;
    let deal = store::open_deal_in_tx(run, input.deal_id).await?;
    let planned_on = days::known(input.planned_on, "plannedOn")?;
    let tax = companies::store::tax_in_tx(run, deal.company_id, planned_on).await?;
    let lines = priced_in_tx(run, deal.company_id, &input.lines, &[], tax).await?;
    let mut order = Order {
        order_id: 0,
        company_id: deal.company_id,
        deal_id: input.deal_id,
        contract_id: deal.contract_id,
        party_id: deal.party_id,
        number: String::new(),
        status: Status::Draft,
        planned_on,
        shipped_on: None,
        delivered_on: None,
        title_on_delivery: false,
        vehicle,
        document_id: 0,
        net: Decimal::ZERO,
        vat: Decimal::ZERO,
        gross: Decimal::ZERO,
        version: 1,
        lines: Vec::new(),
    };
    order.set_lines(lines)?;
    let order = store::insert_in_tx(run, order).await?;
    direct::note_in_tx(run, order.deal_id).await?;
    Ok(order)
}

/// Replaces the lines of a draft; errors: `ORDER_STATUS`, `VERSION_CONFLICT` and those of [`create`].
pub async fn revise(db: &Db, ctx: &Ctx, input: &Revise) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.revise", Permission::EditOrders, input, async |run, input| {
        let mut order = store::lock_in_tx(run, input.order_id).await?;
        let tax = companies::store::tax_in_tx(run, order.company_id, order.planned_on).await?;
        let lines = priced_in_tx(run, order.company_id, &input.lines, &order.lines, tax).await?;
        order.revise(lines, input.expected_version)?;
        store::replace_lines_in_tx(run, &mut order).await?;
        store::save_in_tx(run, &order).await?;
        direct::note_in_tx(run, order.deal_id).await?;
        Ok(order)
    })
    .await
}

/// Draft → confirmed: reserves the goods of its lines; errors: `ORDER_STATUS`, `DEAL_CLOSED` (lost), `BATCH_SHORT`, `BATCH_RESERVED`,
/// `BATCH_IN_TRANSIT`, `OVERLOADED` (its truck).
pub async fn confirm(db: &Db, ctx: &Ctx, input: &Move) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.confirm", Permission::EditOrders, input, confirm_in_tx).await
}

/// [`confirm`] inside a command.
pub(crate) async fn confirm_in_tx(run: &mut Run<'_>, input: &Move) -> Result<Order> {
    let mut order = store::lock_in_tx(run, input.order_id).await?;
    run.expect("order", order.order_id, order.version)?;
    store::hold_deal_in_tx(run, order.deal_id).await?;
    order.become_status(Status::Confirmed)?;
    let goods = order.lines.iter().filter(|line| line.is_goods());
    let wants: Vec<Want> = goods.map(|line| Want { batch_id: line.batch_id, pieces: line.pieces }).collect();
    reserve::check_in_tx(run, order.company_id, &wants).await?;
    trucks::assign::check_in_tx(run, &order).await?;
    store::save_in_tx(run, &order).await?;
    Ok(order)
}

/// Ships: goods leave their batches, revenue, VAT, cost and the receivable are posted, advances are offset. Where title passes at
/// unloading, all but the cost and the VAT waits for delivery ([`title`]).
///
/// Errors: `ORDER_STATUS`, `DEAL_CLOSED` (lost), `LOAD_MISMATCH`, `BATCH_SHORT`, `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`,
/// `FOUR_EYES`.
pub async fn ship(db: &Db, ctx: &Ctx, input: &Ship) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.ship", Permission::ShipOrders, input, ship_in_tx).await
}

/// [`ship`] inside a command.
pub(crate) async fn ship_in_tx(run: &mut Run<'_>, input: &Ship) -> Result<Order> {
    let on = input.shipped_on;
    let mut order = store::lock_in_tx(run, input.order_id).await?;
    run.expect("order", order.order_id, order.version)?;
    store::hold_deal_in_tx(run, order.deal_id).await?;
    ledger::store::check_date_in_tx(run, order.company_id, on).await?;
    let terms = store::terms_in_tx(run, &order).await?;
    let tax = companies::store::tax_in_tx(run, order.company_id, on).await?;
    duties::check_in_tx(run, async |run| store::confirmed_in_tx(run, &order).await).await?;
    let weighed = trucks::loading::weights_in_tx(run, &order, weights(&order, &input.weighed)?).await?;
    order.ship(on, &weighed, tax)?;
    order.title_on_delivery = terms.title_on_delivery && order.lines.iter().any(Line::is_goods);
    let takes: Vec<Take> = order.lines.iter().filter(|line| line.is_goods()).map(take).collect();
    let issues = batches::store::issue_in_tx(run, order.company_id, on, &takes).await?;
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::Shipment,
        issued_on: on,
        party_id: order.party_id,
        subject_id: order.order_id,
        gross: order.gross,
        note: "",
    };
    order.document_id = documents::store::register_in_tx(run, &document).await?;
    store::replace_sums_in_tx(run, &order).await?;
    store::save_in_tx(run, &order).await?;
    let of = order.settlement();
    let by = By { company_id: order.company_id, document_id: order.document_id, on };
    let due_on = on + chrono::Duration::days(terms.payment_days);
    let sale = sale(&order, &terms);
    let is_sold = !order.title_on_delivery;
    let mut entries = if is_sold { shipment(&order, sale, &issues) } else { title::sent(&order, sale, &issues) };
    if is_sold && order.gross > Decimal::ZERO {
        entries.extend(settlements::store::open_debt_in_tx(run, Side::Customer, by, of, order.gross, due_on).await?);
    }
    let posting = Posting::try_new(Kind::Shipment, order.company_id, order.document_id, on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    ledger::store::post_days_in_tx(run, Kind::Shipment, (order.company_id, order.document_id), later(&order, sale, &issues, on))
        .await?;
    if is_sold {
        direct::shipped_in_tx(run, order.order_id, on).await?;
    }
    direct::note_in_tx(run, order.deal_id).await?;
    margin::tell_in_tx(run, &order, &issues).await?;
    documents::store::number_in_tx(run, order.document_id, &document).await?;
    Ok(order)
}

/// The dimensions every line of the order's sale carries: manager and channel as they are at posting.
pub(super) fn sale(order: &Order, terms: &store::Terms) -> Sale {
    Sale {
        deal_id: order.deal_id,
        order_id: order.order_id,
        order_line_id: 0,
        product_id: 0,
        party_id: order.party_id,
        contract_id: order.contract_id,
        employee_id: terms.employee_id,
        channel_id: terms.channel_id,
    }
}

fn take(line: &Line) -> Take {
    Take { batch_id: line.batch_id, pieces: line.pieces, tonnes_weighed: line.tonnes_weighed }
}

fn weights(order: &Order, weighed: &[Weighed]) -> Result<Vec<(i64, Decimal)>> {
    weighed
        .iter()
        .enumerate()
        .map(|(index, weight)| {
            let known = order.lines.iter().any(|line| line.is_goods() && line.order_line_id == weight.order_line_id);
            if !known {
                return Err(Error::not_found("goods line", weight.order_line_id));
            }
            if weighed[..index].iter().any(|earlier| earlier.order_line_id == weight.order_line_id) {
                let message = "this line has a weight already; give each line once";
                return Err(Error::invalid(format!("weighed.{index}.orderLineId"), message));
            }
            Ok((weight.order_line_id, batches::weighed(weight.tonnes, &format!("weighed.{index}.tonnes"))?))
        })
        .collect()
}

async fn priced_in_tx(run: &mut Run<'_>, company_id: i64, lines: &[NewLine], kept: &[Line], tax: Tax) -> Result<Vec<Line>> {
    let mut priced = Vec::with_capacity(lines.len());
    for (index, new) in lines.iter().enumerate() {
        let line = i32::try_from(index + 1).map_err(|_| Error::invalid("lines", "too many lines"))?;
        let path = format!("lines.{index}");
        let is_kept = kept.iter().any(|line| line.product_id == new.product_id);
        priced.push(price_in_tx(run, company_id, line, (new, is_kept), tax).await.map_err(|error| error.at(&path))?);
    }
    Ok(priced)
}

async fn price_in_tx(run: &mut Run<'_>, company_id: i64, line: i32, (new, is_kept): (&NewLine, bool), tax: Tax) -> Result<Line> {
    money::not_negative(new.price.price, "price")?;
    let product = store::product_in_tx(run, new.product_id).await?;
    if !product.active && !is_kept {
        return Err(Error::not_active("productId", &product.name));
    }
    let (batch_id, measured) = match new.batch_id {
        Some(batch_id) => {
            let pieces = countable(new.pieces)?;
            store::check_batch_in_tx(run, company_id, batch_id, new.product_id).await?;
            (batch_id, measure(pieces, product.length_m, product.kg_per_m))
        }
        None => (0, Measured { pieces: 0, metres: Decimal::ZERO, tonnes: Decimal::ZERO }),
    };
    if (batch_id > 0) != product.is_goods {
        return Err(Error::invalid("batchId", "goods name the batch they are taken from, a service names none"));
    }
    if (new.price.unit == Unit::Service) == product.is_goods {
        return Err(Error::invalid("unit", "goods are priced per т, м or шт, a service per усл"));
    }
    let quantity = if product.is_goods { new.price.unit.quantity(measured) } else { new.quantity.round_dp(QUANTITY_SCALE) };
    if quantity <= Decimal::ZERO {
        return Err(Error::not_positive("quantity"));
    }
    if quantity >= QUANTITY_MAX {
        return Err(Error::invalid("quantity", format!("a quantity is at most {QUANTITY_MAX}; split the line")));
    }
    let sum = new.price.sum(quantity, tax);
    money::not_negative(sum.gross, "price")?;
    Ok(Line {
        order_line_id: 0,
        line,
        product_id: new.product_id,
        batch_id,
        pieces: measured.pieces,
        metres: measured.metres,
        tonnes_theoretical: measured.tonnes,
        tonnes_weighed: Decimal::ZERO,
        quantity,
        price: new.price,
        vat_percent: tax.percent,
        net: sum.net,
        vat: sum.vat,
        gross: sum.gross,
    })
}
