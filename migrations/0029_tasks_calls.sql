-- Tasks of deals, calls, and who is told of them and of offers that wait for approval.

create table deal_tasks (
    task_id     bigint generated always as identity primary key,
    deal_id     bigint not null constraint deal_tasks_deal references deals,
    -- Who is to do it; 0 = whoever manages the deal then.
    employee_id bigint not null default 0,
    title       text not null constraint deal_tasks_title_length check (length(title) between 1 and 300),
    due_at      timestamptz not null,
    done_at     timestamptz,
    -- The user who made it; 0 = the system.
    author_id   bigint not null,
    created_at  timestamptz not null,
    version     integer not null default 1
);
alter table deal_tasks alter column title set storage plain;
create index deal_tasks_deal_id on deal_tasks (deal_id, due_at, task_id);
create index deal_tasks_open on deal_tasks (due_at, task_id) where done_at is null;

create table calls (
    call_id       bigint generated always as identity primary key,
    -- Which telephony told of it, and its own id of the call: told again it is the same call.
    source        text not null constraint calls_source_length check (length(source) between 1 and 40),
    external_id   text not null constraint calls_external_id_length check (length(external_id) between 1 and 200),
    direction     text not null constraint calls_direction_known check (direction in ('incoming', 'outgoing')),
    -- As it was told; empty when the caller hides it.
    phone         text not null constraint calls_phone_length check (length(phone) <= 40),
    -- The own number that was called or called from.
    line          text not null constraint calls_line_length check (length(line) <= 40),
    employee_id   bigint not null default 0,
    deal_id       bigint not null default 0,
    party_id      bigint not null default 0,
    started_at    timestamptz not null,
    -- 0 = nobody talked.
    talk_seconds  integer not null constraint calls_talk_seconds check (talk_seconds between 0 and 86400),
    created_at    timestamptz not null,
    constraint calls_external unique (source, external_id)
);
alter table calls alter column source set storage plain, alter column external_id set storage plain, alter column direction set storage plain,
    alter column phone set storage plain, alter column line set storage plain;
create index calls_newest on calls (started_at desc, call_id desc);
create index calls_deal_id on calls (deal_id, started_at desc) where deal_id <> 0;

insert into notification_kinds (code, title_ru, title_en, text_ru, text_en, of_deal, needs, to_manager, to_roles, to_permissions,
    threshold, unit) values
    ('offer_waiting', 'Предложение ждёт согласования', 'An offer waits for approval',
     'Предложение {number} для {name} на {amount} ждёт согласования', 'Offer {number} to {name} of {amount} waits for approval',
     true, '{see_prices,approve_offers}', false, '{}', '{approve_offers}', 0, ''),
    ('offer_approved', 'Предложение согласовано', 'An offer was approved',
     'Предложение {number} для {name} согласовано', 'Offer {number} to {name} was approved',
     true, '{see_prices}', true, '{}', '{}', 0, ''),
    ('offer_refused', 'Предложение не согласовано', 'An offer was refused',
     'Предложение {number} для {name} не согласовано', 'Offer {number} to {name} was refused',
     true, '{see_prices}', true, '{}', '{}', 0, ''),
    ('task_overdue', 'Задача просрочена', 'A task is overdue',
     'По сделке {number} не сделано к {day}: {name}', 'Deal {number}, not done by {day}: {name}',
     true, '{see_deals}', true, '{}', '{}', 0, 'days'),
    ('call_missed', 'Пропущенный звонок', 'A missed call',
     'Пропущен звонок с номера {number} ({name})', 'A call from {number} ({name}) was missed',
     true, '{see_deals}', true, '{head_of_sales}', '{}', 0, '');
