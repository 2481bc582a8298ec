//! Direct expenses of orders.

use async_graphql::{ComplexObject, Context, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::read;

use super::Order;
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Key};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::{Batch as Rows, by_id, grouped, loaders};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Money};

/// A direct expense of an order (прямой расход заказа): freight to the customer, cutting, crane and the like.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderExpense {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Business date (дата).
    effective_on: Day,
    /// Without VAT (без НДС).
    net: Money,
    /// VAT as printed (НДС).
    vat: Money,
    #[graphql(skip)]
    row: read::Expense,
}

impl Entity for OrderExpense {
    const PREFIX: &'static str = "order_expense";
}

impl From<read::Expense> for OrderExpense {
    fn from(row: read::Expense) -> Self {
        Self {
            id: Key::of::<Self>(row.order_expense_id),
            effective_on: Day(row.effective_on),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            row,
        }
    }
}

#[ComplexObject]
impl OrderExpense {
    /// The order it belongs to (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.row.order_id).await
    }

    /// What it is for (статья).
    async fn article(&self, ctx: &Context<'_>) -> Result<Article> {
        loaders(ctx).articles.existing(self.row.article_id).await
    }

    /// To whom it is owed (контрагент).
    async fn party(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.row.party_id).await
    }

    /// Its document (документ).
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.row.document_id).await
    }
}

/// Expenses of the given ids that the caller may see.
pub(crate) fn expenses_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderExpense> {
    Box::pin(async move { Ok(by_id(read::list_expenses_by_ids(&db, &scope, &ids).await?, |row| row.order_expense_id)) })
}

/// The expenses of the given orders.
pub(crate) fn expenses_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<OrderExpense>> {
    Box::pin(async move { Ok(grouped(read::list_expenses(&db, &scope, &ids).await?, |row| row.order_id)) })
}
