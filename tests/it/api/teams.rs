//! Teams: a lead works on the deals of the members, nobody sees a kopeck of cost for it, and what is dissolved opens nothing.

use serde_json::{Value, json};
use shpunt_domain::Code;
use shpunt_domain::access::teams::{self, Member, MemberReach, TeamFields};
use shpunt_domain::access::{Actor, Permission, Permissions, Role, User, store};
use shpunt_domain::command::Ctx;
use shpunt_tests::{ctx, now};

use super::world::World;
use super::{Api, refusal};

const TEAM: &str = "team { id name version members { reach employee { name } } }";

/// A login as it is now: callers of these tests are what they were when they were made.
async fn again(api: &Api, user: &User) -> User {
    store::list_users_by_ids(&api.test.db, &[user.user_id]).await.unwrap().pop().unwrap()
}

fn member(user: &User, reach: &str) -> Value {
    json!({ "employeeId": format!("employee_{}", user.employee_id), "reach": reach })
}

async fn titles(api: &Api, user: &User) -> Vec<String> {
    let seen = api.get(&again(api, user).await, "{ deals { nodes { title } } }").await;
    let mut titles: Vec<_> =
        seen["deals"]["nodes"].as_array().unwrap().iter().map(|deal| deal["title"].as_str().unwrap().to_owned()).collect();
    titles.sort_unstable();
    titles
}

/// Three managers with a shipped deal each.
struct Three {
    world: World,
    lead: User,
    member: User,
    other: User,
}

impl Three {
    async fn new() -> Self {
        let world = World::new().await;
        let [lead, member, other] =
            [world.api.manager("lead").await, world.api.manager("member").await, world.api.manager("other").await];
        let batch = world.batch("С-1").await;
        for (user, title) in [(&lead, "Причал"), (&member, "Котлован"), (&other, "Набережная")] {
            world.shipped_deal(user, title, &batch, "75000.00", "1000.00").await;
        }
        Self { world, lead, member, other }
    }
}

#[tokio::test]
async fn a_team_is_made_changed_and_dissolved() {
    let api = Api::new().await;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    let key = "0e9f6d1e-6a3e-4a8e-8b1a-3b1f5a0c7d11";
    let input = json!({ "name": " Север ", "members": [member(&boris, "OWN"), member(&anna, "TEAM")], "idempotencyKey": key });
    let made = api.mutate(&api.director, "teamCreate", input.clone(), TEAM).await;
    let members = json!([
        { "reach": "TEAM", "employee": { "name": "anna" } }, { "reach": "OWN", "employee": { "name": "boris" } }
    ]);
    assert_eq!(made["team"], json!({ "id": "team_1", "name": "Север", "version": 1, "members": members }));
    assert_eq!(api.mutate(&api.director, "teamCreate", input, TEAM).await["team"], made["team"]);

    let change = json!({ "teamId": "team_1", "expectedVersion": 1, "name": "Юг", "members": [member(&boris, "TEAM")] });
    let changed = api.mutate(&api.director, "teamUpdate", change.clone(), TEAM).await["team"].clone();
    assert_eq!(changed["members"], json!([{ "reach": "TEAM", "employee": { "name": "boris" } }]));
    let stale = api.mutate(&api.director, "teamUpdate", change, TEAM).await;
    assert_eq!((refusal(&stale), &stale["team"]), ("VERSION_CONFLICT", &Value::Null));
    let listed =
        "{ teams { id name version members { reach employee { name } } } node(id: \"team_1\") { ... on Team { name } } }";
    assert_eq!(api.get(&api.director, listed).await, json!({ "teams": [changed], "node": { "name": "Юг" } }));

    let end = json!({ "teamId": "team_1", "expectedVersion": 2 });
    assert_eq!(
        api.done("teamDelete", end.clone(), "team", "members { reach } version").await,
        json!({ "members": [], "version": 3 })
    );
    assert_eq!(refusal(&api.mutate(&api.director, "teamDelete", end, TEAM).await), "NOT_FOUND");
    assert_eq!(api.get(&api.director, listed).await, json!({ "teams": [], "node": null }));
    // The name is free again.
    api.done("teamCreate", json!({ "name": "Юг", "members": [] }), "team", "id").await;
}

#[tokio::test]
async fn what_no_team_can_be_is_refused() {
    let api = Api::new().await;
    let anna = api.manager("anna").await;
    api.done("teamCreate", json!({ "name": "Север", "members": [] }), "team", "id").await;
    for (input, code) in [
        (json!({ "name": " ", "members": [] }), "INVALID_INPUT"),
        (json!({ "name": "Север", "members": [] }), "ALREADY_EXISTS"),
        (json!({ "name": "Юг", "members": [member(&anna, "OWN"), member(&anna, "TEAM")] }), "INVALID_INPUT"),
        (json!({ "name": "Юг", "members": [{ "employeeId": "employee_404", "reach": "OWN" }] }), "NOT_FOUND"),
    ] {
        let refused = api.mutate(&api.director, "teamCreate", input.clone(), TEAM).await;
        assert_eq!((refusal(&refused), &refused["team"]), (code, &Value::Null), "{input}");
    }
    let answer = api.try_mutate(&anna, "teamCreate", json!({ "name": "Моя", "members": [member(&anna, "TEAM")] }), TEAM).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(api.ask(&anna, "{ teams { id } }").await.codes(), ["FORBIDDEN"]);
    assert_eq!(api.get(&api.director, "{ teams { name } }").await, json!({ "teams": [{ "name": "Север" }] }));
}

#[tokio::test]
async fn a_token_opens_the_deals_of_a_team_to_nobody() {
    let api = Api::new().await;
    let anna = api.manager("anna").await;
    let within: Permissions = Permission::ALL.into_iter().filter(|permission| *permission != Permission::SeeAudit).collect();
    let program = Ctx::new(Actor { within: Some(within), ..api.director.actor() }, now(), ctx("program").command_id);
    let fields =
        |reach| TeamFields { name: "Север".to_owned(), members: vec![Member { employee_id: anna.employee_id, reach }] };
    let error = teams::create(&api.test.db, &program, fields(MemberReach::Team)).await.unwrap_err();
    assert_eq!(error.code(), Code::Forbidden);
    let made = teams::create(&api.test.db, &program, fields(MemberReach::Own)).await.unwrap().value;
    let update = teams::TeamUpdate { team_id: made.team_id, expected_version: 1, fields: fields(MemberReach::Team) };
    assert_eq!(teams::update(&api.test.db, &program, update).await.unwrap_err().code(), Code::Forbidden);
}

#[tokio::test]
async fn a_lead_works_on_the_deals_of_the_team_and_members_on_their_own() {
    let Three { world, lead, member: own, other } = Three::new().await;
    let api = &world.api;
    assert_eq!(titles(api, &lead).await, ["Причал"]);
    let members = json!([member(&lead, "TEAM"), member(&own, "OWN")]);
    api.done("teamCreate", json!({ "name": "Север", "members": members }), "team", "id").await;
    assert_eq!(titles(api, &lead).await, ["Котлован", "Причал"]);
    assert_eq!(titles(api, &own).await, ["Котлован"]);
    assert_eq!(titles(api, &other).await, ["Набережная"]);

    let now = again(api, &lead).await;
    let whole = "{ orders { nodes { deal { title } lines { gross { amount } } expenses { order { deal { title } } } document { subject { ... on Order { deal { title } } } } } }
        payments { nodes { deal { title } } } documents(first: 100) { nodes { subject { ... on Order { deal { title } } ... on Payment { deal { title } } } } }
        settlementItems(filter: { closed: true }) { nodes { deal { title } } } search(text: \"Котлован\") { ... on Deal { title } } }";
    let seen = api.get(&now, whole).await;
    for part in ["orders", "payments", "documents", "settlementItems", "search"] {
        assert!(seen[part].to_string().contains("Котлован"), "{part}: {seen}");
    }
    assert!(!seen.to_string().contains("Набережная"), "{seen}");
    // Cost is a matter of the role.
    for closed in ["{ deals { nodes { plannedMargin { amount } } } }", "{ batches { nodes { cost { amount } } } }"] {
        assert_eq!(api.ask(&now, closed).await.codes(), ["FORBIDDEN"], "{closed}");
    }

    // The lead stands in for a member, and opens a deal for one; for somebody outside it becomes the lead's own.
    let deal =
        api.get(&now, "{ deals(filter: { search: \"Котлован\" }) { nodes { id version } } }").await["deals"]["nodes"][0].clone();
    let update = json!({ "dealId": deal["id"], "expectedVersion": deal["version"], "title": "Котлован 2", "customerId": world.customer,
        "contractId": world.contract, "channelId": world.channel });
    assert_eq!(api.mutate(&now, "dealUpdate", update, "deal { title }").await["deal"]["title"], "Котлован 2");
    for (manager, becomes) in [(&own, "member"), (&other, "lead")] {
        let input = json!({ "companyId": world.company, "title": "Новая", "channelId": world.channel, "customerId": world.customer,
            "managerId": format!("employee_{}", manager.employee_id) });
        let made = api.mutate(&now, "dealCreate", input, "deal { manager { name } }").await;
        assert_eq!(made["deal"]["manager"]["name"], becomes, "{made}");
    }
}

#[tokio::test]
async fn teams_add_up_and_end() {
    let Three { world, lead, member: own, other } = Three::new().await;
    let api = &world.api;
    let team = async |name: &str, members: Value| {
        api.done("teamCreate", json!({ "name": name, "members": members }), "team", "id version").await
    };
    let north = team("Север", json!([member(&lead, "TEAM"), member(&own, "TEAM")])).await;
    team("Юг", json!([member(&lead, "TEAM"), member(&other, "OWN")])).await;
    assert_eq!(titles(api, &lead).await, ["Котлован", "Набережная", "Причал"]);
    assert_eq!(titles(api, &own).await, ["Котлован", "Причал"]);
    assert_eq!(titles(api, &other).await, ["Набережная"]);
    api.done("teamDelete", json!({ "teamId": north["id"], "expectedVersion": north["version"] }), "team", "id").await;
    assert_eq!(titles(api, &lead).await, ["Набережная", "Причал"]);
    assert_eq!(titles(api, &own).await, ["Котлован"]);
    // A role that sees no own deals gets none by a team.
    let marketer = api.user("marketer", Role::Marketer).await;
    team("Реклама", json!([member(&marketer, "TEAM"), member(&own, "OWN")])).await;
    assert_eq!(api.ask(&again(api, &marketer).await, "{ orders { nodes { id } } }").await.codes(), ["FORBIDDEN"]);
}
