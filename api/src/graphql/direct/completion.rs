//! Margin at completion of a deal, and why it moved.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use shpunt_domain::direct::completion::{self as domain, text};
use shpunt_domain::notifications::Language;

use crate::graphql::caller::{caller, db, scope};
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::loaders::loaders;
use crate::graphql::orders::Order;
use crate::graphql::page;
use crate::graphql::reports::MarginTotals;
use crate::graphql::scalars::{Moment, Number};

/// Margin at completion (маржа к завершению): what is earned and what is expected, in roubles without VAT.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct DealCompletion {
    /// By what was shipped (заработано).
    earned: MarginTotals,
    /// By what is to be shipped (ожидается): its prices, its goods at what their batches are worth now, plans and deferred costs.
    expected: MarginTotals,
    /// What waits in deferred costs for orders that are not shipped (отложено), part of the expected direct expenses.
    waiting: Number,
    /// Both (всего).
    total: MarginTotals,
    /// The same of each order (по заказам).
    #[graphql(complexity = "page::few(child_complexity)")]
    orders: Vec<OrderCompletion>,
}

/// Margin at completion of an order (маржа заказа к завершению).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderCompletion {
    /// By what was shipped (заработано).
    earned: MarginTotals,
    /// By what is to be shipped (ожидается).
    expected: MarginTotals,
    /// Both (всего).
    total: MarginTotals,
    #[graphql(skip)]
    order_id: i64,
}

#[ComplexObject]
impl OrderCompletion {
    /// The order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.order_id).await
    }
}

/// Something that changed the margin at completion (причина изменения), in roubles.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct MarginDriftChange {
    /// When (когда); null where batches changed their cost since the deal's last command.
    at: Option<Moment>,
    /// What happened, in the language of the request (что произошло).
    text: String,
    /// What it was before (было).
    was: Number,
    /// What it became (стало).
    became: Number,
    /// By how much gross profit at completion grew (влияние на валовую прибыль).
    gross_profit: Number,
    /// By how much contribution at completion grew (влияние на маржинальный доход).
    contribution: Number,
    #[graphql(skip)]
    order_id: i64,
}

impl MarginDriftChange {
    fn of(change: &domain::Change, language: Language) -> Self {
        let effect = change.effect();
        Self {
            at: change.at.map(Moment),
            text: text(change, language),
            was: Number::money(change.was),
            became: Number::money(change.became),
            gross_profit: Number::money(effect.gross_profit()),
            contribution: Number::money(effect.contribution()),
            order_id: change.key.order_id,
        }
    }
}

#[ComplexObject]
impl MarginDriftChange {
    /// Of which order (заказ); null of the deal itself.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.order_id).await
    }
}

/// How the margin at completion moved (движение маржи к завершению).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct MarginDrift {
    /// As it was then (до).
    before: MarginTotals,
    /// As it is now (сейчас): before and all changes make it to the kopeck.
    now: MarginTotals,
    /// What changed it (причины), in order.
    changes: Vec<MarginDriftChange>,
}

/// Questions about margin at completion.
#[derive(Default)]
pub(crate) struct CompletionQuery;

#[Object]
impl CompletionQuery {
    /// Margin at completion of a deal (маржа к завершению): earned by what was shipped, expected of the rest; needs `SEE_COST` too, and a
    /// manager sees the own deals and the team's.
    async fn deal_completion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deal (сделка).")] deal_id: Id<Deal>,
    ) -> Result<Option<DealCompletion>> {
        let (whole, orders) = match domain::get(db(ctx), &scope(ctx)?, deal_id.number).await {
            Err(error) if error.code() == shpunt_domain::Code::NotFound => return Ok(None),
            found => found?,
        };
        let order = |(order_id, order): (i64, domain::Completion)| OrderCompletion {
            earned: order.earned.into(),
            expected: order.expected.into(),
            total: order.total().into(),
            order_id,
        };
        Ok(Some(DealCompletion {
            earned: whole.earned.into(),
            expected: whole.expected.into(),
            waiting: Number::money(whole.waiting),
            total: whole.total().into(),
            orders: orders.into_iter().map(order).collect(),
        }))
    }

    /// Why the margin at completion of a deal moved (почему изменилась ожидаемая маржа), in words; needs `SEE_COST` too, and a manager sees the
    /// own deals and the team's.
    async fn margin_drift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deal (сделка).")] deal_id: Id<Deal>,
        #[graphql(desc = "What changed after this moment (с); left out: since the first plan of the deal.")] since: Option<
            Moment,
        >,
    ) -> Result<Option<MarginDrift>> {
        let drift = match domain::drift(db(ctx), &scope(ctx)?, deal_id.number, since.map(|moment| moment.0)).await {
            Err(error) if error.code() == shpunt_domain::Code::NotFound => return Ok(None),
            found => found?,
        };
        let language = match caller(ctx).language {
            shpunt_analytics::reports::Language::Ru => Language::Ru,
            shpunt_analytics::reports::Language::En => Language::En,
        };
        Ok(Some(MarginDrift {
            before: drift.before.into(),
            now: drift.now.into(),
            changes: drift.changes.iter().map(|change| MarginDriftChange::of(change, language)).collect(),
        }))
    }
}
