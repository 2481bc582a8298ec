//! `shpunt up`: engines, migrations, login, demo, change stream, housekeeping and the server as one tree of processes.
//!
//! PostgreSQL, ClickHouse and the change stream are child processes, started again when they die; serving and housekeeping run
//! here. Invariants: the address is taken before anything is started; whatever was started is stopped in order, also after a
//! failure; every step may be killed and is gone on with at the next start.

pub mod child;
pub(crate) mod director;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use shpunt_domain::Db;
use shpunt_ingest::demo;

use crate::cli::teller::{Ready, Teller};
use crate::config::{Http, Place};
use crate::databases::{self, Databases, Need};
use crate::graphql::Clock;
use crate::server::{self, App, Health, Listening};
use crate::shutdown::Shutdown;
use crate::work;
use child::{CdcChild, Watched};
use director::Director;

/// A first load of large books takes long; then the address is told before everything is ready.
const READY: Duration = Duration::from_mins(2);

/// How to start.
pub struct Options {
    /// How to serve.
    pub http: Http,
    /// Where the databases are.
    pub place: Place,
    /// Seed of the demo business that is made on an empty directory.
    pub demo: Option<u64>,
    /// Tell in JSON.
    pub json: bool,
}

/// Runs until it is told to end.
///
/// # Errors
/// What could not be started, with what to do next.
pub async fn run(options: Options, clock: Clock) -> Result<()> {
    let started = Instant::now();
    let shutdown = Shutdown::on_signals()?;
    let teller = Teller::new(options.json);
    let lock = databases::own(&options.place.data_dir)?;
    let listening = server::bind(options.http.host, options.http.port).await?;
    let databases = Databases::start(&options.place, lock, Need::Both, &teller.progress_of_engines()).await?;
    let tree = Tree { options: &options, databases: &databases, teller: &teller, clock, shutdown, started };
    let outcome = tree.run(listening).await;
    teller.step("stopping");
    databases::forget(&options.place.data_dir);
    databases.stop().await;
    teller.stopped();
    outcome
}

/// What runs above the engines.
struct Tree<'a> {
    options: &'a Options,
    databases: &'a Databases,
    teller: &'a Teller,
    clock: Clock,
    shutdown: Shutdown,
    started: Instant,
}

impl Tree<'_> {
    async fn run(&self, listening: Listening) -> Result<()> {
        let urls = &self.databases.urls;
        let (db, clickhouse) = tokio::join!(urls.migrate_postgres(self.options.http.connections), urls.migrate_clickhouse());
        let db = db?;
        clickhouse?;
        self.databases.announce(&self.options.place.data_dir)?;
        let director = director::ensure(&db, &self.options.place.data_dir).await?;
        self.fill(&db).await?;
        if !self.shutdown.is_asked() {
            self.serve(listening, &db, director.as_ref()).await?;
        }
        db.close().await;
        Ok(())
    }

    /// Makes the demo business in empty books, or goes on with one that was interrupted. Told to stop, it stops between two commands.
    async fn fill(&self, db: &Db) -> Result<()> {
        let Some(seed) = self.options.demo else { return Ok(()) };
        if !matches!(demo::state(db).await?, demo::State::Absent | demo::State::Unfinished) {
            return Ok(());
        }
        let options = demo::Options::new(seed, (self.clock)());
        let tell = |step: demo::Step| self.teller.progress("making the demo business", step.done as u64, step.total as u64);
        tokio::select! {
            made = demo::run(db, &options, &tell) => made.map(drop)?,
            () = self.shutdown.clone().asked() => {}
        }
        Ok(())
    }

    async fn serve(&self, listening: Listening, db: &Db, director: Option<&Director>) -> Result<()> {
        let cdc = CdcChild::start(self.databases.urls.clone())?;
        let mut app = App::new(db.clone(), self.databases.urls.reader()?, Arc::clone(&self.clock), &self.options.http);
        app.cdc = Some(cdc.watched());
        app.processes = self.databases.processes();
        let app = Arc::new(app);
        let url = listening.url();
        let telling = async {
            tokio::select! {
                health = ready(&app) => self.teller.ready(&Ready {
                    url: &url,
                    director,
                    health: &health,
                    took: self.started.elapsed(),
                    pids: pids(&app),
                    data_dir: &self.options.place.data_dir,
                }),
                () = self.shutdown.clone().asked() => {}
            }
        };
        let serving = server::serve(Arc::clone(&app), listening, self.shutdown.clone().asked());
        tokio::join!(serving, work::run(db, &self.clock, self.shutdown.clone()), telling);
        cdc.stop().await;
        Ok(())
    }
}

/// Waits until everything is ready, the change stream has stopped for good, or patience ends.
async fn ready(app: &App) -> Health {
    let deadline = Instant::now() + READY;
    loop {
        let health = app.health().await;
        let (streams, failed) = app.cdc.as_ref().map_or((true, false), |cdc| (cdc.is_streaming(), cdc.has_failed()));
        if health.ready && streams || failed || Instant::now() > deadline {
            return health;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn pids(app: &App) -> BTreeMap<&'static str, u32> {
    let own = [("shpunt", std::process::id()), ("cdc", app.cdc.as_ref().map_or(0, Watched::pid))];
    own.into_iter().chain(app.processes.iter().map(|(name, pid)| (*name, pid()))).collect()
}
