-- Additional expenses (дополнительные расходы, landed cost): a supplier's bill spread over batches, whenever it comes.
--
-- Two levels: document -> batch is kept here, batch -> stock on hand and each place the goods went to is the posting itself.

alter table documents drop constraint documents_kind_known;
alter table documents add constraint documents_kind_known check (kind in
    ('receipt', 'shipment', 'payment_in', 'payment_out', 'transfer', 'order_expense', 'expense', 'payroll', 'offset', 'storno', 'opening',
     'additional_expense'));

alter table ledger_entry drop constraint ledger_entry_cost_element_known;
alter table ledger_entry add constraint ledger_entry_cost_element_known check (cost_element in
    ('', 'purchase', 'freight_in', 'unloading', 'cutting', 'customs', 'storage', 'other', 'late', 'weight'));

-- Which part of the cost of goods an article is; empty where it is none.
alter table articles add column cost_element text not null default '' constraint articles_cost_element_known check (cost_element in
    ('', 'purchase', 'freight_in', 'unloading', 'cutting', 'customs', 'storage', 'other'));
alter table articles add constraint articles_cost_element_of_inventory check ((cost_element <> '') = (contra_account = 'inventory'));
insert into articles (code, name_ru, name_en, activity, contra_account, cost_element) values
    ('freight_in',     'Доставка на склад',                  'Freight to the warehouse',         'operating', 'inventory', 'freight_in'),
    ('unloading_in',   'Разгрузка при поступлении',          'Unloading on receipt',             'operating', 'inventory', 'unloading'),
    ('cutting_in',     'Резка и правка партии',              'Cutting and straightening a batch', 'operating', 'inventory', 'cutting'),
    ('customs',        'Таможенные платежи',                 'Customs duty',                     'operating', 'inventory', 'customs'),
    ('storage_in',     'Хранение партии',                    'Storage of a batch',               'operating', 'inventory', 'storage'),
    ('goods_other',    'Прочие расходы на партию',           'Other expenses of a batch',        'operating', 'inventory', 'other'),
    ('supplier_price', 'Бонусы и корректировки поставщика',  'Bonuses and price corrections of suppliers', 'operating', 'inventory', 'purchase');

create table additional_expenses (
    additional_expense_id bigint generated always as identity primary key,
    company_id            bigint not null constraint additional_expenses_company references companies,
    party_id              bigint not null constraint additional_expenses_party references parties,
    contract_id           bigint not null default 0,
    article_id            bigint not null constraint additional_expenses_article references articles,
    document_id           bigint not null constraint additional_expenses_document references documents,
    transaction_id        bigint not null,
    -- An expense raises what goods cost, a credit (bonus, price correction) lowers it.
    kind                  text not null constraint additional_expenses_kind_known check (kind in ('expense', 'credit')),
    basis                 text not null constraint additional_expenses_basis_known check (basis in
        ('tonnes', 'pieces', 'metres', 'amount', 'current_cost', 'manual')),
    -- The supplier's paper, and the day it counts from.
    number                text not null default '' constraint additional_expenses_number_length check (length(number) <= 60),
    issued_on             date not null,
    effective_on          date not null,
    -- As printed, positive for a credit too.
    net                   numeric(18, 2) not null constraint additional_expenses_net check (net > 0),
    vat                   numeric(18, 2) not null constraint additional_expenses_vat check (vat >= 0),
    -- What the goods cost more, negative for a credit.
    cost                  numeric(18, 2) not null constraint additional_expenses_cost check (cost <> 0),
    reversed_on           date,
    reversal_document_id  bigint not null default 0,
    constraint additional_expenses_order check (effective_on >= issued_on and (reversed_on is null or reversed_on >= effective_on))
);
create index additional_expenses_effective_on on additional_expenses (effective_on desc, additional_expense_id desc);
create index additional_expenses_party_id on additional_expenses (party_id);

-- The first level: what of a document each batch bears, and how much of that stayed with the goods on hand.
create table additional_expense_shares (
    additional_expense_id bigint not null constraint additional_expense_shares_expense references additional_expenses,
    batch_id              bigint not null constraint additional_expense_shares_batch references batches,
    base                  numeric(24, 6) not null constraint additional_expense_shares_base check (base >= 0),
    amount                numeric(18, 2) not null,
    vat                   numeric(18, 2) not null,
    stock_amount          numeric(18, 2) not null,
    stock_vat             numeric(18, 2) not null,
    primary key (additional_expense_id, batch_id)
);
create index additional_expense_shares_batch_id on additional_expense_shares (batch_id);
