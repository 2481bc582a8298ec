//! What is spoilt on either side, and what the comparison must say about it.

/// A statement that spoils one side, and what must be said about it.
pub(super) struct Planted {
    pub(super) spoil: &'static str,
    /// Parts of the comparison that must name it: what, key, PostgreSQL's words, ClickHouse's words; `*` = whatever.
    pub(super) said: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

/// One after another, each on books that are loaded anew.
pub(super) const IN_CLICKHOUSE: [Planted; 7] = [
    Planted {
        spoil: "alter table raw_ledger_entry delete where entry_id = 1 settings mutations_sync = 1",
        said: &[
            ("ledger_entry", "entry_id=1", "entry_id=1 transaction_id=1 line=1 account=inventory", "nothing"),
            ("ledger by company and account", "company_id=1 account=inventory", "entries=", "entries="),
            ("inventory by batch", "batch_id=", "pieces=", "*"),
            ("mart_turnover_day", "account=inventory", "", "; ledger: "),
            ("mart_margin_month", "account=inventory", "", "mart: amount="),
        ],
    },
    Planted {
        spoil: "alter table raw_ledger_entry update amount = amount + 0.01 where account = 'cogs' settings mutations_sync = 1",
        said: &[
            ("ledger_entry", "entry_id=", "amount=", "amount="),
            ("ledger by company and account", "account=cogs", "amount=", "amount="),
            ("ledger by order", "order_id=", "cogs=", "cogs="),
            ("ledger by deal", "deal_id=", "cogs=", "cogs="),
            ("mart_turnover_day", "account=cogs", "", "amount="),
            ("mart_margin_month", "account=cogs", "", "amount="),
        ],
    },
    Planted {
        // No sum of money shows it.
        spoil: "alter table raw_ledger_entry update department_id = 7, currency = 'EUR', booked_at = booked_at + toIntervalMicrosecond(1)
            where entry_id = 2 settings mutations_sync = 1",
        said: &[
            ("ledger_entry", "entry_id=2", "department_id=0 currency=RUB", "department_id=7 currency=EUR"),
            ("mart_turnover_day", "department_id=0", "", "; ledger: "),
            ("mart_turnover_day", "department_id=7", "", "mart: nothing"),
        ],
    },
    Planted {
        spoil: "insert into raw_ledger_entry select * from raw_ledger_entry where entry_id = 3",
        said: &[
            ("ledger_entry", "entry_id=3", "nothing", "entry_id=3"),
            ("ledger by company and account", "company_id=1", "entries=", "entries="),
        ],
    },
    Planted {
        spoil: "alter table mart_margin_month delete where account = 'revenue' settings mutations_sync = 1",
        said: &[("mart_margin_month", "account=revenue", "", "mart: nothing; ledger: amount=")],
    },
    Planted {
        spoil: "insert into raw_deals select * replace (_version + 1 as _version, 'Чужое' as title, toDateTime64('2026-01-02', 6, 'UTC') as closed_at)
            from raw_deals final where deal_id = 1",
        said: &[("deals", "deal_id=1", "title=Шпунт на набережную closed_at=", "title=Чужое closed_at=1767312000000000")],
    },
    Planted {
        spoil: "insert into raw_orders select * replace (_version + 1 as _version, 1 as _deleted) from raw_orders final where order_id = 2",
        said: &[("orders", "order_id=2", "order_id=2 company_id=1", "nothing")],
    },
];

/// One on top of the other: PostgreSQL disagrees with itself.
pub(super) const IN_POSTGRES: [Planted; 4] = [
    Planted {
        spoil: "update batch_balances set value = value + 0.01, pieces = pieces + 1 where batch_id = 2",
        said: &[("batch_balances against the ledger", "batch_id=2", "batch_balances: value=", "")],
    },
    Planted {
        spoil: "update settlement_items set open = open - 0.01 where item_id = (select min(item_id) from settlement_items where open > 1)",
        said: &[
            ("batch_balances against the ledger", "batch_id=2", "ledger: value=", ""),
            ("settlement_items against the ledger", "party_id=", "settlement_items: open=", ""),
        ],
    },
    Planted {
        spoil: "alter table ledger_transaction disable trigger user;
            insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
            values (1, 'test', 1, '2026-01-01', now(), gen_random_uuid(), 2)",
        said: &[
            ("batch_balances against the ledger", "batch_id=2", "; ledger: value=", ""),
            ("settlement_items against the ledger", "party_id=", "ledger: amount=", ""),
            ("ledger_transaction against its entries", "transaction_id=", "header: entries=2 company_id=1", ""),
        ],
    },
    Planted {
        spoil: "alter table ledger_entry disable trigger user;
            insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id)
            select transaction_id, 99, 'rounding', 0.01, effective_on, effective_on, now(), company_id from ledger_transaction
            where transaction_id = 1",
        said: &[
            ("batch_balances against the ledger", "batch_id=2", "batch_balances: value=", ""),
            ("settlement_items against the ledger", "party_id=", "ledger: amount=", ""),
            ("ledger_transaction against its entries", "transaction_id=1", "amount=0.01", ""),
        ],
    },
];
