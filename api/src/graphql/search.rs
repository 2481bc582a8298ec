//! One box to look for anything.

use async_graphql::{Context, Object};
use shpunt_domain::access::Permission;
use shpunt_domain::search::{Hit, Search};
use shpunt_domain::{batches, deals, orders, parties};

use super::batches::Batch;
use super::caller::{actor, db, scope};
use super::deals::Deal;
use super::error::{Fault, Result};
use super::ids::{self, Entity as _};
use super::node::{self, Node};
use super::orders::Order;
use super::page;
use super::parties::Party;

/// Questions by what one remembers.
#[derive(Default)]
pub(crate) struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Deals, parties, orders and batches that fit a text (поиск), the best first: names with typing errors, words in any form, numbers, ИНН,
    /// phones and plates by a part of them. A number with its letters, `З-000123`, is of that kind only, the very row first. Only what the
    /// caller may see.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look for, 2 to 100 characters (что искать).")] text: String,
        #[graphql(desc = "How many at most, 100 at most (сколько).", default_with = "page::DEFAULT")] first: i32,
    ) -> Result<Vec<Node>> {
        let size = page::size(first)? as usize;
        let limit = i64::from(first);
        let wanted = Search::parse(&text).map_err(Fault::from)?;
        let (actor, scope) = (actor(ctx)?, scope(ctx)?);
        let may = |permission| actor.require(permission).is_ok();
        let mut found: Vec<(&'static str, Hit)> = Vec::new();
        let mut add = |prefix, hits: Vec<Hit>| found.extend(hits.into_iter().map(|hit| (prefix, hit)));
        if may(Permission::SeeDeals) {
            add(Deal::PREFIX, deals::search::search(db(ctx), &scope, &wanted, limit).await?);
        }
        if may(Permission::SeeParties) {
            add(Party::PREFIX, parties::search::search(db(ctx), &wanted, limit).await?);
        }
        if may(Permission::SeeOrders) {
            add(Order::PREFIX, orders::search::search(db(ctx), &scope, &wanted, limit).await?);
        }
        if may(Permission::SeeStock) {
            add(Batch::PREFIX, batches::search::search(db(ctx), &wanted, limit).await?);
        }
        // Stable: of what fits as well, deals come before parties, orders and batches.
        found.sort_by(|a, b| b.1.rank.total_cmp(&a.1.rank));
        let nodes = found.iter().take(size).map(async |(prefix, hit)| node::find(ctx, &ids::join(prefix, hit.id)).await);
        Ok(futures::future::try_join_all(nodes).await?.into_iter().flatten().collect())
    }
}
