//! Who may ask what: the fields an operation selects, held against what their caller's role and token permit, before anything is executed.
//!
//! Invariants: a field that is not declared is refused to everybody; one forbidden field refuses the whole operation with `FORBIDDEN`, so
//! that no part of a forbidden answer is ever computed. A field left out by `@skip` or `@include` is not asked for.

mod declared;
mod touched;
mod walk;

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::types::Type;
use async_graphql::{Enum, Name};
use shpunt_domain::access;

use super::shape::{self, named};
pub use declared::Need;
pub(crate) use touched::{Touched, touched};
pub(super) use walk::{check, check_field, flags};

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
    /// Who did and who read what (журнал действий); what was asked and answered, only with cost.
    SeeAudit,
    /// Change parties, contacts and contracts (вести контрагентов).
    EditParties,
    /// Delete parties nothing open names (удалять контрагентов).
    DeleteParties,
    /// Change products (вести номенклатуру).
    EditProducts,
    /// Change deals (вести сделки).
    EditDeals,
    /// Give deals to another manager (передавать сделки).
    HandOverDeals,
    /// Make and send commercial offers (вести коммерческие предложения).
    EditOffers,
    /// Approve offers of others that lie under the floor or beyond a discount limit (согласовывать предложения).
    ApproveOffers,
    /// Price lists, customer groups and what prices assume (вести прайс-листы и правила цен).
    SetPrices,
    /// Import leads and wins from files (загружать сделки).
    ImportDeals,
    /// Change orders (вести заказы).
    EditOrders,
    /// Ship and deliver orders (отгружать заказы).
    ShipOrders,
    /// Record direct expenses of orders (записывать прямые расходы).
    AddExpenses,
    /// Move, cut and count goods, describe batches (перемещать, резать и пересчитывать товар, вести паспорта серий).
    MoveStock,
    /// Supplier orders, what is expected and what came; sums only with cost (закупки).
    SeePurchases,
    /// Keep supplier orders and requests for prices (вести закупки).
    EditPurchases,
    /// Approve supplier orders of others (согласовывать закупки).
    ApprovePurchases,
    /// Ship from the supplier's gate to the customer in one step (отгружать транзитом).
    ShipTransit,
    /// Receive goods (приходовать товар).
    ReceiveGoods,
    /// What is to be paid, when, and who approved it (заявки на оплату).
    SeePaymentRequests,
    /// Ask for payments and take that back (подавать заявки на оплату).
    RequestPayments,
    /// Approve payment requests of others (согласовывать заявки на оплату).
    ApprovePayments,
    /// Record payments and transfers, open accounts (проводить платежи).
    RecordMoney,
    /// Accrue expenses and offset advances (начислять и зачитывать).
    PostBooks,
    /// Close months and reopen them (закрывать и открывать периоды).
    ClosePeriods,
    /// Change channels (вести каналы).
    ManageChannels,
    /// Own companies, tax regimes, warehouses (настройки).
    ManageSettings,
    /// People and logins (сотрудники и пользователи).
    ManagePeople,
    /// Tokens of programs (токены программ).
    ManageTokens,
}

/// A field of the schema.
struct Declared {
    /// Of the field, and of the type it leads to; `None` = nobody declared it.
    needs: Option<[Need; 2]>,
    /// The type it leads to.
    target: &'static str,
}

type Fields = HashMap<&'static str, Declared>;

/// The fields of the schema by type and name, with what they need; if the schema could not be read there are none, that is all is refused.
static FIELDS: LazyLock<HashMap<&'static str, Fields>> = LazyLock::new(|| {
    let of_type = |(of, fields): (&'static Name, &'static HashMap<Name, Type>)| {
        let declared = fields.iter().map(|(name, of_field)| (name.as_str(), declare(of, name, named(of_field))));
        (of.as_str(), declared.collect())
    };
    shape::FIELDS.iter().map(of_type).collect()
});

fn declare(of: &str, name: &str, target: &'static str) -> Declared {
    let own = of_field(of, name).or_else(|| of_type(of));
    // A scalar asks for nothing of its own.
    let needs = own.map(|own| [own, of_type(target).unwrap_or(own)]);
    Declared { needs, target }
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
    let of_type = |(of, fields): (&'static &str, &'static Fields)| {
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
    let targets: Vec<&str> = FIELDS.values().flat_map(HashMap::values).map(|field| field.target).collect();
    let types = declared::TYPES.iter().flat_map(|(_, types)| types.split(' '));
    let types = types.filter(|name| !FIELDS.contains_key(*name) && !targets.contains(name)).map(str::to_owned);
    fields.map(|(of, field)| format!("{of}.{field}")).chain(types).collect()
}
