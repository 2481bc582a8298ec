//! From which sum on a company pays only what was requested and approved (правило оплаты).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::{companies, money};

/// A company's rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Own company.
    pub company_id: i64,
    /// Payments out of so many roubles or more need an approved request, 0 = all of them; `None` = none does.
    pub requests_from: Option<Decimal>,
}

/// The rules of all own companies, by id.
pub async fn list(db: &Db) -> Result<Vec<Rule>> {
    Ok(sqlx::query_as!(
        Rule,
        r#"select company_id, requests_from as "requests_from?" from companies left join payment_rules using (company_id)
           order by company_id"#
    )
    .fetch_all(db)
    .await?)
}

/// Sets a company's rule, or lifts it (правило оплаты); what was paid before stays as it is. Errors: `NOT_FOUND`, `INVALID_INPUT`,
/// `FORBIDDEN`.
pub async fn set(db: &Db, ctx: &Ctx, input: &Rule) -> Result<Outcome<Rule>> {
    command::run(db, ctx, "treasury.payment_rule_set", Permission::ManageSettings, input, async |run, input| {
        companies::store::get_in_tx(run, input.company_id).await?;
        let requests_from = input.requests_from.map(|from| money::not_negative(from, "requestsFrom")).transpose()?;
        if let Some(from) = requests_from {
            sqlx::query!(
                "insert into payment_rules (company_id, requests_from) values ($1, $2)
                 on conflict (company_id) do update set requests_from = excluded.requests_from",
                input.company_id,
                from
            )
            .execute(&mut *run.tx)
            .await?;
        } else {
            sqlx::query!("delete from payment_rules where company_id = $1", input.company_id).execute(&mut *run.tx).await?;
        }
        Ok(Rule { company_id: input.company_id, requests_from })
    })
    .await
}

/// Refuses a payment out that names no request where one is needed. Errors: `PAYMENT_REQUEST_NEEDED`.
///
/// What the system itself pays (demo, imports, command line) is not held to it.
pub(super) async fn check_in_tx(run: &mut Run<'_>, company_id: i64, amount: Decimal) -> Result<()> {
    if run.ctx.actor.user_id == 0 {
        return Ok(());
    }
    let from = sqlx::query_scalar!(
        "select requests_from from payment_rules where company_id = $1 and requests_from <= $2",
        company_id,
        amount
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    let Some(from) = from else { return Ok(()) };
    let message =
        format!("this company pays sums from {from} only by an approved request; ask for one (paymentRequestCreate) and name it");
    Err(Error::rejected(Code::PaymentRequestNeeded, message))
}
