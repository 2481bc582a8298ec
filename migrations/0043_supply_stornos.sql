-- Stornos (сторно) of returns to suppliers, of shortages and of revaluations.

alter table supplier_returns
    add column reversed_on date,
    add column reversal_document_id bigint not null default 0,
    add constraint supplier_returns_reversed check ((reversed_on is null) = (reversal_document_id = 0));

alter table batch_shortages
    add column reversed_on date,
    add column reversal_document_id bigint not null default 0,
    add constraint batch_shortages_reversed check ((reversed_on is null) = (reversal_document_id = 0));
create index batch_shortages_document_id on batch_shortages (document_id);

alter table currency_revaluations
    add column reversed_on date,
    add column reversal_document_id bigint not null default 0,
    add constraint currency_revaluations_reversed check ((reversed_on is null) = (reversal_document_id = 0)),
    drop constraint currency_revaluations_once;
create unique index currency_revaluations_once on currency_revaluations (company_id, currency, revalued_on) where reversed_on is null;

-- What a revaluation did to each debt, so that it can be taken back as it was done.
create table currency_revaluation_items (
    currency_revaluation_id bigint not null constraint currency_revaluation_items_revaluation references currency_revaluations,
    item_id                 bigint not null constraint currency_revaluation_items_item references settlement_items,
    -- By how much what was open then grew.
    difference              numeric(18, 2) not null,
    -- What was open then: when less is, something was paid at the new rate.
    open_currency           numeric(18, 2) not null,
    -- When the debt was revalued before.
    revalued_before         date,
    primary key (currency_revaluation_id, item_id)
);
create index currency_revaluation_items_item_id on currency_revaluation_items (item_id);
