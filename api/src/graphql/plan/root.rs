//! The field of the query that is answered by a plan.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::parser::types;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

use super::selection::Selection;
use super::{Plan, Steps};
use crate::graphql::loaders::Reading;

/// An answer begins with so many bytes of room.
const ROOM: usize = 4096;

/// A value of a root field, answered by a plan where there is one.
///
/// It resolves to [`Value::Binary`] with JSON in it, so that answers are written by [`crate::graphql::json`].
pub(in crate::graphql) struct Planned<T>(pub(in crate::graphql) T);

impl<T: Steps> Planned<T> {
    async fn written(&self, ctx: &ContextSelectionSet<'_>, field: &types::Field) -> Option<Vec<u8>> {
        if !stands_alone(ctx, field) {
            return None;
        }
        let mut plan = Plan::<T>::of(&Selection::new(&ctx.item.node, &ctx.query_env.fragments))?;
        let reading: &Arc<Reading> = ctx.data_unchecked();
        // The ordinary resolvers will meet the same error and tell it where it belongs.
        plan.read(&[&self.0], reading).await.ok()?;
        let mut out = Vec::with_capacity(ROOM);
        plan.write(&self.0, &mut out);
        Some(out)
    }
}

/// Whether the field is a root field and no other has the same key: the library would merge their values, and cannot look into text.
fn stands_alone(ctx: &ContextSelectionSet<'_>, field: &types::Field) -> bool {
    let is_root = ctx.path_node.is_some_and(|node| node.parent.is_none());
    let key = field.response_key().node.as_str();
    let roots = &ctx.query_env.operation.node.selection_set.node;
    let mut found = 0;
    let mut sets = vec![roots];
    while let Some(set) = sets.pop() {
        for item in &set.items {
            match &item.node {
                types::Selection::Field(field) => found += usize::from(field.node.response_key().node.as_str() == key),
                types::Selection::InlineFragment(inline) => sets.push(&inline.node.selection_set.node),
                types::Selection::FragmentSpread(spread) => {
                    let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node);
                    sets.extend(fragment.map(|fragment| &fragment.node.selection_set.node));
                }
            }
        }
    }
    is_root && found == 1
}

#[async_graphql::async_trait::async_trait]
impl<T: Steps> OutputType for Planned<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<types::Field>) -> ServerResult<Value> {
        match self.written(ctx, &field.node).await {
            Some(json) => Ok(Value::Binary(json.into())),
            None => self.0.resolve(ctx, field).await,
        }
    }
}
