//! Reports from ClickHouse: the types other crates compile against.

use std::sync::Arc;

use crate::Client;
use crate::frontier::{self, AsOf, Frontier};

/// In which language labels are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

/// Why a report has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The question makes no sense.
    #[error("{message}")]
    Invalid {
        /// Which part of it, as a dotted path.
        path: String,
        /// What to do next.
        message: String,
    },
    /// The change of the token has not arrived.
    #[error("the change is not visible yet")]
    NotYetVisible,
    /// The first load is not complete.
    #[error("nothing has been carried to ClickHouse yet")]
    NotReady,
    /// An engine does not answer.
    #[error("an engine does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The reports.
#[derive(Debug, Clone)]
pub struct Reports {
    frontier: Arc<Frontier>,
}

impl Reports {
    /// The reports of one pair of engines.
    pub fn new(_: Client, frontier: Arc<Frontier>) -> Self {
        Self { frontier }
    }

    /// How far ClickHouse is.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::Unavailable`].
    pub async fn as_of(&self) -> Result<AsOf, Error> {
        self.frontier.as_of().await.map_err(|error| match error {
            frontier::Error::NotReady => Error::NotReady,
            other => Error::Unavailable(Box::new(other)),
        })
    }
}
