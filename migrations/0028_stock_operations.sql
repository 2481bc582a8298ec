-- Stock operations (складские операции): goods moved, cut, regraded, written off, found and counted.
--
-- Goods that change place, length or condition become a batch of their own, whose parent is the batch they were taken from.

alter table documents drop constraint documents_kind_known;
alter table documents add constraint documents_kind_known check (kind in
    ('receipt', 'shipment', 'payment_in', 'payment_out', 'transfer', 'order_expense', 'expense', 'payroll', 'offset', 'storno', 'opening',
     'additional_expense', 'order_return', 'order_correction',
     'batch_transfer', 'batch_cut', 'batch_convert', 'batch_write_off', 'batch_surplus', 'stock_count'));

insert into articles (code, name_ru, name_en, activity, contra_account) values
    ('goods_damaged',  'Порча и бой товара',               'Goods damaged',                 'none', 'write_offs'),
    ('goods_used',     'Товар на собственные нужды',       'Goods for own use',             'none', 'write_offs'),
    ('goods_shortage', 'Недостача товара',                 'Goods found missing',           'none', 'write_offs'),
    ('goods_surplus',  'Излишки товара при инвентаризации', 'Goods found over in a count',   'none', 'other_income');

-- Lineage (происхождение): each batch that was made of another one has one row. A parent is older than its children, so the order of ids
-- is an order from suppliers to customers.
create table batch_moves (
    child_batch_id  bigint primary key constraint batch_moves_child_batch references batches,
    parent_batch_id bigint not null constraint batch_moves_parent_batch references batches,
    document_id     bigint not null constraint batch_moves_document references documents,
    -- Which costs of the parent were known when the goods left it: those of transactions before this one.
    transaction_id  bigint not null,
    -- Pieces of the child as they were made.
    pieces          bigint not null constraint batch_moves_pieces check (pieces > 0),
    -- Metres of the parent that went into the child, with its part of kerf and scrap: a later cost of the parent follows them.
    metres          numeric(18, 6) not null constraint batch_moves_metres check (metres > 0),
    constraint batch_moves_older check (parent_batch_id < child_batch_id)
);
create index batch_moves_parent_batch_id on batch_moves (parent_batch_id);
create index batch_moves_document_id on batch_moves (document_id);

-- What of an expense came to a batch from its parent, beside its own part.
alter table additional_expense_shares add column inherited_amount numeric(18, 2) not null default 0,
    add column inherited_vat numeric(18, 2) not null default 0;

-- Stock counts (инвентаризации).
create table stock_counts (
    stock_count_id bigint generated always as identity primary key,
    company_id     bigint not null constraint stock_counts_company references companies,
    warehouse_id   bigint not null constraint stock_counts_warehouse references warehouses,
    document_id    bigint not null constraint stock_counts_document references documents,
    counted_on     date not null,
    note           text not null constraint stock_counts_note_length check (length(note) <= 500)
);
create index stock_counts_counted_on on stock_counts (counted_on desc, stock_count_id desc);

create table stock_count_lines (
    stock_count_id bigint not null constraint stock_count_lines_count references stock_counts,
    batch_id       bigint not null constraint stock_count_lines_batch references batches,
    -- By the books on the day of the count, and by the people.
    book_pieces    bigint not null,
    counted_pieces bigint not null constraint stock_count_lines_counted check (counted_pieces >= 0),
    -- The difference: above zero a surplus.
    metres         numeric(18, 3) not null,
    cost           numeric(18, 2) not null,
    primary key (stock_count_id, batch_id)
);
create index stock_count_lines_batch_id on stock_count_lines (batch_id);
