//! The schema itself: committed as it is built, described throughout, closed to strangers.

use std::collections::BTreeSet;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, TypeDefinition, TypeKind, TypeSystemDefinition};
use shpunt_api::graphql::sdl;
use shpunt_domain::access::password;

use super::Api;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/schema.graphql");

#[test]
fn the_committed_schema_is_the_built_one() {
    if std::env::var_os("SHPUNT_BLESS").is_some() {
        std::fs::write(COMMITTED, sdl()).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == sdl(), "api/schema.graphql differs from the code: run `cargo xtask bless` and commit it");
}

/// Every type of the schema.
pub(super) fn types() -> Vec<TypeDefinition> {
    let document = parse_schema(sdl()).unwrap();
    document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        })
        .collect()
}

#[test]
fn everything_is_described_and_named_in_russian() {
    let mut silent = Vec::new();
    let mut check = |place: String, text: Option<&str>, in_russian: bool| {
        let text = text.unwrap_or_default();
        let russian = text.chars().any(|letter| ('а'..='я').contains(&letter) || ('А'..='Я').contains(&letter));
        if text.len() < 4 || (in_russian && !russian) {
            silent.push(format!("{place}: {text}"));
        }
    };
    for definition in types() {
        let name = definition.name.node.as_str();
        let said = |text: &Option<async_graphql::Positioned<String>>| text.as_ref().map(|text| text.node.clone());
        check(name.to_owned(), said(&definition.description).as_deref(), !name.ends_with("Payload"));
        let fields = match &definition.kind {
            TypeKind::Object(object) => object.fields.as_slice(),
            TypeKind::Interface(interface) => interface.fields.as_slice(),
            _ => &[],
        };
        for field in fields {
            let field = &field.node;
            check(format!("{name}.{}", field.name.node), said(&field.description).as_deref(), true);
            for argument in &field.arguments {
                let place = format!("{name}.{}({})", field.name.node, argument.node.name.node);
                check(place, said(&argument.node.description).as_deref(), true);
            }
        }
        match &definition.kind {
            TypeKind::InputObject(input) => {
                for field in &input.fields {
                    check(format!("{name}.{}", field.node.name.node), said(&field.node.description).as_deref(), true);
                }
            }
            TypeKind::Enum(of) => {
                for value in &of.values {
                    check(format!("{name}.{}", value.node.value.node), said(&value.node.description).as_deref(), true);
                }
            }
            _ => {}
        }
    }
    assert!(silent.is_empty(), "without a description that names the thing in Russian too:\n{}", silent.join("\n"));
}

#[test]
fn the_length_of_a_password_is_told_as_it_is() {
    let told = format!("The password, {} to {} characters", password::MIN_LENGTH, password::MAX_LENGTH);
    assert!(sdl().contains(&told), "{told}");
}

#[test]
fn every_scalar_says_where_it_is_specified() {
    for definition in types() {
        if let TypeKind::Scalar = definition.kind {
            let name = &definition.name.node;
            assert!(definition.directives.iter().any(|directive| directive.node.name.node == "specifiedBy"), "{name}");
        }
    }
}

/// The kinds of operations with their root types.
pub(super) const ROOTS: [(&str, &str); 3] = [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")];

/// The root fields of one of [`ROOTS`], each with arguments that pass validation.
pub(super) fn root_fields(root: &str) -> Vec<(String, String)> {
    let types = types();
    let found = types.iter().find(|definition| definition.name.node == root).unwrap();
    let TypeKind::Object(object) = &found.kind else { panic!("{root} is an object") };
    let leads_on = |field: &FieldDefinition| {
        let target = field.ty.node.to_string();
        types.iter().any(|of| of.name.node == *target.trim_matches(['[', ']', '!']) && is_composite(of))
    };
    let ask = |field: &FieldDefinition| {
        let selection = if leads_on(field) { " { __typename }" } else { "" };
        format!("{}{selection}", called(&types, field))
    };
    object.fields.iter().map(|field| (field.node.name.node.to_string(), ask(&field.node))).collect()
}

/// Whether something can be selected of the type.
pub(super) fn is_composite(of: &TypeDefinition) -> bool {
    matches!(of.kind, TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_))
}

/// A field with arguments that pass validation.
pub(super) fn called(types: &[TypeDefinition], field: &FieldDefinition) -> String {
    let needed =
        field.arguments.iter().filter(|argument| !argument.node.ty.node.nullable && argument.node.default_value.is_none());
    let arguments: Vec<_> = needed
        .map(|argument| {
            let (name, of) = (&argument.node.name.node, argument.node.ty.node.to_string());
            format!("{name}: {}", sample(types, name, &of))
        })
        .collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    format!("{}{arguments}", field.name.node)
}

/// A literal of a type for an argument or a field of this name.
fn sample(types: &[TypeDefinition], named: &str, of: &str) -> String {
    let name = of.trim_matches(['[', ']', '!']);
    if of.starts_with('[') {
        return format!("[{}]", sample(types, named, name));
    }
    let definition = types.iter().find(|definition| definition.name.node == name);
    match (name, definition.map(|definition| (&definition.kind, definition))) {
        ("ID", _) => format!("\"{}_404\"", what(named)),
        ("Int", _) => "1".to_owned(),
        ("Boolean", _) => "true".to_owned(),
        ("Decimal", _) => r#""1.00""#.to_owned(),
        ("Date", _) => r#""2026-02-01""#.to_owned(),
        (_, Some((TypeKind::Enum(of), _))) => of.values[0].node.value.node.to_string(),
        (_, Some((TypeKind::InputObject(input), definition))) => {
            let one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
            let needed = input
                .fields
                .iter()
                .filter(|field| one_of || (!field.node.ty.node.nullable && field.node.default_value.is_none()));
            let fields: Vec<_> = needed
                .take(if one_of { 1 } else { usize::MAX })
                .map(|field| {
                    format!("{}: {}", field.node.name.node, sample(types, &field.node.name.node, &field.node.ty.node.to_string()))
                })
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        _ => r#""x""#.to_owned(),
    }
}

/// What an id of this name is an id of.
fn what(named: &str) -> String {
    match named.trim_end_matches("Id") {
        "supplier" | "customer" => "party".to_owned(),
        "manager" => "employee".to_owned(),
        "fromAccount" | "toAccount" | "cashAccount" => "cash_account".to_owned(),
        "advance" | "debt" => "settlement_item".to_owned(),
        "dutyConflict" => "duty_conflict".to_owned(),
        "customerGroup" => "customer_group".to_owned(),
        "priceList" => "price_list".to_owned(),
        // `deal(id:)` and the like: an id of anything shows that the field can be reached.
        "id" | "ids" => "deal".to_owned(),
        other => other.to_owned(),
    }
}

#[tokio::test]
async fn strangers_reach_no_resolver() {
    let api = Api::new().await;
    let mut open = BTreeSet::new();
    for (operation, root) in ROOTS {
        for (name, ask) in root_fields(root) {
            let response = api.stranger(&format!("{operation} {{ {ask} }}")).await;
            if response.codes() == ["UNAUTHENTICATED"] {
                assert!(response.data().is_null(), "{name}");
            } else {
                open.insert(name);
            }
        }
    }
    assert_eq!(open.into_iter().collect::<Vec<_>>(), ["sessionContinue", "sessionCreate", "signInProvider", "viewer"]);
    let types = api.stranger("{ __schema { queryType { name } } __type(name: \"Deal\") { name } __typename }").await;
    assert_eq!(types.data()["__type"]["name"], "Deal");
}

#[tokio::test]
async fn the_query_of_introspection_fits_the_limits() {
    let api = Api::new().await;
    let of_type = (0..9).fold("kind name".to_owned(), |inner, _| format!("kind name ofType {{ {inner} }}"));
    let query = format!(
        "{{ __schema {{ description queryType {{ name }} mutationType {{ name }} types {{ ...T }}
             directives {{ name description isRepeatable locations args {{ ...I }} }} }} }}
         fragment T on __Type {{ kind name description specifiedByURL fields(includeDeprecated: true) {{ name description
             args(includeDeprecated: true) {{ ...I }} type {{ ...R }} isDeprecated deprecationReason }}
             inputFields {{ ...I }} interfaces {{ ...R }} enumValues(includeDeprecated: true) {{ name description }} possibleTypes {{ ...R }} }}
         fragment I on __InputValue {{ name description type {{ ...R }} defaultValue }}
         fragment R on __Type {{ {of_type} }}"
    );
    let response = api.stranger(&query).await;
    assert!(response.codes().is_empty(), "{:?}", response.codes());
}
