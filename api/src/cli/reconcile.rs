//! `shpunt reconcile`: are PostgreSQL and ClickHouse equal to the kopeck?

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use shpunt_analytics::cdc::{self, Worker};
use shpunt_analytics::reconcile::{self, Outcome};
use shpunt_domain::notifications::{DATABASES_DIFFER, Fact, Facts, Subject, commands};

use super::teller::Teller;
use crate::config::Place;
use crate::databases::{Databases, Need, Urls};

/// Compares every row, sum and balance of PostgreSQL and ClickHouse, while writes go on
///
/// Ends with code 1 and the first differing keys when they are not equal. Works beside a running `shpunt up` and without one;
/// `shpunt cdc` must run where both databases are yours.
#[derive(clap::Args)]
pub(super) struct Reconcile {
    /// Differences named in each part of the comparison
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    named: u16,

    /// Print the outcome as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: Place,
}

impl Reconcile {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let teller = Teller::new(false);
        let databases = Databases::find(&self.place, Need::Both, &teller.progress_of_engines()).await?;
        let outcome = self.compare(&databases, &teller).await;
        if let Ok(outcome) = &outcome
            && let Err(error) = notify(&databases.urls, outcome).await
        {
            super::say(&format!("shpunt: nobody was notified of the differences: {error:#}"));
        }
        databases.stop().await;
        teller.finish();
        let outcome = outcome?;
        if self.json {
            println!("{}", serde_json::to_string(&outcome)?);
        } else {
            print(&outcome);
        }
        Ok(if outcome.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn compare(&self, databases: &Databases, teller: &Teller) -> Result<Outcome> {
        let urls = &databases.urls;
        let told = teller.clone();
        let options = reconcile::Options {
            named: usize::from(self.named),
            progress: Some(Arc::new(move |step: &reconcile::Step| {
                told.progress(&step.what, step.number as u64, step.of as u64);
            })),
            ..reconcile::Options::default()
        };
        let comparing = Box::pin(reconcile::reconcile(urls.postgres.expose(), urls.reader()?, options));
        if databases.are_own() { Ok(beside_a_worker(urls, comparing).await?) } else { Ok(comparing.await?) }
    }
}

/// Nobody else carries changes between engines that this process started.
async fn beside_a_worker(urls: &Urls, comparing: impl Future<Output = Result<Outcome, reconcile::Error>>) -> Result<Outcome> {
    urls.migrate_postgres(2).await?.close().await;
    urls.migrate_clickhouse().await?;
    let worker = Worker::new(cdc::Config::new(urls.postgres.expose(), urls.writer()?));
    let mut status = worker.status();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let working = worker.run(async { drop(stopped.await) });
    let comparing = async {
        // An error means that the worker has ended, which the comparison will find out.
        let _ = status.wait_for(|status| matches!(status.phase, cdc::Phase::Streaming | cdc::Phase::Failed)).await;
        let outcome = comparing.await;
        let _ = stop.send(());
        outcome
    };
    let (worked, outcome) = tokio::join!(working, comparing);
    worked?;
    Ok(outcome?)
}

/// Tells people of differences, once a day.
async fn notify(urls: &Urls, outcome: &Outcome) -> Result<()> {
    if outcome.differences.is_empty() {
        return Ok(());
    }
    let now = super::now();
    let count = i64::try_from(outcome.differences.len()).unwrap_or(i64::MAX);
    let facts = Facts { count, ..Facts::default() };
    let fact = Fact {
        subject: Subject::Nothing,
        deal_id: 0,
        employee_id: 0,
        but_user_id: 0,
        episode: now.date_naive().to_string(),
        facts,
    };
    let db = urls.connect(1).await?;
    let told = commands::tell(&db, DATABASES_DIFFER, fact, now).await;
    db.close().await;
    told.map(drop).context("PostgreSQL refused it")
}

fn print(outcome: &Outcome) {
    for difference in &outcome.differences {
        println!("{difference}");
    }
    let (compared, count) = (outcome.compared, outcome.differences.len());
    match (count, outcome.more) {
        (0, _) => println!("equal: {compared} rows, sums and balances compared at {}", outcome.lsn),
        (_, false) => println!("{count} differences in {compared} rows, sums and balances at {}", outcome.lsn),
        (_, true) => println!("more than {count} differences at {}; these are the first", outcome.lsn),
    }
}
