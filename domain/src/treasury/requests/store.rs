//! SQL of payment requests.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::{For, Request, State};
use crate::access::duties::Step;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::Settlement;
use crate::settlements::Side;
use crate::treasury::Target;

/// Which requests a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In one of these states; empty = in any.
    pub states: Vec<State>,
    /// Of this own company.
    pub company_id: Option<i64>,
    /// To this party.
    pub party_id: Option<i64>,
    /// Asked for by this user.
    pub author_id: Option<i64>,
    /// To be paid on this day or later.
    pub due_from: Option<NaiveDate>,
    /// To be paid on this day or earlier.
    pub due_to: Option<NaiveDate>,
}

/// A request as it is stored.
struct Row {
    payment_request_id: i64,
    number: String,
    state: State,
    company_id: i64,
    article_id: i64,
    party_id: i64,
    target: String,
    target_id: i64,
    amount: Decimal,
    paid: Decimal,
    due_on: NaiveDate,
    purpose: String,
    author_id: i64,
    decided_by: i64,
    decision_note: String,
    created_at: DateTime<Utc>,
    version: i32,
}

impl TryFrom<Row> for Request {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let target = target_of(&row.target, row.target_id)?;
        Ok(Self {
            payment_request_id: row.payment_request_id,
            number: row.number,
            state: row.state,
            what: For { company_id: row.company_id, article_id: row.article_id, party_id: row.party_id, target },
            amount: row.amount,
            paid: row.paid,
            due_on: row.due_on,
            purpose: row.purpose,
            author_id: row.author_id,
            decided_by: row.decided_by,
            decision_note: row.decision_note,
            created_at: row.created_at,
            version: row.version,
        })
    }
}

/// How a target is stored.
const fn stored(target: Target) -> (&'static str, i64) {
    match target {
        Target::Order(id) => ("order", id),
        Target::Deal(id) => ("deal", id),
        Target::Contract(id) => ("contract", id),
        Target::SupplierOrder(id) => ("supplier_order", id),
        Target::Party => ("party", 0),
        Target::None => ("none", 0),
    }
}

fn target_of(code: &str, id: i64) -> Result<Target> {
    let known =
        [Target::Order(id), Target::Deal(id), Target::Contract(id), Target::SupplierOrder(id), Target::Party, Target::None];
    let found = known.into_iter().find(|target| stored(*target).0 == code);
    found.ok_or_else(|| Error::internal("a payment request is for something unknown"))
}

/// Requests by the day they are due, after the row `(due_on, payment_request_id)`, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<Request>> {
    let (after_on, after_id) = after.unzip();
    let states: Vec<String> = filter.states.iter().map(|state| state.as_str().to_owned()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select payment_request_id, number, state as "state: State", company_id, article_id, party_id, target, target_id, amount, paid,
             due_on, purpose, author_id, decided_by, decision_note, created_at, version
           from payment_requests
           where (cardinality($1::text[]) = 0 or state = any($1))
               and ($2::bigint is null or company_id = $2)
               and ($3::bigint is null or party_id = $3)
               and ($4::bigint is null or author_id = $4)
               and ($5::date is null or due_on >= $5)
               and ($6::date is null or due_on <= $6)
               and ($7::date is null or (due_on, payment_request_id) > ($7, $8::bigint))
           order by due_on, payment_request_id limit $9"#,
        &states,
        filter.company_id,
        filter.party_id,
        filter.author_id,
        filter.due_from,
        filter.due_to,
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Request::try_from).collect()
}

/// The requests of these ids.
pub async fn list_by_ids(db: &Db, payment_request_ids: &[i64]) -> Result<Vec<Request>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select payment_request_id, number, state as "state: State", company_id, article_id, party_id, target, target_id, amount, paid,
             due_on, purpose, author_id, decided_by, decision_note, created_at, version
           from payment_requests where payment_request_id = any($1)"#,
        payment_request_ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Request::try_from).collect()
}

/// A payment made by a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tie {
    /// The request.
    pub payment_request_id: i64,
    /// The payment.
    pub payment_id: i64,
}

/// What these requests were met by, oldest first.
pub async fn ties(db: &Db, payment_request_ids: &[i64]) -> Result<Vec<Tie>> {
    Ok(sqlx::query_as!(
        Tie,
        "select payment_request_id, payment_id from payment_request_payments where payment_request_id = any($1) order by payment_id",
        payment_request_ids
    )
    .fetch_all(db)
    .await?)
}

/// Which of these payments were made by a request.
pub async fn ties_of_payments(db: &Db, payment_ids: &[i64]) -> Result<Vec<Tie>> {
    Ok(sqlx::query_as!(
        Tie,
        "select payment_request_id, payment_id from payment_request_payments where payment_id = any($1)",
        payment_ids
    )
    .fetch_all(db)
    .await?)
}

/// Locks a request, or `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, payment_request_id: i64) -> Result<Request> {
    sqlx::query_as!(
        Row,
        r#"select payment_request_id, number, state as "state: State", company_id, article_id, party_id, target, target_id, amount, paid,
             due_on, purpose, author_id, decided_by, decision_note, created_at, version
           from payment_requests where payment_request_id = $1 for update"#,
        payment_request_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("payment request", payment_request_id))?
    .try_into()
}

/// Writes a new request; returns it with its id and number.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut request: Request) -> Result<Request> {
    let (target, target_id) = stored(request.what.target);
    let row = sqlx::query!(
        "with next as (select nextval(pg_get_serial_sequence('payment_requests', 'payment_request_id')) as id)
         insert into payment_requests (payment_request_id, number, company_id, state, article_id, party_id, target, target_id, amount, due_on,
             purpose, author_id, created_at)
         overriding system value
         select id, 'ЗО-' || lpad(id::text, greatest(6, length(id::text)), '0'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 from next
         returning payment_request_id, number",
        request.what.company_id,
        request.state.as_str(),
        request.what.article_id,
        request.what.party_id,
        target,
        target_id,
        request.amount,
        request.due_on,
        request.purpose,
        request.author_id,
        request.created_at
    )
    .fetch_one(&mut *run.tx)
    .await?;
    (request.payment_request_id, request.number) = (row.payment_request_id, row.number);
    Ok(request)
}

/// Saves where a request stands.
pub(super) async fn save_in_tx(run: &mut Run<'_>, request: &Request) -> Result<()> {
    sqlx::query!(
        "update payment_requests set state = $2, paid = $3, decided_by = $4, decision_note = $5, version = $6 where payment_request_id = $1",
        request.payment_request_id,
        request.state.as_str(),
        request.paid,
        request.decided_by,
        request.decision_note,
        request.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Writes by which payment a request was met.
pub(in crate::treasury) async fn tie_in_tx(run: &mut Run<'_>, payment_request_id: i64, payment_id: i64) -> Result<()> {
    sqlx::query!(
        "insert into payment_request_payments (payment_request_id, payment_id) values ($1, $2)",
        payment_request_id,
        payment_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Who entered the debts that a request would pay now: those its payment closes first.
pub(super) async fn entered_in_tx(run: &mut Run<'_>, request: &Request, of: Settlement) -> Result<Vec<Step>> {
    let supplier_order_id = request.what.target.supplier_order_id();
    Ok(sqlx::query_as!(
        Step,
        r#"with debt as (
               select document_id, sum(open) over (order by opened_on, item_id) - open as before from settlement_items i
               where company_id = $1 and party_id = $2 and account = $3 and open > 0
                   and ($4::bigint = 0 or exists (
                       select from settlement_ties t where t.document_id = i.document_id and t.supplier_order_id = $4))
                   and case when $5::bigint > 0 then order_id = $5
                            when $6::bigint > 0 then deal_id = $6
                            when $7::bigint > 0 then contract_id = $7
                            else deal_id = 0 and order_id = 0 and contract_id = 0 end)
           select distinct l.name as "command!", l.actor_id as "actor_id!", e.name as "person!", d.number as "of!"
           from debt join documents d using (document_id) join ledger_transaction t using (document_id)
               join command_log l on l.command_id = t.command_id
               join users u on u.user_id = l.actor_id join employees e using (employee_id)
           where debt.before < $8"#,
        request.what.company_id,
        of.party_id,
        Side::Supplier.debt().as_str(),
        supplier_order_id,
        of.order_id,
        of.deal_id,
        of.contract_id,
        request.left()
    )
    .fetch_all(&mut *run.tx)
    .await?)
}
