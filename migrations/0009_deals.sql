-- Channels, deals (a lead is a deal at its first stage) and the log of stage transitions.

create table channels (
    channel_id bigint generated always as identity primary key,
    code       text not null constraint channels_code_length check (length(code) between 1 and 60),
    name       text not null constraint channels_name_length check (length(name) between 1 and 120),
    version    integer not null default 1,
    constraint channels_code_unique unique (code)
);
alter table channels alter column code set storage plain, alter column name set storage plain;
insert into channels (code, name) values ('unknown', 'Не определён');

create table deals (
    deal_id          bigint generated always as identity primary key,
    company_id       bigint not null constraint deals_company references companies,
    number           text not null constraint deals_number_length check (length(number) between 1 and 60),
    title            text not null constraint deals_title_length check (length(title) between 1 and 300),
    -- 0 until the lead is known as a party.
    party_id         bigint not null default 0,
    contract_id      bigint not null default 0,
    employee_id      bigint not null default 0,
    channel_id       bigint not null constraint deals_channel references channels,
    stage            text not null constraint deals_stage_known check (stage in
        ('new_lead', 'qualified', 'need_defined', 'offer_sent', 'contract', 'in_supply', 'won', 'lost')),
    stage_entered_at timestamptz not null,
    need_tonnes      numeric(18, 6) not null default 0 constraint deals_need_tonnes check (need_tonnes >= 0),
    need_gross       numeric(18, 2) not null default 0 constraint deals_need_gross check (need_gross >= 0),
    planned_margin   numeric(18, 2) not null default 0,
    contact_name     text not null default '' constraint deals_contact_name_length check (length(contact_name) <= 200),
    contact_phone    text not null default '' constraint deals_contact_phone_length check (length(contact_phone) <= 40),
    lost_reason      text not null default '' constraint deals_lost_reason_length check (length(lost_reason) <= 300),
    opened_at        timestamptz not null,
    closed_at        timestamptz,
    external_id      text,
    version          integer not null default 1,
    deleted_at       timestamptz,
    constraint deals_number_unique unique (company_id, number),
    constraint deals_external_unique unique (external_id),
    constraint deals_closed check ((closed_at is not null) = (stage in ('won', 'lost'))),
    constraint deals_lost_reason_given check (stage <> 'lost' or lost_reason <> '')
);
alter table deals alter column number set storage plain, alter column title set storage plain, alter column stage set storage plain,
    alter column contact_name set storage plain, alter column contact_phone set storage plain, alter column lost_reason set storage plain;
create index deals_opened_at on deals (opened_at desc, deal_id desc);
create index deals_stage on deals (stage, opened_at desc, deal_id desc);
create index deals_employee_id on deals (employee_id);
create index deals_party_id on deals (party_id);

-- Append-only: the funnel is built from this log, never from the present stage.
create table stage_transitions (
    transition_id bigint generated always as identity primary key,
    deal_id       bigint not null constraint stage_transitions_deal references deals,
    from_stage    text not null,
    to_stage      text not null,
    at            timestamptz not null,
    actor_id      bigint not null
);
alter table stage_transitions alter column from_stage set storage plain, alter column to_stage set storage plain;
create index stage_transitions_deal_id on stage_transitions (deal_id);
