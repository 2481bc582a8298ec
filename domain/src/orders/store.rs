//! SQL of orders and their lines.

use rust_decimal::Decimal;

use super::{Line, Order, Price, Status, Unit};
use crate::access::duties::Step;
use crate::command::Run;
use crate::db::{Db, Tx};
use crate::error::{Code, Error, Result};
use crate::{access::Scope, money};

/// What an order takes from its open deal.
pub struct OpenDeal {
    /// Own company.
    pub company_id: i64,
    /// The customer.
    pub party_id: i64,
    /// The contract, 0 = none.
    pub contract_id: i64,
}

/// The deal, held open until the command ends; a manager reaches only the own ones and those of the team. Errors: `NOT_FOUND`, `DEAL_CLOSED`, `PARTY_REQUIRED`.
pub async fn open_deal_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<OpenDeal> {
    let scope = run.ctx.actor.scope();
    let deal = sqlx::query!(
        "select company_id, party_id, contract_id, stage, number from deals
         where deal_id = $1 and deleted_at is null and ($2::bigint[] is null or employee_id = any($2)) for share",
        deal_id,
        scope.employees()
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("deal", deal_id))?;
    if matches!(deal.stage.as_str(), "won" | "lost") {
        return Err(Error::rejected(Code::DealClosed, format!("deal {} is {}; open a new deal", deal.number, deal.stage)));
    }
    if deal.party_id == 0 {
        return Err(Error::rejected(
            Code::PartyRequired,
            format!("deal {} has no customer yet; set its party first", deal.number),
        ));
    }
    Ok(OpenDeal { company_id: deal.company_id, party_id: deal.party_id, contract_id: deal.contract_id })
}

/// Holds the deal as it is until the command ends. Errors: `DEAL_CLOSED` when it is lost; a deal that was won may still have trucks to send.
pub async fn hold_deal_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<()> {
    let deal =
        sqlx::query!("select number, stage from deals where deal_id = $1 for share", deal_id).fetch_one(&mut *run.tx).await?;
    if deal.stage == "lost" {
        return Err(Error::rejected(
            Code::DealClosed,
            format!("deal {} is lost; cancel the order, or make it anew in an open deal", deal.number),
        ));
    }
    Ok(())
}

/// What shipping needs to know of the deal and the contract.
pub struct Terms {
    /// Manager at posting.
    pub employee_id: i64,
    /// Channel of the deal.
    pub channel_id: i64,
    /// Days until the customer pays.
    pub payment_days: i64,
    /// Title passes at unloading, as the contract says now.
    pub title_on_delivery: bool,
}

/// The terms of the order's deal and contract.
pub async fn terms_in_tx(run: &mut Run<'_>, order: &Order) -> Result<Terms> {
    let row = sqlx::query!(
        r#"select d.employee_id, d.channel_id, coalesce(c.payment_days, 0) as "payment_days!",
             coalesce(c.title_on_delivery, false) as "title_on_delivery!"
           from deals d left join contracts c on c.contract_id = $2 where d.deal_id = $1"#,
        order.deal_id,
        order.contract_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(Terms {
        employee_id: row.employee_id,
        channel_id: row.channel_id,
        payment_days: i64::from(row.payment_days),
        title_on_delivery: row.title_on_delivery,
    })
}

/// What a line needs to know of its product.
pub struct Product {
    /// Goods, as opposed to a service.
    pub is_goods: bool,
    /// Metres of one piece.
    pub length_m: Decimal,
    /// Weight of a metre, kg.
    pub kg_per_m: Decimal,
    /// What it is called.
    pub name: String,
    /// New lines may name it.
    pub active: bool,
}

/// The product of a line.
pub async fn product_in_tx(run: &mut Run<'_>, product_id: i64) -> Result<Product> {
    sqlx::query_as!(
        Product,
        r#"select kind = 'goods' as "is_goods!", length_m, kg_per_m, name, active from products where product_id = $1"#,
        product_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("product", product_id))
}

/// The batch holds this product and belongs to this company; errors: `NOT_FOUND`, `BATCH_MISMATCH`, `COMPANY_MISMATCH`.
pub async fn check_batch_in_tx(run: &mut Run<'_>, company_id: i64, batch_id: i64, product_id: i64) -> Result<()> {
    let batch = sqlx::query!("select company_id, product_id, number from batches where batch_id = $1", batch_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("batch", batch_id))?;
    if batch.product_id != product_id {
        return Err(Error::rejected(
            Code::BatchMismatch,
            format!("batch {} holds another product; choose a batch of this one", batch.number),
        ));
    }
    if batch.company_id != company_id {
        return Err(Error::rejected(
            Code::CompanyMismatch,
            format!("batch {} belongs to another company; choose one of this company", batch.number),
        ));
    }
    Ok(())
}

/// Writes a new order with its lines; returns it with ids and number.
pub async fn insert_in_tx(run: &mut Run<'_>, mut order: Order) -> Result<Order> {
    let row = sqlx::query!(
        "with next as (select nextval(pg_get_serial_sequence('orders', 'order_id')) as id)
         insert into orders (order_id, company_id, deal_id, contract_id, party_id, number, status, planned_on, vehicle, net, vat, gross,
            created_at, updated_at)
         overriding system value
         select id, $1, $2, $3, $4, 'З-' || lpad(id::text, greatest(6, length(id::text)), '0'), $5, $6, $7, $8, $9, $10, $11, $11 from next
         returning order_id, number",
        order.company_id,
        order.deal_id,
        order.contract_id,
        order.party_id,
        order.status.as_str(),
        order.planned_on,
        order.vehicle,
        order.net,
        order.vat,
        order.gross,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    (order.order_id, order.number) = (row.order_id, row.number);
    insert_lines_in_tx(run, &mut order).await?;
    Ok(order)
}

/// Soft-deletes the present lines and writes the new ones.
pub async fn replace_lines_in_tx(run: &mut Run<'_>, order: &mut Order) -> Result<()> {
    sqlx::query!(
        "update order_lines set deleted_at = $2 where order_id = $1 and deleted_at is null",
        order.order_id,
        run.ctx.now
    )
    .execute(&mut *run.tx)
    .await?;
    insert_lines_in_tx(run, order).await
}

/// Writes the lines, each with a number of its own, and sets their ids.
async fn insert_lines_in_tx(run: &mut Run<'_>, order: &mut Order) -> Result<()> {
    let lines = &order.lines;
    let column = |of: fn(&Line) -> Decimal| lines.iter().map(of).collect::<Vec<_>>();
    let rows = sqlx::query!(
        "insert into order_lines (order_id, line, kind, product_id, batch_id, pieces, metres, tonnes_theoretical, unit, quantity, price,
             price_includes_vat, vat_percent, net, vat, gross)
         select $1, n.* from unnest($2::integer[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::numeric[], $8::numeric[],
             $9::text[], $10::numeric[], $11::numeric[], $12::boolean[], $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[]) n
         returning line, order_line_id",
        order.order_id,
        &lines.iter().map(|line| line.line).collect::<Vec<_>>(),
        &lines.iter().map(|line| if line.is_goods() { "goods" } else { "service" }.to_owned()).collect::<Vec<_>>(),
        &lines.iter().map(|line| line.product_id).collect::<Vec<_>>(),
        &lines.iter().map(|line| line.batch_id).collect::<Vec<_>>(),
        &lines.iter().map(|line| line.pieces).collect::<Vec<_>>(),
        &column(|line| line.metres),
        &column(|line| line.tonnes_theoretical),
        &lines.iter().map(|line| line.price.unit.as_str().to_owned()).collect::<Vec<_>>(),
        &column(|line| line.quantity),
        &column(|line| line.price.price),
        &lines.iter().map(|line| line.price.includes_vat).collect::<Vec<_>>(),
        &column(|line| line.vat_percent),
        &column(|line| line.net),
        &column(|line| line.vat),
        &column(|line| line.gross)
    )
    .fetch_all(&mut *run.tx)
    .await?;
    for line in &mut order.lines {
        let row = rows.iter().find(|row| row.line == line.line);
        line.order_line_id = row.ok_or_else(|| Error::internal("a line that was written has no id"))?.order_line_id;
    }
    Ok(())
}

/// Saves weights, rates and sums of the lines after shipping.
pub async fn replace_sums_in_tx(run: &mut Run<'_>, order: &Order) -> Result<()> {
    let column = |of: fn(&Line) -> Decimal| order.lines.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "update order_lines l
         set tonnes_weighed = n.tonnes_weighed, vat_percent = n.vat_percent, net = n.net, vat = n.vat, gross = n.gross
         from unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[])
             as n (order_line_id, tonnes_weighed, vat_percent, net, vat, gross)
         where l.order_id = $7 and l.order_line_id = n.order_line_id",
        &order.lines.iter().map(|line| line.order_line_id).collect::<Vec<_>>(),
        &column(|line| line.tonnes_weighed),
        &column(|line| line.vat_percent),
        &column(|line| line.net),
        &column(|line| line.vat),
        &column(|line| line.gross),
        order.order_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Saves everything of the order but its lines.
pub async fn save_in_tx(run: &mut Run<'_>, order: &Order) -> Result<()> {
    sqlx::query!(
        "update orders set status = $2, shipped_on = $3, delivered_on = $4, document_id = $5, net = $6, vat = $7, gross = $8,
            version = $9, updated_at = $10, vehicle = $11, title_on_delivery = $12, planned_on = $13
         where order_id = $1",
        order.order_id,
        order.status.as_str(),
        order.shipped_on,
        order.delivered_on,
        order.document_id,
        order.net,
        order.vat,
        order.gross,
        order.version,
        run.ctx.now,
        order.vehicle,
        order.title_on_delivery,
        order.planned_on
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Locks the order with its lines, or `NOT_FOUND`; a manager reaches only those of the own deals and the team's.
pub async fn lock_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<Order> {
    sqlx::query!("select order_id from orders where order_id = $1 for update", order_id).fetch_optional(&mut *run.tx).await?;
    let scope = run.ctx.actor.scope();
    read_in_tx(&mut run.tx, order_id, &scope).await?.ok_or_else(|| Error::not_found("order", order_id))
}

/// The order with its lines, or `NOT_FOUND` (also outside the scope).
pub async fn get(db: &Db, scope: &Scope, order_id: i64) -> Result<Order> {
    let mut tx = db.begin().await?;
    read_in_tx(&mut tx, order_id, scope).await?.ok_or_else(|| Error::not_found("order", order_id))
}

async fn read_in_tx(tx: &mut Tx<'_>, order_id: i64, scope: &Scope) -> Result<Option<Order>> {
    let Some(row) = sqlx::query!(
        "select o.company_id, o.deal_id, o.contract_id, o.party_id, o.number, o.status, o.planned_on, o.shipped_on, o.delivered_on,
            o.title_on_delivery, o.vehicle, o.document_id, o.net, o.vat, o.gross, o.version
         from orders o join deals d using (deal_id)
         where o.order_id = $1 and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))",
        order_id,
        scope.employees()
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(None);
    };
    let status = Status::parse(&row.status).ok_or_else(|| Error::internal("an order has an unknown status"))?;
    Ok(Some(Order {
        order_id,
        company_id: row.company_id,
        deal_id: row.deal_id,
        contract_id: row.contract_id,
        party_id: row.party_id,
        number: row.number,
        status,
        planned_on: row.planned_on,
        shipped_on: row.shipped_on,
        delivered_on: row.delivered_on,
        title_on_delivery: row.title_on_delivery,
        vehicle: row.vehicle,
        document_id: row.document_id,
        net: row.net,
        vat: row.vat,
        gross: row.gross,
        version: row.version,
        lines: lines_in_tx(tx, order_id).await?,
    }))
}

async fn lines_in_tx(tx: &mut Tx<'_>, order_id: i64) -> Result<Vec<Line>> {
    let rows = sqlx::query!(
        "select order_line_id, line, product_id, batch_id, pieces, metres, tonnes_theoretical, tonnes_weighed, unit, quantity, price,
            price_includes_vat, vat_percent, net, vat, gross
         from order_lines where order_id = $1 and deleted_at is null order by line",
        order_id
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let unit = Unit::parse(&row.unit).ok_or_else(|| Error::internal("an order line has an unknown unit"))?;
            Ok(Line {
                order_line_id: row.order_line_id,
                line: row.line,
                product_id: row.product_id,
                batch_id: row.batch_id,
                pieces: row.pieces,
                metres: row.metres,
                tonnes_theoretical: row.tonnes_theoretical,
                tonnes_weighed: row.tonnes_weighed,
                quantity: row.quantity,
                price: Price { unit, price: money::round(row.price), includes_vat: row.price_includes_vat },
                vat_percent: row.vat_percent,
                net: row.net,
                vat: row.vat,
                gross: row.gross,
            })
        })
        .collect()
}

/// Who confirmed the order.
pub(super) async fn confirmed_in_tx(run: &mut Run<'_>, order: &Order) -> Result<Vec<Step>> {
    Ok(sqlx::query_as!(
        Step,
        r#"select l.name as command, l.actor_id, e.name as person, $2::text as "of!"
           from command_log l join users u on u.user_id = l.actor_id join employees e using (employee_id)
           where l.name = 'orders.confirm' and l.input ->> 'order_id' = $1::bigint::text"#,
        order.order_id,
        order.number
    )
    .fetch_all(&mut *run.tx)
    .await?)
}
