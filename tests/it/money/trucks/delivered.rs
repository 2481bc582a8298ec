//! How an order arrived: who received it, what was missing, what proves it.

use shpunt_domain::Code;
use shpunt_domain::access::{Actor, Role, Scope};
use shpunt_domain::orders::deliver::{Deliver, deliver, list_of_orders};
use shpunt_domain::orders::files::{Kind, Upload, read, upload};
use shpunt_domain::orders::trucks::loading::Loaded;
use shpunt_domain::orders::{Order, Status};
use shpunt_tests::ctx;

use super::super::day;
use super::{World, at, code, manager};

const PDF: &[u8] = b"%PDF-1.7 waybill";

async fn shipped(world: &World) -> Order {
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "264000").await;
    let order = world.order("order", vec![world.goods(batch, 10, "100000"), world.goods(batch, 4, "100000")]).await;
    world.ship(&order, "2026-01-20").await.unwrap()
}

fn file(order: &Order, kind: Kind, bytes: &[u8]) -> Upload {
    Upload::try_new(order.order_id, kind, "ТТН.pdf", bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_shortage_is_noted_and_nothing_is_posted() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let before = world.balance("receivables").await;
    let proof = upload(world.db(), &ctx("proof"), &file(&order, Kind::Proof, PDF)).await.unwrap().value;
    // Of ten piles nine arrived; the second line was not counted and is whole.
    let input = Deliver {
        order_id: order.order_id,
        on: None,
        at: Some(at("2026-01-21T21:30:00Z")),
        receiver: "Сидоров С. С.".to_owned(),
        unloaded: vec![Loaded { order_line_id: order.lines[0].order_line_id, pieces: 9 }],
        proof_file_id: Some(proof.order_file_id),
    };
    let delivered = deliver(world.db(), &ctx("deliver"), &input).await.unwrap().value;
    // Half past midnight in Moscow.
    assert_eq!((delivered.status, delivered.delivered_on), (Status::Delivered, Some(day("2026-01-22"))));
    let seen = list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0);
    assert_eq!((seen.receiver.as_str(), seen.proof_file_id, seen.counted), ("Сидоров С. С.", proof.order_file_id, true));
    assert_eq!(seen.short, [(order.lines[0].order_line_id, 9, 1)]);
    assert_eq!(world.balance("receivables").await, before);
    world.check_books().await;
}

#[tokio::test]
async fn a_plain_delivery_is_what_it_was() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let plain = Deliver::plain(order.order_id, Some(day("2026-01-21")));
    assert_eq!(deliver(world.db(), &ctx("deliver"), &plain).await.unwrap().value.status, Status::Delivered);
    assert!(list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_delivery_is_refused_that_cannot_be() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let other = world.order("other", vec![world.service("1")]).await;
    let foreign = upload(world.db(), &ctx("foreign"), &file(&other, Kind::Proof, PDF)).await.unwrap().value;
    let plain = || Deliver::plain(order.order_id, None);
    let pieces = |pieces| vec![Loaded { order_line_id: order.lines[0].order_line_id, pieces }];
    for (key, input, expected) in [
        ("more than left", Deliver { unloaded: pieces(11), ..plain() }, Code::InvalidInput),
        ("twice", Deliver { unloaded: [pieces(1), pieces(2)].concat(), ..plain() }, Code::InvalidInput),
        ("proof of another order", Deliver { proof_file_id: Some(foreign.order_file_id), ..plain() }, Code::NotFound),
        ("tomorrow", Deliver { at: Some(at("2026-03-03T09:00:00Z")), ..plain() }, Code::DateInFuture),
        (
            "two days",
            Deliver { on: Some(day("2026-01-25")), at: Some(at("2026-01-24T09:00:00Z")), ..plain() },
            Code::InvalidInput,
        ),
        ("before it left", Deliver::plain(order.order_id, Some(day("2026-01-19"))), Code::InvalidInput),
        ("not shipped", Deliver::plain(other.order_id, None), Code::OrderStatus),
    ] {
        assert_eq!(code(deliver(world.db(), &ctx(key), &input).await), expected, "{key}");
    }
    // None of ten is a delivery, too.
    deliver(world.db(), &ctx("none"), &Deliver { unloaded: pieces(0), ..plain() }).await.unwrap();
    let seen = list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0);
    assert_eq!(seen.short, [(order.lines[0].order_line_id, 0, 10)]);
}

#[tokio::test]
async fn a_file_is_seen_by_whoever_sees_the_order() {
    let world = World::new().await;
    let order = shipped(&world).await;
    let photo = b"\xff\xd8\xff\xe0 load";
    let kept = upload(world.db(), &ctx("photo"), &file(&order, Kind::Photo, photo)).await.unwrap().value;
    assert_eq!((kept.content_type.as_str(), kept.size, kept.kind), ("image/jpeg", 9, Kind::Photo));
    // The same bytes are the same file, whatever they are called.
    let again = upload(world.db(), &ctx("again"), &file(&order, Kind::Other, photo)).await.unwrap().value;
    assert_eq!(again, kept);
    let (found, bytes) = read::get(world.db(), &Scope::All, kept.order_file_id).await.unwrap();
    assert_eq!((found, bytes.as_slice()), (kept.clone(), &photo[..]));
    assert_eq!(read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap(), std::slice::from_ref(&kept));
    // A manager who leads another deal.
    assert_eq!(code(upload(world.db(), &manager("photo"), &file(&order, Kind::Photo, PDF)).await), Code::NotFound);
    let stranger = Actor { user_id: 9, employee_id: 9, role: Role::Manager, within: None, colleagues: Vec::new() }.scope();
    assert_eq!(code(read::get(world.db(), &stranger, kept.order_file_id).await), Code::NotFound);
    sqlx::query("update deals set employee_id = 9").execute(world.db()).await.unwrap();
    assert_eq!(read::get(world.db(), &stranger, kept.order_file_id).await.unwrap().1, photo);
    // The log knows which file it was, and none of its bytes.
    let logged: serde_json::Value = sqlx::query_scalar("select input from command_log where name = 'orders.upload_file' limit 1")
        .fetch_one(world.db())
        .await
        .unwrap();
    let keys: Vec<_> = logged.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["content_type", "kind", "name", "order_id", "sha256", "size"]);
}
