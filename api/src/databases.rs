//! Where the two databases are: named by their addresses, those of a running `shpunt up`, or embedded and started here.
//!
//! Invariants: one process runs the engines of a data directory (it holds `up.lock`); the addresses of running engines lie in
//! `running.json`, readable by its owner only, and are believed only while that lock is held.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use futures::future::OptionFuture;
use serde::{Deserialize, Serialize};
use shpunt_analytics::{Client, Config, schema};
use shpunt_domain::Db;
use shpunt_engines::clickhouse::{self, Sidecar};
use shpunt_engines::postgres::{self, Postgres};
use shpunt_engines::{DirLock, Progress};

use crate::config::{Addresses, Place, Secret};
use crate::server::PidWatch;
use crate::{logging, private_file};

/// Held by the process that runs the engines of a data directory.
const LOCK: &str = "up.lock";
/// Addresses of running engines.
const RUNNING: &str = "running.json";
/// Lowest ClickHouse whose insert deduplication is what the worker relies on.
const CLICKHOUSE_LOWEST: [u32; 2] = [25, 8];

/// The addresses.
#[derive(Clone)]
pub struct Urls {
    /// PostgreSQL.
    pub postgres: Secret,
    /// ClickHouse, as the user that writes.
    pub clickhouse: Secret,
    /// ClickHouse, as the user that only reads.
    pub reader: Secret,
}

impl Urls {
    /// Both databases as named by the configuration.
    ///
    /// # Errors
    /// One of them is not named.
    pub fn named(addresses: &Addresses) -> Result<Self> {
        let postgres = addresses
            .database_url
            .clone()
            .context("DATABASE_URL is not set; this verb uses your own PostgreSQL (`shpunt up` starts an embedded one)")?;
        let clickhouse = addresses
            .clickhouse_url
            .clone()
            .context("CLICKHOUSE_URL is not set; this verb uses your own ClickHouse (`shpunt up` starts an embedded one)")?;
        let reader = addresses.clickhouse_reader_url.clone().unwrap_or_else(|| clickhouse.clone());
        Ok(Self { postgres, clickhouse, reader })
    }

    /// A pool of at most `connections` to PostgreSQL.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn connect(&self, connections: u32) -> Result<Db> {
        let connected = shpunt_domain::db::connect(self.postgres.expose(), connections).await;
        connected.context("PostgreSQL does not answer; check DATABASE_URL and that the server runs")
    }

    /// The same after bringing its tables up to date.
    ///
    /// # Errors
    /// It does not answer, or a migration fails.
    pub async fn migrate_postgres(&self, connections: u32) -> Result<Db> {
        let db = self.connect(connections).await?;
        shpunt_domain::db::migrate(&db).await?;
        shpunt_domain::db::check(&db).await?;
        Ok(db)
    }

    /// Creates what is missing in ClickHouse.
    ///
    /// # Errors
    /// It does not answer, is too old, or refuses.
    pub async fn migrate_clickhouse(&self) -> Result<()> {
        let client = self.writer()?;
        check_clickhouse(&client).await?;
        schema::apply(&client).await.context("the tables of ClickHouse cannot be created")
    }

    /// ClickHouse as the user that writes.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn writer(&self) -> Result<Client> {
        client("CLICKHOUSE_URL", &self.clickhouse)
    }

    /// ClickHouse as the user that only reads.
    ///
    /// # Errors
    /// The address cannot be read.
    pub fn reader(&self) -> Result<Client> {
        client("CLICKHOUSE_READER_URL", &self.reader)
    }
}

fn client(variable: &str, url: &Secret) -> Result<Client> {
    let config: Config = url.expose().parse().with_context(|| format!("{variable} cannot be used"))?;
    Ok(Client::new(&config))
}

/// Refuses a ClickHouse that does not answer or is too old.
///
/// # Errors
/// What to change.
pub async fn check_clickhouse(client: &Client) -> Result<()> {
    let version = client.version().await.context("ClickHouse does not answer; check CLICKHOUSE_URL and that the server runs")?;
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let [lowest_major, lowest_minor] = CLICKHOUSE_LOWEST;
    ensure!(
        [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)] >= CLICKHOUSE_LOWEST,
        "ClickHouse {lowest_major}.{lowest_minor} or newer is needed, this is {version}; upgrade the server"
    );
    Ok(())
}

/// Addresses, and the engines behind them that this process runs.
pub struct Databases {
    /// Where they are.
    pub urls: Urls,
    postgres: Option<Postgres>,
    clickhouse: Option<Sidecar>,
    /// Only where this process runs engines or answers for the data directory.
    lock: Option<DirLock>,
}

/// Which databases a verb needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Only PostgreSQL.
    Postgres,
    /// Both.
    Both,
}

impl Databases {
    /// For a verb beside the servers: what is named, else what a running `shpunt up` uses, else embedded engines for as long
    /// as this verb takes.
    ///
    /// # Errors
    /// An engine does not start, or `shpunt up` is just starting.
    pub async fn find(place: &Place, need: Need, progress: &Progress) -> Result<Self> {
        let named = |urls: Urls| Self { urls, postgres: None, clickhouse: None, lock: None };
        match (&place.addresses.database_url, &place.addresses.clickhouse_url) {
            (Some(_), Some(_)) => return Ok(named(Urls::named(&place.addresses)?)),
            (Some(postgres), None) if need == Need::Postgres => {
                let nowhere = Secret::new("");
                return Ok(named(Urls { postgres: postgres.clone(), clickhouse: nowhere.clone(), reader: nowhere }));
            }
            _ => {}
        }
        match own(&place.data_dir) {
            Ok(lock) => Self::start(place, lock, need, progress).await,
            Err(shpunt_engines::Error::InUse { .. }) => Ok(named(running(&place.data_dir)?)),
            Err(other) => Err(other.into()),
        }
    }

    /// Whether this process runs engines: nobody else works on them then.
    pub fn are_own(&self) -> bool {
        self.lock.is_some()
    }

    /// Starts what is not named, both at once.
    ///
    /// # Errors
    /// An engine does not start; nothing is left running then.
    pub async fn start(place: &Place, lock: DirLock, need: Need, progress: &Progress) -> Result<Self> {
        let dir = place.data_dir.canonicalize().context("the data directory cannot be opened")?;
        let postgres = async {
            let own = place.addresses.database_url.is_none();
            let options = postgres::Options { progress: Some(progress.clone()), ..postgres::Options::new(dir.join("postgres")) };
            if own { Postgres::start(options).await.map(Some) } else { Ok(None) }
        };
        let clickhouse = async {
            let own = place.addresses.clickhouse_url.is_none() && need == Need::Both;
            let program = std::env::current_exe().unwrap_or_else(|_| "shpunt".into());
            let arguments: Vec<&str> =
                ["clickhouse"].into_iter().chain(logging::arguments().iter().map(String::as_str)).collect();
            let options = clickhouse::Options {
                progress: Some(progress.clone()),
                ..clickhouse::Options::new(program, &arguments, dir.join("clickhouse"))
            };
            if own { Sidecar::start(options).await.map(Some) } else { Ok(None) }
        };
        let started = tokio::join!(postgres, clickhouse);
        let nowhere = Secret::new("");
        let urls = Urls { postgres: nowhere.clone(), clickhouse: nowhere.clone(), reader: nowhere };
        let mut found = Self { urls, postgres: None, clickhouse: None, lock: Some(lock) };
        let outcome = (started.0.map(|own| found.postgres = own), started.1.map(|own| found.clickhouse = own));
        if let (Err(error), _) | (_, Err(error)) = outcome {
            // The other one must not stay behind.
            found.stop().await;
            return Err(error.into());
        }
        found.urls = urls_of(&place.addresses, found.postgres.as_ref(), found.clickhouse.as_ref());
        Ok(found)
    }

    /// Lets verbs beside this process find the databases.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn announce(&self, data_dir: &Path) -> Result<()> {
        let running = Running {
            pid: std::process::id(),
            postgres_url: self.urls.postgres.expose().to_owned(),
            clickhouse_url: self.urls.clickhouse.expose().to_owned(),
            clickhouse_reader_url: self.urls.reader.expose().to_owned(),
        };
        private_file::write(&data_dir.join(RUNNING), &serde_json::to_string_pretty(&running)?)
    }

    /// The embedded engines by name, with their process ids from now on.
    pub fn processes(&self) -> Vec<(&'static str, PidWatch)> {
        let postgres = self.postgres.as_ref().map(|engine| ("postgres", Box::new(engine.pid_watch()) as PidWatch));
        let clickhouse = self.clickhouse.as_ref().map(|engine| ("clickhouse", Box::new(engine.pid_watch()) as PidWatch));
        postgres.into_iter().chain(clickhouse).collect()
    }

    /// Stops the engines this process runs, both at once.
    pub async fn stop(self) {
        let postgres = async {
            if let Some(Err(error)) = OptionFuture::from(self.postgres.map(Postgres::stop)).await {
                tracing::error!(%error, "PostgreSQL did not stop in order");
            }
        };
        let clickhouse = async {
            if let Some(Err(error)) = OptionFuture::from(self.clickhouse.map(Sidecar::stop)).await {
                tracing::error!(%error, "ClickHouse did not stop in order");
            }
        };
        tokio::join!(postgres, clickhouse);
        drop(self.lock);
    }
}

/// Makes the data directory and becomes the one who answers for it.
///
/// # Errors
/// [`shpunt_engines::Error::InUse`] when another process does.
pub fn own(data_dir: &Path) -> shpunt_engines::Result<DirLock> {
    let failed = |source| shpunt_engines::Error::File { what: "cannot create", path: data_dir.to_owned(), source };
    std::fs::create_dir_all(data_dir).map_err(failed)?;
    let lock = DirLock::take(data_dir, LOCK)?;
    // Addresses of engines whose parent was killed.
    forget(data_dir);
    Ok(lock)
}

/// What `running.json` holds.
#[derive(Serialize, Deserialize)]
struct Running {
    pid: u32,
    postgres_url: String,
    clickhouse_url: String,
    clickhouse_reader_url: String,
}

/// The databases of the process that holds the lock of `data_dir`.
fn running(data_dir: &Path) -> Result<Urls> {
    let text = std::fs::read_to_string(data_dir.join(RUNNING)).unwrap_or_default();
    let Ok(running) = serde_json::from_str::<Running>(&text) else {
        bail!("another shpunt is just starting on {}; try again in a moment", data_dir.display());
    };
    let [postgres, clickhouse, reader] =
        [running.postgres_url, running.clickhouse_url, running.clickhouse_reader_url].map(Secret::new);
    Ok(Urls { postgres, clickhouse, reader })
}

/// Forgets the addresses of engines that are about to be stopped.
pub fn forget(data_dir: &Path) {
    let _ = std::fs::remove_file(data_dir.join(RUNNING));
}

fn urls_of(named: &Addresses, postgres: Option<&Postgres>, clickhouse: Option<&Sidecar>) -> Urls {
    let nowhere = || Secret::new("");
    let own = |sidecar: &Sidecar, (user, password): (&str, &str)| {
        Secret::new(format!("http://{user}:{password}@127.0.0.1:{}/{}", sidecar.port(), sidecar.database()))
    };
    let clickhouse_named = named.clickhouse_url.clone().unwrap_or_else(nowhere);
    Urls {
        postgres: postgres.map(|own| Secret::new(own.url())).or_else(|| named.database_url.clone()).unwrap_or_else(nowhere),
        clickhouse: clickhouse.map_or_else(|| clickhouse_named.clone(), |sidecar| own(sidecar, sidecar.writer())),
        reader: clickhouse.map_or_else(
            || named.clickhouse_reader_url.clone().unwrap_or_else(|| clickhouse_named.clone()),
            |sidecar| own(sidecar, sidecar.reader()),
        ),
    }
}
