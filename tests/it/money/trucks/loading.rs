//! What is loaded and weighed becomes the weight of the shipment.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::Order;
use shpunt_domain::orders::commands::{self as orders, Ship, Weighed};
use shpunt_domain::orders::trucks::loading::{Load, Loaded, Scales, load};
use shpunt_domain::orders::trucks::read;
use shpunt_tests::ctx;

use super::{World, by, code, d, day};

fn loaded(order: &Order, pieces: &[i64], scales: Option<(i64, i64)>) -> Load {
    let lines = order.lines.iter().zip(pieces).filter(|(_, pieces)| **pieces > 0);
    Load {
        order_id: order.order_id,
        lines: lines.map(|(line, pieces)| Loaded { order_line_id: line.order_line_id, pieces: *pieces }).collect(),
        scales: scales.map(|(gross_kg, tare_kg)| Scales { gross_kg, tare_kg }),
        loaded_at: None,
        overload_reason: String::new(),
    }
}

/// A confirmed order of 8, 4 and 4 piles of 1.2 t, on a truck for 20 t.
async fn ready(world: &World) -> Order {
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "264000").await;
    let carrier = world.carrier("Грузовоз").await;
    let vehicle = world.vehicle(carrier, "А123ВС77", "20").await;
    let lines = [8, 4, 4].map(|pieces| world.goods(batch, pieces, "100000"));
    let order = world.order("order", lines.to_vec()).await;
    world.assigned("assign", &by(&order, &vehicle)).await.unwrap()
}

#[tokio::test]
async fn the_scales_decide_what_is_shipped() {
    let world = World::new().await;
    let order = ready(&world).await;
    // Given 34,100 kg with the goods and 15,100 kg without; then 19.000 t are on it, of 19.2 t by the profiles.
    load(world.db(), &ctx("load"), &loaded(&order, &[8, 4, 4], Some((34_100, 15_100)))).await.unwrap();
    let seen = read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0);
    assert_eq!((seen.truck.weighed_t(), seen.loaded_t), (d("19"), d("19.2")));
    assert_eq!(seen.truck.deviation(seen.loaded_t), Some(d("-1.04")));
    // 19,000 kg by 9.6 : 4.8 : 4.8.
    let weights: Vec<Decimal> = seen.loads.iter().map(|load| load.tonnes_weighed).collect();
    assert_eq!(weights, [d("9.5"), d("4.75"), d("4.75")]);
    // A weight somebody gives when shipping counts more than the scales of the truck.
    let given = Weighed { order_line_id: order.lines[2].order_line_id, tonnes: d("4.7") };
    let ship = Ship { order_id: order.order_id, shipped_on: day("2026-01-20"), weighed: vec![given] };
    let shipped = orders::ship(world.db(), &ctx("ship"), &ship).await.unwrap().value;
    let weights: Vec<Decimal> = shipped.lines.iter().map(|line| line.tonnes_weighed).collect();
    assert_eq!(weights, [d("9.5"), d("4.75"), d("4.7")]);
    let ledger: Decimal = sqlx::query_scalar("select sum(tonnes_weighed) from ledger_entry where account = 'cogs'")
        .fetch_one(world.db())
        .await
        .unwrap();
    assert_eq!(ledger, d("18.95"));
    world.check_books().await;
}

#[tokio::test]
async fn what_is_not_on_the_truck_is_not_shipped() {
    let world = World::new().await;
    let order = ready(&world).await;
    load(world.db(), &ctx("part"), &loaded(&order, &[8, 3, 0], None)).await.unwrap();
    let refused = world.ship(&order, "2026-01-20").await.unwrap_err();
    assert_eq!(refused.code(), Code::LoadMismatch);
    assert!(refused.to_string().contains("line 2 of order З-000001 has 4 pieces and 3 are on the truck А123ВС77"), "{refused}");
    // The rest is loaded, nobody weighed it: shipped by the profiles.
    load(world.db(), &ctx("whole"), &loaded(&order, &[8, 4, 4], None)).await.unwrap();
    let shipped = world.ship(&order, "2026-01-20").await.unwrap();
    assert!(shipped.lines.iter().all(|line| line.tonnes_weighed.is_zero()));
    world.check_books().await;
}

#[tokio::test]
async fn a_load_is_refused_that_cannot_be() {
    let world = World::new().await;
    let order = ready(&world).await;
    let bare = world.order("bare", vec![world.service("1")]).await;
    for (key, input, expected) in [
        ("more than ordered", loaded(&order, &[9], None), Code::InvalidInput),
        ("nothing", loaded(&order, &[], None), Code::InvalidInput),
        ("an empty truck is heavier", loaded(&order, &[8, 4, 4], Some((15_100, 34_100))), Code::InvalidInput),
        ("no tare", loaded(&order, &[8, 4, 4], Some((34_100, 0))), Code::AmountNotPositive),
        // 20,001 kg for 20 t.
        ("overloaded", loaded(&order, &[8, 4, 4], Some((35_101, 15_100))), Code::Overloaded),
        ("no truck", loaded(&bare, &[1], None), Code::TruckRequired),
    ] {
        assert_eq!(code(load(world.db(), &ctx(key), &input).await), expected, "{key}");
    }
    let agreed = Load {
        overload_reason: "Весовая подтвердила".to_owned(), ..loaded(&order, &[8, 4, 4], Some((35_101, 15_100)))
    };
    load(world.db(), &ctx("agreed"), &agreed).await.unwrap();
    // Another truck has nothing on it yet.
    let carrier = world.carrier("Фура").await;
    let other = world.vehicle(carrier, "В222ВВ77", "25").await;
    world.assigned("other", &by(&order, &other)).await.unwrap();
    let seen = read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0);
    assert_eq!((seen.loads.len(), seen.truck.gross_kg, seen.truck.loaded_at), (0, 0, None));
}
