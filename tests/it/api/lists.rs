//! Long lists: which rows, in which order, page by page.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::nested::fill;
use super::world::World;

/// The rows of a list from page to page; between the pages something happens.
async fn walk(world: &World, list: &str, arguments: &str, field: &str, between: &[&str]) -> Vec<Value> {
    let (mut rows, mut after) = (Vec::new(), json!(null));
    for page in 0.. {
        let query = format!(
            "{{ list: {list}(first: 3, {arguments}, after: {after}) {{ nodes {{ {field} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let data = world.api.get(&world.api.director, &query).await;
        rows.extend(data["list"]["nodes"].as_array().unwrap().iter().cloned());
        if data["list"]["pageInfo"]["hasNextPage"] == false {
            return rows;
        }
        after = data["list"]["pageInfo"]["endCursor"].clone();
        if let Some(statement) = between.get(page) {
            sqlx::query(sqlx::AssertSqlSafe(*statement)).execute(&world.test().db).await.unwrap();
        }
    }
    rows
}

/// Ten deals of 100 to 1000 roubles, and of orders of as much; the larger the longer at their stage and the sooner planned.
async fn stocked() -> World {
    let world = World::new().await;
    world.batch("С-1").await;
    fill(&world, 10).await;
    for statement in [
        "update deals set need_gross = 100 * deal_id, stage_entered_at = '2026-03-01'::timestamptz - deal_id * interval '1 day'",
        "update orders set gross = 100 * deal_id, planned_on = '2026-03-31'::date - deal_id::integer",
    ] {
        sqlx::query(statement).execute(&world.test().db).await.unwrap();
    }
    world
}

fn amounts(rows: &[Value], field: &str) -> Vec<i64> {
    rows.iter().map(|row| row[field]["amount"].as_str().unwrap().trim_end_matches(".00").parse().unwrap()).collect()
}

#[tokio::test]
async fn deals_by_amount_and_by_age_page_by_page() {
    let world = stocked().await;
    // Read rows go elsewhere and away, an unread one goes to the end: none is read twice, none that is still there is missed.
    let between =
        ["update deals set need_gross = 5000 where deal_id = 9", "update deals set deleted_at = now() where deal_id = 10"];
    sqlx::query("update deals set need_gross = 50 where deal_id = 3").execute(&world.test().db).await.unwrap();
    let rows = walk(&world, "deals", "sort: AMOUNT", "needAmount { amount }", &between).await;
    assert_eq!(amounts(&rows, "needAmount"), [1000, 900, 800, 700, 600, 500, 400, 200, 100, 50]);
    let rows = walk(&world, "deals", "sort: STAGE_AGE", "stageEnteredAt", &[]).await;
    let since: Vec<_> = rows.iter().map(|row| row["stageEnteredAt"].as_str().unwrap()).collect();
    assert!(since.len() == 9 && since.is_sorted(), "{since:?}");
    let rows = walk(
        &world,
        "deals",
        "sort: AMOUNT, filter: { amountFrom: \"200\", amountTo: \"500.00\" }",
        "needAmount { amount }",
        &[],
    )
    .await;
    assert_eq!(amounts(&rows, "needAmount"), [500, 400, 200]);
    for (filter, count) in [
        ("amountFrom: \"200.01\", amountTo: \"499.99\"", 1),
        ("openedFrom: \"2000-01-01T00:00:00Z\", openedBefore: \"2000-01-02T00:00:00Z\"", 0),
        ("openedFrom: \"2000-01-01T00:00:00Z\"", 9),
    ] {
        let rows = walk(&world, "deals", &format!("filter: {{ {filter} }}"), "id", &[]).await;
        assert_eq!(rows.len(), count, "{filter}");
    }
}

#[tokio::test]
async fn orders_by_amount_and_by_plan() {
    let world = stocked().await;
    let rows = walk(&world, "orders", "sort: AMOUNT", "gross { amount }", &[]).await;
    let found = amounts(&rows, "gross");
    assert!(found.len() == 30 && found.is_sorted_by(|left, right| left >= right), "{found:?}");
    let rows = walk(&world, "orders", "sort: PLANNED", "plannedOn", &[]).await;
    let planned: Vec<_> = rows.iter().map(|row| row["plannedOn"].as_str().unwrap()).collect();
    assert!(planned.len() == 30 && planned.is_sorted(), "{planned:?}");
    let manager = world.api.manager("manager").await;
    sqlx::query("update deals set employee_id = $1 where deal_id in (4, 5)")
        .bind(manager.employee_id)
        .execute(&world.test().db)
        .await
        .unwrap();
    sqlx::query("update orders set status = 'shipped', shipped_on = '2026-02-20' where deal_id = 5")
        .execute(&world.test().db)
        .await
        .unwrap();
    let employee = manager.employee_id;
    for (filter, count) in [
        (format!("managerId: \"employee_{employee}\""), 6),
        (format!("managerId: \"employee_{employee}\", amountFrom: \"401\""), 3),
        ("shippedFrom: \"2026-02-20\", shippedTo: \"2026-02-20\"".to_owned(), 3),
        ("shippedFrom: \"2026-02-21\"".to_owned(), 0),
        ("channelId: \"channel_1\"".to_owned(), 15),
        ("amountFrom: \"300\", amountTo: \"400\"".to_owned(), 6),
    ] {
        for sort in ["NEWEST", "AMOUNT", "PLANNED"] {
            let rows = walk(&world, "orders", &format!("sort: {sort}, filter: {{ {filter} }}"), "id", &[]).await;
            assert_eq!(rows.len(), count, "{sort} {filter}");
        }
    }
}

#[tokio::test]
async fn payments_of_a_deal_by_amount_and_purpose() {
    let world = stocked().await;
    sqlx::query("update payments set amount = 10 * deal_id, purpose = 'По счёту № ' || deal_id")
        .execute(&world.test().db)
        .await
        .unwrap();
    for (filter, count) in [
        ("dealId: \"deal_7\"", 1),
        ("amountFrom: \"30\", amountTo: \"50\"", 3),
        ("search: \"СЧЁТУ № 1\"", 2),
        ("dealId: \"deal_7\", amountTo: \"69.99\"", 0),
    ] {
        assert_eq!(walk(&world, "payments", &format!("filter: {{ {filter} }}"), "id", &[]).await.len(), count, "{filter}");
    }
}

#[tokio::test]
async fn an_order_of_a_list_gives_no_price_away() {
    let world = stocked().await;
    let keeper = world.api.user("keeper", Role::Warehouse).await;
    for arguments in ["sort: AMOUNT", "filter: { amountFrom: \"300\" }", "filter: { amountTo: \"300\" }"] {
        let answer = world.api.ask(&keeper, &format!("{{ orders({arguments}) {{ nodes {{ id }} }} }}")).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{arguments}");
    }
    world.api.get(&keeper, "{ orders(sort: PLANNED) { nodes { id } } }").await;
}

#[tokio::test]
async fn a_cursor_of_no_day_is_none() {
    let world = World::new().await;
    for (list, cursor) in [
        ("deals", "WyJkZWFsIixbIi0yNjIxNDItMDEtMDFUMDA6MDA6MDBaIiwxXV0"),
        ("payments", "WyJwYXltZW50IixbIi0yNjIxNDItMTItMzEiLDFdXQ"),
    ] {
        let answer = world.api.ask(&world.api.director, &format!("{{ {list}(after: \"{cursor}\") {{ nodes {{ id }} }} }}")).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{list}");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_order() {
    let world = stocked().await;
    let cursor = async |sort: &str| {
        let data = world
            .api
            .get(&world.api.director, &format!("{{ deals(first: 1, sort: {sort}) {{ pageInfo {{ endCursor }} }} }}"))
            .await;
        data["deals"]["pageInfo"]["endCursor"].clone()
    };
    let sorts = ["NEWEST", "AMOUNT", "STAGE_AGE"];
    for of in sorts {
        let after = cursor(of).await;
        for sort in sorts {
            let answer = world
                .api
                .ask(&world.api.director, &format!("{{ deals(sort: {sort}, after: {after}) {{ nodes {{ id }} }} }}"))
                .await;
            let codes: &[&str] = if of == sort { &[] } else { &["BAD_USER_INPUT"] };
            assert_eq!(answer.codes(), codes, "{of} for {sort}");
        }
    }
}
