//! What an operation costs, and the budget of whoever asks.
//!
//! The cost is what the library calls complexity: the fields of the answer, a list counted by its size. It is known only to an extension of
//! the library, which would slow every field, so the second schema of [`limits`] finds it once for each document; from then on it is
//! remembered, and a request pays with one look into a map. All operations of a document count, as they do for the limit. It depends on numbers, switches and the length of lists among the variables,
//! never on what a text says: no complexity of this graph reads one.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash as _, Hasher};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Request, Response, Value};
use governor::Quota;
use hashlink::LruCache;

use super::error::{Fault, Result};
use super::limits::{self, COMPLEXITY_MAX};
use crate::allowance::{Allowance, Who};

/// Documents whose cost is remembered, with the variables that matter.
const WEIGHTS: usize = 2_000;

/// The budgets of everybody, and what documents cost.
pub struct Costs {
    budgets: Option<Allowance>,
    per_minute: u32,
    weights: Mutex<LruCache<u64, u32>>,
    hashes: RandomState,
}

impl std::fmt::Debug for Costs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Costs").field("per_minute", &self.per_minute).finish_non_exhaustive()
    }
}

impl Costs {
    /// So many points a minute for each; 0: any number.
    pub fn new(per_minute: u32) -> Self {
        let budgets = NonZeroU32::new(per_minute).map(|points| Allowance::new(Quota::per_minute(points)));
        Self { budgets, per_minute, weights: Mutex::new(LruCache::new(WEIGHTS)), hashes: RandomState::new() }
    }

    /// What a request costs; `None` when it is refused anyway: it is not valid, or too much for anybody.
    async fn weigh(&self, request: &mut Request) -> Option<u32> {
        let key = self.key(request);
        let known = self.weights.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if known.is_some() {
            return known;
        }
        let document = request.parsed_query().ok()?.clone();
        let weight = limits::weigh(document, request.operation_name.clone(), request.variables.clone()).await?;
        let weight = u32::try_from(weight).ok().filter(|_| weight <= COMPLEXITY_MAX)?;
        // What is refused is not remembered: the same document with other texts in its variables may be answered.
        self.weights.lock().unwrap_or_else(PoisonError::into_inner).insert(key, weight);
        Some(weight)
    }

    /// What the cost of a request depends on.
    fn key(&self, request: &Request) -> u64 {
        let mut hasher = self.hashes.build_hasher();
        request.query.hash(&mut hasher);
        request.operation_name.hash(&mut hasher);
        for (name, value) in request.variables.iter() {
            name.hash(&mut hasher);
            shape(value, &mut hasher);
        }
        hasher.finish()
    }
}

/// A value without its texts.
fn shape(value: &Value, hasher: &mut impl Hasher) {
    match value {
        Value::Null => hasher.write_u8(0),
        Value::String(_) | Value::Enum(_) | Value::Binary(_) => hasher.write_u8(1),
        Value::Boolean(value) => hasher.write_u8(2 + u8::from(*value)),
        Value::Number(number) => {
            hasher.write_u8(4);
            number.hash(hasher);
        }
        Value::List(items) => {
            hasher.write_u8(5);
            hasher.write_usize(items.len());
            for item in items {
                shape(item, hasher);
            }
        }
        Value::Object(fields) => {
            hasher.write_u8(6);
            hasher.write_usize(fields.len());
            for (name, value) in fields {
                name.hash(hasher);
                shape(value, hasher);
            }
        }
    }
}

/// What a caller pays from.
#[derive(Debug, Clone)]
pub struct Purse {
    costs: Arc<Costs>,
    who: Who,
    shown: bool,
}

impl Purse {
    /// The budget of `who`; `shown`: the answer says what it cost.
    pub(crate) fn new(costs: &Arc<Costs>, who: Who, shown: bool) -> Self {
        Self { costs: Arc::clone(costs), who, shown }
    }
}

/// What was paid, to be shown.
#[derive(Clone, Copy)]
pub(super) struct Paid {
    requested: u32,
    /// The budget a minute and what is left of it; `None` where there is none.
    budget: Option<(u32, u32)>,
}

/// Pays for a request that the gate has let in; nothing is shown unless it was asked for. Errors: `COST_EXCEEDED`.
pub(super) async fn pay(purse: Option<&Purse>, request: &mut Request) -> Result<Option<Paid>> {
    let Some(Purse { costs, who, shown }) = purse else { return Ok(None) };
    if costs.budgets.is_none() && !shown {
        return Ok(None);
    }
    let Some(requested) = costs.weigh(request).await else { return Ok(None) };
    let per_minute = costs.per_minute;
    let left = match &costs.budgets {
        None => None,
        Some(budgets) => {
            let taken = budgets.take(*who, NonZeroU32::new(requested).unwrap_or(NonZeroU32::MIN));
            Some(taken.map_err(|refused| exceeded(requested, per_minute, refused.seconds()))?)
        }
    };
    Ok(shown.then_some(Paid { requested, budget: left.map(|left| (per_minute, left)) }))
}

fn exceeded(requested: u32, per_minute: u32, wait: Option<u64>) -> Fault {
    let what = format!("the operation costs {requested} points");
    match wait {
        Some(seconds) => {
            let message = format!(
                "{what}, and your budget of {per_minute} a minute has less left; wait {seconds} s and send it again, or ask for less"
            );
            Fault::cost_exceeded(message, wait)
        }
        None => Fault::cost_exceeded(format!("{what}, more than the whole budget of {per_minute} a minute; ask for less"), None),
    }
}

/// The answer with what it cost.
pub(super) fn show(mut response: Response, paid: Option<Paid>) -> Response {
    if let Some(Paid { requested, budget }) = paid {
        let mut cost = async_graphql::indexmap::IndexMap::new();
        let mut add = |name: &str, value: Value| cost.insert(async_graphql::Name::new(name), value);
        add("requested", requested.into());
        add("limit", COMPLEXITY_MAX.into());
        if let Some((per_minute, remaining)) = budget {
            let fields = [("perMinute", per_minute), ("remaining", remaining)];
            let fields = fields.map(|(name, value)| (async_graphql::Name::new(name), Value::from(value)));
            add("budget", Value::Object(fields.into_iter().collect()));
        }
        response.extensions.insert("cost".to_owned(), Value::Object(cost));
    }
    response
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use serde_json::{Value as Json, json};

    use super::*;

    const DEALS: &str = "query($first: Int!, $after: String) { deals(first: $first, after: $after) { nodes { id title } } }";

    fn request(query: &str, variables: Json) -> Request {
        Request::new(query).variables(Variables::from_json(variables))
    }

    async fn weight(costs: &Costs, query: &str, variables: Json) -> Option<u32> {
        costs.weigh(&mut request(query, variables)).await
    }

    fn known(costs: &Costs) -> usize {
        costs.weights.lock().unwrap().len()
    }

    #[tokio::test]
    async fn a_list_costs_its_size_and_a_text_nothing() {
        let costs = Costs::new(0);
        let ten = weight(&costs, DEALS, json!({ "first": 10 })).await.unwrap();
        let twenty = weight(&costs, DEALS, json!({ "first": 20 })).await.unwrap();
        assert_eq!((ten, twenty), (30, 60));
        assert_eq!(known(&costs), 2);
        for after in ["a", "b"] {
            assert_eq!(weight(&costs, DEALS, json!({ "first": 10, "after": after })).await, Some(30));
        }
        assert_eq!(known(&costs), 3, "where a page begins does not matter");
        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        assert_eq!(weight(&costs, nodes, json!({ "ids": ["deal_1", "deal_2"] })).await, Some(2));
        assert_eq!(weight(&costs, nodes, json!({ "ids": ["deal_1", "deal_2", "deal_3"] })).await, Some(3));
        let named = "query a { viewer { login } } query b { viewer { login role } }";
        let mut request = request(named, json!({}));
        request.operation_name = Some("b".to_owned());
        assert_eq!(costs.weigh(&mut request).await, Some(5), "the library counts every operation of the document");
    }

    #[tokio::test]
    async fn what_is_refused_anyway_costs_nothing_and_is_not_remembered() {
        let costs = Costs::new(0);
        for (query, variables) in [
            ("{ nowhere }", json!({})),
            (DEALS, json!({ "first": "ten" })),
            (
                "{ deals(first: 100) { nodes { orders { lines { product { id sku name } } settlements { id } expenses { id } } } } }",
                json!({}),
            ),
            ("{ viewer", json!({})),
        ] {
            let query = query.replace("{ id sku name }", &format!("{{ {} }}", "id sku name ".repeat(9)));
            assert_eq!(weight(&costs, &query, variables).await, None, "{query}");
        }
        assert_eq!(known(&costs), 0);
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let costs = Costs::new(0);
        for n in 0..=WEIGHTS {
            let query = format!("{{ a{n}: viewer {{ login }} }}");
            costs.weights.lock().unwrap().insert(costs.key(&request(&query, json!({}))), 2);
        }
        assert_eq!(known(&costs), WEIGHTS);
    }

    #[tokio::test]
    async fn a_budget_is_spent_and_says_when_there_is_more() {
        let costs = Arc::new(Costs::new(100));
        let purse = |who| Purse::new(&costs, who, true);
        let pay = async |who, first: u32| {
            let mut request = request(DEALS, json!({ "first": first }));
            pay(Some(&purse(who)), &mut request).await
        };
        let paid = pay(Who::User(1), 20).await.unwrap().unwrap();
        assert_eq!(paid.requested, 60);
        assert!(paid.budget.is_some_and(|(per_minute, left)| per_minute == 100 && (40..60).contains(&left)));
        let refused = pay(Who::User(1), 30).await.err().unwrap().into_response();
        assert!(refused.errors[0].message.contains("costs 90 points"), "{:?}", refused.errors);
        assert!(pay(Who::Token(1), 30).await.is_ok(), "a token has a budget of its own");
        let never = pay(Who::User(2), 50).await.err().unwrap().into_response();
        assert!(never.errors[0].message.contains("the whole budget"), "{:?}", never.errors);
        // Nobody asked, and nothing is limited.
        let free = Purse::new(&Arc::new(Costs::new(0)), Who::User(1), false);
        assert!(super::pay(Some(&free), &mut request("{ nowhere }", json!({}))).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_it_cost_is_in_the_extensions() {
        let paid = Paid { requested: 7, budget: Some((100, 93)) };
        let response = show(Response::new(Value::Null), Some(paid));
        let cost = json!({ "requested": 7, "limit": COMPLEXITY_MAX, "budget": { "perMinute": 100, "remaining": 93 } });
        assert_eq!(serde_json::to_value(&response).unwrap()["extensions"]["cost"], cost);
        assert!(show(Response::new(Value::Null), None).extensions.is_empty());
    }
}
