//! Orders to suppliers from a draft to the last truck.

use shpunt_domain::Code;
use shpunt_domain::purchasing::orders::State;
use shpunt_domain::purchasing::orders::commands::{self, Revise, Step};
use shpunt_tests::ctx;

use super::{World, d, day, somebody_else, step};

#[tokio::test]
async fn an_order_goes_from_a_draft_to_its_last_truck() {
    let world = World::new().await;
    // Given a draft of 100 piles, 120 t at 60,000 a tonne.
    let draft = commands::create(world.db(), &ctx("create"), &world.wanted(100)).await.unwrap().value;
    assert_eq!((draft.number.as_str(), draft.net, draft.gross), ("ЗП-000001", d("7200000"), d("8784000")));
    assert_eq!((draft.prepayment(), draft.prepayment_due_on()), (d("2635200"), Some(day("2026-02-05"))));
    // When it is revised to 90 piles, approved by somebody else, sent and confirmed for a later day.
    let revise = Revise { supplier_order_id: draft.supplier_order_id, expected_version: 1, terms: world.wanted(90).terms };
    let order = commands::revise(world.db(), &ctx("revise"), &revise).await.unwrap().value;
    assert_eq!(order.lines[0].tonnes_theoretical, d("108"));
    let order = commands::approve(world.db(), &somebody_else("approve"), &step(&order)).await.unwrap().value;
    let order = commands::send(world.db(), &ctx("send"), &step(&order)).await.unwrap().value;
    let confirm = Step { expected_on: Some(day("2026-02-20")), ..step(&order) };
    let order = commands::confirm(world.db(), &ctx("confirm"), &confirm).await.unwrap().value;
    assert_eq!((order.state, order.expected_on, order.decided_by), (State::Confirmed, day("2026-02-20"), 77));
    // Then 60 piles come, and 40 more: ten beyond the order.
    world.came(&order, "С-1", "2026-02-18", 60).await;
    let partly = world.as_it_is(&order).await;
    assert_eq!((partly.state, world.received(&order).await.pieces), (State::PartlyReceived, 60));
    world.came(&order, "С-2", "2026-02-20", 40).await;
    let received = world.received(&order).await;
    assert_eq!((received.receipts, received.pieces, received.tonnes_theoretical), (2, 100, d("120")));
    assert_eq!(received.net, d("7200000"));
    let whole = world.as_it_is(&order).await;
    assert_eq!(whole.state, State::Received);
    let closed = commands::close(world.db(), &ctx("close"), &step(&whole)).await.unwrap().value;
    assert_eq!(closed.state, State::Closed);
    world.check_books().await;
}

#[tokio::test]
async fn a_key_used_for_a_plain_receipt_is_not_free_for_one_of_an_order() {
    let world = World::new().await;
    let order = world.ordered("order", 10).await;
    let coming = world.coming(&order, "С-1", "2026-02-10", 10);
    let key = shpunt_domain::command::Ctx { idempotency_key: Some("one".to_owned()), ..ctx("any") };
    let receive = shpunt_domain::purchasing::receipts::commands::receive;
    let first = receive(world.db(), &key, &coming).await.unwrap();
    let again = receive(world.db(), &key, &coming).await.unwrap();
    assert!(again.replayed && again.value == first.value);
    let plain = shpunt_domain::batches::commands::receive(world.db(), &key, &coming.goods).await;
    assert_eq!(plain.unwrap_err().code(), Code::IdempotencyConflict);
    assert_eq!(world.received(&order).await.pieces, 10);
}
