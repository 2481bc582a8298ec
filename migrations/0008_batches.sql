-- Warehouses, receipts (each makes one batch per line) and what is left of a batch.

create table warehouses (
    warehouse_id bigint generated always as identity primary key,
    name         text not null constraint warehouses_name_length check (length(name) between 1 and 200),
    constraint warehouses_name_unique unique (name)
);
alter table warehouses alter column name set storage plain;

create table batches (
    batch_id           bigint generated always as identity primary key,
    company_id         bigint not null constraint batches_company references companies,
    product_id         bigint not null constraint batches_product references products,
    warehouse_id       bigint not null constraint batches_warehouse references warehouses,
    party_id           bigint not null constraint batches_party references parties,
    contract_id        bigint not null default 0,
    document_id        bigint not null constraint batches_document references documents,
    number             text not null constraint batches_number_length check (length(number) between 1 and 60),
    received_on        date not null,
    pieces             bigint not null constraint batches_pieces check (pieces > 0),
    metres             numeric(18, 3) not null constraint batches_metres check (metres > 0),
    tonnes_theoretical numeric(18, 6) not null,
    tonnes_weighed     numeric(18, 6) not null default 0,
    cost               numeric(18, 2) not null constraint batches_cost check (cost >= 0),
    vat                numeric(18, 2) not null constraint batches_vat check (vat >= 0),
    version            integer not null default 1,
    deleted_at         timestamptz,
    constraint batches_number_unique unique (company_id, number)
);
alter table batches alter column number set storage plain;
create index batches_product_id on batches (product_id);

-- Locked per batch in sorted order; equals the ledger's inventory account of the batch.
create table batch_balances (
    batch_id           bigint primary key constraint batch_balances_batch references batches,
    pieces             bigint not null constraint batch_balances_pieces check (pieces >= 0),
    metres             numeric(18, 3) not null constraint batch_balances_metres check (metres >= 0),
    tonnes_theoretical numeric(18, 6) not null,
    tonnes_weighed     numeric(18, 6) not null,
    value              numeric(18, 2) not null constraint batch_balances_value check (value >= 0),
    vat                numeric(18, 2) not null
);
