//! SQL of cash accounts and payments.

use chrono::NaiveDate;

use super::commands::{NOBODY, OpenAccount, Pay, Payment};
use super::currency::Revaluation;
use super::{Against, Article, Target};
use crate::command::Run;
use crate::companies::rates::{Currency, Foreign};
use crate::error::{Code, Error, Result};
use crate::ledger::Settlement;
use crate::settlements::Side;
use crate::{parties, purchasing};

/// Writes an account.
pub(super) async fn insert_account_in_tx(run: &mut Run<'_>, input: &OpenAccount, name: &str) -> Result<i64> {
    let kind = if input.is_bank { "bank" } else { "cash" };
    Ok(sqlx::query_scalar!(
        "insert into cash_accounts (company_id, kind, name) values ($1, $2, $3) returning cash_account_id",
        input.company_id,
        kind,
        name
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// The company of an account that is in use. Errors: `NOT_FOUND`, `NOT_ACTIVE`.
pub(super) async fn account_company_in_tx(run: &mut Run<'_>, cash_account_id: i64, path: &str) -> Result<i64> {
    let account = sqlx::query!("select company_id, name, active from cash_accounts where cash_account_id = $1", cash_account_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("cash account", cash_account_id))?;
    if account.active { Ok(account.company_id) } else { Err(Error::not_active(path, &account.name)) }
}

/// The article, or `NOT_FOUND`.
pub(super) async fn article_in_tx(run: &mut Run<'_>, article_id: i64) -> Result<Article> {
    sqlx::query_as!(Article, "select code, contra_account from articles where article_id = $1", article_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", article_id))
}

/// The id of an article by its code.
pub(super) async fn article_id_in_tx(run: &mut Run<'_>, code: &str) -> Result<i64> {
    sqlx::query_scalar!("select article_id from articles where code = $1", code)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", code))
}

/// The department exists, or `NOT_FOUND`.
pub(super) async fn check_department_in_tx(run: &mut Run<'_>, department_id: i64) -> Result<()> {
    sqlx::query_scalar!("select department_id from departments where department_id = $1", department_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("department", department_id))?;
    Ok(())
}

/// What a payment is for, as the order, deal or contract tells it.
struct Owner {
    company_id: i64,
    party_id: i64,
    of: Settlement,
}

/// With whom and for what a payment settles.
///
/// Errors: `NOT_FOUND`; `COMPANY_MISMATCH` and `PARTY_MISMATCH` when the target is another's; `ORDER_STATUS` for money of the customer of a
/// cancelled order, whose advance is the deal's. Money of a customer is for what is the
/// customer's own; a carrier or another supplier is paid for an order or a deal where a bill of theirs was recorded.
pub(super) async fn settlement_in_tx(
    run: &mut Run<'_>,
    company_id: i64,
    party_id: i64,
    target: Target,
    against: Against,
) -> Result<Settlement> {
    if party_id != 0 {
        parties::store::get_in_tx(run, party_id).await?;
    } else if target.settles() {
        return Err(Error::invalid("partyId", "a payment that settles something names its party"));
    }
    let owner = match target {
        Target::None | Target::Party => return Ok(Settlement { party_id, ..NOBODY }),
        Target::Order(id) => order_owner_in_tx(run, id, against).await?,
        Target::Deal(id) => deal_owner_in_tx(run, id).await?,
        Target::Contract(id) => {
            let contract = parties::store::get_contract_in_tx(run, id).await?;
            let of = Settlement { party_id: contract.party_id, contract_id: id, ..NOBODY };
            Owner { company_id: contract.company_id, party_id: contract.party_id, of }
        }
        Target::SupplierOrder(id) => {
            let order = purchasing::orders::store::payable_in_tx(run, id).await?;
            Owner { company_id: order.company_id, party_id: order.party_id, of: order.settlement() }
        }
    };
    if owner.company_id != company_id {
        return Err(Error::rejected(Code::CompanyMismatch, "it belongs to another company; pay from an account of that company"));
    }
    let is_bill = against == Against::Settlement(Side::Supplier) && owner.of.deal_id != 0;
    let fits = if is_bill { is_billed_in_tx(run, party_id, owner.of).await? } else { owner.party_id == party_id };
    if !fits {
        let message = if is_bill {
            "this party has no bill there; record its expense of the order first, or pay the party without an order"
        } else {
            "it belongs to another party; choose an order, deal or contract of this party"
        };
        return Err(Error::rejected(Code::PartyMismatch, message));
    }
    // A bill for the order of a customer carries no contract of the customer.
    let contract_id = if is_bill { 0 } else { owner.of.contract_id };
    Ok(Settlement { party_id, contract_id, ..owner.of })
}

async fn order_owner_in_tx(run: &mut Run<'_>, order_id: i64, against: Against) -> Result<Owner> {
    let order = sqlx::query!(
        "select number, status, company_id, party_id, contract_id, deal_id from orders where order_id = $1 and deleted_at is null for share",
        order_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("order", order_id))?;
    if order.status == "cancelled" && against == Against::Settlement(Side::Customer) {
        return Err(Error::rejected(
            Code::OrderStatus,
            format!("order {} is cancelled and its money is kept with the deal; name the deal instead", order.number),
        ));
    }
    let of = Settlement { party_id: order.party_id, contract_id: order.contract_id, deal_id: order.deal_id, order_id };
    Ok(Owner { company_id: order.company_id, party_id: order.party_id, of })
}

async fn deal_owner_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<Owner> {
    let deal = sqlx::query!(
        "select company_id, party_id, contract_id from deals where deal_id = $1 and deleted_at is null for share",
        deal_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("deal", deal_id))?;
    let of = Settlement { party_id: deal.party_id, contract_id: deal.contract_id, deal_id, order_id: 0 };
    Ok(Owner { company_id: deal.company_id, party_id: deal.party_id, of })
}

/// Whether a supplier has a debt or an advance at the order, or at any order of the deal.
async fn is_billed_in_tx(run: &mut Run<'_>, party_id: i64, of: Settlement) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from settlement_items where party_id = $1 and account in ('payables', 'supplier_advances')
            and deal_id = $2 and ($3::bigint = 0 or order_id = $3)) as "billed!""#,
        party_id,
        of.deal_id,
        of.order_id
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Writes a payment; returns it with its id.
pub(super) async fn insert_payment_in_tx(run: &mut Run<'_>, input: &Pay, purpose: &str, mut payment: Payment) -> Result<Payment> {
    payment.payment_id = sqlx::query_scalar!(
        "insert into payments (company_id, cash_account_id, direction, article_id, party_id, target, contract_id, deal_id, order_id,
            document_id, paid_on, amount, purpose, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning payment_id",
        payment.company_id,
        input.cash_account_id,
        input.direction.as_str(),
        input.article_id,
        payment.party_id,
        input.target.as_str(),
        payment.contract_id,
        payment.deal_id,
        payment.order_id,
        payment.document_id,
        input.paid_on,
        payment.amount,
        purpose,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(payment)
}

/// What a payment was in currency.
pub(super) async fn save_currency_in_tx(run: &mut Run<'_>, payment_id: i64, foreign: Foreign) -> Result<()> {
    sqlx::query!(
        "update payments set currency = $2, currency_amount = $3 where payment_id = $1",
        payment_id,
        foreign.currency.as_str(),
        foreign.amount
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Writes a revaluation; errors: `ALREADY_EXISTS` when the currency was revalued on that day.
pub(super) async fn insert_revaluation_in_tx(run: &mut Run<'_>, mut new: Revaluation) -> Result<Revaluation> {
    new.currency_revaluation_id = sqlx::query_scalar!(
        "insert into currency_revaluations (company_id, currency, revalued_on, document_id, rate, difference)
         values ($1, $2, $3, $4, $5, $6) returning currency_revaluation_id",
        new.company_id,
        new.currency,
        new.revalued_on,
        new.document_id,
        new.rate,
        new.difference
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(new)
}

/// The last day before which a storno of a revaluation leaves what it had given: until then two would count.
pub(super) async fn unrevalued_until_in_tx(run: &mut Run<'_>, company_id: i64, currency: Currency) -> Result<Option<NaiveDate>> {
    Ok(sqlx::query_scalar!(
        "select max(reversed_on) from currency_revaluations where company_id = $1 and currency = $2",
        company_id,
        currency.as_str()
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// When a company's debts in a currency were last revalued by what stands.
pub(super) async fn revalued_in_tx(run: &mut Run<'_>, company_id: i64, currency: Currency) -> Result<Option<NaiveDate>> {
    Ok(sqlx::query_scalar!(
        "select max(revalued_on) from currency_revaluations where company_id = $1 and currency = $2 and reversed_on is null",
        company_id,
        currency.as_str()
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// The revaluation of a day that stands, locked.
pub(super) async fn lock_revaluation_in_tx(
    run: &mut Run<'_>,
    company_id: i64,
    currency: Currency,
    revalued_on: NaiveDate,
) -> Result<Option<Revaluation>> {
    Ok(sqlx::query_as!(
        Revaluation,
        "select currency_revaluation_id, company_id, currency, revalued_on, document_id, rate, difference, reversed_on,
             reversal_document_id
         from currency_revaluations where company_id = $1 and currency = $2 and revalued_on = $3 and reversed_on is null for update",
        company_id,
        currency.as_str(),
        revalued_on
    )
    .fetch_optional(&mut *run.tx)
    .await?)
}

/// What a revaluation posted, with the day of each.
pub(super) async fn revaluation_postings_in_tx(run: &mut Run<'_>, document_id: i64) -> Result<Vec<(i64, NaiveDate)>> {
    let rows = sqlx::query!(
        "select transaction_id, effective_on from ledger_transaction where document_id = $1 and kind = 'revaluation'",
        document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.transaction_id, row.effective_on)).collect())
}

/// Writes that a revaluation was taken back.
pub(super) async fn save_unrevalued_in_tx(run: &mut Run<'_>, of: &Revaluation) -> Result<()> {
    sqlx::query!(
        "update currency_revaluations set reversed_on = $2, reversal_document_id = $3 where currency_revaluation_id = $1",
        of.currency_revaluation_id,
        of.reversed_on,
        of.reversal_document_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
