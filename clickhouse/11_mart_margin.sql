-- The margin cube by month: gross profit by deal, order, batch, product, customer, manager, channel, by posting month or
-- restated by the month of shipment (`origin_month`).
--
-- Fed by every insert into `raw_ledger_entry`, without a WHERE (see 10_mart_turnover.sql).

create table if not exists mart_margin_month {on_cluster} (
    company_id         UInt64,
    month              Date,
    origin_month       Date,
    account            LowCardinality(String),
    deal_id            UInt64,
    order_id           UInt64,
    order_line_id      UInt64,
    batch_id           UInt64,
    product_id         UInt64,
    party_id           UInt64,
    employee_id        UInt64,
    channel_id         UInt64,
    article_id         UInt64,
    cost_element       LowCardinality(String),
    amount             SimpleAggregateFunction(sum, Decimal(38, 2)),
    vat                SimpleAggregateFunction(sum, Decimal(38, 2)),
    pieces             SimpleAggregateFunction(sum, Int64),
    metres             SimpleAggregateFunction(sum, Decimal(38, 3)),
    tonnes_theoretical SimpleAggregateFunction(sum, Decimal(38, 6)),
    tonnes_weighed     SimpleAggregateFunction(sum, Decimal(38, 6)),
    entries            SimpleAggregateFunction(sum, UInt64),
    _lsn               SimpleAggregateFunction(max, UInt64)
) engine = {engine:AggregatingMergeTree}
order by (account, month, origin_month, deal_id, order_id, order_line_id, batch_id, product_id, party_id, employee_id,
    channel_id, article_id, cost_element, company_id)
settings non_replicated_deduplication_window = 10000;

create materialized view if not exists mart_margin_month_view {on_cluster} to mart_margin_month as
select
    company_id,
    toStartOfMonth(effective_on) as month,
    toStartOfMonth(origin_on) as origin_month,
    account,
    deal_id,
    order_id,
    order_line_id,
    batch_id,
    product_id,
    party_id,
    employee_id,
    channel_id,
    article_id,
    cost_element,
    sum(ledger.amount) as amount,
    sum(ledger.vat) as vat,
    sum(ledger.pieces) as pieces,
    sum(ledger.metres) as metres,
    sum(ledger.tonnes_theoretical) as tonnes_theoretical,
    sum(ledger.tonnes_weighed) as tonnes_weighed,
    count() as entries,
    max(ledger._lsn) as _lsn
from raw_ledger_entry as ledger
group by company_id, month, origin_month, account, deal_id, order_id, order_line_id, batch_id, product_id, party_id,
    employee_id, channel_id, article_id, cost_element;
