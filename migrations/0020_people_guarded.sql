-- What keeps people's access safe: passwords that others gave, second factors, who did and who read what, and
-- duties that must not meet in one person.

-- Somebody else gave the password: until it is changed nothing else is open.
alter table users add column must_change_password boolean not null default false;

-- The secret of a second factor (RFC 6238). It has to be read, so it cannot be hashed: it is sealed under the key of the server when that
-- has one, else it lies here as it is. It asks for nothing until it is confirmed by a first code.
create table second_factors (
    user_id      bigint primary key constraint second_factors_user references users,
    secret       bytea not null constraint second_factors_secret_length check (length(secret) between 20 and 100),
    sealed       boolean not null,
    enrolled_at  timestamptz not null,
    confirmed_at timestamptz,
    -- The time step of the last code that was taken: no code counts twice.
    last_step    bigint not null default 0
);

-- Only hashes of random codes; each opens the door once.
create table recovery_codes (
    user_id   bigint not null constraint recovery_codes_user references users,
    code_hash bytea not null,
    used_at   timestamptz,
    primary key (user_id, code_hash)
);

-- What a role asks of its logins. A role without a row asks for nothing.
create table role_settings (
    role                   text primary key constraint role_settings_role_length check (length(role) between 1 and 40),
    second_factor_required boolean not null
);
insert into role_settings (role, second_factor_required) values
    ('director', false), ('head_of_sales', false), ('manager', false), ('logistics', false), ('purchasing', false),
    ('warehouse', false), ('treasurer', false), ('accountant', false), ('payroll_clerk', false), ('employee', false),
    ('marketer', false), ('integration', false), ('administrator', false);

-- Whether a login has a second factor: `on`, must have one and has not: `due`, or need not: `off`.
create function second_factor_of(of_user bigint, of_role text) returns text language sql stable as $$
    select case when exists (select from second_factors where user_id = of_user and confirmed_at is not null) then 'on'
                when exists (select from role_settings where role = of_role and second_factor_required) then 'due'
                else 'off' end
$$;

-- Who read what, and who came in; what was done is in command_log. Rows are added and never changed: whoever could tidy up here could hide.
create table access_log (
    access_id  bigint generated always as identity primary key,
    at         timestamptz not null,
    actor_id   bigint not null,
    kind       text not null constraint access_log_kind_known check (kind in ('read', 'signed_in', 'sign_in_failed', 'locked_out',
        'password_changed', 'second_factor_on', 'second_factor_off')),
    -- The root field of the graph, or the login.
    name       text not null constraint access_log_name_length check (length(name) between 1 and 100),
    input      jsonb not null,
    request_id text not null default '' constraint access_log_request_id_length check (length(request_id) <= 200)
);
create index access_log_at on access_log (at);
create index access_log_actor on access_log (actor_id, at);
create index command_log_actor on command_log (actor_id, at);

create function log_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation', constraint = 'log_append_only';
end $$;
create trigger access_log_append_only before update or delete or truncate on access_log
    for each statement execute function log_is_append_only();
create trigger command_log_append_only before delete or truncate on command_log
    for each statement execute function log_is_append_only();

-- A command writes its answer into the row it claimed, in the same transaction; afterwards the row stays as it is.
create function command_log_answers_once() returns trigger language plpgsql as $$
begin
    if old.xmin <> pg_current_xact_id()::xid
        or (new.command_id, new.name, new.actor_id, new.input_hash, new.input, new.at)
            is distinct from (old.command_id, old.name, old.actor_id, old.input_hash, old.input, old.at) then
        raise exception 'command_log is append-only' using errcode = 'integrity_constraint_violation', constraint = 'log_append_only';
    end if;
    return new;
end $$;
create trigger command_log_answers_once before update on command_log for each row execute function command_log_answers_once();
revoke update, delete, truncate on access_log from public;
revoke delete, truncate on command_log from public;

-- Commands that one person must not run on the same document or order, in either order. Off at first: in a small firm the director does
-- everything.
create table duty_conflicts (
    conflict_id    bigint generated always as identity primary key,
    first_command  text not null constraint duty_conflicts_first_command_length check (length(first_command) between 1 and 100),
    second_command text not null constraint duty_conflicts_second_command_length check (length(second_command) between 1 and 100),
    active         boolean not null default false,
    constraint duty_conflicts_pair_unique unique (first_command, second_command)
);
insert into duty_conflicts (first_command, second_command) values
    ('batches.receive',    'treasury.pay'),
    ('treasury.accrue',    'treasury.pay'),
    ('orders.add_expense', 'treasury.pay'),
    ('orders.ship',        'treasury.pay'),
    ('treasury.pay',       'treasury.offset'),
    ('orders.confirm',     'orders.ship');

-- What a document closed or was closed by, and who confirmed an order: looked up before every step of a pair that is switched on.
create index settlement_offsets_document_id on settlement_offsets (document_id);
create index command_log_order_confirmed on command_log ((input ->> 'order_id')) where name = 'orders.confirm';
