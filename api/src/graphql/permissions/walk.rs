//! The walk over the fields an operation asks for.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned, Value as Constant};
use async_graphql_value::Value;
use shpunt_domain::access::{Actor, Due, Permission};

use super::declared::OPEN_WHILE_DUE;
use super::{Declared, FIELDS, Need, names};
use crate::graphql::error::{Fault, FaultCode, Result};
use crate::graphql::shape;

/// The variables that are booleans: what `@skip` and `@include` may stand on.
pub(crate) type Flags = HashMap<Name, bool>;

/// Refuses an operation that asks for something its caller may not. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub(crate) fn check(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    flags: &Flags,
    actor: Option<&Actor>,
    due: Option<Due>,
) -> Result<()> {
    let root = shape::root(operation.ty);
    Walk { document, flags, actor, due, root, seen: HashSet::new() }.selection(root, &operation.selection_set.node)
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    flags: &'a Flags,
    actor: Option<&'a Actor>,
    due: Option<Due>,
    root: &'static str,
    /// Fragments say of which type they are, so each is walked once.
    seen: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn selection(&mut self, of: &'a str, set: &'a SelectionSet) -> Result<()> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) if !is_left_out(self.flags, &field.node.directives) => {
                    let name = field.node.name.node.as_str();
                    // What does not exist is refused by validation, which says it better; `__typename` and its kin are open.
                    if let Some(declared) = FIELDS.get(of).and_then(|fields| fields.get(name)) {
                        let is_root = of == self.root;
                        if let Some(due) = self.due.filter(|due| is_root && !is_open_while(*due, name)) {
                            return Err(due_first(due));
                        }
                        admit(of, name, declared, self.actor, is_root)?;
                        self.selection(declared.target, &field.node.selection_set.node)?;
                    }
                }
                Selection::InlineFragment(inline) if !is_left_out(self.flags, &inline.node.directives) => {
                    let on = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                    self.selection(on, &inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) if !is_left_out(self.flags, &spread.node.directives) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some(fragment) = self.document.fragments.get(name).filter(|_| self.seen.insert(name)) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.selection(on, &fragment.node.selection_set.node)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether `@skip` or `@include` leaves it out for certain.
pub(super) fn is_left_out(flags: &Flags, directives: &[Positioned<Directive>]) -> bool {
    directives.iter().any(|directive| {
        let left_out_if = match directive.node.name.node.as_str() {
            "skip" => true,
            "include" => false,
            _ => return false,
        };
        let value = match directive.node.get_argument("if").map(|value| &value.node) {
            Some(Value::Boolean(value)) => Some(*value),
            Some(Value::Variable(name)) => flags.get(name).copied(),
            _ => None,
        };
        value == Some(left_out_if)
    })
}

/// Refuses a caller who may not ask for one field, where only an argument tells which. Errors: `UNAUTHENTICATED`, `FORBIDDEN`.
pub(crate) fn check_field(of: &str, name: &str, actor: Option<&Actor>) -> Result<()> {
    let declared = FIELDS.get(of).and_then(|fields| fields.get(name));
    declared.map_or_else(|| Err(unopened(of, name)), |declared| admit(of, name, declared, actor, true))
}

fn unopened(of: &str, name: &str) -> Fault {
    Fault::forbidden(format!("`{of}.{name}` is open to nobody yet; tell your administrator"))
}

fn admit(of: &str, name: &str, declared: &Declared, actor: Option<&Actor>, is_root: bool) -> Result<()> {
    let Some([own, target]) = declared.needs else { return Err(unopened(of, name)) };
    for (need, is_door) in [(own, is_root), (target, false)] {
        match (need, actor) {
            (Need::Public, _) | (Need::Login, Some(_)) => {}
            // A stranger gets below an open root field only, where there is nothing of others.
            (Need::Login, None) if !is_door => {}
            (Need::Login | Need::Session | Need::Of(_), None) => return Err(Fault::unauthenticated()),
            (Need::Session, Some(actor)) if actor.within.is_none() => {}
            (Need::Session, Some(_)) => {
                let message = format!("`{of}.{name}` is refused to tokens; sign in with a password: sessionCreate");
                return Err(Fault::forbidden(message));
            }
            (Need::Of(permission), Some(actor)) if actor.may(permission) => {}
            (Need::Of(permission), Some(actor)) => return Err(lacking(of, name, permission, actor)),
        }
    }
    Ok(())
}

fn lacking(of: &str, name: &str, permission: Permission, actor: &Actor) -> Fault {
    let needed = permission.as_str().to_uppercase();
    let why = if actor.role.permits(permission) {
        "which this token was not given; leave it out, or make a token that has it".to_owned()
    } else {
        let role = actor.role.as_str().to_uppercase();
        format!("which the role {role} does not give; leave it out, or ask the director")
    };
    Fault::forbidden(format!("`{of}.{name}` needs the permission {needed}, {why}"))
}

fn is_open_while(due: Due, root_field: &str) -> bool {
    OPEN_WHILE_DUE.iter().any(|(of, fields)| *of == due && names(fields, root_field))
}

fn due_first(due: Due) -> Fault {
    match due {
        Due::PasswordChange => {
            Fault::new(FaultCode::PasswordChangeNeeded, "somebody else gave you this password; change it first: passwordChange")
        }
        Due::SecondFactor => Fault::new(
            FaultCode::SecondFactorEnrolmentNeeded,
            "your role asks for a second factor; set one up first: totpEnrol, then totpConfirm",
        ),
    }
}

/// The booleans among some variables.
pub(crate) fn flags<'a>(variables: impl Iterator<Item = (&'a Name, &'a Constant)>) -> Flags {
    variables
        .filter_map(|(name, value)| if let Constant::Boolean(value) = value { Some((name.clone(), *value)) } else { None })
        .collect()
}
