//! Goods that go back to their supplier: given, when, then.

use shpunt_domain::Code;
use shpunt_domain::batches::commands::receive;
use shpunt_domain::batches::expenses::{Basis, Kind};
use shpunt_domain::batches::returns::Landed;
use shpunt_domain::batches::returns::commands::{ReturnToSupplier, return_to_supplier};
use shpunt_domain::batches::stock::moves::{CutBatch, CutPart, Transfer, cut, transfer};
use shpunt_domain::purchasing::receipts::commands::{ReceiveOrdered, receive as receive_ordered};
use shpunt_domain::treasury::Direction;
use shpunt_domain::treasury::commands::pay;
use shpunt_tests::ctx;

use super::{World, d, day, written};

#[tokio::test]
async fn goods_go_back_at_the_suppliers_price_and_freight_is_lost() {
    let world = World::new().await;
    // Given ten piles for 1,200,000 with 264,000 of VAT, and 60,000 of freight for them, not paid: a pile costs 126,000.
    let batch = world.receive("С-1", "2026-01-10", 10, "1200000", "264000").await;
    world.billed("2026-01-15", "60000", Basis::Pieces, &[batch]).await;
    // When four go back.
    let done = world.gone_back(world.to_loss().await, &[(batch, 4)], "2026-01-20").await.unwrap();
    // Then he takes off 480,000 and 105,600 of VAT, and 24,000 of freight are lost.
    assert_eq!((done.cost, done.vat, done.gross, done.landed), (d("480000"), d("105600"), d("585600"), d("24000")));
    assert_eq!(world.worth(batch).await, d("756000"));
    let accounts = ["payables", "supplier_advances", "vat_input", "write_offs", "claims"];
    assert_eq!(world.balances(accounts).await, [d("-938400"), d("0"), d("158400"), d("24000"), d("0")]);
    world.check_books().await;
    // A freight bill of February is shared by all ten: what went back bears its part where its freight went.
    let bill = world.billed("2026-02-10", "10000", Basis::Pieces, &[batch]).await;
    assert_eq!((world.worth(batch).await, world.balance("write_offs").await), (d("762000"), d("28000")));
    world.check_books().await;
    world.taken_back(&bill, "2026-02-20").await.unwrap();
    assert_eq!((world.worth(batch).await, world.balance("write_offs").await), (d("756000"), d("24000")));
    world.check_books().await;
    // The last six take the rest to the kopeck: nothing is owed for goods, 60,000 for freight.
    world.gone_back(world.to_loss().await, &[(batch, 6)], "2026-02-25").await.unwrap();
    let accounts = ["payables", "vat_input", "write_offs", "inventory"];
    assert_eq!(world.balances(accounts).await, [d("-60000"), d("0"), d("60000"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn what_was_paid_is_an_advance_and_freight_is_claimed() {
    let world = World::new().await;
    // Given ten piles, paid, and freight of another: of 60,000.
    let batch = world.receive("С-1", "2026-01-10", 10, "1200000", "264000").await;
    world.paid_supplier("2026-01-12", "1464000").await;
    let mut freight = world.bill("2026-01-15", "60000", Basis::Pieces, &[batch]).await;
    freight.party_id = world.customer_id;
    world.posted(&freight).await.unwrap();
    // When four go back and their freight is claimed.
    world.gone_back(Landed::Claim, &[(batch, 4)], "2026-01-20").await.unwrap();
    let accounts = ["supplier_advances", "claims", "write_offs"];
    assert_eq!(world.balances(accounts).await, [d("585600"), d("24000"), d("0")]);
    world.check_books().await;
    // A late bill of 10,000 raises the claim by 4,000, its storno lowers it.
    let mut late = world.bill("2026-02-01", "10000", Basis::Pieces, &[batch]).await;
    late.party_id = world.customer_id;
    let late = world.posted(&late).await.unwrap();
    assert_eq!(world.balance("claims").await, d("28000"));
    world.taken_back(&late, "2026-02-02").await.unwrap();
    assert_eq!(world.balances(accounts).await, [d("585600"), d("24000"), d("0")]);
    world.check_books().await;
    // He acknowledges 20,000, which is money at him, and 4,000 are given up.
    world.claim_settled("20000", None, "2026-02-05").await.unwrap();
    world.claim_settled("4000", Some("claim_refused"), "2026-02-06").await.unwrap();
    assert_eq!(world.balances(accounts).await, [d("605600"), d("0"), d("4000")]);
    // He pays it back.
    let mut back = world.to_supplier("2026-02-10", "605600").await;
    back.direction = Direction::In;
    pay(world.db(), &ctx("back"), &back).await.unwrap();
    assert_eq!(world.balance("supplier_advances").await, d("0"));
    world.check_books().await;
    // A bonus of the carrier after the claim was settled: its 400 of what went back were given up, so that much was not lost.
    let mut bonus = world.bill("2026-02-15", "1000", Basis::Pieces, &[batch]).await;
    (bonus.kind, bonus.party_id) = (Kind::Credit, world.customer_id);
    let bonus = world.posted(&bonus).await.unwrap();
    assert_eq!(world.balances(["claims", "payables", "write_offs"]).await, [d("0"), d("-59000"), d("3600")]);
    world.check_books().await;
    world.taken_back(&bonus, "2026-02-16").await.unwrap();
    assert_eq!(world.balance("claims").await, d("400"));
    world.check_books().await;
}

#[tokio::test]
async fn a_bonus_lowers_the_price_of_what_goes_back_after_it() {
    let world = World::new().await;
    // Given ten piles for 1,000 with 220 of VAT, and a correction of his price by 100 and 22.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "220").await;
    let mut bonus = world.bill("2026-01-20", "100", Basis::Pieces, &[batch]).await;
    (bonus.kind, bonus.vat, bonus.article_id) = (Kind::Credit, d("22"), world.article("supplier_price").await);
    world.posted(&bonus).await.unwrap();
    assert_eq!(world.balances(["vat_input", "payables"]).await, [d("198"), d("-1098")]);
    // When three go back, then at 90 and 19.80 each, and nothing is lost.
    let done = world.gone_back(world.to_loss().await, &[(batch, 3)], "2026-01-25").await.unwrap();
    assert_eq!((done.cost, done.vat, done.landed), (d("270"), d("59.40"), d("0")));
    assert_eq!(world.balances(["vat_input", "payables", "inventory"]).await, [d("138.60"), d("-768.60"), d("630")]);
    world.check_books().await;
}

#[tokio::test]
async fn without_deduction_the_suppliers_vat_is_in_what_goes_back() {
    let world = World::new().await.taxed("usn_5").await;
    let batch = world.receive("С-1", "2026-01-10", 3, "100", "22").await;
    let done = world.gone_back(world.to_loss().await, &[(batch, 1)], "2026-01-25").await.unwrap();
    assert_eq!((done.cost, done.vat, done.gross), (d("40.67"), d("0"), d("40.67")));
    world.gone_back(world.to_loss().await, &[(batch, 2)], "2026-01-26").await.unwrap();
    assert_eq!(world.balances(["payables", "inventory", "vat_input"]).await, [d("0"), d("0"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn goods_that_were_moved_go_back_at_the_price_of_their_receipt() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "220").await;
    let yard = sqlx::query_scalar("insert into warehouses (name) values ('Тверь') returning warehouse_id");
    let warehouse_id = yard.fetch_one(world.db()).await.unwrap();
    let moved = Transfer { batch_id: batch, pieces: 4, warehouse_id, on: day("2026-01-15"), number: None };
    let there = transfer(world.db(), &ctx("moved"), &moved).await.unwrap().value.batch_id;
    world.billed("2026-01-16", "100", Basis::Pieces, &[there]).await;
    let done = world.gone_back(world.to_loss().await, &[(batch, 1), (there, 2)], "2026-01-25").await.unwrap();
    assert_eq!((done.cost, done.landed), (d("300"), d("50")));
    // A late cost of the whole finds what went back from both places.
    world.billed("2026-02-01", "100", Basis::Pieces, &[batch]).await;
    assert_eq!(world.balances(["write_offs", "inventory"]).await, [d("80"), d("820")]);
    world.check_books().await;
}

#[tokio::test]
async fn a_cost_that_came_after_the_day_of_the_return_goes_on_its_own_day() {
    let world = World::new().await;
    // Given three piles for 300 on the 10th, freight of 30 on the 20th; and the last one goes back on the 15th, entered late.
    let batch = world.receive("С-1", "2026-01-10", 3, "300", "0").await;
    world.billed("2026-01-20", "30", Basis::Pieces, &[batch]).await;
    world.gone_back(Landed::Claim, &[(batch, 3)], "2026-01-15").await.unwrap();
    let claimed: Vec<(chrono::NaiveDate, rust_decimal::Decimal)> = sqlx::query_as(
        "select effective_on, sum(amount) from ledger_entry where account = 'claims' group by 1 having sum(amount) <> 0 order by 1",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    assert_eq!(claimed, [(day("2026-01-20"), d("30"))]);
    world.check_books().await;
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "220").await;
    let mut foreign = world.receipt("С-2", "2026-01-10", 5, "500", "110");
    foreign.party_id = sqlx::query_scalar(
        "insert into parties (name, is_supplier, created_at) values ('Другой завод', true, now()) returning party_id",
    )
    .fetch_one(world.db())
    .await
    .unwrap();
    let foreign = receive(world.db(), &ctx("foreign"), &foreign).await.unwrap().value.batch_id;
    world.sold(batch, 3, "2026-02-10").await;
    let short = sqlx::query_scalar(
        "insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
         values ('goods', 'L5-6', 'Л5', 'Л5', 'new', 6, 100) returning product_id",
    );
    let product_id = short.fetch_one(world.db()).await.unwrap();
    let parts = vec![CutPart { product_id, pieces: 2, number: None }];
    let cutting = CutBatch { batch_id: batch, pieces: 1, on: day("2026-02-11"), parts, scrap_metres: d("0"), scrap: None };
    let half = cut(world.db(), &ctx("cut"), &cutting).await.unwrap().value.children[0].batch_id;
    let other: i64 = sqlx::query_scalar("select max(company_id) from companies").fetch_one(world.db()).await.unwrap();
    sqlx::query(
        "insert into periods values ($1, '2026-01-01', now()) on conflict (company_id, month) do update set closed_at = now()",
    )
    .bind(world.company_id)
    .execute(world.db())
    .await
    .unwrap();
    let rent = world.article("rent").await;
    let loss = world.to_loss().await;
    let of = |lines: &[(i64, i64)], on: &str| world.going_back(loss, lines, on);
    let good = of(&[(batch, 1)], "2026-02-20");
    let before = written(&world).await;
    for (what, refused, code) in [
        ("more than is there", of(&[(batch, 7)], "2026-02-20"), Code::BatchShort),
        ("more than was there later", of(&[(batch, 7)], "2026-02-01"), Code::BatchShort),
        ("a foreign batch", of(&[(foreign, 1)], "2026-02-20"), Code::PartyMismatch),
        ("another company", ReturnToSupplier { company_id: other, ..good.clone() }, Code::CompanyMismatch),
        ("another contract", ReturnToSupplier { contract_id: 7, ..good.clone() }, Code::BatchMismatch),
        ("cut pieces", of(&[(half, 1)], "2026-02-20"), Code::ProductMismatch),
        ("before the receipt", of(&[(batch, 1)], "2026-01-09"), Code::PeriodClosed),
        ("a closed month", of(&[(batch, 1)], "2026-01-20"), Code::PeriodClosed),
        ("tomorrow", of(&[(batch, 1)], "2026-03-03"), Code::DateInFuture),
        ("no batch", of(&[], "2026-02-20"), Code::InvalidInput),
        ("a batch twice", of(&[(batch, 1), (batch, 1)], "2026-02-20"), Code::InvalidInput),
        ("a batch that is none", of(&[(404, 1)], "2026-02-20"), Code::NotFound),
        ("no pieces", of(&[(batch, 0)], "2026-02-20"), Code::AmountNotPositive),
        ("no reason", ReturnToSupplier { reason: " ".to_owned(), ..good.clone() }, Code::InvalidInput),
        ("an article of something else", ReturnToSupplier { landed: Landed::Loss(rent), ..good.clone() }, Code::ArticleMismatch),
    ] {
        let error = return_to_supplier(world.db(), &ctx(what), &refused).await.unwrap_err();
        assert_eq!(error.code(), code, "{what}: {error}");
    }
    assert_eq!(written(&world).await, before);
    world.gone_back(loss, &[(batch, 1)], "2026-02-20").await.unwrap();
    world.check_books().await;
}

#[tokio::test]
async fn before_the_receipt_beyond_the_delivery_and_below_his_price() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-02-10", 2, "200", "0").await;
    let error = world.gone_back(world.to_loss().await, &[(batch, 1)], "2026-02-09").await.unwrap_err();
    assert_eq!(error.code(), Code::DateBeforeReceipt);
    // A pile that was found over was not delivered by anybody.
    let surplus = shpunt_domain::batches::stock::losses::Surplus {
        batch_id: batch,
        pieces: 1,
        on: day("2026-02-11"),
        cost: None,
        reason: "Найден".to_owned(),
    };
    shpunt_domain::batches::stock::losses::surplus(world.db(), &ctx("found"), &surplus).await.unwrap();
    let error = world.gone_back(world.to_loss().await, &[(batch, 3)], "2026-02-12").await.unwrap_err();
    assert_eq!(error.code(), Code::ReturnExceeded);
    // A bonus of somebody else made the goods cheaper than his price: that is nothing to claim, but a gain.
    let mut bonus = world.bill("2026-02-12", "30", Basis::Pieces, &[batch]).await;
    (bonus.kind, bonus.party_id) = (Kind::Credit, world.customer_id);
    world.posted(&bonus).await.unwrap();
    let error = world.gone_back(Landed::Claim, &[(batch, 2)], "2026-02-13").await.unwrap_err();
    assert_eq!(error.code(), Code::NothingToClaim);
    world.gone_back(world.to_loss().await, &[(batch, 2)], "2026-02-13").await.unwrap();
    assert_eq!(world.balance("write_offs").await, d("-20"));
    world.check_books().await;
}

#[tokio::test]
async fn a_storno_of_his_own_bill_takes_its_debt_and_not_the_claim_beside_it() {
    let world = World::new().await;
    // Given twenty piles, ten of which went back with 10,000 of another's freight claimed.
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "264000").await;
    let mut freight = world.bill("2026-01-15", "20000", Basis::Pieces, &[batch]).await;
    freight.party_id = world.customer_id;
    world.posted(&freight).await.unwrap();
    world.gone_back(Landed::Claim, &[(batch, 10)], "2026-01-20").await.unwrap();
    let before = world.balances(["payables", "supplier_advances", "claims", "vat_input"]).await;
    assert_eq!(before, [d("-752000"), d("0"), d("10000"), d("132000")]);
    // When he bills 30,000 himself, half of which is of what went back, all but a thousand is paid, and the bill is taken back.
    let mut own = world.bill("2026-02-01", "30000", Basis::Pieces, &[batch]).await;
    own.vat = d("6600");
    let own = world.posted(&own).await.unwrap();
    assert_eq!(world.balance("claims").await, d("25000"));
    world.paid_supplier("2026-02-05", "767600").await;
    world.taken_back(&own, "2026-02-10").await.unwrap();
    // Then the claim is what it was, and what was paid of the bill is an advance.
    let after = world.balances(["payables", "supplier_advances", "claims", "vat_input"]).await;
    assert_eq!(after, [d("-20000"), d("35600"), d("10000"), d("132000")]);
    world.check_books().await;
}

#[tokio::test]
async fn what_is_promised_or_has_no_final_price_stays() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "0").await;
    world.order("reserved", vec![world.goods(batch, 18, "100000")]).await;
    let goods = world.receipt("С-2", "2026-01-10", 20, "1200000", "0");
    let preliminary = ReceiveOrdered { goods, supplier_order_line_id: 0, preliminary: true };
    let preliminary = receive_ordered(world.db(), &ctx("preliminary"), &preliminary).await.unwrap().value.batch_id;
    let before = written(&world).await;
    let to_loss = world.to_loss().await;
    assert_eq!(world.gone_back(to_loss, &[(batch, 3)], "2026-01-20").await.unwrap_err().code(), Code::BatchReserved);
    let early = world.gone_back(to_loss, &[(preliminary, 3)], "2026-01-20").await.unwrap_err();
    assert!(early.to_string().contains("batchPriceFinalise"), "{early}");
    assert_eq!(written(&world).await, before);
    // His price rose by 20,000 and goods went back at it: what made the price cannot be undone behind them.
    let mut dearer = world.bill("2026-01-15", "20000", Basis::Pieces, &[batch]).await;
    dearer.article_id = world.article("supplier_price").await;
    let dearer = world.posted(&dearer).await.unwrap();
    let back = world.gone_back(to_loss, &[(batch, 2)], "2026-01-20").await.unwrap();
    assert_eq!(back.cost, d("122000"));
    assert_eq!(world.taken_back(&dearer, "2026-01-25").await.unwrap_err().code(), Code::StillInUse);
    world.check_books().await;
}
