//! Variables that were not sent: their defaults, and their absence.
//!
//! A variable without a value leaves out the argument or the input field it stands for; it is not a null, which would clear something. The
//! library (7.2.1) takes it for a null inside an input object, and forgets defaults in `@include` and `@skip`.

use std::collections::HashSet;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Value as Constant};
use async_graphql_value::Value;

/// The variables of an operation that were not sent.
#[derive(Debug, Default)]
pub(super) struct Missing {
    /// Those with a default, and the default.
    pub(super) defaults: Vec<(Name, Constant)>,
    /// Those that may be left out.
    pub(super) absent: Vec<Name>,
    /// The first that may not, and its type. Validation does not look for it in directives.
    pub(super) required: Option<(Name, String)>,
}

impl Missing {
    pub(super) fn of(operation: &OperationDefinition, given: &[Name]) -> Self {
        let mut missing = Self::default();
        for variable in &operation.variable_definitions {
            let (name, variable) = (&variable.node.name.node, &variable.node);
            match &variable.default_value {
                _ if given.contains(name) => {}
                Some(default) => missing.defaults.push((name.clone(), default.node.clone())),
                None if variable.var_type.node.nullable => missing.absent.push(name.clone()),
                None => {
                    missing.required.get_or_insert_with(|| (name.clone(), variable.var_type.node.to_string()));
                }
            }
        }
        missing
    }
}

/// The document without the variables of these names and what stands on them. One that is used nowhere stays, for validation to refuse.
pub(super) fn without(document: &ExecutableDocument, absent: &[Name]) -> ExecutableDocument {
    let mut document = document.clone();
    let mut pruning = Pruning { absent, removed: HashSet::new() };
    for fragment in document.fragments.values_mut() {
        pruning.selections(&mut fragment.node.selection_set.node);
    }
    let mut operations: Vec<_> = match &mut document.operations {
        DocumentOperations::Single(operation) => vec![operation],
        DocumentOperations::Multiple(operations) => operations.values_mut().collect(),
    };
    for operation in &mut operations {
        pruning.selections(&mut operation.node.selection_set.node);
    }
    for operation in operations {
        operation.node.variable_definitions.retain(|variable| !pruning.removed.contains(&variable.node.name.node));
    }
    document
}

struct Pruning<'a> {
    absent: &'a [Name],
    removed: HashSet<Name>,
}

impl Pruning<'_> {
    fn selections(&mut self, set: &mut SelectionSet) {
        for selection in &mut set.items {
            let (directives, inside) = match &mut selection.node {
                Selection::Field(field) => {
                    let Field { arguments, directives, selection_set, .. } = &mut field.node;
                    self.arguments(arguments);
                    (directives, Some(selection_set))
                }
                Selection::FragmentSpread(spread) => (&mut spread.node.directives, None),
                Selection::InlineFragment(inline) => (&mut inline.node.directives, Some(&mut inline.node.selection_set)),
            };
            for directive in directives {
                self.arguments(&mut directive.node.arguments);
            }
            if let Some(inside) = inside {
                self.selections(&mut inside.node);
            }
        }
    }

    fn arguments(&mut self, arguments: &mut Vec<(Positioned<Name>, Positioned<Value>)>) {
        arguments.retain(|(_, value)| !self.removes(&value.node));
        for (_, value) in arguments {
            self.value(&mut value.node);
        }
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|_, value| !self.removes(value));
                for value in fields.values_mut() {
                    self.value(value);
                }
            }
            Value::List(items) => {
                for item in items {
                    // In a list an absent value is a null: its place stays.
                    if self.removes(item) {
                        *item = Value::Null;
                    } else {
                        self.value(item);
                    }
                }
            }
            _ => {}
        }
    }

    fn removes(&mut self, value: &Value) -> bool {
        match value {
            Value::Variable(name) if self.absent.contains(name) => {
                self.removed.insert(name.clone());
                true
            }
            _ => false,
        }
    }
}
