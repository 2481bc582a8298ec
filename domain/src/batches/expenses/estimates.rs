//! Estimated expenses (плановые расходы на партию): accrued when goods come, settled by difference when they are billed.
//!
//! An estimate raises the cost of its batches like a bill, against accrued costs instead of a debt and without VAT to deduct. The bill that
//! settles it brings each batch the difference between its part of the bill and what the batch bears of the estimate, either sign, through
//! the same split over stock and sold goods; the accrual becomes a debt.

use rust_decimal::Decimal;
use serde::Serialize;

use super::commands::{self, PostExpense};
use super::split::Amount;
use super::{AdditionalExpense, Kind, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::ledger::{Account, Entry, Expense, Settlement};

/// What a document does besides raising the cost of goods.
#[derive(Debug, Clone)]
pub(super) enum Mode {
    /// Счёт: opens a debt.
    Bill,
    /// Оценка: accrues.
    Estimate,
    /// Счёт взамен оценки, with what batches bear of the estimate.
    Settles(Box<AdditionalExpense>, Vec<(i64, Amount)>),
    /// Часть общего счёта: its document and its debt are there already.
    Part(i64),
}

impl Mode {
    /// The document it is a part of.
    pub(super) const fn document_id(&self) -> Option<i64> {
        if let Self::Part(document_id) = self { Some(*document_id) } else { None }
    }

    /// Whether it opens a debt, or an advance.
    pub(super) const fn owes(&self) -> bool {
        matches!(self, Self::Bill | Self::Settles(..))
    }

    /// What batches bear already, by id.
    pub(super) fn borne(&self) -> &[(i64, Amount)] {
        if let Self::Settles(_, borne) = self { borne } else { &[] }
    }

    /// The estimate it settles.
    pub(super) fn settles(&self) -> Option<&AdditionalExpense> {
        if let Self::Settles(estimate, _) = self { Some(estimate) } else { None }
    }

    /// The entry that turns the accrual of the estimate.
    pub(super) fn accrual(&self) -> Option<Entry> {
        self.settles().map(|estimate| accrued(estimate.party_id, estimate.contract_id, estimate.article_id, estimate.cost))
    }
}

/// The entry on accrued costs: below zero it is accrued, above zero it is billed.
pub(super) fn accrued(party_id: i64, contract_id: i64, article_id: i64, amount: Decimal) -> Entry {
    let of = Settlement { party_id, contract_id, ..Settlement::default() };
    Entry::debit(Account::AccruedCosts, amount).settlement(of).expense(Expense { article_id, ..Expense::default() })
}

/// A bill in place of an estimate.
#[derive(Debug, Clone, Serialize)]
pub struct SettleEstimate {
    /// The estimate.
    pub estimate_id: i64,
    /// The bill: an expense of the same company and article, of any party and with any targets.
    pub bill: PostExpense,
}

/// Accrues an estimated expense of batches: Dr inventory (and whoever took the goods), Cr accrued costs. Its `party_id` is who is expected to
/// bill it.
///
/// Errors: those of [`commands::post_expense`] except those of debts.
pub async fn estimate(db: &Db, ctx: &Ctx, input: &PostExpense) -> Result<Outcome<AdditionalExpense>> {
    command::run(db, ctx, "batches.estimate_expense", Permission::ReceiveGoods, input, async |run, input| {
        only_expense(input.kind)?;
        commands::post_as_in_tx(run, input, &Mode::Estimate, 0).await
    })
    .await
}

/// Posts the bill of an estimate. Errors: `NOT_FOUND`, `ALREADY_REVERSED`, `STILL_IN_USE` (settled already), `COMPANY_MISMATCH`,
/// `ARTICLE_MISMATCH` and those of [`commands::post_expense`].
pub async fn settle(db: &Db, ctx: &Ctx, input: &SettleEstimate) -> Result<Outcome<AdditionalExpense>> {
    command::run(db, ctx, "batches.settle_estimate", Permission::ReceiveGoods, input, async |run, input| {
        only_expense(input.bill.kind)?;
        let estimate = lock_in_tx(run, input).await?;
        let stored = store::stored_whole_in_tx(run, estimate.additional_expense_id).await?;
        let done = commands::post_as_in_tx(run, &input.bill, &Mode::Settles(Box::new(estimate), stored), 0).await?;
        store::save_settled_in_tx(run, input.estimate_id, done.additional_expense_id).await?;
        Ok(done)
    })
    .await
}

async fn lock_in_tx(run: &mut Run<'_>, input: &SettleEstimate) -> Result<AdditionalExpense> {
    let estimate = store::lock_in_tx(run, input.estimate_id).await?;
    commands::in_force(&estimate)?;
    if !estimate.estimate {
        return Err(Error::invalid("estimateId", "this is a bill, not an estimate; name what was accrued without one"));
    }
    open(&estimate)?;
    if estimate.company_id != input.bill.company_id {
        let message = "the estimate belongs to another company; post the bill there";
        return Err(Error::rejected(Code::CompanyMismatch, message));
    }
    if estimate.article_id != input.bill.article_id {
        let message = "the estimate is of another article; post the bill under that one";
        return Err(Error::rejected(Code::ArticleMismatch, message));
    }
    Ok(estimate)
}

/// Refuses an estimate that has its bill.
pub(super) fn open(estimate: &AdditionalExpense) -> Result<()> {
    if estimate.settled_by_id > 0 {
        return Err(Error::rejected(Code::StillInUse, "this estimate has its bill; take the bill back first"));
    }
    Ok(())
}

fn only_expense(kind: Kind) -> Result<()> {
    if kind == Kind::Credit {
        return Err(Error::invalid("kind", "only an expense is estimated; post a credit when it comes"));
    }
    Ok(())
}
