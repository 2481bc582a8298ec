//! SQL of joint bills for those who look at them; a manager sees those of the own deals and the team's.

use chrono::NaiveDate;

use super::JointBill;
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;

/// Joint bills in scope, newest first, after the row `(effective_on, joint_bill_id)`, at most `limit`; `None` = of all companies and parties.
pub async fn list(
    db: &Db,
    scope: &Scope,
    (company_id, party_id): (Option<i64>, Option<i64>),
    after: Option<(NaiveDate, i64)>,
    limit: i64,
) -> Result<Vec<JointBill>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        JointBill,
        "select joint_bill_id, company_id, party_id, contract_id, document_id, number, issued_on, effective_on, net, vat,
            additional_expense_id, direct_expense_id, reversed_on, reversal_document_id
         from joint_bills b
         where ($1::bigint is null or company_id = $1) and ($2::bigint is null or party_id = $2)
             and ($3::bigint[] is null or not exists (select from direct_expense_targets t join deals d using (deal_id)
                 where t.direct_expense_id = b.direct_expense_id and d.employee_id <> all($3)))
             and ($4::date is null or (effective_on, joint_bill_id) < ($4, $5::bigint))
         order by effective_on desc, joint_bill_id desc limit $6",
        company_id,
        party_id,
        scope.employees(),
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The joint bills of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, ids: &[i64]) -> Result<Vec<JointBill>> {
    Ok(sqlx::query_as!(
        JointBill,
        "select joint_bill_id, company_id, party_id, contract_id, document_id, number, issued_on, effective_on, net, vat,
            additional_expense_id, direct_expense_id, reversed_on, reversal_document_id
         from joint_bills b
         where joint_bill_id = any($1)
             and ($2::bigint[] is null or not exists (select from direct_expense_targets t join deals d using (deal_id)
                 where t.direct_expense_id = b.direct_expense_id and d.employee_id <> all($2)))",
        ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}
