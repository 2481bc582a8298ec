//! The ClickHouse sidecar as a program of its own, for tests that need one without the `shpunt`
//! binary. Started by `shpunt_engines::clickhouse::Sidecar`, or by hand with
//! `SHPUNT_CLICKHOUSE_DIR` set.

use shpunt_engines::clickhouse::{ServeOptions, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    serve(ServeOptions::from_env()?).await?;
    Ok(())
}
