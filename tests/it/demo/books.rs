//! What the books of a demo business must show.

use rust_decimal::Decimal;
use shpunt_domain::money;
use shpunt_ingest::demo::{State, state};
use shpunt_tests::db::TestDb;

use super::{made, number};
use crate::money::books;

#[tokio::test]
async fn a_business_is_as_large_as_it_says_and_its_books_balance() {
    let test = TestDb::new().await;
    let db = &test.db;
    assert_eq!(state(db).await.unwrap(), State::Absent);
    let summary = made(db, 1).await;
    assert_eq!(state(db).await.unwrap(), State::Complete);
    for (made, statement) in [
        (summary.deals, "select count(*) from deals"),
        (summary.orders, "select count(*) from orders"),
        (summary.batches, "select count(*) from batches"),
        (summary.payments, "select count(*) from payments"),
        (summary.commands, "select count(*) from command_log where name not like 'demo.%'"),
        (2, "select count(*) from companies"),
        (8, "select count(*) from channels"),
        (9, "select count(*) from employees"),
    ] {
        assert_eq!(number(db, statement).await, i64::try_from(made).unwrap(), "{statement}");
    }
    assert!(summary.deals == 30 && (100..=125).contains(&summary.orders) && (8..=15).contains(&summary.batches), "{summary:?}");
    books::check(db).await;
}

#[tokio::test]
async fn nothing_is_ever_below_zero_and_everything_is_booked_when_it_happened() {
    let test = TestDb::new().await;
    let db = &test.db;
    made(db, 2).await;
    for (rule, statement) in [
        (
            "an account is overdrawn",
            "select count(*) from (
                select sum(sum(amount)) over (partition by cash_account_id order by effective_on) as held
                from ledger_entry where account = 'cash' group by cash_account_id, effective_on) t where held < 0",
        ),
        (
            "a batch gave more than it held",
            "select count(*) from (
                select sum(sum(pieces)) over w as pieces, sum(sum(amount)) over w as value
                from ledger_entry where account = 'inventory' group by batch_id, effective_on
                window w as (partition by batch_id order by effective_on)) t where pieces < 0 or value < 0",
        ),
        (
            "booked before it happened, or weeks later",
            "select count(*) from ledger_entry
             where (booked_at + interval '3 hours')::date not between effective_on and effective_on + 20",
        ),
        (
            "a deal moved before it came, or an order left before it was made",
            "select (select count(*) from stage_transitions t join deals d using (deal_id) where t.at < d.opened_at)
                + (select count(*) from orders where shipped_on < (created_at + interval '3 hours')::date or delivered_on < shipped_on)",
        ),
        (
            "goods ordered before they came",
            "select count(*) from order_lines l join orders o using (order_id) join batches b using (batch_id)
             where (o.created_at + interval '3 hours')::date < b.received_on",
        ),
        (
            "the books show no tax of the year",
            "select count(*) from order_lines l join orders o using (order_id) join companies c using (company_id)
             where shipped_on is not null and vat_percent <>
                case when c.name like '%Оборот%' then 5 when shipped_on < '2026-01-01' then 20 else 22 end",
        ),
    ] {
        assert_eq!(number(db, statement).await, 0, "{rule}");
    }
}

#[tokio::test]
async fn vat_of_a_december_advance_comes_back_as_it_was_stored() {
    let test = TestDb::new().await;
    let db = &test.db;
    made(db, 1).await;
    // Paid whole in December for trucks that all left in the new year.
    let (deal_id, paid, stored): (i64, Decimal, Decimal) = sqlx::query_as(
        "select deal_id, amount, vat from settlement_items i
         where account = 'customer_advances' and opened_on between '2025-12-01' and '2025-12-31' and order_id = 0
            and not exists (select from orders o where o.deal_id = i.deal_id and o.shipped_on < '2026-01-01')
            and exists (select from settlement_offsets o where o.advance_id = i.item_id and o.effective_on >= '2026-01-01')
         order by item_id limit 1",
    )
    .fetch_one(db)
    .await
    .unwrap();
    assert_eq!(stored, money::vat_within(paid, Decimal::from(20)).vat);
    let of_year = |sign: i32| {
        sqlx::query_as::<_, (Decimal, Decimal)>(
            "select coalesce(sum(amount) filter (where account = 'vat_on_customer_advances'), 0),
                coalesce(sum(amount) filter (where account = 'customer_advances'), 0)
             from ledger_entry where deal_id = $1 and extract(year from effective_on) = $2",
        )
        .bind(deal_id)
        .bind(sign)
        .fetch_one(db)
    };
    assert_eq!(of_year(2025).await.unwrap(), (stored, -paid));
    assert_eq!(of_year(2026).await.unwrap(), (-stored, paid));
}

#[tokio::test]
async fn a_business_shows_what_goes_wrong() {
    let test = TestDb::new().await;
    let db = &test.db;
    made(db, 1).await;
    for (what, statement) in [
        (
            "a deal is paid weeks before it has a truck",
            "select count(*) from payments p join orders o on o.deal_id = p.deal_id
             where p.direction = 'in' and p.target = 'deal'
             group by p.payment_id having min((o.created_at)::date) - p.paid_on > 28 limit 1",
        ),
        (
            "an order is sold below its cost",
            "select count(*) from (select sum(amount) from ledger_entry where account in ('revenue', 'cogs')
                group by order_id having sum(amount) > 0) t",
        ),
        (
            "a customer does not pay",
            "select count(*) from settlement_items where account = 'receivables' and open > 0 and due_on < '2026-11-23'::date - 90",
        ),
        ("a deal has many trucks", "select count(*) from orders group by deal_id order by 1 desc limit 1"),
        ("a batch is sold out", "select count(*) from batch_balances where pieces = 0"),
        (
            "a batch lies idle",
            "select count(*) from batches b join batch_balances s using (batch_id)
             where s.pieces = b.pieces and received_on < '2026-11-23'::date - 180",
        ),
        ("deals are lost for a reason", "select count(distinct lost_reason) from deals where stage = 'lost'"),
        (
            "debts are paid in parts",
            "select count(*) from (select debt_id from settlement_offsets where advance_id = 0 group by debt_id having count(*) > 1) t",
        ),
    ] {
        assert!(number(db, statement).await > 0, "{what}");
    }
    assert!(number(db, "select count(*) from orders group by deal_id order by 1 desc limit 1").await >= 7);
}
