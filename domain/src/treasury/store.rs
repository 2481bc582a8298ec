//! SQL of cash accounts and payments.

use super::Target;
use super::commands::{NOBODY, OpenAccount, Pay, Payment};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::Settlement;

/// Writes an account.
pub(super) async fn insert_account_in_tx(run: &mut Run<'_>, input: &OpenAccount) -> Result<i64> {
    let kind = if input.is_bank { "bank" } else { "cash" };
    Ok(sqlx::query_scalar!(
        "insert into cash_accounts (company_id, kind, name) values ($1, $2, $3) returning cash_account_id",
        input.company_id,
        kind,
        input.name.trim()
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// The company of an account, or `NOT_FOUND`.
pub(super) async fn account_company_in_tx(run: &mut Run<'_>, cash_account_id: i64) -> Result<i64> {
    sqlx::query_scalar!("select company_id from cash_accounts where cash_account_id = $1", cash_account_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("cash account", cash_account_id))
}

/// The contra account of an article (empty = it settles), or `NOT_FOUND`.
pub(super) async fn article_in_tx(run: &mut Run<'_>, article_id: i64) -> Result<String> {
    sqlx::query_scalar!("select contra_account from articles where article_id = $1", article_id)
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

/// With whom and for what a payment settles.
///
/// Errors: `NOT_FOUND`; `COMPANY_MISMATCH` and `PARTY_MISMATCH` when the target is another's. A supplier paid for an order (a carrier) is not
/// the order's customer, so the party of an order or deal is checked only against parties that owe or are owed there.
pub(super) async fn settlement_in_tx(run: &mut Run<'_>, company_id: i64, party_id: i64, target: Target) -> Result<Settlement> {
    if party_id != 0 {
        sqlx::query_scalar!("select party_id from parties where party_id = $1 and deleted_at is null", party_id)
            .fetch_optional(&mut *run.tx)
            .await?
            .ok_or_else(|| Error::not_found("party", party_id))?;
    } else if target.settles() {
        return Err(Error::invalid("partyId", "a payment that settles something names its party"));
    }
    let found = match target {
        Target::None | Target::Party => return Ok(Settlement { party_id, ..NOBODY }),
        Target::Order(id) => sqlx::query!(
            r#"select o.company_id, o.party_id, o.contract_id as "contract_id!", o.deal_id as "deal_id!", o.order_id as "order_id!",
                exists (select from settlement_items i where i.order_id = o.order_id and i.party_id = $2) as "known!"
               from orders o where o.order_id = $1 and o.deleted_at is null for share"#,
            id,
            party_id
        )
        .fetch_optional(&mut *run.tx)
        .await?
        .map(|row| {
            let of = Settlement { party_id, contract_id: row.contract_id, deal_id: row.deal_id, order_id: row.order_id };
            (row.company_id, row.party_id, row.known, of)
        })
        .ok_or_else(|| Error::not_found("order", id))?,
        Target::Deal(id) => sqlx::query!(
            "select company_id, party_id, contract_id from deals where deal_id = $1 and deleted_at is null for share",
            id
        )
        .fetch_optional(&mut *run.tx)
        .await?
        .map(|row| {
            (row.company_id, row.party_id, false, Settlement { party_id, contract_id: row.contract_id, deal_id: id, order_id: 0 })
        })
        .ok_or_else(|| Error::not_found("deal", id))?,
        Target::Contract(id) => sqlx::query!("select company_id, party_id from contracts where contract_id = $1", id)
            .fetch_optional(&mut *run.tx)
            .await?
            .map(|row| (row.company_id, row.party_id, false, Settlement { party_id, contract_id: id, ..NOBODY }))
            .ok_or_else(|| Error::not_found("contract", id))?,
    };
    let (owner_company, owner_party, known, mut of) = found;
    if owner_company != company_id {
        return Err(Error::rejected(Code::CompanyMismatch, "it belongs to another company; pay from an account of that company"));
    }
    if owner_party != party_id && !known {
        return Err(Error::rejected(
            Code::PartyMismatch,
            "it belongs to another party; choose an order, deal or contract of this party",
        ));
    }
    if owner_party != party_id {
        // A carrier's bill for the order carries no contract of the customer.
        of.contract_id = 0;
    }
    Ok(of)
}

/// Writes a payment; returns it with its id.
pub(super) async fn insert_payment_in_tx(run: &mut Run<'_>, input: &Pay, mut payment: Payment) -> Result<Payment> {
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
        input.purpose,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(payment)
}
