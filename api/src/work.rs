//! Housekeeping: what is to be done now and then, whoever asks. Sessions that are over are swept; people are told what became late.

use std::time::Duration;

use chrono::{DateTime, Utc};
use shpunt_analytics::cdc;
use shpunt_domain::access::sessions;
use shpunt_domain::notifications::{CHANGE_STREAM_STOPPED, Fact, Facts, Subject, commands};
use shpunt_domain::{Db, Error, Result, deals, orders, settlements, treasury};

use crate::graphql::Clock;
use crate::shutdown::Shutdown;

/// Time between two rounds.
const ROUND: Duration = Duration::from_mins(1);

/// Works until it is told to end. Several may run at once: every step is harmless when repeated.
pub async fn run(db: &Db, clock: &Clock, shutdown: Shutdown) {
    let mut round = tokio::time::interval(ROUND);
    let asked = shutdown.asked();
    tokio::pin!(asked);
    loop {
        tokio::select! {
            _ = round.tick() => {}
            () = &mut asked => return,
        }
        match sessions::sweep(db, clock()).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "sessions that are over were removed"),
            Err(error) => tracing::warn!(%error, "sessions could not be swept; trying again in a minute"),
        }
        notify(db, clock()).await;
    }
}

/// Tells people what time has made late. Several processes take turns; one kind that fails does not hold up the others.
pub async fn notify(db: &Db, now: DateTime<Utc>) {
    note("late orders", orders::late::tell(db, now).await);
    note("overdue tasks", deals::tasks::late::tell(db, now).await);
    note("overdue debts", settlements::overdue::tell(db, now).await);
    note("accounts that hold too little", treasury::low::tell_accounts(db, now).await);
    note("cash gaps", treasury::low::tell_gaps(db, now).await);
    note("the change stream", change_stream(db, now).await);
}

fn note(what: &str, told: Result<u64>) {
    match told {
        Ok(0) => {}
        Ok(told) => tracing::info!(what, told, "people were notified"),
        Err(error) => tracing::warn!(what, %error, "people could not be notified; trying again in a minute"),
    }
}

/// Tells that the change stream stopped for good; once for each time it did.
async fn change_stream(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let failure = cdc::failure(db).await.map_err(|error| {
        Error::unavailable("the state of the change stream cannot be read; check that PostgreSQL runs", Some(Box::new(error)))
    })?;
    let Some((_, at)) = failure else { return Ok(0) };
    let facts = Facts { day: Some(at.date_naive()), ..Facts::default() };
    let fact = Fact { subject: Subject::Nothing, deal_id: 0, employee_id: 0, but_user_id: 0, episode: at.to_rfc3339(), facts };
    commands::tell(db, CHANGE_STREAM_STOPPED, fact, now).await
}
