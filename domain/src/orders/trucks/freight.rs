//! What carriers ask for the way (запрос ставок): a request, their quotes, and the one that is taken.
//!
//! Every quote stays, also those that were not taken: together they are the history of rates.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Truck, directory, loading, not_gone, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::direct::plans::{self, AddPlan, DropPlan};
use crate::error::{Code, Error, Result};
use crate::orders::{self, Order, Status};
use crate::{days, money, text};

/// Nobody asks more carriers at once.
const CARRIERS_MAX: usize = 30;

/// Where an order may stand when its freight is asked for, quoted and chosen: a rate is often known only after the truck has left.
const STATUSES: [Status; 4] = [Status::Draft, Status::Confirmed, Status::Shipped, Status::Delivered];

/// A request for rates for the way of an order.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// The order.
    pub order_id: i64,
    /// From where.
    pub warehouse_id: i64,
    /// To where.
    pub address: String,
    /// The region of the address, may be empty: rates are compared by it.
    pub region: String,
    /// The day the truck is needed.
    pub needed_on: NaiveDate,
    /// Whom to ask, each once.
    pub carrier_ids: Vec<i64>,
    /// What they should know, may be empty.
    pub note: String,
}

/// What a carrier asks; a second quote of the same carrier replaces the first.
#[derive(Debug, Clone, Serialize)]
pub struct RecordQuote {
    /// The request.
    pub freight_request_id: i64,
    /// Who asks it, also one who was not asked.
    pub carrier_id: i64,
    /// Roubles without VAT.
    pub net: Decimal,
    /// The VAT, roubles.
    pub vat: Decimal,
    /// Days to pay, waiting, tent and the like, may be empty.
    pub conditions: String,
}

/// Takes a quote.
#[derive(Debug, Clone, Serialize)]
pub struct Choose {
    /// The request.
    pub freight_request_id: i64,
    /// Whose quote.
    pub carrier_id: i64,
}

/// A request with what was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreightRequest {
    /// Its id.
    pub freight_request_id: i64,
    /// The order.
    pub order_id: i64,
    /// From where.
    pub warehouse_id: i64,
    /// To where.
    pub address: String,
    /// The region, may be empty.
    pub region: String,
    /// Tonnes of the order when it was asked.
    pub tonnes: Decimal,
    /// The day the truck is needed.
    pub needed_on: NaiveDate,
    /// What the carriers should know.
    pub note: String,
    /// Whose rate was taken, 0 = none yet.
    pub chosen_carrier_id: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who was asked, the cheapest answer first, those who are silent last.
    pub quotes: Vec<Quote>,
}

/// What a carrier answered, or that he is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The carrier.
    pub carrier_id: i64,
    /// Roubles without VAT; `None` until he answered.
    pub net: Option<Decimal>,
    /// The VAT.
    pub vat: Option<Decimal>,
    /// Under which conditions.
    pub conditions: String,
    /// When he answered.
    pub quoted_at: Option<DateTime<Utc>>,
}

/// Asks carriers for a rate. Errors: `NOT_FOUND`, `ORDER_STATUS` (cancelled), `INVALID_INPUT`.
pub async fn request(db: &Db, ctx: &Ctx, input: &Request) -> Result<Outcome<FreightRequest>> {
    command::run(db, ctx, "orders.request_freight", Permission::AddExpenses, input, request_in_tx).await
}

async fn request_in_tx(run: &mut Run<'_>, input: &Request) -> Result<FreightRequest> {
    let address = text::required(&input.address, "address", 300)?;
    let region = text::optional(&input.region, "region", 100)?;
    let note = text::optional(&input.note, "note", 500)?;
    let needed_on = days::known(input.needed_on, "neededOn")?;
    if input.carrier_ids.is_empty() || input.carrier_ids.len() > CARRIERS_MAX {
        return Err(Error::invalid("carrierIds", format!("ask 1 to {CARRIERS_MAX} carriers")));
    }
    let order = orders::store::lock_in_tx(run, input.order_id).await?;
    not_gone(&order, &STATUSES)?;
    for (index, carrier_id) in input.carrier_ids.iter().enumerate() {
        if input.carrier_ids[..index].contains(carrier_id) {
            return Err(Error::invalid(format!("carrierIds.{index}"), "this carrier is asked already; name each once"));
        }
        directory::carrier_in_tx(run, *carrier_id).await?;
    }
    let tonnes = store::cargo_in_tx(run, &order).await?.tonnes;
    let freight_request_id = sqlx::query_scalar!(
        "insert into freight_requests (order_id, warehouse_id, address, region, tonnes, needed_on, note, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning freight_request_id",
        order.order_id,
        input.warehouse_id,
        address,
        region,
        tonnes,
        needed_on,
        note,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    sqlx::query!(
        "insert into freight_quotes (freight_request_id, carrier_id) select $1, unnest($2::bigint[])",
        freight_request_id,
        &input.carrier_ids
    )
    .execute(&mut *run.tx)
    .await?;
    read_in_tx(run, freight_request_id).await
}

/// Records what a carrier asks. Errors: `NOT_FOUND`, `ORDER_STATUS` (cancelled, or the rate is taken already), `INVALID_INPUT`,
/// `AMOUNT_NOT_POSITIVE`.
pub async fn record_quote(db: &Db, ctx: &Ctx, input: &RecordQuote) -> Result<Outcome<FreightRequest>> {
    command::run(db, ctx, "orders.record_quote", Permission::AddExpenses, input, async |run, input| {
        let (net, vat) = (money::positive(input.net, "net")?, money::not_negative(input.vat, "vat")?);
        let conditions = text::optional(&input.conditions, "conditions", 500)?;
        let (order, chosen) = lock_order_of_request(run, input.freight_request_id).await?;
        not_gone(&order, &STATUSES)?;
        if chosen == input.carrier_id {
            let message = "this quote is taken already; make another request for another rate";
            return Err(Error::rejected(Code::OrderStatus, message));
        }
        directory::carrier_in_tx(run, input.carrier_id).await?;
        sqlx::query!(
            "insert into freight_quotes (freight_request_id, carrier_id, net, vat, conditions, quoted_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (freight_request_id, carrier_id)
             do update set net = excluded.net, vat = excluded.vat, conditions = excluded.conditions, quoted_at = excluded.quoted_at",
            input.freight_request_id,
            input.carrier_id,
            net,
            vat,
            conditions,
            run.ctx.now
        )
        .execute(&mut *run.tx)
        .await?;
        read_in_tx(run, input.freight_request_id).await
    })
    .await
}

/// Takes a quote: the order's carrier and planned freight. A vehicle of another carrier is not the order's any more, and its slot is free.
///
/// Errors: `NOT_FOUND` (also a carrier who has not answered), `ORDER_STATUS` (also when the freight of an earlier choice was billed), and
/// those of posting where the order has shipped: then the freight is accrued at once.
pub async fn choose(db: &Db, ctx: &Ctx, input: &Choose) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.choose_quote", Permission::AddExpenses, input, choose_in_tx).await
}

async fn choose_in_tx(run: &mut Run<'_>, input: &Choose) -> Result<Order> {
    let (mut order, _) = lock_order_of_request(run, input.freight_request_id).await?;
    not_gone(&order, &STATUSES)?;
    let quote = sqlx::query!(
        r#"select net as "net!", vat as "vat!" from freight_quotes
           where freight_request_id = $1 and carrier_id = $2 and quoted_at is not null"#,
        input.freight_request_id,
        input.carrier_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("quote of carrier", input.carrier_id))?;
    let was = store::find_in_tx(run, order.order_id).await?.unwrap_or_default();
    let is_other = was.carrier_id != 0 && was.carrier_id != input.carrier_id;
    if is_other {
        // Once the truck has left, it was that carrier who drove.
        not_gone(&order, &[Status::Draft, Status::Confirmed])?;
        loading::forget_in_tx(run, &order).await?;
    }
    sqlx::query!(
        "update freight_requests set chosen_carrier_id = $2 where freight_request_id = $1",
        input.freight_request_id,
        input.carrier_id
    )
    .execute(&mut *run.tx)
    .await?;
    // The other requests of the order are answered by this one.
    sqlx::query!(
        "update freight_requests set chosen_carrier_id = 0 where order_id = $1 and freight_request_id <> $2",
        order.order_id,
        input.freight_request_id
    )
    .execute(&mut *run.tx)
    .await?;
    expect_in_tx(run, &order, input, quote.net, quote.vat).await?;
    let stays = if is_other { Truck::default() } else { was };
    let mut truck = Truck { order_id: order.order_id, carrier_id: input.carrier_id, ..stays };
    truck.freight_request_id = input.freight_request_id;
    (truck.freight_net, truck.freight_vat) = (quote.net, quote.vat);
    store::save_in_tx(run, &mut order, &truck).await?;
    Ok(order)
}

/// Plans what the way will cost as a direct expense of the order, accrued when it ships and settled by the carrier's bill; what an earlier
/// choice planned is dropped. Errors: `ORDER_STATUS` when that was billed already.
async fn expect_in_tx(run: &mut Run<'_>, order: &Order, input: &Choose, net: Decimal, vat: Decimal) -> Result<()> {
    let was = sqlx::query_scalar!(
        "update freight_requests r set planned_expense_id = 0
         from (select freight_request_id, planned_expense_id from freight_requests where order_id = $1 and planned_expense_id > 0) w
         where r.freight_request_id = w.freight_request_id returning w.planned_expense_id",
        order.order_id
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    if let Some(planned_expense_id) = was
        && plans::is_kept_in_tx(run, planned_expense_id).await?
    {
        plans::drop_in_tx(run, &DropPlan { planned_expense_id, on: None }).await?;
    }
    let article_id =
        sqlx::query_scalar!("select article_id from articles where code = 'freight'").fetch_one(&mut *run.tx).await?;
    let plan = AddPlan { order_id: order.order_id, article_id, party_id: input.carrier_id, net, vat, note: String::new() };
    let plan = plans::add_in_tx(run, &plan).await?;
    sqlx::query!(
        "update freight_requests set planned_expense_id = $2 where freight_request_id = $1",
        input.freight_request_id,
        plan.planned_expense_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// The order of a request, locked, and whose rate was taken. Errors: `NOT_FOUND`, also when the order is out of reach.
async fn lock_order_of_request(run: &mut Run<'_>, freight_request_id: i64) -> Result<(Order, i64)> {
    let not_found = || Error::not_found("freight request", freight_request_id);
    let order_id = sqlx::query_scalar!("select order_id from freight_requests where freight_request_id = $1", freight_request_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(not_found)?;
    let order = orders::store::lock_in_tx(run, order_id).await.map_err(|error| match error {
        Error::NotFound { .. } => not_found(),
        other => other,
    })?;
    let chosen =
        sqlx::query_scalar!("select chosen_carrier_id from freight_requests where freight_request_id = $1", freight_request_id)
            .fetch_one(&mut *run.tx)
            .await?;
    Ok((order, chosen))
}

async fn read_in_tx(run: &mut Run<'_>, freight_request_id: i64) -> Result<FreightRequest> {
    let row = sqlx::query!(
        "select order_id, warehouse_id, address, region, tonnes, needed_on, note, chosen_carrier_id, created_at from freight_requests
         where freight_request_id = $1",
        freight_request_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    let quotes = sqlx::query_as!(
        Quote,
        "select carrier_id, net, vat, conditions, quoted_at from freight_quotes where freight_request_id = $1
         order by net + vat nulls last, carrier_id",
        freight_request_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(FreightRequest {
        freight_request_id,
        order_id: row.order_id,
        warehouse_id: row.warehouse_id,
        address: row.address,
        region: row.region,
        tonnes: row.tonnes,
        needed_on: row.needed_on,
        note: row.note,
        chosen_carrier_id: row.chosen_carrier_id,
        created_at: row.created_at,
        quotes,
    })
}
