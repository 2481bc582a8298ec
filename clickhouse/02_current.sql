-- The rows as they are now: newest version only, deleted ones gone. Reports read these, never `raw_*` of a mutable table.

create or replace view cur_companies {on_cluster} as
select company_id, name, inn, first_day, utc_offset_minutes, _lsn
from raw_companies final;

create or replace view cur_employees {on_cluster} as
select employee_id, name, active, _lsn
from raw_employees final;

create or replace view cur_departments {on_cluster} as
select department_id, name, _lsn
from raw_departments final;

create or replace view cur_parties {on_cluster} as
select party_id, name, inn, is_customer, is_supplier, is_carrier, created_at, _lsn
from raw_parties final;

create or replace view cur_products {on_cluster} as
select product_id, kind, sku, name, profile, condition, length_m, kg_per_m, _lsn
from raw_products final;

create or replace view cur_articles {on_cluster} as
select article_id, code, name_ru, name_en, activity, contra_account, _lsn
from raw_articles final;

create or replace view cur_channels {on_cluster} as
select channel_id, code, name, _lsn
from raw_channels final;

create or replace view cur_warehouses {on_cluster} as
select warehouse_id, name, _lsn
from raw_warehouses final;

create or replace view cur_cash_accounts {on_cluster} as
select cash_account_id, company_id, kind, name, currency, _lsn
from raw_cash_accounts final;

create or replace view cur_batches {on_cluster} as
select batch_id, company_id, product_id, warehouse_id, party_id, contract_id, document_id, number, received_on, pieces,
    metres, tonnes_theoretical, tonnes_weighed, cost, vat, _lsn
from raw_batches final;

create or replace view cur_deals {on_cluster} as
select deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage, stage_entered_at,
    need_tonnes, need_gross, planned_margin, contact_name, lost_reason, opened_at, closed_at, _lsn
from raw_deals final;

create or replace view cur_orders {on_cluster} as
select order_id, company_id, deal_id, contract_id, party_id, number, status, planned_on, shipped_on, delivered_on,
    vehicle, document_id, net, vat, gross, created_at, updated_at, _lsn
from raw_orders final;

create or replace view cur_order_lines {on_cluster} as
select order_line_id, order_id, line, kind, product_id, batch_id, pieces, metres, tonnes_theoretical, tonnes_weighed,
    unit, quantity, price, price_includes_vat, vat_percent, net, vat, gross, _lsn
from raw_order_lines final;

create or replace view cur_settlement_items {on_cluster} as
select item_id, company_id, party_id, account, contract_id, deal_id, order_id, document_id, opened_on, due_on, amount,
    open, vat, _lsn
from raw_settlement_items final;
