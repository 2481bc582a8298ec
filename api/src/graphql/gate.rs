//! What a request must pass before it is executed: it parses, it is not too wide, and its caller may ask every field of it.
//!
//! Invariant: a field is closed to everybody unless [`permissions`] declares whom it is open to.

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Request, ServerError};
use shpunt_domain::access::audit::Read;

use super::audit::recorder;
use super::bounds;
use super::caller::Caller;
use super::error::{Fault, FaultCode, Result};
use super::permissions;
use super::variables::{self, Missing};

/// The page sends one root field at a time; a script rarely needs more than a handful.
const ROOT_FIELDS_MAX: usize = 20;

/// Lets the request in, or answers for it; returns what of it is recorded. The document is parsed here, once.
pub(super) fn admit(request: &mut Request, caller: &Caller) -> Result<Vec<Read>> {
    let name = request.operation_name.clone();
    let given: Vec<Name> = request.variables.keys().cloned().collect();
    let mut flags = permissions::flags(request.variables.iter());
    bounds::text(&request.query)?;
    let document = match request.parsed_query() {
        Ok(document) => document,
        Err(error) => return Err(Fault::new(FaultCode::ParseFailed, parse_message(&error))),
    };
    bounds::document(document)?;
    // A request without a clear operation is refused by validation, which says it better.
    let Some(operation) = operation(document, name.as_deref()) else { return Ok(Vec::new()) };
    check(document, operation)?;
    let Missing { defaults, absent, required } = Missing::of(operation, &given);
    flags.extend(permissions::flags(defaults.iter().map(|(name, value)| (name, value))));
    permissions::check(document, operation, &flags, caller.actor().as_ref(), caller.due())?;
    if let Some((name, of)) = required {
        let message = format!("Variable \"${name}\" of the type `{of}` has no value; send one in `variables`");
        return Err(Fault::new(FaultCode::BadUserInput, message));
    }
    let touched = permissions::touched(document, operation, &flags);
    let pruned = (!absent.is_empty()).then(|| variables::without(document, &absent));
    request.variables.extend(defaults);
    if let Some(document) = pruned {
        request.set_parsed_query(document);
    }
    Ok(touched.into_iter().map(|touched| recorder::read(touched, &request.variables)).collect())
}

/// The operation a request asks for.
pub(super) fn operation<'a>(document: &'a ExecutableDocument, wanted: Option<&str>) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = match wanted {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name == wanted)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    found.map(|(_, operation)| &operation.node)
}

fn check(document: &ExecutableDocument, operation: &OperationDefinition) -> Result<()> {
    let selection = &operation.selection_set.node;
    // The specification allows one field; the library would pass over a fragment, so that nothing were ever told.
    if operation.ty == OperationType::Subscription && !is_one_field(selection) {
        let message = "a subscription selects one field, and not by a fragment; open another for the next";
        return Err(Fault::new(FaultCode::ValidationFailed, message));
    }
    let mut roots = Vec::new();
    root_fields(document, selection, &mut roots, &mut Vec::new());
    if roots.len() > ROOT_FIELDS_MAX {
        let message = format!("at most {ROOT_FIELDS_MAX} root fields in one request; split it");
        return Err(Fault::new(FaultCode::QueryTooLarge, message));
    }
    // The library would do it twice.
    let twice = |(at, field): &(usize, &&Field)| roots[..*at].iter().any(|before| before.response_key() == field.response_key());
    if operation.ty == OperationType::Mutation
        && let Some((_, field)) = roots.iter().enumerate().find(twice)
    {
        let message =
            format!("the mutation selects `{}` twice; once is enough, or give the second an alias", field.response_key().node);
        return Err(Fault::new(FaultCode::ValidationFailed, message));
    }
    Ok(())
}

fn is_one_field(selection: &SelectionSet) -> bool {
    match selection.items.as_slice() {
        [only] => matches!(&only.node, Selection::Field(field) if !field.node.name.node.starts_with("__")),
        _ => false,
    }
}

/// How many passwords the operation of a request would have to be hashed; none of one that will not be admitted.
pub(super) fn passwords(document: &ExecutableDocument, operation: &OperationDefinition) -> usize {
    if bounds::document(document).is_err() {
        return 0;
    }
    let mut roots = Vec::new();
    root_fields(document, &operation.selection_set.node, &mut roots, &mut Vec::new());
    roots
        .iter()
        .filter(|field| {
            let tries = ["sessionCreate", "sessionContinue", "passwordChange", "totpEnrol", "totpRemove"];
            tries.contains(&field.name.node.as_str())
        })
        .count()
}

/// The root fields, through fragments, each as often as it stands there.
fn root_fields<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, roots: &mut Vec<&'a Field>, path: &mut Vec<&'a str>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => roots.push(&field.node),
            Selection::InlineFragment(inline) => root_fields(document, &inline.node.selection_set.node, roots, path),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let Some(fragment) = document.fragments.get(name).filter(|_| !path.contains(&name.as_str())) {
                    path.push(name);
                    root_fields(document, &fragment.node.selection_set.node, roots, path);
                    path.pop();
                }
            }
        }
    }
}

/// The parser draws a picture of several lines; the last one says what it expected.
fn parse_message(error: &ServerError) -> String {
    let expected = error.message.lines().last().unwrap_or_default().trim().trim_start_matches("= ");
    let at = error.locations.first().map(|at| format!(" at {}:{}", at.line, at.column)).unwrap_or_default();
    format!("the document is not GraphQL{at}: {expected}")
}

#[cfg(test)]
mod tests {
    use async_graphql::Value;
    use shpunt_analytics::reports::Language;

    use super::*;

    fn stranger() -> Caller {
        Caller::new(None, Language::Ru, "r")
    }

    fn refused(query: &str, name: Option<&str>) -> Option<String> {
        let mut request = Request::new(query);
        request.operation_name = name.map(str::to_owned);
        admit(&mut request, &stranger()).err().map(|fault| fault.into_response().errors[0].message.clone())
    }

    #[test]
    fn strangers_reach_nothing_through_fragments_either() {
        for query in [
            "{ deals { nodes { id } } }",
            "{ viewer { login } deals { nodes { id } } }",
            "{ x: deals { nodes { id } } }",
            "{ ... on Query { deals { nodes { id } } } }",
            "{ ...a } fragment a on Query { ...b } fragment b on Query { deals { nodes { id } } }",
            "{ ...a } fragment a on Query { ...a deals { nodes { id } } }",
            "mutation { sessionDelete { userErrors { code } } }",
        ] {
            assert!(refused(query, None).unwrap().contains("sign in"), "{query}");
        }
        let two = "query a { viewer { login } } query b { deals { nodes { id } } }";
        assert_eq!(refused(two, Some("a")), None);
        assert!(refused(two, Some("b")).is_some());
        for query in ["{ viewer { login } __typename }", "{ __schema { types { name } } }"] {
            assert_eq!(refused(query, None), None, "{query}");
        }
    }

    #[test]
    fn floods_are_refused() {
        let aliases: Vec<_> = (0..60).map(|n| format!("a{n}: login")).collect();
        assert!(refused(&format!("{{ viewer {{ {} }} }}", aliases.join(" ")), None).unwrap().contains("aliases"));
        let roots = "viewer { login } ".repeat(30);
        assert!(refused(&format!("{{ {roots} }}"), None).unwrap().contains("root fields"));
        let bomb: Vec<_> = (0..30).map(|n| format!("fragment f{n} on User {{ ...f{m} ...f{m} login }} ", m = n + 1)).collect();
        let query = format!("{{ viewer {{ ...f0 }} }} {} fragment f30 on User {{ login }}", bomb.join(" "));
        assert!(refused(&query, None).unwrap().contains("selected fields"));
    }

    #[test]
    fn a_subscription_is_one_field() {
        for query in [
            "subscription { dealChanged { consistencyToken } orderChanged { consistencyToken } }",
            "subscription { ...s } fragment s on Subscription { dealChanged { consistencyToken } }",
            "subscription { ... { dealChanged { consistencyToken } } }",
            "subscription { __typename }",
        ] {
            assert!(refused(query, None).unwrap().contains("one field"), "{query}");
        }
        assert!(refused("subscription { dealChanged { consistencyToken } }", None).unwrap().contains("sign in"));
    }

    #[test]
    fn what_does_not_parse_says_why_in_one_line() {
        let message = refused("{ viewer { login", None).unwrap();
        assert!(message.starts_with("the document is not GraphQL at 1:17: expected") && !message.contains('\n'), "{message}");
    }

    #[test]
    fn what_must_be_sent_is_asked_for_wherever_it_stands() {
        for query in [
            "query($a: Boolean!) { viewer { login @include(if: $a) } }",
            "query($a: Boolean!) { viewer @skip(if: $a) { login } }",
            "query($a: [Int!]!) { viewer { login } }",
        ] {
            assert!(refused(query, None).unwrap().contains("\"$a\" of the type"), "{query}");
        }
    }

    #[test]
    fn defaults_of_variables_are_filled_in() {
        let mut request = Request::new("query($a: Boolean = true, $b: Int) { viewer { login @include(if: $a) } }");
        admit(&mut request, &stranger()).unwrap();
        assert_eq!(request.variables.get("a"), Some(&Value::from(true)));
        assert_eq!(request.variables.get("b"), None);
    }
}
