//! The card of a batch in the graph: every movement, from the supplier to the customers.

use async_graphql::{ComplexObject, Context, SimpleObject};
use shpunt_domain::batches::read;

use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::Entity;
use crate::graphql::loaders::loaders;
use crate::graphql::orders::Order;
use crate::graphql::scalars::{Day, Money, Number, whole};
use crate::graphql::text::given;

/// A movement of a batch: goods, their cost, or both (строка карточки серии).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct BatchMovement {
    /// Business date (дата).
    effective_on: Day,
    /// Pieces, negative on the way out (штуки).
    pieces: i32,
    /// Metres (метры).
    metres: Number,
    /// Cost (стоимость).
    value: Money,
    /// What the cost was for (элемент себестоимости), such as `purchase` or `freight_in`.
    cost_element: Option<String>,
    /// Pieces after it (остаток штук).
    pieces_after: i32,
    /// Metres after it (остаток метров).
    metres_after: Number,
    /// Cost after it (остаток стоимости).
    value_after: Money,
    #[graphql(skip)]
    refers: (i64, i64),
}

impl Entity for BatchMovement {
    const PREFIX: &'static str = "batch_movement";
}

impl From<read::Movement> for BatchMovement {
    fn from(row: read::Movement) -> Self {
        Self {
            effective_on: Day(row.effective_on),
            pieces: whole(row.pieces),
            metres: Number::metres(row.metres),
            value: Money::roubles(row.value),
            cost_element: given(row.cost_element),
            pieces_after: whole(row.pieces_after),
            metres_after: Number::metres(row.metres_after),
            value_after: Money::roubles(row.value_after),
            refers: (row.document_id, row.order_id),
        }
    }
}

#[ComplexObject]
impl BatchMovement {
    /// The document that moved it (документ); null when the caller may not see it.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.refers.0).await
    }

    /// The order goods left with (заказ); null when there is none the caller may see.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.refers.1).await
    }
}
