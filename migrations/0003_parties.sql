-- Customers, suppliers and carriers (one party may be all three), their people and contracts.

create table parties (
    party_id    bigint generated always as identity primary key,
    name        text not null constraint parties_name_length check (length(name) between 1 and 300),
    inn         text not null default '' constraint parties_inn_form check (inn = '' or inn ~ '^([0-9]{10}|[0-9]{12})$'),
    phone       text not null default '' constraint parties_phone_length check (length(phone) <= 40),
    email       text not null default '' constraint parties_email_length check (length(email) <= 200),
    is_customer boolean not null default false,
    is_supplier boolean not null default false,
    is_carrier  boolean not null default false,
    external_id text constraint parties_external_unique unique,
    created_at  timestamptz not null,
    deleted_at  timestamptz,
    version     integer not null default 1
);
create unique index parties_inn_unique on parties (inn) where inn <> '' and deleted_at is null;
alter table parties alter column name set storage plain, alter column inn set storage plain,
    alter column phone set storage plain, alter column email set storage plain;

create table contacts (
    contact_id bigint generated always as identity primary key,
    party_id   bigint not null constraint contacts_party references parties,
    name       text not null,
    phone      text not null default '',
    email      text not null default ''
);
create index contacts_party_id on contacts (party_id);

create table contracts (
    contract_id  bigint generated always as identity primary key,
    company_id   bigint not null constraint contracts_company references companies,
    party_id     bigint not null constraint contracts_party references parties,
    kind         text not null constraint contracts_kind_known check (kind in ('sale', 'purchase', 'service')),
    number       text not null constraint contracts_number_length check (length(number) between 1 and 60),
    signed_on    date not null,
    payment_days integer not null default 0 constraint contracts_payment_days check (payment_days between 0 and 365),
    constraint contracts_number_unique unique (company_id, party_id, number)
);
create index contracts_party_id on contracts (party_id);
