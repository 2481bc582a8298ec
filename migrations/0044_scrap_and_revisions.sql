-- Receipts of goods on their way and in currency are watched as other receipts are; scrap with a value; offers that are revised.

insert into duty_conflicts (first_command, second_command, active)
select case when first_command = 'batches.receive' then of.command else first_command end,
    case when second_command = 'batches.receive' then of.command else second_command end, active
from duty_conflicts, (values ('batches.receive_in_transit'), ('batches.receive_in_currency')) of (command)
where 'batches.receive' in (first_command, second_command)
order by conflict_id, of.command;

-- Scrap (лом) is goods of its profile: pieces of a short length.
alter table products drop constraint products_condition_known;
alter table products add constraint products_condition_known check (condition in ('', 'new', 'used', 'restored', 'scrap'));

-- Scrap with a value takes what it is worth when it is cut off, and nothing of a later cost: it has none of its parent's metres.
alter table batch_moves drop constraint batch_moves_metres;
alter table batch_moves add constraint batch_moves_metres check (metres >= 0);

-- A revised offer (новая версия предложения) is an offer of its own: the one it replaces stays as it was.
alter table offers add column revision integer not null default 1 constraint offers_revision check (revision > 0),
    -- The offer it replaces, and the one it was replaced by; 0 = none.
    add column supersedes_id bigint not null default 0,
    add column superseded_by_id bigint not null default 0;
alter table offers add constraint offers_revised check ((supersedes_id > 0) = (revision > 1));
create unique index offers_supersedes_id on offers (supersedes_id) where supersedes_id > 0;
