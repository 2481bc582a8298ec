//! GraphQL in process on a real database: what a client sends and what it gets.

mod access;
mod audit;
mod bad_input;
mod conventions;
mod direct;
mod directories;
mod expenses;
mod faults;
mod filters;
mod four_eyes;
mod identities;
mod lists;
mod matrix;
mod nested;
mod notifications;
mod orderings;
mod path;
mod payment_requests;
mod people;
mod periods;
mod places;
mod planned;
mod pricing;
mod returns;
mod risk;
mod schema;
mod scope;
mod second_factor;
mod sessions;
mod stock;
mod subscriptions;
mod supply;
mod tasks;
mod teams;
mod tokens;
mod trucks;
pub(crate) mod world;
mod yard;

use std::sync::Arc;

use async_graphql::{Request, Variables};
use futures::FutureExt as _;
use futures::stream::{BoxStream, StreamExt as _};
use serde_json::{Value, json};
use shpunt_analytics::frontier::Frontier;
use shpunt_analytics::reports::{Language, Reports};
use shpunt_analytics::{Client, Config};
use shpunt_api::graphql::{self, Caller, CookiePolicy, FaultCode, Schema, Services};
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_domain::access::{Permissions, Role, User};
use shpunt_tests::db::TestDb;
use shpunt_tests::{ctx, now};

/// The password of every user of a test.
pub(crate) const PASSWORD: &str = "correct horse";

/// A schema over a database of its own.
pub(crate) struct Api {
    pub(crate) test: TestDb,
    pub(crate) schema: Schema,
    pub(crate) director: User,
}

impl Api {
    /// ClickHouse is not there.
    pub(crate) async fn new() -> Self {
        let test = TestDb::new().await;
        let nowhere = Config {
            url: "http://127.0.0.1:9".to_owned(),
            database: "shpunt".to_owned(),
            user: "nobody".to_owned(),
            password: String::new(),
        };
        let reports = Reports::new(Client::new(&nowhere), Arc::new(Frontier::start(test.db.clone())));
        Self::over(test, reports).await
    }

    /// Over a database and some reports, at the fixed time of tests.
    pub(crate) async fn over(test: TestDb, reports: Reports) -> Self {
        let services = Services {
            db: test.db.clone(),
            reports,
            clock: Arc::new(now),
            cookies: CookiePolicy::default(),
            vault: Arc::default(),
            provider: None,
        };
        let director = add_user(&test, "director", Role::Director).await;
        Self { test, schema: graphql::schema(services), director }
    }

    /// A new manager with an employee of the same name.
    pub(crate) async fn manager(&self, login: &str) -> User {
        self.user(login, Role::Manager).await
    }

    /// A new user with an employee of the same name.
    pub(crate) async fn user(&self, login: &str, role: Role) -> User {
        add_user(&self.test, login, role).await
    }

    /// One user of each role, in the order of [`Role::ALL`].
    pub(crate) async fn everybody(&self) -> Vec<User> {
        let mut everybody = Vec::new();
        for role in Role::ALL {
            everybody.push(self.user(&format!("the_{}", role.as_str()), role).await);
        }
        everybody
    }

    pub(crate) async fn stranger(&self, query: &str) -> Answer {
        self.send(None, query, json!({})).await
    }

    pub(crate) async fn ask(&self, user: &User, query: &str) -> Answer {
        self.send(Some(user), query, json!({})).await
    }

    /// The data of a query that must succeed.
    pub(crate) async fn get(&self, user: &User, query: &str) -> Value {
        let answer = self.ask(user, query).await;
        assert!(answer.codes().is_empty(), "{query}\n{}", answer.json);
        answer.json["data"].clone()
    }

    /// The payload of a mutation, `userErrors` and token included.
    pub(crate) async fn mutate(&self, user: &User, field: &str, input: Value, selection: &str) -> Value {
        let answer = self.try_mutate(user, field, input, selection).await;
        assert!(answer.codes().is_empty(), "{field}: {}", answer.json);
        answer.data()["done"].clone()
    }

    /// The same, where the whole field may fail.
    pub(crate) async fn try_mutate(&self, user: &User, field: &str, input: Value, selection: &str) -> Answer {
        let (first, rest) = field.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{ done: {field}(input: $input) {{
                 {selection} userErrors {{ __typename message path code }} consistencyToken }} }}",
            first.to_uppercase()
        );
        self.send(Some(user), &query, json!({ "input": input })).await
    }

    /// What a mutation that must succeed made or changed.
    pub(crate) async fn done(&self, field: &str, input: Value, entity: &str, selection: &str) -> Value {
        let payload = self.mutate(&self.director, field, input, &format!("{entity} {{ {selection} }}")).await;
        assert_eq!(payload["userErrors"], json!([]), "{field}");
        assert!(payload["consistencyToken"].as_str().is_some_and(|token| token.contains('/')), "{field}: {payload}");
        payload[entity].clone()
    }

    /// Runs an operation whose answers come one by one.
    pub(crate) fn listen(&self, user: &User, query: &str) -> BoxStream<'static, Answer> {
        let caller = Self::caller(Some(user));
        graphql::execute_stream(&self.schema, Request::new(query), caller).map(|response| Answer::of(&response)).boxed()
    }

    /// What a token of the director gets at once, within some permissions.
    pub(crate) async fn reach_within(&self, within: Permissions, query: &str) -> Answer {
        let caller = Caller { within: Some(within), ..Self::caller(Some(&self.director)) };
        let answers = graphql::execute_stream(&self.schema, Request::new(query), caller);
        // A subscription that is let in is silent until something changes.
        let first = if query.starts_with("subscription") {
            answers.into_future().now_or_never().and_then(|(first, _)| first)
        } else {
            answers.into_future().await.0
        };
        first.map_or_else(Answer::silence, |response| Answer::of(&response))
    }

    fn caller(user: Option<&User>) -> Caller {
        Caller::new(user.cloned(), Language::Ru, "request-1")
    }

    pub(crate) async fn send(&self, user: Option<&User>, query: &str, variables: Value) -> Answer {
        let request = Request::new(query).variables(Variables::from_json(variables));
        Answer::of(&graphql::execute(&self.schema, request, Self::caller(user)).await)
    }
}

async fn add_user(test: &TestDb, login: &str, role: Role) -> User {
    let add = UserAdd { login: login.to_owned(), name: login.to_owned(), role, password: PASSWORD.to_owned() };
    user_add(&test.db, &ctx(login), add).await.unwrap().value
}

/// What came back; every error carries a known code and the request id.
pub(crate) struct Answer {
    pub(crate) json: Value,
    pub(crate) cookie: Option<String>,
}

impl Answer {
    pub(crate) fn of(response: &async_graphql::Response) -> Self {
        let cookie = response.http_headers.get("set-cookie").map(|value| value.to_str().unwrap().to_owned());
        let answer = Self { json: serde_json::from_slice(&graphql::json(response).unwrap()).unwrap(), cookie };
        for error in answer.errors() {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            assert!(FaultCode::ALL.iter().any(|known| known.as_str() == code), "{error}");
            assert_eq!(error["extensions"]["requestId"], "request-1");
        }
        answer
    }

    pub(crate) fn data(&self) -> &Value {
        &self.json["data"]
    }

    fn errors(&self) -> &[Value] {
        self.json["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// What comes of nothing at all, as when a subscription begins.
    pub(crate) fn silence() -> Self {
        Self { json: json!({ "data": null }), cookie: None }
    }

    /// The codes of `errors`.
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.errors().iter().map(|error| error["extensions"]["code"].as_str().unwrap()).collect()
    }

    /// The message of the only error.
    pub(crate) fn message(&self) -> &str {
        assert_eq!(self.errors().len(), 1, "{}", self.json);
        self.errors()[0]["message"].as_str().unwrap()
    }
}

/// The code of the only user error of a payload.
pub(crate) fn refusal(payload: &Value) -> &str {
    let errors = payload["userErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload}");
    assert!(errors[0]["message"].as_str().unwrap().len() > 10, "{payload}");
    assert!(payload["consistencyToken"].is_null(), "{payload}");
    errors[0]["code"].as_str().unwrap()
}
