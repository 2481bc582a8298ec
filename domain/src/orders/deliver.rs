//! Delivery (доставка): when it was unloaded, who received it, what was missing, and what proves it.
//!
//! A shortage is noted, nothing is posted: who bears it is decided by a return, a write-off or a claim on the carrier. Where title passes at
//! unloading, delivery is what sells the goods, and a shortage must be dealt with before ([`super::title`]).

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::trucks::loading::Loaded;
use super::{Line, Order, Status, files, store, title};
use crate::access::{Permission, Scope};
use crate::batches::countable;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::direct;
use crate::error::{Code, Error, Result};
use crate::text;

/// A delivery; everything but the order may be left out.
#[derive(Debug, Clone, Serialize)]
pub struct Deliver {
    /// The order: a shipped one.
    pub order_id: i64,
    /// The day; that of `at`, or today.
    pub on: Option<NaiveDate>,
    /// The moment.
    pub at: Option<DateTime<Utc>>,
    /// Who received the goods, may be empty.
    pub receiver: String,
    /// Pieces that were counted, each line once; a line left out arrived whole. Empty = nothing was counted.
    pub unloaded: Vec<Loaded>,
    /// The file of the order that proves it.
    pub proof_file_id: Option<i64>,
}

impl Deliver {
    /// That it arrived, and nothing more.
    pub const fn plain(order_id: i64, on: Option<NaiveDate>) -> Self {
        Self { order_id, on, at: None, receiver: String::new(), unloaded: Vec::new(), proof_file_id: None }
    }
}

/// How an order arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The order.
    pub order_id: i64,
    /// When.
    pub delivered_at: Option<DateTime<Utc>>,
    /// Who received it, may be empty.
    pub receiver: String,
    /// The file that proves it, 0 = none.
    pub proof_file_id: i64,
    /// Whether the pieces were counted.
    pub counted: bool,
    /// Lines of which fewer pieces arrived: the line, what arrived, what was missing.
    pub short: Vec<(i64, i64, i64)>,
}

/// Shipped → delivered. Errors: `NOT_FOUND`, `ORDER_STATUS`, `DATE_IN_FUTURE`, `INVALID_INPUT`; where title passes now also
/// `TITLE_NOT_PASSED` (goods are missing), `DATE_TOO_EARLY`, `FOUR_EYES` and those of posting.
pub async fn deliver(db: &Db, ctx: &Ctx, input: &Deliver) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.deliver", Permission::ShipOrders, input, deliver_in_tx).await
}

async fn deliver_in_tx(run: &mut Run<'_>, input: &Deliver) -> Result<Order> {
    let receiver = text::optional(&input.receiver, "receiver", 200)?;
    let mut order = store::lock_in_tx(run, input.order_id).await?;
    run.expect("order", order.order_id, order.version)?;
    let company = companies::store::get_in_tx(run, order.company_id).await?;
    let local = |at: DateTime<Utc>| (at + chrono::Duration::minutes(i64::from(company.utc_offset_minutes))).date_naive();
    let today = local(run.ctx.now);
    let on = input.on.or(input.at.map(local)).unwrap_or(today);
    if on > today || input.at.is_some_and(|at| at > run.ctx.now) {
        return Err(Error::rejected(Code::DateInFuture, format!("{on} lies in the future (today is {today})")));
    }
    if input.at.is_some_and(|at| local(at) != on) {
        return Err(Error::invalid("deliveredAt", "the moment lies on another day than deliveredOn; give one of them"));
    }
    order.become_status(Status::Delivered)?;
    if order.shipped_on.is_some_and(|shipped_on| on < shipped_on) {
        return Err(Error::invalid("deliveredOn", "the order cannot be delivered before it was shipped"));
    }
    if let Some(proof) = input.proof_file_id {
        files::of_order_in_tx(run, order.order_id, proof).await?;
    }
    let lines = order.lines.clone();
    let unloaded = counted(&lines, &input.unloaded)?;
    let arriving = if order.is_ours_yet() { Some(title::arriving_in_tx(run, &order, on, &unloaded).await?) } else { None };
    let sold_before = arriving.is_none();
    order.delivered_on = Some(on);
    store::save_in_tx(run, &order).await?;
    if let Some(arriving) = arriving {
        title::pass_in_tx(run, &order, on, &arriving).await?;
        direct::note_in_tx(run, order.deal_id).await?;
    }
    let is_plain = input.at.is_none() && receiver.is_empty() && unloaded.is_empty() && input.proof_file_id.is_none();
    if is_plain {
        return Ok(order);
    }
    sqlx::query!(
        "insert into order_deliveries (order_id, delivered_at, receiver, proof_file_id, counted) values ($1, $2, $3, $4, $5)",
        order.order_id,
        input.at,
        receiver,
        input.proof_file_id.unwrap_or_default(),
        !unloaded.is_empty()
    )
    .execute(&mut *run.tx)
    .await?;
    // What came back before title passed is not missing.
    for (line, pieces) in unloaded.iter().filter(|(line, pieces)| sold_before && *pieces < line.pieces) {
        sqlx::query!("insert into order_unloads (order_line_id, pieces) values ($1, $2)", line.order_line_id, pieces)
            .execute(&mut *run.tx)
            .await?;
    }
    Ok(order)
}

/// The lines that were counted with their pieces: none may have arrived at all. Errors: `NOT_FOUND`, `INVALID_INPUT`.
fn counted<'a>(lines: &'a [Line], unloaded: &[Loaded]) -> Result<Vec<(&'a Line, i64)>> {
    let one = |(index, asked): (usize, &Loaded)| {
        let path = format!("unloaded.{index}");
        let before = unloaded[..index].iter().map(|line| line.order_line_id);
        let line = super::left::line_of(lines, asked.order_line_id, before, &path)?;
        if !line.is_goods() {
            return Err(Error::invalid(format!("{path}.orderLineId"), "a service is not unloaded; name lines of goods"));
        }
        let pieces = if asked.pieces == 0 { 0 } else { countable(asked.pieces).map_err(|error| error.at(&path))? };
        if pieces > line.pieces {
            let message = format!("line {} was shipped with {} pieces; more cannot arrive", line.line, line.pieces);
            return Err(Error::invalid(format!("{path}.pieces"), message));
        }
        Ok((line, pieces))
    };
    unloaded.iter().enumerate().map(one).collect()
}

/// How these orders arrived, as far as they are in scope and more than the day is known.
pub async fn list_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Delivery>> {
    let rows = sqlx::query!(
        "select v.order_id, v.delivered_at, v.receiver, v.proof_file_id, v.counted
         from order_deliveries v join orders o using (order_id) join deals d using (deal_id)
         where v.order_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))",
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    let short = sqlx::query!(
        r#"select l.order_id, order_line_id, u.pieces, l.pieces - u.pieces as "missing!"
           from order_unloads u join order_lines l using (order_line_id) where l.order_id = any($1) order by l.order_id, l.line"#,
        order_ids
    )
    .fetch_all(db)
    .await?;
    let whole = rows.into_iter().map(|row| Delivery {
        order_id: row.order_id,
        delivered_at: row.delivered_at,
        receiver: row.receiver,
        proof_file_id: row.proof_file_id,
        counted: row.counted,
        short: short
            .iter()
            .filter(|line| line.order_id == row.order_id)
            .map(|line| (line.order_line_id, line.pieces, line.missing))
            .collect(),
    });
    Ok(whole.collect())
}
