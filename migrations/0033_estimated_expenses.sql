-- Estimated expenses of goods (плановые расходы на партию): accrued when the goods come, settled by difference when they are billed.

alter table additional_expenses add column estimate boolean not null default false,
    -- Of a bill: the estimate it settles. Of an estimate: the bill that settled it. 0 = none.
    add column settles_id bigint not null default 0,
    add column settled_by_id bigint not null default 0;
-- A bill that is just what was estimated changes no cost.
alter table additional_expenses drop constraint additional_expenses_cost;
alter table additional_expenses add constraint additional_expenses_cost check (cost <> 0 or settles_id > 0);
alter table additional_expenses add constraint additional_expenses_estimate check (
    case when estimate then kind = 'expense' and settles_id = 0 else settled_by_id = 0 end);
create index additional_expenses_open_estimates on additional_expenses (effective_on)
    where estimate and settled_by_id = 0 and reversed_on is null;
