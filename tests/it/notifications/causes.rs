//! Each kind: what causes it, whom it is told, and that it is told once.

use shpunt_domain::deals::commands::{Create, Fields, create};
use shpunt_domain::notifications::{DEAL_HANDED_OVER, store};
use shpunt_domain::purchasing::orders as supplier_orders;
use shpunt_domain::treasury::commands::{OpenAccount, Transfer, open_account, pay, transfer};
use shpunt_domain::treasury::{Direction, Target, requests};
use shpunt_tests::ctx;

use super::{Office, later};
use crate::money::{d, day};

#[tokio::test]
async fn a_deal_handed_over_is_told_to_its_new_manager_only() {
    let office = Office::new().await;
    office.hand_over("other_manager").await;
    assert_eq!(office.told().await, ["other_manager deal_handed_over"]);
    // To whom it is already, and repeated under its key: nothing new happened.
    office.hand_over("other_manager").await;
    assert_eq!(office.told().await, [""; 0]);
    office.hand_over("manager").await;
    assert_eq!(office.told().await, ["manager deal_handed_over"], "back again is another occasion");
    // Who takes it is not told what it has just done, and a person without a login cannot be told.
    let manager = &office.users["manager"];
    let mut own = ctx("own");
    own.actor = manager.actor();
    let channel_id = sqlx::query_scalar("select min(channel_id) from channels").fetch_one(office.db()).await.unwrap();
    let fields = Fields { title: "Причал".to_owned(), channel_id, ..Fields::default() };
    let deal = |employee_id| Create { company_id: office.world.company_id, employee_id, fields: fields.clone() };
    create(office.db(), &own, deal(manager.employee_id)).await.unwrap();
    assert_eq!(office.told().await, [""; 0]);
    create(office.db(), &ctx("given"), deal(manager.employee_id)).await.unwrap();
    assert_eq!(office.told().await, ["manager deal_handed_over"], "one made for somebody is handed over too");
    let kinds = store::list_kinds(office.db()).await.unwrap();
    assert!(kinds.iter().any(|kind| kind.code == DEAL_HANDED_OVER && kind.settings.to_manager));
}

#[tokio::test]
async fn what_time_makes_late_is_told_once_to_whom_it_concerns() {
    let office = Office::new().await;
    let world = &office.world;
    let batch = world.receive("С-1", "2026-01-15", 10, "600000", "120000").await;
    let late = world.order("late", vec![world.goods(batch, 2, "100000")]).await;
    let shipped = world.order("shipped", vec![world.goods(batch, 2, "100000")]).await;
    world.ship(&shipped, "2026-01-20").await.unwrap();
    assert_eq!(office.told().await, [""; 0], "no command told of it");
    office.look(0).await;
    let first = [
        "accountant debt_overdue",
        "director cash_gap",
        "head_of_sales debt_overdue",
        "logistics order_late",
        "manager debt_overdue",
        "manager order_late",
        "treasurer cash_gap",
    ];
    assert_eq!(office.told().await, first);
    for minutes in [0, 1, 4, 5, 30] {
        office.look(minutes).await;
        assert_eq!(office.told().await, [""; 0], "after {minutes} minutes");
    }
    // The new manager did not know; everybody else does.
    office.hand_over("other_manager").await;
    office.look(60).await;
    let new = ["other_manager deal_handed_over", "other_manager debt_overdue", "other_manager order_late"];
    assert_eq!(office.told().await, new);
    // What was late and is over is told no more; the gap is told again every day.
    world.ship(&late, "2026-02-20").await.unwrap();
    world.paid("all", Target::Deal(world.deal_id), "2026-02-25", "1000000").await;
    office.look(24 * 60).await;
    assert_eq!(office.told().await, [""; 0]);
    let of_order: i64 = sqlx::query_scalar("select count(*) from notifications where subject = 'order' and subject_id = $1")
        .bind(late.order_id)
        .fetch_one(office.db())
        .await
        .unwrap();
    assert_eq!(of_order, 3, "logistics and two managers");
}

#[tokio::test]
async fn days_of_grace_are_waited_for() {
    let office = Office::new().await;
    let world = &office.world;
    world.order("late", vec![world.service("1000")]).await;
    // Planned for 20 January; it is 2 March, the 41st day after.
    sqlx::query("update notification_kinds set threshold = 41 where code = 'order_late'").execute(office.db()).await.unwrap();
    office.look(0).await;
    assert_eq!(office.told().await, [""; 0]);
    // Noon in Moscow and thirteen hours: the next day there, not yet in London.
    office.look(13 * 60).await;
    assert_eq!(office.told().await, ["logistics order_late", "manager order_late"]);
}

#[tokio::test]
async fn orders_that_are_not_to_be_shipped_are_not_late() {
    let office = Office::new().await;
    let world = &office.world;
    for (key, change) in [
        ("cancelled", "update orders set status = 'cancelled' where order_id = $1"),
        ("deleted", "update orders set deleted_at = now() where order_id = $1"),
        ("planned", "update orders set planned_on = '2026-03-02' where order_id = $1"),
    ] {
        let order = world.order(key, vec![world.service("1000")]).await;
        sqlx::query(change).bind(order.order_id).execute(office.db()).await.unwrap();
    }
    office.look(0).await;
    assert_eq!(office.told().await, [""; 0]);
    sqlx::query("update deals set stage = 'lost', lost_reason = 'цена', closed_at = now()").execute(office.db()).await.unwrap();
    world_order_of_a_lost_deal(&office).await;
    office.look(10).await;
    assert_eq!(office.told().await, [""; 0]);
}

async fn world_order_of_a_lost_deal(office: &Office) {
    sqlx::query("update orders set status = 'confirmed', planned_on = '2026-01-01', deleted_at = null")
        .execute(office.db())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_shipment_that_earns_too_little_is_told_to_those_who_may_see_margins() {
    let office = Office::new().await;
    let world = &office.world;
    let batch = world.receive("С-1", "2026-01-15", 20, "600000", "120000").await;
    // 1.2 t a piece cost 30,000 without VAT: 25,000 a tonne, with VAT of 22 % 30,500.
    let dear = world.order("dear", vec![world.goods(batch, 2, "40000")]).await;
    world.ship(&dear, "2026-02-10").await.unwrap();
    let services = world.order("services", vec![world.service("1")]).await;
    world.ship(&services, "2026-02-10").await.unwrap();
    assert_eq!(office.told().await, [""; 0]);
    let cheap = world.order("cheap", vec![world.goods(batch, 2, "31000")]).await;
    world.ship(&cheap, "2026-02-10").await.unwrap();
    assert_eq!(office.told().await, ["director order_margin_low", "head_of_sales order_margin_low"]);
    let (amount, percent): (rust_decimal::Decimal, rust_decimal::Decimal) =
        sqlx::query_as("select distinct amount, percent from notifications").fetch_one(office.db()).await.unwrap();
    // 74,400 with VAT is 60,983.61 without; the goods cost 60,000.
    assert_eq!((amount, percent), (d("983.61"), d("1.61")));
    // Told to managers by mistake of the catalogue, it is not told all the same: margins are not theirs to see.
    sqlx::query(
        "update notification_kinds set to_manager = true, to_roles = '{manager,warehouse}' where code = 'order_margin_low'",
    )
    .execute(office.db())
    .await
    .unwrap();
    let loss = world.order("loss", vec![world.goods(batch, 2, "20000")]).await;
    world.ship(&loss, "2026-02-10").await.unwrap();
    assert_eq!(office.told().await, [""; 0]);
}

#[tokio::test]
async fn an_account_that_is_overdrawn_is_told_at_once_and_every_day() {
    let office = Office::new().await;
    let world = &office.world;
    world.paid("in", Target::Deal(world.deal_id), "2026-02-10", "1000").await;
    let out = |amount: &str, rent| {
        let (amount, account) = (d(amount), world.cash_account_id);
        shpunt_domain::treasury::commands::Pay {
            direction: Direction::Out,
            cash_account_id: account,
            article_id: rent,
            party_id: 0,
            target: Target::None,
            paid_on: day("2026-02-11"),
            amount,
            purpose: String::new(),
            payment_request_id: 0,
        }
    };
    let rent = world.article("rent").await;
    pay(office.db(), &ctx("small"), &out("1000", rent)).await.unwrap();
    assert_eq!(office.told().await, [""; 0], "an empty account is not overdrawn");
    pay(office.db(), &ctx("large"), &out("0.01", rent)).await.unwrap();
    assert_eq!(office.told().await, ["director account_low", "treasurer account_low"]);
    pay(office.db(), &ctx("larger"), &out("5", rent)).await.unwrap();
    office.look(0).await;
    assert_eq!(office.told().await, [""; 0], "the same day");
    office.look(24 * 60).await;
    assert_eq!(office.told().await, ["director account_low", "treasurer account_low"]);
    // A transfer leaves another account with too little; the floor is a setting.
    let other = OpenAccount { company_id: world.company_id, is_bank: true, name: "Второй".to_owned() };
    let other = open_account(office.db(), &ctx("other"), &other).await.unwrap().value.cash_account_id;
    world.paid("more", Target::Deal(world.deal_id), "2026-02-12", "10000").await;
    sqlx::query("update notification_kinds set threshold = 2000 where code = 'account_low'").execute(office.db()).await.unwrap();
    sqlx::query("delete from notifications").execute(office.db()).await.unwrap();
    let to_other = |amount: &str| Transfer {
        from_account_id: world.cash_account_id,
        to_account_id: other,
        on: day("2026-02-13"),
        received_on: None,
        amount: d(amount),
    };
    transfer(office.db(), &ctx("some"), &to_other("7000")).await.unwrap();
    assert_eq!(office.told().await, [""; 0]);
    transfer(office.db(), &ctx("more of it"), &to_other("2000")).await.unwrap();
    assert_eq!(office.told().await, ["director account_low", "treasurer account_low"]);
}

#[tokio::test]
async fn what_is_due_to_suppliers_is_held_against_the_money_there_is() {
    let office = Office::new().await;
    let world = &office.world;
    world.receive("С-1", "2026-01-15", 10, "1000", "220").await;
    let ask = async |minutes: i64| {
        office.look(minutes).await;
        office.told().await
    };
    world.paid("enough", Target::Deal(world.deal_id), "2026-02-10", "1220").await;
    assert_eq!(ask(0).await, [""; 0], "it covers what is due");
    world.receive("С-2", "2026-03-01", 10, "0.01", "0").await;
    assert_eq!(ask(10).await, ["director cash_gap", "treasurer cash_gap"]);
    let amount: rust_decimal::Decimal =
        sqlx::query_scalar("select distinct amount from notifications").fetch_one(office.db()).await.unwrap();
    assert_eq!(amount, d("0.01"));
    // Due later than the days looked ahead, it does not count.
    sqlx::query("update settlement_items set due_on = '2026-03-11' where account = 'payables'")
        .execute(office.db())
        .await
        .unwrap();
    assert_eq!(ask(24 * 60).await, [""; 0]);
    assert_eq!(ask(2 * 24 * 60).await, ["director cash_gap", "treasurer cash_gap"]);
}

#[tokio::test]
async fn a_change_stream_that_stopped_is_told_to_who_can_start_it() {
    let office = Office::new().await;
    office.look(0).await;
    assert_eq!(office.told().await, [""; 0]);
    let stopped = ["administrator change_stream_stopped", "director change_stream_stopped"];
    for (minutes, failed_at) in [(1, later(0)), (2, later(2))] {
        sqlx::query("update cdc_epoch set failure = 'it cannot go on', failed_at = $1")
            .bind(failed_at)
            .execute(office.db())
            .await
            .unwrap();
        for _ in 0..2 {
            office.look(minutes).await;
        }
        assert_eq!(office.told().await, stopped, "once for each time it stops");
    }
    sqlx::query("update cdc_epoch set failure = '', failed_at = null").execute(office.db()).await.unwrap();
    office.look(30).await;
    assert_eq!(office.told().await, [""; 0]);
}

#[tokio::test]
async fn what_waits_for_approval_is_told_to_whoever_may_give_it_but_not_to_whoever_asks() {
    let office = Office::new().await;
    let world = &office.world;
    let by = |login: &str, key: &str| {
        let mut ctx = ctx(key);
        ctx.actor = office.users[login].actor();
        ctx
    };
    let what = requests::For {
        company_id: world.company_id,
        article_id: world.article("supplier_payment").await,
        party_id: world.supplier_id,
        target: Target::Party,
    };
    let asked =
        requests::commands::Create { what, amount: d("1000"), due_on: day("2026-03-05"), purpose: "Счёт 17".to_owned() };
    requests::commands::create(office.db(), &by("accountant", "own"), &asked).await.unwrap();
    assert_eq!(office.told().await, ["director payment_request_waiting"], "the accountant may approve, but not that one");
    let request = requests::commands::create(office.db(), &by("purchasing", "asked"), &asked).await.unwrap().value;
    assert_eq!(office.told().await, ["accountant payment_request_waiting", "director payment_request_waiting"]);
    let step =
        requests::commands::Step { payment_request_id: request.payment_request_id, expected_version: 1, note: String::new() };
    requests::commands::approve(office.db(), &by("accountant", "approve"), &step).await.unwrap();
    assert_eq!(office.told().await, ["director payment_request_approved", "treasurer payment_request_approved"]);
    supplier_orders::commands::create(office.db(), &by("director", "order"), &world.wanted(2)).await.unwrap();
    assert_eq!(office.told().await, ["head_of_sales supplier_order_waiting"]);
    supplier_orders::commands::create(office.db(), &by("purchasing", "another order"), &world.wanted(2)).await.unwrap();
    assert_eq!(office.told().await, ["director supplier_order_waiting", "head_of_sales supplier_order_waiting"]);
}
