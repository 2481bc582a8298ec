-- Payment requests (заявки на оплату): asked by one person, approved by another, paid by a third where that is asked for.
create table payment_requests (
    payment_request_id bigint generated always as identity primary key,
    number             text not null constraint payment_requests_number_unique unique,
    company_id         bigint not null constraint payment_requests_company references companies,
    state              text not null constraint payment_requests_state_known
                           check (state in ('waiting', 'approved', 'refused', 'withdrawn', 'paid')),
    article_id         bigint not null constraint payment_requests_article references articles,
    party_id           bigint not null default 0,
    target             text not null constraint payment_requests_target_known
                           check (target in ('order', 'deal', 'contract', 'supplier_order', 'party', 'none')),
    -- Of the order, deal, contract or supplier order; 0 where the target is the party or nothing.
    target_id          bigint not null default 0,
    amount             numeric(18, 2) not null constraint payment_requests_amount_positive check (amount > 0),
    paid               numeric(18, 2) not null default 0 constraint payment_requests_paid_within check (paid between 0 and amount),
    due_on             date not null,
    purpose            text not null constraint payment_requests_purpose_length check (length(purpose) <= 500),
    author_id          bigint not null,
    decided_by         bigint not null default 0,
    decision_note      text not null default '' constraint payment_requests_decision_note_length check (length(decision_note) <= 300),
    created_at         timestamptz not null,
    version            integer not null default 1
);
create index payment_requests_due on payment_requests (due_on, payment_request_id);
create index payment_requests_open on payment_requests (due_on, payment_request_id) where state in ('waiting', 'approved');

create table payment_request_payments (
    payment_id         bigint primary key constraint payment_request_payments_payment references payments,
    payment_request_id bigint not null constraint payment_request_payments_request references payment_requests
);
create index payment_request_payments_request_id on payment_request_payments (payment_request_id);
-- By its document a payment is found where it settles with a bill.
create index payments_document_id on payments (document_id);

-- From which sum on a company pays only what was requested and approved; no row = whatever it pays.
create table payment_rules (
    company_id    bigint primary key constraint payment_rules_company references companies,
    requests_from numeric(18, 2) not null constraint payment_rules_requests_from_not_negative check (requests_from >= 0)
);

-- Whoever enters a bill does not approve its payment, and whoever asks for one or approves it does not pay it. Off, as all pairs are at first,
-- unless the pair they are like is on.
insert into duty_conflicts (first_command, second_command, active)
select first_command, 'treasury.request_approve', active from duty_conflicts where second_command = 'treasury.pay'
union all
-- What makes more owed than the receipt did, and what is paid in advance, too.
select of.command, c.second_command, c.active
from (values ('purchasing.price_finalise'), ('orders.buy_back')) of (command), duty_conflicts c
where (c.first_command, c.second_command) = ('batches.receive', 'treasury.pay')
union all
select of.command, 'treasury.request_approve', c.active
from (values ('purchasing.price_finalise'), ('orders.buy_back')) of (command), duty_conflicts c
where (c.first_command, c.second_command) = ('batches.receive', 'treasury.pay')
union all
select 'purchasing.supplier_order_approve', pay.command, false from (values ('treasury.pay'), ('treasury.pay_in_currency')) pay (command)
union all
select of.command, pay.command, false
from (values ('treasury.request_create'), ('treasury.request_approve')) of (command),
     (values ('treasury.pay'), ('treasury.pay_in_currency')) pay (command);

insert into notification_kinds (code, title_ru, title_en, text_ru, text_en, of_deal, needs, to_manager, to_roles, to_permissions, threshold, unit)
values
    ('payment_request_waiting', 'Заявка на оплату ждёт согласования', 'A payment request waits for approval',
        'Заявка {number} ждёт согласования: {name}, {amount}, до {day}', 'Request {number} waits for approval: {name}, {amount}, by {day}',
        false, '{see_payment_requests}', false, '{}', '{approve_payments}', 0, ''),
    ('payment_request_approved', 'Заявка на оплату согласована', 'A payment request was approved',
        'Заявка {number} согласована: {name}, {amount}, до {day}', 'Request {number} was approved: {name}, {amount}, by {day}',
        false, '{see_payment_requests}', false, '{}', '{record_money}', 0, ''),
    ('supplier_order_waiting', 'Заказ поставщику ждёт согласования', 'A supplier order waits for approval',
        'Заказ поставщику {number} ждёт согласования: {name}, {amount}', 'Supplier order {number} waits for approval: {name}, {amount}',
        false, '{see_purchases,see_cost}', false, '{}', '{approve_purchases}', 0, ''),
    ('role_given', 'Логину дана роль', 'A login has a role',
        'Логин {number} теперь имеет роль {name}', 'Login {number} has the role {name} now',
        false, '{see_users}', false, '{director}', '{}', 0, '');
