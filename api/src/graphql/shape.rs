//! The schema as clients see it: the type behind every field.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, OperationType, Type, TypeKind, TypeSystemDefinition};
use async_graphql::{Name, Positioned};

/// The types of the fields of objects and interfaces, by type and name; empty if the text of the schema could not be read.
pub(super) static FIELDS: LazyLock<HashMap<Name, HashMap<Name, Type>>> = LazyLock::new(|| {
    let of = |fields: Vec<Positioned<FieldDefinition>>| {
        fields.into_iter().map(|field| (field.node.name.node, field.node.ty.node)).collect()
    };
    let fields = |definition| match definition {
        TypeSystemDefinition::Type(definition) => {
            let name = definition.node.name.node;
            match definition.node.kind {
                TypeKind::Object(object) => Some((name, of(object.fields))),
                TypeKind::Interface(interface) => Some((name, of(interface.fields))),
                _ => None,
            }
        }
        _ => None,
    };
    let schema = parse_schema(super::sdl()).map(|schema| schema.definitions).unwrap_or_default();
    schema.into_iter().filter_map(fields).collect()
});

/// The type an operation begins at.
pub(super) fn root(of: OperationType) -> &'static str {
    match of {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

/// The type in the middle of all lists.
pub(super) fn named(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => named(inner),
    }
}
