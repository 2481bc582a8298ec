//! The state every request shares, and how a request gets its connection.
//!
//! Invariants: one connection per request (or per writer's session), so settings never leak;
//! `readonly` is set last, so what the URL asks for cannot lift it.

use std::ffi::CString;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::exception::Exception;
use super::ffi::{Connection, Engine};
use super::journal::Journal;
use super::request::Request;
use super::session::Sessions;
use super::users::{User, Users};

/// Ceilings of one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of a body over the wire.
    pub(super) body: u64,
    /// Seconds a reader's statement may run; a writer may ask for any time.
    pub(super) reader_seconds: u64,
    /// Seconds a writer's statement may run unless it asks for another limit.
    pub(super) writer_seconds: u64,
    /// Bytes of memory a statement may use.
    pub(super) memory: u64,
}

/// One serving sidecar.
pub(super) struct Server {
    pub(super) engine: Engine,
    pub(super) connect: Vec<CString>,
    pub(super) users: Users,
    pub(super) database: String,
    pub(super) timezone: String,
    pub(super) limits: Limits,
    pub(super) permits: Arc<Semaphore>,
    pub(super) journal: Journal,
    pub(super) sessions: Sessions,
}

impl Server {
    /// A bare connection.
    pub(super) fn open(&self) -> Result<Connection, Exception> {
        self.engine.connect(&self.connect).ok_or_else(|| Exception::new(1001, "STD_EXCEPTION", "the engine refused a connection"))
    }

    /// A connection with everything the request asks for; `fresh` unless a session keeps it.
    pub(super) fn prepare(&self, connection: &mut Connection, request: &Request, fresh: bool) -> Result<(), Exception> {
        let mut settings: Vec<(&str, String)> = vec![
            // A server has it off; the embedded engine would read `1` as `select 1`.
            ("implicit_select", "0".into()),
            ("max_memory_usage", self.limits.memory.to_string()),
            ("max_execution_time", self.limits.writer_seconds.to_string()),
        ];
        let mut read_only = if request.read_only { "2" } else { "0" };
        for (name, value) in &request.settings {
            match name.as_str() {
                "readonly" if value != "0" => read_only = if value == "2" { "2" } else { "1" },
                "readonly" => {}
                _ => settings.push((name, value.clone())),
            }
        }
        if request.user == User::Reader {
            // 2 would still let file() and url() through.
            read_only = "1";
            cap(&mut settings, "max_execution_time", self.limits.reader_seconds);
            cap(&mut settings, "max_memory_usage", self.limits.memory / 2);
        }
        // Last, because KILL finds the statement by it: the engine lets nobody choose a query id.
        settings.push(("log_comment", request.query_id.clone()));
        let list: Vec<String> = settings.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
        run(connection, &format!("SET {}", list.join(", ")))?;
        if let Some(database) = request.database.as_deref().or(fresh.then_some(&self.database)) {
            run(connection, &format!("USE {}", identifier(database)))?;
        }
        if read_only != "0" {
            run(connection, &format!("SET readonly = {read_only}"))?;
        }
        Ok(())
    }

    /// Asks the engine to stop a statement. Asynchronous on purpose: SYNC waits for the victim's
    /// connection to be used again.
    pub(super) fn kill(&self, query_id: &str) -> Result<(), Exception> {
        let mut connection = self.open()?;
        run(&mut connection, &format!("KILL QUERY WHERE Settings['log_comment'] = {} ASYNC", quoted(query_id)))
    }
}

/// Runs a statement of the sidecar itself, for its effect.
pub(super) fn run(connection: &mut Connection, sql: &str) -> Result<(), Exception> {
    connection.query(sql.as_bytes(), "Null", &[]).map(drop).map_err(Exception::of_engine)
}

/// Runs a statement of the sidecar itself that answers one string.
pub(super) fn ask(connection: &mut Connection, sql: &str) -> Result<String, Exception> {
    let output = connection.query(sql.as_bytes(), "TSVRaw", &[]).map_err(Exception::of_engine)?;
    Ok(String::from_utf8_lossy(output.bytes()).trim_end().to_owned())
}

/// Lowers a limit to `most`; 0 means unlimited to the engine and is lowered as well.
fn cap(settings: &mut [(&str, String)], name: &str, most: u64) {
    for (_, value) in settings.iter_mut().filter(|(key, _)| *key == name) {
        let asked = value.parse().unwrap_or(0);
        if asked == 0 || asked > most {
            *value = most.to_string();
        }
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

pub(super) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readers_limits_cannot_be_lifted() {
        let mut settings = vec![
            ("a", "0".to_owned()),
            ("a", "9".to_owned()),
            ("a", "x".to_owned()),
            ("a", "3".to_owned()),
            ("b", "9".to_owned()),
        ];
        cap(&mut settings, "a", 5);
        let values: Vec<&str> = settings.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["5", "5", "5", "3", "9"]);
    }

    #[test]
    fn quoting_leaves_no_way_out() {
        assert_eq!(quoted(r"a'b\"), r"'a\'b\\'");
        assert_eq!(identifier("a`b"), r"`a\`b`");
    }
}
