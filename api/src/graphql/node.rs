//! Any row of the graph by its id.

use async_graphql::{Context, ID, Interface, Object};
use shpunt_domain::access::Permission;

use super::access::{Employee, User};
use super::batches::{AdditionalExpense, Batch, StockCount, SupplierReturn, Warehouse};
use super::caller::{actor, require};
use super::catalog::Product;
use super::communications::Call;
use super::companies::Company;
use super::deals::{Deal, DealTask};
use super::direct::{DirectExpense, JointBill, PlannedExpense};
use super::documents::Document;
use super::error::{Fault, Result};
use super::ids::{Entity as _, Key, split};
use super::ledger::Article;
use super::loaders::loaders;
use super::marketing::Channel;
use super::notifications::{self, Notification, NotificationKind};
use super::orders::{
    CarrierClaim, Driver, FreightRequest, Order, OrderCorrection, OrderExpense, OrderFile, OrderReturn, Vehicle,
};
use super::parties::{Contact, Contract, Party};
use super::permissions::Need;
use super::pricing::{CustomerGroup, Offer};
use super::purchasing::{PurchaseRequest, SupplierOrder};
use super::settlements::SettlementItem;
use super::teams::Team;
use super::treasury::{CashAccount, Payment, PaymentRequest};

/// Most ids in one question.
const IDS_MAX: usize = 100;

/// Anything with an id that is unique over all types (узел графа).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "&Key", desc = "Id (идентификатор), unique over all types."))]
pub(crate) enum Node {
    /// An additional expense of batches.
    AdditionalExpense(AdditionalExpense),
    /// An article.
    Article(Article),
    /// A batch.
    Batch(Batch),
    /// A call.
    Call(Call),
    /// A claim on a carrier.
    CarrierClaim(CarrierClaim),
    /// An own account.
    CashAccount(CashAccount),
    /// A channel.
    Channel(Channel),
    /// An own company.
    Company(Company),
    /// A person of a party.
    Contact(Contact),
    /// A contract.
    Contract(Contract),
    /// A group of customers.
    CustomerGroup(CustomerGroup),
    /// A deal.
    Deal(Deal),
    /// A task of a deal.
    DealTask(DealTask),
    /// A bill of a direct expense.
    DirectExpense(DirectExpense),
    /// A document.
    Document(Document),
    /// A driver of a carrier.
    Driver(Driver),
    /// A person of ours.
    Employee(Employee),
    /// A request for freight rates.
    FreightRequest(FreightRequest),
    /// A bill for goods and orders together.
    JointBill(JointBill),
    /// Something one was told.
    Notification(Notification),
    /// A kind of notification.
    NotificationKind(NotificationKind),
    /// A commercial offer.
    Offer(Offer),
    /// An order.
    Order(Order),
    /// A correction of a shipment.
    OrderCorrection(OrderCorrection),
    /// A direct expense.
    OrderExpense(OrderExpense),
    /// A file of an order.
    OrderFile(OrderFile),
    /// A return from a customer.
    OrderReturn(OrderReturn),
    /// A party.
    Party(Party),
    /// A payment.
    Payment(Payment),
    /// A payment request.
    PaymentRequest(PaymentRequest),
    /// A planned expense of an order.
    PlannedExpense(PlannedExpense),
    /// A product.
    Product(Product),
    /// A request for prices.
    PurchaseRequest(PurchaseRequest),
    /// A debt or an advance.
    SettlementItem(SettlementItem),
    /// An order to a supplier.
    SupplierOrder(SupplierOrder),
    /// A team.
    Team(Team),
    /// A stock count.
    StockCount(StockCount),
    /// A return to a supplier.
    SupplierReturn(SupplierReturn),
    /// A login.
    User(User),
    /// A vehicle of a carrier.
    Vehicle(Vehicle),
    /// A warehouse.
    Warehouse(Warehouse),
}

/// Types with ids that are found through what they belong to, or in a list of their own: no nodes.
const PARTS: [&str; 11] = [
    "api_token",
    "audit_record",
    "duty_conflict",
    "ledger_entry",
    "order_line",
    "price_list",
    "purchase_request_line",
    "session",
    "supplier_answer",
    "supplier_order_line",
    "user_identity",
];

/// What one must be permitted to look for such rows by their id: the same as to list them.
fn needed(prefix: &str) -> Option<Need> {
    Some(Need::Of(match prefix {
        // One's own only, and as far as one may see what it tells of.
        Notification::PREFIX => return Some(Need::Session),
        Contact::PREFIX | Contract::PREFIX | Driver::PREFIX | Party::PREFIX | Vehicle::PREFIX => Permission::SeeParties,
        AdditionalExpense::PREFIX | JointBill::PREFIX | PurchaseRequest::PREFIX | SupplierReturn::PREFIX => Permission::SeeCost,
        Batch::PREFIX | StockCount::PREFIX => Permission::SeeStock,
        CashAccount::PREFIX => Permission::SeeMoney,
        Call::PREFIX | Deal::PREFIX | DealTask::PREFIX => Permission::SeeDeals,
        Document::PREFIX => Permission::SeeDocuments,
        NotificationKind::PREFIX => Permission::ManageSettings,
        Offer::PREFIX => Permission::SeePrices,
        Order::PREFIX | OrderCorrection::PREFIX | OrderFile::PREFIX | OrderReturn::PREFIX => Permission::SeeOrders,
        Payment::PREFIX => Permission::SeePayments,
        PaymentRequest::PREFIX => Permission::SeePaymentRequests,
        SettlementItem::PREFIX => Permission::SeeSettlements,
        SupplierOrder::PREFIX => Permission::SeePurchases,
        Team::PREFIX | User::PREFIX => Permission::SeeUsers,
        CarrierClaim::PREFIX | DirectExpense::PREFIX | FreightRequest::PREFIX | OrderExpense::PREFIX | PlannedExpense::PREFIX => {
            Permission::SeeExpenses
        }
        Article::PREFIX
        | Channel::PREFIX
        | Company::PREFIX
        | CustomerGroup::PREFIX
        | Employee::PREFIX
        | Product::PREFIX
        | Warehouse::PREFIX => Permission::SeeReference,
        _ => return None,
    }))
}

/// The row of an id, as far as the caller may see it.
pub(super) async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Node>> {
    let Some((prefix, number)) = split(id) else { return Err(not_an_id(id)) };
    let Some(need) = needed(prefix) else {
        return if PARTS.contains(&prefix) { Ok(None) } else { Err(not_an_id(id)) };
    };
    match need {
        Need::Of(permission) => require(ctx, permission)?,
        Need::Session if actor(ctx)?.within.is_some() => {
            return Err(Fault::forbidden("what people are told is refused to tokens; sign in with a password: sessionCreate"));
        }
        Need::Session | Need::Login | Need::Public => {}
    }
    let loaders = loaders(ctx);
    Ok(match prefix {
        AdditionalExpense::PREFIX => loaders.additional_expenses.find(number).await?.map(Node::from),
        Article::PREFIX => loaders.articles.find(number).await?.map(Node::from),
        Batch::PREFIX => loaders.batches.find(number).await?.map(Node::from),
        Call::PREFIX => loaders.calls.find(number).await?.map(Node::from),
        CarrierClaim::PREFIX => loaders.carrier_claims.find(number).await?.map(Node::from),
        CashAccount::PREFIX => loaders.cash_accounts.find(number).await?.map(Node::from),
        Channel::PREFIX => loaders.channels.find(number).await?.map(Node::from),
        Company::PREFIX => loaders.companies.find(number).await?.map(Node::from),
        Contact::PREFIX => loaders.contacts.find(number).await?.map(Node::from),
        CustomerGroup::PREFIX => loaders.customer_groups.find(number).await?.map(Node::from),
        Contract::PREFIX => loaders.contracts.find(number).await?.map(Node::from),
        Deal::PREFIX => loaders.deals.find(number).await?.map(Node::from),
        DealTask::PREFIX => loaders.deal_tasks.find(number).await?.map(Node::from),
        DirectExpense::PREFIX => loaders.direct_expenses.find(number).await?.map(Node::from),
        Document::PREFIX => loaders.documents.find(number).await?.map(Node::from),
        Driver::PREFIX => loaders.drivers.find(number).await?.map(Node::from),
        Employee::PREFIX => loaders.employees.find(number).await?.map(Node::from),
        FreightRequest::PREFIX => loaders.freight_requests.find(number).await?.map(Node::from),
        JointBill::PREFIX => loaders.joint_bills.find(number).await?.map(Node::from),
        Notification::PREFIX => notifications::find(ctx, number).await?.map(Node::from),
        NotificationKind::PREFIX => loaders.notification_kinds.find(number).await?.map(Node::from),
        Offer::PREFIX => loaders.offers.find(number).await?.map(Node::from),
        Order::PREFIX => loaders.orders.find(number).await?.map(Node::from),
        OrderCorrection::PREFIX => loaders.order_corrections.find(number).await?.map(Node::from),
        OrderExpense::PREFIX => loaders.order_expenses.find(number).await?.map(Node::from),
        OrderFile::PREFIX => loaders.order_files.find(number).await?.map(Node::from),
        OrderReturn::PREFIX => loaders.order_returns.find(number).await?.map(Node::from),
        Party::PREFIX => loaders.parties.find(number).await?.map(Node::from),
        Payment::PREFIX => loaders.payments.find(number).await?.map(Node::from),
        PaymentRequest::PREFIX => loaders.payment_requests.find(number).await?.map(Node::from),
        PlannedExpense::PREFIX => loaders.planned_expenses.find(number).await?.map(Node::from),
        Product::PREFIX => loaders.products.find(number).await?.map(Node::from),
        SettlementItem::PREFIX => loaders.settlements.find(number).await?.map(Node::from),
        PurchaseRequest::PREFIX => loaders.purchase_requests.find(number).await?.map(Node::from),
        SupplierOrder::PREFIX => loaders.supplier_orders.find(number).await?.map(Node::from),
        Team::PREFIX => loaders.teams.find(number).await?.map(Node::from),
        StockCount::PREFIX => loaders.stock_counts.find(number).await?.map(Node::from),
        SupplierReturn::PREFIX => loaders.supplier_returns.find(number).await?.map(Node::from),
        User::PREFIX => loaders.users.find(number).await?.map(Node::from),
        Vehicle::PREFIX => loaders.vehicles.find(number).await?.map(Node::from),
        Warehouse::PREFIX => loaders.warehouses.find(number).await?.map(Node::from),
        _ => return Err(not_an_id(id)),
    })
}

fn not_an_id(id: &str) -> Fault {
    Fault::bad_input(format!("`{id}` is not an id of this API; pass it as the API gave it"))
}

/// Questions about anything.
#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// What implements `Node` by its id (узел по идентификатору); null when there is none the caller may see, or when it is found through its
    /// owner only, as a line of an order.
    async fn node(
        &self, ctx: &Context<'_>, #[graphql(desc = "Its id (идентификатор).")] id: ID
    ) -> Result<Option<Node>> {
        find(ctx, &id).await
    }

    /// Several things by their ids (узлы по идентификаторам), in the same order; null for each there is not.
    #[graphql(complexity = "ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their ids, 100 at most (идентификаторы).")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > IDS_MAX {
            return Err(Fault::bad_input(format!("ids: at most {IDS_MAX} at once")));
        }
        futures::future::try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}
