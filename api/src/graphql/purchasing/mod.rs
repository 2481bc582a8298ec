//! Purchasing in the graph: orders to suppliers and what came of them. A manager sees the orders for the own deals, without money; what a
//! supplier is paid asks for the cost by field.

mod needs;
mod orders;
mod prices;
mod receipts;
mod requests;
mod transit;

use async_graphql::MergedObject;

pub(crate) use orders::{SupplierOrder, SupplierOrderLine, money_of_orders, orders_by_ids, received_of_lines};
pub(crate) use receipts::{BatchSupply, batches_of_lines, supplies_of_batches};
pub(crate) use requests::{PurchaseRequest, answers_of_requests, requests_by_ids};

/// Questions about purchasing, merged here so that the root gets only one part deeper by them.
#[derive(MergedObject, Default)]
pub(crate) struct PurchasingQuery(
    orders::SupplierOrdersQuery,
    needs::NeedsQuery,
    requests::RequestsQuery,
    prices::SupplierPricesQuery,
);

/// Changes of purchasing.
#[derive(MergedObject, Default)]
pub(crate) struct PurchasingMutation(
    orders::SupplierOrdersMutation,
    receipts::ReceiptsMutation,
    requests::RequestsMutation,
    transit::TransitShipMutation,
);
