//! What is refused, and that nothing changes by it.

use shpunt_domain::direct::bills::{Bears, PostDirect, Target, post_direct};
use shpunt_domain::direct::plans::{AddPlan, ChangePlan, DropPlan, add, change, drop_plan};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::super::{World, d, day};

#[tokio::test]
async fn a_bill_that_cannot_be_is_refused_and_nothing_changes() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "100000")]).await;
    let gone = world.order("gone", vec![world.goods(batch, 1, "100000")]).await;
    world.order_cancelled(&gone).await;
    let plan = world.planned("plan", &order, "freight", "1000").await;
    world.ship(&order, "2026-01-20").await.unwrap();
    let settled = world.direct_bill("freight", "2026-01-25", "1100", Bears::Plan(plan.planned_expense_id)).await;
    let billed = world.direct_billed("settled", &settled).await;
    let before = world.direct_books().await;
    let good = world.direct_bill("freight", "2026-01-25", "1000", Bears::Order(order.order_id)).await;
    let on = |bears| PostDirect { targets: vec![Target { bears, share: None }], ..good.clone() };
    let refused: [(&str, PostDirect, Code); 11] = [
        ("nobody", PostDirect { targets: vec![], ..good.clone() }, Code::InvalidInput),
        ("no such order", on(Bears::Order(999)), Code::NotFound),
        ("no such deal", on(Bears::Deal(999)), Code::NotFound),
        ("no such plan", on(Bears::Plan(999)), Code::NotFound),
        ("cancelled", on(Bears::Order(gone.order_id)), Code::OrderStatus),
        ("billed already", on(Bears::Plan(plan.planned_expense_id)), Code::OrderStatus),
        ("of goods", PostDirect { article_id: world.article("freight_in").await, ..good.clone() }, Code::ArticleMismatch),
        ("for nothing", PostDirect { net: d("0"), ..good.clone() }, Code::AmountNotPositive),
        ("more VAT than sum", PostDirect { vat: d("1001"), ..good.clone() }, Code::InvalidInput),
        ("before its date", PostDirect { effective_on: Some(day("2026-01-24")), ..good.clone() }, Code::InvalidInput),
        ("of nobody's", PostDirect { party_id: 999, ..good.clone() }, Code::NotFound),
    ];
    for (what, bill, code) in refused {
        let error: Error = post_direct(world.db(), &ctx(what), &bill).await.unwrap_err();
        assert_eq!(error.code(), code, "{what}: {error}");
    }
    let early = world.direct_storno(&billed, "2026-01-24").await.unwrap_err();
    assert_eq!(early.code(), Code::InvalidInput, "{early}");
    assert_eq!(world.direct_books().await, before);
    world.direct_storno(&billed, "2026-01-26").await.unwrap();
    assert_eq!(world.direct_storno(&billed, "2026-01-27").await.unwrap_err().code(), Code::AlreadyReversed);
    // The plan is accrued again, and of another article than this bill.
    let crane = world.direct_bill("crane", "2026-01-26", "1000", Bears::Plan(plan.planned_expense_id)).await;
    assert_eq!(post_direct(world.db(), &ctx("crane"), &crane).await.unwrap_err().code(), Code::ArticleMismatch);
    let early = PostDirect { issued_on: day("2026-01-10"), effective_on: Some(day("2026-01-19")), ..settled };
    assert_eq!(
        post_direct(world.db(), &ctx("before"), &early).await.unwrap_err().code(),
        Code::InvalidInput,
        "before its accrual"
    );
    world.check_books().await;
}

#[tokio::test]
async fn a_plan_that_cannot_be_is_refused() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "100000")]).await;
    let gone = world.order("gone", vec![world.goods(batch, 1, "100000")]).await;
    world.order_cancelled(&gone).await;
    let good = world.plan(&order, "freight", "1000").await;
    let refused: [(&str, AddPlan, Code); 6] = [
        ("no such order", AddPlan { order_id: 999, ..good.clone() }, Code::NotFound),
        ("cancelled", AddPlan { order_id: gone.order_id, ..good.clone() }, Code::OrderStatus),
        ("of goods", AddPlan { article_id: world.article("rent").await, ..good.clone() }, Code::ArticleMismatch),
        ("nobody's", AddPlan { party_id: 999, ..good.clone() }, Code::NotFound),
        ("for nothing", AddPlan { net: d("0"), ..good.clone() }, Code::AmountNotPositive),
        ("less than no VAT", AddPlan { vat: d("-1"), ..good.clone() }, Code::AmountNotPositive),
    ];
    for (what, plan, code) in refused {
        let error = add(world.db(), &ctx(what), &plan).await.unwrap_err();
        assert_eq!(error.code(), code, "{what}: {error}");
    }
    let plan = add(world.db(), &ctx("plan"), &good).await.unwrap().value;
    let id = plan.planned_expense_id;
    let other = |version| ChangePlan {
        planned_expense_id: id,
        expected_version: version,
        party_id: 0,
        net: d("2000"),
        vat: d("0"),
        note: String::new(),
    };
    assert_eq!(change(world.db(), &ctx("stale"), &other(7)).await.unwrap_err().code(), Code::VersionConflict);
    world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!(change(world.db(), &ctx("accrued"), &other(2)).await.unwrap_err().code(), Code::OrderStatus);
    let early = DropPlan { planned_expense_id: id, on: Some(day("2026-01-19")) };
    assert_eq!(drop_plan(world.db(), &ctx("early"), &early).await.unwrap_err().code(), Code::InvalidInput);
    drop_plan(world.db(), &ctx("drop"), &DropPlan { planned_expense_id: id, on: None }).await.unwrap();
    let again = drop_plan(world.db(), &ctx("again"), &DropPlan { planned_expense_id: id, on: None }).await.unwrap_err();
    assert_eq!(again.code(), Code::OrderStatus);
    world.check_books().await;
}
