-- Open items (взаиморасчёты): one row per debt or advance, closed partly or whole by offsets.
-- The sum of `open` per account and dimension equals the ledger's balance of that account.

create table settlement_items (
    item_id     bigint generated always as identity primary key,
    company_id  bigint not null,
    party_id    bigint not null,
    account     text not null constraint settlement_items_account_known check (account in
        ('receivables', 'customer_advances', 'payables', 'supplier_advances')),
    contract_id bigint not null default 0,
    deal_id     bigint not null default 0,
    order_id    bigint not null default 0,
    document_id bigint not null,
    opened_on   date not null,
    due_on      date not null,
    amount      numeric(18, 2) not null constraint settlement_items_amount check (amount > 0),
    open        numeric(18, 2) not null,
    -- VAT charged on an advance as it was stored, and what of it has not been taken back yet.
    vat         numeric(18, 2) not null default 0,
    open_vat    numeric(18, 2) not null default 0,
    version     integer not null default 1,
    constraint settlement_items_open check (open between 0 and amount),
    constraint settlement_items_open_vat check (open_vat between 0 and vat)
);
create index settlement_items_order on settlement_items (order_id, account) where open > 0;
create index settlement_items_deal on settlement_items (deal_id, account) where open > 0;
create index settlement_items_contract on settlement_items (contract_id, account) where open > 0;
create index settlement_items_party on settlement_items (party_id, account) where open > 0;

create table settlement_offsets (
    offset_id    bigint generated always as identity primary key,
    debt_id      bigint not null constraint settlement_offsets_debt references settlement_items,
    -- 0 when the debt was paid by money directly.
    advance_id   bigint not null default 0,
    document_id  bigint not null,
    effective_on date not null,
    amount       numeric(18, 2) not null constraint settlement_offsets_amount check (amount > 0)
);
create index settlement_offsets_debt_id on settlement_offsets (debt_id);
