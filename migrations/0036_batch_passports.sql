-- What a batch is known by in the yard, whose piles were bought back, and goods that lie elsewhere than their owner.

-- Of batches somebody described; the others have none.
create table batch_passports (
    batch_id    bigint primary key constraint batch_passports_batch references batches,
    heat_number text not null default '' constraint batch_passports_heat_number_length check (length(heat_number) <= 60),
    certificate text not null default '' constraint batch_passports_certificate_length check (length(certificate) <= 100),
    stack       text not null default '' constraint batch_passports_stack_length check (length(stack) <= 60),
    tag         text not null default '' constraint batch_passports_tag_length check (length(tag) <= 60),
    note        text not null default '' constraint batch_passports_note_length check (length(note) <= 500),
    version     integer not null default 1
);
alter table batch_passports alter column heat_number set storage plain, alter column certificate set storage plain,
    alter column stack set storage plain, alter column tag set storage plain, alter column note set storage plain;
create unique index batch_passports_tag_unique on batch_passports (tag) where tag <> '';
create index batch_passports_words on batch_passports using gin (lower(heat_number || ' ' || certificate || ' ' || tag) gin_trgm_ops);

-- Used piles bought back from a customer: a purchase that knows the sale it undoes in part.
create table batch_buy_backs (
    batch_id      bigint primary key constraint batch_buy_backs_batch references batches,
    order_line_id bigint not null constraint batch_buy_backs_order_line references order_lines,
    pieces        bigint not null constraint batch_buy_backs_pieces check (pieces > 0)
);
create index batch_buy_backs_order_line_id on batch_buy_backs (order_line_id);

-- Whose yard a warehouse is, when it is not ours: our goods lie at a processor or a keeper; 0 = ours.
alter table warehouses add column keeper_id bigint not null default 0;

-- Goods of a customer that lie with us after the shipment, until the order is delivered.
create table order_custody (
    order_id     bigint primary key constraint order_custody_order references orders,
    warehouse_id bigint not null constraint order_custody_warehouse references warehouses,
    kept_from    date not null
);
