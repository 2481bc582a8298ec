//! Plans of an order: accrued at shipment, settled by difference.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::direct::bills::{Bears, Target};
use shpunt_domain::direct::plans::{ChangePlan, DropPlan, change, drop_plan};
use shpunt_domain::direct::{Basis, PlanStatus, PlannedExpense, read};
use shpunt_domain::ledger::periods::commands::{Close, close};
use shpunt_domain::orders::Order;
use shpunt_tests::ctx;

use super::super::returns::{bring, pieces_back};
use super::super::{World, d, day};

async fn plan_of(world: &World, order: &Order) -> PlannedExpense {
    read::list_plans(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0)
}

/// Two lines of 1.2 and 2.4 t from one batch, confirmed.
async fn confirmed(world: &World, key: &str) -> Order {
    let batch = world.receive(&format!("С-{key}"), "2026-01-10", 10, "600000", "132000").await;
    world.order(key, vec![world.goods(batch, 1, "100000"), world.goods(batch, 2, "100000")]).await
}

/// Days and lines of everything on an account.
async fn entries(world: &World, account: &str) -> Vec<(NaiveDate, NaiveDate, i64, Decimal)> {
    sqlx::query_as("select effective_on, origin_on, order_line_id, amount from ledger_entry where account = $1 order by entry_id")
        .bind(account)
        .fetch_all(world.db())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_plan_is_accrued_at_shipment_and_its_bill_posts_the_difference() {
    let world = World::new().await;
    // Given an order whose freight is planned at 30,000 …
    let order = confirmed(&world, "order").await;
    world.planned("plan", &order, "freight", "30000").await;
    assert_eq!(world.direct_books().await, ["0", "0", "0", "-732000"].map(d), "a plan posts nothing");
    // … when it ships on 20 January …
    world.ship(&order, "2026-01-20").await.unwrap();
    // … then a third and two thirds of the plan are expenses of its lines, and nobody is owed yet.
    assert_eq!(world.direct_books().await, ["30000", "-30000", "0", "-732000"].map(d));
    let lines: Vec<i64> = order.lines.iter().map(|line| line.order_line_id).collect();
    let shipped = day("2026-01-20");
    assert_eq!(
        entries(&world, "order_expenses").await,
        [(shipped, shipped, lines[0], d("10000")), (shipped, shipped, lines[1], d("20000"))]
    );
    // When the carrier bills 33,000.01 and VAT on 5 February …
    let plan = plan_of(&world, &order).await;
    let bill = world.direct_bill("freight", "2026-02-05", "33000.01", Bears::Plan(plan.planned_expense_id)).await;
    let billed = world.direct_billed("bill", &bill).await;
    // … then only 3,000.01 more is spent, told by the day of the shipment, and the accrual has become a debt.
    assert_eq!(world.direct_books().await, ["33000.01", "0", "0", "-772260.01"].map(d));
    assert_eq!(world.balance("vat_input").await, d("139260.00"));
    let on = day("2026-02-05");
    assert_eq!(
        entries(&world, "order_expenses").await[2..],
        [(on, shipped, lines[0], d("1000.00")), (on, shipped, lines[1], d("2000.01"))]
    );
    assert_eq!(plan_of(&world, &order).await.status, PlanStatus::Billed);
    world.check_books().await;
    // When the bill is taken back, the accrual stands as before; a cheaper bill lowers the expense.
    world.direct_storno(&billed, "2026-02-07").await.unwrap();
    assert_eq!(world.direct_books().await, ["30000", "-30000", "0", "-732000"].map(d));
    assert_eq!(world.balance("vat_input").await, d("132000"));
    assert_eq!(plan_of(&world, &order).await, PlannedExpense { version: plan.version + 2, ..plan.clone() });
    world.check_books().await;
    let cheaper = world.direct_bill("freight", "2026-02-10", "29000", Bears::Plan(plan.planned_expense_id)).await;
    world.direct_billed("cheaper", &cheaper).await;
    assert_eq!(world.direct_books().await, ["29000", "0", "0", "-767380"].map(d));
    let last = entries(&world, "order_expenses").await;
    let lines_of = |line: usize| last.iter().filter(|row| row.2 == lines[line]).map(|row| row.3).sum::<Decimal>();
    assert_eq!((lines_of(0), lines_of(1)), (d("9666.67"), d("19333.33")), "each line ends with its part of the bill");
    world.check_books().await;
}

#[tokio::test]
async fn a_bill_of_a_closed_month_belongs_to_the_first_open_day_and_to_its_shipment() {
    let world = World::beginning("2026-01-01").await;
    let order = confirmed(&world, "order").await;
    let plan = world.planned("plan", &order, "crane", "5000").await;
    world.ship(&order, "2026-01-20").await.unwrap();
    let month = Close { company_id: world.company_id, month: day("2026-01-01"), acknowledge_warnings: true };
    close(world.db(), &ctx("close"), &month).await.unwrap();
    let bill = world.direct_bill("crane", "2026-01-22", "4500", Bears::Plan(plan.planned_expense_id)).await;
    let billed = world.direct_billed("bill", &bill).await;
    assert_eq!((billed.issued_on, billed.effective_on), (day("2026-01-22"), day("2026-02-01")));
    let late: Vec<_> = entries(&world, "order_expenses").await.split_off(2);
    assert!(late.iter().all(|row| (row.0, row.1) == (day("2026-02-01"), day("2026-01-20"))), "{late:?}");
    assert_eq!(world.direct_books().await[..2], ["4500", "0"].map(d));
    // A plan of the closed month, found only now, is accrued on the first open day.
    let late = world.planned("late", &order, "freight", "700").await;
    assert_eq!((late.status, late.accrued_on), (PlanStatus::Accrued, Some(day("2026-02-01"))));
    assert_eq!(world.direct_books().await[..2], ["5200", "-700"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_plan_changes_until_it_ships_and_may_be_dropped_at_any_time() {
    let world = World::new().await;
    let order = confirmed(&world, "order").await;
    let plan = world.planned("plan", &order, "freight", "30000").await;
    let dearer = ChangePlan {
        planned_expense_id: plan.planned_expense_id,
        expected_version: 1,
        party_id: world.supplier_id,
        net: d("31000"),
        vat: d("6820"),
        note: "ночью".to_owned(),
    };
    let changed = change(world.db(), &ctx("change"), &dearer).await.unwrap().value;
    assert_eq!((changed.net, changed.cost, changed.version), (d("31000"), d("31000"), 2));
    world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!(world.direct_books().await[..2], ["31000", "-31000"].map(d));
    // Three pieces of four come back: the truck was paid for all the same.
    bring(&world, "back", &pieces_back(&order, 1, 2, "2026-01-25")).await.unwrap();
    assert_eq!(world.direct_books().await[..2], ["31000", "-31000"].map(d));
    // Nobody will bill it: what was accrued goes.
    let drop = DropPlan { planned_expense_id: plan.planned_expense_id, on: Some(day("2026-02-01")) };
    let dropped = drop_plan(world.db(), &ctx("drop"), &drop).await.unwrap().value;
    assert_eq!((dropped.status, dropped.accrued), (PlanStatus::Dropped, d("0")));
    assert_eq!(world.direct_books().await[..2], ["0", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn an_order_that_is_cancelled_drops_its_plans_and_keeps_what_was_billed() {
    let world = World::new().await;
    let order = confirmed(&world, "order").await;
    let crane = world.planned("crane", &order, "crane", "5000").await;
    world.planned("freight", &order, "freight", "30000").await;
    // The crane is paid for in advance: billed before the truck comes, it is an expense at once.
    let bill = world.direct_bill("crane", "2026-01-15", "6000", Bears::Plan(crane.planned_expense_id)).await;
    let billed = world.direct_billed("bill", &bill).await;
    assert_eq!(world.direct_books().await[..2], ["6000", "0"].map(d));
    world.order_cancelled(&order).await;
    let plans = read::list_plans(world.db(), &Scope::All, &[order.order_id]).await.unwrap();
    assert_eq!(plans.iter().map(|plan| plan.status).collect::<Vec<_>>(), [PlanStatus::Billed, PlanStatus::Dropped]);
    assert_eq!(world.direct_books().await[..2], ["6000", "0"].map(d));
    world.direct_storno(&billed, "2026-01-20").await.unwrap();
    assert_eq!(world.direct_books().await, ["0", "0", "0", "-732000"].map(d));
    assert_eq!(plan_of(&world, &order).await.status, PlanStatus::Dropped, "nothing of a cancelled order is expected");
    world.check_books().await;
}

#[tokio::test]
async fn a_plan_billed_early_is_accrued_when_its_bill_is_taken_back_after_the_shipment() {
    let world = World::new().await;
    let order = confirmed(&world, "order").await;
    let plan = world.planned("plan", &order, "crane", "5000").await;
    let bill = world.direct_bill("crane", "2026-01-15", "6000", Bears::Plan(plan.planned_expense_id)).await;
    let billed = world.direct_billed("bill", &bill).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!(world.direct_books().await[..2], ["6000", "0"].map(d), "billed already, it is not accrued");
    world.direct_storno(&billed, "2026-01-25").await.unwrap();
    assert_eq!(world.direct_books().await[..2], ["5000", "-5000"].map(d));
    let plan = plan_of(&world, &order).await;
    assert_eq!((plan.status, plan.accrued_on), (PlanStatus::Accrued, Some(day("2026-01-25"))));
    world.check_books().await;
}

#[tokio::test]
async fn one_bill_settles_the_plans_of_several_trucks() {
    let world = World::new().await;
    let (first, second) = (confirmed(&world, "first").await, confirmed(&world, "second").await);
    let plans = [world.planned("p1", &first, "freight", "10000").await, world.planned("p2", &second, "freight", "20000").await];
    world.ship(&first, "2026-01-20").await.unwrap();
    let mut bill = world.direct_bill("freight", "2026-01-31", "33000", Bears::Plan(plans[0].planned_expense_id)).await;
    bill.basis = Basis::Manual;
    bill.targets = vec![
        Target { bears: Bears::Plan(plans[0].planned_expense_id), share: Some(d("1")) },
        Target { bears: Bears::Plan(plans[1].planned_expense_id), share: Some(d("2")) },
    ];
    let billed = world.direct_billed("bill", &bill).await;
    assert_eq!((world.borne_by(&first).await, world.borne_by(&second).await), (d("11000"), d("22000")));
    let shares = read::list_shares(world.db(), &[billed.direct_expense_id]).await.unwrap();
    assert_eq!(shares.iter().map(|share| share.amount).collect::<Vec<_>>(), [d("11000"), d("22000")]);
    let parts = read::list_parts(world.db(), &[billed.direct_expense_id]).await.unwrap();
    assert_eq!(parts.iter().map(|part| part.amount).collect::<Vec<_>>(), ["333.34", "666.66", "7333.33", "14666.67"].map(d));
    assert_eq!(world.balance("accrued_costs").await, d("0"));
    world.ship(&second, "2026-02-03").await.unwrap();
    assert_eq!(world.borne_by(&second).await, d("22000"));
    world.check_books().await;
    world.direct_storno(&billed, "2026-02-05").await.unwrap();
    assert_eq!((world.borne_by(&first).await, world.borne_by(&second).await), (d("10000"), d("20000")));
    world.check_books().await;
}
