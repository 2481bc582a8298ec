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
    // A batch from afar is there twice, on its way and as it arrived; the yards hold as many as before there were such.
    let on_the_way = number(db, "select count(*) from batches_in_transit").await;
    let in_yards = i64::try_from(summary.batches).unwrap() - on_the_way;
    assert!(summary.deals == 30 && (100..=125).contains(&summary.orders), "{summary:?}");
    assert!((8..=15).contains(&in_yards) && (2..in_yards).contains(&on_the_way), "{in_yards} {on_the_way}");
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

#[tokio::test]
async fn a_business_uses_what_came_later_to_the_product() {
    let test = TestDb::new().await;
    let db = &test.db;
    made(db, 1).await;
    for (what, statement) in [
        (
            "an order at our risk was unloaded days after it left",
            "select count(*) from orders where title_on_delivery and delivered_on > shipped_on + 2",
        ),
        ("another is on its way on the last day", "select count(*) from orders where title_on_delivery and status = 'shipped'"),
        (
            "goods went back to their supplier with a claim",
            "select count(*) from supplier_returns where article_id = 0 and landed > 0",
        ),
        ("goods did not arrive", "select count(*) from batch_shortages where article_id = 0"),
        (
            "a claim was acknowledged in part and given up in part",
            "select count(*) from settlement_items i where account = 'claims' and open = 0
                and (select sum(amount) from claim_losses l where l.item_id = i.item_id) between 0.01 and i.amount - 0.01",
        ),
        (
            "freight was billed while goods were on their way",
            "select count(*) from additional_expense_shares s join additional_expenses e using (additional_expense_id)
             join batches_in_transit t using (batch_id) where e.effective_on < t.expected_on",
        ),
        ("a paper was for a batch and an order", "select count(*) from joint_bills"),
        (
            "planned freight was billed at another sum",
            "select count(*) from planned_expenses p join direct_expenses e using (direct_expense_id)
             where p.status = 'billed' and p.net <> e.net",
        ),
    ] {
        assert!(number(db, statement).await > 0, "{what}");
    }
}

/// What is on its way is told apart from what is sold, to the kopeck.
#[tokio::test]
async fn what_is_on_its_way_on_the_last_day_is_neither_sold_nor_in_stock() {
    let test = TestDb::new().await;
    let db = &test.db;
    made(db, 1).await;
    for (rule, statement) in [
        (
            "an order on its way has revenue, cost of sales or a debt",
            "select count(*) from ledger_entry e join orders o using (order_id) where o.title_on_delivery and o.status = 'shipped'
                and e.account in ('revenue', 'cogs', 'receivables')",
        ),
        (
            "goods shipped are not the cost and the VAT of the orders on their way",
            "select count(*) from (select order_id, sum(amount) as held from ledger_entry where account = 'goods_shipped' group by order_id) e
             join orders o using (order_id)
             where case when o.status = 'shipped' then held <= o.vat else held <> 0 end",
        ),
        (
            "goods in transit hold a batch that arrived",
            "select count(*) from (select batch_id from ledger_entry where account = 'goods_in_transit' group by batch_id
                having sum(amount) <> 0 or sum(pieces) <> 0) e join batch_moves m on m.parent_batch_id = e.batch_id",
        ),
        (
            "accrued costs are not what was accrued and is not billed",
            "select count(*) from (
                select coalesce((select -sum(amount) from ledger_entry where account = 'accrued_costs'), 0) as held,
                    coalesce((select sum(accrued) from planned_expenses where status = 'accrued'), 0) as waiting) t where held <> waiting",
        ),
        (
            "a claim is forgotten",
            "select count(*) from settlement_items where account = 'claims' and open > 0 and opened_on < '2026-11-23'::date - 60",
        ),
    ] {
        assert_eq!(number(db, statement).await, 0, "{rule}");
    }
}
