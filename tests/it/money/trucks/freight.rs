//! What carriers ask for a way, and the one that is taken.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::access::{Actor, Role, Scope};
use shpunt_domain::direct::Basis;
use shpunt_domain::direct::bills::{Bears, PostDirect, Target, post_direct};
use shpunt_domain::orders::trucks::freight::{Choose, RecordQuote, Request, choose, record_quote, request};
use shpunt_domain::orders::trucks::read::{self, RateFilter};
use shpunt_domain::orders::{Order, cancel, commands::Move};
use shpunt_tests::ctx;

use super::{World, by, code, d, day, manager};

fn asked(world: &World, order: &Order, carrier_ids: Vec<i64>) -> Request {
    Request {
        order_id: order.order_id,
        warehouse_id: world.warehouse_id,
        address: "г. Тверь, ул. Причальная, 1".to_owned(),
        region: "Тверская область".to_owned(),
        needed_on: day("2026-03-05"),
        carrier_ids,
        note: "Погрузка краном".to_owned(),
    }
}

fn quote(freight_request_id: i64, carrier_id: i64, net: &str, vat: &str) -> RecordQuote {
    RecordQuote { freight_request_id, carrier_id, net: d(net), vat: d(vat), conditions: "Оплата 5 дней".to_owned() }
}

#[tokio::test]
async fn the_cheapest_of_three_is_taken_and_all_are_remembered() {
    let world = World::new().await;
    let (dear, cheap, silent) = (world.carrier("Дорогой").await, world.carrier("Дешёвый").await, world.carrier("Молчун").await);
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "264000").await;
    let order = world.order("order", vec![world.goods(batch, 10, "100000")]).await;
    let vehicle = world.vehicle(dear, "А123ВС77", "20").await;
    world.assigned("assign", &by(&order, &vehicle)).await.unwrap();

    // Given a request for 12 t to three carriers, when two answer,
    let made = request(world.db(), &ctx("ask"), &asked(&world, &order, vec![dear, cheap, silent])).await.unwrap().value;
    assert_eq!((made.tonnes, made.quotes.len(), made.chosen_carrier_id), (d("12"), 3, 0));
    let id = made.freight_request_id;
    record_quote(world.db(), &ctx("dear"), &quote(id, dear, "50000", "11000")).await.unwrap();
    let answered = record_quote(world.db(), &ctx("cheap"), &quote(id, cheap, "40000", "0")).await.unwrap().value;
    let seen: Vec<_> = answered.quotes.iter().map(|quote| (quote.carrier_id, quote.net)).collect();
    assert_eq!(seen, [(cheap, Some(d("40000"))), (dear, Some(d("50000"))), (silent, None)]);

    // then the cheapest is taken: its carrier and its sum are the order's, the vehicle of the other one is not.
    let chosen = choose(world.db(), &ctx("choose"), &Choose { freight_request_id: id, carrier_id: cheap }).await.unwrap().value;
    assert_eq!(chosen.vehicle, "");
    let truck = read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0).truck;
    assert_eq!((truck.carrier_id, truck.vehicle_id), (cheap, 0));
    assert_eq!((truck.freight_net, truck.freight_vat, truck.freight_request_id), (d("40000"), Decimal::ZERO, id));
    assert_eq!(code(world.assigned("rival", &by(&order, &vehicle)).await), Code::PartyMismatch);
    let own = world.vehicle(cheap, "В222ВВ77", "20").await;
    world.assigned("own", &by(&order, &own)).await.unwrap();
    let truck = read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0).truck;
    assert_eq!((truck.freight_net, truck.plate.as_str()), (d("40000"), "В222ВВ77"));

    // What was taken stays as it was quoted; the history holds both.
    assert_eq!(code(record_quote(world.db(), &ctx("again"), &quote(id, cheap, "1", "0")).await), Code::OrderStatus);
    let rates = |carrier_id, route: &str| {
        let filter = RateFilter { carrier_id, warehouse_id: None, route: route.to_owned() };
        let db = world.db().clone();
        async move {
            let rows = read::list_rates(&db, &Scope::All, &filter, None, 10).await.unwrap();
            rows.into_iter().map(|rate| (rate.carrier_id, rate.net, rate.is_chosen)).collect::<Vec<_>>()
        }
    };
    assert_eq!(rates(None, "тверск").await, [(cheap, d("40000"), true), (dear, d("50000"), false)]);
    assert_eq!(rates(Some(dear), "Причальная").await, [(dear, d("50000"), false)]);
    assert_eq!(rates(None, "Калуга").await, []);
    let first = read::list_rates(world.db(), &Scope::All, &RateFilter::default(), None, 1).await.unwrap().remove(0);
    let key = (first.quoted_at, first.freight_request_id, first.carrier_id);
    let next = read::list_rates(world.db(), &Scope::All, &RateFilter::default(), Some(key), 10).await.unwrap();
    assert_eq!(next.iter().map(|rate| rate.carrier_id).collect::<Vec<_>>(), [dear]);
}

#[tokio::test]
async fn the_rate_taken_is_planned_accrued_and_billed() {
    let world = World::new().await;
    let (dear, cheap) = (world.carrier("Дорогой").await, world.carrier("Дешёвый").await);
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "264000").await;
    let order = world.order("order", vec![world.goods(batch, 10, "100000")]).await;
    let id = request(world.db(), &ctx("ask"), &asked(&world, &order, vec![dear, cheap])).await.unwrap().value.freight_request_id;
    record_quote(world.db(), &ctx("dear"), &quote(id, dear, "50000", "11000")).await.unwrap();
    record_quote(world.db(), &ctx("cheap"), &quote(id, cheap, "40000", "0")).await.unwrap();
    let take =
        async |key: &str, carrier_id: i64| choose(world.db(), &ctx(key), &Choose { freight_request_id: id, carrier_id }).await;
    let plans = async || -> Vec<(i64, i64, String, Decimal)> {
        let rows = "select planned_expense_id, party_id, status, net from planned_expenses order by 1";
        sqlx::query_as(rows).fetch_all(world.db()).await.unwrap()
    };
    let books =
        async || [world.balance("order_expenses").await, world.balance("accrued_costs").await, world.balance("payables").await];
    // Given the cheap one is taken and then the dear one, only its rate is expected.
    take("cheap taken", cheap).await.unwrap();
    take("dear taken", dear).await.unwrap();
    let planned = plans().await;
    let told: Vec<_> = planned.iter().map(|(_, party, status, net)| (*party, status.as_str(), *net)).collect();
    assert_eq!(told, [(cheap, "dropped", d("40000")), (dear, "planned", d("50000"))]);
    // When the truck leaves, it is accrued; a choice made after that takes it back and accrues the other.
    world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!(books().await, [d("50000"), d("-50000"), d("-1464000")]);
    // Then the carrier bills 51,000, and only 1,000 more is an expense.
    let bill = PostDirect {
        company_id: world.company_id,
        party_id: dear,
        contract_id: 0,
        article_id: world.article("freight").await,
        number: "17".to_owned(),
        issued_on: day("2026-02-01"),
        effective_on: None,
        net: d("51000"),
        vat: d("11220"),
        basis: Basis::Tonnes,
        targets: vec![Target { bears: Bears::Plan(planned[1].0), share: None }],
    };
    post_direct(world.db(), &ctx("bill"), &bill).await.unwrap();
    assert_eq!(books().await, [d("51000"), d("0"), d("-1526220")]);
    assert_eq!(code(take("too late", dear).await), Code::OrderStatus);
    world.check_books().await;
}

#[tokio::test]
async fn rates_of_others_do_not_exist() {
    let world = World::new().await;
    let carrier = world.carrier("Грузовоз").await;
    let order = world.order("order", vec![world.service("1")]).await;
    let made = request(world.db(), &ctx("ask"), &asked(&world, &order, vec![carrier])).await.unwrap().value;
    let id = made.freight_request_id;
    record_quote(world.db(), &ctx("quote"), &quote(id, carrier, "50000", "11000")).await.unwrap();
    assert_eq!(code(request(world.db(), &manager("ask"), &asked(&world, &order, vec![carrier])).await), Code::NotFound);
    let refused = record_quote(world.db(), &manager("quote"), &quote(id, carrier, "1", "0")).await.unwrap_err();
    assert!(refused.to_string().contains("freight request"), "it says nothing of the order: {refused}");
    assert_eq!(
        code(choose(world.db(), &manager("choose"), &Choose { freight_request_id: id, carrier_id: carrier }).await),
        Code::NotFound
    );
    let stranger = Actor { user_id: 9, employee_id: 9, role: Role::Manager, within: None, colleagues: Vec::new() }.scope();
    assert!(read::list_rates(world.db(), &stranger, &RateFilter::default(), None, 10).await.unwrap().is_empty());
    assert!(read::list_requests_of_orders(world.db(), &stranger, &[order.order_id]).await.unwrap().is_empty());
    sqlx::query("update deals set employee_id = 9").execute(world.db()).await.unwrap();
    assert_eq!(read::list_rates(world.db(), &stranger, &RateFilter::default(), None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_rate_is_refused_that_nobody_could_take() {
    let world = World::new().await;
    let carrier = world.carrier("Грузовоз").await;
    let order = world.order("order", vec![world.service("1")]).await;
    for (key, carriers, expected) in [
        ("nobody", vec![], Code::InvalidInput),
        ("twice", vec![carrier, carrier], Code::InvalidInput),
        ("a customer", vec![world.customer_id], Code::InvalidInput),
        ("unknown", vec![404], Code::NotFound),
    ] {
        assert_eq!(code(request(world.db(), &ctx(key), &asked(&world, &order, carriers)).await), expected, "{key}");
    }
    let made = request(world.db(), &ctx("ask"), &asked(&world, &order, vec![carrier])).await.unwrap().value;
    let id = made.freight_request_id;
    let silent = Choose { freight_request_id: id, carrier_id: carrier };
    assert_eq!(code(choose(world.db(), &ctx("silent"), &silent).await), Code::NotFound);
    assert_eq!(code(record_quote(world.db(), &ctx("free"), &quote(id, carrier, "0", "0")).await), Code::AmountNotPositive);
    assert_eq!(code(record_quote(world.db(), &ctx("none"), &quote(404, carrier, "1", "0")).await), Code::NotFound);
    cancel::cancel(world.db(), &ctx("cancel"), &Move { order_id: order.order_id, on: None }).await.unwrap();
    assert_eq!(code(record_quote(world.db(), &ctx("late"), &quote(id, carrier, "1", "0")).await), Code::OrderStatus);
}
