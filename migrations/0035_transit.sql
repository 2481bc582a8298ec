-- Goods in transit (товары в пути): ours since the supplier's gate, not here yet.

do $$
begin
    execute (
        select 'alter table documents drop constraint documents_kind_known, add constraint documents_kind_known '
            || replace(pg_get_constraintdef(oid), 'ARRAY[', 'ARRAY[''batch_arrival''::text, ''batch_shortage''::text, ')
        from pg_constraint where conrelid = 'documents'::regclass and conname = 'documents_kind_known');
end $$;

-- What lies in a warehouse of this kind is on the account of goods in transit and cannot be shipped, cut or counted.
alter table warehouses add column kind text not null default 'yard' constraint warehouses_kind_known check (kind in ('yard', 'transit'));
create unique index warehouses_one_transit on warehouses (kind) where kind = 'transit';

create table batches_in_transit (
    batch_id    bigint primary key constraint batches_in_transit_batch references batches,
    expected_on date not null
);
create index batches_in_transit_expected_on on batches_in_transit (expected_on);

alter table ledger_entry drop constraint ledger_entry_inventory_required;
alter table ledger_entry add constraint ledger_entry_inventory_required check (
    account not in ('inventory', 'goods_in_transit') or (batch_id > 0 and product_id > 0 and warehouse_id > 0));
-- A batch is whole on one of the two accounts.
drop index ledger_entry_inventory;
create index ledger_entry_inventory on ledger_entry (batch_id, effective_on) where account in ('inventory', 'goods_in_transit');

-- What did not arrive (недостачи при приёмке): a loss, or a claim on the supplier with the VAT that was deducted.
create table batch_shortages (
    batch_shortage_id bigint generated always as identity primary key,
    batch_id          bigint not null constraint batch_shortages_batch references batches,
    document_id       bigint not null constraint batch_shortages_document references documents,
    found_on          date not null,
    reason            text not null constraint batch_shortages_reason_length check (length(reason) between 1 and 500),
    pieces            bigint not null constraint batch_shortages_pieces check (pieces > 0),
    -- An article of losses, or 0 for a claim.
    article_id        bigint not null default 0,
    cost              numeric(18, 2) not null,
    vat               numeric(18, 2) not null
);
create index batch_shortages_batch_id on batch_shortages (batch_id);
