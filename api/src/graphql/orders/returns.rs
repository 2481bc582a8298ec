//! Returns from customers and corrections of shipments.

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::{corrections, returns};

use super::{Order, OrderLine};
use crate::graphql::documents::Document;
use crate::graphql::error::{Fault, Result};
use crate::graphql::ids::{Entity, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, grouped, loaders};
use crate::graphql::page;
use crate::graphql::scalars::{Day, Money, Number, weighed, whole};

/// Goods a customer brought back (возврат от покупателя): revenue and VAT of the shipment, and the cost, taken back.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderReturn {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Business date (дата возврата).
    returned_on: Day,
    /// Why the goods came back (причина).
    reason: String,
    /// The goods came back before they were unloaded (возврат до перехода права собственности): they were not sold yet, the sums are what will
    /// not be.
    undelivered: bool,
    /// Taken back without VAT (без НДС).
    net: Money,
    /// The VAT at the rate of the shipment (НДС).
    vat: Money,
    /// Taken back with VAT (с НДС).
    gross: Money,
    /// What came back (строки), in the order of the shipment.
    #[graphql(complexity = "page::few(child_complexity)")]
    lines: Vec<OrderReturnLine>,
    #[graphql(skip)]
    order_id: i64,
    #[graphql(skip)]
    document_id: i64,
}

impl Entity for OrderReturn {
    const PREFIX: &'static str = "order_return";
}

impl From<returns::OrderReturn> for OrderReturn {
    fn from(row: returns::OrderReturn) -> Self {
        let order_id = row.order_id;
        Self {
            id: Key::of::<Self>(row.order_return_id),
            returned_on: Day(row.returned_on),
            reason: row.reason,
            undelivered: row.undelivered,
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            lines: row.lines.into_iter().map(|line| OrderReturnLine::of(order_id, &line)).collect(),
            order_id,
            document_id: row.document_id,
        }
    }
}

#[ComplexObject]
impl OrderReturn {
    /// The order the goods were shipped with (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.order_id).await
    }

    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.document_id).await
    }
}

/// What came back of a line (строка возврата).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderReturnLine {
    /// Pieces (штуки).
    pieces: i32,
    /// Metres (метры).
    metres: Number,
    /// Tonnes by the weight of the profile (тонны теоретические).
    tonnes_theoretical: Number,
    /// The share of the tonnes by the scales (тонны по весам); null when the line was not weighed.
    tonnes_weighed: Option<Number>,
    /// Without VAT (без НДС).
    net: Money,
    /// The VAT (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    /// What the pieces brought back into their batch (себестоимость): with costs learnt after the shipment.
    cost: Money,
    #[graphql(skip)]
    of: (i64, i64),
}

impl OrderReturnLine {
    fn of(order_id: i64, row: &returns::ReturnLine) -> Self {
        Self {
            pieces: whole(row.pieces),
            metres: Number::metres(row.metres),
            tonnes_theoretical: Number::tonnes(row.tonnes_theoretical),
            tonnes_weighed: weighed(row.tonnes_weighed),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            cost: Money::roubles(row.cost),
            of: (order_id, row.order_line_id),
        }
    }
}

#[ComplexObject]
impl OrderReturnLine {
    /// The line of the order (строка заказа).
    async fn line(&self, ctx: &Context<'_>) -> Result<OrderLine> {
        line_of(ctx, self.of).await
    }
}

/// Another price or weight of lines that were shipped (корректировка отгрузки, УКД); amounts are differences, above zero the customer owes
/// more.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderCorrection {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Business date (дата корректировки).
    corrected_on: Day,
    /// Why (причина).
    reason: String,
    /// Without VAT (без НДС).
    net: Money,
    /// The VAT at the rate of the shipment (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    /// What was corrected (строки), as they were given.
    #[graphql(complexity = "page::few(child_complexity)")]
    lines: Vec<OrderCorrectionLine>,
    #[graphql(skip)]
    order_id: i64,
    #[graphql(skip)]
    document_id: i64,
}

impl Entity for OrderCorrection {
    const PREFIX: &'static str = "order_correction";
}

impl From<corrections::OrderCorrection> for OrderCorrection {
    fn from(row: corrections::OrderCorrection) -> Self {
        let order_id = row.order_id;
        Self {
            id: Key::of::<Self>(row.order_correction_id),
            corrected_on: Day(row.corrected_on),
            reason: row.reason,
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            lines: row.lines.into_iter().map(|line| OrderCorrectionLine::of(order_id, &line)).collect(),
            order_id,
            document_id: row.document_id,
        }
    }
}

#[ComplexObject]
impl OrderCorrection {
    /// The order that was shipped (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.order_id).await
    }

    /// Its document (УКД).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.document_id).await
    }
}

/// A corrected line (строка корректировки).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderCorrectionLine {
    /// Price of a unit from then on (цена): with or without VAT as the line is priced.
    price: Money,
    /// How much of the unit from then on (количество): of the whole line as it was shipped.
    quantity: Number,
    /// The difference without VAT (без НДС).
    net: Money,
    /// The VAT (НДС).
    vat: Money,
    /// With VAT (с НДС).
    gross: Money,
    #[graphql(skip)]
    of: (i64, i64),
}

impl OrderCorrectionLine {
    fn of(order_id: i64, row: &corrections::CorrectionLine) -> Self {
        Self {
            price: Money::roubles(row.terms.price),
            quantity: Number::tonnes(row.terms.quantity),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            gross: Money::roubles(row.gross),
            of: (order_id, row.order_line_id),
        }
    }
}

#[ComplexObject]
impl OrderCorrectionLine {
    /// The line of the order (строка заказа).
    async fn line(&self, ctx: &Context<'_>) -> Result<OrderLine> {
        line_of(ctx, self.of).await
    }
}

/// A line of an order.
pub(crate) async fn line_of(ctx: &Context<'_>, (order_id, order_line_id): (i64, i64)) -> Result<OrderLine> {
    let order = loaders(ctx).orders.existing(order_id).await?;
    let id = Key::of::<OrderLine>(order_line_id);
    let line = order.lines.into_iter().find(|line| line.id == id);
    line.ok_or_else(|| Fault::from(shpunt_domain::Error::internal("a line of an order is gone")))
}

/// Returns of the given ids that the caller may see.
pub(crate) fn returns_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderReturn> {
    Box::pin(async move { Ok(by_id(returns::read::list_by_ids(&db, &scope, &ids).await?, |row| row.order_return_id)) })
}

/// The returns of the given orders.
pub(crate) fn returns_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<OrderReturn>> {
    Box::pin(async move { Ok(grouped(returns::read::list_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// The pieces that came back of the given lines; none where none did.
pub(crate) fn returned_pieces(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<i32> {
    Box::pin(async move {
        let rows = returns::read::list_pieces(&db, &scope, &ids).await?;
        Ok(rows.into_iter().map(|(line, pieces)| (line, whole(pieces))).collect::<HashMap<_, _>>())
    })
}

/// Corrections of the given ids that the caller may see.
pub(crate) fn corrections_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderCorrection> {
    Box::pin(async move { Ok(by_id(corrections::read::list_by_ids(&db, &scope, &ids).await?, |row| row.order_correction_id)) })
}

/// The corrections of the given orders.
pub(crate) fn corrections_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<OrderCorrection>> {
    Box::pin(async move { Ok(grouped(corrections::read::list_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}
