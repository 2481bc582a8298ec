//! What the graph begins with: the parts of every slice, merged.

use async_graphql::{MergedObject, MergedSubscription};

use super::changes::ChangesSubscription;
use super::{
    access, audit, batches, catalog, communications, companies, deals, direct, documents, duties, identities, ledger, marketing,
    node, notifications, orders, parties, pricing, purchasing, reports, search, second_factor, sessions, settlements, teams,
    tokens, treasury,
};

// The roots are merged in two steps: as one flat list each field would be looked for through all parts before it, one frame of the stack deeper
// for each.

/// People and programs (люди и доступ).
#[derive(MergedObject, Default)]
pub(super) struct PeopleQuery(
    access::AccessQuery,
    audit::AuditQuery,
    duties::DutiesQuery,
    sessions::SessionsQuery,
    teams::TeamsQuery,
    tokens::TokensQuery,
    identities::IdentitiesQuery,
    notifications::NotificationsQuery,
    second_factor::SecondFactorQuery,
);

/// What everything else refers to (справочники и документы).
#[derive(MergedObject, Default)]
pub(super) struct ReferenceQuery(
    node::NodeQuery,
    search::SearchQuery,
    companies::CompaniesQuery,
    parties::PartiesQuery,
    catalog::CatalogQuery,
    marketing::MarketingQuery,
    documents::DocumentsQuery,
);

/// Goods and their cost (склад).
#[derive(MergedObject, Default)]
pub(super) struct GoodsQuery(
    batches::BatchesQuery,
    batches::AdditionalExpensesQuery,
    batches::StockCountsQuery,
    batches::SupplierReturnsQuery,
    batches::TransitQuery,
    purchasing::PurchasingQuery,
);

/// Deals and orders (продажи).
#[derive(MergedObject, Default)]
pub(super) struct SalesQuery(
    deals::DealsQuery,
    deals::DealTasksQuery,
    orders::OrdersQuery,
    orders::CustodyQuery,
    orders::TrucksQuery,
    direct::DirectQuery,
    direct::JointQuery,
    direct::CompletionQuery,
    pricing::PricingQuery,
    communications::CommunicationsQuery,
);

/// Money and reports (деньги и отчёты).
#[derive(MergedObject, Default)]
pub(super) struct MoneyQuery(
    ledger::LedgerQuery,
    ledger::periods::PeriodsQuery,
    settlements::SettlementsQuery,
    treasury::TreasuryQuery,
    treasury::PaymentRequestsQuery,
    treasury::ExchangeRatesQuery,
    reports::ReportsQuery,
);

/// What can be asked (запросы).
#[derive(MergedObject, Default)]
pub struct Query(PeopleQuery, ReferenceQuery, GoodsQuery, SalesQuery, MoneyQuery);

/// Changes of people and programs.
#[derive(MergedObject, Default)]
pub(super) struct PeopleMutation(
    access::AccessMutation,
    sessions::SessionsMutation,
    teams::TeamsMutation,
    tokens::TokensMutation,
    identities::IdentitiesMutation,
    notifications::NotificationsMutation,
    second_factor::SecondFactorMutation,
    duties::DutiesMutation,
);

/// Changes of what everything else refers to.
#[derive(MergedObject, Default)]
pub(super) struct ReferenceMutation(
    companies::CompaniesMutation,
    parties::PartiesMutation,
    catalog::CatalogMutation,
    marketing::MarketingMutation,
);

/// Changes of goods and their cost.
#[derive(MergedObject, Default)]
pub(super) struct GoodsMutation(
    batches::BatchesMutation,
    batches::AdditionalExpensesMutation,
    batches::EstimatesMutation,
    batches::StockMutation,
    batches::PassportsMutation,
    batches::SupplierReturnsMutation,
    batches::TransitMutation,
    purchasing::PurchasingMutation,
);

/// Changes of deals and orders.
#[derive(MergedObject, Default)]
pub(super) struct SalesMutation(
    deals::DealsMutation,
    deals::DealsBulkMutation,
    deals::DealTasksMutation,
    orders::OrdersMutation,
    orders::ShippedMutation,
    orders::CustodyMutation,
    orders::DirectoryMutation,
    orders::TrucksMutation,
    orders::FreightMutation,
    orders::ClaimsMutation,
    direct::DirectMutation,
    direct::JointMutation,
    pricing::PricingMutation,
    communications::CommunicationsMutation,
);

/// Changes of money and periods.
#[derive(MergedObject, Default)]
pub(super) struct MoneyMutation(
    ledger::periods::PeriodsMutation,
    treasury::TreasuryMutation,
    treasury::CurrencyMutation,
    treasury::PaymentRequestsMutation,
);

/// What can be done (изменения).
#[derive(MergedObject, Default)]
pub struct Mutation(PeopleMutation, ReferenceMutation, GoodsMutation, SalesMutation, MoneyMutation);

/// What can be listened to (подписки): by a socket or as a stream of events.
#[derive(MergedSubscription, Default)]
pub struct Subscription(ChangesSubscription, notifications::NotificationsSubscription);
