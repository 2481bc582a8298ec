-- Requests for prices (запросы цен) and what suppliers answered; places goods only pass through.

create table purchase_requests (
    purchase_request_id bigint generated always as identity primary key,
    company_id          bigint not null constraint purchase_requests_company references companies,
    number              text not null constraint purchase_requests_number_length check (length(number) between 1 and 60),
    state               text not null constraint purchase_requests_state_known check (state in ('open', 'closed')),
    requested_on        date not null,
    -- When the goods are needed at the base.
    needed_on           date not null,
    -- Where prices are compared at: freight is up to here.
    base                text not null constraint purchase_requests_base_length check (length(base) between 1 and 200),
    note                text not null default '' constraint purchase_requests_note_length check (length(note) <= 500),
    author_id           bigint not null,
    version             integer not null default 1,
    created_at          timestamptz not null,
    constraint purchase_requests_number_unique unique (company_id, number),
    constraint purchase_requests_needed_on check (needed_on >= requested_on)
);

create table purchase_request_lines (
    purchase_request_line_id bigint generated always as identity primary key,
    purchase_request_id      bigint not null constraint purchase_request_lines_request references purchase_requests,
    line                     integer not null,
    product_id               bigint not null constraint purchase_request_lines_product references products,
    pieces                   bigint not null constraint purchase_request_lines_pieces check (pieces > 0),
    constraint purchase_request_lines_line_unique unique (purchase_request_id, line)
);

create table purchase_request_suppliers (
    purchase_request_id bigint not null constraint purchase_request_suppliers_request references purchase_requests,
    party_id            bigint not null constraint purchase_request_suppliers_party references parties,
    primary key (purchase_request_id, party_id)
);

-- Never changed: the last one of a supplier for a line counts, the earlier ones are the history of the price.
create table supplier_answers (
    supplier_answer_id       bigint generated always as identity primary key,
    purchase_request_line_id bigint not null constraint supplier_answers_line references purchase_request_lines,
    party_id                 bigint not null constraint supplier_answers_party references parties,
    answered_on              date not null,
    unit                     text not null constraint supplier_answers_unit_known check (unit in ('т', 'м', 'шт')),
    price                    numeric(18, 2) not null constraint supplier_answers_price check (price > 0),
    price_includes_vat       boolean not null,
    -- The supplier's rate; 0 = without VAT.
    vat_percent              numeric(5, 2) not null constraint supplier_answers_vat_percent check (vat_percent between 0 and 30),
    -- To the base, roubles per tonne; with VAT where the price is.
    freight                  numeric(18, 2) not null constraint supplier_answers_freight check (freight >= 0),
    -- When the goods would be at the base.
    delivers_on              date not null,
    valid_until              date not null,
    terms                    text not null default '' constraint supplier_answers_terms_length check (length(terms) <= 300),
    author_id                bigint not null,
    created_at               timestamptz not null,
    -- The order it became, 0 = none.
    supplier_order_id        bigint not null default 0,
    constraint supplier_answers_valid_until check (valid_until >= answered_on)
);
create index supplier_answers_line_id on supplier_answers (purchase_request_line_id, party_id, supplier_answer_id desc);

-- A place goods only pass through: from the supplier's gate to the customer.
alter table warehouses add column is_transit boolean not null default false;
