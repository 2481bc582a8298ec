//! A list answered by a plan is what the ordinary resolvers answer, whatever is selected.
//!
//! The ordinary way is taken when a root field stands twice under one key; a plan leaves text in its place. So both answers to one
//! selection are at hand, and it can be told which is which.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use async_graphql::{Request, Value as GraphValue};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use shpunt_api::graphql;
use shpunt_domain::access::User;

use super::nested::{Statements, fill};
use super::world::World;
use super::{Answer, Api};

/// The lists that plans answer.
const LISTS: [(&str, &str); 7] = [
    ("deals", "DealConnection"),
    ("orders", "OrderConnection"),
    ("payments", "PaymentConnection"),
    ("parties", "PartyConnection"),
    ("contracts", "ContractConnection"),
    ("products", "ProductConnection"),
    ("settlementItems", "SettlementItemConnection"),
];

/// What lies on the way but is left to the ordinary resolvers.
const ORDINARY: [&str; 26] = [
    "Order.carrierClaims",
    "Order.corrections",
    "Order.custody",
    "Order.delivery",
    "Order.document",
    "Order.expenses",
    "Order.files",
    "Order.freightRequests",
    "Order.margin",
    "Order.plannedExpenses",
    "Order.returns",
    "Order.truck",
    "OrderLine.batch",
    "OrderLine.returnedPieces",
    "Party.customerGroup",
    "Payment.article",
    "Payment.document",
    "Payment.request",
    "SettlementItem.contract",
    "SettlementItem.currency",
    "SettlementItem.currencyAmount",
    "SettlementItem.deal",
    "SettlementItem.document",
    "SettlementItem.openCurrency",
    "SettlementItem.order",
    "StageMove.actor",
];

/// The fields of the object types, by type and name: the type of each.
type Fields = BTreeMap<String, BTreeMap<String, String>>;

fn fields() -> Fields {
    fn named(of: &Type) -> String {
        match &of.base {
            BaseType::Named(name) => name.to_string(),
            BaseType::List(inner) => named(inner),
        }
    }
    let mut types = Fields::new();
    for definition in parse_schema(graphql::sdl()).unwrap().definitions {
        if let TypeSystemDefinition::Type(definition) = definition
            && let TypeKind::Object(object) = definition.node.kind
        {
            let plain = object.fields.into_iter().filter(|field| field.node.arguments.is_empty());
            let of = plain.map(|field| (field.node.name.node.to_string(), named(&field.node.ty.node))).collect();
            types.insert(definition.node.name.node.to_string(), of);
        }
    }
    types
}

/// Both answers of one user to one selection of a list.
struct Both {
    planned: Option<Value>,
    ordinary: Value,
}

impl Both {
    async fn of(api: &Api, user: &User, list: &str, selection: &str, rest: &str) -> Self {
        // Nothing else may ask for what stands in the second place.
        let (root, aside) = (format!("{list}(first: 4)"), "seen: pageInfo { hasPreviousPage }");
        let once = format!("{{ {root} {{ {selection} {aside} }} }} {rest}");
        let twice = format!("{{ {root} {{ {selection} }} {root} {{ {aside} }} }} {rest}");
        let response = graphql::execute(&api.schema, Request::new(&once), Api::caller(Some(user))).await;
        let is_planned = match &response.data {
            GraphValue::Object(fields) => matches!(fields.get(list), Some(GraphValue::Binary(_))),
            _ => false,
        };
        let answer = Answer::of(&response);
        let ordinary = api.ask(user, &twice).await;
        assert_eq!(ordinary.codes(), answer.codes(), "{once}\n{}\n{}", ordinary.json, answer.json);
        assert_eq!(ordinary.data(), answer.data(), "{once}");
        Self { planned: is_planned.then(|| answer.data().clone()), ordinary: ordinary.data().clone() }
    }
}

/// A world where most things are there, and some are not.
async fn peopled() -> World {
    let world = World::new().await;
    let batch = world.batch("С-1").await;
    let deal = json!({ "companyId": world.company, "title": "Причал", "channelId": world.channel, "customerId": world.customer,
        "contractId": world.contract, "contactPhone": "+7 900 000-00-00", "needAmount": "100.10" });
    let deal = world.api.done("dealCreate", deal, "deal", "id").await["id"].clone();
    let order = world.order(&deal, vec![world.goods_line(&batch, 5, "75000.00", true), world.service_line("30000.00")]).await;
    world.api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-20" }), "order", "id").await;
    let advance = world.payment(json!({ "dealId": deal }), "2026-02-25", "100000.00").await;
    world.api.done("paymentRecord", advance, "payment", "id").await;
    let contact = json!({ "partyId": world.customer, "name": "Пётр" });
    world.api.done("contactAdd", contact, "contact", "id").await;
    // Nobody can type it, an import may bring it.
    sqlx::query("update deals set title = $1").bind("\"Причал\" \\ 5\u{7}\n").execute(&world.test().db).await.unwrap();
    fill(&world, 4).await;
    world
}

#[tokio::test]
async fn every_field_alone() {
    let world = peopled().await;
    let fields = fields();
    let mut ways = BTreeMap::from(LISTS.map(|(list, connection)| (connection.to_owned(), (list, String::from("@")))));
    let mut open: Vec<String> = ways.keys().cloned().collect();
    let (mut planned, mut left) = (BTreeSet::new(), BTreeSet::new());
    while let Some(of) = open.pop() {
        let (list, way) = ways[&of].clone();
        for (name, target) in &fields[&of] {
            let inside = fields.get(target).map_or(String::new(), |_| "{ __typename }".to_owned());
            let both = Both::of(&world.api, &world.api.director, list, &way.replace('@', &format!("{name} {inside}")), "").await;
            let field = format!("{of}.{name}");
            if both.planned.is_some() {
                planned.insert(field);
                if fields.contains_key(target) && !ways.contains_key(target) {
                    ways.insert(target.clone(), (list, way.replace('@', &format!("{name} {{ @ }}"))));
                    open.push(target.clone());
                }
            } else {
                left.insert(field);
            }
        }
    }
    assert_eq!(left, ORDINARY.map(str::to_owned).into());
    assert!(planned.len() > 100, "{}", planned.len());
}

/// Something selected of a type: some fields, under other names, twice, through fragments.
struct Chooser<'a> {
    fields: &'a Fields,
    rng: StdRng,
    fragments: Vec<String>,
}

impl Chooser<'_> {
    fn choose(&mut self, of: &str, depth: u32) -> String {
        let fields = &self.fields[of];
        let mut parts = Vec::new();
        for _ in 0..self.rng.random_range(1..=4) {
            let Some((name, target)) = fields.iter().nth(self.rng.random_range(0..fields.len())) else { continue };
            let is_object = self.fields.contains_key(target);
            if ORDINARY.contains(&format!("{of}.{name}").as_str()) || (is_object && depth == 0) {
                continue;
            }
            let inside = if is_object { format!("{{ {} }}", self.choose(target, depth - 1)) } else { String::new() };
            // The same key always means the same field.
            let alias = if self.rng.random_bool(0.2) { format!("a_{name}: ") } else { String::new() };
            parts.push(format!("{alias}{name} {inside}"));
        }
        parts.push("__typename".to_owned());
        let selection = parts.join(" ");
        match self.rng.random_range(0..6) {
            0 => format!("... on {of} {{ {selection} }}"),
            1 => format!("... @include(if: true) {{ {selection} }} ... @skip(if: true) {{ never: __typename }}"),
            2 => {
                let name = format!("F{}", self.fragments.len());
                self.fragments.push(format!("fragment {name} on {of} {{ {selection} }}"));
                format!("...{name} __typename")
            }
            _ => selection,
        }
    }
}

#[tokio::test]
async fn whatever_is_selected() {
    let world = peopled().await;
    let manager = world.api.manager("manager").await;
    sqlx::query("update deals set employee_id = $1 where deal_id % 2 = 0")
        .bind(manager.employee_id)
        .execute(&world.test().db)
        .await
        .unwrap();
    let fields = fields();
    let mut chooser = Chooser { fields: &fields, rng: StdRng::seed_from_u64(2026), fragments: Vec::new() };
    let (mut planned, mut refused) = (0, 0);
    for number in 0..150 {
        let (list, connection) = LISTS[number % LISTS.len()];
        chooser.fragments.clear();
        let selection = chooser.choose(connection, 5);
        let user = if number % 3 == 0 { &manager } else { &world.api.director };
        let both = Both::of(&world.api, user, list, &selection, &chooser.fragments.join(" ")).await;
        planned += usize::from(both.planned.is_some());
        refused += usize::from(both.ordinary.is_null());
    }
    // A manager may not ask for everything.
    assert!(planned > 90 && planned + refused == 150, "{planned} planned, {refused} refused");
}

#[tokio::test]
async fn as_many_statements_as_levels() {
    let world = peopled().await;
    fill_more(&world).await;
    let statements = Statements::default();
    let _listening = statements.listen();
    tracing::callsite::rebuild_interest_cache();
    let query = "{ deals(first: 60) { nodes { title customer { name contracts { number } } manager { name }
        orders { number lines { product { name } } payments { id } } payments { amount { amount } } settlements { id } } } }";
    statements.take();
    world.api.get(&world.api.director, query).await;
    // Deals, customers, their contracts, orders with lines, products, payments of orders, payments, settlements; and that it was read. No
    // deal has a manager.
    assert_eq!(statements.take(), 10);
}

async fn fill_more(world: &World) {
    sqlx::query("update deals set number = 'Ф-' || deal_id").execute(&world.test().db).await.unwrap();
    sqlx::query("update documents set number = 'Ф-' || document_id").execute(&world.test().db).await.unwrap();
    fill(world, 50).await;
}

#[tokio::test]
async fn what_fails_on_the_way_is_told_where_it_belongs() {
    let world = peopled().await;
    sqlx::query("alter table payments rename to payments_gone").execute(&world.test().db).await.unwrap();
    let both = Both::of(&world.api, &world.api.director, "deals", "nodes { title payments { id } }", "").await;
    assert!(both.planned.is_none());
}
