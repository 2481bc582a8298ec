-- Direct expenses of a sale (прямые расходы продажи): planned with an order, accrued when it ships, settled by difference when they are
-- billed; bills of orders and of whole deals, whose unshipped share waits in deferred costs.

-- What a deal without orders cost is told by the deal alone.
alter table ledger_entry drop constraint ledger_entry_order_expense_required;
alter table ledger_entry add constraint ledger_entry_order_expense_required check (account <> 'order_expenses' or order_id > 0 or deal_id > 0);

-- A bill: freight, crane, an agent's bonus, of one order, of several, or of deals.
create table direct_expenses (
    direct_expense_id    bigint generated always as identity primary key,
    company_id           bigint not null constraint direct_expenses_company references companies,
    party_id             bigint not null constraint direct_expenses_party references parties,
    contract_id          bigint not null default 0,
    article_id           bigint not null constraint direct_expenses_article references articles,
    document_id          bigint not null constraint direct_expenses_document references documents,
    transaction_id       bigint not null,
    basis                text not null constraint direct_expenses_basis_known check (basis in ('tonnes', 'pieces', 'metres', 'amount', 'manual')),
    number               text not null default '' constraint direct_expenses_number_length check (length(number) <= 60),
    issued_on            date not null,
    effective_on         date not null,
    net                  numeric(18, 2) not null constraint direct_expenses_net check (net > 0),
    vat                  numeric(18, 2) not null constraint direct_expenses_vat check (vat >= 0),
    -- What it costs the company: without the VAT that is deducted.
    cost                 numeric(18, 2) not null constraint direct_expenses_cost check (cost > 0),
    -- The VAT that is deducted.
    cost_vat             numeric(18, 2) not null,
    reversed_on          date,
    reversal_document_id bigint not null default 0,
    constraint direct_expenses_order check (effective_on >= issued_on and (reversed_on is null or reversed_on >= effective_on))
);
create index direct_expenses_effective_on on direct_expenses (effective_on desc, direct_expense_id desc);
create index direct_expenses_party_id on direct_expenses (party_id);

-- What an order is expected to cost besides its goods.
create table planned_expenses (
    planned_expense_id bigint generated always as identity primary key,
    order_id           bigint not null constraint planned_expenses_order references orders,
    article_id         bigint not null constraint planned_expenses_article references articles,
    -- Who is expected to bill it, 0 = not known yet.
    party_id           bigint not null default 0,
    net                numeric(18, 2) not null constraint planned_expenses_net check (net > 0),
    vat                numeric(18, 2) not null constraint planned_expenses_vat check (vat >= 0),
    -- What it is expected to cost the company: without the VAT that is deducted.
    cost               numeric(18, 2) not null,
    note               text not null default '' constraint planned_expenses_note_length check (length(note) <= 500),
    status             text not null constraint planned_expenses_status_known check (status in ('planned', 'accrued', 'billed', 'dropped')),
    -- What was accrued at shipment and by which transaction; 0 = nothing was.
    accrued            numeric(18, 2) not null default 0,
    accrued_vat        numeric(18, 2) not null default 0,
    accrued_on         date,
    transaction_id     bigint not null default 0,
    -- The bill that settled it, 0 = none yet.
    direct_expense_id  bigint not null default 0,
    version            integer not null default 1,
    created_at         timestamptz not null,
    constraint planned_expenses_accrued check ((accrued_on is not null) = (transaction_id > 0)),
    constraint planned_expenses_billed check ((direct_expense_id > 0) = (status = 'billed'))
);
create index planned_expenses_order_id on planned_expenses (order_id);
create index planned_expenses_open on planned_expenses (accrued_on) where status = 'accrued';

-- The first level: what of a bill each order or deal bears.
create table direct_expense_targets (
    direct_expense_id  bigint not null constraint direct_expense_targets_expense references direct_expenses,
    target             integer not null,
    -- An order, or 0 where the whole deal bears it.
    order_id           bigint not null default 0,
    deal_id            bigint not null constraint direct_expense_targets_deal references deals,
    -- The plan it settles, 0 = none.
    planned_expense_id bigint not null default 0,
    base               numeric(24, 6) not null constraint direct_expense_targets_base check (base >= 0),
    amount             numeric(18, 2) not null,
    vat                numeric(18, 2) not null,
    -- What of a deal's part waits in deferred costs for orders that are not shipped.
    waiting            numeric(18, 2) not null default 0,
    waiting_vat        numeric(18, 2) not null default 0,
    primary key (direct_expense_id, target)
);
create index direct_expense_targets_order_id on direct_expense_targets (order_id) where order_id > 0;
create index direct_expense_targets_deal_id on direct_expense_targets (deal_id);
create index direct_expense_targets_waiting on direct_expense_targets (deal_id) where waiting <> 0 or waiting_vat <> 0;

-- The second level: what reached an order's line (0 = the order as a whole) and by which transaction; order 0 = the deal itself.
-- Of a plan that was accrued it is the difference.
create table direct_expense_parts (
    direct_expense_part_id bigint generated always as identity primary key,
    direct_expense_id      bigint not null,
    target                 integer not null,
    transaction_id         bigint not null,
    effective_on           date not null,
    order_id               bigint not null,
    order_line_id          bigint not null,
    amount                 numeric(18, 2) not null,
    vat                    numeric(18, 2) not null,
    constraint direct_expense_parts_target foreign key (direct_expense_id, target) references direct_expense_targets
);
create index direct_expense_parts_target on direct_expense_parts (direct_expense_id, target);

-- Margin at completion (маржа к завершению), as a log of what it is made of: one row where a command changed a component of a deal.
create table margin_changes (
    margin_change_id bigint generated always as identity primary key,
    deal_id          bigint not null constraint margin_changes_deal references deals,
    at               timestamptz not null,
    command_id       uuid not null,
    -- Name of the command.
    cause            text not null,
    component        text not null constraint margin_changes_component_known check (component in ('revenue', 'cost', 'expense', 'waiting')),
    order_id         bigint not null default 0,
    batch_id         bigint not null default 0,
    article_id       bigint not null default 0,
    was              numeric(18, 2) not null,
    became           numeric(18, 2) not null
);
create index margin_changes_deal_id on margin_changes (deal_id, margin_change_id);
