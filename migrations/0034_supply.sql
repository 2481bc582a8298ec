-- Supplier returns and claims (возвраты поставщикам, претензии), customs, exchange rates and purchases in currency.

-- Kinds of documents are added to those known by now, whichever migrations named them.
do $$
begin
    execute (
        select 'alter table documents drop constraint documents_kind_known, add constraint documents_kind_known '
            || replace(pg_get_constraintdef(oid), 'ARRAY[', 'ARRAY[''supplier_return''::text, ''claim''::text, ''revaluation''::text, ')
        from pg_constraint where conrelid = 'documents'::regclass and conname = 'documents_kind_known');
end $$;

-- What a supplier is asked to make good stands with the debts and advances.
alter table settlement_items drop constraint settlement_items_account_known;
alter table settlement_items add constraint settlement_items_account_known check (account in
    ('receivables', 'customer_advances', 'payables', 'supplier_advances', 'claims'));

-- A debt or an advance in currency: roubles as they are carried, and the currency itself; of roubles both are zero. Both close together.
alter table settlement_items
    add column currency text not null default 'RUB' constraint settlement_items_currency_form check (currency ~ '^[A-Z]{3}$'),
    add column currency_amount numeric(18, 2) not null default 0,
    add column open_currency numeric(18, 2) not null default 0,
    add column revalued_on date,
    add constraint settlement_items_currency check (case when currency = 'RUB' then currency_amount = 0 and open_currency = 0
        else currency_amount > 0 and open_currency between 0 and currency_amount and (open_currency > 0 or open = 0) end);
create index settlement_items_currency on settlement_items (company_id, currency, account) where open_currency > 0;
alter table settlement_offsets add column currency_amount numeric(18, 2) not null default 0,
    drop constraint settlement_offsets_amount,
    add constraint settlement_offsets_amount check (amount >= 0 and currency_amount >= 0 and amount + currency_amount > 0);
alter table settlement_items drop constraint settlement_items_amount,
    add constraint settlement_items_amount check (amount >= 0 and amount + currency_amount > 0);

insert into articles (code, name_ru, name_en, activity, contra_account) values
    ('supplier_return', 'Потери при возврате поставщику', 'Losses on returns to suppliers', 'none', 'write_offs'),
    ('claim_refused',   'Претензии, не признанные поставщиком', 'Claims refused by suppliers', 'none', 'write_offs');

create table supplier_returns (
    supplier_return_id bigint generated always as identity primary key,
    company_id         bigint not null constraint supplier_returns_company references companies,
    party_id           bigint not null constraint supplier_returns_party references parties,
    contract_id        bigint not null default 0,
    document_id        bigint not null constraint supplier_returns_document references documents,
    returned_on        date not null,
    number             text not null constraint supplier_returns_number_length check (length(number) <= 60),
    reason             text not null constraint supplier_returns_reason_length check (length(reason) between 1 and 500),
    -- Where goes what the goods cost beyond his price: an article of losses, or 0 for a claim on him.
    article_id         bigint not null default 0,
    -- His price: what of it was cost and what was deducted VAT.
    cost               numeric(18, 2) not null,
    vat                numeric(18, 2) not null,
    gross              numeric(18, 2) not null,
    landed             numeric(18, 2) not null,
    constraint supplier_returns_sum check (cost + vat = gross)
);
create index supplier_returns_returned_on on supplier_returns (returned_on desc, supplier_return_id desc);
create index supplier_returns_party_id on supplier_returns (party_id);

create table supplier_return_lines (
    supplier_return_id bigint not null constraint supplier_return_lines_return references supplier_returns,
    batch_id           bigint not null constraint supplier_return_lines_batch references batches,
    -- The batch as he delivered it, whose receipt names the price.
    origin_batch_id    bigint not null constraint supplier_return_lines_origin_batch references batches,
    pieces             bigint not null constraint supplier_return_lines_pieces check (pieces > 0),
    metres             numeric(18, 3) not null,
    cost               numeric(18, 2) not null,
    vat                numeric(18, 2) not null,
    gross              numeric(18, 2) not null,
    landed             numeric(18, 2) not null,
    primary key (supplier_return_id, batch_id),
    constraint supplier_return_lines_sum check (cost + vat = gross)
);
create index supplier_return_lines_batch_id on supplier_return_lines (batch_id);
create index supplier_return_lines_origin_batch_id on supplier_return_lines (origin_batch_id);

-- Import VAT stands beside the duty on one customs declaration and is mostly the larger of the two; there may be no duty at all.
alter table additional_expenses drop constraint additional_expenses_net, drop constraint additional_expenses_cost;
alter table additional_expenses add constraint additional_expenses_net check (net >= 0 and net + vat > 0),
    add constraint additional_expenses_cost check (cost <> 0 or vat > 0 or settles_id > 0);

-- Official rates (курсы валют): roubles for `nominal` units on a day; a day without a row has no rate.
create table exchange_rates (
    currency text not null constraint exchange_rates_currency_form check (currency ~ '^[A-Z]{3}$' and currency <> 'RUB'),
    rated_on date not null,
    nominal  integer not null constraint exchange_rates_nominal check (nominal between 1 and 1000000),
    rate     numeric(18, 6) not null constraint exchange_rates_rate check (rate > 0),
    source   text not null constraint exchange_rates_source_length check (length(source) <= 100),
    primary key (currency, rated_on)
);

-- The price of a batch that was bought in currency, as printed.
create table batch_currencies (
    batch_id bigint primary key constraint batch_currencies_batch references batches,
    currency text not null constraint batch_currencies_currency_form check (currency ~ '^[A-Z]{3}$' and currency <> 'RUB'),
    net      numeric(18, 2) not null constraint batch_currencies_net check (net > 0),
    vat      numeric(18, 2) not null constraint batch_currencies_vat check (vat >= 0)
);

create table currency_revaluations (
    currency_revaluation_id bigint generated always as identity primary key,
    company_id  bigint not null constraint currency_revaluations_company references companies,
    currency    text not null,
    revalued_on date not null,
    document_id bigint not null constraint currency_revaluations_document references documents,
    rate        numeric(18, 6) not null,
    -- Above zero the debts grew: a loss.
    difference  numeric(18, 2) not null,
    constraint currency_revaluations_once unique (company_id, currency, revalued_on)
);

alter table payments
    add column currency text not null default 'RUB' constraint payments_currency_form check (currency ~ '^[A-Z]{3}$'),
    add column currency_amount numeric(18, 2) not null default 0;
