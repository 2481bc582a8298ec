//! As known at a moment: what was booked later is left out, and the answer never changes.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shpunt_analytics::reports::balance::Balance;
use shpunt_analytics::reports::cash_flow::CashFlow;
use shpunt_analytics::reports::entries::{EntryFilter, Page};
use shpunt_analytics::reports::gross_profit::{Basis, GrossProfit, Group};
use shpunt_analytics::reports::income_expense::IncomeExpense;
use shpunt_analytics::reports::{Ask, Error, Filter};
use shpunt_domain::Db;
use shpunt_domain::treasury::commands::pay;
use shpunt_domain::treasury::{Direction, Target};

use super::office::{Office, booked, d, day, noon, period};

type Answers = (GrossProfit, GrossProfit, CashFlow, IncomeExpense, Balance, Page);

async fn answers(office: &Office, ask: &Ask) -> Answers {
    let (reports, all, of) = (&office.reports, &Filter::ALL, period("2025-01-01", "2026-12-31"));
    let entries = EntryFilter { deal_id: Some(office.embankment), ..EntryFilter::ALL };
    (
        reports.gross_profit(ask, all, of, Group::Month, Basis::Posted).await.unwrap().data,
        reports.gross_profit(ask, all, of, Group::Month, Basis::Shipped).await.unwrap().data,
        reports.cash_flow(ask, all, of).await.unwrap().data,
        reports.income_expense(ask, all, of).await.unwrap().data,
        reports.balance(ask, all, day("2026-12-31")).await.unwrap().data,
        reports.ledger_entries(ask, &entries, 100, None).await.unwrap().data,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_a_moment_never_changes() {
    let Some(office) = Office::new("known").await else { return };
    let in_april = Ask { known_at: Some(noon("2026-04-01")), ..office.ask().await };
    let before = answers(&office, &in_april).await;
    assert_eq!(before, answers(&office, &office.ask().await).await, "so far everything is known");
    // A bill of February for the truck of January, learnt in the middle of April.
    let learnt = noon("2026-04-15");
    office.expense(office.order_first, "agent_bonus", "2026-02-12", "7000", "1540", learnt).await;
    let now = office.ask().await;
    let known = |at| Ask { known_at: Some(at), ..now.clone() };
    assert_eq!(answers(&office, &known(noon("2026-04-01"))).await, before);
    assert_eq!(answers(&office, &known(learnt - TimeDelta::microseconds(1))).await, before);
    let after = answers(&office, &known(learnt)).await;
    assert_eq!(after, answers(&office, &now).await);
    let direct = |report: &GrossProfit| report.rows.iter().map(|row| row.direct_expenses).collect::<Vec<_>>();
    assert_eq!((direct(&before.0), direct(&after.0)), (["50000", "15000"].map(d).to_vec(), ["50000", "22000"].map(d).to_vec()));
    assert_eq!((direct(&before.1), direct(&after.1)), (["60000", "5000"].map(d).to_vec(), ["67000", "5000"].map(d).to_vec()));
    assert_eq!(after.5.entries.len(), before.5.entries.len() + 3);
    assert_eq!(before.4.check, d("0"));
    // Before anything was booked nothing was known.
    let early = answers(&office, &known(booked() - TimeDelta::microseconds(1))).await;
    assert!(early.0.rows.is_empty() && early.2.accounts.is_empty() && early.5.entries.is_empty(), "{early:?}");
    the_last_seconds_are_not_known_yet(&office).await;
    what_has_not_arrived_is_waited_for(office).await;
}

/// A command may still commit what was booked up to ten seconds ago.
async fn the_last_seconds_are_not_known_yet(office: &Office) {
    let before = answers(office, &office.ask().await).await;
    let payment = office.payment("2026-03-01", Direction::Out, office.bank_a, "bank_fee", 0, Target::None, "77").await;
    pay(&office.rig.db, &shpunt_tests::ctx("by the clock"), &payment).await.unwrap();
    let now = office.ask().await;
    assert_ne!(answers(office, &now).await, before);
    let clock = clock(&office.rig.db).await;
    for at in [clock, clock + TimeDelta::days(365)] {
        let known = Ask { known_at: Some(at), ..now.clone() };
        assert_eq!(answers(office, &known).await, before, "{at}");
    }
}

async fn what_has_not_arrived_is_waited_for(office: Office) {
    let Office { rig, work, reports, .. } = office;
    let clock = clock(&rig.db).await;
    let moment = Ask { known_at: Some(clock), ..Ask::default() };
    let ask = async |ask: &Ask| reports.balance(ask, &Filter::ALL, day("2026-12-31")).await;
    ask(&moment).await.unwrap();
    work.stop().await;
    // As if nothing had arrived for a minute.
    let frontier = "update cdc_frontier set committed_at = committed_at - interval '1 minute'";
    sqlx::query(frontier).execute(&rig.db).await.unwrap();
    let begun = std::time::Instant::now();
    assert!(matches!(ask(&moment).await, Err(Error::NotYetVisible)));
    assert!(begun.elapsed() >= Duration::from_secs(2));
    let long_ago = Ask { known_at: Some(clock - TimeDelta::minutes(5)), ..Ask::default() };
    ask(&long_ago).await.unwrap();
    rig.stop().await;
}

/// The clock of the books.
async fn clock(db: &Db) -> DateTime<Utc> {
    sqlx::query_scalar("select clock_timestamp()").fetch_one(db).await.unwrap()
}
