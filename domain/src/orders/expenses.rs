//! Direct expenses of an order (прямые расходы заказа): freight to the customer, cutting, crane and the like.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::store;
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::direct;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Expense, Kind, Posting, Sale, Settlement};
use crate::money;
use crate::settlements::{self, Side, store::By};

/// An expense of an order, owed to a carrier or another party.
#[derive(Debug, Clone, Serialize)]
pub struct AddExpense {
    /// The order.
    pub order_id: i64,
    /// The article: freight, cutting, crane, agent bonus.
    pub article_id: i64,
    /// To whom it is owed.
    pub party_id: i64,
    /// The date of its document (дата документа); of a closed month, it is posted for the first open day.
    pub effective_on: NaiveDate,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
}

/// A recorded expense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderExpense {
    /// Its id.
    pub order_expense_id: i64,
    /// The order.
    pub order_id: i64,
    /// Its document.
    pub document_id: i64,
    /// What it costs the company.
    pub cost: Decimal,
}

/// Records a direct expense: Dr order expenses, Dr VAT input, Cr payables of the party for this order.
///
/// Errors: `NOT_FOUND`, `ARTICLE_MISMATCH`, `ORDER_STATUS` (cancelled), `AMOUNT_NOT_POSITIVE` and those of posting.
pub async fn add(db: &Db, ctx: &Ctx, input: &AddExpense) -> Result<Outcome<OrderExpense>> {
    command::run(db, ctx, "orders.add_expense", Permission::AddExpenses, input, add_in_tx).await
}

async fn add_in_tx(run: &mut Run<'_>, input: &AddExpense) -> Result<OrderExpense> {
    let (net, vat) = (money::positive(input.net, "net")?, money::not_negative(input.vat, "vat")?);
    let order = store::lock_in_tx(run, input.order_id).await?;
    let on = ledger::store::hold_open_day_in_tx(run, order.company_id, input.effective_on).await?;
    if order.status == super::Status::Cancelled {
        return Err(Error::rejected(Code::OrderStatus, format!("order {} is cancelled; it takes no expenses", order.number)));
    }
    let terms = store::terms_in_tx(run, &order).await?;
    check_in_tx(run, input).await?;
    let tax = companies::store::tax_in_tx(run, order.company_id, on).await?;
    let (cost, vat_input) = tax.purchase(net, vat);
    let document = documents::New {
        company_id: order.company_id,
        kind: documents::Kind::OrderExpense,
        issued_on: input.effective_on,
        party_id: input.party_id,
        subject_id: order.order_id,
        gross: net + vat,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let order_expense_id = sqlx::query_scalar!(
        "insert into order_expenses (order_id, article_id, party_id, document_id, effective_on, net, vat)
         values ($1, $2, $3, $4, $5, $6, $7) returning order_expense_id",
        order.order_id,
        input.article_id,
        input.party_id,
        document_id,
        on,
        net,
        vat
    )
    .fetch_one(&mut *run.tx)
    .await?;
    let of = Settlement { party_id: input.party_id, contract_id: 0, deal_id: order.deal_id, order_id: order.order_id };
    let by = By { company_id: order.company_id, document_id, on };
    let offsets = settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, net + vat, input.effective_on).await?;
    // Margin by customer wants the customer on the expense, not the carrier, who stands on the payable.
    let sale = Sale {
        deal_id: order.deal_id,
        order_id: order.order_id,
        party_id: order.party_id,
        contract_id: order.contract_id,
        employee_id: terms.employee_id,
        channel_id: terms.channel_id,
        ..Sale::default()
    };
    let what = Expense { article_id: input.article_id, ..Expense::default() };
    let origin = order.sold_on().unwrap_or(on);
    let entries = [
        Entry::debit(Account::OrderExpenses, cost).vat(vat_input).sale(sale).expense(what).origin_on(origin),
        Entry::debit(Account::VatInput, vat_input).settlement(of),
        Entry::credit(Account::Payables, net + vat).settlement(of),
    ];
    let posting = Posting::try_new(Kind::OrderExpense, order.company_id, document_id, on, entries.into_iter().chain(offsets))?;
    ledger::store::post_in_tx(run, &posting).await?;
    direct::note_in_tx(run, order.deal_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(OrderExpense { order_expense_id, order_id: order.order_id, document_id, cost })
}

async fn check_in_tx(run: &mut Run<'_>, input: &AddExpense) -> Result<()> {
    let account = sqlx::query_scalar!("select contra_account from articles where article_id = $1", input.article_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", input.article_id))?;
    if account != Account::OrderExpenses.as_str() {
        return Err(Error::rejected(
            Code::ArticleMismatch,
            "this article is not a direct expense of an order; choose freight, cutting or the like",
        ));
    }
    sqlx::query_scalar!("select party_id from parties where party_id = $1 and deleted_at is null", input.party_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("party", input.party_id))?;
    Ok(())
}
