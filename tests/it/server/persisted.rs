//! Documents named by their hash: automatic persisted queries, and the list a server may be told to answer alone.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Answer, Http};

use super::graphql_get::address;
use super::{logged_in, refused, serve};

const VIEWER: &str = "query Me { viewer { login } }";

fn sha256(document: &str) -> String {
    Sha256::digest(document).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

async fn by_hash(http: &Http, document: &str) -> Answer {
    http.post(&json!({ "extensions": persisted(&sha256(document)) })).await
}

async fn register(http: &Http, document: &str) -> Answer {
    http.post(&json!({ "query": document, "extensions": persisted(&sha256(document)) })).await
}

fn not_found(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (200, "PERSISTED_QUERY_NOT_FOUND"), "{}", answer.text());
    let error = &answer.json()["errors"][0];
    assert_eq!(error["message"], "PersistedQueryNotFound", "clients compare the message");
    assert!(error["extensions"]["requestId"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_sent_once_and_then_named() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let http = &served.http;
    not_found(&by_hash(http, VIEWER).await);
    let modern = http.request("POST", "/graphql").header("content-type", "application/json");
    let modern = modern.header("accept", "application/graphql-response+json");
    let body = json!({ "extensions": persisted(&sha256(VIEWER)) }).to_string();
    assert_eq!(http.send(modern.body(body.into()).unwrap()).await.status.as_u16(), 400);

    let me = json!({ "data": { "viewer": { "login": "director" } } });
    assert_eq!(register(http, VIEWER).await.json(), me);
    assert_eq!(by_hash(http, VIEWER).await.json(), me);
    let upper = persisted(&sha256(VIEWER).to_uppercase()).to_string();
    assert_eq!(http.get(&address(&[("extensions", &upper)])).await.json(), me, "by GET as well");
    assert_eq!(http.get(&format!("/graphql?documentId=sha256:{}", sha256(VIEWER))).await.json(), me);
    assert_eq!(by_hash(&served.http.stranger(), VIEWER).await.json(), json!({ "data": { "viewer": null } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hash_that_does_not_fit_is_refused_and_keeps_nothing() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let http = &served.http;
    let other = sha256("{ __typename }");
    let mismatch = http.post(&json!({ "query": VIEWER, "extensions": persisted(&other) })).await;
    refused(&mismatch, 400, "PERSISTED_QUERY_HASH_MISMATCH");
    not_found(&by_hash(http, "{ __typename }").await);
    for wrong in [
        json!(1),
        json!({}),
        json!({ "version": 2, "sha256Hash": other }),
        json!({ "version": 1, "sha256Hash": "abc" }),
        json!({ "version": 1, "sha256Hash": "я".repeat(32) }),
    ] {
        let answer = http.post(&json!({ "query": VIEWER, "extensions": { "persistedQuery": wrong } })).await;
        refused(&answer, 400, "BAD_REQUEST");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_broken_documents_take_no_room() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let stranger = served.http.stranger();
    assert_eq!(register(&stranger, VIEWER).await.json(), json!({ "data": { "viewer": null } }), "answered all the same");
    not_found(&by_hash(&stranger, VIEWER).await);
    assert_eq!(register(&served.http, "{ viewer").await.code(), "GRAPHQL_PARSE_FAILED");
    not_found(&by_hash(&served.http, "{ viewer").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persisted_mutation_is_no_query() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mutation = "mutation { companyCreate(input: {}) { userErrors { code } } }";
    register(&served.http, mutation).await;
    let answer = served.http.get(&format!("/graphql?documentId=sha256:{}", sha256(mutation))).await;
    refused(&answer, 405, "METHOD_NOT_ALLOWED");
}

/// The documents in `dashboards/src`, as the page sends them.
fn of_the_page() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("graphql") => {
                    let document = std::fs::read_to_string(&path).unwrap();
                    found.insert(sha256(&document), document);
                }
                // A document written among the code would be missing from the list.
                Some("ts" | "tsx") => {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let inside = ["`query", "`mutation", "'query ", "'mutation ", "gql`", "'{ ", "`{ "];
                    let at = inside.iter().find(|start| text.contains(**start));
                    assert_eq!(at, None, "{}: put the document into a .graphql file", path.display());
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn the_trusted_documents_are_those_of_the_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/trusted_documents.json");
    let listed: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(listed == of_the_page(), "api/trusted_documents.json is stale: run `cargo xtask bless` and commit it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_may_answer_trusted_documents_only() {
    let test = TestDb::new().await;
    super::director(&test).await;
    let served = serve(&test.db, &["--trusted-documents-only"]).await;
    let mut http = served.http.clone();
    let documents = of_the_page();
    let session = documents.values().find(|document| document.contains("mutation SessionCreate")).unwrap();
    let input = json!({ "input": { "login": "director", "password": super::PASSWORD } });
    let login = http.post(&json!({ "query": session, "operationName": "SessionCreate", "variables": input })).await;
    http.cookie = Some(login.header("set-cookie").split(';').next().unwrap().to_owned());

    let viewer = json!({ "documentId": format!("sha256:{}", sha256(session)), "operationName": "CurrentViewer" });
    assert_eq!(http.post(&viewer).await.json()["data"]["viewer"]["login"], "director", "the hash is enough");
    for other in [
        json!({ "query": VIEWER }),
        json!({ "query": format!("{session} ") , "operationName": "CurrentViewer" }),
        json!({ "query": "{ __schema { types { name } } }" }),
        json!({ "query": "{ viewer" }),
        json!({ "query": VIEWER, "extensions": persisted(&sha256(VIEWER)) }),
        json!({ "extensions": persisted(&sha256(VIEWER)) }),
    ] {
        let answer = http.post(&other).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (200, "DOCUMENT_NOT_TRUSTED"), "{other}: {}", answer.text());
        assert!(answer.json().get("data").is_none());
    }
    let modern = http.request("POST", "/graphql").header("content-type", "application/json");
    let modern = modern.header("accept", "application/graphql-response+json");
    let body = json!({ "query": VIEWER }).to_string();
    assert_eq!(http.send(modern.body(body.into()).unwrap()).await.status.as_u16(), 403);
}
