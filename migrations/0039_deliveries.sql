-- Deliveries (доставка): files of orders, who received the goods and what was missing, and claims on carriers.

create table order_files (
    order_file_id bigint generated always as identity primary key,
    order_id      bigint not null constraint order_files_order references orders,
    kind          text not null constraint order_files_kind_known check (kind in ('photo', 'proof', 'other')),
    name          text not null constraint order_files_name_length check (length(name) between 1 and 200),
    content_type  text not null constraint order_files_content_type_known check (content_type in
        ('image/jpeg', 'image/png', 'image/webp', 'application/pdf')),
    sha256        bytea not null constraint order_files_sha256_length check (length(sha256) = 32),
    bytes         bytea not null constraint order_files_size check (length(bytes) between 1 and 5242880),
    uploaded_by   bigint not null,
    uploaded_at   timestamptz not null,
    -- The same bytes again are the same file.
    constraint order_files_unique unique (order_id, sha256)
);
-- Pictures do not shrink.
alter table order_files alter column bytes set storage external;

create table order_deliveries (
    order_id      bigint primary key constraint order_deliveries_order references orders,
    delivered_at  timestamptz,
    receiver      text not null default '' constraint order_deliveries_receiver_length check (length(receiver) <= 200),
    -- The paper or picture that proves it, 0 = none.
    proof_file_id bigint not null default 0,
    -- Whether the pieces were counted: `order_unloads` has what was missing then.
    counted       boolean not null
);

create table order_unloads (
    order_line_id bigint primary key constraint order_unloads_line references order_lines,
    pieces        bigint not null constraint order_unloads_pieces check (pieces >= 0)
);

insert into articles (code, name_ru, name_en, activity, contra_account) values
    ('carrier_claims', 'Претензии перевозчикам', 'Claims on carriers', 'operating', 'order_expenses');

create table carrier_claims (
    carrier_claim_id     bigint generated always as identity primary key,
    order_id             bigint not null constraint carrier_claims_order references orders,
    carrier_id           bigint not null constraint carrier_claims_carrier references parties,
    amount               numeric(18, 2) not null constraint carrier_claims_amount check (amount > 0),
    reason               text not null constraint carrier_claims_reason_length check (length(reason) between 1 and 500),
    state                text not null constraint carrier_claims_state_known check (state in ('raised', 'accepted', 'rejected', 'reversed')),
    raised_on            date not null,
    -- When it was accepted or rejected, and what the carrier said.
    decided_on           date,
    answer               text not null default '' constraint carrier_claims_answer_length check (length(answer) <= 500),
    document_id          bigint not null default 0,
    transaction_id       bigint not null default 0,
    reversed_on          date,
    reversal_document_id bigint not null default 0,
    constraint carrier_claims_decided check ((decided_on is null) = (state = 'raised')),
    constraint carrier_claims_posted check ((transaction_id > 0) = (state in ('accepted', 'reversed'))),
    constraint carrier_claims_order_of_days check (coalesce(decided_on, raised_on) >= raised_on and (reversed_on is null or reversed_on >= decided_on))
);
create index carrier_claims_order_id on carrier_claims (order_id);
