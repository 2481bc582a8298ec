//! Who may ask what: the fields an operation selects, held against what their caller's role permits, before anything is executed.
//!
//! Invariants: a field that is not declared is refused to everybody; one forbidden field refuses the whole operation with `FORBIDDEN`, so
//! that no part of a forbidden answer is ever computed. A field left out by `@skip` or `@include` is not asked for.

mod declared;
mod walk;

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, TypeKind, TypeSystemDefinition};
use async_graphql::{Enum, Positioned};
use shpunt_domain::access;

use super::sdl;
pub use declared::Need;
pub(super) use walk::{check, flags};

/// One thing that can be permitted (право).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "access::Permission")]
pub(crate) enum Permission {
    /// Companies, channels, products, warehouses, articles, accounts, people (справочники).
    SeeReference,
    /// Parties, contacts and contracts (контрагенты).
    SeeParties,
    /// Batches in pieces, metres and tonnes (склад).
    SeeStock,
    /// What goods cost, in batches, reports and entries (себестоимость).
    SeeCost,
    /// Deals and their stages (сделки).
    SeeDeals,
    /// Orders without money (заказы).
    SeeOrders,
    /// Prices and amounts of orders, deals and documents (цены и суммы).
    SeePrices,
    /// Margins and gross profit (маржа).
    SeeMargin,
    /// Direct expenses of orders (прямые расходы).
    SeeExpenses,
    /// Documents (документы).
    SeeDocuments,
    /// Debts and advances (взаиморасчёты).
    SeeSettlements,
    /// Payments (платежи).
    SeePayments,
    /// Accounts, cash desks and cash flow (деньги).
    SeeMoney,
    /// Ledger entries; without cost, only those of sales accounts (проводки).
    SeeEntries,
    /// Income and expense, the balance (финансовый результат).
    SeeResults,
    /// The funnel (воронка).
    SeeFunnel,
    /// Logins and their roles (пользователи).
    SeeUsers,
    /// Change parties, contacts and contracts (вести контрагентов).
    EditParties,
    /// Change products (вести номенклатуру).
    EditProducts,
    /// Change deals (вести сделки).
    EditDeals,
    /// Give deals to another manager (передавать сделки).
    HandOverDeals,
    /// Import leads and wins from files (загружать сделки).
    ImportDeals,
    /// Change orders (вести заказы).
    EditOrders,
    /// Ship and deliver orders (отгружать заказы).
    ShipOrders,
    /// Record direct expenses of orders (записывать прямые расходы).
    AddExpenses,
    /// Receive goods (приходовать товар).
    ReceiveGoods,
    /// Record payments and transfers, open accounts (проводить платежи).
    RecordMoney,
    /// Accrue expenses and offset advances (начислять и зачитывать).
    PostBooks,
    /// Change channels (вести каналы).
    ManageChannels,
    /// Own companies, tax regimes, warehouses (настройки).
    ManageSettings,
    /// People and logins (сотрудники и пользователи).
    ManagePeople,
}

/// A field of the schema.
struct Declared {
    /// Of the field, and of the type it leads to; `None` = nobody declared it.
    needs: Option<[Need; 2]>,
    /// The type it leads to.
    target: String,
}

/// The fields of the schema by type and name, with what they need.
static FIELDS: LazyLock<HashMap<String, HashMap<String, Declared>>> = LazyLock::new(fields);

fn fields() -> HashMap<String, HashMap<String, Declared>> {
    // The text of the schema is what clients see; one that could not be parsed would leave no field declared, that is all refused.
    let document = parse_schema(sdl()).map(|document| document.definitions).unwrap_or_default();
    let mut types = HashMap::new();
    for definition in document {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let fields = match &definition.node.kind {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            _ => continue,
        };
        let name = definition.node.name.node.to_string();
        let declared = fields.iter().map(|field| declare(&name, field)).collect();
        types.insert(name, declared);
    }
    types
}

fn declare(of: &str, field: &Positioned<FieldDefinition>) -> (String, Declared) {
    let name = field.node.name.node.to_string();
    let mut base = &field.node.ty.node.base;
    let target = loop {
        match base {
            BaseType::Named(name) => break name.to_string(),
            BaseType::List(inner) => base = &inner.base,
        }
    };
    let own = of_field(of, &name).or_else(|| of_type(of));
    // A scalar asks for nothing of its own.
    let needs = own.map(|own| [own, of_type(&target).unwrap_or(own)]);
    (name, Declared { needs, target })
}

fn of_field(of: &str, field: &str) -> Option<Need> {
    let row = |(_, of_row, fields): &&(Need, &str, &str)| *of_row == of && names(fields, field);
    declared::FIELDS.iter().find(row).map(|(need, ..)| *need)
}

fn of_type(name: &str) -> Option<Need> {
    declared::TYPES.iter().find(|(_, types)| names(types, name)).map(|(need, _)| *need)
}

fn names(list: &str, name: &str) -> bool {
    list.split(' ').any(|word| word == name)
}

/// Every field of the schema, sorted, with what it needs of its caller; `None` where nothing is declared.
pub fn declarations() -> Vec<(String, Option<[Need; 2]>)> {
    let of_type = |(of, fields): (&String, &'static HashMap<String, Declared>)| {
        let of = of.clone();
        fields.iter().map(move |(name, field)| (format!("{of}.{name}"), field.needs))
    };
    let mut all: Vec<_> = FIELDS.iter().flat_map(of_type).collect();
    all.sort_by(|(left, _), (right, _)| left.cmp(right));
    all
}

/// Names in the tables that the schema does not have: left behind by what was renamed or removed.
pub fn stale_declarations() -> Vec<String> {
    let named = declared::FIELDS.iter().flat_map(|(_, of, fields)| fields.split(' ').map(move |field| (*of, field)));
    let fields = named.filter(|(of, field)| !FIELDS.get(*of).is_some_and(|fields| fields.contains_key(*field)));
    let targets: Vec<&str> = FIELDS.values().flat_map(HashMap::values).map(|field| field.target.as_str()).collect();
    let types = declared::TYPES.iter().flat_map(|(_, types)| types.split(' '));
    let types = types.filter(|name| !FIELDS.contains_key(*name) && !targets.contains(name)).map(str::to_owned);
    fields.map(|(of, field)| format!("{of}.{field}")).chain(types).collect()
}
