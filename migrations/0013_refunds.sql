-- Money given back lowers an advance and closes no debt: `debt_id` is 0 then, as `advance_id` is 0 where money pays a debt directly.

alter table settlement_offsets drop constraint settlement_offsets_debt,
    add constraint settlement_offsets_closes check (debt_id > 0 or advance_id > 0);
create index settlement_offsets_advance_id on settlement_offsets (advance_id) where advance_id > 0;
