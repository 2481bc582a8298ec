//! SQL of supplier orders for commands.

use rust_decimal::Decimal;

use super::read;
use super::{Line, Received, State, SupplierOrder};
use crate::access::duties::Step;
use crate::command::Run;
use crate::error::{Code, Error, Result};

/// The order, locked; a manager reaches only those of the own deals and the team's. Errors: `NOT_FOUND`.
pub(crate) async fn lock_in_tx(run: &mut Run<'_>, supplier_order_id: i64) -> Result<SupplierOrder> {
    let scope = run.ctx.actor.scope();
    sqlx::query!("select supplier_order_id from supplier_orders where supplier_order_id = $1 for update", supplier_order_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    let rows = read::rows(&mut run.tx, &scope, &[supplier_order_id]).await?;
    let mut orders = read::with_lines(&mut run.tx, rows).await?;
    orders.pop().ok_or_else(|| Error::not_found("supplier order", supplier_order_id))
}

/// The order a line belongs to, locked. Errors: `NOT_FOUND`.
pub(crate) async fn lock_by_line_in_tx(run: &mut Run<'_>, supplier_order_line_id: i64) -> Result<SupplierOrder> {
    let supplier_order_id = sqlx::query_scalar!(
        "select supplier_order_id from supplier_order_lines where supplier_order_line_id = $1",
        supplier_order_line_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("supplier order line", supplier_order_line_id))?;
    let order = lock_in_tx(run, supplier_order_id).await?;
    if order.lines.iter().any(|line| line.supplier_order_line_id == supplier_order_line_id) {
        return Ok(order);
    }
    // The draft was revised while it was waited for.
    Err(Error::not_found("supplier order line", supplier_order_line_id))
}

/// An order money can be paid for, held as it is until the command ends. Errors: `NOT_FOUND`, `SUPPLIER_ORDER_STATUS`.
pub(crate) async fn payable_in_tx(run: &mut Run<'_>, supplier_order_id: i64) -> Result<SupplierOrder> {
    let order = lock_in_tx(run, supplier_order_id).await?;
    if matches!(order.state, State::Draft | State::Closed | State::Cancelled) {
        let message = format!(
            "supplier order {} is {}; pay for an approved one that is not closed, or for the contract",
            order.number,
            order.state.as_str()
        );
        return Err(Error::rejected(Code::SupplierOrderStatus, message));
    }
    Ok(order)
}

/// Writes a new order with its lines; returns it with ids and number.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut order: SupplierOrder) -> Result<SupplierOrder> {
    let row = sqlx::query!(
        "with next as (select nextval(pg_get_serial_sequence('supplier_orders', 'supplier_order_id')) as id)
         insert into supplier_orders (supplier_order_id, company_id, party_id, contract_id, deal_id, warehouse_id, number, state,
             ordered_on, expected_on, prepayment_percent, prepayment_days, delivery_terms, note, author_id, net, vat, gross, created_at)
         overriding system value
         select id, $1, $2, $3, $4, $5, 'ЗП-' || lpad(id::text, greatest(6, length(id::text)), '0'), $6, $7, $8, $9, $10, $11, $12, $13,
             $14, $15, $16, $17 from next
         returning supplier_order_id, number",
        order.company_id,
        order.party_id,
        order.contract_id,
        order.deal_id,
        order.warehouse_id,
        order.state.as_str(),
        order.ordered_on,
        order.expected_on,
        order.prepayment_percent,
        order.prepayment_days,
        order.delivery_terms,
        order.note,
        order.author_id,
        order.net,
        order.vat,
        order.gross,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    (order.supplier_order_id, order.number) = (row.supplier_order_id, row.number);
    insert_lines_in_tx(run, &mut order).await?;
    Ok(order)
}

/// Writes the lines of a draft anew.
pub(super) async fn replace_lines_in_tx(run: &mut Run<'_>, order: &mut SupplierOrder) -> Result<()> {
    sqlx::query!("delete from supplier_order_lines where supplier_order_id = $1", order.supplier_order_id)
        .execute(&mut *run.tx)
        .await?;
    insert_lines_in_tx(run, order).await
}

async fn insert_lines_in_tx(run: &mut Run<'_>, order: &mut SupplierOrder) -> Result<()> {
    for line in &mut order.lines {
        line.supplier_order_line_id = insert_line_in_tx(run, order.supplier_order_id, line).await?;
    }
    Ok(())
}

async fn insert_line_in_tx(run: &mut Run<'_>, supplier_order_id: i64, line: &Line) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        "insert into supplier_order_lines (supplier_order_id, line, product_id, pieces, metres, tonnes_theoretical, unit, quantity, price,
             price_includes_vat, net, vat, gross)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning supplier_order_line_id",
        supplier_order_id,
        line.line,
        line.product_id,
        line.pieces,
        line.metres,
        line.tonnes_theoretical,
        line.price.unit.as_str(),
        line.quantity,
        line.price.price,
        line.price.includes_vat,
        line.net,
        line.vat,
        line.gross
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Saves everything of the order but its lines.
pub(crate) async fn save_in_tx(run: &mut Run<'_>, order: &SupplierOrder) -> Result<()> {
    sqlx::query!(
        "update supplier_orders set state = $2, decided_by = $3, decision_note = $4, version = $5, warehouse_id = $6, ordered_on = $7,
             expected_on = $8, prepayment_percent = $9, prepayment_days = $10, delivery_terms = $11, note = $12, net = $13, vat = $14,
             gross = $15
         where supplier_order_id = $1",
        order.supplier_order_id,
        order.state.as_str(),
        order.decided_by,
        order.decision_note,
        order.version,
        order.warehouse_id,
        order.ordered_on,
        order.expected_on,
        order.prepayment_percent,
        order.prepayment_days,
        order.delivery_terms,
        order.note,
        order.net,
        order.vat,
        order.gross
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// What came of the lines of a locked order.
pub(crate) async fn received_in_tx(run: &mut Run<'_>, order: &SupplierOrder) -> Result<Vec<Received>> {
    let ids: Vec<i64> = order.lines.iter().map(|line| line.supplier_order_line_id).collect();
    read::received(&mut run.tx, &ids).await
}

/// Who approved the order.
pub(crate) async fn approved_in_tx(run: &mut Run<'_>, order: &SupplierOrder) -> Result<Vec<Step>> {
    Ok(sqlx::query_as!(
        Step,
        r#"select 'purchasing.supplier_order_approve' as "command!", u.user_id as "actor_id!", e.name as "person!", $2::text as "of!"
           from users u join employees e using (employee_id) where u.user_id = $1"#,
        order.decided_by,
        order.number
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

/// Money tied to supplier orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// The order.
    pub supplier_order_id: i64,
    /// Advances still open, roubles.
    pub advance: Decimal,
    /// Debts of its receipts still open, roubles.
    pub debt: Decimal,
}
