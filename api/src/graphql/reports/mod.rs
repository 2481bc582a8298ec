//! The reports from ClickHouse in the graph, and how fresh they are.

use async_graphql::{Context, Object, SimpleObject};
use shpunt_analytics::{frontier, reports};

use super::caller::services;
use super::error::{Fault, FaultCode, Result};
use super::scalars::Moment;

/// What an answer is complete for (актуальность): the data may be newer, never older.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct AsOf {
    /// Everything committed before this position of the log is in the answer (позиция журнала).
    lsn: String,
    /// The moment of the last change in it, or a later one at which there was nothing more (по состоянию на).
    committed_at: Moment,
    /// How old that moment is, milliseconds (отставание).
    lag_ms: i32,
}

impl From<frontier::AsOf> for AsOf {
    fn from(as_of: frontier::AsOf) -> Self {
        Self {
            lsn: as_of.lsn.to_string(),
            committed_at: Moment(as_of.committed_at),
            lag_ms: i32::try_from(as_of.lag_ms).unwrap_or(i32::MAX),
        }
    }
}

/// Questions about freshness.
#[derive(Default)]
pub(crate) struct FrontierQuery;

#[Object]
impl FrontierQuery {
    /// How far the reports have followed the books (актуальность отчётов). Cheap: may be polled.
    async fn frontier(&self, ctx: &Context<'_>) -> Result<AsOf> {
        Ok(services(ctx).reports.as_of().await?.into())
    }
}
