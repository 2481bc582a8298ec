-- Turnover of every account by day (обороты): cash flow, income and expense, the balance at any date.
--
-- Fed by every insert into `raw_ledger_entry`, so it is exact as long as that insert is. The view has no WHERE: the worker
-- compares `_lsn` and `entries` with the facts to prove that no insert is missing.

create table if not exists mart_turnover_day {on_cluster} (
    company_id      UInt64,
    effective_on    Date,
    account         LowCardinality(String),
    cash_account_id UInt64,
    article_id      UInt64,
    department_id   UInt64,
    -- Signed: debit above zero. `debit` and `credit` are its two sides, both positive.
    amount          SimpleAggregateFunction(sum, Decimal(38, 2)),
    debit           SimpleAggregateFunction(sum, Decimal(38, 2)),
    credit          SimpleAggregateFunction(sum, Decimal(38, 2)),
    vat             SimpleAggregateFunction(sum, Decimal(38, 2)),
    entries         SimpleAggregateFunction(sum, UInt64),
    _lsn            SimpleAggregateFunction(max, UInt64)
) engine = {engine:AggregatingMergeTree}
order by (account, effective_on, company_id, cash_account_id, article_id, department_id)
settings non_replicated_deduplication_window = 10000;

create materialized view if not exists mart_turnover_day_view {on_cluster} to mart_turnover_day as
select
    company_id,
    effective_on,
    account,
    cash_account_id,
    article_id,
    department_id,
    sum(ledger.amount) as amount,
    sum(greatest(ledger.amount, toDecimal64(0, 2))) as debit,
    sum(greatest(-ledger.amount, toDecimal64(0, 2))) as credit,
    sum(ledger.vat) as vat,
    count() as entries,
    max(ledger._lsn) as _lsn
from raw_ledger_entry as ledger
group by company_id, effective_on, account, cash_account_id, article_id, department_id;
