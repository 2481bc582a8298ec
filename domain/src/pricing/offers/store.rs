//! SQL of offers: a manager reaches those of the own deals and the team's.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{Line, Offer, State, basis_of};
use crate::access::Scope;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::money;
use crate::orders::{Price, Unit};
use crate::pricing::serve::Served;

/// Which offers a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this deal.
    pub deal_id: Option<i64>,
    /// In this state.
    pub state: Option<State>,
    /// Replaced by a later version, or not.
    pub superseded: Option<bool>,
    /// Of this customer.
    pub party_id: Option<i64>,
    /// Of deals of this manager.
    pub employee_id: Option<i64>,
    /// Issued on this day or later.
    pub from: Option<NaiveDate>,
    /// Issued on this day or earlier.
    pub to: Option<NaiveDate>,
    /// Part of the number; empty = all.
    pub search: String,
}

/// Offers, newest first, after the id `after`, at most `limit`.
pub async fn list(db: &Db, scope: &Scope, filter: &Filter, after: Option<i64>, limit: i64) -> Result<Vec<Offer>> {
    let mut connection = db.acquire().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select o.offer_id, o.company_id, o.deal_id, o.party_id, o.number, o.state as "state: State", o.issued_on, o.planned_on,
             o.valid_until, o.delivery_address, o.author_id, o.decided_by, o.decision_note, o.needs_approval, o.net, o.vat, o.gross,
             o.cost, o.expenses, o.commission, o.revision, o.supersedes_id, o.superseded_by_id, o.version
           from offers o join deals d using (deal_id)
           where ($1::bigint[] is null or d.employee_id = any($1))
               and ($2::bigint is null or o.deal_id = $2)
               and ($3::text is null or o.state = $3)
               and ($4::bigint is null or o.offer_id < $4)
               and ($6::boolean is null or (o.superseded_by_id > 0) = $6)
               and ($7::bigint is null or o.party_id = $7)
               and ($8::bigint is null or d.employee_id = $8)
               and ($9::date is null or o.issued_on >= $9) and ($10::date is null or o.issued_on <= $10)
               and ($11 = '' or position(lower($11) in lower(o.number)) > 0)
           order by o.offer_id desc limit $5"#,
        scope.employees(),
        filter.deal_id,
        filter.state.map(State::as_str),
        after,
        limit,
        filter.superseded,
        filter.party_id,
        filter.employee_id,
        filter.from,
        filter.to,
        filter.search
    )
    .fetch_all(&mut *connection)
    .await?;
    with_lines(&mut connection, rows).await
}

/// The offers of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, offer_ids: &[i64]) -> Result<Vec<Offer>> {
    let mut connection = db.acquire().await?;
    let rows = rows(&mut connection, scope, offer_ids).await?;
    with_lines(&mut connection, rows).await
}

async fn rows(connection: &mut PgConnection, scope: &Scope, offer_ids: &[i64]) -> Result<Vec<Row>> {
    Ok(sqlx::query_as!(
        Row,
        r#"select o.offer_id, o.company_id, o.deal_id, o.party_id, o.number, o.state as "state: State", o.issued_on, o.planned_on,
             o.valid_until, o.delivery_address, o.author_id, o.decided_by, o.decision_note, o.needs_approval, o.net, o.vat, o.gross,
             o.cost, o.expenses, o.commission, o.revision, o.supersedes_id, o.superseded_by_id, o.version
           from offers o join deals d using (deal_id)
           where o.offer_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2))"#,
        offer_ids,
        scope.employees()
    )
    .fetch_all(connection)
    .await?)
}

/// The offer, locked; a manager reaches only those of the own deals and the team's. Errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, offer_id: i64) -> Result<Offer> {
    let scope = run.ctx.actor.scope();
    sqlx::query!("select offer_id from offers where offer_id = $1 for update", offer_id).fetch_optional(&mut *run.tx).await?;
    let rows = rows(&mut run.tx, &scope, &[offer_id]).await?;
    with_lines(&mut run.tx, rows).await?.pop().ok_or_else(|| Error::not_found("offer", offer_id))
}

/// Writes a new offer; returns it with ids and number.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut offer: Offer) -> Result<Offer> {
    let row = sqlx::query!(
        "with next as (select nextval(pg_get_serial_sequence('offers', 'offer_id')) as id)
         insert into offers (offer_id, company_id, deal_id, party_id, number, state, issued_on, planned_on, valid_until,
             delivery_address, author_id, needs_approval, net, vat, gross, cost, expenses, commission, created_at, revision, supersedes_id)
         overriding system value
         select id, $1, $2, $3, coalesce(nullif($18, ''), 'КП-' || lpad(id::text, greatest(6, length(id::text)), '0')), $4, $5, $6, $7, $8,
             $9, $10, $11, $12, $13, $14, $15, $16, $17, $19, $20 from next
         returning offer_id, number",
        offer.company_id,
        offer.deal_id,
        offer.party_id,
        offer.state.as_str(),
        offer.issued_on,
        offer.planned_on,
        offer.valid_until,
        offer.delivery_address,
        offer.author_id,
        offer.needs_approval,
        offer.net,
        offer.vat,
        offer.gross,
        offer.cost,
        offer.expenses,
        offer.commission,
        run.ctx.now,
        offer.number,
        offer.revision,
        offer.supersedes_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    (offer.offer_id, offer.number) = (row.offer_id, row.number);
    for line in &mut offer.lines {
        line.offer_line_id = insert_line_in_tx(run, offer.offer_id, line).await?;
    }
    Ok(offer)
}

async fn insert_line_in_tx(run: &mut Run<'_>, offer_id: i64, line: &Line) -> Result<i64> {
    let offer_line_id = sqlx::query_scalar!(
        "insert into offer_lines (offer_id, line, product_id, pieces, metres, tonnes_theoretical, unit, quantity, price,
             price_includes_vat, vat_percent, net, vat, gross, basis, cost, expenses, floor, list_price, discount_percent, under_floor,
             over_limit)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
         returning offer_line_id",
        offer_id,
        line.line,
        line.product_id,
        line.pieces,
        line.metres,
        line.tonnes_theoretical,
        line.price.unit.as_str(),
        line.quantity,
        line.price.price,
        line.price.includes_vat,
        line.vat_percent,
        line.net,
        line.vat,
        line.gross,
        line.basis.as_str(),
        line.cost,
        line.expenses,
        line.floor,
        line.list_price,
        line.discount_percent,
        line.under_floor,
        line.over_limit
    )
    .fetch_one(&mut *run.tx)
    .await?;
    for row in &line.served {
        sqlx::query!(
            "insert into offer_line_batches (offer_line_id, batch_id, pieces, cost) values ($1, $2, $3, $4)",
            offer_line_id,
            row.batch_id,
            row.pieces,
            row.cost
        )
        .execute(&mut *run.tx)
        .await?;
    }
    Ok(offer_line_id)
}

/// Saves where an offer stands, who decided and what replaced it.
pub(super) async fn save_in_tx(run: &mut Run<'_>, offer: &Offer) -> Result<()> {
    sqlx::query!(
        "update offers set state = $2, decided_by = $3, decision_note = $4, version = $5, superseded_by_id = $6 where offer_id = $1",
        offer.offer_id,
        offer.state.as_str(),
        offer.decided_by,
        offer.decision_note,
        offer.version,
        offer.superseded_by_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// An offer as it is stored, without its lines.
struct Row {
    offer_id: i64,
    company_id: i64,
    deal_id: i64,
    party_id: i64,
    number: String,
    state: State,
    issued_on: NaiveDate,
    planned_on: NaiveDate,
    valid_until: NaiveDate,
    delivery_address: String,
    author_id: i64,
    decided_by: i64,
    decision_note: String,
    needs_approval: bool,
    net: Decimal,
    vat: Decimal,
    gross: Decimal,
    cost: Decimal,
    expenses: Decimal,
    commission: Decimal,
    revision: i32,
    supersedes_id: i64,
    superseded_by_id: i64,
    version: i32,
}

impl Row {
    fn with(self, lines: Vec<Line>) -> Offer {
        Offer {
            offer_id: self.offer_id,
            company_id: self.company_id,
            deal_id: self.deal_id,
            party_id: self.party_id,
            number: self.number,
            state: self.state,
            issued_on: self.issued_on,
            planned_on: self.planned_on,
            valid_until: self.valid_until,
            delivery_address: self.delivery_address,
            author_id: self.author_id,
            decided_by: self.decided_by,
            decision_note: self.decision_note,
            needs_approval: self.needs_approval,
            net: self.net,
            vat: self.vat,
            gross: self.gross,
            cost: self.cost,
            expenses: self.expenses,
            commission: self.commission,
            revision: self.revision,
            supersedes_id: self.supersedes_id,
            superseded_by_id: self.superseded_by_id,
            version: self.version,
            lines,
        }
    }
}

/// Offers are whole: two more statements read the lines of all of them and what serves those.
async fn with_lines(connection: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<Offer>> {
    let offer_ids: Vec<i64> = rows.iter().map(|row| row.offer_id).collect();
    let batches = sqlx::query!(
        "select offer_line_id, b.batch_id, b.pieces, b.cost from offer_line_batches b join offer_lines l using (offer_line_id)
         where l.offer_id = any($1) order by offer_line_id, b.batch_id = 0, b.batch_id",
        &offer_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut served: HashMap<i64, Vec<Served>> = HashMap::new();
    for row in batches {
        let one = Served { batch_id: row.batch_id, pieces: row.pieces, cost: money::round(row.cost) };
        served.entry(row.offer_line_id).or_default().push(one);
    }
    let lines = sqlx::query!(
        r#"select offer_id, offer_line_id, line, product_id, pieces, metres, tonnes_theoretical, unit as "unit: Unit", quantity, price,
             price_includes_vat, vat_percent, net, vat, gross, basis, cost, expenses, floor, list_price, discount_percent, under_floor,
             over_limit
           from offer_lines where offer_id = any($1) order by offer_id, line"#,
        &offer_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut of: HashMap<i64, Vec<Line>> = HashMap::with_capacity(rows.len());
    for row in lines {
        of.entry(row.offer_id).or_default().push(Line {
            offer_line_id: row.offer_line_id,
            line: row.line,
            product_id: row.product_id,
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes_theoretical,
            quantity: row.quantity,
            price: Price { unit: row.unit, price: money::round(row.price), includes_vat: row.price_includes_vat },
            vat_percent: row.vat_percent,
            net: row.net,
            vat: row.vat,
            gross: row.gross,
            basis: basis_of(&row.basis),
            cost: row.cost,
            expenses: row.expenses,
            floor: row.floor,
            list_price: row.list_price,
            discount_percent: row.discount_percent,
            under_floor: row.under_floor,
            over_limit: row.over_limit,
            served: served.remove(&row.offer_line_id).unwrap_or_default(),
        });
    }
    let whole = |row: Row| {
        let lines = of.remove(&row.offer_id).unwrap_or_default();
        row.with(lines)
    };
    Ok(rows.into_iter().map(whole).collect())
}
