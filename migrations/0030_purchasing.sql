-- Purchasing (закупки): supplier orders, what came against them, prices that are still preliminary, money paid for one of them.

create table supplier_orders (
    supplier_order_id  bigint generated always as identity primary key,
    company_id         bigint not null constraint supplier_orders_company references companies,
    party_id           bigint not null constraint supplier_orders_party references parties,
    contract_id        bigint not null default 0,
    -- The deal the goods are bought for, 0 = for stock.
    deal_id            bigint not null default 0,
    warehouse_id       bigint not null constraint supplier_orders_warehouse references warehouses,
    number             text not null constraint supplier_orders_number_length check (length(number) between 1 and 60),
    state              text not null constraint supplier_orders_state_known check (state in
        ('draft', 'approved', 'sent', 'confirmed', 'partly_received', 'received', 'closed', 'cancelled')),
    ordered_on         date not null,
    expected_on        date not null,
    -- What is paid before the goods come: percent of the sum with VAT, so many days after the order.
    prepayment_percent numeric(5, 2) not null default 0 constraint supplier_orders_prepayment_percent check (prepayment_percent between 0 and 100),
    prepayment_days    integer not null default 0 constraint supplier_orders_prepayment_days check (prepayment_days between 0 and 365),
    delivery_terms     text not null default '' constraint supplier_orders_delivery_terms_length check (length(delivery_terms) <= 500),
    note               text not null default '' constraint supplier_orders_note_length check (length(note) <= 500),
    -- The users; 0 = the system, or nobody yet.
    author_id          bigint not null,
    decided_by         bigint not null default 0,
    decision_note      text not null default '' constraint supplier_orders_decision_note_length check (length(decision_note) <= 300),
    net                numeric(18, 2) not null,
    vat                numeric(18, 2) not null,
    gross              numeric(18, 2) not null,
    version            integer not null default 1,
    created_at         timestamptz not null,
    constraint supplier_orders_number_unique unique (company_id, number),
    constraint supplier_orders_expected_on check (expected_on >= ordered_on),
    constraint supplier_orders_sum check (net + vat = gross),
    constraint supplier_orders_approved check (state in ('draft', 'cancelled') or decided_by > 0),
    constraint supplier_orders_four_eyes check (decided_by = 0 or decided_by <> author_id)
);
create index supplier_orders_party_id on supplier_orders (party_id);
create index supplier_orders_deal_id on supplier_orders (deal_id) where deal_id > 0;

create table supplier_order_lines (
    supplier_order_line_id bigint generated always as identity primary key,
    supplier_order_id      bigint not null constraint supplier_order_lines_supplier_order references supplier_orders,
    line                   integer not null,
    product_id             bigint not null constraint supplier_order_lines_product references products,
    pieces                 bigint not null constraint supplier_order_lines_pieces check (pieces > 0),
    metres                 numeric(18, 3) not null,
    tonnes_theoretical     numeric(18, 6) not null,
    unit                   text not null constraint supplier_order_lines_unit_known check (unit in ('т', 'м', 'шт')),
    quantity               numeric(18, 6) not null,
    price                  numeric(18, 2) not null constraint supplier_order_lines_price check (price > 0),
    price_includes_vat     boolean not null,
    net                    numeric(18, 2) not null,
    vat                    numeric(18, 2) not null,
    gross                  numeric(18, 2) not null,
    constraint supplier_order_lines_line_unique unique (supplier_order_id, line),
    constraint supplier_order_lines_sum check (net + vat = gross)
);
create index supplier_order_lines_product_id on supplier_order_lines (product_id);

-- A receipt that came against a supplier order, or at a price that is still preliminary, or both.
create table purchase_receipts (
    batch_id               bigint primary key constraint purchase_receipts_batch references batches,
    supplier_order_line_id bigint constraint purchase_receipts_line references supplier_order_lines,
    -- As it was received, without VAT and the VAT as printed.
    net                    numeric(18, 2) not null,
    vat                    numeric(18, 2) not null,
    preliminary            boolean not null,
    -- What the supplier's document said of a preliminary price, and what carries the difference, 0 = there was none. Where that was taken
    -- back, the price is preliminary again.
    final_net              numeric(18, 2),
    final_vat              numeric(18, 2),
    finalised_on           date,
    additional_expense_id  bigint not null default 0,
    constraint purchase_receipts_final check (finalised_on is null or (preliminary and final_net > 0 and final_vat >= 0))
);
create index purchase_receipts_line_id on purchase_receipts (supplier_order_line_id) where supplier_order_line_id is not null;

-- Documents that settle for one supplier order: its payments, its receipts, corrections of their prices. An advance that is tied pays for its
-- own order only, until the order is closed or cancelled and the tie is released.
create table settlement_ties (
    document_id       bigint primary key constraint settlement_ties_document references documents,
    supplier_order_id bigint not null,
    released          boolean not null default false
);
create index settlement_ties_supplier_order_id on settlement_ties (supplier_order_id);

alter table payments drop constraint payments_target_known;
alter table payments add constraint payments_target_known check (target in ('order', 'deal', 'contract', 'supplier_order', 'none'));

-- Whoever approved an order does not receive its goods, where that is asked for.
insert into duty_conflicts (first_command, second_command, active) values ('purchasing.supplier_order_approve', 'batches.receive', false);
