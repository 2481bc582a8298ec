//! Who is told what, and who is not: commands and the passing of time on a real database.

mod causes;
mod rules;

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use shpunt_api::work;
use shpunt_domain::Db;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_domain::access::{Role, User};
use shpunt_domain::deals::commands::{HandOver, hand_over};
use shpunt_domain::notifications::{Fact, Facts, Subject};
use shpunt_tests::{ctx, now};

use crate::money::World;

/// A business with one person of each role (logins are the codes of the roles) and a second manager; the deal is the first one's.
struct Office {
    world: World,
    users: BTreeMap<String, User>,
}

impl Office {
    async fn new() -> Self {
        let world = World::new().await;
        let mut users = BTreeMap::new();
        let roles = Role::ALL.iter().map(|role| (role.as_str(), *role)).chain([("other_manager", Role::Manager)]);
        for (login, role) in roles {
            let add = UserAdd { login: login.to_owned(), name: login.to_owned(), role, password: "correct horse".to_owned() };
            users.insert(login.to_owned(), user_add(world.db(), &ctx(login), add).await.unwrap().value);
        }
        sqlx::query("update deals set employee_id = $1").bind(users["manager"].employee_id).execute(world.db()).await.unwrap();
        Self { world, users }
    }

    fn db(&self) -> &Db {
        self.world.db()
    }

    /// Looks for what time has made late, so many minutes after the moment of tests.
    async fn look(&self, minutes: i64) {
        work::notify(self.db(), later(minutes)).await;
    }

    /// `login kind` of everything told since the last time this was asked, sorted.
    async fn told(&self) -> Vec<String> {
        let mut rows: Vec<String> = sqlx::query_scalar(
            "with taken as (update notifications set read_at = now() where read_at is null returning user_id, kind_id)
             select login || ' ' || code from taken join users using (user_id) join notification_kinds using (kind_id)",
        )
        .fetch_all(self.db())
        .await
        .unwrap();
        rows.sort();
        rows
    }

    async fn hand_over(&self, login: &str) {
        let input = HandOver { deal_id: self.world.deal_id, employee_id: self.users[login].employee_id };
        hand_over(self.db(), &ctx(&format!("to {login}")), input).await.unwrap();
    }

    /// Switches a kind on or off.
    async fn switch(&self, code: &str, active: bool) {
        let done = sqlx::query("update notification_kinds set active = $2 where code = $1").bind(code).bind(active);
        assert_eq!(done.execute(self.db()).await.unwrap().rows_affected(), 1);
    }
}

fn later(minutes: i64) -> DateTime<Utc> {
    now() + Duration::minutes(minutes)
}

/// Something of no deal, another occasion for each episode.
fn fact(episode: &str) -> Fact {
    Fact {
        subject: Subject::Nothing,
        deal_id: 0,
        employee_id: 0,
        but_user_id: 0,
        episode: episode.to_owned(),
        facts: Facts::default(),
    }
}
