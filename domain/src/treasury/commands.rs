//! Commands of the treasury: open an account, pay, transfer.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::requests::{self, For};
use super::{Against, Direction, Target, against, desk, low, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::companies::rates::Foreign;
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Cash, Entry, Kind, Posting, Settlement};
use crate::settlements::{self, Side, store::By};
use crate::{money, text};

/// A new bank or cash account.
#[derive(Debug, Clone, Serialize)]
pub struct OpenAccount {
    /// Own company.
    pub company_id: i64,
    /// A bank account, as opposed to a cash desk.
    pub is_bank: bool,
    /// Its name; unique per company.
    pub name: String,
}

/// An own account (счёт или касса).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashAccount {
    /// Its id.
    pub cash_account_id: i64,
    /// Own company.
    pub company_id: i64,
    /// Its name.
    pub name: String,
}

/// A payment in or out.
#[derive(Debug, Clone, Serialize)]
pub struct Pay {
    /// In or out.
    pub direction: Direction,
    /// The own account.
    pub cash_account_id: i64,
    /// The cash-flow article.
    pub article_id: i64,
    /// The counterparty, 0 = none.
    pub party_id: i64,
    /// What it is for.
    pub target: Target,
    /// Business date.
    pub paid_on: NaiveDate,
    /// Roubles, positive.
    pub amount: Decimal,
    /// As in the statement.
    pub purpose: String,
    /// The approved request it is paid by, 0 = none.
    pub payment_request_id: i64,
}

/// A recorded payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id.
    pub payment_id: i64,
    /// Its document.
    pub document_id: i64,
    /// Own company.
    pub company_id: i64,
    /// With whom and for what it was settled.
    pub party_id: i64,
    /// The contract, 0 = none.
    pub contract_id: i64,
    /// The deal, 0 = none.
    pub deal_id: i64,
    /// The order, 0 = none.
    pub order_id: i64,
    /// Roubles.
    pub amount: Decimal,
}

/// Money between own accounts of one company.
#[derive(Debug, Clone, Serialize)]
pub struct Transfer {
    /// From.
    pub from_account_id: i64,
    /// To.
    pub to_account_id: i64,
    /// Business date.
    pub on: NaiveDate,
    /// When it arrived, if on another day: between the two it is under way (деньги в пути).
    pub received_on: Option<NaiveDate>,
    /// Roubles, positive.
    pub amount: Decimal,
}

/// Opens an account; errors: `NOT_FOUND`, `ALREADY_EXISTS`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn open_account(db: &Db, ctx: &Ctx, input: &OpenAccount) -> Result<Outcome<CashAccount>> {
    command::run(db, ctx, "treasury.open_account", Permission::RecordMoney, input, async |run, input| {
        let name = text::required(&input.name, "name", 120)?;
        let cash_account_id = store::insert_account_in_tx(run, input, &name).await?;
        Ok(CashAccount { cash_account_id, company_id: input.company_id, name })
    })
    .await
}

/// Records a payment and settles what it was for; money the other way (to a customer, from a supplier) gives an advance back.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOTHING_TO_OFFSET` (more given back than is open there), `CASH_SHORT`, `NOT_FOUND`,
/// `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ARTICLE_MISMATCH`, `SUPPLIER_ORDER_STATUS`, `PAYMENT_REQUEST_NEEDED`, `PAYMENT_REQUEST_STATUS`,
/// `PAYMENT_REQUEST_MISMATCH`, `FOUR_EYES`, `FORBIDDEN` and those of posting.
pub async fn pay(db: &Db, ctx: &Ctx, input: &Pay) -> Result<Outcome<Payment>> {
    command::run(db, ctx, "treasury.pay", Permission::RecordMoney, input, pay_in_tx).await
}

async fn pay_in_tx(run: &mut Run<'_>, input: &Pay) -> Result<Payment> {
    record_in_tx(run, input, None).await
}

/// Records a payment, which is `foreign` for the supplier who gets it or pays it back, if that is in currency.
pub(super) async fn record_in_tx(run: &mut Run<'_>, input: &Pay, foreign: Option<Foreign>) -> Result<Payment> {
    let amount = money::positive(input.amount, "amount")?;
    let purpose = text::optional(&input.purpose, "purpose", 500)?;
    let company_id = store::account_company_in_tx(run, input.cash_account_id, "cashAccountId").await?;
    ledger::store::check_date_in_tx(run, company_id, input.paid_on).await?;
    if input.direction == Direction::Out {
        desk::take_in_tx(run, input.cash_account_id, input.paid_on, amount).await?;
    }
    let against = against(input.target, &store::article_in_tx(run, input.article_id).await?)?;
    let of = store::settlement_in_tx(run, company_id, input.party_id, input.target, against).await?;
    let what = For { company_id, article_id: input.article_id, party_id: of.party_id, target: input.target };
    requests::commands::pay_in_tx(run, input.payment_request_id, input.direction, what, amount).await?;
    let kind = match input.direction {
        Direction::In => documents::Kind::PaymentIn,
        Direction::Out => documents::Kind::PaymentOut,
    };
    let document = documents::New {
        company_id,
        kind,
        issued_on: input.paid_on,
        party_id: of.party_id,
        subject_id: 0,
        gross: amount,
        note: &purpose,
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    settlements::ties::tie_in_tx(run, document_id, input.target.supplier_order_id()).await?;
    let cash = Cash { cash_account_id: input.cash_account_id, article_id: input.article_id };
    let mut entries = vec![input.direction.cash(amount, cash, of)];
    match against {
        Against::Account(account) => entries.push(input.direction.contra(account, amount, input.article_id, of)),
        Against::Settlement(side) => {
            let by = By { company_id, document_id, on: input.paid_on };
            entries.extend(match foreign {
                None => settle_in_tx(run, input, side, by, of, amount).await?,
                Some(foreign) => match input.direction {
                    Direction::In => settlements::currency::refund_in_tx(run, by, of, foreign, amount).await?,
                    Direction::Out => settlements::currency::pay_in_tx(run, by, of, foreign, amount).await?,
                },
            });
        }
    }
    let payment = Payment {
        payment_id: 0,
        document_id,
        company_id,
        party_id: of.party_id,
        contract_id: of.contract_id,
        deal_id: of.deal_id,
        order_id: of.order_id,
        amount,
    };
    let payment = store::insert_payment_in_tx(run, input, &purpose, payment).await?;
    if input.payment_request_id != 0 {
        requests::store::tie_in_tx(run, input.payment_request_id, payment.payment_id).await?;
        settlements::four_eyes::check_in_tx(run, document_id).await?;
    }
    if let Some(foreign) = foreign {
        store::save_currency_in_tx(run, payment.payment_id, foreign).await?;
    }
    documents::store::subject_in_tx(run, document_id, payment.payment_id).await?;
    let posting = Posting::try_new(Kind::Payment, company_id, document_id, input.paid_on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    if input.direction == Direction::Out {
        low::tell_in_tx(run, input.cash_account_id).await?;
    }
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(payment)
}

/// The entries against the money: debts closed and an advance raised, or an advance given back.
async fn settle_in_tx(run: &mut Run<'_>, input: &Pay, side: Side, by: By, of: Settlement, amount: Decimal) -> Result<Vec<Entry>> {
    if input.direction.side() != side {
        return settlements::store::refund_in_tx(run, side, by, of, amount).await;
    }
    let tax = companies::store::tax_in_tx(run, by.company_id, by.on).await?;
    settlements::store::pay_in_tx(run, side, by, of, amount, |advance| tax.split(advance, true).vat).await
}

/// Moves money between own accounts of one company; errors: `COMPANY_MISMATCH`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`,
/// `CASH_SHORT`, `FORBIDDEN` and those of posting.
pub async fn transfer(db: &Db, ctx: &Ctx, input: &Transfer) -> Result<Outcome<i64>> {
    command::run(db, ctx, "treasury.transfer", Permission::RecordMoney, input, transfer_in_tx).await
}

async fn transfer_in_tx(run: &mut Run<'_>, input: &Transfer) -> Result<i64> {
    let amount = money::positive(input.amount, "amount")?;
    let received_on = input.received_on.unwrap_or(input.on);
    if input.from_account_id == input.to_account_id {
        return Err(Error::invalid("toAccountId", "a transfer needs two different accounts"));
    }
    if received_on < input.on {
        return Err(Error::invalid("receivedOn", "money cannot be received before it was sent; exchange the dates"));
    }
    let company_id = store::account_company_in_tx(run, input.from_account_id, "fromAccountId").await?;
    if store::account_company_in_tx(run, input.to_account_id, "toAccountId").await? != company_id {
        return Err(Error::rejected(
            Code::CompanyMismatch,
            "the accounts belong to two companies; record a payment out of one and into the other",
        ));
    }
    desk::take_in_tx(run, input.from_account_id, input.on, amount).await?;
    let article_id = store::article_id_in_tx(run, "transfer").await?;
    let document = documents::New {
        company_id,
        kind: documents::Kind::Transfer,
        issued_on: input.on,
        party_id: 0,
        subject_id: 0,
        gross: amount,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let cash = |cash_account_id| Cash { cash_account_id, article_id };
    let sent = Entry::credit(Account::Cash, amount).cash(cash(input.from_account_id));
    let received = Entry::debit(Account::Cash, amount).cash(cash(input.to_account_id));
    let days = if received_on == input.on {
        vec![(input.on, [received, sent])]
    } else {
        let under_way = |entry: Entry| entry.cash(Cash { cash_account_id: 0, article_id });
        vec![
            (input.on, [under_way(Entry::debit(Account::CashInTransit, amount)), sent]),
            (received_on, [received, under_way(Entry::credit(Account::CashInTransit, amount))]),
        ]
    };
    for (on, entries) in days {
        let posting = Posting::try_new(Kind::Transfer, company_id, document_id, on, entries)?;
        ledger::store::post_in_tx(run, &posting).await?;
    }
    low::tell_in_tx(run, input.from_account_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(document_id)
}

/// Moves an open advance onto a debt of the same party and company by a document (зачёт).
#[derive(Debug, Clone, Serialize)]
pub struct Offset {
    /// Customers' or suppliers' side.
    pub direction: Direction,
    /// The open advance.
    pub advance_id: i64,
    /// The open debt.
    pub debt_id: i64,
    /// Business date.
    pub on: NaiveDate,
    /// Roubles, positive, at most what both have open.
    pub amount: Decimal,
}

/// Offsets an advance against a debt; errors: `NOTHING_TO_OFFSET`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `NOT_FOUND`, `FORBIDDEN`
/// and those of posting.
pub async fn offset(db: &Db, ctx: &Ctx, input: &Offset) -> Result<Outcome<i64>> {
    command::run(db, ctx, "treasury.offset", Permission::PostBooks, input, async |run, input| {
        let amount = money::positive(input.amount, "amount")?;
        let side: Side = input.direction.side();
        let pair = settlements::store::lock_pair_in_tx(run, side, input.advance_id, input.debt_id).await?;
        let document = documents::New {
            company_id: pair.company_id,
            kind: documents::Kind::Offset,
            issued_on: input.on,
            party_id: pair.debt.of.party_id,
            subject_id: input.debt_id,
            gross: amount,
            note: "",
        };
        let document_id = documents::store::register_in_tx(run, &document).await?;
        let by = By { company_id: pair.company_id, document_id, on: input.on };
        let entries = settlements::store::offset_pair_in_tx(run, side, by, pair, amount).await?;
        let posting = Posting::try_new(Kind::Offset, by.company_id, document_id, input.on, entries)?;
        ledger::store::post_in_tx(run, &posting).await?;
        documents::store::number_in_tx(run, document_id, &document).await?;
        Ok(document_id)
    })
    .await
}

/// The dimensions of nobody.
pub(super) const NOBODY: Settlement = Settlement { party_id: 0, contract_id: 0, deal_id: 0, order_id: 0 };
