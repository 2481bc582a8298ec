//! SQL of requests for prices for commands.

use super::{Answer, Request, State, read};
use crate::command::Run;
use crate::error::{Error, Result};

/// The request, locked. Errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, purchase_request_id: i64) -> Result<Request> {
    sqlx::query!(
        "select purchase_request_id from purchase_requests where purchase_request_id = $1 for update",
        purchase_request_id
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    let mut requests = read::whole(&mut run.tx, &[purchase_request_id]).await?;
    requests.pop().ok_or_else(|| Error::not_found("purchase request", purchase_request_id))
}

/// The request a line belongs to, locked. Errors: `NOT_FOUND`.
pub(super) async fn lock_by_line_in_tx(run: &mut Run<'_>, line_id: i64) -> Result<Request> {
    let id = sqlx::query_scalar!(
        "select purchase_request_id from purchase_request_lines where purchase_request_line_id = $1",
        line_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("purchase request line", line_id))?;
    lock_in_tx(run, id).await
}

/// The request an answer belongs to, locked. Errors: `NOT_FOUND`.
pub(super) async fn lock_by_answer_in_tx(run: &mut Run<'_>, supplier_answer_id: i64) -> Result<Request> {
    let id = sqlx::query_scalar!(
        "select purchase_request_line_id from supplier_answers where supplier_answer_id = $1",
        supplier_answer_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("supplier answer", supplier_answer_id))?;
    lock_by_line_in_tx(run, id).await
}

/// All answers to a locked request.
pub(super) async fn answers_in_tx(run: &mut Run<'_>, purchase_request_id: i64) -> Result<Vec<Answer>> {
    read::answers(&mut run.tx, &[purchase_request_id]).await
}

/// Writes a new request; returns it with ids and number.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut request: Request) -> Result<Request> {
    let row = sqlx::query!(
        "with next as (select nextval(pg_get_serial_sequence('purchase_requests', 'purchase_request_id')) as id)
         insert into purchase_requests (purchase_request_id, company_id, number, state, requested_on, needed_on, base, note, author_id,
             created_at)
         overriding system value
         select id, $1, 'ЗЦ-' || lpad(id::text, greatest(6, length(id::text)), '0'), $2, $3, $4, $5, $6, $7, $8 from next
         returning purchase_request_id, number",
        request.company_id,
        request.state.as_str(),
        request.requested_on,
        request.needed_on,
        request.base,
        request.note,
        request.author_id,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    (request.purchase_request_id, request.number) = (row.purchase_request_id, row.number);
    for line in &mut request.lines {
        line.purchase_request_line_id = sqlx::query_scalar!(
            "insert into purchase_request_lines (purchase_request_id, line, product_id, pieces) values ($1, $2, $3, $4)
             returning purchase_request_line_id",
            request.purchase_request_id,
            line.line,
            line.product_id,
            line.pieces
        )
        .fetch_one(&mut *run.tx)
        .await?;
    }
    sqlx::query!(
        "insert into purchase_request_suppliers (purchase_request_id, party_id) select $1, unnest($2::bigint[])",
        request.purchase_request_id,
        &request.party_ids
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(request)
}

/// Writes an answer; returns it with its id.
pub(super) async fn insert_answer_in_tx(run: &mut Run<'_>, mut answer: Answer) -> Result<Answer> {
    answer.supplier_answer_id = sqlx::query_scalar!(
        "insert into supplier_answers (purchase_request_line_id, party_id, answered_on, unit, price, price_includes_vat, vat_percent,
             freight, delivers_on, valid_until, terms, author_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning supplier_answer_id",
        answer.purchase_request_line_id,
        answer.party_id,
        answer.answered_on,
        answer.price.unit.as_str(),
        answer.price.price,
        answer.price.includes_vat,
        answer.vat_percent,
        answer.freight,
        answer.delivers_on,
        answer.valid_until,
        answer.terms,
        run.ctx.actor.user_id,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(answer)
}

/// Writes which order the answers became.
pub(super) async fn ordered_in_tx(run: &mut Run<'_>, answer_ids: &[i64], supplier_order_id: i64) -> Result<()> {
    sqlx::query!(
        "update supplier_answers set supplier_order_id = $2 where supplier_answer_id = any($1)",
        answer_ids,
        supplier_order_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Closes a locked request.
pub(super) async fn close_in_tx(run: &mut Run<'_>, request: &mut Request) -> Result<()> {
    request.state = State::Closed;
    request.version += 1;
    sqlx::query!(
        "update purchase_requests set state = $2, version = $3 where purchase_request_id = $1",
        request.purchase_request_id,
        request.state.as_str(),
        request.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
