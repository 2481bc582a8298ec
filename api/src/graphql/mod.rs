//! The graph: what clients may ask and do, one file per slice.
//!
//! Code first; the SDL is committed as `api/schema.graphql`. Every field declares in `permissions` whom it is open to, and `gate` holds each
//! request against it; whose rows a user sees is the `Scope` of the caller in every list, lookup and batch.

mod access;
mod audit;
mod batches;
mod bounds;
mod caller;
mod catalog;
mod changes;
mod communications;
mod companies;
mod completion;
mod cost;
mod culprit;
mod deals;
mod direct;
mod documents;
mod duties;
mod error;
mod error_code;
mod gate;
mod identities;
mod ids;
mod ledger;
mod limits;
mod loaders;
mod marketing;
mod node;
mod notifications;
mod orders;
mod page;
mod parties;
mod permissions;
mod plan;
mod pricing;
mod purchasing;
mod reports;
mod roots;
mod scalars;
mod search;
mod second_factor;
mod sessions;
mod settlements;
mod shape;
mod teams;
mod text;
mod tokens;
mod treasury;
mod user_error;
mod variables;
mod written;

use std::sync::Arc;

pub use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, SDLExportOptions, SchemaBuilder, Value, Variables};
use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _};
use shpunt_domain::access::Scope;
use shpunt_domain::access::audit::Read;

use audit::recorder::Recorder;
pub(crate) use caller::fresh_id;
pub use caller::{Caller, Clock, CookiePolicy, Services};
use changes::Hub;
pub use cost::{Costs, Purse};
use error::Fault;
pub use error::FaultCode;
pub(crate) use identities::SIGN_IN_PATH;
use loaders::Reading;
pub use permissions::{Need, declarations, stale_declarations};
pub use roots::{Mutation, Query, Subscription};
pub use written::json;

const DIRECTIVES_MAX: usize = 10;

/// The executable schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema over running services; it begins to listen for changes and notifications.
pub fn schema(services: Services) -> Schema {
    let hub = Hub::start(services.db.clone(), services.reports.changes());
    let notifications = notifications::Hub::start(services.db.clone());
    let recorder = Recorder::new(services.db.clone(), Arc::clone(&services.clock));
    builder().data(hub).data(notifications).data(recorder).data(services).finish()
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

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .limit_depth(limits::DEPTH_MAX)
        .limit_complexity(limits::COMPLEXITY_MAX)
        .limit_directives(DIRECTIVES_MAX)
        .disable_suggestions()
}

/// Refuses a document that is too long or too deep to be parsed: to be asked before anything else is. Errors: `QUERY_TOO_LARGE`.
pub fn bounded(document: &str) -> Result<(), String> {
    bounds::text(document).map_err(|fault| fault.into_response().errors.swap_remove(0).message)
}

/// What kind of operation the request asks for; `None` when it does not say clearly.
pub fn kind(request: &mut Request) -> Option<OperationType> {
    let wanted = request.operation_name.clone();
    let document = request.parsed_query().ok()?;
    gate::operation(document, wanted.as_deref()).map(|operation| operation.ty)
}

/// How many passwords the request would have to be hashed, which takes the processor long.
pub fn passwords(request: &mut Request) -> usize {
    let wanted = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return 0 };
    gate::operation(document, wanted.as_deref()).map_or(0, |operation| gate::passwords(document, operation))
}

/// The number of an API token's id; `None` when it is no such id.
pub fn api_token_number(id: &str) -> Option<i64> {
    let (prefix, number) = ids::split(id)?;
    (prefix == <tokens::ApiToken as ids::Entity>::PREFIX).then_some(number)
}

/// The number of an order's id; `None` when it is no such id.
pub(crate) fn order_number(id: &str) -> Option<i64> {
    let (prefix, number) = ids::split(id)?;
    (prefix == <orders::Order as ids::Entity>::PREFIX).then_some(number)
}

/// The number of a file's id; `None` when it is no such id.
pub(crate) fn order_file_number(id: &str) -> Option<i64> {
    let (prefix, number) = ids::split(id)?;
    (prefix == <orders::OrderFile as ids::Entity>::PREFIX).then_some(number)
}

/// The id of a file.
pub(crate) fn order_file_id(number: i64) -> String {
    ids::join(<orders::OrderFile as ids::Entity>::PREFIX, number)
}

/// Answers one query or mutation of one caller. Every error of the answer carries a code of [`FaultCode`] and the request id.
///
/// # Panics
/// When the schema was built without services.
pub async fn execute(schema: &Schema, request: Request, caller: Caller) -> Response {
    let last = Finish::of(&request, &caller);
    let purse = caller.purse.clone();
    let admitted = match admit(schema, request, &caller) {
        Ok((mut request, reads)) => cost::pay(purse.as_ref(), &mut request).await.map(|paid| (request, reads, paid)),
        Err(fault) => Err(fault),
    };
    match admitted {
        Ok((request, reads, paid)) => {
            // Recorded while it is computed, and before it goes out.
            let (response, recorded) = tokio::join!(schema.execute(request), recorder(schema).record(&caller, reads));
            let response = recorded.map_or_else(|error| Fault::from(error).into_response(), |()| response);
            cost::show(last.finish(response).await, paid)
        }
        Err(fault) => last.finish(fault.into_response()).await,
    }
}

/// Answers any operation: a subscription with every change, the others with one answer; errors are those of [`execute`].
///
/// # Panics
/// When the schema was built without services.
pub fn execute_stream(schema: &Schema, mut request: Request, caller: Caller) -> BoxStream<'static, Response> {
    let is_subscription = kind(&mut request) == Some(OperationType::Subscription);
    let last = Arc::new(Finish::of(&request, &caller));
    let answers = match admit(schema, request, &caller) {
        Ok((request, reads)) => {
            stream::once(paid_stream(schema.clone(), request, reads, caller, is_subscription)).flatten().boxed()
        }
        Err(fault) => stream::iter([fault.into_response()]).boxed(),
    };
    answers
        .then(move |response| {
            let last = Arc::clone(&last);
            async move { last.finish(response).await }
        })
        .boxed()
}

/// The answers once they are paid for; the first shows what they cost, and goes out when what is read is recorded.
async fn paid_stream(
    schema: Schema,
    mut request: Request,
    reads: Vec<Read>,
    caller: Caller,
    is_subscription: bool,
) -> BoxStream<'static, Response> {
    let mut paid = match cost::pay(caller.purse.as_ref(), &mut request).await {
        Ok(paid) => paid,
        Err(fault) => return stream::iter([fault.into_response()]).boxed(),
    };
    let answers = schema.execute_stream(request).map(move |answer| cost::show(answer, paid.take()));
    let answers = if is_subscription { answers.map(refused_whole).boxed() } else { answers.boxed() };
    let recorded = async move { recorder(&schema).record(&caller, reads).await.map_err(Arc::new) }.boxed().shared();
    let only_recorded = move |response| {
        let recorded = recorded.clone();
        async move { recorded.await.map_or_else(|error| Fault::from(error).into_response(), |()| response) }
    };
    answers.then(only_recorded).boxed()
}

/// Whether nothing was executed: the document could not be parsed or is not valid, or the caller may not ask.
pub fn is_refused(response: &Response) -> bool {
    response.data == Value::Null && response.is_err() && response.errors.iter().all(|error| error.path.is_empty())
}

/// The library gives the refusal of the field of a subscription its path, as if something had been executed.
fn refused_whole(mut response: Response) -> Response {
    if response.data == Value::Null {
        response.errors.iter_mut().filter(|error| error.path.len() == 1).for_each(|error| error.path.clear());
    }
    response
}

fn recorder(schema: &Schema) -> &Recorder {
    schema.data().expect("a schema is built over services")
}

/// The request with what its resolvers need, once the gate has let it in, and what of it is recorded.
fn admit(schema: &Schema, mut request: Request, caller: &Caller) -> error::Result<(Request, Vec<Read>)> {
    let services = schema.data::<Services>().expect("a schema is built over services");
    let reads = gate::admit(&mut request, caller)?;
    let scope = caller.user.as_ref().map_or_else(Scope::nobody, |user| user.actor().scope());
    let reading = Arc::new(Reading::new(&services.db, scope));
    Ok((request.data(caller.clone()).data(reading), reads))
}

/// What an answer needs before it goes out.
struct Finish {
    query: String,
    operation: Option<String>,
    variables: Variables,
    request_id: String,
}

impl Finish {
    fn of(request: &Request, caller: &Caller) -> Self {
        Self {
            query: request.query.clone(),
            operation: request.operation_name.clone(),
            variables: request.variables.clone(),
            request_id: caller.request_id.clone(),
        }
    }

    async fn finish(&self, mut response: Response) -> Response {
        if limits::exceeded(&response) {
            response = limits::explained(self.query.clone(), self.operation.clone(), self.variables.clone()).await;
        }
        // What was refused before it was executed has nothing to complete, and may be too large to be parsed.
        if response.is_err() && !is_refused(&response) {
            completion::complete(&mut response, &self.query, self.operation.as_deref());
        }
        error::finish(response, &self.request_id)
    }
}
