-- Carrying changes to ClickHouse: what is shipped, how far it got, and the journal that makes it happen exactly once.

-- Explicit tables and columns: what is not named here never leaves PostgreSQL. Mutable rows are soft-deleted (`deleted_at`).
create publication shpunt for
    table ledger_entry (entry_id, transaction_id, line, account, amount, effective_on, origin_on, booked_at,
        company_id, contract_id, document_id, deal_id, order_id, order_line_id, batch_id, product_id, warehouse_id,
        party_id, employee_id, channel_id, article_id, cost_element, cash_account_id, department_id, pieces, metres,
        tonnes_theoretical, tonnes_weighed, currency, currency_amount, vat),
    table stage_transitions (transition_id, deal_id, from_stage, to_stage, at, actor_id),
    table companies (company_id, name, inn, first_day, utc_offset_minutes),
    table employees (employee_id, name, active),
    table departments (department_id, name),
    table parties (party_id, name, inn, is_customer, is_supplier, is_carrier, created_at, deleted_at),
    table products (product_id, kind, sku, name, profile, condition, length_m, kg_per_m),
    table articles (article_id, code, name_ru, name_en, activity, contra_account),
    table channels (channel_id, code, name),
    table warehouses (warehouse_id, name),
    table cash_accounts (cash_account_id, company_id, kind, name, currency),
    table batches (batch_id, company_id, product_id, warehouse_id, party_id, contract_id, document_id, number,
        received_on, pieces, metres, tonnes_theoretical, tonnes_weighed, cost, vat, deleted_at),
    table deals (deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage,
        stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, lost_reason, opened_at, closed_at,
        deleted_at),
    table orders (order_id, company_id, deal_id, contract_id, party_id, number, status, planned_on, shipped_on,
        delivered_on, vehicle, document_id, net, vat, gross, created_at, updated_at, deleted_at),
    table order_lines (order_line_id, order_id, line, kind, product_id, batch_id, pieces, metres, tonnes_theoretical,
        tonnes_weighed, unit, quantity, price, price_includes_vat, vat_percent, net, vat, gross, deleted_at),
    table settlement_items (item_id, company_id, party_id, account, contract_id, deal_id, order_id, document_id,
        opened_on, due_on, amount, open, vat)
    with (publish = 'insert, update, delete, truncate');

-- Whatever PostgreSQL accepts must be readable on the other side, because a change that is not stops the stream: dates
-- ClickHouse can hold, no NaN, ids not below zero, text never moved out of its row (an update would arrive without it).
do $$
declare
    shipped record;
begin
    for shipped in
        select p.tablename as name,
               string_agg(case
                   when a.atttypid in ('date'::regtype, 'timestamptz'::regtype)
                       then format('%1$I between ''1970-01-02'' and ''2149-06-05''', a.attname)
                   when a.atttypid = 'numeric'::regtype then format('%1$I <> ''NaN''', a.attname)
                   when a.atttypid = 'bigint'::regtype and a.attname ~ '_id$' then format('%1$I >= 0', a.attname)
               end, ' and ' order by a.attnum) as shippable,
               string_agg(format('alter column %I set storage plain', a.attname), ', ' order by a.attnum)
                   filter (where a.atttypid = 'text'::regtype) as plain
        from pg_publication_tables p
        join pg_attribute a on a.attrelid = format('%I.%I', p.schemaname, p.tablename)::regclass and a.attname = any (p.attnames)
        where p.pubname = 'shpunt'
        group by p.tablename
    loop
        execute format('alter table %I add constraint %I check (%s)', shipped.name, shipped.name || '_shippable', shipped.shippable);
        if shipped.plain is not null then
            execute format('alter table %I %s', shipped.name, shipped.plain);
        end if;
    end loop;
end $$;

-- One attempt to carry everything from a snapshot on. The newest row says what the worker does: `new` = make a slot and load
-- everything; `loading`, `swapping` = a load under way (a crash in `loading` discards it); `live` = stream from the slot.
-- The one before it stays `live` until the swap, so reports answer meanwhile.
create table cdc_epoch (
    epoch      bigint generated always as identity primary key,
    state      text not null constraint cdc_epoch_state_known check (state in
        ('new', 'loading', 'swapping', 'live', 'discarded', 'retired')),
    reason     text not null,
    -- Which server's log the positions belong to: positions repeat after a restore or on another timeline.
    system_id  text not null default '',
    timeline   bigint not null default 0,
    slot       text not null default '',
    start_lsn  pg_lsn not null default '0/0',
    -- Up to here the slot may forget: durable in ClickHouse.
    acked_lsn  pg_lsn not null default '0/0',
    -- The mark left in ClickHouse's memory: another one, or none, means it was restarted.
    boot       text not null default '',
    created_at timestamptz not null default clock_timestamp(),
    live_at    timestamptz,
    -- Why the worker stopped for good, until somebody acts; empty while it works.
    failure    text not null default '',
    failed_at  timestamptz
);
insert into cdc_epoch (state, reason) values ('new', 'first start');

-- One batch = all rows after (from_lsn, from_ordinal) up to and with (to_lsn, to_ordinal), one insert per table. Recorded
-- before anything is sent, so that after a crash exactly the same rows are sent again under the same tokens.
create table cdc_batch (
    epoch        bigint not null constraint cdc_batch_epoch references cdc_epoch,
    seq          bigint not null,
    state        text not null constraint cdc_batch_state_known check (state in ('open', 'done')),
    from_lsn     pg_lsn not null,
    from_ordinal bigint not null,
    to_lsn       pg_lsn not null,
    to_ordinal   bigint not null,
    -- The frontier once this batch is in.
    end_lsn      pg_lsn not null,
    -- {table: {"rows": n, "last_lsn": n}}
    tables       jsonb not null,
    opened_at    timestamptz not null default clock_timestamp(),
    primary key (epoch, seq)
);
create unique index cdc_batch_one_open on cdc_batch (epoch) where state = 'open';

-- Everything committed before `lsn` can be seen in ClickHouse. At most one row; none before the first load is complete.
create table cdc_frontier (
    only_row     boolean primary key default true constraint cdc_frontier_one check (only_row),
    epoch        bigint not null constraint cdc_frontier_epoch references cdc_epoch,
    lsn          pg_lsn not null,
    -- The moment the answer is complete for: of the last commit carried over, or of a later quiet moment.
    committed_at timestamptz not null,
    -- Rows per table since the start of the epoch and the last `_lsn` of each: {table: {"rows": n, "last_lsn": n}}
    tables       jsonb not null,
    published_at timestamptz not null default clock_timestamp()
);
