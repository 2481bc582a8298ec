//! The end of a claim on a supplier (исход претензии): he acknowledges it, or it is given up.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::store;
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Kind, Posting};
use crate::money;
use crate::settlements::{self, Side, store::By};

/// What becomes of a claim, or of a part of it.
#[derive(Debug, Clone, Serialize)]
pub struct SettleClaim {
    /// The open claim.
    pub claim_id: i64,
    /// Business date.
    pub on: NaiveDate,
    /// Roubles, positive, at most what is open.
    pub amount: Decimal,
    /// An article of losses when it is given up; `None` = the supplier acknowledged it.
    pub article_id: Option<i64>,
}

/// Settles a claim: acknowledged, it is an advance at the supplier, which lowers what he is owed or is paid back; given up, it is a loss.
/// Returns the document.
///
/// Errors: `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `NOTHING_TO_OFFSET`, `ARTICLE_MISMATCH`, `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn settle(db: &Db, ctx: &Ctx, input: &SettleClaim) -> Result<Outcome<i64>> {
    command::run(db, ctx, "treasury.settle_claim", Permission::PostBooks, input, settle_in_tx).await
}

async fn settle_in_tx(run: &mut Run<'_>, input: &SettleClaim) -> Result<i64> {
    let amount = money::positive(input.amount, "amount")?;
    let (company_id, claim) = settlements::claims::lock_in_tx(run, input.claim_id).await?;
    ledger::store::check_date_in_tx(run, company_id, input.on).await?;
    let of = claim.of;
    let document = documents::New {
        company_id,
        kind: documents::Kind::Claim,
        issued_on: input.on,
        party_id: of.party_id,
        subject_id: input.claim_id,
        gross: amount,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let by = By { company_id, document_id, on: input.on };
    let mut entries = vec![settlements::claims::settle_in_tx(run, by, claim, amount).await?];
    match input.article_id {
        None => {
            entries.push(Entry::debit(Account::SupplierAdvances, amount).settlement(of));
            entries.extend(settlements::withdraw::open_advance_in_tx(run, Side::Supplier, by, of, amount).await?);
        }
        Some(article_id) => {
            let article = store::article_in_tx(run, article_id).await?;
            if Account::parse(&article.contra_account) != Some(Account::WriteOffs) {
                let message = "a claim is given up to an article of losses, such as claim_refused; choose one";
                return Err(Error::rejected(Code::ArticleMismatch, message));
            }
            entries.push(settlements::claims::give_up_in_tx(run, by, claim, article_id, amount).await?);
        }
    }
    let posting = Posting::try_new(Kind::Claim, company_id, document_id, input.on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(document_id)
}
