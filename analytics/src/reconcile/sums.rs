//! Which sums of the ledger are compared, as data: every account, batch, order, deal and cash account, with their counts.
//!
//! Each is rendered for PostgreSQL by `pg` and for ClickHouse by `clickhouse`; both write keys and values in the same form.

/// A sum over a column of the entries, of one account or of all.
#[derive(Debug)]
pub(crate) struct Value {
    /// What it is called in a difference.
    pub(crate) name: &'static str,
    pub(crate) column: &'static str,
    /// Decimal places; 0 for counts.
    pub(crate) places: u32,
    pub(crate) account: Option<&'static str>,
}

/// Sums by key. The number of entries is always among them.
#[derive(Debug)]
pub(crate) struct Sums {
    /// What is compared.
    pub(crate) what: &'static str,
    /// Columns of the ledger.
    pub(crate) keys: &'static [&'static str],
    /// Which entries; a condition in the SQL of both.
    pub(crate) of: &'static str,
    pub(crate) values: &'static [Value],
}

const fn sum(name: &'static str, column: &'static str, places: u32) -> Value {
    Value { name, column, places, account: None }
}

const fn of(account: &'static str, name: &'static str, column: &'static str) -> Value {
    Value { name, column, places: 2, account: Some(account) }
}

/// What an order, or a deal, brought and cost.
const MARGIN: &[Value] = &[
    of("revenue", "revenue", "amount"),
    of("revenue", "vat", "vat"),
    of("cogs", "cogs", "amount"),
    of("goods_shipped", "goods shipped", "amount"),
    of("order_expenses", "expenses", "amount"),
    of("receivables", "receivables", "amount"),
    of("customer_advances", "advances", "amount"),
];

/// Everything that is compared.
pub(crate) const SUMS: [Sums; 5] = [
    Sums {
        what: "ledger by company and account",
        keys: &["company_id", "account"],
        of: "true",
        values: &[sum("amount", "amount", 2), sum("vat", "vat", 2)],
    },
    Sums {
        what: "inventory by batch",
        keys: &["batch_id"],
        of: "account in ('inventory', 'goods_in_transit')",
        values: &[
            sum("value", "amount", 2),
            sum("vat", "vat", 2),
            sum("pieces", "pieces", 0),
            sum("metres", "metres", 3),
            sum("tonnes_theoretical", "tonnes_theoretical", 6),
            sum("tonnes_weighed", "tonnes_weighed", 6),
        ],
    },
    Sums { what: "ledger by order", keys: &["order_id"], of: "order_id > 0", values: MARGIN },
    Sums { what: "ledger by deal", keys: &["deal_id"], of: "deal_id > 0", values: MARGIN },
    Sums {
        what: "cash by account",
        keys: &["cash_account_id"],
        of: "account = 'cash'",
        values: &[sum("amount", "amount", 2), sum("currency_amount", "currency_amount", 2)],
    },
];
