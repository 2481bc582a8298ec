//! Permissions: every field of the schema declares one, and every role reaches exactly what its permissions open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use async_graphql::parser::types::{FieldDefinition, TypeDefinition, TypeKind};
use futures::{FutureExt as _, StreamExt as _};
use shpunt_api::graphql::{Need, declarations, stale_declarations};
use shpunt_domain::access::{Permission, Reach, Role, User};

use super::schema::{ROOTS, called, is_composite, root_fields, types};
use super::{Answer, Api};

/// Words that speak of cost and margin in the name of a field.
const OF_COST: [&str; 8] = ["cost", "cogs", "margin", "profit", "markup", "contribution", "value", "purchase"];

/// The fields of objects and interfaces, `Type.field`, as clients see them.
fn fields(types: &[TypeDefinition]) -> BTreeMap<String, FieldDefinition> {
    let mut fields = BTreeMap::new();
    for definition in types {
        let of = match &definition.kind {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            _ => continue,
        };
        fields.extend(of.iter().map(|field| (format!("{}.{}", definition.name.node, field.node.name.node), field.node.clone())));
    }
    fields
}

#[test]
fn every_field_declares_its_permission() {
    let declared: HashMap<_, _> = declarations().into_iter().collect();
    let walked = fields(&types());
    let undeclared: Vec<_> = walked.keys().filter(|field| declared.get(*field).is_none_or(Option::is_none)).collect();
    let roots = |root: &str| walked.keys().filter(|field| field.starts_with(root)).count();
    let (queries, mutations, subscriptions) = (roots("Query."), roots("Mutation."), roots("Subscription."));
    println!(
        "fields walked {} ({queries} queries, {mutations} mutations, {subscriptions} subscriptions), undeclared {}",
        walked.len(),
        undeclared.len()
    );
    assert!(undeclared.is_empty(), "without a line in api/src/graphql/permissions/declared.rs: {undeclared:?}");
    assert!(queries > 30 && mutations > 25 && subscriptions >= 3 && walked.len() > 400, "the walk saw the whole schema");
    assert_eq!(stale_declarations(), [""; 0], "declared, but not in the schema");
}

#[test]
fn what_sounds_of_cost_asks_for_it() {
    let telling = [Permission::SeeCost, Permission::SeeMargin, Permission::SeeResults];
    let mut seen = 0;
    for (field, needs) in declarations() {
        let name = field.split_once('.').unwrap().1.to_lowercase();
        if field.starts_with("Mutation.") || !OF_COST.iter().any(|word| name.contains(word)) {
            continue;
        }
        seen += 1;
        let asks = needs.unwrap().iter().any(|need| telling.iter().any(|permission| *need == Need::Of(*permission)));
        assert!(asks, "{field} is open to those who may not see cost");
    }
    assert!(seen >= 15, "{seen}");
    for role in [Role::Manager, Role::Logistics, Role::Warehouse, Role::Marketer, Role::Integration, Role::Employee] {
        assert!(!telling.iter().any(|permission| role.permits(*permission)), "{}", role.as_str());
    }
}

/// The field of the report that is listened to where any would do: the first of their enum.
const LISTENED: &str = "Query.grossProfitReport";

/// Whether a role may ask for a field.
fn may(role: Role, needs: [Need; 2]) -> bool {
    needs.into_iter().all(|need| match need {
        Need::Public | Need::Login | Need::Session => true,
        Need::Of(permission) => role.permits(permission),
    })
}

/// What a user gets at once; a subscription that is let in is silent until something changes.
async fn reach(api: &Api, user: &User, ask: &str) -> Answer {
    if ask.starts_with("subscription") {
        return api.listen(user, ask).next().now_or_never().flatten().unwrap_or_else(Answer::silence);
    }
    api.ask(user, ask).await
}

#[tokio::test]
async fn every_role_reaches_exactly_the_root_fields_it_may() {
    let api = Api::new().await;
    let declared: HashMap<_, _> = declarations().into_iter().collect();
    let everybody = api.everybody().await;
    let (mut attempts, mut forbidden) = (0, 0);
    for (operation, root) in ROOTS {
        for (name, ask) in root_fields(root) {
            for user in &everybody {
                let answer = reach(&api, user, &format!("{operation} {{ {ask} }}")).await;
                assert!(answer.codes().iter().all(|code| !code.starts_with("GRAPHQL_")), "{ask}: {}", answer.json);
                let found = match name.as_str() {
                    // The id of the question is that of a deal.
                    "node" | "nodes" => user.role.permits(Permission::SeeDeals),
                    "reportChanged" => may(user.role, declared[LISTENED].unwrap()),
                    _ => true,
                };
                let allowed = may(user.role, declared[&format!("{root}.{name}")].unwrap()) && found;
                assert_eq!(answer.codes().contains(&"FORBIDDEN"), !allowed, "{name} as {}: {}", user.role.as_str(), answer.json);
                attempts += 1;
                forbidden += usize::from(!allowed);
            }
        }
    }
    println!("root fields asked for {attempts} times by {} roles, forbidden {forbidden}", everybody.len());
}

#[tokio::test]
async fn a_token_reaches_exactly_the_root_fields_it_was_given() {
    let api = Api::new().await;
    let declared: HashMap<_, _> = declarations().into_iter().collect();
    let (mut attempts, mut refused) = (0, 0);
    for role in [Role::Manager, Role::Marketer, Role::Administrator, Role::Employee] {
        let (given, may) = (role.permissions(), |needs: [Need; 2]| !needs.contains(&Need::Session) && may(role, needs));
        for (operation, root) in ROOTS {
            for (name, ask) in root_fields(root) {
                let answer = api.reach_within(given, &format!("{operation} {{ {ask} }}")).await;
                let found = match name.as_str() {
                    "node" | "nodes" => given.contains(Permission::SeeDeals),
                    "reportChanged" => may(declared[LISTENED].unwrap()),
                    _ => true,
                };
                let allowed = may(declared[&format!("{root}.{name}")].unwrap()) && found;
                let shown = format!("{name} with what a {} may: {}", role.as_str(), answer.json);
                assert_eq!(answer.codes().contains(&"FORBIDDEN"), !allowed, "{shown}");
                attempts += 1;
                refused += usize::from(!allowed);
            }
        }
    }
    println!("root fields asked for {attempts} times by tokens of the director, forbidden {refused}");
    assert!(refused > 100 && attempts - refused > 40, "{attempts} {refused}");
}

/// The shortest ways from the roots of what reads to every type, as the fields on it.
fn ways(types: &[TypeDefinition]) -> HashMap<String, Vec<(String, FieldDefinition)>> {
    let fields = fields(types);
    let mut frontier = vec!["Query".to_owned(), "Subscription".to_owned()];
    let mut ways: HashMap<_, _> = frontier.iter().map(|root| (root.clone(), Vec::new())).collect();
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for of in frontier {
            for (name, field) in fields.iter().filter(|(name, _)| name.split_once('.').unwrap().0 == of) {
                let target = target(field);
                // `node` leads everywhere, but says of which type only when it has found the row.
                if ways.contains_key(&target) || ["Query.node", "Query.nodes", "Query.viewer"].contains(&name.as_str()) {
                    continue;
                }
                let mut way: Vec<_> = ways[&of].clone();
                way.push((name.clone(), field.clone()));
                ways.insert(target.clone(), way);
                next.push(target);
            }
        }
        frontier = next;
    }
    ways
}

fn target(field: &FieldDefinition) -> String {
    field.ty.node.to_string().trim_matches(['[', ']', '!']).to_owned()
}

#[tokio::test]
async fn every_role_reaches_exactly_the_fields_it_may() {
    let api = Api::new().await;
    let (types, declared) = (types(), declarations().into_iter().collect::<HashMap<_, _>>());
    let ways = ways(&types);
    let everybody = api.everybody().await;
    let (mut asked, mut attempts, mut forbidden) = (0, 0, 0);
    for (name, field) in &fields(&types) {
        let of = name.split_once('.').unwrap().0;
        let Some(way) = ways.get(of).filter(|way| !way.is_empty()) else { continue };
        let mut query = if way[0].0.starts_with("Query.") { "query " } else { "subscription " }.to_owned();
        for (_, step) in way {
            write!(query, "{{ {} ", called(&types, step)).unwrap();
        }
        let leaf = if types.iter().any(|of| of.name.node == *target(field) && is_composite(of)) { " { __typename }" } else { "" };
        write!(query, "{{ {}{leaf} {}", called(&types, field), "}".repeat(way.len() + 1)).unwrap();
        asked += 1;
        for user in &everybody {
            let answer = reach(&api, user, &query).await;
            assert!(answer.codes().iter().all(|code| !code.starts_with("GRAPHQL_")), "{query}: {}", answer.json);
            let listened = (way[0].0 == "Subscription.reportChanged").then_some(LISTENED);
            let steps = way.iter().map(|(name, _)| name.as_str()).chain([name.as_str()]).chain(listened);
            let allowed = steps.into_iter().all(|step| may(user.role, declared[step].unwrap()));
            assert_eq!(answer.codes().contains(&"FORBIDDEN"), !allowed, "{query} as {}: {}", user.role.as_str(), answer.json);
            attempts += 1;
            forbidden += usize::from(!allowed);
        }
    }
    println!("{asked} fields below the root asked for {attempts} times, forbidden {forbidden}");
    assert!(asked > 300, "{asked}");
}

#[tokio::test]
async fn ids_open_only_what_the_lists_do() {
    let api = Api::new().await;
    let everybody = api.everybody().await;
    let of = [
        (Permission::SeeReference, "article channel company customer_group employee product warehouse"),
        (Permission::SeeParties, "contact contract driver party vehicle"),
        (Permission::SeeStock, "batch stock_count"),
        (Permission::SeeCost, "additional_expense joint_bill purchase_request supplier_return"),
        (Permission::SeeMoney, "cash_account"),
        (Permission::SeeDeals, "call deal deal_task"),
        (Permission::SeePrices, "offer"),
        (Permission::SeeDocuments, "document"),
        (Permission::SeeOrders, "order order_correction order_file order_return"),
        (Permission::SeeExpenses, "carrier_claim direct_expense freight_request order_expense planned_expense"),
        (Permission::SeePayments, "payment"),
        (Permission::SeePaymentRequests, "payment_request"),
        (Permission::SeePurchases, "supplier_order"),
        (Permission::SeeSettlements, "settlement_item"),
        (Permission::SeeUsers, "team user"),
        (Permission::ManageSettings, "notification_kind"),
    ];
    let mut kinds = BTreeSet::new();
    for (permission, kind) in of.iter().flat_map(|(permission, kinds)| kinds.split(' ').map(|kind| (*permission, kind))) {
        for user in &everybody {
            let query = format!("{{ node(id: \"{kind}_404\") {{ __typename }} nodes(ids: [\"{kind}_404\"]) {{ id }} }}");
            let answer = api.ask(user, &query).await;
            let codes: &[&str] = if user.role.permits(permission) { &[] } else { &["FORBIDDEN"] };
            assert!(
                answer.codes().starts_with(codes) && answer.codes().is_empty() == codes.is_empty(),
                "{kind}: {}",
                answer.json
            );
        }
        kinds.insert(kind);
    }
    // One's own, whatever the role.
    for user in &everybody {
        let answer = api.get(user, "{ node(id: \"notification_404\") { id } }").await;
        assert!(answer["node"].is_null(), "{answer}");
    }
    kinds.insert("notification");
    let nodes = types();
    let nodes = nodes.iter().filter(|of| match &of.kind {
        TypeKind::Object(object) => object.implements.iter().any(|interface| interface.node == "Node"),
        _ => false,
    });
    assert_eq!(nodes.count(), kinds.len(), "every node is asked for");
}

/// What a manager is told when asking for `selection` of a query.
async fn refusal(api: &Api, user: &User, query: &str) -> String {
    let answer = api.ask(user, query).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"], "{query}: {}", answer.json);
    assert!(answer.data().is_null(), "{query}: {}", answer.json);
    answer.message().to_owned()
}

#[tokio::test]
async fn no_spelling_of_a_query_gets_round() {
    let api = Api::new().await;
    let manager = api.manager("manager").await;
    for query in [
        "{ batches { nodes { cost { amount } } } }",
        "{ batches { nodes { price: cost { amount } } } }",
        "{ batches { edges { node { balance { value { amount } } } } } }",
        "{ ...a } fragment a on Query { batches { nodes { ...b } } } fragment b on Batch { cost { amount } }",
        "{ batches { nodes { ... { ... on Batch { cost { amount } } } } } }",
        "{ batches { nodes { ...b @skip(if: true) } } orders { nodes { lines { batch { ...b } } } } } fragment b on Batch { cost { amount } }",
        "{ batches { nodes { cost @include(if: true) { amount } } } }",
        "query($no: Boolean = true) { batches { nodes { cost @include(if: $no) { amount } } } }",
        "query($no: Boolean!) { batches { nodes { cost @skip(if: $no) { amount } } } }",
        "{ node(id: \"batch_1\") { ... on Batch { cost { amount } } } }",
        "{ documents { nodes { subject { ... on Batch { cost { amount } } } } } }",
        "mutation { orderShip(input: { orderId: \"order_1\", shippedOn: \"2026-02-10\" }) { order { lines { batch { cost { amount } } } } } }",
    ] {
        let message = refusal(&api, &manager, query).await;
        assert!(message.contains("needs the permission SEE_COST, which the role MANAGER does not give"), "{message}");
    }
    let left_out =
        "query($yes: Boolean!) { batches { nodes { cost @include(if: $yes) { amount } vat @skip(if: true) { amount } } } }";
    let answer = api.send(Some(&manager), left_out, serde_json::json!({ "yes": false })).await;
    assert!(answer.codes().is_empty(), "{}", answer.json);
    let answer = api.send(Some(&manager), left_out, serde_json::json!({ "yes": true })).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    // Entries tell the cost too.
    let entries = "{ ledgerEntries(filter: { accounts: [\"revenue\", \"cogs\"] }) { nodes { amount } } }";
    assert!(api.ask(&manager, entries).await.message().contains("SEE_COST"));
}

#[tokio::test]
async fn the_viewer_is_told_the_permissions() {
    let api = Api::new().await;
    for user in api.everybody().await {
        let viewer = api.get(&user, "{ viewer { login permissions employee { name } } }").await["viewer"].clone();
        let permissions = viewer["permissions"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_lowercase());
        let expected: Vec<_> = user.role.grant().permissions.iter().map(|permission| permission.as_str().to_owned()).collect();
        assert_eq!(permissions.collect::<Vec<_>>(), expected, "{}", user.login);
    }
}

#[tokio::test]
async fn the_database_knows_the_same_roles() {
    let api = Api::new().await;
    let known = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'users_role_known'";
    let known: String = sqlx::query_scalar(known).fetch_one(&api.test.db).await.unwrap();
    let known: BTreeSet<_> = known.split('\'').skip(1).step_by(2).collect();
    assert_eq!(known, Role::ALL.iter().map(|role| role.as_str()).collect());
    let wrong = sqlx::query("update users set role = 'owner'").execute(&api.test.db).await;
    assert!(wrong.unwrap_err().to_string().contains("users_role_known"));
    assert_eq!(Role::Manager.grant().reach, Reach::Own);
}
