//! `shpunt cdc`: carries changes from PostgreSQL to ClickHouse; `shpunt cdc reset` has everything loaded anew.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use shpunt_analytics::cdc::{self, Status, Worker};
use tokio::sync::watch;

use super::say;
use super::teller::Teller;
use crate::config::{Addresses, Place};
use crate::databases::{Databases, Need, Urls};
use crate::server::{self, Limits};
use crate::shutdown::Shutdown;
use crate::up::child::STOPPED_FOR_GOOD;

/// A parent is told of changes at most this often.
const TELL: Duration = Duration::from_millis(250);

/// Carries changes from PostgreSQL to ClickHouse until it is stopped
///
/// At most one worker is active for a database; others stand by and take over. Ends with code 3 when it met something it must
/// not pass over: the log says what, and `shpunt cdc reset` loads everything anew.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Cdc {
    #[command(subcommand)]
    verb: Option<CdcVerb>,

    #[command(flatten)]
    databases: Addresses,

    /// Serve /health/live, /health/ready and /metrics there, for instance 127.0.0.1:9100
    #[arg(long, env = "SHPUNT_CDC_LISTEN", value_name = "IP:PORT")]
    listen: Option<SocketAddr>,

    /// Started by `shpunt up`: tells its status on standard output, ends when standard input closes
    #[arg(long, hide = true)]
    supervised: bool,
}

#[derive(clap::Subcommand)]
enum CdcVerb {
    /// Asks the worker to load everything anew; reports go on answering from the old tables meanwhile
    Reset {
        #[command(flatten)]
        place: Place,
    },
}

impl Cdc {
    pub(super) async fn run(self) -> Result<ExitCode> {
        match self.verb {
            Some(CdcVerb::Reset { place }) => reset(&place).await,
            None => carry(&Urls::named(&self.databases)?, self.listen, self.supervised).await,
        }
    }
}

async fn carry(urls: &Urls, listen: Option<SocketAddr>, supervised: bool) -> Result<ExitCode> {
    let shutdown = if supervised { Shutdown::on_closed_stdin() } else { Shutdown::on_signals()? };
    let worker = Worker::new(cdc::Config::new(urls.postgres.expose(), urls.writer()?));
    if supervised {
        tokio::spawn(tell(worker.status()));
    }
    if let Some(address) = listen {
        let listening = server::bind(address.ip(), address.port()).await?;
        let (router, write) = (server::worker(worker.status()), Limits::default().write);
        tokio::spawn(listening.serve(router, write, shutdown.clone().asked()));
    }
    match worker.run(shutdown.asked()).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Logged already, with everything that is known.
        Err(error) if error.is_fatal() => {
            say(&format!("shpunt: the change stream stopped: {error}"));
            Ok(ExitCode::from(STOPPED_FOR_GOOD))
        }
        Err(error) => Err(error.into()),
    }
}

/// One JSON object a line, now and after changes.
async fn tell(mut status: watch::Receiver<Status>) {
    loop {
        let Ok(line) = serde_json::to_string(&*status.borrow_and_update()) else { return };
        let mut out = std::io::stdout();
        // A parent that no longer listens is about to close standard input as well.
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() || status.changed().await.is_err() {
            return;
        }
        tokio::time::sleep(TELL).await;
    }
}

async fn reset(place: &Place) -> Result<ExitCode> {
    let databases = Databases::find(place, Need::Postgres, &Teller::new(false).progress_of_engines()).await?;
    let done = async {
        let db = databases.urls.connect(2).await?;
        let epoch = cdc::reset(&db).await?;
        db.close().await;
        anyhow::Ok(epoch)
    };
    let epoch = done.await;
    databases.stop().await;
    println!("everything is loaded anew as epoch {}, as soon as a worker runs (`shpunt up` or `shpunt cdc`)", epoch?);
    Ok(ExitCode::SUCCESS)
}
