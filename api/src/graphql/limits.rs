//! How deep and how dear an operation may be, and what one that is too much is told.
//!
//! The library refuses without numbers, and an extension that knows them would slow every field of every answer. So a second schema weighs
//! what was refused, and what [`super::cost`] does not know yet; it stops after validation and executes nothing.

use std::sync::{Arc, LazyLock, OnceLock};

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError, ValidationResult, Variables};

use super::error::{Fault, FaultCode};
use super::{Mutation, Query, Schema, Subscription};

/// Deepest nesting of fields. The query of introspection that tools send has 15 levels.
pub(super) const DEPTH_MAX: usize = 16;

/// Fields of an answer at most, a list counted by its size.
pub(super) const COMPLEXITY_MAX: usize = 30_000;

static SCALES: LazyLock<Schema> = LazyLock::new(|| {
    let schema = Schema::build(Query::default(), Mutation::default(), Subscription::default());
    schema.disable_suggestions().extension(Scales).finish()
});

/// Whether the library refused the operation as too much.
pub(super) fn exceeded(response: &Response) -> bool {
    matches!(&*response.errors, [error] if ["Query is too complex.", "Query is nested too deep."].contains(&&*error.message))
}

/// The same refusal with the limit, what was asked for, and what to do.
pub(super) async fn explained(query: String, operation_name: Option<String>, variables: Variables) -> Response {
    let mut request = Request::new(query).variables(variables);
    request.operation_name = operation_name;
    SCALES.execute(request).await
}

/// The complexity of a valid operation.
pub(super) async fn weigh(document: ExecutableDocument, operation_name: Option<String>, variables: Variables) -> Option<usize> {
    let weight = Weight::default();
    let mut request = Request::new("").variables(variables).data(Arc::clone(&weight));
    request.operation_name = operation_name;
    request.set_parsed_query(document);
    SCALES.execute(request).await;
    weight.get().copied()
}

/// Where the scales put what they found.
type Weight = Arc<OnceLock<usize>>;

fn advice(found: ValidationResult) -> String {
    let ValidationResult { complexity, depth, .. } = found;
    if depth > DEPTH_MAX {
        return format!(
            "the operation is nested {depth} fields deep, at most {DEPTH_MAX} are answered; ask for the inner part by its id"
        );
    }
    format!(
        "the operation asks for up to {complexity} fields (those inside a list count once for each row of a page), at most \
         {COMPLEXITY_MAX} are answered; make `first` smaller, leave fields out, or split it"
    )
}

struct Scales;

impl ExtensionFactory for Scales {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Scales {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let found = next.run(ctx).await?;
        if let Some(weight) = ctx.data_opt::<Weight>() {
            weight.get_or_init(|| found.complexity);
        }
        Err(Fault::new(FaultCode::QueryTooLarge, advice(found)).into_response().errors)
    }
}
