-- Bills for goods and for orders together (общий счёт): one document and one debt, a part for batches and a part for orders.

do $$
begin
    execute (
        select 'alter table documents drop constraint documents_kind_known, add constraint documents_kind_known '
            || replace(pg_get_constraintdef(oid), 'ARRAY[', 'ARRAY[''joint_bill''::text, ')
        from pg_constraint where conrelid = 'documents'::regclass and conname = 'documents_kind_known');
end $$;

create table joint_bills (
    joint_bill_id         bigint generated always as identity primary key,
    company_id            bigint not null constraint joint_bills_company references companies,
    party_id              bigint not null constraint joint_bills_party references parties,
    contract_id           bigint not null default 0,
    document_id           bigint not null constraint joint_bills_document references documents,
    number                text not null default '' constraint joint_bills_number_length check (length(number) <= 60),
    issued_on             date not null,
    effective_on          date not null,
    -- The sums of the two parts.
    net                   numeric(18, 2) not null constraint joint_bills_net check (net > 0),
    vat                   numeric(18, 2) not null constraint joint_bills_vat check (vat >= 0),
    -- The part of batches and the part of orders.
    additional_expense_id bigint not null constraint joint_bills_goods references additional_expenses,
    direct_expense_id     bigint not null constraint joint_bills_orders references direct_expenses,
    reversed_on           date,
    reversal_document_id  bigint not null default 0,
    constraint joint_bills_document_unique unique (document_id),
    constraint joint_bills_goods_unique unique (additional_expense_id),
    constraint joint_bills_orders_unique unique (direct_expense_id),
    constraint joint_bills_order check (effective_on >= issued_on and (reversed_on is null or reversed_on >= effective_on))
);
create index joint_bills_effective_on on joint_bills (effective_on desc, joint_bill_id desc);
