//! The graph: what clients may ask and do, one file per slice.
//!
//! Code first; the SDL is committed as `api/schema.graphql`. Every field declares in `permissions` whom it is open to, and `gate` holds each
//! request against it; whose rows a user sees is the `Scope` of the caller in every list, lookup and batch.

mod access;
mod batches;
mod caller;
mod catalog;
mod companies;
mod completion;
mod deals;
mod documents;
mod error;
mod gate;
mod ids;
mod ledger;
mod limits;
mod loaders;
mod marketing;
mod node;
mod orders;
mod page;
mod parties;
mod permissions;
mod reports;
mod scalars;
mod search;
mod sessions;
mod settlements;
mod shape;
mod text;
mod treasury;
mod user_error;
mod variables;

use async_graphql::parser::types::OperationType;
use async_graphql::{EmptySubscription, MergedObject, Request, Response, SDLExportOptions, SchemaBuilder};
use shpunt_domain::access::Scope;

pub use caller::{Caller, Clock, CookiePolicy, Services};
pub use error::FaultCode;
use loaders::Reading;
pub use permissions::{Need, declarations, stale_declarations};

const DIRECTIVES_MAX: usize = 10;

/// What can be asked (запросы).
#[derive(MergedObject, Default)]
pub struct Query(
    node::NodeQuery,
    search::SearchQuery,
    access::AccessQuery,
    sessions::SessionsQuery,
    companies::CompaniesQuery,
    parties::PartiesQuery,
    catalog::CatalogQuery,
    ledger::LedgerQuery,
    documents::DocumentsQuery,
    settlements::SettlementsQuery,
    batches::BatchesQuery,
    marketing::MarketingQuery,
    deals::DealsQuery,
    orders::OrdersQuery,
    treasury::TreasuryQuery,
    reports::ReportsQuery,
);

/// What can be done (изменения).
#[derive(MergedObject, Default)]
pub struct Mutation(
    access::AccessMutation,
    sessions::SessionsMutation,
    companies::CompaniesMutation,
    parties::PartiesMutation,
    catalog::CatalogMutation,
    batches::BatchesMutation,
    marketing::MarketingMutation,
    deals::DealsMutation,
    deals::DealsBulkMutation,
    orders::OrdersMutation,
    treasury::TreasuryMutation,
);

/// The executable schema.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// The schema over running services.
pub fn schema(services: Services) -> Schema {
    builder().data(services).finish()
}

/// The schema as text, sorted: what `api/schema.graphql` holds.
pub fn sdl() -> String {
    builder().finish().sdl_with_options(
        SDLExportOptions::new()
            .sorted_fields()
            .sorted_arguments()
            .include_specified_by()
            .prefer_single_line_descriptions()
            .use_space_ident()
            .indent_width(2),
    )
}

fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .limit_depth(limits::DEPTH_MAX)
        .limit_complexity(limits::COMPLEXITY_MAX)
        .limit_directives(DIRECTIVES_MAX)
        .disable_suggestions()
}

/// Whether the request asks for a query, the one kind of operation without effects. One that names no operation asks for nothing.
pub fn only_reads(request: &mut Request) -> bool {
    let wanted = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return true };
    gate::operation(document, wanted.as_deref()).is_none_or(|operation| operation.ty == OperationType::Query)
}

/// Answers one request of one caller. Every error of the answer carries a code of [`FaultCode`] and the request id.
///
/// # Panics
/// When the schema was built without services.
pub async fn execute(schema: &Schema, mut request: Request, caller: Caller) -> Response {
    let services = schema.data::<Services>().expect("a schema is built over services");
    let (query, operation, request_id) = (request.query.clone(), request.operation_name.clone(), caller.request_id.clone());
    let mut response = match gate::admit(&mut request, &caller) {
        Ok(()) => {
            // A stranger sees rows of nobody; no employee has this id.
            let scope = caller.user.as_ref().map_or(Scope::Employee(-1), |user| user.actor().scope());
            let reading = Reading::new(&services.db, scope);
            let variables = request.variables.clone();
            let response = schema.execute(request.data(caller).data(reading)).await;
            if limits::exceeded(&response) {
                limits::explained(query.clone(), operation.clone(), variables).await
            } else {
                response
            }
        }
        Err(fault) => fault.into_response(),
    };
    if response.is_err() {
        completion::complete(&mut response, &query, operation.as_deref());
    }
    error::finish(response, &request_id)
}
