-- The register of documents every posting refers to, and their gapless numbers.

create table documents (
    document_id bigint generated always as identity primary key,
    company_id  bigint not null constraint documents_company references companies,
    kind        text not null constraint documents_kind_known check (kind in
        ('receipt', 'shipment', 'payment_in', 'payment_out', 'transfer', 'order_expense', 'expense', 'payroll', 'offset', 'storno', 'opening')),
    number      text not null,
    issued_on   date not null,
    party_id    bigint not null default 0,
    -- What it is about: the order, batch or payment it belongs to (the kind says which).
    subject_id  bigint not null default 0,
    gross       numeric(18, 2) not null default 0,
    note        text not null default '',
    created_at  timestamptz not null,
    constraint documents_number_unique unique (company_id, kind, number)
);
create index documents_subject on documents (kind, subject_id);

create table document_counters (
    company_id bigint not null constraint document_counters_company references companies,
    kind       text not null,
    year       integer not null,
    last       bigint not null,
    primary key (company_id, kind, year)
);
