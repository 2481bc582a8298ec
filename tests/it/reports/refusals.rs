//! What is refused, and in which words: nothing of the inside reaches a reader.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shpunt_analytics::frontier::Frontier;
use shpunt_analytics::reports::entries::EntryFilter;
use shpunt_analytics::reports::funnel;
use shpunt_analytics::reports::gross_profit::{Basis, Group};
use shpunt_analytics::reports::{Ask, Error, Filter, Period, Reports};
use shpunt_analytics::{Client, Config};
use shpunt_domain::access::Scope;
use shpunt_tests::db::TestDb;

use super::office::{booked, day, period, reports};
use crate::cdc::rig::{Rig, token};

/// Every report asked once; the first error.
async fn all(reports: &Reports, ask: &Ask, of: Period) -> Result<(), Error> {
    let every = &Filter::ALL;
    reports.gross_profit(ask, every, of, Group::Deal, Basis::Posted).await?;
    reports.active_deals(ask, every, booked()).await?;
    reports.funnel(ask, every, of, funnel::Group::Channel).await?;
    reports.cash_flow(ask, every, of).await?;
    reports.income_expense(ask, every, of).await?;
    reports.balance(ask, every, of.to).await?;
    reports.ledger_entries(ask, &EntryFilter { period: Some(of), ..EntryFilter::ALL }, 10, None).await?;
    Ok(())
}

/// The error each of them answers.
async fn errors(reports: &Reports, ask: &Ask, of: Period) -> Vec<Error> {
    let every = &Filter::ALL;
    let entries = EntryFilter { period: Some(of), ..EntryFilter::ALL };
    vec![
        reports.gross_profit(ask, every, of, Group::Deal, Basis::Posted).await.unwrap_err(),
        reports.funnel(ask, every, of, funnel::Group::Channel).await.unwrap_err(),
        reports.cash_flow(ask, every, of).await.unwrap_err(),
        reports.income_expense(ask, every, of).await.unwrap_err(),
        reports.ledger_entries(ask, &entries, 10, None).await.unwrap_err(),
    ]
}

fn winter() -> Period {
    period("2025-12-01", "2026-02-28")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_with_what_to_do() {
    let Some(rig) = Rig::new("refusals").await else { return };
    let (reports, plain) = (reports(&rig), Ask::default());
    assert!(matches!(all(&reports, &plain, winter()).await, Err(Error::NotReady)));
    let work = rig.work();
    rig.caught_up().await;
    all(&reports, &plain, winter()).await.unwrap();
    all(&reports, &plain, period("2000-01-01", "2100-01-01")).await.unwrap();
    for (of, path) in [
        (Period { from: day("2026-02-02"), to: day("2026-02-01") }, "period"),
        (period("1999-12-31", "2026-02-01"), "period.from"),
        (period("2026-02-01", "2101-01-01"), "period.to"),
    ] {
        for error in errors(&reports, &plain, of).await {
            assert!(matches!(&error, Error::Invalid { path: at, .. } if *at == path), "{error:?}");
        }
    }
    let far = reports.balance(&plain, &Filter::ALL, day("2101-01-01")).await;
    assert!(matches!(far, Err(Error::Invalid { path: "at", .. })));
    let page = async |first, after| reports.ledger_entries(&plain, &EntryFilter::ALL, first, after).await.unwrap_err();
    for first in [0, 101, u32::MAX] {
        assert!(matches!(page(first, None).await, Error::Invalid { path: "first", .. }));
    }
    for cursor in ["", "MTIz", "2026-01-01.1 or 1=1", "2026-02-30.1"] {
        let error = page(10, Some(cursor)).await;
        assert!(matches!(&error, Error::Invalid { path: "after", .. }), "{error:?}");
    }
    let manager = Filter { scope: Scope::of(1, &[]), ..Filter::ALL };
    let error = reports.balance(&plain, &manager, day("2026-01-01")).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden));
    let stale = Ask { after: Some("somewhere".to_owned()), ..Ask::default() };
    assert!(matches!(all(&reports, &stale, winter()).await, Err(Error::Invalid { path: "after", .. })));
    // Nobody carries what comes now.
    work.stop().await;
    rig.post(2).await;
    let unseen = Ask { after: Some(token(&rig.db).await), ..Ask::default() };
    assert!(matches!(all(&reports, &unseen, winter()).await, Err(Error::NotYetVisible)));
    all(&reports, &plain, winter()).await.unwrap();
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_does_not_answer_is_unavailable() {
    let test = TestDb::for_changes().await;
    let live = "with epoch as (update cdc_epoch set state = 'live' returning epoch)
         insert into cdc_frontier (epoch, lsn, committed_at, tables) select epoch, '0/1', now(), '{}' from epoch";
    sqlx::query(live).execute(&test.db).await.unwrap();
    // A port nobody listens on.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let nobody = |url: &str| {
        let config = Config {
            url: url.to_owned(),
            database: "secret_database".to_owned(),
            user: "secret_user".to_owned(),
            password: "secret_password".to_owned(),
        };
        Reports::new(Client::new(&config), Arc::new(Frontier::start(test.db.clone())))
    };
    drop(listener);
    let reports = nobody(&url);
    for error in errors(&reports, &Ask::default(), winter()).await {
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        let told = error.to_string();
        assert!(!told.contains("secret") && !told.contains("127.0.0.1") && !told.contains("refused"), "{told}");
    }
    // One that takes the question and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let reports = nobody(&format!("http://{}", listener.local_addr().unwrap()));
    let begun = Instant::now();
    let error = reports.balance(&Ask::default(), &Filter::ALL, day("2026-01-01")).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}
