//! The director's reports and the entries behind their numbers, answered from ClickHouse.
//!
//! Every answer tells what it is complete for, read before the data. Money and counts of a report come from one source in one
//! statement, other statements add labels and states. Nothing passes through a float.

pub mod active_deals;
mod ask;
pub mod balance;
pub mod bridge;
pub mod cash_flow;
pub mod entries;
mod error;
mod exact;
pub mod funnel;
pub mod gross_profit;
pub mod income_expense;
pub mod margin_changes;
mod query;
mod sources;
pub mod stock;

use std::sync::Arc;

pub use ask::{Answer, Ask, Filter, Language, Period};
pub use error::Error;
pub use sources::Report;
use tokio::sync::broadcast;

use crate::Client;
use crate::changes::Changes;
use crate::frontier::{AsOf, Frontier};

/// Answers reports. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reports {
    client: Client,
    frontier: Arc<Frontier>,
}

impl Reports {
    /// `client` speaks as the read-only user.
    pub fn new(client: Client, frontier: Arc<Frontier>) -> Self {
        Self { client: query::limited(client), frontier }
    }

    /// How far the reports are (`frontier` of the API).
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::Unavailable`].
    pub async fn as_of(&self) -> Result<AsOf, Error> {
        Ok(self.frontier.as_of().await?)
    }

    /// Hears what becomes visible from now on.
    pub fn changes(&self) -> broadcast::Receiver<Changes> {
        self.frontier.changes()
    }
}
