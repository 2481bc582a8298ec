-- What the change stream writes: one table per shipped table of PostgreSQL, column for column.
--
-- `_lsn` is where the commit record of the row's transaction starts (0: the row came with the first load);
-- a row belongs to an answer when `_lsn` is below the frontier. Ids are never null: 0 means none.
-- No PARTITION BY: a batch must become visible whole. Every table remembers the tokens of its last inserts.
--
-- `{on_cluster}` and `{engine:...}` are filled in by `schema.rs` for one node or for a cluster.

-- Facts: only ever appended. `_ordinal` is the place of the row inside its transaction.
create table if not exists raw_ledger_entry {on_cluster} (
    entry_id           UInt64,
    transaction_id     UInt64,
    line               Int32,
    account            LowCardinality(String),
    amount             Decimal(18, 2),
    effective_on       Date,
    origin_on          Date,
    booked_at          DateTime64(6, 'UTC'),
    company_id         UInt64,
    contract_id        UInt64,
    document_id        UInt64,
    deal_id            UInt64,
    order_id           UInt64,
    order_line_id      UInt64,
    batch_id           UInt64,
    product_id         UInt64,
    warehouse_id       UInt64,
    party_id           UInt64,
    employee_id        UInt64,
    channel_id         UInt64,
    article_id         UInt64,
    cost_element       LowCardinality(String),
    cash_account_id    UInt64,
    department_id      UInt64,
    pieces             Int64,
    metres             Decimal(18, 3),
    tonnes_theoretical Decimal(18, 6),
    tonnes_weighed     Decimal(18, 6),
    currency           LowCardinality(String),
    currency_amount    Decimal(18, 2),
    vat                Decimal(18, 2),
    _lsn               UInt64,
    _ordinal           UInt32,
    index raw_ledger_entry_lsn _lsn type minmax granularity 1
) engine = {engine:MergeTree}
order by (account, effective_on, deal_id, entry_id)
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_stage_transitions {on_cluster} (
    transition_id UInt64,
    deal_id       UInt64,
    from_stage    LowCardinality(String),
    to_stage      LowCardinality(String),
    at            DateTime64(6, 'UTC'),
    actor_id      UInt64,
    _lsn          UInt64,
    _ordinal      UInt32,
    index raw_stage_transitions_lsn _lsn type minmax granularity 1
) engine = {engine:MergeTree}
order by (deal_id, at, transition_id)
settings non_replicated_deduplication_window = 10000;

-- Rows that change: the newest `_version` wins, `_deleted` hides it. ORDER BY is exactly the primary key, because a
-- row deleted in PostgreSQL arrives as its key alone. `cur_*` (02_current.sql) is what reports read.
create table if not exists raw_companies {on_cluster} (
    company_id         UInt64,
    name               String,
    inn                String,
    first_day          Date,
    utc_offset_minutes Int32,
    _lsn               UInt64,
    _version           UInt128,
    _deleted           UInt8,
    index raw_companies_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by company_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_employees {on_cluster} (
    employee_id UInt64,
    name        String,
    active      Bool,
    _lsn        UInt64,
    _version    UInt128,
    _deleted    UInt8,
    index raw_employees_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by employee_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_departments {on_cluster} (
    department_id UInt64,
    name          String,
    _lsn          UInt64,
    _version      UInt128,
    _deleted      UInt8,
    index raw_departments_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by department_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_parties {on_cluster} (
    party_id    UInt64,
    name        String,
    inn         String,
    is_customer Bool,
    is_supplier Bool,
    is_carrier  Bool,
    created_at  DateTime64(6, 'UTC'),
    _lsn        UInt64,
    _version    UInt128,
    _deleted    UInt8,
    index raw_parties_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by party_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_products {on_cluster} (
    product_id UInt64,
    kind       LowCardinality(String),
    sku        String,
    name       String,
    profile    LowCardinality(String),
    condition  LowCardinality(String),
    length_m   Decimal(18, 3),
    kg_per_m   Decimal(18, 3),
    _lsn       UInt64,
    _version   UInt128,
    _deleted   UInt8,
    index raw_products_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by product_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_articles {on_cluster} (
    article_id     UInt64,
    code           String,
    name_ru        String,
    name_en        String,
    activity       LowCardinality(String),
    contra_account LowCardinality(String),
    _lsn           UInt64,
    _version       UInt128,
    _deleted       UInt8,
    index raw_articles_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by article_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_channels {on_cluster} (
    channel_id UInt64,
    code       String,
    name       String,
    _lsn       UInt64,
    _version   UInt128,
    _deleted   UInt8,
    index raw_channels_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by channel_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_warehouses {on_cluster} (
    warehouse_id UInt64,
    name         String,
    _lsn         UInt64,
    _version     UInt128,
    _deleted     UInt8,
    index raw_warehouses_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by warehouse_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_cash_accounts {on_cluster} (
    cash_account_id UInt64,
    company_id      UInt64,
    kind            LowCardinality(String),
    name            String,
    currency        LowCardinality(String),
    _lsn            UInt64,
    _version        UInt128,
    _deleted        UInt8,
    index raw_cash_accounts_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by cash_account_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_batches {on_cluster} (
    batch_id           UInt64,
    company_id         UInt64,
    product_id         UInt64,
    warehouse_id       UInt64,
    party_id           UInt64,
    contract_id        UInt64,
    document_id        UInt64,
    number             String,
    received_on        Date,
    pieces             Int64,
    metres             Decimal(18, 3),
    tonnes_theoretical Decimal(18, 6),
    tonnes_weighed     Decimal(18, 6),
    cost               Decimal(18, 2),
    vat                Decimal(18, 2),
    _lsn               UInt64,
    _version           UInt128,
    _deleted           UInt8,
    index raw_batches_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by batch_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_deals {on_cluster} (
    deal_id          UInt64,
    company_id       UInt64,
    number           String,
    title            String,
    party_id         UInt64,
    contract_id      UInt64,
    employee_id      UInt64,
    channel_id       UInt64,
    stage            LowCardinality(String),
    stage_entered_at DateTime64(6, 'UTC'),
    need_tonnes      Decimal(18, 6),
    need_gross       Decimal(18, 2),
    planned_margin   Decimal(18, 2),
    contact_name     String,
    lost_reason      String,
    opened_at        DateTime64(6, 'UTC'),
    closed_at        Nullable(DateTime64(6, 'UTC')),
    _lsn             UInt64,
    _version         UInt128,
    _deleted         UInt8,
    index raw_deals_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by deal_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_orders {on_cluster} (
    order_id     UInt64,
    company_id   UInt64,
    deal_id      UInt64,
    contract_id  UInt64,
    party_id     UInt64,
    number       String,
    status       LowCardinality(String),
    planned_on   Date,
    shipped_on   Nullable(Date),
    delivered_on Nullable(Date),
    vehicle      String,
    document_id  UInt64,
    net          Decimal(18, 2),
    vat          Decimal(18, 2),
    gross        Decimal(18, 2),
    created_at   DateTime64(6, 'UTC'),
    updated_at   DateTime64(6, 'UTC'),
    _lsn         UInt64,
    _version     UInt128,
    _deleted     UInt8,
    index raw_orders_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by order_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_order_lines {on_cluster} (
    order_line_id      UInt64,
    order_id           UInt64,
    line               Int32,
    kind               LowCardinality(String),
    product_id         UInt64,
    batch_id           UInt64,
    pieces             Int64,
    metres             Decimal(18, 3),
    tonnes_theoretical Decimal(18, 6),
    tonnes_weighed     Decimal(18, 6),
    unit               LowCardinality(String),
    quantity           Decimal(18, 6),
    price              Decimal(18, 2),
    price_includes_vat Bool,
    vat_percent        Decimal(18, 2),
    net                Decimal(18, 2),
    vat                Decimal(18, 2),
    gross              Decimal(18, 2),
    _lsn               UInt64,
    _version           UInt128,
    _deleted           UInt8,
    index raw_order_lines_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by order_line_id
settings non_replicated_deduplication_window = 10000;

create table if not exists raw_settlement_items {on_cluster} (
    item_id     UInt64,
    company_id  UInt64,
    party_id    UInt64,
    account     LowCardinality(String),
    contract_id UInt64,
    deal_id     UInt64,
    order_id    UInt64,
    document_id UInt64,
    opened_on   Date,
    due_on      Date,
    amount      Decimal(18, 2),
    open        Decimal(18, 2),
    vat         Decimal(18, 2),
    _lsn        UInt64,
    _version    UInt128,
    _deleted    UInt8,
    index raw_settlement_items_lsn _lsn type minmax granularity 1
) engine = {engine:ReplacingMergeTree(_version, _deleted)}
order by item_id
settings non_replicated_deduplication_window = 10000;

-- Empty after every start of the server: how the worker learns that what was answered may be gone with the page cache.
create table if not exists cdc_boot {on_cluster} (
    boot String
) engine = Memory;
