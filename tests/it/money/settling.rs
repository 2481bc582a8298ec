//! Whose debt a payment pays, and which articles may settle anything.

use rust_decimal::Decimal;
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::expenses::{Accrue, accrue};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::{World, d, day};

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().code()
}

/// A bill of the supplier for freight of an order.
async fn freight(world: &World, order_id: i64, net: &str) -> AddExpense {
    AddExpense {
        order_id,
        article_id: world.article("freight").await,
        party_id: world.supplier_id,
        effective_on: day("2026-01-22"),
        net: d(net),
        vat: Decimal::ZERO,
    }
}

#[tokio::test]
async fn money_for_a_contract_pays_the_contracts_debts_oldest_first() {
    let world = World::new().await;
    let contract_id: i64 = sqlx::query_scalar(
        "with contract as (
            insert into contracts (company_id, party_id, kind, number, signed_on, payment_days)
            values (1, $1, 'sale', '5', '2025-11-01', 10) returning contract_id)
         update deals set contract_id = contract.contract_id from contract returning contract.contract_id",
    )
    .bind(world.customer_id)
    .fetch_one(world.db())
    .await
    .unwrap();
    let first = world.order("first", vec![world.service("1000")]).await;
    let second = world.order("second", vec![world.service("500")]).await;
    world.ship(&first, "2026-01-20").await.unwrap();
    world.ship(&second, "2026-01-21").await.unwrap();
    world.paid("by contract", Target::Contract(contract_id), "2026-02-01", "1200").await;
    // No VAT of an advance: nothing was prepaid.
    assert_eq!(world.balance("receivables").await, d("300"));
    assert_eq!(world.balance("customer_advances").await, Decimal::ZERO);
    assert_eq!(world.balance("vat_on_customer_advances").await, Decimal::ZERO);
    world.paid("more", Target::Contract(contract_id), "2026-02-02", "422").await;
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    assert_eq!(world.balance("customer_advances").await, d("-122"));
    assert_eq!(world.balance("vat_on_customer_advances").await, d("22"));
    world.check_books().await;
}

#[tokio::test]
async fn a_carrier_known_to_an_order_is_paid_for_it_but_is_not_its_customer() {
    let world = World::new().await;
    let order = world.order("order", vec![world.service("1000")]).await;
    let out = Pay {
        direction: Direction::Out,
        article_id: world.article("freight").await,
        party_id: world.supplier_id,
        ..world.payment(Target::Order(order.order_id), "2026-02-01", "300").await
    };
    assert_eq!(code(pay(world.db(), &ctx("before its bill"), &out).await), Code::PartyMismatch);
    add(world.db(), &ctx("bill"), &freight(&world, order.order_id, "300").await).await.unwrap();
    let money_in = Pay { party_id: world.supplier_id, ..world.payment(Target::Order(order.order_id), "2026-02-01", "1").await };
    assert_eq!(code(pay(world.db(), &ctx("as a customer"), &money_in).await), Code::PartyMismatch);
    pay(world.db(), &ctx("paid"), &out).await.unwrap();
    assert_eq!(world.balance("payables").await, Decimal::ZERO);
    assert_eq!(world.balance("order_expenses").await, d("300"));
    world.check_books().await;
}

#[tokio::test]
async fn a_carrier_is_paid_for_all_trucks_of_a_deal_at_once() {
    let world = World::new().await;
    for key in ["first", "second"] {
        let order = world.order(key, vec![world.service("1000")]).await;
        add(world.db(), &ctx(&format!("bill {key}")), &freight(&world, order.order_id, "300").await).await.unwrap();
    }
    let out = Pay {
        direction: Direction::Out,
        article_id: world.article("supplier_payment").await,
        party_id: world.supplier_id,
        ..world.payment(Target::Deal(world.deal_id), "2026-02-01", "600").await
    };
    pay(world.db(), &ctx("both"), &out).await.unwrap();
    assert_eq!(world.balance("payables").await, Decimal::ZERO);
    world.check_books().await;
}

#[tokio::test]
async fn only_articles_of_debts_settle() {
    let world = World::new().await;
    // A loan is not the bank's prepayment for goods, a salary is not a supplier's bill.
    for (article, direction) in [
        ("loan_received", Direction::In),
        ("capital_in", Direction::In),
        ("other_income", Direction::In),
        ("salary", Direction::Out),
        ("vat_payment", Direction::Out),
    ] {
        let input = Pay {
            article_id: world.article(article).await,
            direction,
            ..world.payment(Target::Party, "2026-02-01", "100").await
        };
        assert_eq!(code(pay(world.db(), &ctx(article), &input).await), Code::ArticleMismatch, "{article}");
        let input = Pay { target: Target::None, ..input };
        pay(world.db(), &ctx(&format!("{article} booked")), &input).await.unwrap();
    }
    // Nor is a transfer a payment at all: what is sent would never arrive.
    for target in [Target::Party, Target::None] {
        let input = Pay { article_id: world.article("transfer").await, ..world.payment(target, "2026-02-01", "100").await };
        assert_eq!(code(pay(world.db(), &ctx("transfer"), &input).await), Code::ArticleMismatch, "{target:?}");
    }
    let rent = Accrue {
        company_id: world.company_id,
        article_id: world.article("rent").await,
        party_id: world.supplier_id,
        channel_id: 0,
        department_id: 0,
        employee_id: 0,
        effective_on: day("2026-02-01"),
        net: d("1000"),
        vat: d("220"),
    };
    accrue(world.db(), &ctx("rent"), &rent).await.unwrap();
    let bill = Pay {
        direction: Direction::Out,
        article_id: world.article("rent").await,
        party_id: world.supplier_id,
        ..world.payment(Target::Party, "2026-02-02", "1220").await
    };
    pay(world.db(), &ctx("rent paid"), &bill).await.unwrap();
    assert_eq!((world.balance("payables").await, world.balance("overheads").await), (Decimal::ZERO, d("1000")));
    world.check_books().await;
}

#[tokio::test]
async fn an_expense_names_only_what_exists() {
    let world = World::new().await;
    let good = Accrue {
        company_id: world.company_id,
        article_id: world.article("advertising").await,
        party_id: world.supplier_id,
        channel_id: 1,
        department_id: 0,
        employee_id: 0,
        effective_on: day("2026-02-01"),
        net: d("1000"),
        vat: d("220"),
    };
    for (name, wrong) in [
        ("company", Accrue { company_id: 404, ..good.clone() }),
        ("party", Accrue { party_id: 404, ..good.clone() }),
        ("channel", Accrue { channel_id: 404, ..good.clone() }),
        ("department", Accrue { department_id: 404, ..good.clone() }),
        ("employee", Accrue { employee_id: 404, ..good.clone() }),
        ("article", Accrue { article_id: 404, ..good.clone() }),
    ] {
        let error = accrue(world.db(), &ctx(name), &wrong).await.unwrap_err();
        assert_eq!(error.code(), Code::NotFound, "{name}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
    accrue(world.db(), &ctx("good"), &good).await.unwrap();
}
