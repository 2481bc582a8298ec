//! The funnel: cohorts, conversions and stage times of the little business, and of a log made at random, against PostgreSQL.

use rust_decimal::Decimal;
use shpunt_analytics::reports::funnel::{Funnel, Group, GroupRow};
use shpunt_analytics::reports::gross_profit::Key;
use shpunt_analytics::reports::{Filter, Period};
use shpunt_domain::access::Scope;
use shpunt_domain::deals::Stage;

use super::office::{Office, d, day, period};

async fn ask(office: &Office, filter: &Filter, of: Period, group: Group) -> Funnel {
    let funnel = office.reports.funnel(&office.ask().await, filter, of, group).await.unwrap().data;
    assert_eq!(funnel.stages.iter().map(|row| row.stage).collect::<Vec<_>>(), Stage::ALL);
    assert_eq!(funnel.won + funnel.lost + funnel.open, funnel.leads);
    for (pick, total) in [
        ((|row| row.leads) as fn(&GroupRow) -> i64, funnel.leads),
        (|row| row.won, funnel.won),
        (|row| row.lost, funnel.lost),
        (|row| row.open, funnel.open),
        (|row| row.qualified, funnel.stages[1].reached),
    ] {
        assert_eq!(funnel.groups.iter().map(pick).sum::<i64>(), total);
    }
    funnel
}

fn february() -> Period {
    period("2026-02-01", "2026-02-28")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_funnel_is_built_from_the_log_of_stages() {
    let Some(office) = Office::new("stages").await else { return };
    a_month_by_hand(&office).await;
    a_day_in_the_past(&office).await;
    groups_and_filters(&office).await;
    a_day_begins_where_the_company_is(&office).await;
    a_random_log_against_postgresql(&office).await;
    office.stop().await;
}

async fn a_month_by_hand(office: &Office) {
    let funnel = ask(office, &Filter::ALL, february(), Group::Channel).await;
    assert_eq!((funnel.leads, funnel.won, funnel.lost, funnel.open), (6, 1, 1, 4));
    let reached: Vec<_> = funnel.stages.iter().map(|row| row.reached).collect();
    // The pit skipped four stages, the store went back from the offer, the win of the old base came before its first contact.
    assert_eq!(reached, [6, 5, 5, 4, 3, 2, 1, 1]);
    let conversion: Vec<_> = funnel.stages.iter().map(|row| (row.conversion_from_previous, row.conversion_from_first)).collect();
    let percent = |text: &str| Some(d(text));
    assert_eq!(
        conversion,
        [
            (None, percent("100")),
            (percent("83.33"), percent("83.33")),
            (percent("100"), percent("83.33")),
            (percent("80"), percent("66.67")),
            (percent("75"), percent("50")),
            (percent("66.67"), percent("33.33")),
            (percent("50"), percent("16.67")),
            (None, percent("16.67")),
        ]
    );
    // At the end of February: those of December and January too.
    let standing: Vec<_> = funnel.stages.iter().map(|row| (row.current, row.current_amount)).collect();
    assert_eq!(
        standing,
        [
            (1, d("0")),
            (0, d("0")),
            (1, d("600000")),
            (0, d("0")),
            (1, d("1000000")),
            (2, d("2928000")),
            (2, d("1464000")),
            (1, d("400000")),
        ]
    );
    let times: Vec<_> = funnel.stages.iter().map(|row| row.median_hours.zip(row.p90_hours)).collect();
    let hours = |median: &str, p90: &str| Some((d(median), d(p90)));
    assert_eq!(
        times,
        [
            // 24, 48, 48 and 48; the caller still stands there, the early win says nothing.
            hours("48", "48"),
            // The lost one 96, the store twice, 48 and 24: 72 and 96.
            hours("84", "93.6"),
            hours("48", "48"),
            // Twice: 48 + 72.
            hours("120", "120"),
            None,
            None,
            None,
            None,
        ]
    );
    let winter = ask(office, &Filter::ALL, period("2025-12-01", "2026-02-28"), Group::Channel).await;
    let times = [0, 1, 3, 4].map(|place: usize| winter.stages[place].median_hours.zip(winter.stages[place].p90_hours));
    // 24 × 3 and 48 × 3; 24, 72, 96, 168; 48, 120; 120 and 39 days.
    assert_eq!(times, [hours("36", "48"), hours("84", "146.4"), hours("84", "112.8"), hours("528", "854.4")]);
    let none = ask(office, &Filter::ALL, period("2024-01-01", "2024-12-31"), Group::Month).await;
    assert_eq!((none.leads, none.groups.len(), none.stages[0].conversion_from_first), (0, 0, None));
}

async fn a_day_in_the_past(office: &Office) {
    let funnel = ask(office, &Filter::ALL, period("2026-01-01", "2026-02-07"), Group::Channel).await;
    let standing: Vec<_> = funnel.stages.iter().map(|row| row.current).collect();
    // The quay was at the contract, the fence in the middle, the store had its offer.
    assert_eq!(standing, [0, 0, 1, 1, 1, 2, 1, 0]);
    // What became of the cohort is told as it is now.
    assert_eq!((funnel.leads, funnel.won, funnel.lost), (5, 2, 1));
}

async fn groups_and_filters(office: &Office) {
    let row = |row: &GroupRow| {
        (row.key, row.label.clone(), row.leads, row.qualified, row.won, row.lost, row.open, row.win_percent, row.won_amount)
    };
    let winter = period("2025-12-01", "2026-02-28");
    let funnel = ask(office, &Filter::ALL, winter, Group::Channel).await;
    assert_eq!(
        funnel.groups.iter().map(row).collect::<Vec<_>>(),
        [
            (Key::Id(office.avito), "Авито".to_owned(), 4, 4, 2, 1, 1, Some(d("66.67")), d("1464000")),
            (Key::Id(office.site), "Сайт".to_owned(), 3, 3, 0, 0, 3, None, d("0")),
            (Key::Id(1), "Не определён".to_owned(), 1, 0, 0, 0, 1, None, d("0")),
        ]
    );
    let funnel = ask(office, &Filter::ALL, winter, Group::Manager).await;
    let groups: Vec<_> = funnel.groups.iter().map(|row| (row.key, row.label.as_str(), row.leads, row.won)).collect();
    // The quay was handed over; the early win and the caller are nobody's.
    assert_eq!(
        groups,
        [(Key::Id(office.ivan), "Иван", 3, 1), (Key::Id(office.olga), "Ольга", 3, 0), (Key::Id(0), "Без менеджера", 2, 1),]
    );
    let funnel = ask(office, &Filter::ALL, winter, Group::Month).await;
    let groups: Vec<_> = funnel.groups.iter().map(|row| (row.label.as_str(), row.leads)).collect();
    assert_eq!(groups, [("2025-12-01", 1), ("2026-01-01", 1), ("2026-02-01", 6)]);
    assert_eq!(funnel.groups[0].key, Key::Month(day("2025-12-01")));
    for (filter, leads) in [
        (Office::of_company(office.b), 2),
        (Filter { channel_id: Some(office.avito), ..Filter::ALL }, 4),
        (Filter { manager_id: Some(office.olga), ..Filter::ALL }, 3),
        (Filter { scope: Scope::of(office.ivan, &[]), ..Filter::ALL }, 3),
    ] {
        let funnel = ask(office, &filter, winter, Group::Manager).await;
        assert_eq!(funnel.leads, leads, "{filter:?}");
        let standing: i64 = funnel.stages.iter().map(|row| row.current).sum();
        assert_eq!(standing, leads, "all were opened by the end: {filter:?}");
    }
}

/// 23:30 in UTC is the next day in Moscow.
async fn a_day_begins_where_the_company_is(office: &Office) {
    office
        .id(&format!(
            "with deal as (
                insert into deals (company_id, number, title, channel_id, stage, stage_entered_at, opened_at)
                values ({}, 'Д-ночь', 'Ночной звонок', {}, 'new_lead', '2026-04-30 23:30+00', '2026-04-30 23:30+00') returning deal_id)
             insert into stage_transitions (deal_id, from_stage, to_stage, at, actor_id)
             select deal_id, '', 'new_lead', '2026-04-30 23:30+00', 0 from deal returning deal_id",
            office.a, office.site
        ))
        .await;
    let leads = async |from: &str, to: &str| ask(office, &Filter::ALL, period(from, to), Group::Month).await.leads;
    assert_eq!((leads("2026-04-01", "2026-04-30").await, leads("2026-05-01", "2026-05-01").await), (0, 1));
}

/// Place of a stage, reached, standing there with what need, median and 90th percentile.
type Expected = (i64, i64, i64, Decimal, Option<Decimal>, Option<Decimal>);

/// 300 deals of 2023 with moves at random: counts and quantiles as PostgreSQL computes them.
async fn a_random_log_against_postgresql(office: &Office) {
    office
        .id(&format!(
            "with deal as (
                insert into deals (company_id, number, title, channel_id, stage, stage_entered_at, opened_at, need_gross)
                select {0}, 'Р-' || i, 'случай', {1}, 'new_lead', t, t, i * 1000.01
                from (select i, timestamptz '2023-01-01 12:00+03' + i * interval '1 day' as t from generate_series(1, 300) i) given
                returning deal_id, opened_at),
             moves as (
                select deal_id, n, opened_at + interval '1 second' * (n * 86400 + deal_id * 7919 * n % 50000) as at,
                    case when n = 1 then 'new_lead'
                         else (array['new_lead', 'qualified', 'need_defined', 'offer_sent', 'contract', 'in_supply', 'won', 'lost'])
                              [1 + (deal_id * 31 + n * 17 + deal_id * n * 7) % 8] end as stage
                from deal, generate_series(1, 6) n),
             logged as (
                insert into stage_transitions (deal_id, from_stage, to_stage, at, actor_id)
                select deal_id, '', stage, at, 0 from moves order by deal_id, n returning deal_id)
             select count(*) from logged",
            office.a, office.site
        ))
        .await;
    let funnel = ask(office, &Filter::ALL, period("2023-01-01", "2023-12-31"), Group::Month).await;
    let rows: Vec<Expected> = sqlx::query_as(
        "with places as (
            select t.*, array_position(array['new_lead', 'qualified', 'need_defined', 'offer_sent', 'contract', 'in_supply', 'won', 'lost'],
                    to_stage) - 1 as place,
                lead(at) over (partition by deal_id order by transition_id) - at as spent,
                last_value(to_stage) over (partition by deal_id order by transition_id
                    rows between unbounded preceding and unbounded following) as last
            from stage_transitions t join deals d using (deal_id) where d.number like 'Р-%'),
         furthest as (select deal_id, max(place) filter (where place < 7) as place, bool_or(last = 'lost') as lost from places group by deal_id),
         stays as (
            select place, deal_id, sum(spent) as spent from places where to_stage <> last and spent is not null group by place, deal_id),
         times as (
            select place, percentile_cont(0.5) within group (order by extract(epoch from spent)) as median,
                percentile_cont(0.9) within group (order by extract(epoch from spent)) as p90 from stays group by place)
         select s.place::bigint,
            (select count(*) from furthest f where case when s.place = 7 then f.lost else f.place >= s.place end),
            (select count(distinct p.deal_id) from places p where p.place = s.place and p.to_stage = p.last),
            (select coalesce(sum(need_gross), 0) from deals d where d.deal_id in
                (select deal_id from places p where p.place = s.place and p.to_stage = p.last)),
            round(t.median::numeric / 3600, 2), round(t.p90::numeric / 3600, 2)
         from generate_series(0, 7) as s (place) left join times t on t.place = s.place order by s.place",
    )
    .fetch_all(&office.rig.db)
    .await
    .unwrap();
    assert_eq!(funnel.leads, 300);
    for (place, reached, current, amount, median, p90) in rows {
        let row = &funnel.stages[usize::try_from(place).unwrap()];
        assert!(reached > 10, "too little of {:?} to test", row.stage);
        assert_eq!((row.reached, row.median_hours, row.p90_hours), (reached, median, p90), "{:?}", row.stage);
        assert_eq!((row.current, row.current_amount), (current, amount), "{:?}", row.stage);
    }
    assert_eq!(funnel.groups.len(), 10, "January to October");
}
