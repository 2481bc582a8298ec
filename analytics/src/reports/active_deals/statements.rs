//! What active deals are asked with: states of deals and orders, and what the ledger says of them.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::reports::exact;

pub(super) fn deals(conditions: &str) -> String {
    format!(
        "select d.deal_id as id, d.number as number, d.title as title, if(d.party_id = 0, d.contact_name, p.name) as customer,
            e.name as manager, h.name as channel, toString(d.stage) as stage, c.utc_offset_minutes as utc_offset,
            toUnixTimestamp64Micro(d.opened_at) as opened_at, toUnixTimestamp64Micro(d.stage_entered_at) as entered_at,
            d.need_tonnes::Decimal(38, 6) as need_tonnes, d.need_gross::Decimal(38, 2) as need_amount,
            d.planned_margin::Decimal(38, 2) as margin_planned
         from (select * from cur_deals where {conditions}) as d
         left join cur_companies as c on c.company_id = d.company_id
         left join cur_parties as p on p.party_id = d.party_id
         left join cur_employees as e on e.employee_id = d.employee_id
         left join cur_channels as h on h.channel_id = d.channel_id
         order by opened_at, id"
    )
}

pub(super) fn trucks(ids: &str) -> String {
    format!(
        "select o.deal_id as deal_id, o.order_id as order_id, o.number as number, toString(o.status) as status,
            o.planned_on as planned_on, o.shipped_on as shipped_on, toUnixTimestamp64Micro(o.updated_at) as updated_at,
            o.gross::Decimal(38, 2) as amount, l.tonnes as tonnes
         from cur_orders as o
         left join (
            select order_id, sum(tonnes_theoretical) as tonnes from cur_order_lines
            where order_id in (select order_id from cur_orders where deal_id in ({ids})) group by order_id) as l
         on l.order_id = o.order_id
         where o.deal_id in ({ids})
         order by planned_on, order_id"
    )
}

/// By order, because expenses of an order count once it has shipped. Every movement of a deal touches one of these accounts.
pub(super) fn books(conditions: &str) -> String {
    format!(
        "select deal_id, countIf(account = 'revenue') > 0 as shipped, max(effective_on) as moved_on,
            -sumIf(amount, account = 'revenue') as revenue, -sumIf(vat, account = 'revenue') as revenue_vat,
            -sumIf(tonnes_theoretical, account = 'revenue') as tonnes, sumIf(amount, account = 'cogs') as cogs,
            sumIf(amount, account = 'order_expenses') as direct, sumIf(amount, account = 'receivables') as debt,
            -sumIf(amount, account = 'customer_advances') as advance
         from raw_ledger_entry
         where account in ('revenue', 'cogs', 'order_expenses', 'receivables', 'customer_advances') and {conditions}
         group by deal_id, order_id"
    )
}

#[derive(Debug, clickhouse::Row, Deserialize)]
pub(super) struct Deal {
    pub(super) id: u64,
    pub(super) number: String,
    pub(super) title: String,
    pub(super) customer: String,
    pub(super) manager: String,
    pub(super) channel: String,
    pub(super) stage: String,
    pub(super) utc_offset: i32,
    #[serde(deserialize_with = "exact::instant")]
    pub(super) opened_at: DateTime<Utc>,
    #[serde(deserialize_with = "exact::instant")]
    pub(super) entered_at: DateTime<Utc>,
    #[serde(deserialize_with = "exact::tonnes")]
    pub(super) need_tonnes: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) need_amount: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) margin_planned: Decimal,
}

#[derive(Debug, clickhouse::Row, Deserialize)]
pub(super) struct Truck {
    pub(super) deal_id: u64,
    pub(super) order_id: u64,
    pub(super) number: String,
    pub(super) status: String,
    #[serde(deserialize_with = "exact::day")]
    pub(super) planned_on: NaiveDate,
    #[serde(deserialize_with = "exact::maybe_day")]
    pub(super) shipped_on: Option<NaiveDate>,
    #[serde(deserialize_with = "exact::instant")]
    pub(super) updated_at: DateTime<Utc>,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) amount: Decimal,
    #[serde(deserialize_with = "exact::tonnes")]
    pub(super) tonnes: Decimal,
}

/// What the ledger says of one order of a deal, or of the deal apart from its orders.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(super) struct Books {
    pub(super) deal_id: u64,
    pub(super) shipped: bool,
    #[serde(deserialize_with = "exact::day")]
    pub(super) moved_on: NaiveDate,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) revenue: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) revenue_vat: Decimal,
    #[serde(deserialize_with = "exact::tonnes")]
    pub(super) tonnes: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) cogs: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) direct: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) debt: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) advance: Decimal,
}
