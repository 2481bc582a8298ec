-- Returns from customers and corrections of shipments (возвраты и корректировки): documents of their own, posted beside the shipment.
-- The rows of the order and its lines stay as shipped; what is left of them is read from the ledger.

alter table documents drop constraint documents_kind_known;
alter table documents add constraint documents_kind_known check (kind in
    ('receipt', 'shipment', 'payment_in', 'payment_out', 'transfer', 'order_expense', 'expense', 'payroll', 'offset', 'storno', 'opening',
     'additional_expense', 'order_return', 'order_correction'));

create table order_returns (
    order_return_id bigint generated always as identity primary key,
    order_id        bigint not null constraint order_returns_order references orders,
    document_id     bigint not null constraint order_returns_document references documents,
    returned_on     date not null,
    reason          text not null constraint order_returns_reason_length check (length(reason) between 1 and 500),
    net             numeric(18, 2) not null constraint order_returns_net check (net >= 0),
    vat             numeric(18, 2) not null constraint order_returns_vat check (vat >= 0),
    gross           numeric(18, 2) not null,
    constraint order_returns_sum check (net + vat = gross)
);
alter table order_returns alter column reason set storage plain;
create index order_returns_order_id on order_returns (order_id);

create table order_return_lines (
    order_return_id    bigint not null constraint order_return_lines_return references order_returns,
    order_line_id      bigint not null constraint order_return_lines_line references order_lines,
    pieces             bigint not null constraint order_return_lines_pieces check (pieces > 0),
    metres             numeric(18, 3) not null,
    tonnes_theoretical numeric(18, 6) not null,
    tonnes_weighed     numeric(18, 6) not null,
    net                numeric(18, 2) not null,
    vat                numeric(18, 2) not null,
    gross              numeric(18, 2) not null,
    -- What the pieces brought back into their batch.
    cost               numeric(18, 2) not null,
    primary key (order_return_id, order_line_id),
    constraint order_return_lines_sum check (net + vat = gross)
);
create index order_return_lines_order_line_id on order_return_lines (order_line_id);

create table order_corrections (
    order_correction_id bigint generated always as identity primary key,
    order_id            bigint not null constraint order_corrections_order references orders,
    document_id         bigint not null constraint order_corrections_document references documents,
    corrected_on        date not null,
    reason              text not null constraint order_corrections_reason_length check (length(reason) between 1 and 500),
    -- Differences: above zero the customer owes more.
    net                 numeric(18, 2) not null,
    vat                 numeric(18, 2) not null,
    gross               numeric(18, 2) not null,
    constraint order_corrections_sum check (net + vat = gross)
);
alter table order_corrections alter column reason set storage plain;
create index order_corrections_order_id on order_corrections (order_id);

create table order_correction_lines (
    order_correction_id bigint not null constraint order_correction_lines_correction references order_corrections,
    order_line_id       bigint not null constraint order_correction_lines_line references order_lines,
    -- As they are from now on, for the whole line as it was shipped.
    price               numeric(18, 2) not null constraint order_correction_lines_price check (price >= 0),
    quantity            numeric(18, 6) not null constraint order_correction_lines_quantity check (quantity > 0),
    -- Differences, for the pieces the customer still has.
    net                 numeric(18, 2) not null,
    vat                 numeric(18, 2) not null,
    gross               numeric(18, 2) not null,
    primary key (order_correction_id, order_line_id),
    constraint order_correction_lines_sum check (net + vat = gross)
);
create index order_correction_lines_order_line_id on order_correction_lines (order_line_id);
