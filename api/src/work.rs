//! Housekeeping: what is to be done now and then, whoever asks. Sessions that are over are swept.

use std::time::Duration;

use shpunt_domain::Db;
use shpunt_domain::access::sessions;

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
    }
}
