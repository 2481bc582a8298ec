//! The real funnel of 2018, imported and reported: the report by channel equals a count of the files themselves.

use std::collections::HashMap;

use shpunt_analytics::reports::funnel::Group;
use shpunt_analytics::reports::gross_profit::Key;
use shpunt_analytics::reports::{Ask, Filter, Period, Reports};

use crate::cdc::rig::Rig;
use crate::leads::funnel::{Counts, bring, data, direct};

#[tokio::test(flavor = "multi_thread")]
async fn the_funnel_by_channel_equals_a_count_of_the_files() {
    let Some(dir) = data() else { return };
    let Some(rig) = Rig::new("imported").await else { return };
    let work = rig.work();
    bring(&rig.db, &dir, "leads.csv", "funnel-2018-leads.toml").await;
    bring(&rig.db, &dir, "closed_deals.csv", "funnel-2018-wins.toml").await;
    rig.caught_up().await;
    let reports = Reports::new(rig.client.clone(), rig.frontier.clone());
    let period = Period { from: "2017-01-01".parse().unwrap(), to: "2018-12-31".parse().unwrap() };
    let funnel = reports.funnel(&Ask::default(), &Filter::ALL, period, Group::Channel).await.unwrap().data;

    let codes: Vec<(i64, String)> = sqlx::query_as("select channel_id, code from channels").fetch_all(&rig.db).await.unwrap();
    let codes: HashMap<i64, String> = codes.into_iter().collect();
    let reported: Counts = funnel
        .groups
        .iter()
        .map(|group| {
            let Key::Id(channel_id) = group.key else { panic!("{group:?}") };
            assert_eq!(group.leads, group.won + group.lost + group.open, "{group:?}");
            (codes[&channel_id].clone(), (group.leads, group.won))
        })
        .collect();
    let direct = direct(&dir);
    eprintln!("{:<20}{:>8}{:>8}   {:>8}{:>8}", "channel", "leads", "won", "file", "won");
    for (channel, (leads, won)) in &direct {
        let (reported_leads, reported_won) = reported.get(channel).copied().unwrap_or_default();
        eprintln!("{channel:<20}{reported_leads:>8}{reported_won:>8}   {leads:>8}{won:>8}");
    }
    assert_eq!(reported, direct);
    assert_eq!((funnel.leads, funnel.won, funnel.open, funnel.lost), (8_000, 842, 7_158, 0));
    work.stop().await;
    rig.stop().await;
}
