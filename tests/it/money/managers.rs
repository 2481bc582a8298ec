//! What a manager may not do to the books, whoever calls the commands.

use shpunt_domain::access::{Actor, Role};
use shpunt_domain::batches::commands::receive;
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{self as orders, Create, Move, Ship};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::commands::{OpenAccount, Transfer, open_account, pay, transfer};
use shpunt_domain::treasury::expenses::{Accrue, accrue};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Code, Error};
use shpunt_tests::{ctx, now};

use super::{World, d, day};

/// A command of a manager who leads no deal.
fn manager(key: &str) -> Ctx {
    Ctx::new(
        Actor { user_id: 9, employee_id: 9, role: Role::Manager, within: None, colleagues: Vec::new() },
        now(),
        ctx(key).command_id,
    )
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().code()
}

#[tokio::test]
async fn orders_of_others_do_not_exist() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-15", 10, "600000", "120000").await;
    let order = world.order("order", vec![world.goods(batch, 5, "100000")]).await;
    let create =
        Create { deal_id: world.deal_id, planned_on: day("2026-02-01"), vehicle: String::new(), lines: vec![world.service("1")] };
    assert_eq!(code(orders::create(world.db(), &manager("create"), &create).await), Code::NotFound);
    let ship = Ship { order_id: order.order_id, shipped_on: day("2026-01-20"), weighed: vec![] };
    assert_eq!(code(orders::ship(world.db(), &manager("ship"), &ship).await), Code::NotFound);
    let dropped = Move { order_id: order.order_id, on: None };
    assert_eq!(code(cancel(world.db(), &manager("cancel"), &dropped).await), Code::NotFound);
    let expense = AddExpense {
        order_id: order.order_id,
        article_id: world.article("freight").await,
        party_id: world.supplier_id,
        effective_on: day("2026-01-20"),
        net: d("1"),
        vat: d("0"),
    };
    assert_eq!(code(add(world.db(), &manager("expense"), &expense).await), Code::NotFound);
    // Led by this manager, the same order can be shipped.
    sqlx::query("update deals set employee_id = 9").execute(world.db()).await.unwrap();
    orders::ship(world.db(), &manager("ship"), &ship).await.unwrap();
    world.check_books().await;
}

#[tokio::test]
async fn money_and_receipts_are_for_the_office() {
    let world = World::new().await;
    let db = world.db();
    let open = OpenAccount { company_id: world.company_id, is_bank: true, name: "Второй".to_owned() };
    assert_eq!(code(open_account(db, &manager("open"), &open).await), Code::Forbidden);
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-01", "1").await;
    assert_eq!(code(pay(db, &manager("pay"), &payment).await), Code::Forbidden);
    let own = Transfer { from_account_id: 1, to_account_id: 2, on: day("2026-02-01"), received_on: None, amount: d("1") };
    assert_eq!(code(transfer(db, &manager("transfer"), &own).await), Code::Forbidden);
    let rent = Accrue {
        company_id: world.company_id,
        article_id: world.article("rent").await,
        party_id: world.supplier_id,
        channel_id: 0,
        department_id: 0,
        employee_id: 0,
        effective_on: day("2026-02-01"),
        net: d("1"),
        vat: d("0"),
    };
    assert_eq!(code(accrue(db, &manager("accrue"), &rent).await), Code::Forbidden);
    let offset = shpunt_domain::treasury::commands::Offset {
        direction: Direction::In,
        advance_id: 1,
        debt_id: 2,
        on: day("2026-02-01"),
        amount: d("1"),
    };
    let offset = shpunt_domain::treasury::commands::offset(db, &manager("offset"), &offset).await;
    assert_eq!(code(offset), Code::Forbidden);
    let receipt = world.receipt("С-1", "2026-01-15", 1, "1", "0");
    assert_eq!(code(receive(db, &manager("receive"), &receipt).await), Code::Forbidden);
}
