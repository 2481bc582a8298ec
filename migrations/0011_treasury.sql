-- Bank and cash accounts, payments in and out.

create table cash_accounts (
    cash_account_id bigint generated always as identity primary key,
    company_id      bigint not null constraint cash_accounts_company references companies,
    kind            text not null constraint cash_accounts_kind_known check (kind in ('bank', 'cash')),
    name            text not null constraint cash_accounts_name_length check (length(name) between 1 and 120),
    currency        text not null default 'RUB',
    version         integer not null default 1,
    constraint cash_accounts_name_unique unique (company_id, name)
);
alter table cash_accounts alter column kind set storage plain, alter column name set storage plain, alter column currency set storage plain;

create table payments (
    payment_id      bigint generated always as identity primary key,
    company_id      bigint not null constraint payments_company references companies,
    cash_account_id bigint not null constraint payments_cash_account references cash_accounts,
    direction       text not null constraint payments_direction_known check (direction in ('in', 'out')),
    article_id      bigint not null constraint payments_article references articles,
    party_id        bigint not null default 0,
    -- The settlement target: at most one of order, deal, contract is the level it was allocated at (the others follow from it).
    target          text not null constraint payments_target_known check (target in ('order', 'deal', 'contract', 'none')),
    contract_id     bigint not null default 0,
    deal_id         bigint not null default 0,
    order_id        bigint not null default 0,
    document_id     bigint not null constraint payments_document references documents,
    paid_on         date not null,
    amount          numeric(18, 2) not null constraint payments_amount check (amount > 0),
    purpose         text not null default '',
    created_at      timestamptz not null
);
create index payments_paid_on on payments (paid_on desc, payment_id desc);
create index payments_order_id on payments (order_id) where order_id > 0;
create index payments_deal_id on payments (deal_id) where deal_id > 0;
