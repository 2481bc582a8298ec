//! What a document may be before anything walks it: not long, not deep, no more than its text says. Whatever comes after may recurse, here and
//! in the library, on the stack of a worker that serves others too.
//!
//! Invariant: nothing is parsed that [`text`] did not let through, and nothing unfolds the fragments of a document that [`document`] did not.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

use super::error::{Fault, FaultCode, Result};

/// Bytes of a document: parsing takes the processor long. The largest operation of the page has four thousand.
const TEXT_MAX: usize = 64 << 10;

/// Brackets inside each other, of any kind: the parser and all that follows recurse.
const BRACKETS_MAX: usize = 64;

/// Selections inside each other, through fragments.
const NESTING_MAX: usize = 64;

/// Operations of one document: all of them are validated, whichever is asked for.
const OPERATIONS_MAX: usize = 50;

/// Fields of an operation, of a fragment or of all operations, with the fragments unfolded. A few lines of fragments can unfold to billions.
const FIELDS_MAX: usize = 2_000;

/// An alias is a field once more: complexity counts it, but a cheap field many times over is a flood too.
const ALIASES_MAX: usize = 50;

/// Lists of introspection inside each other: each leads to nearly the whole schema. What tools send has one.
const INTROSPECTION_MAX: usize = 2;

fn too_large(message: String) -> Fault {
    Fault::new(FaultCode::QueryTooLarge, message)
}

/// Refuses a text that is too long, or nested too deeply, to be parsed. Errors: `QUERY_TOO_LARGE`.
pub(super) fn text(document: &str) -> Result<()> {
    if document.len() > TEXT_MAX {
        let message =
            format!("a document has at most {} KiB; send values in `variables`, and split what is left", TEXT_MAX >> 10);
        return Err(too_large(message));
    }
    if depth(document) > BRACKETS_MAX {
        return Err(too_large(format!(
            "at most {BRACKETS_MAX} brackets stand inside each other in a document; send values in `variables`"
        )));
    }
    Ok(())
}

/// How deeply brackets are nested; those of strings and comments are none.
fn depth(document: &str) -> usize {
    let (mut now, mut most): (usize, usize) = (0, 0);
    let mut rest = document.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = match byte {
            b'{' | b'[' | b'(' => {
                now += 1;
                most = most.max(now);
                after
            }
            b'}' | b']' | b')' => {
                now = now.saturating_sub(1);
                after
            }
            b'#' => after.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(&[], |end| &after[end..]),
            b'"' => match after.strip_prefix(b"\"\"") {
                Some(block) => past(block, b"\"\"\"", b"\\\"\"\""),
                None => past(after, b"\"", b"\\"),
            },
            _ => after,
        };
    }
    most
}

/// What follows the `end` of a string; `escape` and the byte after it (a quote, a backslash) do not end it.
fn past<'a>(mut string: &'a [u8], end: &[u8], escape: &[u8]) -> &'a [u8] {
    while !string.is_empty() {
        if let Some(after) = string.strip_prefix(escape) {
            // Of `\"` the quote goes with it, of `\"""` all is the escape.
            string = if escape.len() == 1 { after.get(1..).unwrap_or_default() } else { after };
        } else if let Some(after) = string.strip_prefix(end) {
            return after;
        } else {
            string = &string[1..];
        }
    }
    string
}

/// Refuses a document of which any operation or fragment unfolds too deep or too wide. Errors: `QUERY_TOO_LARGE`.
pub(super) fn document(document: &ExecutableDocument) -> Result<()> {
    let operations: Vec<&SelectionSet> =
        document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node).collect();
    if operations.len() > OPERATIONS_MAX {
        return Err(too_large(format!("at most {OPERATIONS_MAX} operations in one document; split it")));
    }
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    let mut heights = HashMap::new();
    for set in operations.iter().copied().chain(fragments.clone()) {
        height(document, set, 1, &mut heights)?;
    }
    let mut known = HashMap::new();
    let mut all = Census::default();
    for set in &operations {
        let census = Census::of(document, set, &mut known);
        census.check()?;
        all.fields = all.fields.saturating_add(census.fields);
    }
    all.check()?;
    for set in fragments {
        Census::of(document, set, &mut known).check()?;
    }
    for set in operations {
        introspection(document, set, None, &mut Vec::new())?;
    }
    Ok(())
}

/// How many selections stand inside each other from here on; it lies `level` deep itself. One that stands in itself is left to validation.
fn height<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    level: usize,
    known: &mut HashMap<&'a str, usize>,
) -> Result<usize> {
    let mut most = 0;
    for selection in &set.items {
        let inside = match &selection.node {
            Selection::Field(field) if field.node.selection_set.node.items.is_empty() => 0,
            Selection::Field(field) => below(document, &field.node.selection_set.node, level, known)?,
            Selection::InlineFragment(inline) => below(document, &inline.node.selection_set.node, level, known)?,
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                match (known.get(name), document.fragments.get(name)) {
                    (Some(height), _) => *height,
                    (None, None) => 0,
                    (None, Some(fragment)) => {
                        known.insert(name, 0);
                        let height = below(document, &fragment.node.selection_set.node, level, known)?;
                        known.insert(name, height);
                        height
                    }
                }
            }
        };
        most = most.max(inside);
    }
    let height = most + 1;
    if level + most > NESTING_MAX { Err(too_deep()) } else { Ok(height) }
}

fn below<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    level: usize,
    known: &mut HashMap<&'a str, usize>,
) -> Result<usize> {
    if level >= NESTING_MAX { Err(too_deep()) } else { height(document, set, level + 1, known) }
}

fn too_deep() -> Fault {
    too_large(format!(
        "at most {NESTING_MAX} selections stand inside each other, fragments counted; ask for the inner part by its id"
    ))
}

/// How much a selection asks for, fragments unfolded.
#[derive(Debug, Clone, Copy, Default)]
struct Census {
    fields: usize,
    aliases: usize,
}

impl Census {
    /// Each fragment is counted once and remembered; one inside itself counts as nothing (validation refuses it).
    fn of<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, known: &mut HashMap<&'a str, Self>) -> Self {
        let mut total = Self::default();
        for selection in &set.items {
            let part = match &selection.node {
                Selection::Field(field) => {
                    let mut inside = Self::of(document, &field.node.selection_set.node, known);
                    inside.fields = inside.fields.saturating_add(1);
                    inside.aliases = inside.aliases.saturating_add(usize::from(field.node.alias.is_some()));
                    inside
                }
                Selection::InlineFragment(inline) => Self::of(document, &inline.node.selection_set.node, known).inside(),
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    match (known.get(name), document.fragments.get(name)) {
                        (Some(census), _) => census.inside(),
                        (None, None) => Self::default(),
                        (None, Some(fragment)) => {
                            known.insert(name, Self::default());
                            let census = Self::of(document, &fragment.node.selection_set.node, known);
                            known.insert(name, census);
                            census.inside()
                        }
                    }
                }
            };
            total.fields = total.fields.saturating_add(part.fields);
            total.aliases = total.aliases.saturating_add(part.aliases);
        }
        total
    }

    /// A fragment is a step of every walk, even where it selects nothing.
    const fn inside(mut self) -> Self {
        self.fields = self.fields.saturating_add(1);
        self
    }

    fn check(self) -> Result<()> {
        for (what, count, most) in [("aliases", self.aliases, ALIASES_MAX), ("selected fields", self.fields, FIELDS_MAX)] {
            if count > most {
                return Err(too_large(format!("at most {most} {what} in one request; split it")));
            }
        }
        Ok(())
    }
}

/// Refuses lists of introspection inside each other; `lists` counts those above, outside of introspection there are none to count.
fn introspection<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    lists: Option<usize>,
    path: &mut Vec<&'a str>,
) -> Result<()> {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let lists = match (field.node.name.node.as_str(), lists) {
                    ("__schema" | "__type", _) => Some(0),
                    ("fields" | "interfaces" | "possibleTypes" | "inputFields", Some(lists)) => Some(lists + 1),
                    (_, lists) => lists,
                };
                if lists.is_some_and(|lists| lists > INTROSPECTION_MAX) {
                    let message = "introspection is nested too deeply; ask for the types by their names";
                    return Err(too_large(message.to_owned()));
                }
                introspection(document, &field.node.selection_set.node, lists, path)?;
            }
            Selection::InlineFragment(inline) => introspection(document, &inline.node.selection_set.node, lists, path)?,
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                if let Some(fragment) = document.fragments.get(name).filter(|_| !path.contains(&name)) {
                    path.push(name);
                    introspection(document, &fragment.node.selection_set.node, lists, path)?;
                    path.pop();
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn refused(query: &str) -> Option<String> {
        let checked = text(query).and_then(|()| document(&parse_query(query).unwrap()));
        checked.err().map(|fault| fault.into_response().errors[0].message.clone())
    }

    fn nested(open: &str, levels: usize, close: &str) -> String {
        format!("{}{}", open.repeat(levels), close.repeat(levels))
    }

    #[test]
    fn a_text_is_not_parsed_when_it_is_deep_or_long() {
        for deep in [
            format!("{{ node(id: {}) {{ id }} }}", nested("[", 2_000, "]")),
            nested("{a", 2_000, "}"),
            format!("query($a: [X] = {}) {{ a }}", nested("{a:", 2_000, "}")),
            format!("{{ a # {}\n {} }}", "\"", nested("[", 100, "]")),
        ] {
            assert!(refused(&deep).unwrap().contains("brackets"), "{}", &deep[..40]);
        }
        assert!(refused(&format!("{{ viewer {{ {} }} }}", "a ".repeat(40_000))).unwrap().contains("KiB"));
        // Brackets in strings and comments are none.
        let quiet = nested("[", 100, "]");
        for fine in [
            format!("{{ a(b: \"{quiet}\") }}"),
            format!("{{ a(b: \"\\\"{quiet}\") }}"),
            format!("{{ a(b: \"\"\"{quiet} \\\"\"\" \" {quiet}\"\"\") }}"),
            format!("{{ a # {quiet}\n }}"),
            format!("{{ a(b: {}) }}", nested("[", 60, "]")),
        ] {
            assert_eq!(refused(&fine), None, "{fine}");
        }
    }

    #[test]
    fn fragments_unfold_within_bounds_whether_they_are_asked_for_or_not() {
        let chain: Vec<_> = (0..10_000).map(|n| format!("fragment f{n} on User{{...f{}}}", n + 1)).collect();
        let chain = chain.concat();
        let chain = parse_query(format!("{{ viewer {{ ...f0 }} }} {chain} fragment f10000 on User {{ login }}")).unwrap();
        assert!(document(&chain).is_err());
        let bomb: Vec<_> = (0..40).map(|n| format!("fragment f{n} on User {{ ...f{m} ...f{m} }} ", m = n + 1)).collect();
        let bomb = format!("{} fragment f40 on User {{ login }}", bomb.join(" "));
        for operations in
            ["query A { viewer { login } } query B { viewer { ...f0 } }", "{ viewer { login } }", "{ viewer { ...f0 } }"]
        {
            assert!(refused(&format!("{operations} {bomb}")).unwrap().contains("selected fields"), "{operations}");
        }
        let ring = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a viewer { login } }";
        assert_eq!(refused(ring), None, "validation says it better");
        let many: Vec<_> = (0..60).map(|n| format!("query q{n} {{ viewer {{ login }} }} ")).collect();
        assert!(refused(&many.concat()).unwrap().contains("operations"));
    }

    #[test]
    fn introspection_leads_to_the_whole_schema_once() {
        let tool =
            "{ __schema { types { fields { args { type { name } } type { ofType { ofType { name } } } } inputFields { name }
            interfaces { name } possibleTypes { name } } } }";
        assert_eq!(refused(tool), None);
        let pairs = "{ __type(name: \"Node\") { possibleTypes { interfaces { possibleTypes { interfaces { name } } } } } }";
        assert!(refused(pairs).unwrap().contains("introspection"));
        let hidden = "{ __type(name: \"Node\") { ...a } } fragment a on __Type { possibleTypes { ...b } }
            fragment b on __Type { fields { type { fields { name } } } }";
        assert!(refused(hidden).unwrap().contains("introspection"));
        assert_eq!(
            refused("{ a { fields { interfaces { fields { fields { b } } } } } }"),
            None,
            "names of ours are not introspection"
        );
    }
}
