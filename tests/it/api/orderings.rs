//! Lists sorted otherwise: in every order and direction no row is skipped or repeated while others come in between.

use std::collections::HashSet;

use serde_json::{Value, json};
use shpunt_domain::access::{Permission, Permissions, Role};

use super::nested::{Statements, fill};
use super::world::World;

/// A list, its orders, and the statement that adds the row `$1` somewhere in it.
struct List {
    name: &'static str,
    sorts: &'static [&'static str],
    insert: &'static str,
}

const LISTS: [List; 5] = [
    List {
        name: "deals",
        sorts: &["NEWEST", "AMOUNT", "STAGE_AGE", "NUMBER", "CUSTOMER", "STAGE", "MANAGER", "CHANNEL"],
        insert: "insert into deals (company_id, number, title, party_id, employee_id, channel_id, stage, stage_entered_at, opened_at, need_gross)
            select 1, 'Н-' || $1, 'Новая', ($1 * 7) % 5, ($1 * 3) % 4, 1 + $1 % 2, case $1 % 2 when 0 then 'new_lead' else 'contract' end,
                '2026-02-01'::timestamptz + ($1 % 5) * interval '1 day', now() - ($1 * 11 % 50) * interval '1 hour', ($1 % 7) * 100",
    },
    List {
        name: "orders",
        sorts: &["NEWEST", "AMOUNT", "PLANNED", "NUMBER", "CUSTOMER", "STATUS", "MANAGER"],
        insert: "insert into orders (company_id, deal_id, party_id, number, status, planned_on, created_at, updated_at, gross)
            select 1, 1 + $1 % 14, 1 + $1 % 5, 'Н-' || $1, case $1 % 2 when 0 then 'draft' else 'cancelled' end, '2026-02-01'::date + $1 % 5,
                now() - ($1 * 11 % 50) * interval '1 hour', now(), ($1 % 7) * 100",
    },
    List {
        name: "parties",
        sorts: &["OLDEST", "NEWEST", "NAME"],
        insert: "insert into parties (name, created_at)
            select case $1 % 4 when 0 then '-Б-' when 1 then 'Ёлка' when 2 then 'яр' else 'Елка' end || $1 % 5, now() from (select $1) one",
    },
    List {
        name: "products",
        sorts: &["OLDEST", "NEWEST", "NAME"],
        insert: "insert into products (kind, sku, name)
            select 'service', 'S-' || $1, case $1 % 3 when 0 then 'Ёмкость ' when 1 then 'аренда ' else 'Резка ' end || $1 % 5",
    },
    List {
        name: "payments",
        sorts: &["NEWEST", "AMOUNT"],
        insert: "with c as (insert into documents (company_id, kind, number, issued_on, party_id, created_at)
                select 1, 'payment_in', 'Н-' || $1, '2026-02-10', 1, now() returning document_id)
            insert into payments (company_id, cash_account_id, direction, article_id, party_id, target, deal_id, document_id, paid_on, amount, created_at)
            select 1, 1, 'in', 1, 1, 'deal', 1, document_id, '2026-02-05'::date + $1 % 9, 100 + $1 % 7, now() from c",
    },
];

impl List {
    /// Adds the row `number`.
    async fn grow(&self, world: &World, number: i32) {
        let statement = self.insert.replace("$1", &number.to_string());
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&world.test().db).await.unwrap();
    }

    /// The ids of the whole list, page by page; between the pages rows are added.
    async fn walk(&self, world: &World, order: &str, size: u32, mut grown: Option<&mut i32>) -> Vec<String> {
        let (mut ids, mut after) = (Vec::new(), json!(null));
        loop {
            let query = format!(
                "{{ list: {}(first: {size}, {order}, after: {after}) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}",
                self.name
            );
            let data = world.api.get(&world.api.director, &query).await;
            let page = &data["list"];
            ids.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().to_owned()));
            if page["pageInfo"]["hasNextPage"] == false {
                return ids;
            }
            after = page["pageInfo"]["endCursor"].clone();
            if let Some(number) = grown.as_deref_mut() {
                for _ in 0..2 {
                    *number += 1;
                    self.grow(world, *number).await;
                }
            }
        }
    }
}

/// Fourteen deals with their orders and payments, people, parties and products with names that are hard to sort, many of them equal.
async fn mixed() -> World {
    let world = World::new().await;
    world.batch("С-1").await;
    for login in ["Ёжиков", "егоров", "Яковлев"] {
        world.api.manager(login).await;
    }
    fill(&world, 14).await;
    for statement in [
        "update deals set need_gross = deal_id % 4 * 100, stage_entered_at = '2026-02-01'::timestamptz + deal_id % 3 * interval '1 day',
             party_id = deal_id % 4, employee_id = deal_id % 5, channel_id = 1 + deal_id % 2,
             stage = (array['new_lead', 'in_supply', 'contract', 'offer_sent'])[1 + deal_id % 4]",
        "update orders set gross = order_id % 5 * 100, planned_on = '2026-02-01'::date + (order_id % 4)::integer,
             status = (array['draft', 'cancelled', 'confirmed'])[1 + order_id % 3], created_at = now() - order_id % 6 * interval '1 hour'",
        "update payments set amount = 100 + deal_id % 3, paid_on = '2026-02-05'::date + (deal_id % 4)::integer",
    ] {
        sqlx::query(statement).execute(&world.test().db).await.unwrap();
    }
    for list in &LISTS[2..4] {
        for number in 1..=16 {
            list.grow(&world, number).await;
        }
    }
    world
}

#[tokio::test]
async fn nothing_is_skipped_or_repeated_in_any_order() {
    let world = mixed().await;
    let mut grown = 1000;
    for list in &LISTS {
        for sort in list.sorts {
            let order = |reverse: bool| format!("sort: {sort}, reverse: {reverse}");
            let name = format!("{} {sort}", list.name);
            let (there, back) =
                (list.walk(&world, &order(false), 100, None).await, list.walk(&world, &order(true), 100, None).await);
            assert!(there.len() >= 14, "{name}: {}", there.len());
            assert!(there.iter().eq(back.iter().rev()), "{name} turned round");
            for (reverse, whole) in [(false, there), (true, back)] {
                let known: HashSet<String> = whole.iter().cloned().collect();
                let before = grown;
                let seen = list.walk(&world, &order(reverse), 7, Some(&mut grown)).await;
                assert!(grown > before, "{name}: rows came in between");
                let distinct: HashSet<_> = seen.iter().collect();
                assert_eq!(distinct.len(), seen.len(), "{name} {reverse}: a row is repeated");
                let old: Vec<_> = seen.into_iter().filter(|id| known.contains(id)).collect();
                assert_eq!(old, whole, "{name} {reverse}: rows are skipped or out of order");
            }
        }
    }
}

#[tokio::test]
async fn a_cursor_is_of_one_order_and_one_direction() {
    let world = mixed().await;
    let api = &world.api;
    for list in &LISTS {
        let orders: Vec<_> =
            list.sorts.iter().flat_map(|sort| [false, true].map(|reverse| format!("sort: {sort}, reverse: {reverse}"))).collect();
        for of in &orders {
            let page = format!("{{ list: {}(first: 1, {of}) {{ pageInfo {{ endCursor }} }} }}", list.name);
            let after = api.get(&api.director, &page).await["list"]["pageInfo"]["endCursor"].clone();
            for order in &orders {
                let answer =
                    api.ask(&api.director, &format!("{{ {}({order}, after: {after}) {{ nodes {{ id }} }} }}", list.name)).await;
                let codes: &[&str] = if of == order { &[] } else { &["BAD_USER_INPUT"] };
                assert_eq!(answer.codes(), codes, "{}: {of} for {order}", list.name);
            }
        }
    }
}

/// Given: four deals. Then each order reads as people expect.
///
/// | Number   | Customer  | Stage        | Manager | Channel      | Opened |
/// |----------|-----------|--------------|---------|--------------|--------|
/// | Д-000009 | Ёлка      | contract     | —       | Сайт         | 1      |
/// | Д-10     | —         | new_lead     | Яковлев | Не определён | 2      |
/// | Д-2      | Яр        | in_supply    | Ёжиков  | Сайт         | 3      |
/// | Без №    | енисей    | contract     | жуков   | Сайт         | 4      |
#[tokio::test]
async fn deals_read_as_people_sort_them() {
    let world = World::new().await;
    for login in ["Ёжиков", "жуков", "Яковлев"] {
        world.api.manager(login).await;
    }
    for statement in [
        "insert into parties (name, created_at) values ('Ёлка', now()), ('Яр', now()), ('енисей', now())",
        "insert into deals (company_id, number, title, party_id, employee_id, channel_id, stage, stage_entered_at, opened_at)
         select 1, n, n, coalesce((select party_id from parties where name = p), 0),
             coalesce((select employee_id from employees where name = e), 0), (select channel_id from channels where name = c), s, now(),
             '2026-02-01'::timestamptz + k * interval '1 day'
         from (values ('Д-000009', 'Ёлка', 'contract', '', 'Сайт', 1), ('Д-10', '', 'new_lead', 'Яковлев', 'Не определён', 2),
             ('Д-2', 'Яр', 'in_supply', 'Ёжиков', 'Сайт', 3), ('Без №', 'енисей', 'contract', 'жуков', 'Сайт', 4)) v (n, p, s, e, c, k)",
    ] {
        sqlx::query(statement).execute(&world.test().db).await.unwrap();
    }
    for (order, expected) in [
        ("sort: NEWEST, reverse: true", ["Д-000009", "Д-10", "Д-2", "Без №"]),
        ("sort: NUMBER", ["Без №", "Д-2", "Д-000009", "Д-10"]),
        ("sort: CUSTOMER", ["Д-000009", "Без №", "Д-2", "Д-10"]),
        ("sort: STAGE", ["Д-10", "Д-000009", "Без №", "Д-2"]),
        ("sort: MANAGER", ["Д-2", "Без №", "Д-10", "Д-000009"]),
        ("sort: MANAGER, reverse: true", ["Д-000009", "Д-10", "Без №", "Д-2"]),
        ("sort: CHANNEL", ["Д-10", "Д-000009", "Д-2", "Без №"]),
    ] {
        let data = world.api.get(&world.api.director, &format!("{{ deals({order}) {{ nodes {{ number }} }} }}")).await;
        let numbers: Vec<_> =
            data["deals"]["nodes"].as_array().unwrap().iter().map(|deal| deal["number"].as_str().unwrap()).collect();
        assert_eq!(numbers, expected, "{order}");
    }
}

#[tokio::test]
async fn an_order_shows_nobody_more_than_the_rows_do() {
    let world = mixed().await;
    let api = &world.api;
    let own = api.manager("own").await;
    sqlx::query("update deals set employee_id = $1 where deal_id in (2, 5, 7)")
        .bind(own.employee_id)
        .execute(&world.test().db)
        .await
        .unwrap();
    for list in [&LISTS[0], &LISTS[1], &LISTS[4]] {
        for sort in list.sorts {
            for reverse in [false, true] {
                let query =
                    format!("{{ list: {}(first: 100, sort: {sort}, reverse: {reverse}) {{ nodes {{ id }} }} }}", list.name);
                let data = api.get(&own, &query).await;
                let count = if list.name == "orders" { 9 } else { 3 };
                assert_eq!(data["list"]["nodes"].as_array().unwrap().len(), count, "{query}");
            }
        }
    }
    // Whoever may not see the names does not learn them from their order.
    let keeper = api.user("keeper", Role::Warehouse).await;
    for (sort, codes) in [("MANAGER", &["FORBIDDEN"][..]), ("AMOUNT", &["FORBIDDEN"]), ("STATUS", &[]), ("NUMBER", &[])] {
        let answer = api.ask(&keeper, &format!("{{ orders(sort: {sort}) {{ nodes {{ id }} }} }}")).await;
        assert_eq!(answer.codes(), codes, "{sort}");
    }
    let within: Permissions = [Permission::SeeDeals, Permission::SeeOrders].into_iter().collect();
    for query in ["deals(sort: CUSTOMER)", "deals(sort: CHANNEL)", "orders(sort: CUSTOMER)"] {
        let answer = api.reach_within(within, &format!("{{ {query} {{ nodes {{ id }} }} }}")).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{query}");
    }
    let answer = api.reach_within(within, "{ deals(sort: MANAGER) { nodes { id } } }").await;
    assert!(answer.codes().is_empty(), "{:?}", answer.codes());
}

#[tokio::test]
async fn an_order_takes_two_statements_however_many_rows_there_are() {
    let world = mixed().await;
    let statements = Statements::default();
    let _listening = statements.listen();
    tracing::callsite::rebuild_interest_cache();
    // Of payments it is recorded besides that they were read.
    for (list, field, most) in [("deals", "title", 2), ("orders", "number", 3), ("payments", "purpose", 3)] {
        for first in [2, 100] {
            statements.take();
            let query = format!("{{ {list}(first: {first}, sort: AMOUNT, reverse: true) {{ nodes {{ id {field} }} }} }}");
            let data: Value = world.api.get(&world.api.director, &query).await;
            assert!(!data[list]["nodes"].as_array().unwrap().is_empty());
            assert_eq!(statements.take(), most, "{query}");
        }
    }
}
