//! Which orders, plans and deals bear a bill and by what, checked and locked.

use rust_decimal::Decimal;
use serde::Serialize;

use super::split::Amount;
use super::store::{self, Bearer, Whole};
use super::{Basis, PlanStatus, PlannedExpense};
use crate::batches::expenses::check_targets;
use crate::batches::expenses::split::by_bases;
use crate::command::Run;
use crate::error::{Code, Error, Result};

pub use crate::batches::expenses::commands::TARGETS_MAX;

/// Who bears a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bears {
    /// An order, beside its plans.
    Order(i64),
    /// The order of this plan, which the bill settles.
    Plan(i64),
    /// All orders of a deal.
    Deal(i64),
}

/// A target of a bill.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Target {
    /// Who.
    pub bears: Bears,
    /// Its share, in any unit; only where shares are given.
    pub share: Option<Decimal>,
}

/// A target with everything that is known of it, locked.
#[derive(Debug, Clone)]
pub(super) enum Bearing {
    Order(Bearer),
    Plan(Bearer, PlannedExpense),
    /// A deal with its orders that are not cancelled.
    Deal(Whole, Vec<Bearer>),
}

impl Bearing {
    pub(super) const fn deal_id(&self) -> i64 {
        match self {
            Self::Order(order) | Self::Plan(order, _) => order.deal_id,
            Self::Deal(deal, _) => deal.deal_id,
        }
    }

    pub(super) const fn order_id(&self) -> i64 {
        match self {
            Self::Order(order) | Self::Plan(order, _) => order.order_id,
            Self::Deal(..) => 0,
        }
    }

    pub(super) const fn planned_expense_id(&self) -> i64 {
        match self {
            Self::Plan(_, plan) => plan.planned_expense_id,
            _ => 0,
        }
    }

    fn orders(&self) -> &[Bearer] {
        match self {
            Self::Order(order) | Self::Plan(order, _) => std::slice::from_ref(order),
            Self::Deal(_, live) => live,
        }
    }

    fn company_id(&self) -> i64 {
        match self {
            Self::Order(order) | Self::Plan(order, _) => order.company_id,
            Self::Deal(deal, _) => deal.company_id,
        }
    }
}

/// Refuses targets that are none, too many, named twice, or with shares that do not go with the basis.
pub(super) fn check(basis: Basis, targets: &[Target]) -> Result<()> {
    let each = targets.iter().map(|target| (target.bears, target.share));
    check_targets(each, basis == Basis::Manual, "orders, plans or deals", "")
}

/// Locks orders, then deals, then plans, each by id. Errors: `NOT_FOUND`, `COMPANY_MISMATCH`, `ORDER_STATUS`, `ARTICLE_MISMATCH`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, company_id: i64, article_id: i64, of: &[Target]) -> Result<Vec<Bearing>> {
    let ids = |id: fn(&Bears) -> Option<i64>| {
        let mut ids: Vec<i64> = of.iter().filter_map(|target| id(&target.bears)).collect();
        ids.sort_unstable();
        ids
    };
    let plan_ids = ids(|bears| if let Bears::Plan(id) = bears { Some(*id) } else { None });
    let deal_ids = ids(|bears| if let Bears::Deal(id) = bears { Some(*id) } else { None });
    let mut order_ids = ids(|bears| if let Bears::Order(id) = bears { Some(*id) } else { None });
    let planned = sqlx::query_scalar!("select order_id from planned_expenses where planned_expense_id = any($1)", &plan_ids)
        .fetch_all(&mut *run.tx)
        .await?;
    order_ids.extend(planned);
    order_ids.sort_unstable();
    order_ids.dedup();
    let orders = store::lock_orders_in_tx(run, &order_ids).await?;
    let deals = store::lock_deals_in_tx(run, &deal_ids).await?;
    let plans = store::lock_plans_in_tx(run, &plan_ids).await?;
    let order = |order_id: i64| {
        orders.iter().find(|order| order.order_id == order_id).cloned().ok_or_else(|| Error::not_found("order", order_id))
    };
    let mut bearings = Vec::with_capacity(of.len());
    for (index, target) in of.iter().enumerate() {
        let bearing = match target.bears {
            Bears::Order(order_id) => Bearing::Order(order(order_id)?),
            Bears::Plan(id) => {
                let plan = plans.iter().find(|plan| plan.planned_expense_id == id).cloned();
                let plan = plan.ok_or_else(|| Error::not_found("planned expense", id))?;
                Bearing::Plan(order(plan.order_id)?, billable(plan, article_id)?)
            }
            Bears::Deal(deal_id) => {
                let deal = deals.iter().find(|deal| deal.deal_id == deal_id).cloned();
                let deal = deal.ok_or_else(|| Error::not_found("deal", deal_id))?;
                Bearing::Deal(deal, store::live_in_tx(run, deal_id).await?)
            }
        };
        if bearing.company_id() != company_id {
            let message = format!("target {} belongs to another company; post its part there", index + 1);
            return Err(Error::rejected(Code::CompanyMismatch, message));
        }
        if let Bearing::Order(order) | Bearing::Plan(order, _) = &bearing {
            order.not_cancelled()?;
        }
        bearings.push(bearing);
    }
    Ok(bearings)
}

fn billable(plan: PlannedExpense, article_id: i64) -> Result<PlannedExpense> {
    if !matches!(plan.status, PlanStatus::Planned | PlanStatus::Accrued) {
        let message = "this plan is billed or dropped; post the bill on its order instead";
        return Err(Error::rejected(Code::OrderStatus, message));
    }
    if plan.article_id != article_id {
        let message = "the plan is of another article; post the bill under that one, or on the order";
        return Err(Error::rejected(Code::ArticleMismatch, message));
    }
    Ok(plan)
}

/// What each target is counted by, and its part. One target bears everything, whatever it is counted by. Errors: `NOTHING_TO_ALLOCATE`.
pub(super) fn shared(of: Amount, basis: Basis, targets: &[Target], bearings: &[Bearing]) -> Result<(Vec<Decimal>, Vec<Amount>)> {
    let base = |(target, bearing): (&Target, &Bearing)| {
        let orders = bearing.orders();
        match basis {
            Basis::Tonnes => orders.iter().map(Bearer::tonnes).sum(),
            Basis::Pieces => orders.iter().flat_map(|order| &order.lines).map(|line| Decimal::from(line.pieces)).sum(),
            Basis::Metres => orders.iter().flat_map(|order| &order.lines).map(|line| line.metres).sum(),
            Basis::Amount => orders.iter().map(|order| order.net).sum(),
            Basis::Manual => target.share.unwrap_or_default(),
        }
    };
    let bases: Vec<Decimal> = targets.iter().zip(bearings).map(base).collect();
    let shares = if targets.len() == 1 { vec![of] } else { by_bases(of, &bases)? };
    Ok((bases, shares))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(bears: Bears, share: Option<i64>) -> Target {
        Target { bears, share: share.map(Decimal::from) }
    }

    #[test]
    fn targets_are_named_once_and_with_the_shares_their_basis_asks_for() {
        let refused = |basis, targets: &[Target]| {
            let error = check(basis, targets).unwrap_err();
            assert_eq!(error.code(), Code::InvalidInput);
            let Error::Invalid { path, .. } = error else { panic!("{error}") };
            path
        };
        let order = |id, share| target(Bears::Order(id), share);
        assert_eq!(refused(Basis::Tonnes, &[]), "targets");
        let many: Vec<_> = (0..=500).map(|id| order(id, None)).collect();
        assert_eq!(refused(Basis::Tonnes, &many), "targets");
        assert_eq!(refused(Basis::Tonnes, &[order(1, None), order(1, None)]), "targets.1");
        assert!(check(Basis::Tonnes, &[order(1, None), target(Bears::Deal(1), None), target(Bears::Plan(1), None)]).is_ok());
        assert_eq!(refused(Basis::Tonnes, &[order(1, Some(1))]), "targets.0.share");
        assert_eq!(refused(Basis::Manual, &[order(1, Some(1)), order(2, None)]), "targets.1.share");
        assert_eq!(refused(Basis::Manual, &[order(1, Some(-1))]), "targets.0.share");
    }
}
