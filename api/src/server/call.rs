//! A GraphQL request and who sends it, whichever way it came.

use async_graphql::{Request, Variables};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use shpunt_analytics::reports::Language;
use shpunt_domain::Code;
use shpunt_domain::access::{Permissions, User, sessions, tokens};

use super::bearer::Bearer;
use super::listen::Peer;
use super::observe::Operation;
use super::parse::Asked;
use super::persisted::Hash;
use super::refusal::Refusal;
use super::{App, cookie, origin};
use crate::allowance::Who;
use crate::graphql::{self, Caller, OperationType, Purse};

/// Asks that the answer say what it cost.
const COST: HeaderName = HeaderName::from_static("x-shpunt-cost");

/// What a request shows of its sender.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    /// Nothing.
    None,
    /// The token of a session, from the cookie.
    Session(String),
    /// The token of a program.
    Token(Bearer),
}

/// Who sends: by what, from where, in which language labels are wanted, and whether the cost is.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) credential: Credential,
    language: Language,
    address: Who,
    shows_cost: bool,
    /// The secret of a sign-in at the provider that is under way in this browser.
    sign_in: Option<String>,
}

/// The user a session or a token was found to stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) user: User,
    /// The id of the token, and what it leaves of the user's permissions.
    pub(super) token: Option<(i64, Permissions)>,
}

impl Identity {
    /// Whose allowance is used.
    fn who(&self) -> Who {
        self.token.map_or(Who::User(self.user.user_id), |(token_id, _)| Who::Token(token_id))
    }
}

impl From<User> for Identity {
    fn from(user: User) -> Self {
        Self { user, token: None }
    }
}

impl From<tokens::Holder> for Identity {
    fn from(holder: tokens::Holder) -> Self {
        Self { user: holder.user, token: Some((holder.token_id, holder.within)) }
    }
}

impl Sender {
    /// Whose allowance is used: that of `identity`, of a stranger that of the address.
    pub(super) fn who(&self, identity: Option<&Identity>) -> Who {
        identity.map_or(self.address, Identity::who)
    }

    /// From the headers of a request. Refuses a session that a page of another site uses, and a request that shows both a session and a
    /// token: whose rights would count should not be guessed.
    pub(super) fn of(app: &App, headers: &HeaderMap, Peer(peer): Peer) -> Result<Self, Refusal> {
        let session = cookie::session(headers, app.cookies).map(str::to_owned);
        if session.is_some() && !origin::may_use_cookie(headers, app.origin.as_deref()) {
            let message = "this session may be used from its own page only; set --origin if a proxy serves the page";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
        }
        let sign_in = cookie::sign_in(headers, app.cookies).filter(|_| origin::may_use_cookie(headers, app.origin.as_deref()));
        let sign_in = sign_in.map(str::to_owned);
        let credential = match (session, Bearer::of(headers)?) {
            (None, None) => Credential::None,
            (Some(session), None) => Credential::Session(session),
            (None, Some(token)) => Credential::Token(token),
            (Some(_), Some(_)) => return Err(Refusal::bad(BOTH)),
        };
        let shows_cost = headers.get(COST).is_some_and(|value| value == "1");
        Ok(Self { credential, language: language(headers), address: app.rates.stranger(headers, peer), shows_cost, sign_in })
    }

    /// The same with a token that came later. Refuses what shows two.
    pub(super) fn with(&mut self, token: Bearer) -> Result<(), Refusal> {
        if !matches!(self.credential, Credential::None) {
            return Err(Refusal::bad(BOTH));
        }
        self.credential = Credential::Token(token);
        Ok(())
    }

    /// Who it is, and counts the request: for a good session or token against its own allowance, else against that of the address.
    ///
    /// Errors: `RATE_LIMITED`, `UNAUTHENTICATED` (a token that is not good; a session that is over is nobody), `UNAVAILABLE`.
    pub(super) async fn identify(&self, app: &App) -> Result<Option<Identity>, Refusal> {
        let found = self.find(app).await;
        let who = found.as_ref().ok().and_then(Option::as_ref).map_or(self.address, Identity::who);
        app.rates.request(who)?;
        found
    }

    async fn find(&self, app: &App) -> Result<Option<Identity>, Refusal> {
        let now = (app.clock)();
        let found = match &self.credential {
            Credential::None => return Ok(None),
            Credential::Session(token) => sessions::find(&app.db, token, now).await.map(|user| user.map(Identity::from)),
            Credential::Token(Bearer { token_id, secret }) => {
                tokens::find(&app.db, *token_id, secret.expose(), now).await.map(|holder| Some(holder.into()))
            }
        };
        found.map_err(|error| {
            if error.code() == Code::Unauthenticated {
                return Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", error.to_string());
            }
            tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a session or token cannot be looked up");
            Refusal::unavailable()
        })
    }
}

const BOTH: &str = "send either the cookie of a session or one token, not both";

/// What is asked, with its document.
pub(super) struct Call {
    request: Request,
    hash: Option<Hash>,
    /// What kind of operation; `None` when the document does not say clearly.
    pub(super) kind: Option<OperationType>,
}

impl Call {
    /// Finds the document. Errors: those of [`super::persisted::Documents::find`]; `QUERY_TOO_LARGE` for one that must not be parsed.
    pub(super) fn of(app: &App, asked: Asked) -> Result<Self, Refusal> {
        let document = app.documents.find(asked.query, asked.hash)?;
        graphql::bounded(&document)
            .map_err(|message| Refusal::of_graphql(StatusCode::BAD_REQUEST, "QUERY_TOO_LARGE", message))?;
        let mut request = Request::new(document).variables(Variables::from_json(asked.variables.into()));
        request.operation_name = asked.operation_name;
        let kind = graphql::kind(&mut request);
        Ok(Self { request, hash: asked.hash, kind })
    }

    /// Counts the passwords it tries. Errors: `RATE_LIMITED`.
    pub(super) fn count_passwords(&mut self, app: &App, sender: &Sender) -> Result<(), Refusal> {
        if self.kind != Some(OperationType::Mutation) {
            return Ok(());
        }
        app.rates.sign_ins(sender.address, graphql::passwords(&mut self.request))
    }

    /// The request of a caller, ready to be executed, and what it calls itself. The document of a user is kept for its hash.
    pub(super) fn by(
        mut self,
        app: &App,
        sender: &Sender,
        identity: Option<Identity>,
        request_id: &str,
    ) -> (Request, Caller, Operation) {
        let user = identity.as_ref().map(|identity| &identity.user);
        let operation = Operation::of(user, self.request.operation_name.as_deref());
        if user.is_some()
            && let Some(hash) = self.hash.filter(|_| self.request.parsed_query().is_ok())
        {
            app.documents.keep(hash, &self.request.query);
        }
        let purse = identity.as_ref().map(|identity| Purse::new(&app.costs, identity.who(), sender.shows_cost));
        let (user, within) = match identity {
            Some(Identity { user, token }) => (Some(user), token.map(|(_, within)| within)),
            None => (None, None),
        };
        let token = match &sender.credential {
            Credential::Session(token) => Some(token.clone()),
            Credential::None | Credential::Token(_) => None,
        };
        let sign_in = sender.sign_in.clone();
        let caller = Caller { token, sign_in, within, purse, ..Caller::new(user, sender.language, request_id) };
        (self.request, caller, operation)
    }
}

/// Russian unless the first language asked for is English.
fn language(headers: &HeaderMap) -> Language {
    let first = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().trim_start();
    if first.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("en")) { Language::En } else { Language::Ru }
}
