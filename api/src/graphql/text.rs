//! Texts that may be missing: the domain keeps them empty, the graph says null.

use async_graphql::MaybeUndefined;

/// The text, or null when it is empty.
pub(crate) fn given(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// The text after a change: left out stays, null clears.
pub(crate) fn patched(change: MaybeUndefined<String>, now: String) -> String {
    match change {
        MaybeUndefined::Undefined => now,
        MaybeUndefined::Null => String::new(),
        MaybeUndefined::Value(text) => text,
    }
}
