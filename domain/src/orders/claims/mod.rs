//! Claims on carriers (претензии перевозчикам): raised, then accepted or rejected; an accepted one may be taken back.
//!
//! A claim is nothing in the books until the carrier accepts it: nobody owes what he disputes. Accepted, it lowers the direct expenses of the
//! order it was about (it is what the way cost less, so the order's contribution shows it) against what the carrier is owed: it stands as
//! an advance of the carrier for the order, which pays off his bills of the order at once, later ones when they come, or is paid back in
//! money. It bears no VAT: damages are no sale.

pub mod read;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Order, Status, store, trucks};
use crate::access::Permission;
use crate::access::duties::{self, Step};
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::direct;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Expense, Kind, Posting, Sale, Settlement};
use crate::settlements::{self, Side, store::By};
use crate::{days, money, text};

/// The article of what carriers refund.
const ARTICLE: &str = "carrier_claims";

/// Where a claim stands (состояние претензии).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// Предъявлена.
    Raised,
    /// Признана: posted.
    Accepted,
    /// Отклонена.
    Rejected,
    /// Признана и сторнирована.
    Reversed,
}

impl State {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Reversed => "reversed",
        }
    }
}

/// A claim (претензия).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarrierClaim {
    /// Its id.
    pub carrier_claim_id: i64,
    /// The order.
    pub order_id: i64,
    /// On whom.
    pub carrier_id: i64,
    /// Roubles.
    pub amount: Decimal,
    /// What for.
    pub reason: String,
    /// Where it stands.
    pub state: State,
    /// When it was raised.
    pub raised_on: NaiveDate,
    /// When it was accepted or rejected.
    pub decided_on: Option<NaiveDate>,
    /// What the carrier said, may be empty.
    pub answer: String,
    /// The document of its acceptance, 0 = none.
    pub document_id: i64,
    /// The transaction of its acceptance, 0 = none.
    pub transaction_id: i64,
    /// When its acceptance was taken back.
    pub reversed_on: Option<NaiveDate>,
    /// The document of that, 0 = none.
    pub reversal_document_id: i64,
}

/// A claim to raise.
#[derive(Debug, Clone, Serialize)]
pub struct Raise {
    /// The order: shipped or delivered.
    pub order_id: i64,
    /// On whom; the carrier of the order's truck unless given.
    pub carrier_id: Option<i64>,
    /// Roubles.
    pub amount: Decimal,
    /// What for.
    pub reason: String,
    /// The day, not before the shipment.
    pub raised_on: NaiveDate,
}

/// What the carrier answered.
#[derive(Debug, Clone, Serialize)]
pub struct Decide {
    /// The claim: raised.
    pub carrier_claim_id: i64,
    /// Accepted, or rejected.
    pub accepted: bool,
    /// Business date.
    pub on: NaiveDate,
    /// What he said, may be empty.
    pub answer: String,
}

/// Takes an accepted claim back.
#[derive(Debug, Clone, Serialize)]
pub struct Reverse {
    /// The claim: accepted.
    pub carrier_claim_id: i64,
    /// Business date of the storno.
    pub on: NaiveDate,
}

/// Raises a claim (предъявить). Errors: `NOT_FOUND`, `ORDER_STATUS`, `TRUCK_REQUIRED`, `DATE_TOO_EARLY`, `DATE_IN_FUTURE`, `INVALID_INPUT`,
/// `AMOUNT_NOT_POSITIVE`.
pub async fn raise(db: &Db, ctx: &Ctx, input: &Raise) -> Result<Outcome<CarrierClaim>> {
    command::run(db, ctx, "orders.raise_claim", Permission::AddExpenses, input, raise_in_tx).await
}

async fn raise_in_tx(run: &mut Run<'_>, input: &Raise) -> Result<CarrierClaim> {
    let (amount, reason) = (money::positive(input.amount, "amount")?, text::required(&input.reason, "reason", 500)?);
    let on = days::known(input.raised_on, "raisedOn")?;
    let order = store::lock_in_tx(run, input.order_id).await?;
    let (Status::Shipped | Status::Delivered, Some(shipped_on)) = (order.status, order.shipped_on) else {
        let message = format!("order {} is {}; a claim is about what was shipped", order.number, order.status.as_str());
        return Err(Error::rejected(Code::OrderStatus, message));
    };
    super::left::not_before(on, shipped_on, "the order was shipped")?;
    let company = companies::store::get_in_tx(run, order.company_id).await?;
    let today = run.ctx.today(company.utc_offset_minutes);
    if on > today {
        return Err(Error::rejected(Code::DateInFuture, format!("{on} lies in the future (today is {today})")));
    }
    let truck = trucks::store::find_in_tx(run, order.order_id).await?;
    let carrier_id = input.carrier_id.or(truck.map(|truck| truck.carrier_id)).ok_or_else(|| {
        let message = format!("order {} has no truck; name the carrier (carrierId)", order.number);
        Error::rejected(Code::TruckRequired, message)
    })?;
    trucks::directory::carrier_in_tx(run, carrier_id).await?;
    let carrier_claim_id = sqlx::query_scalar!(
        "insert into carrier_claims (order_id, carrier_id, amount, reason, state, raised_on) values ($1, $2, $3, $4, 'raised', $5)
         returning carrier_claim_id",
        order.order_id,
        carrier_id,
        amount,
        reason,
        on
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(lock_claim(run, carrier_claim_id).await?.1)
}

/// Accepted: Dr supplier advances, Cr order expenses. Rejected: nothing. Errors: `NOT_FOUND`, `CLAIM_STATUS`, `DATE_TOO_EARLY`,
/// `INVALID_INPUT`, `FOUR_EYES` (whoever raised it does not accept it, where that is asked for) and those of posting.
pub async fn decide(db: &Db, ctx: &Ctx, input: &Decide) -> Result<Outcome<CarrierClaim>> {
    command::run(db, ctx, "orders.decide_claim", Permission::AddExpenses, input, decide_in_tx).await
}

async fn decide_in_tx(run: &mut Run<'_>, input: &Decide) -> Result<CarrierClaim> {
    let answer = text::optional(&input.answer, "answer", 500)?;
    let (order, mut claim) = lock_claim(run, input.carrier_claim_id).await?;
    stands(&claim, State::Raised)?;
    super::left::not_before(input.on, claim.raised_on, "the claim was raised")?;
    ledger::store::check_date_in_tx(run, order.company_id, input.on).await?;
    (claim.decided_on, claim.answer) = (Some(input.on), answer);
    claim.state = if input.accepted { State::Accepted } else { State::Rejected };
    if !input.accepted {
        save_in_tx(run, &claim).await?;
        return Ok(claim);
    }
    duties::check_in_tx(run, async |run| raised_by_in_tx(run, &order, claim.carrier_claim_id).await).await?;
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::OrderExpense,
        issued_on: input.on,
        party_id: claim.carrier_id,
        subject_id: order.order_id,
        gross: -claim.amount,
        note: &claim.reason.clone(),
    };
    claim.document_id = documents::store::register_in_tx(run, &document).await?;
    let of = settlement(&order, &claim);
    let by = By { company_id: order.company_id, document_id: claim.document_id, on: input.on };
    let offsets = settlements::withdraw::open_advance_in_tx(run, Side::Supplier, by, of, claim.amount).await?;
    let entries = accepted_in_tx(run, &order, &claim, input.on).await?;
    let posting = Posting::try_new(Kind::OrderExpense, order.company_id, claim.document_id, input.on, entries)?;
    claim.transaction_id = ledger::store::post_in_tx(run, &posting).await?;
    // A transaction of its own: a storno negates the claim, not what it has paid off.
    settlements::store::post_beside_in_tx(run, Kind::Offset, by, offsets).await?;
    save_in_tx(run, &claim).await?;
    direct::note_in_tx(run, order.deal_id).await?;
    documents::store::number_in_tx(run, claim.document_id, &document).await?;
    Ok(claim)
}

/// Who raised the claim, a claim of which order.
async fn raised_by_in_tx(run: &mut Run<'_>, order: &Order, carrier_claim_id: i64) -> Result<Vec<Step>> {
    Ok(sqlx::query_as!(
        Step,
        r#"select l.name as command, l.actor_id, e.name as person, $2::text as "of!"
           from command_log l join users u on u.user_id = l.actor_id join employees e using (employee_id)
           where l.name = 'orders.raise_claim' and l.result ->> 'carrier_claim_id' = $1::bigint::text"#,
        carrier_claim_id,
        order.number
    )
    .fetch_all(&mut *run.tx)
    .await?)
}

async fn accepted_in_tx(run: &mut Run<'_>, order: &Order, claim: &CarrierClaim, on: NaiveDate) -> Result<[Entry; 2]> {
    let article_id =
        sqlx::query_scalar!("select article_id from articles where code = $1", ARTICLE).fetch_one(&mut *run.tx).await?;
    let terms = store::terms_in_tx(run, order).await?;
    // As the freight itself: margin by customer wants the customer here, the carrier stands on the settlement.
    let sale = Sale {
        deal_id: order.deal_id,
        order_id: order.order_id,
        party_id: order.party_id,
        contract_id: order.contract_id,
        employee_id: terms.employee_id,
        channel_id: terms.channel_id,
        ..Sale::default()
    };
    let what = Expense { article_id, ..Expense::default() };
    let origin = order.sold_on().unwrap_or(on);
    Ok([
        Entry::debit(Account::SupplierAdvances, claim.amount).settlement(settlement(order, claim)),
        Entry::credit(Account::OrderExpenses, claim.amount).sale(sale).expense(what).origin_on(origin),
    ])
}

/// Takes an accepted claim back (сторно): the order's expenses are what they were; what the claim has paid off is owed again.
///
/// Errors: `NOT_FOUND`, `CLAIM_STATUS`, `DATE_TOO_EARLY`, `ALREADY_REVERSED` and those of posting.
pub async fn reverse(db: &Db, ctx: &Ctx, input: &Reverse) -> Result<Outcome<CarrierClaim>> {
    command::run(db, ctx, "orders.reverse_claim", Permission::AddExpenses, input, reverse_in_tx).await
}

async fn reverse_in_tx(run: &mut Run<'_>, input: &Reverse) -> Result<CarrierClaim> {
    let (order, mut claim) = lock_claim(run, input.carrier_claim_id).await?;
    stands(&claim, State::Accepted)?;
    super::left::not_before(input.on, claim.decided_on.unwrap_or(claim.raised_on), "the claim was accepted")?;
    ledger::store::check_date_in_tx(run, order.company_id, input.on).await?;
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::Storno,
        issued_on: input.on,
        party_id: claim.carrier_id,
        subject_id: order.order_id,
        gross: claim.amount,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    ledger::store::reverse_in_tx(run, claim.transaction_id, document_id, input.on).await?;
    let of = settlement(&order, &claim);
    let by = By { company_id: order.company_id, document_id, on: input.on };
    let owed = settlements::withdraw::withdraw_in_tx(run, Side::Supplier, by, of, claim.document_id).await?;
    if !owed.is_empty() {
        let posting = Posting::try_new(Kind::Storno, order.company_id, document_id, input.on, owed)?;
        ledger::store::post_in_tx(run, &posting).await?;
    }
    (claim.state, claim.reversed_on, claim.reversal_document_id) = (State::Reversed, Some(input.on), document_id);
    save_in_tx(run, &claim).await?;
    direct::note_in_tx(run, order.deal_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(claim)
}

const fn settlement(order: &Order, claim: &CarrierClaim) -> Settlement {
    Settlement { party_id: claim.carrier_id, contract_id: 0, deal_id: order.deal_id, order_id: order.order_id }
}

/// Refuses a claim that stands elsewhere. Errors: `CLAIM_STATUS`.
fn stands(claim: &CarrierClaim, wanted: State) -> Result<()> {
    if claim.state == wanted {
        return Ok(());
    }
    let message = format!("the claim is {}; this is done while it is {}", claim.state.as_str(), wanted.as_str());
    Err(Error::rejected(Code::ClaimStatus, message))
}

/// The claim and its order, both locked. Errors: `NOT_FOUND`, also when the order is out of reach.
async fn lock_claim(run: &mut Run<'_>, carrier_claim_id: i64) -> Result<(Order, CarrierClaim)> {
    let not_found = || Error::not_found("carrier claim", carrier_claim_id);
    let order_id = sqlx::query_scalar!("select order_id from carrier_claims where carrier_claim_id = $1", carrier_claim_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(not_found)?;
    let order = store::lock_in_tx(run, order_id).await.map_err(|error| match error {
        Error::NotFound { .. } => not_found(),
        other => other,
    })?;
    let claim = sqlx::query_as!(
        CarrierClaim,
        r#"select carrier_claim_id, order_id, carrier_id, amount, reason, state as "state: State", raised_on, decided_on, answer,
             document_id, transaction_id, reversed_on, reversal_document_id
         from carrier_claims where carrier_claim_id = $1"#,
        carrier_claim_id
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok((order, claim))
}

async fn save_in_tx(run: &mut Run<'_>, claim: &CarrierClaim) -> Result<()> {
    sqlx::query!(
        "update carrier_claims set state = $2, decided_on = $3, answer = $4, document_id = $5, transaction_id = $6, reversed_on = $7,
            reversal_document_id = $8
         where carrier_claim_id = $1",
        claim.carrier_claim_id,
        claim.state.as_str(),
        claim.decided_on,
        claim.answer,
        claim.document_id,
        claim.transaction_id,
        claim.reversed_on,
        claim.reversal_document_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
