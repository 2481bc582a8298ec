//! The only mapping of errors to the graph.
//!
//! What the sender of a mutation can mend (not found, rejected, conflict, invalid) is data: `userErrors` of the payload. Everything else is
//! in `errors`, each with `extensions.code` from [`FaultCode`] and `extensions.requestId`. The cause of an internal error is logged
//! under that id and never leaves the server.

use async_graphql::{Response, ServerError, Value};
use shpunt_analytics::reports;
use shpunt_domain::{Code, Error};

/// The result of every resolver. A domain error in it is mapped here; `async_graphql::Result` would print it to the client.
pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

/// `extensions.code` of `errors`: a closed list, which clients may match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultCode {
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// A value of the input cannot be used: malformed, out of range, too large a page.
    BadUserInput,
    /// The request is too deep, too wide or too dear.
    QueryTooLarge,
    /// The caller's budget of cost is spent for now; `extensions.retryAfter` says in how many seconds there is more.
    CostExceeded,
    /// Nobody is signed in.
    Unauthenticated,
    /// The user's role does not allow this.
    Forbidden,
    /// Somebody else gave the password; until it is changed only `viewer`, `passwordChange` and `sessionDelete` are open.
    PasswordChangeNeeded,
    /// The role asks for a second factor; until there is one only `viewer`, `totpEnrol`, `totpConfirm`, `passwordChange` and
    /// `sessionDelete` are open.
    SecondFactorEnrolmentNeeded,
    /// The change of the consistency token has not reached the reports in two seconds; ask again.
    NotYetVisible,
    /// The reports are still being loaded; ask again later.
    NotReady,
    /// A database does not answer; nothing was done; ask again.
    Unavailable,
    /// Something unexpected; the cause is in the log under the request id.
    Internal,
}

impl FaultCode {
    /// Every code.
    pub const ALL: [Self; 13] = [
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::BadUserInput,
        Self::QueryTooLarge,
        Self::CostExceeded,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::PasswordChangeNeeded,
        Self::SecondFactorEnrolmentNeeded,
        Self::NotYetVisible,
        Self::NotReady,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::QueryTooLarge => "QUERY_TOO_LARGE",
            Self::CostExceeded => "COST_EXCEEDED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::PasswordChangeNeeded => "PASSWORD_CHANGE_NEEDED",
            Self::SecondFactorEnrolmentNeeded => "SECOND_FACTOR_ENROLMENT_NEEDED",
            Self::NotYetVisible => "NOT_YET_VISIBLE",
            Self::NotReady => "NOT_READY",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// All that is told of an error inside.
const INTERNAL: &str = "something went wrong inside; tell your administrator the request id";

/// Why a field was not answered. It has no `Display`, so that nothing but this file turns it into text for a client.
#[derive(Debug)]
pub(crate) struct Fault {
    code: FaultCode,
    message: String,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Seconds after which it may be asked again.
    retry_after: Option<u64>,
}

impl Fault {
    pub(crate) fn new(code: FaultCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), cause: None, retry_after: None }
    }

    /// `retry_after`: seconds until there is enough for it.
    pub(crate) fn cost_exceeded(message: impl Into<String>, retry_after: Option<u64>) -> Self {
        Self { retry_after, ..Self::new(FaultCode::CostExceeded, message) }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(FaultCode::Unauthenticated, "sign in first: sessionCreate")
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(FaultCode::Forbidden, message)
    }

    pub(crate) fn bad_input(message: impl Into<String>) -> Self {
        Self::new(FaultCode::BadUserInput, message)
    }

    /// The cause is for the log, the message for everyone.
    fn because(code: FaultCode, message: impl Into<String>, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(code, message) }
    }

    fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::because(FaultCode::Internal, INTERNAL, cause)
    }

    /// As the error of the whole request.
    pub(crate) fn into_response(self) -> Response {
        let async_graphql::Error { message, source, extensions } = self.into();
        Response::from_errors(vec![ServerError { message, source, locations: Vec::new(), path: Vec::new(), extensions }])
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Forbidden { code: Code::Unauthenticated, .. } => Self::unauthenticated(),
            Error::Forbidden { message, .. } => Self::new(FaultCode::Forbidden, message),
            // The advice is written for whoever asked; what failed beneath is its source.
            Error::Internal { code: Code::Unavailable, context, .. } => Self::because(FaultCode::Unavailable, context, error),
            Error::Internal { .. } => Self::internal(error),
            Error::NotFound { .. }
            | Error::Stale { .. }
            | Error::Rejected { .. }
            | Error::Conflict { .. }
            | Error::Invalid { .. } => Self::bad_input(error.to_string()),
        }
    }
}

impl From<std::sync::Arc<Error>> for Fault {
    /// The error of a batch, which several fields share.
    fn from(error: std::sync::Arc<Error>) -> Self {
        match &*error {
            Error::Internal { code: Code::Unavailable, context, .. } => Self::because(FaultCode::Unavailable, *context, error),
            _ => Self::internal(error),
        }
    }
}

impl From<reports::Error> for Fault {
    fn from(error: reports::Error) -> Self {
        match error {
            reports::Error::Invalid { path, message } => Self::bad_input(format!("{path}: {message}")),
            reports::Error::Forbidden => Self::new(FaultCode::Forbidden, error.to_string()),
            reports::Error::NotYetVisible => Self::new(FaultCode::NotYetVisible, error.to_string()),
            reports::Error::NotReady => Self::new(FaultCode::NotReady, error.to_string()),
            reports::Error::Unavailable(_) => Self::because(FaultCode::Unavailable, error.to_string(), error),
            _ => Self::internal(error),
        }
    }
}

impl From<Fault> for async_graphql::Error {
    fn from(fault: Fault) -> Self {
        Self { message: fault.message.clone(), source: Some(std::sync::Arc::new(fault)), extensions: None }
    }
}

/// A document with more faults than this is not read to its end by anybody.
const ERRORS_MAX: usize = 20;

/// A message may quote what the client sent, which may be long.
const MESSAGE_MAX: usize = 300;

/// Gives every error of a response its code and the request id, and logs what is internal.
pub(super) fn finish(mut response: Response, request_id: &str) -> Response {
    if response.errors.iter().all(|error| error.path.is_empty()) {
        response.errors.truncate(ERRORS_MAX);
    }
    for error in &mut response.errors {
        let fault = error.source::<Fault>();
        let retry_after = fault.and_then(|fault| fault.retry_after);
        let code = match fault {
            Some(fault) => fault.code,
            None => code_of(error),
        };
        if let Some(cause) = fault.and_then(|fault| fault.cause.as_deref()) {
            tracing::error!(request_id, path = ?error.path, cause = chain(cause), "a field failed");
        } else if code == FaultCode::Internal {
            tracing::error!(request_id, path = ?error.path, cause = error.message, "a field failed");
            INTERNAL.clone_into(&mut error.message);
        }
        if let Some(hint) = scalar_hint(&error.message) {
            error.message.push_str(hint);
        }
        shorten(&mut error.message);
        let extensions = error.extensions.get_or_insert_default();
        if let Some(seconds) = retry_after {
            extensions.set("retryAfter", seconds);
        }
        extensions.set("code", code.as_str());
        extensions.set("requestId", Value::from(request_id));
    }
    response
}

fn shorten(message: &mut String) {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_MAX) {
        message.truncate(end);
        message.push('…');
    }
}

/// The code of an error the library made.
fn code_of(error: &ServerError) -> FaultCode {
    const OF_VALUES: [&str; 3] = ["Invalid value for argument", "Failed to parse", "Expected input type"];
    // The library quotes the name when the document is at fault, and does not when the value is.
    let of_variable = error.message.starts_with("Variable ") && !error.message.starts_with("Variable \"");
    if error.source.is_some() {
        // Some library error printed by `?`.
        FaultCode::Internal
    } else if of_variable || OF_VALUES.iter().any(|beginning| error.message.starts_with(beginning)) {
        FaultCode::BadUserInput
    } else if error.message.starts_with("The recursion depth") || error.message.starts_with("The number of directives") {
        FaultCode::QueryTooLarge
    } else if error.path.is_empty() {
        FaultCode::ValidationFailed
    } else {
        FaultCode::Internal
    }
}

/// What the writer of a malformed scalar should have written.
fn scalar_hint(message: &str) -> Option<&'static str> {
    [
        (r#"expected type "Decimal""#, r#": write a string such as "1250.00"; a number would lose kopecks"#),
        (r#"expected type "Date""#, r#": write a string such as "2026-03-02""#),
        (r#"expected type "DateTime""#, r#": write a string such as "2026-03-02T09:00:00Z""#),
        (r#"expected type "UUID""#, r#": write a string such as "6f1b0f2e-6d2f-4c3e-9d4a-0b7c1f1a2b3c""#),
    ]
    .into_iter()
    .find_map(|(ending, hint)| message.ends_with(ending).then_some(hint))
}

/// An error with everything beneath it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
