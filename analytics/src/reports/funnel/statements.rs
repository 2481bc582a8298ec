//! What the funnel asks: how deals came along (one row per outcome) and how long they stayed.

use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::deals::Stage;

use super::Group;
use crate::reports::exact;

/// Deals opened by the end of the period that had the same fate.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(super) struct Fate {
    pub(super) key: u64,
    pub(super) label: String,
    /// Opened in the period.
    pub(super) cohort: bool,
    /// Place of the stage the log ends with.
    pub(super) last: u8,
    /// Furthest place but *lost*.
    pub(super) furthest: u8,
    /// Place at the end of the period.
    pub(super) stood: u8,
    pub(super) deals: u64,
    /// Need, roubles with VAT.
    #[serde(deserialize_with = "exact::roubles")]
    pub(super) need: Decimal,
}

/// Finished stays of the cohort at one stage, in tenths of milliseconds.
#[derive(Debug, clickhouse::Row, Deserialize)]
pub(super) struct Stay {
    pub(super) place: u8,
    pub(super) median: i64,
    pub(super) p90: i64,
}

impl Group {
    const fn key(self) -> &'static str {
        match self {
            Self::Channel => "channel_id",
            Self::Manager => "employee_id",
            Self::Month => "toUInt64(toYYYYMM(opened_on))",
        }
    }

    const fn names(self) -> &'static str {
        match self {
            Self::Channel => "select channel_id as key, name as label from cur_channels",
            Self::Manager => "select employee_id as key, name as label from cur_employees",
            Self::Month => "select toUInt64(0) as key, '' as label",
        }
    }
}

/// Deals with the day of their first contact by the calendar of their company.
fn dated(deals: &str) -> String {
    format!(
        "select deal_id, channel_id, employee_id, need_gross, utc_offset_minutes,
            toDate(addMinutes(opened_at, utc_offset_minutes)) as opened_on
         from (select * from cur_deals where {deals}) as d
         inner join (select company_id, utc_offset_minutes from cur_companies) as c using company_id"
    )
}

/// The log with the place of every stage in the funnel and its moment in milliseconds.
fn log() -> String {
    let stages: Vec<_> = Stage::ALL.iter().map(|stage| format!("'{}'", stage.as_str())).collect();
    format!(
        "select deal_id, transition_id, toUInt8(indexOf([{}], toString(to_stage)) - 1) as place, toUnixTimestamp64Milli(at) as came
         from raw_stage_transitions where _lsn < {{frontier:UInt64}}",
        stages.join(", ")
    )
}

/// Moves count in the order they were written down, whatever moment they state: a win may be dated before the first contact.
pub(super) fn fates(deals: &str, group: Group) -> String {
    let (dated, log, key, names, lost) = (dated(deals), log(), group.key(), group.names(), Stage::Lost.index());
    format!(
        "select fates.key as key, names.label as label, cohort, last, furthest, stood, deals, need
         from (
            select {key} as key, opened_on >= {{from:Date}} as cohort, moves[-1].2 as last,
                arrayMax(move -> if(move.2 < {lost}, move.2, 0), moves) as furthest,
                arrayLast(move -> move.3 + utc_offset_minutes * 60000 < {{end:Int64}}, moves).2 as stood,
                count() as deals, sum(need_gross)::Decimal(38, 2) as need
            from ({dated}) as d
            inner join (
                select deal_id, arraySort(groupArray((transition_id, place, came))) as moves from ({log}) group by deal_id) as l
            using deal_id
            where opened_on <= {{to:Date}}
            group by key, cohort, last, furthest, stood) as fates
         left join ({names}) as names on names.key = fates.key"
    )
}

/// All visits of a deal to a stage it has left, together. A stay that ends before it begins is an error of the source and says
/// nothing about time.
pub(super) fn stays(deals: &str) -> String {
    let (dated, log) = (dated(deals), log());
    // The value at so many tenths of the way from the least to the greatest, between two neighbours in proportion.
    let quantile = |tenths: u8| {
        format!(
            "(sorted[intDiv({tenths} * (n - 1), 10) + 1] as lower{tenths}) * 10
             + (sorted[intDiv({tenths} * (n - 1), 10) + 2] - lower{tenths}) * ({tenths} * (n - 1) % 10)"
        )
    };
    format!(
        "select place, toInt64({}) as median, toInt64({}) as p90
         from (
            select place, arraySort(groupArray(spent)) as sorted, toInt64(count()) as n
            from (
                select place, sum(left - came) as spent
                from (
                    select deal_id, place, came, argMax(place, transition_id) over (partition by deal_id) as last,
                        leadInFrame(toNullable(came)) over (
                            partition by deal_id order by transition_id rows between current row and unbounded following) as left
                    from ({log})
                    where deal_id in (select deal_id from ({dated}) where opened_on between {{from:Date}} and {{to:Date}}))
                where left is not null
                group by deal_id, place, last
                having place <> last and min(left - came) >= 0)
            group by place)",
        quantile(5),
        quantile(9)
    )
}
