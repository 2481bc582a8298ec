//! What can go wrong, as about six kinds, each with a stable code a client may match on.
//!
//! `message` is for the person who sent the input and says what to do next; the cause of an internal error never leaves the server.

mod code;

use std::fmt;

pub use code::Code;

/// The one error of the domain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The thing named does not exist (or is out of the actor's scope: the two are not told apart).
    #[error("{what} {id} was not found; check the id")]
    NotFound {
        /// What was looked for: `order`, `batch` …
        what: &'static str,
        /// Its id, number or code as given.
        id: String,
    },
    /// A rule of the business says no.
    #[error("{message}")]
    Rejected {
        /// Stable reason.
        code: Code,
        /// What to do next.
        message: String,
    },
    /// Someone else was first: a taken value, a used key.
    #[error("{message}")]
    Conflict {
        /// Stable reason.
        code: Code,
        /// What to do next.
        message: String,
    },
    /// The row was changed since the client read it.
    #[error("{what} {id} is at version {found}, not {expected}; read it again and repeat the change")]
    Stale {
        /// What: `order`, `deal` …
        what: &'static str,
        /// Its id.
        id: i64,
        /// The version it is at.
        found: i32,
        /// The version the client read.
        expected: i32,
    },
    /// The actor may not.
    #[error("{message}")]
    Forbidden {
        /// `FORBIDDEN`, `UNAUTHENTICATED`, `CREDENTIALS_WRONG` or `TOO_MANY_ATTEMPTS`.
        code: Code,
        /// What to do next.
        message: String,
    },
    /// The input is wrong by itself, whatever the state.
    #[error("{message}")]
    Invalid {
        /// Stable reason.
        code: Code,
        /// The input field, as a dotted path: `lines.0.pieces`.
        path: String,
        /// What to do next.
        message: String,
    },
    /// Unexpected, or an engine does not answer; what failed beneath is for the log only.
    #[error("{context}")]
    Internal {
        /// `INTERNAL_SERVER_ERROR` or `UNAVAILABLE`.
        code: Code,
        /// What was being done, or what to do next.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The thing named does not exist.
    pub fn not_found(what: &'static str, id: impl fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    /// A rule says no.
    pub fn rejected(code: Code, message: impl Into<String>) -> Self {
        Self::Rejected { code, message: message.into() }
    }

    /// The input is wrong by itself.
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { code: Code::InvalidInput, path: path.into(), message: message.into() }
    }

    /// A number that must be positive is not.
    pub fn not_positive(path: impl Into<String>) -> Self {
        let path = path.into();
        let message = format!("{path} must be greater than zero");
        Self::Invalid { code: Code::AmountNotPositive, path, message }
    }

    /// What the input names was retired: old documents keep it, a new one cannot name it.
    pub fn not_active(path: impl Into<String>, name: &str) -> Self {
        let message = format!("{name} is no longer in use; choose another, or make it active again");
        Self::Invalid { code: Code::NotActive, path: path.into(), message }
    }

    /// An unexpected fault without a cause of another library.
    pub fn internal(context: &'static str) -> Self {
        Self::Internal { code: Code::Internal, context, source: None }
    }

    /// An engine does not answer, or cannot: `advice` says what to do; nothing was changed, or at most by a commit whose answer was lost.
    pub fn unavailable(advice: &'static str, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal { code: Code::Unavailable, context: advice, source }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => Code::NotFound,
            Self::Stale { .. } => Code::VersionConflict,
            Self::Rejected { code, .. }
            | Self::Conflict { code, .. }
            | Self::Forbidden { code, .. }
            | Self::Invalid { code, .. }
            | Self::Internal { code, .. } => *code,
        }
    }

    /// The same error with the path of its input field prefixed (`lines.0` + `pieces`).
    #[must_use]
    pub fn at(self, prefix: &str) -> Self {
        match self {
            Self::Invalid { code, path, message } => Self::Invalid { code, path: format!("{prefix}.{path}"), message },
            other => other,
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal { code: Code::Internal, context: "JSON failed", source: Some(Box::new(error)) }
    }
}
