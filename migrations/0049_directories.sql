-- Directories can be changed and retired: a lock for what had none, and whether new documents may name a row.
-- None of these columns is shipped: reports name what is retired as before.

alter table products add column active boolean not null default true;
alter table channels add column active boolean not null default true;
alter table warehouses add column active boolean not null default true, add column version integer not null default 1;
alter table cash_accounts add column active boolean not null default true;
alter table customer_groups add column version integer not null default 1;
alter table contacts add column version integer not null default 1;
