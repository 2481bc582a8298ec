-- People, their logins and sessions, and the log of every command (who did what, once).

create table employees (
    employee_id bigint generated always as identity primary key,
    name        text not null constraint employees_name_length check (length(name) between 1 and 200),
    active      boolean not null default true,
    version     integer not null default 1
);
alter table employees alter column name set storage plain;

create table users (
    user_id       bigint generated always as identity primary key,
    employee_id   bigint not null constraint users_employee references employees,
    login         text not null constraint users_login_form check (login = lower(login) and length(login) between 2 and 100),
    password_hash text not null,
    role          text not null constraint users_role_known check (role in ('director', 'manager', 'administrator')),
    active        boolean not null default true,
    created_at    timestamptz not null,
    constraint users_login_unique unique (login)
);

-- The token itself is never stored: a copy of this table opens no door.
create table sessions (
    token_hash   bytea primary key,
    user_id      bigint not null constraint sessions_user references users,
    created_at   timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at   timestamptz not null
);
create index sessions_user_id on sessions (user_id);

-- Idempotency, audit and the history of intent in one table. Only successes are logged.
create table command_log (
    command_id uuid primary key,
    name       text not null,
    actor_id   bigint not null,
    input_hash bytea not null,
    input      jsonb not null,
    at         timestamptz not null,
    result     jsonb not null
);
create index command_log_at on command_log (at);
