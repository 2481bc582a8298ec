-- What was reported when a month was closed: each close keeps its totals, so that a reopened month shows what changed.

create table period_closes (
    period_close_id bigint generated always as identity primary key,
    company_id      bigint not null,
    month           date not null,
    -- 1 for the first close of the month, one more after each reopening.
    number          integer not null constraint period_closes_number_positive check (number > 0),
    closed_at       timestamptz not null,
    closed_by       bigint not null,
    reopened_at     timestamptz,
    reopened_by     bigint,
    reason          text not null default '' constraint period_closes_reason_length check (length(reason) <= 300),
    constraint period_closes_period foreign key (company_id, month) references periods,
    constraint period_closes_number_unique unique (company_id, month, number),
    constraint period_closes_reopened check (
        (reopened_at is null and reopened_by is null and reason = '')
        or (reopened_at is not null and reopened_by is not null and reason <> ''))
);

-- One row for each account that has entries: turnover of the month, and the balance at its end, debit > 0.
create table period_totals (
    period_close_id bigint not null constraint period_totals_close references period_closes,
    account         text not null,
    debit           numeric(20, 2) not null constraint period_totals_debit check (debit >= 0),
    credit          numeric(20, 2) not null constraint period_totals_credit check (credit >= 0),
    closing         numeric(20, 2) not null,
    primary key (period_close_id, account)
);

create function period_totals_are_kept() returns trigger language plpgsql as $$
begin
    raise exception 'the totals of a close are kept as they were reported'
        using errcode = 'integrity_constraint_violation', constraint = 'period_totals_kept';
end $$;
create trigger period_totals_kept before update or delete or truncate on period_totals
    for each statement execute function period_totals_are_kept();
revoke update, delete, truncate on period_totals from public;
