-- Teams: whose deals a person works on besides the own ones.

create table teams (
    team_id    bigint generated always as identity primary key,
    name       text not null constraint teams_name_length check (length(name) between 1 and 200),
    version    integer not null default 1,
    deleted_at timestamptz
);
alter table teams alter column name set storage plain;
create unique index teams_name_unique on teams (name) where deleted_at is null;

-- `reach` is what the member works on: the own deals, or those of the whole team (its lead, or everybody where they stand in for each other).
create table team_members (
    team_id     bigint not null constraint team_members_team references teams on delete cascade,
    employee_id bigint not null constraint team_members_employee references employees,
    reach       text not null constraint team_members_reach_known check (reach in ('own', 'team')),
    primary key (team_id, employee_id)
);
alter table team_members alter column reach set storage plain;
create index team_members_employee_id on team_members (employee_id) where reach = 'team';

-- Whose deals the person works on besides the own ones.
create function colleagues_of(employee bigint) returns bigint[] language sql stable as $$
    select coalesce(array_agg(distinct colleague.employee_id order by colleague.employee_id), '{}')
    from team_members own join team_members colleague using (team_id)
    where own.employee_id = employee and own.reach = 'team' and colleague.employee_id <> employee
$$;
