//! What an order and its lines earned.

use async_graphql::SimpleObject;
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::contribution::{self, Contribution};

use super::OrderLine;
use crate::graphql::ids::Key;
use crate::graphql::loaders::Batch as Rows;
use crate::graphql::scalars::Number;

/// What was earned (маржинальный доход), in roubles without VAT: as it is known now, later costs, returns and corrections included.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct OrderMargin {
    /// Revenue (выручка).
    revenue: Number,
    /// Cost of the goods (себестоимость).
    cogs: Number,
    /// Revenue less cost (валовая прибыль).
    gross_profit: Number,
    /// Direct expenses (прямые расходы): billed and accrued; of a line, with its share of those of the whole order.
    direct_expenses: Number,
    /// Gross profit less direct expenses (маржинальный доход).
    contribution: Number,
    /// Contribution in percent of revenue (рентабельность); null without revenue.
    contribution_percent: Option<Number>,
    /// Contribution of a tonne (на тонну); null where no tonnes were sold.
    per_tonne: Option<Number>,
    /// Contribution of a metre (на метр); null where no metres were sold.
    per_metre: Option<Number>,
    /// Contribution of a piece (на штуку); null where no pieces were sold.
    per_piece: Option<Number>,
    /// The same of each line (по строкам), in their order; of a line, empty.
    #[graphql(complexity = "crate::graphql::page::few(child_complexity)")]
    lines: Vec<OrderLineMargin>,
}

/// What a line earned (маржинальный доход строки).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct OrderLineMargin {
    /// The line (строка).
    order_line_id: Key,
    /// What it earned (маржинальный доход).
    margin: OrderMargin,
}

impl OrderMargin {
    fn of(row: Contribution, lines: Vec<(i64, Contribution)>) -> Self {
        let line = |(id, line): (i64, Contribution)| OrderLineMargin {
            order_line_id: Key::of::<OrderLine>(id),
            margin: Self::of(line, Vec::new()),
        };
        Self {
            revenue: Number::money(row.revenue),
            cogs: Number::money(row.cost),
            gross_profit: Number::money(row.gross_profit()),
            direct_expenses: Number::money(row.expenses),
            contribution: Number::money(row.contribution()),
            contribution_percent: row.percent().map(Number::money),
            per_tonne: row.per(row.tonnes).map(Number::money),
            per_metre: row.per(row.metres).map(Number::money),
            per_piece: row.per(row.pieces.into()).map(Number::money),
            lines: lines.into_iter().map(line).collect(),
        }
    }
}

/// What the given orders earned.
pub(crate) fn margins_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderMargin> {
    Box::pin(async move {
        let rows = contribution::list(&db, &scope, &ids).await?;
        Ok(rows.into_iter().map(|row| (row.order_id, OrderMargin::of(row.total, row.lines))).collect())
    })
}
