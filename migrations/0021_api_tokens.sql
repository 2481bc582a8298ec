-- Keys of programs: each acts as its user, within the permissions listed here and no more than the user's role gives at the moment.

-- The secret itself is stored nowhere: 32 random bytes need no slow hash.
create table api_tokens (
    token_id     bigint generated always as identity primary key,
    name         text not null constraint api_tokens_name_length check (length(name) between 1 and 200),
    user_id      bigint not null constraint api_tokens_user references users,
    secret_hash  bytea not null constraint api_tokens_secret_hash_length check (length(secret_hash) = 32),
    permissions  text[] not null constraint api_tokens_permissions_some check (cardinality(permissions) between 1 and 64),
    expires_at   timestamptz not null,
    created_at   timestamptz not null,
    created_by   bigint not null constraint api_tokens_created_by references users,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    constraint api_tokens_lives check (expires_at > created_at)
);
alter table api_tokens alter column name set storage plain;
create index api_tokens_user_id on api_tokens (user_id);
create index api_tokens_created_by on api_tokens (created_by);
