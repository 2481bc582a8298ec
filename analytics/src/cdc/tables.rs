//! What is shipped, as data: the tables and columns of the publication, and how each is stored in ClickHouse.
//!
//! One list for the decoder, the loader and the writer. It must name what `migrations/0012_cdc.sql` publishes and
//! `clickhouse/01_raw.sql` creates; a test compares the three. The first column of a table is its primary key.

use std::fmt;

/// How rows of a table live on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Facts: inserted once, never changed. An update or a delete of one cannot be carried.
    Append,
    /// Rows that change: the newest version wins, a deleted one is hidden.
    Mutable,
}

/// Type of a column: left PostgreSQL, right ClickHouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `bigint` not below zero → `UInt64`.
    Id,
    /// `bigint` → `Int64`.
    Int64,
    /// `integer` → `Int32`.
    Int32,
    /// `boolean` → `Bool`.
    Bool,
    /// `text` → `String`.
    Text,
    /// `text` of few different values → `LowCardinality(String)`.
    Word,
    /// `date` → `Date`.
    Date,
    /// `date` → `Nullable(Date)`.
    DateOrNull,
    /// `timestamptz` → `DateTime64(6, 'UTC')`.
    Time,
    /// `timestamptz` → `Nullable(DateTime64(6, 'UTC'))`.
    TimeOrNull,
    /// `numeric` → `Decimal(18, places)`.
    Decimal(u32),
    /// `timestamptz`: not null means deleted. No column of its own: it becomes `_deleted`.
    DeletedAt,
}

impl Type {
    /// The object id of the PostgreSQL type.
    pub(crate) fn oid(self) -> u32 {
        match self {
            Self::Id | Self::Int64 => 20,
            Self::Int32 => 23,
            Self::Bool => 16,
            Self::Text | Self::Word => 25,
            Self::Date | Self::DateOrNull => 1082,
            Self::Time | Self::TimeOrNull | Self::DeletedAt => 1184,
            Self::Decimal(_) => 1700,
        }
    }

    /// Whether NULL has a meaning of its own in ClickHouse.
    pub(crate) fn is_nullable(self) -> bool {
        matches!(self, Self::DateOrNull | Self::TimeOrNull)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("UInt64"),
            Self::Int64 => f.write_str("Int64"),
            Self::Int32 => f.write_str("Int32"),
            Self::Bool => f.write_str("Bool"),
            Self::Text => f.write_str("String"),
            Self::Word => f.write_str("LowCardinality(String)"),
            Self::Date => f.write_str("Date"),
            Self::DateOrNull => f.write_str("Nullable(Date)"),
            Self::Time => f.write_str("DateTime64(6, 'UTC')"),
            Self::TimeOrNull => f.write_str("Nullable(DateTime64(6, 'UTC'))"),
            Self::Decimal(places) => write!(f, "Decimal(18, {places})"),
            Self::DeletedAt => f.write_str("UInt8"),
        }
    }
}

/// A shipped table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in PostgreSQL.
    pub name: &'static str,
    /// How its rows live on.
    pub kind: Kind,
    /// Its shipped columns, the primary key first.
    pub columns: &'static [(&'static str, Type)],
}

impl Table {
    /// Its name in ClickHouse.
    pub fn raw(&self) -> String {
        format!("raw_{}", self.name)
    }

    /// The columns of the table in ClickHouse with their types, those of the stream last.
    pub fn stored(&self) -> Vec<(&'static str, String)> {
        let own = self.columns.iter().filter(|(_, kind)| *kind != Type::DeletedAt).map(|(name, kind)| (*name, kind.to_string()));
        let stream: &[(&str, &str)] = match self.kind {
            Kind::Append => &[("_lsn", "UInt64"), ("_ordinal", "UInt32")],
            Kind::Mutable => &[("_lsn", "UInt64"), ("_version", "UInt128"), ("_deleted", "UInt8")],
        };
        own.chain(stream.iter().map(|(name, kind)| (*name, (*kind).to_owned()))).collect()
    }
}

/// The ledger: the only table the marts are filled from. It is written last, after everything its rows refer to.
pub const LEDGER: usize = 0;

/// The marts filled from the ledger.
pub const MARTS: [&str; 2] = ["mart_turnover_day", "mart_margin_month"];

use Kind::{Append, Mutable};
use Type::{Bool, Date, DateOrNull, Decimal, DeletedAt, Id, Int32, Int64, Text, Time, TimeOrNull, Word};

/// Every shipped table.
pub static TABLES: [Table; 16] = [
    Table {
        name: "ledger_entry",
        kind: Append,
        columns: &[
            ("entry_id", Id),
            ("transaction_id", Id),
            ("line", Int32),
            ("account", Word),
            ("amount", Decimal(2)),
            ("effective_on", Date),
            ("origin_on", Date),
            ("booked_at", Time),
            ("company_id", Id),
            ("contract_id", Id),
            ("document_id", Id),
            ("deal_id", Id),
            ("order_id", Id),
            ("order_line_id", Id),
            ("batch_id", Id),
            ("product_id", Id),
            ("warehouse_id", Id),
            ("party_id", Id),
            ("employee_id", Id),
            ("channel_id", Id),
            ("article_id", Id),
            ("cost_element", Word),
            ("cash_account_id", Id),
            ("department_id", Id),
            ("pieces", Int64),
            ("metres", Decimal(3)),
            ("tonnes_theoretical", Decimal(6)),
            ("tonnes_weighed", Decimal(6)),
            ("currency", Word),
            ("currency_amount", Decimal(2)),
            ("vat", Decimal(2)),
        ],
    },
    Table {
        name: "stage_transitions",
        kind: Append,
        columns: &[
            ("transition_id", Id),
            ("deal_id", Id),
            ("from_stage", Word),
            ("to_stage", Word),
            ("at", Time),
            ("actor_id", Id),
        ],
    },
    Table {
        name: "companies",
        kind: Mutable,
        columns: &[("company_id", Id), ("name", Text), ("inn", Text), ("first_day", Date), ("utc_offset_minutes", Int32)],
    },
    Table { name: "employees", kind: Mutable, columns: &[("employee_id", Id), ("name", Text), ("active", Bool)] },
    Table { name: "departments", kind: Mutable, columns: &[("department_id", Id), ("name", Text)] },
    Table {
        name: "parties",
        kind: Mutable,
        columns: &[
            ("party_id", Id),
            ("name", Text),
            ("inn", Text),
            ("is_customer", Bool),
            ("is_supplier", Bool),
            ("is_carrier", Bool),
            ("created_at", Time),
            ("deleted_at", DeletedAt),
        ],
    },
    Table {
        name: "products",
        kind: Mutable,
        columns: &[
            ("product_id", Id),
            ("kind", Word),
            ("sku", Text),
            ("name", Text),
            ("profile", Word),
            ("condition", Word),
            ("length_m", Decimal(3)),
            ("kg_per_m", Decimal(3)),
        ],
    },
    Table {
        name: "articles",
        kind: Mutable,
        columns: &[
            ("article_id", Id),
            ("code", Text),
            ("name_ru", Text),
            ("name_en", Text),
            ("activity", Word),
            ("contra_account", Word),
        ],
    },
    Table { name: "channels", kind: Mutable, columns: &[("channel_id", Id), ("code", Text), ("name", Text)] },
    Table { name: "warehouses", kind: Mutable, columns: &[("warehouse_id", Id), ("name", Text)] },
    Table {
        name: "cash_accounts",
        kind: Mutable,
        columns: &[("cash_account_id", Id), ("company_id", Id), ("kind", Word), ("name", Text), ("currency", Word)],
    },
    Table {
        name: "batches",
        kind: Mutable,
        columns: &[
            ("batch_id", Id),
            ("company_id", Id),
            ("product_id", Id),
            ("warehouse_id", Id),
            ("party_id", Id),
            ("contract_id", Id),
            ("document_id", Id),
            ("number", Text),
            ("received_on", Date),
            ("pieces", Int64),
            ("metres", Decimal(3)),
            ("tonnes_theoretical", Decimal(6)),
            ("tonnes_weighed", Decimal(6)),
            ("cost", Decimal(2)),
            ("vat", Decimal(2)),
            ("deleted_at", DeletedAt),
        ],
    },
    Table {
        name: "deals",
        kind: Mutable,
        columns: &[
            ("deal_id", Id),
            ("company_id", Id),
            ("number", Text),
            ("title", Text),
            ("party_id", Id),
            ("contract_id", Id),
            ("employee_id", Id),
            ("channel_id", Id),
            ("stage", Word),
            ("stage_entered_at", Time),
            ("need_tonnes", Decimal(6)),
            ("need_gross", Decimal(2)),
            ("planned_margin", Decimal(2)),
            ("contact_name", Text),
            ("lost_reason", Text),
            ("opened_at", Time),
            ("closed_at", TimeOrNull),
            ("deleted_at", DeletedAt),
        ],
    },
    Table {
        name: "orders",
        kind: Mutable,
        columns: &[
            ("order_id", Id),
            ("company_id", Id),
            ("deal_id", Id),
            ("contract_id", Id),
            ("party_id", Id),
            ("number", Text),
            ("status", Word),
            ("planned_on", Date),
            ("shipped_on", DateOrNull),
            ("delivered_on", DateOrNull),
            ("vehicle", Text),
            ("document_id", Id),
            ("net", Decimal(2)),
            ("vat", Decimal(2)),
            ("gross", Decimal(2)),
            ("created_at", Time),
            ("updated_at", Time),
            ("deleted_at", DeletedAt),
        ],
    },
    Table {
        name: "order_lines",
        kind: Mutable,
        columns: &[
            ("order_line_id", Id),
            ("order_id", Id),
            ("line", Int32),
            ("kind", Word),
            ("product_id", Id),
            ("batch_id", Id),
            ("pieces", Int64),
            ("metres", Decimal(3)),
            ("tonnes_theoretical", Decimal(6)),
            ("tonnes_weighed", Decimal(6)),
            ("unit", Word),
            ("quantity", Decimal(6)),
            ("price", Decimal(2)),
            ("price_includes_vat", Bool),
            ("vat_percent", Decimal(2)),
            ("net", Decimal(2)),
            ("vat", Decimal(2)),
            ("gross", Decimal(2)),
            ("deleted_at", DeletedAt),
        ],
    },
    Table {
        name: "settlement_items",
        kind: Mutable,
        columns: &[
            ("item_id", Id),
            ("company_id", Id),
            ("party_id", Id),
            ("account", Word),
            ("contract_id", Id),
            ("deal_id", Id),
            ("order_id", Id),
            ("document_id", Id),
            ("opened_on", Date),
            ("due_on", Date),
            ("amount", Decimal(2)),
            ("open", Decimal(2)),
            ("vat", Decimal(2)),
        ],
    },
];
