-- Delivery at our risk (переход права собственности при разгрузке): goods that left are ours until they are unloaded.

-- What is agreed on; the version guards a contract that is edited.
alter table contracts
    add column title_on_delivery boolean not null default false,
    add column version integer not null default 1;

-- What the contract said on the day of the shipment; false until then. Not shipped to ClickHouse: the ledger says what was earned.
alter table orders add column title_on_delivery boolean not null default false;

-- The goods came back before they were unloaded: nothing was sold yet, and no revenue was taken back.
alter table order_returns add column undelivered boolean not null default false;
