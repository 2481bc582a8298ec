//! What holds for every kind: switched off it is silent, rolled back it was not told, at once it is told once, in any number.

use std::time::Duration;

use futures::future;
use shpunt_domain::access::{Permission, Role};
use shpunt_domain::command;
use shpunt_domain::notifications::commands::tell;
use shpunt_domain::notifications::listen::{Heard, Listener};
use shpunt_domain::notifications::{DATABASES_DIFFER, DEAL_HANDED_OVER, Fact, Subject, store};
use shpunt_domain::{Code, Error};
use shpunt_tests::{ctx, now};

use super::{Office, fact};
use crate::money::World;

/// What is heard next.
async fn hear(listener: &mut Listener) -> Vec<(i64, i64)> {
    let heard = tokio::time::timeout(Duration::from_secs(30), listener.hear()).await.expect("something is heard").unwrap();
    let Heard::Told(pairs) = heard else { panic!("{heard:?}") };
    pairs
}

#[tokio::test]
async fn what_is_switched_off_is_silent() {
    let office = Office::new().await;
    let world = &office.world;
    let batch = world.receive("С-1", "2026-01-15", 20, "600000", "120000").await;
    world.order("late", vec![world.service("1000")]).await;
    for kind in store::list_kinds(office.db()).await.unwrap() {
        office.switch(&kind.code, false).await;
    }
    office.hand_over("other_manager").await;
    let loss = world.order("loss", vec![world.goods(batch, 2, "20000")]).await;
    world.ship(&loss, "2026-01-20").await.unwrap();
    sqlx::query("update cdc_epoch set failure = 'it cannot go on', failed_at = now()").execute(office.db()).await.unwrap();
    office.look(0).await;
    assert_eq!(office.told().await, [""; 0]);
    // Switched on again, it is told from now on: what lasts at the next look, whatever the time of the last.
    office.switch("order_late", true).await;
    office.look(1).await;
    assert_eq!(office.told().await, ["logistics order_late", "other_manager order_late"]);
}

#[tokio::test]
async fn who_may_not_come_in_or_see_the_deal_is_not_told() {
    let office = Office::new().await;
    office.world.order("late", vec![office.world.service("1000")]).await;
    sqlx::query("update users set active = false where login = 'logistics'").execute(office.db()).await.unwrap();
    // Everybody who sees orders, that is managers too: of them only the one whose deal it is.
    sqlx::query("update notification_kinds set to_manager = false, to_roles = '{}', to_permissions = '{see_orders}' where code = 'order_late'")
        .execute(office.db())
        .await
        .unwrap();
    office.look(0).await;
    let told = ["accountant", "director", "head_of_sales", "manager", "purchasing", "treasurer", "warehouse"]
        .map(|login| format!("{login} order_late"));
    assert_eq!(office.told().await, told);
    // A fact of a deal that is not known belongs to nobody with deals of their own.
    let orphan = Fact { subject: Subject::Order(404), deal_id: 0, ..fact("1") };
    assert_eq!(tell(office.db(), "order_late", orphan, now()).await.unwrap(), 6);
    assert!(!office.told().await.contains(&"manager order_late".to_owned()));
}

#[tokio::test]
async fn what_is_rolled_back_was_told_to_nobody() {
    let office = Office::new().await;
    let mut listener = Listener::open(office.db()).await.unwrap();
    let deal_id = office.world.deal_id;
    for (key, succeeds) in [("fails", false), ("succeeds", true)] {
        let (ctx, input) = (ctx(key), (deal_id, succeeds));
        let done = command::run(office.db(), &ctx, "tests.tell", Permission::EditDeals, &input, async |run, input| {
            let (deal_id, succeeds) = *input;
            let fact = Fact { subject: Subject::Deal(deal_id), deal_id, ..fact("1") };
            let told = store::tell_in_tx(run, DEAL_HANDED_OVER, fact).await?;
            if succeeds { Ok(told) } else { Err(Error::rejected(Code::DealClosed, "it is told, and then it is not done")) }
        });
        let done = done.await.map(|outcome| outcome.value).map_err(|error| error.code());
        assert_eq!(done, if succeeds { Ok(1) } else { Err(Code::DealClosed) });
    }
    assert_eq!(office.told().await, ["manager deal_handed_over"]);
    let (user, id): (i64, i64) =
        sqlx::query_as("select user_id, notification_id from notifications").fetch_one(office.db()).await.unwrap();
    assert_eq!(hear(&mut listener).await, [(user, id)], "the first thing heard is of the second command");
}

#[tokio::test]
async fn a_history_that_is_made_up_is_told_to_nobody() {
    let office = Office::new().await;
    let mut past = ctx("past");
    past.booked_at = Some(now());
    let input = shpunt_domain::deals::commands::HandOver {
        deal_id: office.world.deal_id,
        employee_id: office.users["other_manager"].employee_id,
    };
    shpunt_domain::deals::commands::hand_over(office.db(), &past, input).await.unwrap();
    assert_eq!(office.told().await, [""; 0]);
}

#[tokio::test]
async fn many_processes_that_look_at_once_tell_once() {
    let office = Office::new().await;
    let world = &office.world;
    for n in 0..20 {
        world.order(&format!("late {n}"), vec![world.service("1000")]).await;
    }
    future::join_all((0..6).map(|_| office.look(0))).await;
    assert_eq!(office.told().await.len(), 40, "logistics and the manager, of each order");
    // The same fact told by many at once, without taking turns.
    let told = future::join_all((0..6).map(|_| tell(office.db(), DATABASES_DIFFER, fact("2026-03-02"), now()))).await;
    assert_eq!(told.into_iter().map(Result::unwrap).sum::<u64>(), 2);
    assert_eq!(office.told().await, ["administrator databases_differ", "director databases_differ"]);
}

#[tokio::test]
async fn more_than_a_page_is_told_and_heard_whole() {
    let office = Office::new().await;
    sqlx::query(
        "insert into orders (company_id, deal_id, party_id, number, status, planned_on, created_at, updated_at)
         select $1, $2, $3, 'Т-' || n, 'draft', '2026-02-01', now(), now() from generate_series(1, 1100) n",
    )
    .bind(office.world.company_id)
    .bind(office.world.deal_id)
    .bind(office.world.customer_id)
    .execute(office.db())
    .await
    .unwrap();
    let mut listener = Listener::open(office.db()).await.unwrap();
    office.look(0).await;
    let mut heard = Vec::new();
    while heard.len() < 2200 {
        let pairs = hear(&mut listener).await;
        assert!(pairs.len() <= 150);
        heard.extend(pairs);
    }
    heard.sort_unstable();
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("select user_id, notification_id from notifications order by 1, 2").fetch_all(office.db()).await.unwrap();
    assert_eq!(heard, rows);
}

#[tokio::test]
async fn the_catalogue_names_roles_permissions_and_facts_that_exist() {
    let world = World::new().await;
    let roles = Role::ALL.map(Role::as_str);
    let permissions = Permission::ALL.map(Permission::as_str);
    let kinds = store::list_kinds(world.db()).await.unwrap();
    assert!(kinds.len() >= 9);
    for mut kind in kinds {
        let code = kind.code.clone();
        assert!(kind.settings.to_roles.iter().all(|role| roles.contains(&role.as_str())), "{code}");
        let named = kind.settings.to_permissions.iter().chain(&kind.needs);
        assert!(named.into_iter().all(|permission| permissions.contains(&permission.as_str())), "{code}");
        assert!(!kind.needs.is_empty(), "{code}: everybody could be told");
        kind.set(kind.settings.clone()).unwrap();
        for text in [&kind.text_ru, &kind.text_en] {
            for place in text.split('{').skip(1) {
                let name = place.split('}').next().unwrap();
                assert!(["number", "name", "amount", "percent", "count", "day"].contains(&name), "{code}: {name}");
            }
        }
    }
}
