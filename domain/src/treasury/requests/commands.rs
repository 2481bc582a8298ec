//! Commands of payment requests: ask, approve, refuse, withdraw; a payment takes them by [`pay_in_tx`].

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{For, Request, State, rules, store};
use crate::access::{Permission, duties};
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::Settlement;
use crate::notifications::{Fact, Facts, PAYMENT_REQUEST_APPROVED, PAYMENT_REQUEST_WAITING, Subject};
use crate::treasury::{Direction, against, store as treasury};
use crate::{companies, days, money, notifications, parties, text};

/// A new request.
#[derive(Debug, Clone, Serialize)]
pub struct Create {
    /// For what.
    pub what: For,
    /// Roubles, positive.
    pub amount: Decimal,
    /// By when it should be paid.
    pub due_on: NaiveDate,
    /// What for, in words.
    pub purpose: String,
}

/// A step of a request.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The request.
    pub payment_request_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// What is said to it.
    pub note: String,
}

/// Asks for money to go out (заявка на оплату); what it is for must be payable as it is said.
///
/// Errors: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `ARTICLE_MISMATCH`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ORDER_STATUS`,
/// `SUPPLIER_ORDER_STATUS`, `FORBIDDEN`.
pub async fn create(db: &Db, ctx: &Ctx, input: &Create) -> Result<Outcome<Request>> {
    command::run(db, ctx, "treasury.request_create", Permission::RequestPayments, input, async |run, input| {
        companies::store::get_in_tx(run, input.what.company_id).await?;
        settlement_in_tx(run, input.what).await?;
        let request = Request {
            payment_request_id: 0,
            number: String::new(),
            state: State::Waiting,
            what: input.what,
            amount: money::positive(input.amount, "amount")?,
            paid: Decimal::ZERO,
            due_on: days::known(input.due_on, "dueOn")?,
            purpose: text::required(&input.purpose, "purpose", 500)?,
            author_id: run.ctx.actor.user_id,
            decided_by: 0,
            decision_note: String::new(),
            created_at: run.ctx.now,
            version: 1,
        };
        let request = store::insert_in_tx(run, request).await?;
        tell_in_tx(run, PAYMENT_REQUEST_WAITING, &request).await?;
        Ok(request)
    })
    .await
}

/// Approves what somebody else asked for (согласовать заявку).
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `PAYMENT_REQUEST_STATUS`, `FOUR_EYES` (the author; or who entered a bill it would pay, where that
/// is asked for), `INVALID_INPUT`, `FORBIDDEN` and those of what it is for.
pub async fn approve(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<Request>> {
    command::run(db, ctx, "treasury.request_approve", Permission::ApprovePayments, input, async |run, input| {
        let request = decided_in_tx(run, input, true).await?;
        let of = settlement_in_tx(run, request.what).await?;
        duties::check_in_tx(run, async |run| store::entered_in_tx(run, &request, of).await).await?;
        tell_in_tx(run, PAYMENT_REQUEST_APPROVED, &request).await?;
        Ok(request)
    })
    .await
}

/// Refuses what somebody else asked for (отклонить заявку). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `PAYMENT_REQUEST_STATUS`, `FOUR_EYES`,
/// `INVALID_INPUT`, `FORBIDDEN`.
pub async fn refuse(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<Request>> {
    command::run(db, ctx, "treasury.request_refuse", Permission::ApprovePayments, input, async |run, input| {
        decided_in_tx(run, input, false).await
    })
    .await
}

async fn decided_in_tx(run: &mut Run<'_>, input: &Step, approve: bool) -> Result<Request> {
    let note = text::optional(&input.note, "note", 300)?;
    let mut request = lock_in_tx(run, input).await?;
    request.decide(approve, run.ctx.actor.user_id, note)?;
    store::save_in_tx(run, &request).await?;
    Ok(request)
}

/// Takes back what is not paid of a request (отозвать заявку). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `PAYMENT_REQUEST_STATUS`, `FORBIDDEN`.
pub async fn withdraw(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<Request>> {
    command::run(db, ctx, "treasury.request_withdraw", Permission::RequestPayments, input, async |run, input| {
        let mut request = lock_in_tx(run, input).await?;
        request.withdraw()?;
        store::save_in_tx(run, &request).await?;
        Ok(request)
    })
    .await
}

async fn lock_in_tx(run: &mut Run<'_>, input: &Step) -> Result<Request> {
    let request = store::lock_in_tx(run, input.payment_request_id).await?;
    same_version("payment_request", request.payment_request_id, request.version, input.expected_version)?;
    Ok(request)
}

/// With whom and for what a payment would settle it; errors as those of a payment.
async fn settlement_in_tx(run: &mut Run<'_>, what: For) -> Result<Settlement> {
    let against = against(what.target, &treasury::article_in_tx(run, what.article_id).await?)?;
    treasury::settlement_in_tx(run, what.company_id, what.party_id, what.target, against).await
}

/// Takes money from the request a payment names, or sees that it needs none; money that comes in never does.
///
/// Errors: `PAYMENT_REQUEST_NEEDED`, `PAYMENT_REQUEST_STATUS`, `PAYMENT_REQUEST_MISMATCH`, `NOT_FOUND`, `INVALID_INPUT`.
pub(in crate::treasury) async fn pay_in_tx(
    run: &mut Run<'_>,
    payment_request_id: i64,
    direction: Direction,
    what: For,
    amount: Decimal,
) -> Result<()> {
    match (payment_request_id, direction) {
        (0, Direction::In) => Ok(()),
        (0, Direction::Out) => rules::check_in_tx(run, what.company_id, amount).await,
        (_, Direction::In) => {
            Err(Error::invalid("paymentRequestId", "money that comes in was not requested; leave the request out"))
        }
        (id, Direction::Out) => {
            let mut request = store::lock_in_tx(run, id).await?;
            request.pay(what, amount)?;
            store::save_in_tx(run, &request).await
        }
    }
}

/// Tells those who are to act next: whoever may approve, then whoever pays.
async fn tell_in_tx(run: &mut Run<'_>, code: &str, request: &Request) -> Result<()> {
    let name = match request.what.party_id {
        0 => request.purpose.clone(),
        party_id => parties::store::get_in_tx(run, party_id).await?.name,
    };
    let facts =
        Facts { number: request.number.clone(), name, amount: request.amount, day: Some(request.due_on), ..Facts::default() };
    let subject = Subject::PaymentRequest(request.payment_request_id);
    let fact = Fact { subject, deal_id: 0, employee_id: 0, but_user_id: run.ctx.actor.user_id, episode: String::new(), facts };
    notifications::store::tell_in_tx(run, code, fact).await?;
    Ok(())
}
