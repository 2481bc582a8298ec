//! SQL of direct expenses for those who look at them; a manager sees those of the own deals and the team's.

use chrono::NaiveDate;

use super::{Basis, DirectExpense, LinePart, PlanStatus, PlannedExpense, Share};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;

/// Which bills a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this own company.
    pub company_id: Option<i64>,
    /// Of this party.
    pub party_id: Option<i64>,
    /// That this order bears a part of.
    pub order_id: Option<i64>,
    /// That this deal or an order of it bears a part of.
    pub deal_id: Option<i64>,
}

/// Bills, newest first, after the row `(effective_on, direct_expense_id)`, at most `limit`.
pub async fn list(
    db: &Db,
    scope: &Scope,
    filter: &Filter,
    after: Option<(NaiveDate, i64)>,
    limit: i64,
) -> Result<Vec<DirectExpense>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        DirectExpense,
        r#"select direct_expense_id, company_id, party_id, contract_id, article_id, document_id, transaction_id, basis as "basis: Basis",
               number, issued_on, effective_on, net, vat, cost, cost_vat, reversed_on, reversal_document_id
           from direct_expenses e
           where ($1::bigint is null or company_id = $1) and ($2::bigint is null or party_id = $2)
               and ($3::bigint is null or exists (select from direct_expense_targets t left join direct_expense_parts p using (direct_expense_id, target)
                   where t.direct_expense_id = e.direct_expense_id and (t.order_id = $3 or p.order_id = $3)))
               and ($4::bigint is null or exists (select from direct_expense_targets t
                   where t.direct_expense_id = e.direct_expense_id and t.deal_id = $4))
               and ($5::bigint[] is null or not exists (select from direct_expense_targets t join deals d using (deal_id)
                   where t.direct_expense_id = e.direct_expense_id and d.employee_id <> all($5)))
               and ($6::date is null or (effective_on, direct_expense_id) < ($6, $7::bigint))
           order by effective_on desc, direct_expense_id desc limit $8"#,
        filter.company_id,
        filter.party_id,
        filter.order_id,
        filter.deal_id,
        scope.employees(),
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The bills of these ids.
pub async fn list_by_ids(db: &Db, scope: &Scope, ids: &[i64]) -> Result<Vec<DirectExpense>> {
    Ok(sqlx::query_as!(
        DirectExpense,
        r#"select direct_expense_id, company_id, party_id, contract_id, article_id, document_id, transaction_id, basis as "basis: Basis",
               number, issued_on, effective_on, net, vat, cost, cost_vat, reversed_on, reversal_document_id
           from direct_expenses e
           where direct_expense_id = any($1)
               and ($2::bigint[] is null or not exists (select from direct_expense_targets t join deals d using (deal_id)
                   where t.direct_expense_id = e.direct_expense_id and d.employee_id <> all($2)))"#,
        ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// What orders and deals bear of these bills, in their order.
pub async fn list_shares(db: &Db, ids: &[i64]) -> Result<Vec<Share>> {
    Ok(sqlx::query_as!(
        Share,
        "select direct_expense_id, target, order_id, deal_id, planned_expense_id, base, amount, waiting from direct_expense_targets
         where direct_expense_id = any($1) order by direct_expense_id, target",
        ids
    )
    .fetch_all(db)
    .await?)
}

/// What reached lines of orders of these bills, oldest first.
pub async fn list_parts(db: &Db, ids: &[i64]) -> Result<Vec<LinePart>> {
    Ok(sqlx::query_as!(
        LinePart,
        "select direct_expense_id, target, order_id, order_line_id, effective_on, amount from direct_expense_parts
         where direct_expense_id = any($1) order by direct_expense_part_id",
        ids
    )
    .fetch_all(db)
    .await?)
}

/// The plans of these orders, oldest first, dropped ones too.
pub async fn list_plans(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<PlannedExpense>> {
    Ok(sqlx::query_as!(
        PlannedExpense,
        r#"select p.planned_expense_id, p.order_id, p.article_id, p.party_id, p.net, p.vat, p.cost, p.note, p.status as "status: PlanStatus",
               p.accrued, p.accrued_vat, p.accrued_on, p.transaction_id, p.direct_expense_id, p.version
           from planned_expenses p join orders o using (order_id) join deals d using (deal_id)
           where p.order_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2)) order by p.planned_expense_id"#,
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// The plans of these ids.
pub async fn list_plans_by_ids(db: &Db, scope: &Scope, ids: &[i64]) -> Result<Vec<PlannedExpense>> {
    Ok(sqlx::query_as!(
        PlannedExpense,
        r#"select p.planned_expense_id, p.order_id, p.article_id, p.party_id, p.net, p.vat, p.cost, p.note, p.status as "status: PlanStatus",
               p.accrued, p.accrued_vat, p.accrued_on, p.transaction_id, p.direct_expense_id, p.version
           from planned_expenses p join orders o using (order_id) join deals d using (deal_id)
           where p.planned_expense_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2))"#,
        ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}
