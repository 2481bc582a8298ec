//! What has to be bought, in the graph.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use shpunt_domain::days;
use shpunt_domain::purchasing::needs::{self, read};

use crate::graphql::caller::{db, scope};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::{Fault, Result};
use crate::graphql::ids::Id;
use crate::graphql::loaders::loaders;
use crate::graphql::orders::Order;
use crate::graphql::page;
use crate::graphql::scalars::{Day, whole};

/// What has to be bought of a product (потребность).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PurchaseNeed {
    /// Pieces that orders of customers ask for until the day (спрос).
    demand: i32,
    /// Pieces that lie there, not those on their way (остаток).
    in_stock: i32,
    /// Pieces of those held by confirmed orders that are not in the demand: of a later day, of others' deals (в резерве у других).
    reserved: i32,
    /// Pieces that are ours, on their way and expected until the day (в пути); each counts from the day it is expected.
    in_transit: i32,
    /// Pieces suppliers owe until the day (в заказах поставщикам).
    on_order: i32,
    /// Pieces of drafts to suppliers, not counted (в черновиках).
    drafted: i32,
    /// Pieces to buy (к закупке): the demand less what is free, on its way and on order.
    to_buy: i32,
    /// The first day there is less than is asked for by then (дефицит с), also when more comes later.
    short_on: Option<Day>,
    /// The most pieces that are missing on any day (наибольший дефицит).
    short: i32,
    /// Which orders ask for it (чей спрос), the first to ship first.
    #[graphql(complexity = "page::list(child_complexity)")]
    demands: Vec<PurchaseDemand>,
    #[graphql(skip)]
    product_id: i64,
}

impl From<needs::Need> for PurchaseNeed {
    fn from(row: needs::Need) -> Self {
        Self {
            demand: whole(row.demand),
            in_stock: whole(row.in_stock),
            reserved: whole(row.reserved),
            in_transit: whole(row.in_transit),
            on_order: whole(row.on_order),
            drafted: whole(row.drafted),
            to_buy: whole(row.to_buy),
            short_on: row.short_on.map(Day),
            short: whole(row.short),
            demands: row.demands.into_iter().map(Into::into).collect(),
            product_id: row.product_id,
        }
    }
}

#[ComplexObject]
impl PurchaseNeed {
    /// What (номенклатура).
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        loaders(ctx).products.existing(self.product_id).await
    }
}

/// An order of a customer that asks for goods (спрос заказа).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct PurchaseDemand {
    /// Number of the order (номер заказа).
    order_number: String,
    /// Number of its deal (номер сделки).
    deal_number: String,
    /// When it shall ship (план отгрузки).
    planned_on: Day,
    /// Pieces (штуки).
    pieces: i32,
    #[graphql(skip)]
    order_id: i64,
    #[graphql(skip)]
    deal_id: i64,
}

impl From<needs::Demand> for PurchaseDemand {
    fn from(row: needs::Demand) -> Self {
        Self {
            order_number: row.order_number,
            deal_number: row.deal_number,
            planned_on: Day(row.planned_on),
            pieces: whole(row.pieces),
            order_id: row.order_id,
            deal_id: row.deal_id,
        }
    }
}

#[ComplexObject]
impl PurchaseDemand {
    /// The order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.order_id).await
    }

    /// Its deal (сделка).
    async fn deal(&self, ctx: &Context<'_>) -> Result<Deal> {
        loaders(ctx).deals.existing(self.deal_id).await
    }
}

/// Questions about what has to be bought.
#[derive(Default)]
pub(crate) struct NeedsQuery;

#[Object]
impl NeedsQuery {
    /// What has to be bought (потребность): what draft and confirmed orders of deals that are not lost ask for until a day, less what is
    /// free, on its way and owed by suppliers by then, by product.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn purchase_needs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who buys (своя организация).")] company_id: Id<Company>,
        #[graphql(desc = "The last day of shipping that counts (по дату).")] until: Day,
    ) -> Result<Vec<PurchaseNeed>> {
        let until = days::known(until.0, "until").map_err(|error| Fault::bad_input(error.to_string()))?;
        let rows = read::list(db(ctx), &scope(ctx)?, company_id.number, until).await?;
        Ok(rows.into_iter().map(PurchaseNeed::from).collect())
    }
}
