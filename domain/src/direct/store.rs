//! SQL of direct expenses: orders and deals as those that bear them, plans and bills.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::split::{Amount, Load};
use super::{DirectExpense, PlanStatus, PlannedExpense};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::{Account, Entry, Expense, Sale};

/// A goods line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) order_line_id: i64,
    pub(super) product_id: i64,
    pub(super) pieces: i64,
    pub(super) metres: Decimal,
    pub(super) tonnes: Decimal,
}

/// An order that may bear an expense.
#[derive(Debug, Clone)]
pub(super) struct Bearer {
    pub(super) order_id: i64,
    pub(super) company_id: i64,
    pub(super) deal_id: i64,
    pub(super) number: String,
    pub(super) status: String,
    pub(super) planned_on: NaiveDate,
    /// The day it counts as sold from: where title passes at unloading, that day. Its expenses are accrued with its revenue.
    pub(super) shipped_on: Option<NaiveDate>,
    pub(super) document_id: i64,
    pub(super) net: Decimal,
    /// Manager and channel as they are now.
    pub(super) sale: Sale,
    pub(super) lines: Vec<Line>,
}

impl Bearer {
    pub(super) fn tonnes(&self) -> Decimal {
        self.lines.iter().map(|line| line.tonnes).sum()
    }

    pub(super) fn load(&self) -> Load {
        Load { order_id: self.order_id, tonnes: self.tonnes(), shipped: self.shipped_on.is_some() }
    }

    /// Its lines with their part, by tonnes; the order as a whole while its lines may change, and where it has no goods.
    pub(super) fn by_lines(&self, of: Amount) -> Result<Vec<(Sale, Amount)>> {
        if self.lines.is_empty() || self.status == "draft" {
            return Ok(vec![(self.sale, of)]);
        }
        let tonnes: Vec<Decimal> = self.lines.iter().map(|line| line.tonnes).collect();
        let sale = |line: &Line| Sale { order_line_id: line.order_line_id, product_id: line.product_id, ..self.sale };
        Ok(self.lines.iter().map(sale).zip(super::split::by_tonnes(of, &tonnes)?).collect())
    }

    /// What was asked for is refused of a cancelled order.
    pub(super) fn not_cancelled(&self) -> Result<()> {
        if self.status == "cancelled" {
            let message = format!("order {} is cancelled; it takes no expenses", self.number);
            return Err(Error::rejected(Code::OrderStatus, message));
        }
        Ok(())
    }
}

/// Dr order expenses, with the dimensions of the sale; a negative amount takes back.
pub(super) fn borne(sale: Sale, article_id: i64, of: Amount, origin_on: NaiveDate) -> Entry {
    let what = Expense { article_id, ..Expense::default() };
    Entry::debit(Account::OrderExpenses, of.value).vat(of.vat).sale(sale).expense(what).origin_on(origin_on)
}

/// Locks orders of the caller's scope, by id. Errors: `NOT_FOUND`.
pub(super) async fn lock_orders_in_tx(run: &mut Run<'_>, order_ids: &[i64]) -> Result<Vec<Bearer>> {
    sqlx::query!("select order_id from orders where order_id = any($1) order by order_id for update", order_ids)
        .fetch_all(&mut *run.tx)
        .await?;
    let scope = run.ctx.actor.scope();
    let found = orders_in_tx(run, order_ids, scope.employees()).await?;
    match order_ids.iter().find(|order_id| !found.iter().any(|bearer| bearer.order_id == **order_id)) {
        Some(missing) => Err(Error::not_found("order", missing)),
        None => Ok(found),
    }
}

/// The orders of a deal that are not cancelled, by id.
pub(super) async fn live_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<Vec<Bearer>> {
    let ids = sqlx::query_scalar!(
        "select order_id from orders where deal_id = $1 and status <> 'cancelled' and deleted_at is null order by order_id",
        deal_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    orders_in_tx(run, &ids, None).await
}

/// Orders with their goods lines, by id.
pub(super) async fn orders_in_tx(run: &mut Run<'_>, order_ids: &[i64], managers: Option<&[i64]>) -> Result<Vec<Bearer>> {
    let rows = sqlx::query!(
        "select o.order_id, o.company_id, o.deal_id, o.contract_id, o.party_id, o.number, o.status, o.planned_on,
             case when o.title_on_delivery then o.delivered_on else o.shipped_on end as shipped_on, o.document_id, o.net,
             d.employee_id, d.channel_id
         from orders o join deals d using (deal_id)
         where o.order_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2)) order by o.order_id",
        order_ids,
        managers
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let lines = sqlx::query!(
        "select order_id, order_line_id, product_id, pieces, metres, tonnes_theoretical from order_lines
         where order_id = any($1) and kind = 'goods' and deleted_at is null order by order_id, line",
        order_ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let of = |order_id| {
        let own = lines.iter().filter(|row| row.order_id == order_id);
        own.map(|row| Line {
            order_line_id: row.order_line_id,
            product_id: row.product_id,
            pieces: row.pieces,
            metres: row.metres,
            tonnes: row.tonnes_theoretical,
        })
        .collect::<Vec<_>>()
    };
    Ok(rows
        .into_iter()
        .map(|row| Bearer {
            lines: of(row.order_id),
            order_id: row.order_id,
            company_id: row.company_id,
            deal_id: row.deal_id,
            number: row.number,
            status: row.status,
            planned_on: row.planned_on,
            shipped_on: row.shipped_on,
            document_id: row.document_id,
            net: row.net,
            sale: Sale {
                deal_id: row.deal_id,
                order_id: row.order_id,
                party_id: row.party_id,
                contract_id: row.contract_id,
                employee_id: row.employee_id,
                channel_id: row.channel_id,
                ..Sale::default()
            },
        })
        .collect())
}

/// A deal that may bear an expense.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) deal_id: i64,
    pub(super) company_id: i64,
    pub(super) stage: String,
    pub(super) sale: Sale,
}

impl Whole {
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.stage.as_str(), "won" | "lost")
    }
}

/// Locks deals of the caller's scope, by id: nothing ships or closes meanwhile. Errors: `NOT_FOUND`.
pub(super) async fn lock_deals_in_tx(run: &mut Run<'_>, deal_ids: &[i64]) -> Result<Vec<Whole>> {
    let scope = run.ctx.actor.scope();
    let rows = sqlx::query!(
        "select deal_id, company_id, stage, party_id, contract_id, employee_id, channel_id from deals
         where deal_id = any($1) and deleted_at is null and ($2::bigint[] is null or employee_id = any($2)) order by deal_id for update",
        deal_ids,
        scope.employees()
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let found: Vec<Whole> = rows
        .into_iter()
        .map(|row| Whole {
            deal_id: row.deal_id,
            company_id: row.company_id,
            stage: row.stage,
            sale: Sale {
                deal_id: row.deal_id,
                party_id: row.party_id,
                contract_id: row.contract_id,
                employee_id: row.employee_id,
                channel_id: row.channel_id,
                ..Sale::default()
            },
        })
        .collect();
    match deal_ids.iter().find(|deal_id| !found.iter().any(|whole| whole.deal_id == **deal_id)) {
        Some(missing) => Err(Error::not_found("deal", missing)),
        None => Ok(found),
    }
}

/// The article is one of direct expenses. Errors: `NOT_FOUND`, `ARTICLE_MISMATCH`.
pub(super) async fn check_article_in_tx(run: &mut Run<'_>, article_id: i64) -> Result<()> {
    let account = sqlx::query_scalar!("select contra_account from articles where article_id = $1", article_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("article", article_id))?;
    if account == Account::OrderExpenses.as_str() {
        return Ok(());
    }
    let message = "this article is not a direct expense of an order; choose freight, cutting or the like";
    Err(Error::rejected(Code::ArticleMismatch, message))
}

/// Locks plans, by id. Errors: `NOT_FOUND`.
pub(super) async fn lock_plans_in_tx(run: &mut Run<'_>, ids: &[i64]) -> Result<Vec<PlannedExpense>> {
    let found = sqlx::query_as!(
        PlannedExpense,
        r#"select planned_expense_id, order_id, article_id, party_id, net, vat, cost, note, status as "status: PlanStatus", accrued, accrued_vat,
               accrued_on, transaction_id, direct_expense_id, version
           from planned_expenses where planned_expense_id = any($1) order by planned_expense_id for update"#,
        ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    match ids.iter().find(|id| !found.iter().any(|plan| plan.planned_expense_id == **id)) {
        Some(missing) => Err(Error::not_found("planned expense", missing)),
        None => Ok(found),
    }
}

/// Locks the plans of an order that wait for its shipment, by id.
pub(super) async fn lock_waiting_plans_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<Vec<PlannedExpense>> {
    let ids = sqlx::query_scalar!(
        "select planned_expense_id from planned_expenses where order_id = $1 and status = 'planned' order by planned_expense_id",
        order_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let mut plans = lock_plans_in_tx(run, &ids).await?;
    plans.retain(|plan| plan.status == PlanStatus::Planned);
    Ok(plans)
}

/// Writes a plan; returns it with its id.
pub(super) async fn insert_plan_in_tx(run: &mut Run<'_>, mut plan: PlannedExpense) -> Result<PlannedExpense> {
    plan.planned_expense_id = sqlx::query_scalar!(
        "insert into planned_expenses (order_id, article_id, party_id, net, vat, cost, note, status, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning planned_expense_id",
        plan.order_id,
        plan.article_id,
        plan.party_id,
        plan.net,
        plan.vat,
        plan.cost,
        plan.note,
        plan.status as PlanStatus,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(plan)
}

/// Saves a plan.
pub(super) async fn save_plan_in_tx(run: &mut Run<'_>, plan: &PlannedExpense) -> Result<()> {
    sqlx::query!(
        "update planned_expenses set party_id = $2, net = $3, vat = $4, note = $5, status = $6, accrued = $7, accrued_vat = $8,
            accrued_on = $9, transaction_id = $10, direct_expense_id = $11, version = $12, cost = $13
         where planned_expense_id = $1",
        plan.planned_expense_id,
        plan.party_id,
        plan.net,
        plan.vat,
        plan.note,
        plan.status as PlanStatus,
        plan.accrued,
        plan.accrued_vat,
        plan.accrued_on,
        plan.transaction_id,
        plan.direct_expense_id,
        plan.version,
        plan.cost
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

/// Writes a bill; returns it with its id.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, mut new: DirectExpense) -> Result<DirectExpense> {
    new.direct_expense_id = sqlx::query_scalar!(
        "insert into direct_expenses (company_id, party_id, contract_id, article_id, document_id, transaction_id, basis, number, issued_on,
            effective_on, net, vat, cost, cost_vat)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning direct_expense_id",
        new.company_id,
        new.party_id,
        new.contract_id,
        new.article_id,
        new.document_id,
        new.transaction_id,
        new.basis as super::Basis,
        new.number,
        new.issued_on,
        new.effective_on,
        new.net,
        new.vat,
        new.cost,
        new.cost_vat
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(new)
}

/// The last day on which a bill of one of these plans was taken back.
pub(super) async fn freed_on_in_tx(run: &mut Run<'_>, plan_ids: &[i64]) -> Result<Option<NaiveDate>> {
    let freed = sqlx::query_scalar!(
        "select max(e.reversed_on) from direct_expenses e join direct_expense_targets t using (direct_expense_id)
         where t.planned_expense_id = any($1)",
        plan_ids
    );
    Ok(freed.fetch_one(&mut *run.tx).await?)
}
