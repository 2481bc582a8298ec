//! GraphQL in process on a real database: what a client sends and what it gets.

mod schema;

use std::sync::Arc;

use async_graphql::{Request, Variables};
use serde_json::Value;
use shpunt_analytics::frontier::Frontier;
use shpunt_analytics::reports::{Language, Reports};
use shpunt_analytics::{Client, Config};
use shpunt_api::graphql::{self, Caller, CookiePolicy, FaultCode, Schema, Services};
use shpunt_domain::access::Role;
use shpunt_domain::access::User;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_tests::db::TestDb;
use shpunt_tests::{ctx, now};

/// A schema over a database of its own; ClickHouse is not there.
pub(crate) struct Api {
    pub(crate) test: TestDb,
    pub(crate) schema: Schema,
}

impl Api {
    pub(crate) async fn new() -> Self {
        let test = TestDb::new().await;
        let nowhere = Config {
            url: "http://127.0.0.1:9".to_owned(),
            database: "shpunt".to_owned(),
            user: "nobody".to_owned(),
            password: String::new(),
        };
        let reports = Reports::new(Client::new(&nowhere), Arc::new(Frontier::start(test.db.clone())));
        let schema = schema(&test, reports);
        Self { test, schema }
    }

    /// A new user with an employee of the same name.
    pub(crate) async fn user(&self, login: &str, role: &str) -> User {
        let role = Role::parse(&role.to_lowercase()).unwrap();
        let add = UserAdd { login: login.to_owned(), name: login.to_owned(), role, password: "correct horse".to_owned() };
        user_add(&self.test.db, &ctx(login), add).await.unwrap().value
    }

    pub(crate) async fn stranger(&self, query: &str) -> Answer {
        self.send(None, query, Value::Null).await
    }

    pub(crate) async fn ask(&self, user: &User, query: &str) -> Answer {
        self.send(Some(user), query, Value::Null).await
    }

    pub(crate) async fn send(&self, user: Option<&User>, query: &str, variables: Value) -> Answer {
        let caller = Caller { user: user.cloned(), token: None, language: Language::Ru, request_id: "request-1".to_owned() };
        let request = Request::new(query).variables(Variables::from_json(variables));
        let response = graphql::execute(&self.schema, request, caller).await;
        let answer = Answer(serde_json::to_value(&response).unwrap());
        for error in answer.errors() {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            assert!(FaultCode::ALL.iter().any(|known| known.as_str() == code), "{error}");
            assert_eq!(error["extensions"]["requestId"], "request-1");
        }
        answer
    }
}

/// The schema over a test database and some reports, at the fixed time of tests.
pub(crate) fn schema(test: &TestDb, reports: Reports) -> Schema {
    let cookies = CookiePolicy::default();
    graphql::schema(Services { db: test.db.clone(), reports, clock: Arc::new(now), cookies })
}

/// What came back.
pub(crate) struct Answer(Value);

impl Answer {
    pub(crate) fn json(&self) -> &Value {
        &self.0
    }

    pub(crate) fn data(&self) -> &Value {
        &self.0["data"]
    }

    fn errors(&self) -> &[Value] {
        self.0["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The codes of `errors`.
    pub(crate) fn codes(&self) -> Vec<String> {
        self.errors().iter().map(|error| error["extensions"]["code"].as_str().unwrap().to_owned()).collect()
    }
}
