//! Where an answer with errors is null.
//!
//! The specification puts null in the place of a field that failed, or, where the field may not be null, in the nearest place above it that
//! may. The library (7.2.1) leaves the field out, so that a client would miss a key its types promise.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{BaseType, ExecutableDocument, Selection, SelectionSet, Type};
use async_graphql::{Name, PathSegment, Response, Value};

use super::gate::operation;
use super::shape::{self, FIELDS, named};

/// Puts the nulls of the errors of `response`, the answer to an operation of `query`.
pub(super) fn complete(response: &mut Response, query: &str, operation_name: Option<&str>) {
    let Ok(document) = parse_query(query) else { return };
    let Some(operation) = operation(&document, operation_name) else { return };
    let root = shape::root(operation.ty);
    let paths: Vec<_> = response.errors.iter().map(|error| error.path.clone()).filter(|path| !path.is_empty()).collect();
    for path in paths {
        let selected = Selected { document: &document, sets: vec![(root, &operation.selection_set.node)] };
        // A request of failed fields only comes back as null.
        if matches!(response.data, Value::Null) && response.errors.iter().all(|error| !error.path.is_empty()) {
            response.data = Value::Object(async_graphql::indexmap::IndexMap::new());
        }
        if !selected.settle(&mut response.data, &path) {
            response.data = Value::Null;
            return;
        }
    }
}

/// What is selected of one object: the sets and the types they are of.
struct Selected<'a> {
    document: &'a ExecutableDocument,
    sets: Vec<(&'a str, &'a SelectionSet)>,
}

impl Selected<'_> {
    /// Puts the null of a field that failed into an object; false when it cannot stay in it.
    fn settle(&self, object: &mut Value, path: &[PathSegment]) -> bool {
        // The library puts null also where it may not stand.
        let Value::Object(fields) = object else { return *object != Value::Null };
        let Some((PathSegment::Field(key), rest)) = path.split_first() else { return true };
        let Some((of, inside)) = self.field(key) else { return true };
        let stays = match fields.get_mut(key.as_str()) {
            Some(value) if !rest.is_empty() => inside.settle_in(value, of, rest),
            _ => false,
        };
        if !stays && of.nullable {
            fields.insert(Name::new(key), Value::Null);
        }
        stays || of.nullable
    }

    /// The same for a value of a type, which may be a list.
    fn settle_in(&self, value: &mut Value, of: &Type, path: &[PathSegment]) -> bool {
        let (Value::List(items), BaseType::List(item_type)) = (&mut *value, &of.base) else { return self.settle(value, path) };
        let Some((PathSegment::Index(index), rest)) = path.split_first() else { return false };
        let Some(item) = items.get_mut(*index) else { return false };
        let stays = !rest.is_empty() && self.settle_in(item, item_type, rest);
        if !stays && item_type.nullable {
            *item = Value::Null;
        }
        stays || item_type.nullable
    }

    /// The type behind a key of the answer, and what is selected inside it.
    fn field(&self, key: &str) -> Option<(&'static Type, Self)> {
        let (mut of, mut inside) = (None, Vec::new());
        let mut open = self.sets.clone();
        while let Some((on, set)) = open.pop() {
            for selection in &set.items {
                match &selection.node {
                    Selection::Field(field) if field.node.response_key().node == key => {
                        let Some(field_type) = FIELDS.get(on).and_then(|fields| fields.get(&field.node.name.node)) else {
                            continue;
                        };
                        of = Some(field_type);
                        inside.push((named(field_type), &field.node.selection_set.node));
                    }
                    Selection::Field(_) => {}
                    Selection::InlineFragment(inline) => {
                        let condition =
                            inline.node.type_condition.as_ref().map_or(on, |condition| condition.node.on.node.as_str());
                        open.push((condition, &inline.node.selection_set.node));
                    }
                    Selection::FragmentSpread(spread) => {
                        if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                            let condition = fragment.node.type_condition.node.on.node.as_str();
                            open.push((condition, &fragment.node.selection_set.node));
                        }
                    }
                }
            }
        }
        Some((of?, Self { document: self.document, sets: inside }))
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{ServerError, value};

    use super::*;

    /// The data of `query` after its field at `path` failed.
    fn completed(query: &str, data: Value, path: &[PathSegment]) -> Value {
        let mut response = Response::new(data);
        response.errors.push(ServerError::new("failed", None).with_path(path.to_vec()));
        complete(&mut response, query, None);
        response.data
    }

    fn at(key: &str) -> PathSegment {
        PathSegment::Field(key.to_owned())
    }

    #[test]
    fn a_field_that_may_be_null_is() {
        let query = "{ report: balanceReport(at: \"2026-01-01\") { check } viewer { login } }";
        let data = completed(query, value!({ "viewer": { "login": "a" } }), &[at("report")]);
        assert_eq!(data, value!({ "viewer": { "login": "a" }, "report": null }));
        assert_eq!(completed(query, Value::Null, &[at("report")]), value!({ "report": null }));
    }

    #[test]
    fn a_field_that_may_not_takes_what_is_around_it() {
        let deal = "{ deal(id: \"deal_1\") { title ...D } } fragment D on Deal { channel { name } contract { number } }";
        let data = value!({ "deal": { "title": "a" } });
        assert_eq!(completed(deal, data.clone(), &[at("deal"), at("channel")]), value!({ "deal": null }));
        assert_eq!(completed(deal, data, &[at("deal"), at("contract")]), value!({ "deal": { "title": "a", "contract": null } }));
        let nodes = "{ nodes(ids: [\"deal_1\", \"deal_2\"]) { id ... on Deal { channel { name } } } }";
        let data = value!({ "nodes": [{ "id": "deal_1" }, { "id": "deal_2" }] });
        let path = [at("nodes"), PathSegment::Index(1), at("channel")];
        assert_eq!(completed(nodes, data, &path), value!({ "nodes": [{ "id": "deal_1" }, null] }));
        let list = "{ channels { name } viewer { login } }";
        assert_eq!(completed(list, value!({ "viewer": null }), &[at("channels")]), Value::Null);
    }
}
