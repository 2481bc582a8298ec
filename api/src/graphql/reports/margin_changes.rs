//! Why a margin changed.

use async_graphql::{ComplexObject, Context, Object, OneofObject, SimpleObject};
use shpunt_analytics::reports::margin_changes as report;
use shpunt_domain::direct::completion;

use super::entries::LedgerEntry;
use super::{AsOf, ask};
use crate::graphql::caller::{scope, services};
use crate::graphql::deals::Deal;
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, Key};
use crate::graphql::loaders::loaders;
use crate::graphql::orders::Order;
use crate::graphql::scalars::{Day, Moment, Number, whole};

/// Whose margin (чья маржа).
#[derive(OneofObject)]
pub(crate) enum MarginOfInput {
    /// Of a deal with all its orders (сделка).
    #[graphql(name = "dealId")]
    Deal(Id<Deal>),
    /// Of one order (заказ).
    #[graphql(name = "orderId")]
    Order(Id<Order>),
}

impl From<MarginOfInput> for report::Of {
    fn from(of: MarginOfInput) -> Self {
        match of {
            MarginOfInput::Deal(id) => Self::Deal(id.number),
            MarginOfInput::Order(id) => Self::Order(id.number),
        }
    }
}

/// What is earned, or what that changed by (маржа), roubles without VAT.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct MarginTotals {
    /// Revenue (выручка).
    revenue: Number,
    /// Cost of the goods (себестоимость).
    cogs: Number,
    /// Revenue less cost (валовая прибыль).
    gross_profit: Number,
    /// Direct expenses of the orders (прямые расходы).
    direct_expenses: Number,
    /// Gross profit less direct expenses (маржинальный доход).
    contribution: Number,
}

impl From<report::Margin> for MarginTotals {
    fn from(margin: report::Margin) -> Self {
        Self {
            revenue: Number::money(margin.revenue),
            cogs: Number::money(margin.cogs),
            gross_profit: Number::money(margin.gross_profit()),
            direct_expenses: Number::money(margin.direct_expenses),
            contribution: Number::money(margin.contribution()),
        }
    }
}

impl From<completion::Margin> for MarginTotals {
    fn from(margin: completion::Margin) -> Self {
        Self {
            revenue: Number::money(margin.revenue),
            cogs: Number::money(margin.cost),
            gross_profit: Number::money(margin.gross_profit()),
            direct_expenses: Number::money(margin.expenses),
            contribution: Number::money(margin.contribution()),
        }
    }
}

/// An entry that changed the margin (причина изменения), in roubles.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct MarginChange {
    /// The entry (проводка).
    entry_id: Key,
    /// What happened, in the language of the request (что произошло).
    text: String,
    /// Code of the account (счёт).
    account: &'static str,
    /// Its name (название счёта).
    account_label: &'static str,
    /// Debit is positive, credit negative (сумма).
    amount: Number,
    /// By how much gross profit grew (влияние на валовую прибыль).
    gross_profit: Number,
    /// By how much contribution grew (влияние на маржинальный доход).
    contribution: Number,
    /// Business date (дата).
    effective_on: Day,
    /// The date of the original shipment (дата исходной отгрузки).
    origin_on: Day,
    /// When it became known (время записи).
    booked_at: Moment,
    #[graphql(skip)]
    document_id: i64,
}

impl From<report::Change> for MarginChange {
    fn from(row: report::Change) -> Self {
        Self {
            entry_id: Key::of::<LedgerEntry>(row.entry_id),
            text: row.text,
            account: row.account.as_str(),
            account_label: row.account_label,
            amount: Number::money(row.amount),
            gross_profit: Number::money(row.effect.gross_profit()),
            contribution: Number::money(row.effect.contribution()),
            effective_on: Day(row.effective_on),
            origin_on: Day(row.origin_on),
            booked_at: Moment(row.booked_at),
            document_id: row.document_id,
        }
    }
}

#[ComplexObject]
impl MarginChange {
    /// The document it was posted by (документ); null when the caller may not see it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.document_id).await
    }
}

/// Why a margin changed in a window of time (почему изменилась маржа).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct MarginChanges {
    /// As it was known at the beginning (до).
    before: MarginTotals,
    /// As it was known at the end (после): before, all changes and the rest make it to the kopeck.
    after: MarginTotals,
    /// What was booked in between (причины), in the order of booking, at most 200.
    changes: Vec<MarginChange>,
    /// How many more there are (ещё записей); a shorter window tells them.
    more: i32,
    /// What those did together (их влияние).
    more_effect: MarginTotals,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

/// The question why.
#[derive(Default)]
pub(crate) struct MarginChangesQuery;

#[Object]
impl MarginChangesQuery {
    /// Why the margin of a deal or an order changed between two moments (почему изменилась маржа): the entries booked in between, in words;
    /// needs `SEE_COST` too, and a manager sees the own deals and the team's.
    async fn margin_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose (чья).")] of: MarginOfInput,
        #[graphql(desc = "What was booked after this moment (с).")] since: Moment,
        #[graphql(desc = "And not after this one (по); left out: until now.")] until: Option<Moment>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<MarginChanges>> {
        let ask = ask(ctx, after, until);
        let answer = services(ctx).reports.margin_changes(&ask, &scope(ctx)?, of.into(), since.0).await?;
        let data = answer.data;
        Ok(Some(MarginChanges {
            before: data.before.into(),
            after: data.after.into(),
            changes: data.changes.into_iter().map(MarginChange::from).collect(),
            more: whole(data.more),
            more_effect: data.more_effect.into(),
            as_of: answer.as_of.into(),
        }))
    }
}
