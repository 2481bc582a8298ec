//! Margin at completion of a deal, and why it moved.

use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::direct::bills::Bears;
use shpunt_domain::direct::completion::{self, Drift, Margin, text};
use shpunt_domain::notifications::Language;

use super::super::{World, d};

async fn drift(world: &World) -> Drift {
    let drift = completion::drift(world.db(), &Scope::All, world.deal_id, None).await.unwrap();
    let mut told = drift.before;
    for effect in drift.changes.iter().map(completion::Change::effect) {
        told.revenue += effect.revenue;
        told.cost += effect.cost;
        told.expenses += effect.expenses;
    }
    assert_eq!(told, drift.now, "before and what is told make now");
    let (whole, orders) = completion::get(world.db(), &Scope::All, world.deal_id).await.unwrap();
    assert_eq!(whole.total(), drift.now);
    let of_orders: Decimal = orders.iter().map(|(_, order)| order.total().revenue).sum();
    assert_eq!(of_orders, drift.now.revenue);
    drift
}

fn margin(revenue: &str, cost: &str, expenses: &str) -> Margin {
    Margin { revenue: d(revenue), cost: d(cost), expenses: d(expenses) }
}

#[tokio::test]
async fn earned_and_expected_make_the_margin_and_every_change_is_told() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    // Given an order of 4.8 t at 122,000 with VAT: 480,000 without; its goods are worth 240,000.
    let order = world.order("order", vec![world.goods(batch, 4, "122000")]).await;
    let first = drift(&world).await;
    assert_eq!(
        (first.before, first.now, first.changes.len()),
        (margin("480000", "240000", "0"), margin("480000", "240000", "0"), 0)
    );
    // When freight is planned at 30,000, goods of the batch become dearer by 10,000 and the truck leaves …
    let plan = world.planned("plan", &order, "freight", "30000").await;
    world.billed("2026-01-15", "10000", shpunt_domain::batches::expenses::Basis::Tonnes, &[batch]).await;
    assert_eq!(
        drift(&world).await.now,
        margin("480000", "244000", "30000"),
        "a batch that became dearer counts before anybody says so"
    );
    world.ship(&order, "2026-01-20").await.unwrap();
    // … and its bill is 33,000 …
    let bill = world.direct_bill("freight", "2026-01-25", "33000", Bears::Plan(plan.planned_expense_id)).await;
    world.direct_billed("bill", &bill).await;
    let (whole, orders) = completion::get(world.db(), &Scope::All, world.deal_id).await.unwrap();
    // … then 203,000 are earned and nothing is expected.
    assert_eq!((whole.earned, whole.expected), (margin("480000", "244000", "33000"), Margin::default()));
    assert_eq!((whole.earned.contribution(), orders.len()), (d("203000"), 1));
    let told: Vec<String> = drift(&world).await.changes.iter().map(|change| text(change, Language::Ru)).collect();
    assert_eq!(
        told,
        [
            "Новый плановый расход, З-000001: расход «Доставка до покупателя» +30\u{a0}000,00 (было 0,00, стало 30\u{a0}000,00)",
            "Отгрузка отличается от ожидания, З-000001: себестоимость серии С-1 +4\u{a0}000,00 (было 240\u{a0}000,00, стало 244\u{a0}000,00)",
            "Счёт поставщика, З-000001: расход «Доставка до покупателя» +3\u{a0}000,00 (было 30\u{a0}000,00, стало 33\u{a0}000,00)",
        ]
    );
}

#[tokio::test]
async fn what_waits_is_expected_and_a_lost_deal_expects_nothing() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "122000")]).await;
    let bill = world.direct_bill("agent_bonus", "2026-01-15", "7000", Bears::Deal(world.deal_id)).await;
    world.direct_billed("bill", &bill).await;
    let (whole, _) = completion::get(world.db(), &Scope::All, world.deal_id).await.unwrap();
    assert_eq!((whole.expected, whole.waiting), (margin("480000", "240000", "7000"), d("7000")));
    world.order_cancelled(&order).await;
    world.deal_closed("lost").await;
    let (whole, orders) = completion::get(world.db(), &Scope::All, world.deal_id).await.unwrap();
    assert_eq!((whole.earned, whole.expected, orders.len()), (margin("0", "0", "7000"), Margin::default(), 0));
    let drift = drift(&world).await;
    assert_eq!(drift.now.contribution(), d("-7000"));
    assert!(completion::get(world.db(), &Scope::Employees([999].into()), world.deal_id).await.is_err());
}
