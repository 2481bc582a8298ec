//! What is logged and how it looks: to standard error, so that standard output holds answers only.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use clap::ValueEnum as _;
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Logging};

/// Of a server without a terminal. Notices of PostgreSQL and connections that end with it are no news.
const SERVER: &str = "info,sqlx::postgres=warn,sqlx_core::pool=error";
/// Of everybody else: who works at the command line sees answers, and only what goes wrong beside them.
const PERSON: &str = "warn,sqlx_core::pool=error";

/// What was asked for at the command line.
static ASKED: OnceLock<Vec<String>> = OnceLock::new();

/// The same for child processes of ours, as arguments.
pub fn arguments() -> &'static [String] {
    ASKED.get().map_or(&[], Vec::as_slice)
}

/// Starts logging for this process; `server`: it runs until it is told to end.
///
/// # Errors
/// The filter cannot be read.
pub fn start(options: &Logging, server: bool) -> anyhow::Result<()> {
    ASKED.get_or_init(|| asked(options));
    let terminal = std::io::stderr().is_terminal();
    let usual = if server && !terminal { SERVER } else { PERSON };
    let filter = options.log.as_deref().filter(|text| !text.is_empty()).unwrap_or(usual);
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| anyhow::anyhow!("--log {filter:?} is not a filter ({error}); try `info` or `shpunt_api=debug`"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal);
    match options.log_format {
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
        LogFormat::Auto if !terminal => log.json().flatten_event(true).with_span_list(false).init(),
        LogFormat::Auto | LogFormat::Text => log.init(),
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(alarm = true, "{panic}")));
    Ok(())
}

fn asked(options: &Logging) -> Vec<String> {
    let filter = options.log.iter().map(|filter| format!("--log={filter}"));
    let format = options.log_format.to_possible_value().map(|format| format!("--log-format={}", format.get_name()));
    filter.chain(format).collect()
}
