-- A session has an id to be revoked by, a login has a version, and guessing passwords gets slower with every miss.

alter table sessions add column session_id bigint generated always as identity constraint sessions_id_unique unique;
alter table users add column version integer not null default 1;

-- Misses in a row of a login, whether it exists or not; the row goes when somebody comes in, or a day after the last miss.
create table login_attempts (
    login    text primary key constraint login_attempts_login_length check (length(login) <= 100),
    failures integer not null constraint login_attempts_failures check (failures > 0),
    last_at  timestamptz not null
);
create index login_attempts_last_at on login_attempts (last_at);
