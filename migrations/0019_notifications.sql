-- What is told to whom (the catalogue), and what each person was told.

-- A new kind is a row here and one `tell` where it happens. Titles and sentences are data too; a sentence names facts in braces:
-- {number} {name} {amount} {percent} {count} {day}.
create table notification_kinds (
    kind_id        bigint generated always as identity primary key,
    code           text not null constraint notification_kinds_code_length check (length(code) between 1 and 40),
    title_ru       text not null constraint notification_kinds_title_ru_length check (length(title_ru) between 1 and 120),
    title_en       text not null constraint notification_kinds_title_en_length check (length(title_en) between 1 and 120),
    text_ru        text not null constraint notification_kinds_text_ru_length check (length(text_ru) between 1 and 500),
    text_en        text not null constraint notification_kinds_text_en_length check (length(text_en) between 1 and 500),
    -- It belongs to a deal: told to nobody who may not see that deal.
    of_deal        boolean not null,
    -- Permissions without any of which one is told nothing, whatever stands below.
    needs          text[] not null default '{}' constraint notification_kinds_needs check (cardinality(needs) <= 10),
    -- To whom: the manager of the deal, everybody of these roles, everybody with one of these permissions.
    to_manager     boolean not null default false,
    to_roles       text[] not null default '{}' constraint notification_kinds_to_roles check (cardinality(to_roles) <= 40),
    to_permissions text[] not null default '{}' constraint notification_kinds_to_permissions check (cardinality(to_permissions) <= 40),
    -- From where on it is told, in the unit; 0 where there is no unit.
    threshold      numeric(18, 2) not null default 0,
    unit           text not null default '' constraint notification_kinds_unit_known check (unit in ('', 'days', 'percent', 'roubles')),
    active         boolean not null default true,
    version        integer not null default 1,
    -- When what time causes was last looked for; several processes take turns by it.
    swept_at       timestamptz not null default '-infinity',
    constraint notification_kinds_code_unique unique (code),
    constraint notification_kinds_manager check (of_deal or not to_manager),
    constraint notification_kinds_threshold check (unit <> '' or threshold = 0)
);
alter table notification_kinds alter column code set storage plain, alter column title_ru set storage plain,
    alter column title_en set storage plain, alter column text_ru set storage plain, alter column text_en set storage plain,
    alter column unit set storage plain;

insert into notification_kinds (code, title_ru, title_en, text_ru, text_en, of_deal, needs, to_manager, to_roles, to_permissions,
    threshold, unit) values
    ('deal_handed_over', 'Вам передана сделка', 'A deal is yours now',
     'Сделка {number} «{name}» теперь ваша', 'Deal {number}, {name}, is yours now',
     true, '{see_deals}', true, '{}', '{}', 0, ''),
    ('order_late', 'Заказ не отгружен в срок', 'An order was not shipped in time',
     'Заказ {number} ({name}) не отгружен, план был на {day}', 'Order {number} ({name}) is not shipped; it was planned for {day}',
     true, '{see_orders}', true, '{logistics}', '{}', 0, 'days'),
    ('debt_overdue', 'Покупатель просрочил оплату', 'A customer is late with paying',
     '{name} не оплатил {amount} по документу {number}, срок был {day}', '{name} has not paid {amount} of document {number}, due {day}',
     true, '{see_settlements}', true, '{head_of_sales,accountant}', '{}', 0, 'days'),
    ('order_margin_low', 'Маржа заказа ниже порога', 'An order earns less than it should',
     'Заказ {number} ({name}) отгружен с маржой {percent} %, это {amount}', 'Order {number} ({name}) was shipped with a margin of {percent} %, {amount}',
     true, '{see_orders,see_margin}', false, '{director,head_of_sales}', '{}', 5, 'percent'),
    ('account_low', 'Денег на счёте меньше порога', 'An account holds less than it should',
     'На счёте «{name}» {amount}', 'Account {name} holds {amount}',
     false, '{see_money}', false, '{director,treasurer}', '{}', 0, 'roubles'),
    ('cash_gap', 'Кассовый разрыв', 'A cash gap',
     'Организации {name} не хватает {amount}, чтобы заплатить поставщикам до {day}', '{name} lacks {amount} to pay its suppliers until {day}',
     false, '{see_money,see_settlements}', false, '{director,treasurer}', '{}', 7, 'days'),
    ('change_stream_stopped', 'Отчёты не обновляются', 'Reports are not up to date',
     'Поток изменений в отчёты остановился {day}; причина на /health, после неё его запускают снова', 'The change stream stopped on {day}; /health says why, then it is started again',
     false, '{manage_settings}', false, '{}', '{manage_settings}', 0, ''),
    ('databases_differ', 'Сверка баз нашла расхождения', 'The databases differ',
     'Сверка PostgreSQL и ClickHouse нашла расхождений: {count}', 'Comparing PostgreSQL with ClickHouse found {count} differences',
     false, '{manage_settings}', false, '{}', '{manage_settings}', 0, ''),
    ('import_rejected', 'Не все строки файла загружены', 'Some rows of a file were not taken',
     'Из файла {name} не загружено строк: {count}', '{count} rows of the file {name} were not taken',
     false, '{import_deals}', false, '{}', '{import_deals}', 0, '');

-- One row for each who is told. Nothing is told twice: the episode is what makes a new occasion of the same thing.
create table notifications (
    notification_id bigint generated always as identity primary key,
    kind_id         bigint not null constraint notifications_kind references notification_kinds,
    -- No foreign key: telling must not wait for whoever changes logins, which are never deleted.
    user_id         bigint not null,
    -- What it is about, as the ids of the graph name it; empty = nothing one can look at.
    subject         text not null constraint notifications_subject_length check (length(subject) <= 40),
    subject_id      bigint not null,
    deal_id         bigint not null default 0,
    episode         text not null constraint notifications_episode_length check (length(episode) <= 100),
    -- Facts for the sentence, as they were.
    number          text not null default '' constraint notifications_number_length check (length(number) <= 100),
    name            text not null default '' constraint notifications_name_length check (length(name) <= 300),
    amount          numeric(18, 2) not null default 0,
    percent         numeric(18, 2) not null default 0,
    count           bigint not null default 0,
    day             date,
    created_at      timestamptz not null,
    read_at         timestamptz,
    constraint notifications_told_once unique (user_id, kind_id, subject, subject_id, episode)
);
alter table notifications alter column subject set storage plain, alter column episode set storage plain,
    alter column number set storage plain, alter column name set storage plain;
create index notifications_newest on notifications (user_id, created_at desc, notification_id desc);
create index notifications_unread on notifications (user_id, created_at desc, notification_id desc) where read_at is null;

-- What time makes late is looked for among what is open, not in all history.
create index orders_unshipped on orders (order_id) where status in ('draft', 'confirmed') and deleted_at is null;
create index settlement_items_receivable on settlement_items (item_id) where account = 'receivables' and open > 0;
