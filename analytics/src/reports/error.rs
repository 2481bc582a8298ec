//! Why a report was not answered. What a reader is told holds nothing of the inside; the cause is the source of the error.

use crate::frontier;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A report that could not be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The question makes no sense (`INVALID_INPUT`); `path` names the argument.
    #[error("{message}")]
    Invalid {
        /// The argument, such as `period` or `after`.
        path: &'static str,
        /// What to do instead.
        message: String,
    },
    /// The reader's role does not allow this report (`FORBIDDEN`).
    #[error("the balance shows the whole of the books; ask the director for it")]
    Forbidden,
    /// What was asked for has not arrived in ClickHouse (`NOT_YET_VISIBLE`): ask again.
    #[error("the latest changes are not in the reports yet; repeat in a second")]
    NotYetVisible,
    /// The first load into ClickHouse is not complete (`UNAVAILABLE`).
    #[error("the reports are being filled for the first time; repeat in a minute")]
    NotReady,
    /// An engine does not answer or took too long (`UNAVAILABLE`).
    #[error("the reports cannot be read now; repeat in a minute")]
    Unavailable(#[source] Source),
    /// Something unexpected inside (`INTERNAL_SERVER_ERROR`); the source says what, for the log.
    #[error("the report could not be built; its request id leads to the cause in the log")]
    Internal(#[source] Source),
}

impl Error {
    pub(super) fn invalid(path: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { path, message: message.into() }
    }
}

impl From<frontier::Error> for Error {
    fn from(error: frontier::Error) -> Self {
        match error {
            frontier::Error::NotReady => Self::NotReady,
            frontier::Error::BadToken(error) => Self::invalid("after", error.to_string()),
            frontier::Error::NotYetVisible { .. } => Self::NotYetVisible,
            frontier::Error::Unavailable(error) => Self::Unavailable(Box::new(error)),
        }
    }
}

/// Codes by which ClickHouse says "not now": too slow, too many at once, out of memory, stopped.
const NOT_NOW: [&str; 4] = ["Code: 159.", "Code: 202.", "Code: 241.", "Code: 394."];

impl From<clickhouse::error::Error> for Error {
    fn from(error: clickhouse::error::Error) -> Self {
        use clickhouse::error::Error as Cause;
        let not_now = match &error {
            Cause::Network(_) | Cause::TimedOut => true,
            Cause::BadResponse(text) => NOT_NOW.iter().any(|code| text.contains(code)),
            _ => false,
        };
        if not_now { Self::Unavailable(Box::new(error)) } else { Self::Internal(Box::new(error)) }
    }
}
