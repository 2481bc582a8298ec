//! SQL of requests for prices for those who look at them.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{Answer, Line, Request, State};
use crate::batches::measure;
use crate::db::Db;
use crate::error::Result;
use crate::money;
use crate::orders::{Price, Unit};

/// Which requests a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this own company.
    pub company_id: Option<i64>,
    /// In this state.
    pub state: Option<State>,
}

/// Requests, newest first, after the id `after`, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, after: Option<i64>, limit: i64) -> Result<Vec<Request>> {
    let mut connection = db.acquire().await?;
    let ids = sqlx::query_scalar!(
        "select purchase_request_id from purchase_requests
         where ($1::bigint is null or company_id = $1) and ($2::text is null or state = $2)
             and ($3::bigint is null or purchase_request_id < $3)
         order by purchase_request_id desc limit $4",
        filter.company_id,
        filter.state.map(State::as_str),
        after,
        limit
    )
    .fetch_all(&mut *connection)
    .await?;
    whole(&mut connection, &ids).await
}

/// The requests of these ids.
pub async fn list_by_ids(db: &Db, ids: &[i64]) -> Result<Vec<Request>> {
    let mut connection = db.acquire().await?;
    whole(&mut connection, ids).await
}

/// All answers to these requests, those replaced since too, oldest first.
pub async fn list_answers(db: &Db, request_ids: &[i64]) -> Result<Vec<Answer>> {
    let mut connection = db.acquire().await?;
    answers(&mut connection, request_ids).await
}

/// The request each of these lines belongs to, `(line, request)`.
pub async fn list_requests_of_lines(db: &Db, line_ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    let rows = sqlx::query!(
        "select purchase_request_line_id, purchase_request_id from purchase_request_lines where purchase_request_line_id = any($1)",
        line_ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.purchase_request_line_id, row.purchase_request_id)).collect())
}

/// Requests with their lines and suppliers, newest first.
pub(super) async fn whole(connection: &mut PgConnection, ids: &[i64]) -> Result<Vec<Request>> {
    let lines = sqlx::query!(
        "select l.purchase_request_id, l.purchase_request_line_id, l.line, l.product_id, l.pieces, p.length_m, p.kg_per_m
         from purchase_request_lines l join products p using (product_id)
         where l.purchase_request_id = any($1) order by l.purchase_request_id, l.line",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut of: HashMap<i64, Vec<Line>> = HashMap::new();
    for row in lines {
        let measured = measure(row.pieces, row.length_m, row.kg_per_m);
        of.entry(row.purchase_request_id).or_default().push(Line {
            purchase_request_line_id: row.purchase_request_line_id,
            line: row.line,
            product_id: row.product_id,
            pieces: row.pieces,
            metres: measured.metres,
            tonnes: measured.tonnes,
        });
    }
    let rows = sqlx::query!(
        r#"select purchase_request_id, company_id, number, state as "state: State", requested_on, needed_on, base, note, author_id, version,
               array(select party_id from purchase_request_suppliers s where s.purchase_request_id = r.purchase_request_id
                   order by party_id) as "party_ids!"
           from purchase_requests r where purchase_request_id = any($1) order by purchase_request_id desc"#,
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Request {
            lines: of.remove(&row.purchase_request_id).unwrap_or_default(),
            purchase_request_id: row.purchase_request_id,
            company_id: row.company_id,
            number: row.number,
            state: row.state,
            requested_on: row.requested_on,
            needed_on: row.needed_on,
            base: row.base,
            note: row.note,
            author_id: row.author_id,
            version: row.version,
            party_ids: row.party_ids,
        })
        .collect())
}

pub(super) async fn answers(connection: &mut PgConnection, request_ids: &[i64]) -> Result<Vec<Answer>> {
    let rows = sqlx::query!(
        r#"select a.supplier_answer_id, a.purchase_request_line_id, a.party_id, a.answered_on, a.unit as "unit: Unit", a.price,
               a.price_includes_vat, a.vat_percent, a.freight, a.delivers_on, a.valid_until, a.terms, a.supplier_order_id
           from supplier_answers a join purchase_request_lines l using (purchase_request_line_id)
           where l.purchase_request_id = any($1) order by a.supplier_answer_id"#,
        request_ids
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Answer {
            supplier_answer_id: row.supplier_answer_id,
            purchase_request_line_id: row.purchase_request_line_id,
            party_id: row.party_id,
            answered_on: row.answered_on,
            price: Price { unit: row.unit, price: money::round(row.price), includes_vat: row.price_includes_vat },
            vat_percent: row.vat_percent,
            freight: row.freight,
            delivers_on: row.delivers_on,
            valid_until: row.valid_until,
            terms: row.terms,
            supplier_order_id: row.supplier_order_id,
        })
        .collect())
}
