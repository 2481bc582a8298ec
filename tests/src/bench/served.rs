//! The API served by this process over an embedded PostgreSQL of its own, so that something else can share its pool of connections.
//!
//! ClickHouse is not there: what is measured here never asks it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Result;
use shpunt_analytics::{Client, Config};
use shpunt_api::config;
use shpunt_api::server::{self, App};
use shpunt_domain::Db;
use shpunt_domain::access::Role;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_engines::postgres::{Options, Postgres};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::graphql::GraphQl;
use crate::command::ctx;
use crate::scratch::Scratch;

const LOGIN: &str = "director";
const PASSWORD: &str = "correct horse battery";
/// As `shpunt serve` does.
const CONNECTIONS: u32 = 16;

/// A running server.
pub struct Served {
    /// Its pool.
    pub db: Db,
    /// Where it listens.
    pub address: SocketAddr,
    postgres: Postgres,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    // Removed last: fields are dropped in their order.
    _dir: Scratch,
}

impl Served {
    /// Starts PostgreSQL, migrates it and serves.
    ///
    /// # Errors
    /// PostgreSQL does not start, or there is no port.
    pub async fn start(name: &str) -> Result<Self> {
        let dir = Scratch::new(name)?;
        let postgres = Postgres::start(Options::new(dir.path().join("postgres"))).await?;
        let db = shpunt_domain::db::connect(&postgres.url(), CONNECTIONS).await?;
        shpunt_domain::db::migrate(&db).await?;
        let director =
            UserAdd { login: LOGIN.to_owned(), name: "Director".to_owned(), role: Role::Director, password: PASSWORD.to_owned() };
        user_add(&db, &ctx(LOGIN), director).await?;
        let nowhere = Config {
            url: "http://127.0.0.1:9".to_owned(),
            database: "shpunt".to_owned(),
            user: "nobody".to_owned(),
            password: String::new(),
        };
        let http = config::Http {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            origin: None,
            secure_cookies: false,
            trusted_documents_only: false,
            dev: false,
            // Counting is part of what a request takes; nothing here reaches the limits.
            requests_per_second: 1_000_000,
            sign_ins_per_minute: 1_000_000,
            cost_per_minute: u32::MAX,
            proxies: 0,
            connections: CONNECTIONS,
            secret_key: None,
            oidc: config::Oidc::default(),
        };
        let app = App::new(db.clone(), Client::new(&nowhere), Arc::new(|| SystemTime::now().into()), &http);
        let listening = server::bind(http.host, http.port).await?;
        let address = listening.address;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server::serve(Arc::new(app), listening, async {
            let _ = stopped.await;
        }));
        Ok(Self { db, address, postgres, stop, task, _dir: dir })
    }

    /// Speaks to it as the director.
    ///
    /// # Errors
    /// The login is refused.
    pub async fn director(&self) -> Result<GraphQl> {
        let mut client = GraphQl::new(self.address.to_string());
        client.log_in(LOGIN, PASSWORD).await?;
        Ok(client)
    }

    /// Stops both in order.
    ///
    /// # Errors
    /// PostgreSQL had to be killed.
    pub async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.task.await?;
        self.db.close().await;
        self.postgres.stop().await?;
        Ok(())
    }
}
