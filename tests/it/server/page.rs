//! The page and its files. Without a built `dashboards/dist` the server says how to build it.

use axum::body::Body;
use axum::http::StatusCode;
use shpunt_tests::db::TestDb;

use super::serve;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_served_safely_or_names_the_command_that_builds_it() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    let page = served.http.get("/").await;
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert!(page.header("content-security-policy").contains("default-src 'none'; script-src 'self'"));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let built = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/dist/index.html").exists();
    if !built {
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.text().contains("cargo xtask up"));
        return;
    }
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-cache"));
    let deep = served.http.get("/reports/funnel?from=2026-01-01").await;
    assert_eq!((deep.status, deep.body), (StatusCode::OK, page.body.clone()), "the page reads the address itself");

    let tag = page.header("etag").to_owned();
    let again = served.http.request("GET", "/").header("if-none-match", &tag).body(Body::empty()).unwrap();
    assert_eq!(served.http.send(again).await.status, StatusCode::NOT_MODIFIED);

    let text = page.text();
    let (_, rest) = text.split_once("src=\"/assets/").expect("the page has a script");
    let script = format!("/assets/{}", rest.split('"').next().unwrap());
    let plain = served.http.get(&script).await;
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(plain.header("content-type"), "text/javascript; charset=utf-8");
    let packed = served.http.request("GET", &script).header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let packed = served.http.send(packed).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.body.len() * 2 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_not_the_page() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    for path in ["/assets/gone-12345678.js", "/favicon.ico", "/../Cargo.toml", "/%2e%2e/Cargo.toml"] {
        let answer = served.http.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"), "{path}");
    }
    let post = served.http.request("POST", "/").body(Body::empty()).unwrap();
    let answer = served.http.send(post).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphiql_is_there_for_developers_only_and_takes_nothing_from_elsewhere() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    let usual = served.http.get("/graphiql").await;
    assert_eq!(usual.body, served.http.get("/").await.body, "without --dev the path is nothing special");
    assert_eq!(served.http.get("/graphiql/index.html").await.status, StatusCode::NOT_FOUND);

    let served = serve(&test.db, &["--dev"]).await;
    let page = served.http.get("/graphiql").await;
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'; worker-src 'self';"));
    assert_eq!((served.http.get("/graphiql/gone.js").await.code()), "NOT_FOUND");
    if !std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/graphiql/dist/index.html").exists() {
        assert_eq!((page.status, page.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "NOT_BUILT"));
        return;
    }
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let text = page.text();
    let mut named = 0;
    for rest in text.split("src=\"").chain(text.split("href=\"")).filter(|rest| !rest.starts_with("<!doctype")) {
        let path = rest.split('"').next().unwrap();
        assert!(path.starts_with("/graphiql/assets/"), "{path} comes from elsewhere");
        let file = served.http.get(path).await;
        assert_eq!((file.status, file.header("cache-control")), (StatusCode::OK, "public, max-age=31536000, immutable"));
        named += 1;
    }
    assert!(named >= 2, "{text}");
}
