-- Who people are at an OpenID Connect provider, and sign-ins there that are under way.

-- A link is made by an administrator: by the person's id at the provider, or by an address, which becomes an id when somebody first comes
-- in whom the provider proves to own it. Whoever is not here does not come in.
create table user_identities (
    user_identity_id bigint generated always as identity primary key,
    user_id          bigint not null constraint user_identities_user references users,
    issuer           text not null constraint user_identities_issuer_length check (length(issuer) between 1 and 500),
    subject          text constraint user_identities_subject_length check (length(subject) between 1 and 255),
    email            text constraint user_identities_email_form check (email = lower(email) and length(email) between 3 and 320),
    created_at       timestamptz not null,
    -- When somebody first came in by it.
    used_at          timestamptz,
    constraint user_identities_somebody check (subject is not null or email is not null),
    constraint user_identities_subject_unique unique (issuer, subject),
    constraint user_identities_email_unique unique (issuer, email)
);
alter table user_identities alter column issuer set storage plain;
alter table user_identities alter column subject set storage plain;
alter table user_identities alter column email set storage plain;
create index user_identities_user_id on user_identities (user_id);

-- A browser went to the provider and is to come back with this state; or it came back, the provider proved who it is, and the code of the
-- second factor is still to be typed. Only hashes of random secrets, each good once and for minutes.
create table oidc_sign_ins (
    browser_hash bytea primary key constraint oidc_sign_ins_browser_hash_length check (length(browser_hash) = 32),
    state_hash   bytea constraint oidc_sign_ins_state_hash_length check (length(state_hash) = 32),
    user_id      bigint constraint oidc_sign_ins_user references users,
    issuer       text constraint oidc_sign_ins_issuer_length check (length(issuer) between 1 and 500),
    expires_at   timestamptz not null,
    constraint oidc_sign_ins_step check ((state_hash is null) = (user_id is not null) and (user_id is null) = (issuer is null))
);
create index oidc_sign_ins_expires_at on oidc_sign_ins (expires_at);
create index oidc_sign_ins_user_id on oidc_sign_ins (user_id);
