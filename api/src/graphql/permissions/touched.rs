//! What of an operation is recorded when it is read (что попадает в журнал просмотров): its root fields that lead to something audited.

use std::collections::{BTreeSet, HashSet};

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet};
use async_graphql_value::Value;

use super::declared::{AUDITED, AUDITED_TYPES};
use super::walk::{Flags, is_left_out};
use super::{Declared, FIELDS, Need, names};
use crate::graphql::shape;

/// A root field that leads to something audited.
pub(crate) struct Touched {
    /// Its name.
    pub(crate) name: String,
    /// The permissions and types that are audited.
    pub(crate) of: BTreeSet<&'static str>,
    /// What it is asked.
    pub(crate) arguments: Vec<(Name, Value)>,
    /// It is a mutation: what it is asked may hold secrets.
    pub(crate) changes: bool,
}

/// The root fields of an operation that lead to something audited.
pub(crate) fn touched(document: &ExecutableDocument, operation: &OperationDefinition, flags: &Flags) -> Vec<Touched> {
    let root = shape::root(operation.ty);
    let mut fields = Vec::new();
    Walk::new(document, flags).root(&operation.selection_set.node, &mut fields);
    let touched = fields.into_iter().map(|field| {
        // A fragment is walked once under each of them.
        let mut walk = Walk::new(document, flags);
        walk.field(root, field);
        let arguments = field.arguments.iter().map(|(name, value)| (name.node.clone(), value.node.clone())).collect();
        let changes = operation.ty == OperationType::Mutation;
        Touched { name: field.name.node.to_string(), of: walk.of, arguments, changes }
    });
    touched.filter(|touched| !touched.of.is_empty()).collect()
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    flags: &'a Flags,
    of: BTreeSet<&'static str>,
    seen: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn new(document: &'a ExecutableDocument, flags: &'a Flags) -> Self {
        Self { document, flags, of: BTreeSet::new(), seen: HashSet::new() }
    }

    /// The root fields, through fragments.
    fn root(&mut self, set: &'a SelectionSet, fields: &mut Vec<&'a Field>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if !is_left_out(self.flags, &field.node.directives) => fields.push(&field.node),
                Selection::InlineFragment(inline) if !is_left_out(self.flags, &inline.node.directives) => {
                    self.root(&inline.node.selection_set.node, fields);
                }
                Selection::FragmentSpread(spread) if !is_left_out(self.flags, &spread.node.directives) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.document.fragments.get(name).filter(|_| self.seen.insert(name)) {
                        self.root(&fragment.node.selection_set.node, fields);
                    }
                }
                _ => {}
            }
        }
    }

    fn field(&mut self, of: &str, field: &'a Field) {
        let Some(declared) = FIELDS.get(of).and_then(|fields| fields.get(field.name.node.as_str())) else { return };
        self.of.extend(audited(declared));
        self.selection(declared.target, &field.selection_set.node);
    }

    fn selection(&mut self, of: &str, set: &'a SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if !is_left_out(self.flags, &field.node.directives) => self.field(of, &field.node),
                Selection::InlineFragment(inline) if !is_left_out(self.flags, &inline.node.directives) => {
                    let on = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                    self.selection(on, &inline.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) if !is_left_out(self.flags, &spread.node.directives) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.document.fragments.get(name).filter(|_| self.seen.insert(name)) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.selection(on, &fragment.node.selection_set.node);
                    }
                }
                _ => {}
            }
        }
    }
}

/// What makes a field one that is recorded.
fn audited(declared: &Declared) -> impl Iterator<Item = &'static str> {
    let needs = declared.needs.into_iter().flatten().filter_map(|need| match need {
        Need::Of(permission) if AUDITED.contains(&permission) => Some(permission.as_str()),
        _ => None,
    });
    needs.chain(Some(declared.target).filter(|target| names(AUDITED_TYPES, target)))
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;
    use crate::graphql::gate;

    fn of(query: &str) -> Vec<String> {
        let document = parse_query(query).unwrap();
        let operation = gate::operation(&document, None).unwrap();
        let told = |one: Touched| format!("{} {}", one.name, one.of.into_iter().collect::<Vec<_>>().join("+"));
        touched(&document, operation, &Flags::new()).into_iter().map(told).collect()
    }

    #[test]
    fn whatever_leads_to_something_audited_is_found_in_every_spelling() {
        assert_eq!(of("{ viewer { login } deals { nodes { id title } } batches { nodes { number } } }"), [""; 0]);
        assert_eq!(of("{ batches { nodes { number cost { amount } } } deals { nodes { id } } }"), ["batches see_cost"]);
        assert_eq!(of("{ x: batches { nodes { y: vat { amount } } } }"), ["batches see_cost"]);
        assert_eq!(of("{ ledgerEntries(filter: {}) { nodes { id } } }"), ["ledgerEntries see_entries"]);
        assert_eq!(of("{ node(id: \"batch_1\") { ... on Batch { cost { amount } } } }"), ["node see_cost"]);
        assert_eq!(of("{ parties { nodes { contacts { name } } } }"), ["parties Contact"]);
        assert_eq!(of("{ auditLog { nodes { id } } }"), ["auditLog see_audit"]);
        let fragments =
            "{ ...r } fragment r on Query { batches { nodes { ...b } } orders { nodes { lines { batch { ...b } } } } }
            fragment b on Batch { cost { amount } ...b }";
        assert_eq!(of(fragments), ["batches see_cost", "orders see_cost"]);
        assert_eq!(of("{ batches { nodes { cost @skip(if: true) { amount } } } }"), [""; 0]);
        let mutation = "mutation { orderShip(input: {}) { order { lines { batch { cost { amount } } } } } }";
        assert_eq!(of(mutation), ["orderShip see_cost"]);
    }
}
