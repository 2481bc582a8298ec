//! What has to be bought, and how an answer becomes an order.

use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::transit::commands::{Arrive, Expect, arrive, expect};
use shpunt_domain::orders::commands::{self as orders, Create};
use shpunt_domain::orders::{Price, Unit};
use shpunt_domain::purchasing::needs::Need;
use shpunt_domain::purchasing::needs::read::list;
use shpunt_domain::purchasing::orders::{State, SupplierOrder};
use shpunt_domain::purchasing::receipts::afar::{ReceiveInTransit, receive_in_transit};
use shpunt_domain::purchasing::requests::choose::{Choose, choose};
use shpunt_domain::purchasing::requests::commands::{Ask, Close, NewLine, Tell, answer, ask, close};
use shpunt_domain::purchasing::requests::{self, Answer, Request, compared};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::{World, d, day};

impl World {
    async fn needs(&self, until: &str) -> Vec<Need> {
        list(self.db(), &Scope::All, self.company_id, day(until)).await.unwrap()
    }

    async fn another_supplier(&self, name: &str) -> i64 {
        sqlx::query_scalar("insert into parties (name, is_supplier, created_at) values ($1, true, now()) returning party_id")
            .bind(name)
            .fetch_one(self.db())
            .await
            .unwrap()
    }

    /// A request of so many piles to two suppliers.
    async fn asked(&self, pieces: &[i64], far: i64) -> Request {
        let ask_for = Ask {
            company_id: self.company_id,
            needed_on: day("2026-03-20"),
            base: "Электросталь".to_owned(),
            note: String::new(),
            lines: pieces.iter().map(|pieces| NewLine { product_id: self.product_id, pieces: *pieces }).collect(),
            party_ids: vec![self.supplier_id, far],
        };
        ask(self.db(), &ctx("ask"), &ask_for).await.unwrap().value
    }

    async fn told(&self, line: i64, party_id: i64, price: &str, includes_vat: bool, freight: &str) -> Result<Answer, Error> {
        let tell = Tell {
            purchase_request_line_id: line,
            party_id,
            price: Price { unit: Unit::Tonne, price: d(price), includes_vat },
            vat_percent: d("22"),
            freight: d(freight),
            delivers_on: day("2026-03-18"),
            valid_until: day("2026-03-05"),
            terms: String::new(),
        };
        Ok(answer(self.db(), &ctx(&format!("{tell:?}")), &tell).await?.value)
    }

    async fn chosen(&self, key: &str, answers: &[&Answer]) -> Result<SupplierOrder, Error> {
        let input = Choose {
            supplier_answer_ids: answers.iter().map(|answer| answer.supplier_answer_id).collect(),
            contract_id: 0,
            deal_id: self.deal_id,
            warehouse_id: self.warehouse_id,
            prepayment_percent: Decimal::ZERO,
            prepayment_days: 0,
        };
        Ok(choose(self.db(), &ctx(key), &input).await?.value)
    }

    async fn state_of(&self, request: &Request) -> requests::State {
        requests::read::list_by_ids(self.db(), &[request.purchase_request_id]).await.unwrap()[0].state
    }
}

#[tokio::test]
async fn orders_less_stock_less_what_is_ordered_is_to_buy() {
    let world = World::new().await;
    // Given 30 piles in stock, a confirmed order of 20 for 20 January and a draft of 45 for 10 March: drafts may ask for more than there is.
    let batch = world.receive("С-1", "2026-01-10", 30, "2160000", "475200").await;
    world.order("confirmed", vec![world.goods(batch, 20, "100000")]).await;
    let draft = Create {
        deal_id: world.deal_id,
        planned_on: day("2026-03-10"),
        vehicle: String::new(),
        lines: vec![world.goods(batch, 45, "100000"), world.service("1000")],
    };
    orders::create(world.db(), &ctx("draft"), &draft).await.unwrap();
    // Then 35 are to buy by the end of March, and none before the draft.
    let need = &world.needs("2026-03-31").await[0];
    assert_eq!((need.demand, need.in_stock, need.on_order, need.to_buy), (65, 30, 0, 35));
    assert_eq!((need.short_on, need.short), (Some(day("2026-03-10")), 35));
    let behind: Vec<_> =
        need.demands.iter().map(|one| (one.order_number.as_str(), one.deal_number.as_str(), one.pieces)).collect();
    assert_eq!(behind, [("З-000001", "Д-000001", 20), ("З-000002", "Д-000001", 45)]);
    assert_eq!(world.needs("2026-03-09").await[0].to_buy, 0);
    // When 25 are ordered for 16 February, of which 10 came, and 5 more are drafted.
    let order = world.ordered("ordered", 25).await;
    world.came(&order, "С-2", "2026-02-10", 10).await;
    shpunt_domain::purchasing::orders::commands::create(world.db(), &ctx("5"), &world.wanted(5)).await.unwrap();
    // Then 40 lie there, 15 are on order, and 10 are left to buy.
    let need = &world.needs("2026-03-31").await[0];
    assert_eq!((need.in_stock, need.on_order, need.drafted, need.to_buy), (40, 15, 5, 10));
    // A lost deal asks for nothing.
    sqlx::query("update deals set stage = 'lost', closed_at = now(), lost_reason = 'цена'").execute(world.db()).await.unwrap();
    assert_eq!(world.needs("2026-03-31").await, []);
}

#[tokio::test]
async fn goods_on_their_way_count_from_the_day_they_are_expected() {
    let world = World::new().await;
    // Given 10 piles here, 4 of them in a confirmed order of April, and 12 on their way until 12 March.
    let batch = world.receive("С-1", "2026-01-10", 10, "720000", "0").await;
    let planned = async |key: &str, on: &str, pieces: i64| {
        let create = Create {
            deal_id: world.deal_id,
            planned_on: day(on),
            vehicle: String::new(),
            lines: vec![world.goods(batch, pieces, "100000")],
        };
        orders::create(world.db(), &ctx(key), &create).await.unwrap().value
    };
    let april = planned("april", "2026-04-20", 4).await;
    let confirm = orders::Move { order_id: april.order_id, on: None };
    orders::confirm(world.db(), &ctx("confirm"), &confirm).await.unwrap();
    let receipt = world.receipt("С-2", "2026-02-20", 12, "864000", "0");
    let way = ReceiveInTransit { receipt, expected_on: day("2026-03-12"), supplier_order_line_id: 0, preliminary: false };
    let way = receive_in_transit(world.db(), &ctx("way"), &way).await.unwrap().value;
    // When drafts ask for 8 on 5 March and 8 on the 20th. Then 2 are missing on the 5th, and nothing is to buy.
    planned("early", "2026-03-05", 8).await;
    planned("late", "2026-03-20", 8).await;
    let need = &world.needs("2026-03-31").await[0];
    assert_eq!((need.demand, need.in_stock, need.reserved, need.in_transit, need.on_order), (16, 10, 4, 12, 0));
    assert_eq!((need.to_buy, need.short_on, need.short), (0, Some(day("2026-03-05")), 2));
    // Until the 11th they are no help: the two must be bought.
    let need = &world.needs("2026-03-11").await[0];
    assert_eq!((need.in_transit, need.to_buy), (0, 2));
    // Expected earlier, they are in time; what arrived is stock, and the order of April is demand when April is asked for.
    let sooner = Expect { batch_id: way.batch_id, expected_on: day("2026-03-05") };
    expect(world.db(), &ctx("sooner"), &sooner).await.unwrap();
    let need = &world.needs("2026-03-31").await[0];
    assert_eq!((need.short_on, need.short), (None, 0));
    let here =
        Arrive { batch_id: way.batch_id, pieces: 5, warehouse_id: world.warehouse_id, on: day("2026-03-01"), number: None };
    arrive(world.db(), &ctx("here"), &here).await.unwrap();
    let need = &world.needs("2026-04-30").await[0];
    assert_eq!((need.demand, need.in_stock, need.reserved, need.in_transit, need.to_buy), (20, 15, 0, 7, 0));
    // To a manager without deals of his own there is nothing to buy.
    let nobody = Scope::of(404, &[]);
    assert_eq!(list(world.db(), &nobody, world.company_id, day("2026-04-30")).await.unwrap(), []);
}

#[tokio::test]
async fn the_cheapest_at_the_base_becomes_an_order() {
    let world = World::new().await;
    let far = world.another_supplier("Дальний завод").await;
    let request = world.asked(&[10], far).await;
    let line = &request.lines[0];
    let line_id = line.purchase_request_line_id;
    // Given the near one at 73,200 with VAT a tonne: 60,000 without, at the base; the far one at 55,000 and 6,000 of freight: 61,000.
    let near = world.told(line_id, world.supplier_id, "73200", true, "0").await.unwrap();
    let first = world.told(line_id, far, "55000", false, "6000").await.unwrap();
    let ranked = |answers: &[Answer]| -> Vec<(i64, Decimal)> {
        compared(line, answers).iter().map(|(one, delivered)| (one.party_id, delivered.tonne)).collect()
    };
    assert_eq!(ranked(&[near.clone(), first.clone()]), [(world.supplier_id, d("60000")), (far, d("61000"))]);
    // When the far one answers anew with 53,000.
    let second = world.told(line_id, far, "53000", false, "6000").await.unwrap();
    assert_eq!(ranked(&[near.clone(), first.clone(), second.clone()])[0], (far, d("59000")));
    assert_eq!(world.chosen("old", &[&first]).await.unwrap_err().code(), Code::PurchaseRequestStatus);
    // Then its answer becomes a draft for the deal, and the request is closed.
    let order = world.chosen("new", &[&second]).await.unwrap();
    assert_eq!((order.state, order.party_id, order.deal_id), (State::Draft, far, world.deal_id));
    assert_eq!((order.net, order.vat, order.expected_on), (d("636000"), d("139920"), day("2026-03-18")));
    assert_eq!(order.delivery_terms, "Электросталь; доставка 6000.00 ₽/т");
    assert_eq!(world.state_of(&request).await, requests::State::Closed);
    assert_eq!(world.chosen("again", &[&near]).await.unwrap_err().code(), Code::PurchaseRequestStatus);
}

#[tokio::test]
async fn what_a_request_refuses_changes_nothing() {
    let world = World::new().await;
    let far = world.another_supplier("Дальний завод").await;
    let request = world.asked(&[10, 5], far).await;
    let lines: Vec<i64> = request.lines.iter().map(|line| line.purchase_request_line_id).collect();
    let near = world.told(lines[0], world.supplier_id, "60000", false, "0").await.unwrap();
    let other = world.told(lines[1], far, "60000", false, "0").await.unwrap();
    let rows = async || -> Vec<i64> {
        sqlx::query_scalar(
            "select count(*) from supplier_answers union all select count(*) from supplier_orders
             union all select sum(version)::bigint from purchase_requests union all select sum(supplier_order_id)::bigint from supplier_answers",
        )
        .fetch_all(world.db())
        .await
        .unwrap()
    };
    let before = rows().await;
    let code = |result: Result<Answer, Error>| result.unwrap_err().code();
    assert_eq!(code(world.told(404, far, "1", false, "0").await), Code::NotFound);
    assert_eq!(code(world.told(lines[0], world.customer_id, "1", false, "0").await), Code::PartyMismatch);
    assert_eq!(code(world.told(lines[0], far, "0", false, "0").await), Code::AmountNotPositive);
    assert_eq!(world.chosen("two", &[&near, &other]).await.unwrap_err().code(), Code::PartyMismatch);
    assert_eq!(world.chosen("none", &[]).await.unwrap_err().code(), Code::InvalidInput);
    assert_eq!(rows().await, before);
    // One line of two leaves it open; a closed one takes no more answers.
    world.chosen("one", &[&near]).await.unwrap();
    assert_eq!(world.state_of(&request).await, requests::State::Open);
    let close_it = Close { purchase_request_id: request.purchase_request_id, expected_version: 1 };
    close(world.db(), &ctx("close"), &close_it).await.unwrap();
    assert_eq!(code(world.told(lines[1], far, "1", false, "0").await), Code::PurchaseRequestStatus);
}
