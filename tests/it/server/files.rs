//! `POST /files` and `GET /files/ID`: what is kept and shown, to whom, and what is refused around it.

use axum::body::Body;
use serde_json::json;
use shpunt_domain::access::Role;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_domain::orders::files::BYTES_MAX;
use shpunt_tests::ctx;
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Answer, Http};

use super::super::money::World;
use super::{PASSWORD, Served, director, refused, serve};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 what the camera saw";

/// A server over a small business with one order, and its director at the door.
async fn business() -> (World, Served, String) {
    let test = TestDb::new().await;
    director(&test).await;
    let mut served = serve(&test.db, &[]).await;
    assert!(served.http.log_in("director", PASSWORD).await);
    let world = World::on(test).await;
    let order = world.order("order", vec![world.service("1000")]).await;
    let id = format!("order_{}", order.order_id);
    (world, served, id)
}

async fn send(http: &Http, address: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let request = headers.iter().fold(http.request("POST", address), |request, (name, value)| request.header(*name, *value));
    http.send(request.body(body.into()).unwrap()).await
}

const JPEG_HEADER: (&str, &str) = ("content-type", "image/jpeg");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_back_as_it_was_sent() {
    let (_world, served, order) = business().await;
    let http = &served.http;
    let address = format!("/files?order={order}&kind=photo&name=%D0%BF%D0%BE%D0%B3%D1%80%D1%83%D0%B7%D0%BA%D0%B0.jpg");
    let sent = send(http, &address, &[JPEG_HEADER], JPEG).await;
    assert_eq!(sent.status.as_u16(), 201, "{}", sent.text());
    let kept = sent.json();
    assert_eq!(
        (&kept["name"], &kept["contentType"], &kept["size"]),
        (&json!("погрузка.jpg"), &json!("image/jpeg"), &json!(JPEG.len()))
    );
    let seen =
        http.ask(&format!("{{ order(id: \"{order}\") {{ files {{ id url kind name contentType size }} }} }}"), json!({})).await;
    let file = json!({ "id": kept["id"], "url": kept["url"], "kind": "PHOTO", "name": "погрузка.jpg", "contentType": "image/jpeg",
        "size": JPEG.len() });
    assert_eq!(seen["order"]["files"], json!([file]));
    let fetched = http.get(kept["url"].as_str().unwrap()).await;
    assert_eq!((fetched.status.as_u16(), fetched.body.as_ref()), (200, JPEG));
    assert_eq!(fetched.header("content-type"), "image/jpeg");
    // It is saved, not shown; nothing of it is guessed at or run.
    assert!(fetched.header("content-disposition").starts_with("attachment; filename*=UTF-8''%D0%BF"));
    assert_eq!(fetched.header("x-content-type-options"), "nosniff");
    assert_eq!(fetched.header("cache-control"), "no-store");
    assert!(fetched.header("content-security-policy").contains("sandbox"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_picture_is_not_kept() {
    let (world, served, order) = business().await;
    let http = &served.http;
    let address = format!("/files?order={order}&kind=photo&name=a.jpg");
    refused(&send(http, &address, &[JPEG_HEADER], &b"<script>alert(1)</script>"[..]).await, 400, "INVALID_INPUT");
    refused(&send(http, &address, &[JPEG_HEADER], Body::empty()).await, 400, "INVALID_INPUT");
    // What the page of another site could send without asking us first.
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""] {
        refused(&send(http, &address, &[("content-type", kind)], JPEG).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let mut large = vec![0; BYTES_MAX + 1];
    large[..JPEG.len()].copy_from_slice(JPEG);
    refused(&send(http, &address, &[JPEG_HEADER], large).await, 413, "PAYLOAD_TOO_LARGE");
    for wrong in ["/files", "/files?order=order_1", "/files?order=deal_1&name=a", "/files?order=order_1&name=a&kind=x"] {
        refused(&send(http, wrong, &[JPEG_HEADER], JPEG).await, 400, "BAD_REQUEST");
    }
    refused(&send(http, "/files?order=order_404&name=a", &[JPEG_HEADER], JPEG).await, 404, "NOT_FOUND");
    refused(&http.get("/files/order_file_404").await, 404, "NOT_FOUND");
    refused(&http.get("/files/order_1").await, 404, "NOT_FOUND");
    let kept: i64 = sqlx::query_scalar("select count(*) from order_files").fetch_one(world.db()).await.unwrap();
    assert_eq!(kept, 0);
    let most = [JPEG, &vec![0; BYTES_MAX - JPEG.len()]].concat();
    assert_eq!(send(http, &address, &[JPEG_HEADER], most).await.status.as_u16(), 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_for_those_who_see_the_order() {
    let (world, served, order) = business().await;
    let address = format!("/files?order={order}&kind=proof&name=a.jpg");
    let kept = send(&served.http, &address, &[JPEG_HEADER], JPEG).await.json();
    let url = kept["url"].as_str().unwrap();
    // Nobody.
    let stranger = served.http.stranger();
    refused(&send(&stranger, &address, &[JPEG_HEADER], JPEG).await, 401, "UNAUTHENTICATED");
    refused(&stranger.get(url).await, 401, "UNAUTHENTICATED");
    // The page of another site, in the name of the director.
    let foreign = [JPEG_HEADER, ("sec-fetch-site", "cross-site")];
    refused(&send(&served.http, &address, &foreign, JPEG).await, 403, "FORBIDDEN");
    let read = served.http.request("GET", url).header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    refused(&served.http.send(read).await, 403, "FORBIDDEN");
    let come_in = async |login: &str, role: Role| {
        let add = UserAdd { login: login.to_owned(), name: login.to_owned(), role, password: PASSWORD.to_owned() };
        let user = user_add(world.db(), &ctx(login), add).await.unwrap().value;
        let mut http = served.http.stranger();
        assert!(http.log_in(login, PASSWORD).await);
        (http, user)
    };
    // A manager of other deals is told that it does not exist.
    let (manager, user) = come_in("manager", Role::Manager).await;
    refused(&send(&manager, &address, &[JPEG_HEADER], JPEG).await, 404, "NOT_FOUND");
    refused(&manager.get(url).await, 404, "NOT_FOUND");
    sqlx::query("update deals set employee_id = $1").bind(user.employee_id).execute(world.db()).await.unwrap();
    assert_eq!(manager.get(url).await.body.as_ref(), JPEG);
    // An accountant sees files and sends none; a marketer does neither.
    let (accountant, _) = come_in("accountant", Role::Accountant).await;
    refused(&send(&accountant, &address, &[JPEG_HEADER], JPEG).await, 403, "FORBIDDEN");
    assert_eq!(accountant.get(url).await.status.as_u16(), 200);
    let (marketer, _) = come_in("marketer", Role::Marketer).await;
    refused(&marketer.get(url).await, 403, "FORBIDDEN");
}
