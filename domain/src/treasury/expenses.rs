//! Expenses of a period (расходы периода): rent, advertising, salaries; accrued now, paid when they are paid.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::store;
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Expense, Kind, Posting, Settlement};
use crate::settlements::{self, Side, store::By};
use crate::{access, marketing, money, parties};

/// An expense of a period.
#[derive(Debug, Clone, Serialize)]
pub struct Accrue {
    /// Own company.
    pub company_id: i64,
    /// The article: rent, office, advertising, storage, salary.
    pub article_id: i64,
    /// To whom it is owed; 0 only for salaries.
    pub party_id: i64,
    /// The advertising channel, 0 = none.
    pub channel_id: i64,
    /// The department, 0 = none.
    pub department_id: i64,
    /// The employee (salaries), 0 = none.
    pub employee_id: i64,
    /// Business date.
    pub effective_on: NaiveDate,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
}

/// Accrues an expense and what is owed for it; returns the document.
///
/// Errors: `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH` (not an expense), `INVALID_INPUT`, `FORBIDDEN` and those of
/// posting.
pub async fn accrue(db: &Db, ctx: &Ctx, input: &Accrue) -> Result<Outcome<i64>> {
    command::run(db, ctx, "treasury.accrue", Permission::PostBooks, input, accrue_in_tx).await
}

async fn accrue_in_tx(run: &mut Run<'_>, input: &Accrue) -> Result<i64> {
    let (net, vat) = (money::positive(input.net, "net")?, money::not_negative(input.vat, "vat")?);
    ledger::store::check_date_in_tx(run, input.company_id, input.effective_on).await?;
    check_references_in_tx(run, input).await?;
    let contra = store::article_in_tx(run, input.article_id).await?.contra_account;
    let salary = contra == Account::PayrollPayable.as_str();
    let account = match Account::parse(&contra) {
        Some(account @ (Account::Overheads | Account::Advertising)) => account,
        Some(Account::PayrollPayable) => Account::Payroll,
        _ => {
            return Err(Error::rejected(
                Code::ArticleMismatch,
                "this article is not an expense of a period; choose rent, advertising or the like",
            ));
        }
    };
    if salary && vat > Decimal::ZERO {
        return Err(Error::invalid("vat", "a salary carries no VAT"));
    }
    if !salary && input.party_id == 0 {
        return Err(Error::invalid("partyId", "name the party the expense is owed to"));
    }
    let tax = companies::store::tax_in_tx(run, input.company_id, input.effective_on).await?;
    let (cost, vat_input) = tax.purchase(net, vat);
    let document = documents::New {
        company_id: input.company_id,
        kind: if salary { documents::Kind::Payroll } else { documents::Kind::Expense },
        issued_on: input.effective_on,
        party_id: input.party_id,
        subject_id: 0,
        gross: net + vat,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let of = Settlement { party_id: input.party_id, ..Settlement::default() };
    let what = Expense {
        article_id: input.article_id,
        department_id: input.department_id,
        employee_id: input.employee_id,
        channel_id: input.channel_id,
    };
    let mut entries = vec![
        Entry::debit(account, cost).vat(vat_input).settlement(of).expense(what),
        Entry::debit(Account::VatInput, vat_input).settlement(of),
    ];
    if salary {
        entries.push(Entry::credit(Account::PayrollPayable, net).expense(what));
    } else {
        let by = By { company_id: input.company_id, document_id, on: input.effective_on };
        entries.push(Entry::credit(Account::Payables, net + vat).settlement(of));
        entries.extend(settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, net + vat, input.effective_on).await?);
    }
    let kind = if salary { Kind::Payroll } else { Kind::Expense };
    let posting = Posting::try_new(kind, input.company_id, document_id, input.effective_on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(document_id)
}

/// Everything the expense names exists: the ledger itself has no foreign keys.
async fn check_references_in_tx(run: &mut Run<'_>, input: &Accrue) -> Result<()> {
    if input.party_id != 0 {
        parties::store::get_in_tx(run, input.party_id).await?;
    }
    if input.channel_id != 0 {
        marketing::store::get_in_tx(run, input.channel_id).await?;
    }
    if input.department_id != 0 {
        store::check_department_in_tx(run, input.department_id).await?;
    }
    if input.employee_id != 0 {
        access::store::get_employee_in_tx(run, input.employee_id).await?;
    }
    Ok(())
}
