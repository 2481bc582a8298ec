//! Orders in other orders than the newest first; a statement of its own for the reason deals have one.

use serde::{Deserialize, Serialize};

use super::Status;
use super::read::Filter;
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::keyset::{Key, Part};

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The newest first.
    Newest,
    /// With VAT, the largest first.
    Amount,
    /// The first to ship first.
    Planned,
    /// By number.
    Number,
    /// By the customer's name.
    Customer,
    /// From drafts to those that are delivered, then those that are cancelled.
    Status,
    /// By the name of the deal's manager, those without a manager last.
    Manager,
}

impl Sort {
    /// As the statement knows it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Amount => "amount",
            Self::Planned => "planned",
            Self::Number => "number",
            Self::Customer => "customer",
            Self::Status => "status",
            Self::Manager => "manager",
        }
    }

    /// Whether it begins with the largest key, unless it is turned round.
    pub const fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::Amount | Self::Planned)
    }
}

/// The keys of a part of the orders in scope.
pub async fn keys(db: &Db, scope: &Scope, filter: &Filter, sort: Sort, part: &Part) -> Result<Vec<Key>> {
    let (after_number, after_text, after_id) = part.after();
    let statuses = filter.statuses();
    Ok(sqlx::query_as!(
        Key,
        r#"select o.order_id as id, key_number as "number!", key_text as "text!"
         from orders o join deals d using (deal_id) left join parties p on p.party_id = o.party_id
             left join employees e on e.employee_id = d.employee_id
         cross join lateral (select
             case $21 when 'newest' then trunc(extract(epoch from o.created_at) * 1000000)
                 when 'amount' then o.gross
                 when 'planned' then (date '0001-01-01' - o.planned_on)::numeric
                 when 'number' then coalesce(left(substring(o.number from '[0-9]+'), 18), '0')::numeric
                 when 'status' then array_position($22::text[], o.status)::numeric
                 when 'customer' then (p.party_id is null)::integer::numeric
                 when 'manager' then (e.employee_id is null)::integer::numeric
                 else 0::numeric end as key_number,
             case $21 when 'number' then o.number
                 when 'customer' then coalesce(p.name, '')
                 when 'manager' then coalesce(e.name, '')
                 else '' end collate "ru-x-icu" as key_text) sorted
         where o.deleted_at is null and ($1::bigint[] is null or d.employee_id = any($1))
             and ($2::text[] is null or o.status = any($2))
             and ($3::bigint is null or o.deal_id = $3)
             and ($4::bigint is null or o.party_id = $4)
             and ($5::bigint is null or o.company_id = $5)
             and ($6::date is null or o.planned_on >= $6)
             and ($7::date is null or o.planned_on <= $7)
             and ($8 = '' or position(lower($8) in lower(concat_ws(' ', o.number, o.vehicle))) > 0)
             and ($9::numeric is null or case when $20 then (key_number, key_text, o.order_id) < ($9, $10::text, $11::bigint)
                 else (key_number, key_text, o.order_id) > ($9, $10::text, $11::bigint) end)
             and ($12::bigint is null or d.employee_id = $12)
             and ($13::bigint is null or d.channel_id = $13)
             and ($14::date is null or o.shipped_on >= $14) and ($15::date is null or o.shipped_on <= $15)
             and ($16::numeric is null or o.gross >= $16) and ($17::numeric is null or o.gross <= $17)
             and ($18::bigint is null
                 or exists (select from order_trucks t where t.order_id = o.order_id and t.warehouse_id = $18)
                 or exists (select from order_lines l join batches b using (batch_id)
                     where l.order_id = o.order_id and l.deleted_at is null and b.warehouse_id = $18))
             and ($19::bigint is null
                 or exists (select from order_trucks t where t.order_id = o.order_id and t.carrier_id = $19))
         order by case when $20 then key_number end desc, case when $20 then key_text end desc,
             case when $20 then o.order_id end desc, key_number, key_text, o.order_id
         limit $23"#,
        scope.employees(),
        statuses.as_deref(),
        filter.deal_id,
        filter.party_id,
        filter.company_id,
        filter.planned_from,
        filter.planned_to,
        filter.search,
        after_number,
        after_text,
        after_id,
        filter.employee_id,
        filter.channel_id,
        filter.shipped_from,
        filter.shipped_to,
        filter.amount_from,
        filter.amount_to,
        filter.warehouse_id,
        filter.carrier_id,
        part.descending,
        sort.as_str(),
        &Status::ALL.map(|status| status.as_str().to_owned()),
        part.limit
    )
    .fetch_all(db)
    .await?)
}
