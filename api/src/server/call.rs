//! A GraphQL request and who sends it, whichever way it came.

use async_graphql::{Request, Variables};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, StatusCode};
use shpunt_analytics::reports::Language;
use shpunt_domain::access::{User, sessions};

use super::observe::Operation;
use super::parse::Asked;
use super::persisted::Hash;
use super::refusal::Refusal;
use super::{App, cookie, origin};
use crate::graphql::{self, Caller, OperationType};

/// Who sends: the session, and in which language labels are wanted.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) token: Option<String>,
    language: Language,
}

impl Sender {
    /// From the headers of a request. Refuses a session that a page of another site uses.
    pub(super) fn of(app: &App, headers: &HeaderMap) -> Result<Self, Refusal> {
        let token = cookie::session(headers, app.cookies).map(str::to_owned);
        if token.is_some() && !origin::may_use_cookie(headers, app.origin.as_deref()) {
            let message = "this session may be used from its own page only; set --origin if a proxy serves the page";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
        }
        Ok(Self { token, language: language(headers) })
    }

    /// The user of the session, if it is live.
    pub(super) async fn user(&self, app: &App) -> Result<Option<User>, Refusal> {
        let Some(token) = &self.token else { return Ok(None) };
        sessions::find(&app.db, token, (app.clock)()).await.map_err(|error| {
            tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a session cannot be looked up");
            Refusal::unavailable()
        })
    }
}

/// What is asked, with its document.
pub(super) struct Call {
    request: Request,
    hash: Option<Hash>,
    /// What kind of operation; `None` when the document does not say clearly.
    pub(super) kind: Option<OperationType>,
}

impl Call {
    /// Finds the document. Errors: those of [`super::persisted::Documents::find`].
    pub(super) fn of(app: &App, asked: Asked) -> Result<Self, Refusal> {
        let document = app.documents.find(asked.query, asked.hash)?;
        let mut request = Request::new(document).variables(Variables::from_json(asked.variables.into()));
        request.operation_name = asked.operation_name;
        let kind = graphql::kind(&mut request);
        Ok(Self { request, hash: asked.hash, kind })
    }

    /// The request of a caller, ready to be executed, and what it calls itself. The document of a user is kept for its hash.
    pub(super) fn by(mut self, app: &App, sender: &Sender, user: Option<User>, request_id: &str) -> (Request, Caller, Operation) {
        let operation = Operation::of(user.as_ref(), self.request.operation_name.as_deref());
        if user.is_some()
            && let Some(hash) = self.hash.filter(|_| self.request.parsed_query().is_ok())
        {
            app.documents.keep(hash, &self.request.query);
        }
        let caller = Caller { user, token: sender.token.clone(), language: sender.language, request_id: request_id.to_owned() };
        (self.request, caller, operation)
    }
}

/// Russian unless the first language asked for is English.
fn language(headers: &HeaderMap) -> Language {
    let first = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().trim_start();
    if first.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("en")) { Language::En } else { Language::Ru }
}
