//! The one binary: reads the command line, starts logging, runs the verb, says what went wrong.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use shpunt_api::cli::Cli;
use shpunt_api::logging;

/// Connections are waited for by tasks, so few threads are enough.
const THREADS_MAX: usize = 8;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, THREADS_MAX);
    let outcome = logging::start(&cli.logging).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
        let outcome = runtime.block_on(cli.run());
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("shpunt: {error:#}");
        ExitCode::FAILURE
    })
}
