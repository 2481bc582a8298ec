//! Reservations (резервы): pieces of a batch that confirmed orders will take.
//!
//! Nothing is stored: an order reserves the goods of its lines while it is confirmed. Invariant: what a command that has a choice takes
//! or reserves is free, under the lock of the balance; a loss that a count finds is recorded all the same, and then an order is short.

use crate::command::Run;
use crate::db::Db;
use crate::error::{Code, Error, Result};

use super::store;

/// What an order holds of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The batch.
    pub batch_id: i64,
    /// The confirmed order.
    pub order_id: i64,
    /// Pieces of all its lines.
    pub pieces: i64,
}

/// The reservations of these batches, the first order first.
pub async fn list(db: &Db, batch_ids: &[i64]) -> Result<Vec<Reservation>> {
    Ok(sqlx::query_as!(
        Reservation,
        r#"select l.batch_id, o.order_id, sum(l.pieces)::bigint as "pieces!"
           from orders o cross join lateral (
               select batch_id, pieces from order_lines where order_id = o.order_id and batch_id = any($1) and deleted_at is null offset 0) l
           where o.deleted_at is null and o.status = 'confirmed'
           group by l.batch_id, o.order_id, o.planned_on order by l.batch_id, o.planned_on, o.order_id"#,
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// Pieces wanted of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Want {
    /// The batch.
    pub batch_id: i64,
    /// How many.
    pub pieces: i64,
}

/// Refuses pieces that are not free; the balances stay locked, in the order of their ids, until the command ends.
///
/// Errors: `BATCH_SHORT` (there are not so many), `BATCH_RESERVED` (there are, but for other orders), `BATCH_IN_TRANSIT`, `COMPANY_MISMATCH`, `NOT_FOUND`.
pub async fn check_in_tx(run: &mut Run<'_>, company_id: i64, wants: &[Want]) -> Result<()> {
    let mut ids: Vec<i64> = wants.iter().map(|want| want.batch_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let balances = store::lock_balances_in_tx(run, company_id, &ids).await?;
    let scope = run.ctx.actor.scope();
    let reserved = sqlx::query!(
        r#"with held as (
               select l.batch_id, l.pieces,
                   -- Of orders of others it is told that there are some, not which.
                   case when $2::bigint[] is null or d.employee_id = any($2) then o.number else '' end as number
               from orders o join deals d using (deal_id) cross join lateral (
                   select batch_id, pieces from order_lines where order_id = o.order_id and batch_id = any($1) and deleted_at is null offset 0) l
               where o.deleted_at is null and o.status = 'confirmed')
           select b.batch_id, b.number, coalesce(sum(h.pieces), 0)::bigint as "pieces!",
               coalesce(string_agg(distinct nullif(h.number, ''), ', '), '') as "orders!"
           from batches b left join held h using (batch_id)
           where b.batch_id = any($1) group by b.batch_id, b.number"#,
        &ids,
        scope.employees()
    )
    .fetch_all(&mut *run.tx)
    .await?;
    for batch_id in ids {
        let wanted: i64 = wants.iter().filter(|want| want.batch_id == batch_id).map(|want| want.pieces).sum();
        let held = balances.iter().find(|balance| balance.batch_id == batch_id);
        let of = reserved.iter().find(|row| row.batch_id == batch_id);
        let (Some(held), Some(of)) = (held, of) else { return Err(Error::not_found("batch", batch_id)) };
        if held.in_transit {
            return Err(store::elsewhere(held));
        }
        if wanted > held.pieces {
            let message =
                format!("batch {} holds {} pieces, {wanted} are asked for; take fewer or another batch", of.number, held.pieces);
            return Err(Error::rejected(Code::BatchShort, message));
        }
        if wanted > held.pieces - of.pieces {
            let orders = if of.orders.is_empty() { "orders of others" } else { &of.orders };
            let message = format!(
                "of the {} pieces of batch {} {} are reserved ({orders}), so {wanted} more are not free; take fewer or another batch, or cancel what \
                 is not needed",
                held.pieces, of.number, of.pieces
            );
            return Err(Error::rejected(Code::BatchReserved, message));
        }
    }
    Ok(())
}
