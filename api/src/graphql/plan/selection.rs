//! What a document selects of an object: fragments unfolded, equal keys merged.

use std::collections::HashMap;

use async_graphql::parser::types::{FragmentDefinition, Selection as Item, SelectionSet};
use async_graphql::{Name, Positioned};

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// The selection sets of one object; more than one where a field stands twice.
pub(super) struct Selection<'a> {
    sets: Vec<&'a SelectionSet>,
    fragments: &'a Fragments,
}

/// A selected field.
pub(in crate::graphql) struct Field<'a> {
    /// Its name in the graph.
    pub(in crate::graphql) name: &'a str,
    /// Its key in the answer.
    pub(super) key: &'a str,
    /// What is selected below it.
    pub(super) selection: Selection<'a>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(set: &'a SelectionSet, fragments: &'a Fragments) -> Self {
        Self { sets: vec![set], fragments }
    }

    /// Whether nothing is selected.
    pub(super) fn is_empty(&self) -> bool {
        self.sets.iter().all(|set| set.items.is_empty())
    }

    /// The fields of an object of the type `of`; `None` when something else than plain fields decides about them. `@skip` and
    /// `@include` are gone before anything is resolved.
    pub(super) fn fields(&self, of: &str) -> Option<Vec<Field<'a>>> {
        let mut fields = Vec::new();
        for set in &self.sets {
            self.add(set, of, &mut fields)?;
        }
        Some(fields)
    }

    fn add(&self, set: &'a SelectionSet, of: &str, fields: &mut Vec<Field<'a>>) -> Option<()> {
        for item in &set.items {
            if !item.node.directives().is_empty() {
                return None;
            }
            match &item.node {
                Item::Field(field) => {
                    let field = &field.node;
                    if !field.arguments.is_empty() {
                        return None;
                    }
                    let (name, key) = (field.name.node.as_str(), field.response_key().node.as_str());
                    if let Some(known) = fields.iter_mut().find(|known| known.key == key) {
                        known.selection.sets.push(&field.selection_set.node);
                    } else {
                        let selection = Selection { sets: vec![&field.selection_set.node], fragments: self.fragments };
                        fields.push(Field { name, key, selection });
                    }
                }
                Item::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    if condition.is_some_and(|condition| condition != of) {
                        return None;
                    }
                    self.add(&inline.node.selection_set.node, of, fields)?;
                }
                Item::FragmentSpread(spread) => {
                    let fragment = &self.fragments.get(&spread.node.fragment_name.node)?.node;
                    if fragment.type_condition.node.on.node != of {
                        return None;
                    }
                    self.add(&fragment.selection_set.node, of, fields)?;
                }
            }
        }
        Some(())
    }
}
