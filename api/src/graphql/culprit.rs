//! Where in the input of a mutation an error lies: found in what the client sent, so that the path names the fields as the client knows them.

use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{Context, Name, QueryPathSegment, Value};
use shpunt_domain::{Code, Error};

use super::ids::split;

/// What an error says of its place.
#[derive(Debug, Clone)]
pub(crate) enum Culprit {
    /// At this field, as the domain calls it: the parts of a path.
    Field(Vec<String>),
    /// The value that names a row nobody found: its type, if ids say it, and its number or name.
    Row(String, String),
    /// Where a rule is about one of these fields; the message may name the value.
    OneOf(&'static [&'static str], String),
    /// Nowhere in particular.
    Nowhere,
}

/// A place in the input.
type Path = Vec<String>;

impl Culprit {
    /// What an error says of its place.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Invalid { path, .. } => {
                Self::Field(path.split('.').filter(|part| *part != "input").map(str::to_owned).collect())
            }
            Error::NotFound { what, id } => Self::Row(prefix(what), id.clone()),
            Error::Stale { .. } => Self::Field(vec!["expectedVersion".to_owned()]),
            Error::Rejected { code, message } | Error::Conflict { code, message } => match suspects(*code) {
                [] => Self::Nowhere,
                fields => Self::OneOf(fields, message.clone()),
            },
            Error::Forbidden { .. } | Error::Internal { .. } => Self::Nowhere,
        }
    }

    /// Its path in the arguments of the mutation the running field belongs to.
    pub(crate) fn path(&self, ctx: &Context<'_>) -> Option<Path> {
        let input = argument(ctx);
        let found = input.as_ref().and_then(|input| self.within(input));
        let inside = match (found, self) {
            (Some(inside), _) => inside,
            // What was left out stands nowhere: as the domain calls it.
            (None, Self::Field(parts)) => parts.clone(),
            (None, _) => return None,
        };
        Some(std::iter::once("input".to_owned()).chain(inside).collect())
    }

    fn within(&self, input: &Value) -> Option<Path> {
        let mut leaves = Vec::new();
        collect(input, &mut Vec::new(), &mut leaves);
        match self {
            Self::Field(parts) if parts.is_empty() => {
                only(leaves.into_iter().filter(|(_, value)| matches!(value, Value::String(text) if text.contains('\0'))))
            }
            Self::Field(parts) => ending(&leaves, parts),
            Self::Row(of, id) => {
                let named = |value: &Value, exact: bool| match value {
                    Value::String(text) => {
                        split(text).is_some_and(|(prefix, number)| number.to_string() == *id && (!exact || prefix == of))
                            || (!exact && text == id)
                    }
                    _ => false,
                };
                let exact = leaves.iter().find(|(_, value)| named(value, true)).map(|(path, _)| path.clone());
                exact.or_else(|| only(leaves.into_iter().filter(|(_, value)| named(value, false))))
            }
            Self::OneOf(fields, message) => {
                let suspected: Vec<_> = leaves.into_iter().filter(|(path, _)| is_suspected(path, fields)).collect();
                let said =
                    |value: &Value| matches!(value, Value::String(text) if !text.is_empty() && message.contains(text.as_str()));
                let named = only(suspected.iter().filter(|(_, value)| said(value)).cloned());
                named.or_else(|| only(suspected.into_iter()))
            }
            Self::Nowhere => None,
        }
    }
}

/// What ids of a row begin with that people call so.
fn prefix(what: &str) -> String {
    match what {
        "goods" => "product".to_owned(),
        "free batch of this product" | "preliminary receipt of batch" | "batch in transit" => "batch".to_owned(),
        "claim" | "advance" => "settlement_item".to_owned(),
        "quote of carrier" => "party".to_owned(),
        what => what.replace(' ', "_"),
    }
}

/// The fields a rule may be about, in the words of the inputs; `*On` stands for every day.
const fn suspects(code: Code) -> &'static [&'static str] {
    match code {
        Code::DateInFuture
        | Code::DateBeforeFirstDay
        | Code::DateTooEarly
        | Code::DateBeforeOrder
        | Code::PeriodClosed
        | Code::TaxRegimeMissing => &["*On", "on"],
        Code::ArticleMismatch => &["articleId"],
        Code::BatchMismatch => &["batchId"],
        Code::BatchShort | Code::BatchReserved | Code::ReturnExceeded => &["pieces"],
        Code::PartyMismatch => &["partyId", "supplierId", "carrierId", "customerId"],
        Code::CompanyMismatch => &["companyId", "contractId", "cashAccountId", "toAccountId"],
        Code::CashShort | Code::NothingToOffset | Code::PaymentRequestMismatch => &["amount"],
        Code::PaymentRequestNeeded | Code::PaymentRequestStatus => &["paymentRequestId"],
        Code::LostReasonRequired => &["lostReason"],
        Code::StageUnknown => &["stage", "toStage"],
        Code::IdempotencyConflict => &["idempotencyKey"],
        Code::AlreadyExists => &["number", "name", "login", "code", "inn", "sku", "email", "externalId"],
        Code::RateMissing | Code::CurrencyMismatch => &["currency"],
        Code::ProductMismatch | Code::LengthMismatch => &["productId"],
        Code::RoleAboveOwn => &["role", "userId"],
        Code::OrderStatus => &["orderId"],
        Code::DealClosed => &["dealId"],
        Code::OfferStatus | Code::ApprovalRequired => &["offerId"],
        Code::SupplierOrderStatus => &["supplierOrderId"],
        _ => &[],
    }
}

fn is_suspected(path: &Path, fields: &[&str]) -> bool {
    let Some(field) = path.last() else { return false };
    fields.iter().any(|suspect| match suspect.strip_prefix('*') {
        Some(end) => field.ends_with(end),
        None => field == suspect,
    })
}

/// The only one of the places, `None` when there is none or a choice.
fn only(mut places: impl Iterator<Item = (Path, Value)>) -> Option<Path> {
    let first = places.next()?.0;
    places.next().is_none().then_some(first)
}

/// The place that ends with these parts, or else whose field does with the last of them (`password` is `newPassword`).
fn ending(leaves: &[(Path, Value)], parts: &[String]) -> Option<Path> {
    let whole = |path: &Path| path.ends_with(parts);
    // A list or an object that is wrong as a whole lies above what was sent.
    let above =
        |path: &Path| path.windows(parts.len()).position(|window| window == parts).map(|at| path[..at + parts.len()].to_vec());
    let mut found: Vec<Path> = leaves.iter().map(|(path, _)| path).filter(|path| whole(path)).cloned().collect();
    if found.is_empty() {
        found = leaves.iter().filter_map(|(path, _)| above(path)).collect();
        found.dedup();
    }
    if found.is_empty() {
        let last = parts.last()?.to_lowercase();
        let like = |path: &Path| path.last().is_some_and(|field| field.to_lowercase().ends_with(&last));
        found = leaves.iter().map(|(path, _)| path).filter(|path| like(path)).cloned().collect();
    }
    (found.len() == 1).then(|| found.remove(0))
}

fn collect(value: &Value, path: &mut Path, leaves: &mut Vec<(Path, Value)>) {
    let mut inside = |part: String, value: &Value| {
        path.push(part);
        collect(value, path, leaves);
        path.pop();
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| inside(name.to_string(), value)),
        Value::List(items) => items.iter().enumerate().for_each(|(at, value)| inside(at.to_string(), value)),
        leaf => leaves.push((path.clone(), leaf.clone())),
    }
}

/// What was sent as `input` to the mutation whose answer is being written.
fn argument(ctx: &Context<'_>) -> Option<Value> {
    let mut node = ctx.path_node.as_ref()?;
    while let Some(parent) = node.parent {
        node = parent;
    }
    let QueryPathSegment::Name(key) = node.segment else { return None };
    let field = root(ctx, &ctx.query_env.operation.node.selection_set.node, key)?;
    let given = &field.arguments.iter().find(|(name, _)| name.node == "input")?.1.node;
    let variables = |name: Name| Ok::<_, ()>(ctx.query_env.variables.get(&name).cloned().unwrap_or_default());
    given.clone().into_const_with(variables).ok()
}

/// The field of the operation that answers under `key`.
fn root<'a>(ctx: &Context<'a>, set: &'a SelectionSet, key: &str) -> Option<&'a Field> {
    set.items.iter().find_map(|item| match &item.node {
        Selection::Field(field) => (field.node.response_key().node == key).then_some(&field.node),
        Selection::InlineFragment(inline) => root(ctx, &inline.node.selection_set.node, key),
        Selection::FragmentSpread(spread) => {
            let fragment = ctx.query_env.fragments.get(&spread.node.fragment_name.node)?;
            root(ctx, &fragment.node.selection_set.node, key)
        }
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn found(culprit: &Culprit, input: &Value) -> Option<String> {
        culprit.within(input).map(|path| path.join("."))
    }

    fn field(path: &str) -> Culprit {
        Culprit::of(&Error::invalid(path, "wrong"))
    }

    #[test]
    fn a_field_is_named_as_the_client_sent_it() {
        let input = value!({ "newPassword": "x", "terms": { "note": "a", "lines": [{ "pieces": 1 }, { "pieces": 2 }] } });
        for (path, at) in [
            ("password", Some("newPassword")),
            ("note", Some("terms.note")),
            ("lines.1.pieces", Some("terms.lines.1.pieces")),
            ("lines.1", Some("terms.lines.1")),
            ("lines", Some("terms.lines")),
            ("pieces", None),
            ("dueOn", None),
        ] {
            assert_eq!(found(&field(path), &input).as_deref(), at, "{path}");
        }
        let dark = value!({ "name": "a", "note": "a\u{0}b" });
        assert_eq!(found(&field("input"), &dark).as_deref(), Some("note"));
    }

    #[test]
    fn a_row_that_is_not_there_is_where_its_id_stands() {
        let input = value!({ "companyId": "company_7", "partyId": "party_7", "deals": ["deal_1", "deal_4"], "profile": "Л9" });
        let missing = |what, id: &str| Culprit::of(&Error::not_found(what, id));
        for (what, id, at) in [
            ("company", "7", Some("companyId")),
            ("party", "7", Some("partyId")),
            ("deal", "4", Some("deals.1")),
            ("goods line", "4", Some("deals.1")),
            ("supplier", "7", None),
            ("profile", "Л9", Some("profile")),
            ("article", "404", None),
        ] {
            assert_eq!(found(&missing(what, id), &input).as_deref(), at, "{what} {id}");
        }
    }

    #[test]
    fn a_rule_is_about_the_value_it_names() {
        let input = value!({ "issuedOn": "2026-02-01", "effectiveOn": "2026-03-01", "articleId": "article_1", "amount": "5" });
        let refused = |code, message: &str| Culprit::of(&Error::rejected(code, message));
        let future = refused(Code::DateInFuture, "2026-03-01 lies in the future");
        assert_eq!(found(&future, &input).as_deref(), Some("effectiveOn"));
        assert_eq!(found(&refused(Code::PeriodClosed, "the month is closed"), &input), None, "one of two days");
        assert_eq!(found(&refused(Code::ArticleMismatch, "no"), &input).as_deref(), Some("articleId"));
        assert_eq!(found(&refused(Code::StillInUse, "no"), &input), None);
    }
}
