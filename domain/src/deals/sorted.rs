//! Deals in other orders than the newest first. A statement of its own: only that fixed order is served by its index, and the newest are
//! asked for all day.

use serde::{Deserialize, Serialize};

use super::Stage;
use super::store::Filter;
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
    /// The largest need in money first.
    Amount,
    /// Those first that have been longest at their stage.
    StageAge,
    /// By number.
    Number,
    /// By the customer's name, those without a customer last.
    Customer,
    /// In the order of the funnel.
    Stage,
    /// By the manager's name, those without a manager last.
    Manager,
    /// By the channel's name.
    Channel,
}

impl Sort {
    /// As the statement knows it.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Amount => "amount",
            Self::StageAge => "stage_age",
            Self::Number => "number",
            Self::Customer => "customer",
            Self::Stage => "stage",
            Self::Manager => "manager",
            Self::Channel => "channel",
        }
    }

    /// Whether it begins with the largest key, unless it is turned round.
    pub const fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::Amount | Self::StageAge)
    }
}

/// The keys of a part of the deals in scope.
pub async fn keys(db: &Db, scope: &Scope, filter: &Filter, sort: Sort, part: &Part) -> Result<Vec<Key>> {
    let (after_number, after_text, after_id) = part.after();
    Ok(sqlx::query_as!(
        Key,
        r#"select d.deal_id as id, key_number as "number!", key_text as "text!"
           from deals d left join parties p on p.party_id = d.party_id left join employees e on e.employee_id = d.employee_id
               left join channels c on c.channel_id = d.channel_id
           cross join lateral (select
               case $17 when 'newest' then trunc(extract(epoch from d.opened_at) * 1000000)
                   when 'amount' then d.need_gross
                   when 'stage_age' then -trunc(extract(epoch from d.stage_entered_at) * 1000000)
                   when 'number' then coalesce(left(substring(d.number from '[0-9]+'), 18), '0')::numeric
                   when 'stage' then array_position($18::text[], d.stage)::numeric
                   when 'customer' then (p.party_id is null)::integer::numeric
                   when 'manager' then (e.employee_id is null)::integer::numeric
                   else 0::numeric end as key_number,
               case $17 when 'number' then d.number
                   when 'customer' then coalesce(p.name, '')
                   when 'manager' then coalesce(e.name, '')
                   when 'channel' then coalesce(c.name, '')
                   else '' end collate "ru-x-icu" as key_text) sorted
           where d.deleted_at is null
             and ($1::bigint[] is null or d.employee_id = any($1))
             and ($2::text is null or d.stage = $2)
             and ($3::bigint is null or d.party_id = $3)
             and ($4::bigint is null or d.channel_id = $4)
             and ($5::bigint is null or d.company_id = $5)
             and ($6::boolean is null or (d.closed_at is null) = $6)
             and ($7::numeric is null or case when $16 then (key_number, key_text, d.deal_id) < ($7, $8::text, $9::bigint)
                 else (key_number, key_text, d.deal_id) > ($7, $8::text, $9::bigint) end)
             and ($10::bigint is null or d.employee_id = $10)
             and ($11 = ''
                 or position(lower($11) in lower(concat_ws(' ', d.number, d.title, d.contact_name, d.contact_phone))) > 0)
             and ($12::timestamptz is null or d.opened_at >= $12) and ($13::timestamptz is null or d.opened_at < $13)
             and ($14::numeric is null or d.need_gross >= $14) and ($15::numeric is null or d.need_gross <= $15)
           order by case when $16 then key_number end desc, case when $16 then key_text end desc,
               case when $16 then d.deal_id end desc, key_number, key_text, d.deal_id
           limit $19"#,
        scope.employees(),
        filter.stage.map(Stage::as_str),
        filter.party_id,
        filter.channel_id,
        filter.company_id,
        filter.open,
        after_number,
        after_text,
        after_id,
        filter.employee_id,
        filter.search,
        filter.opened_from,
        filter.opened_before,
        filter.amount_from,
        filter.amount_to,
        part.descending,
        sort.as_str(),
        &Stage::ALL.map(|stage| stage.as_str().to_owned()),
        part.limit
    )
    .fetch_all(db)
    .await?)
}
