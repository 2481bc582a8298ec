//! What purchasing refuses: each with its code, and nothing changed.

use shpunt_domain::purchasing::orders::commands::{self, Create, Revise, Step};
use shpunt_domain::purchasing::receipts::commands::{Finalise, ReceiveOrdered, finalise, receive};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::{World, d, day, somebody_else, step};

/// Rows of everything purchasing writes, and the versions of orders.
async fn rows(world: &World) -> Vec<i64> {
    sqlx::query_scalar(
        "select count(*) from ledger_entry union all select count(*) from documents union all select count(*) from settlement_items
         union all select count(*) from settlement_ties union all select count(*) from batches union all select count(*) from purchase_receipts
         union all select count(*) from supplier_order_lines union all select coalesce(sum(version), 0)::bigint from supplier_orders
         union all select count(*) from payments union all select count(*) from additional_expenses",
    )
    .fetch_all(world.db())
    .await
    .unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    let error = result.unwrap_err();
    assert!(error.to_string().len() > 10, "{error}");
    error.code()
}

#[tokio::test]
async fn wrong_receipts_change_nothing() {
    let world = World::new().await;
    let order = world.ordered("order", 10).await;
    let draft = commands::create(world.db(), &ctx("draft"), &world.wanted(5)).await.unwrap().value;
    let before = rows(&world).await;
    let good = || world.coming(&order, "С-1", "2026-02-10", 10);
    let with = |change: fn(&mut ReceiveOrdered, &World)| {
        let mut coming = good();
        change(&mut coming, &world);
        coming
    };
    let early = world.coming(&order, "С-1", "2026-02-01", 10);
    let of_draft = ReceiveOrdered { supplier_order_line_id: draft.lines[0].supplier_order_line_id, ..good() };
    for (why, coming, wanted) in [
        ("before the order", early, Code::DateBeforeOrder),
        ("of a draft", of_draft, Code::SupplierOrderStatus),
        ("of no line", with(|coming, _| coming.supplier_order_line_id = 404), Code::NotFound),
        ("of another company", with(|coming, world| coming.goods.company_id = world.company_id + 1), Code::CompanyMismatch),
        ("of another supplier", with(|coming, world| coming.goods.party_id = world.customer_id), Code::PartyMismatch),
        ("of another product", with(|coming, world| coming.goods.product_id = world.service_id), Code::ProductMismatch),
        ("of another contract", with(|coming, _| coming.goods.contract_id = 9), Code::InvalidInput),
        ("of nothing", with(|coming, _| coming.goods.pieces = 0), Code::AmountNotPositive),
    ] {
        assert_eq!(code(receive(world.db(), &ctx(why), &coming).await), wanted, "{why}");
    }
    assert_eq!(rows(&world).await, before);
    let to_draft = world.pay_supplier(Direction::Out, Target::SupplierOrder(draft.supplier_order_id), "2026-02-03", "1").await;
    assert_eq!(code(to_draft), Code::SupplierOrderStatus);
    let unknown = world.pay_supplier(Direction::Out, Target::SupplierOrder(404), "2026-02-03", "1").await;
    assert_eq!(code(unknown), Code::NotFound);
    assert_eq!(rows(&world).await, before);
}

#[tokio::test]
async fn wrong_steps_change_nothing() {
    let world = World::new().await;
    let draft = commands::create(world.db(), &ctx("draft"), &world.wanted(5)).await.unwrap().value;
    let before = rows(&world).await;
    let db = world.db();
    assert_eq!(code(commands::approve(db, &ctx("own"), &step(&draft)).await), Code::FourEyes);
    let stale = Step { expected_version: 2, ..step(&draft) };
    assert_eq!(code(commands::approve(db, &somebody_else("stale"), &stale).await), Code::VersionConflict);
    assert_eq!(code(commands::send(db, &ctx("send"), &step(&draft)).await), Code::SupplierOrderStatus);
    assert_eq!(code(commands::close(db, &ctx("close"), &step(&draft)).await), Code::SupplierOrderStatus);
    let wanted = |change: fn(&mut Create)| {
        let mut create = world.wanted(5);
        change(&mut create);
        create
    };
    for (why, create, refused) in [
        ("no lines", wanted(|create| create.terms.lines.clear()), Code::InvalidInput),
        ("expected before", wanted(|create| create.terms.expected_on = day("2026-02-01")), Code::InvalidInput),
        ("more than all", wanted(|create| create.terms.prepayment_percent = d("100.01")), Code::InvalidInput),
        ("no price", wanted(|create| create.terms.lines[0].price.price = d("0")), Code::AmountNotPositive),
        ("too much VAT", wanted(|create| create.terms.lines[0].vat = d("360000.01")), Code::InvalidInput),
        ("no deal", wanted(|create| create.deal_id = 404), Code::NotFound),
        ("no warehouse", wanted(|create| create.terms.warehouse_id = 404), Code::NotFound),
        ("no product", wanted(|create| create.terms.lines[0].product_id = 404), Code::NotFound),
    ] {
        assert_eq!(code(commands::create(db, &ctx(why), &create).await), refused, "{why}");
    }
    let customer = Create { party_id: world.customer_id, ..world.wanted(5) };
    assert_eq!(code(commands::create(db, &ctx("customer"), &customer).await), Code::PartyMismatch);
    assert_eq!(rows(&world).await, before);
    // An approved one is not revised, one of which something came is not cancelled.
    let order = commands::approve(db, &somebody_else("approve"), &step(&draft)).await.unwrap().value;
    let revise =
        Revise { supplier_order_id: order.supplier_order_id, expected_version: order.version, terms: world.wanted(4).terms };
    assert_eq!(code(commands::revise(db, &ctx("revise"), &revise).await), Code::SupplierOrderStatus);
    world.came(&order, "С-1", "2026-02-10", 1).await;
    let order = world.as_it_is(&order).await;
    assert_eq!(code(commands::cancel(db, &ctx("cancel"), &step(&order)).await), Code::SupplierOrderStatus);
}

#[tokio::test]
async fn a_final_price_that_is_none_changes_nothing() {
    let world = World::new().await;
    let plain = world.receive("Б-1", "2026-02-11", 10, "1000000", "220000").await;
    let order = world.ordered("order", 10).await;
    let known = world.came(&order, "С-1", "2026-02-10", 10).await;
    let before = rows(&world).await;
    let paper = |batch_id, on: &str| Finalise {
        batch_id,
        number: String::new(),
        issued_on: day(on),
        effective_on: None,
        net: d("800000"),
        vat: d("176000"),
    };
    assert_eq!(code(finalise(world.db(), &ctx("plain"), &paper(plain, "2026-02-12")).await), Code::NotFound);
    assert_eq!(code(finalise(world.db(), &ctx("final"), &paper(known, "2026-02-12")).await), Code::PriceFinal);
    assert_eq!(code(finalise(world.db(), &ctx("early"), &paper(known, "2026-02-09")).await), Code::InvalidInput);
    assert_eq!(rows(&world).await, before);
}
