//! Many leads or wins at once, from another system: one command, a few statements, idempotent by external id.
//!
//! Invariant: a file is applied whole or not at all, and applied again it changes nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::Result;
use crate::{companies, direct, marketing};

/// A lead of another system.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lead {
    /// Its id there.
    pub external_id: String,
    /// Code of its channel; made when it does not exist.
    pub channel: String,
    /// What it is about.
    pub title: String,
    /// First contact.
    pub opened_at: DateTime<Utc>,
}

/// A lead that was won, as another system tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Win {
    /// Id of the lead there.
    pub external_id: String,
    /// Id of the customer there.
    pub party_external_id: String,
    /// Name of the customer when it has to be made.
    pub party_name: String,
    /// When it was won, kept as stated.
    pub won_at: DateTime<Utc>,
}

/// What an import of rows did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// External ids of the deals created or won.
    pub changed: Vec<String>,
    /// External ids of wins whose lead does not exist.
    pub missing: Vec<String>,
    /// External ids of wins whose lead was lost before.
    pub lost: Vec<String>,
    /// External ids of wins dated before the first contact of their lead.
    pub early: Vec<String>,
}

#[derive(Serialize)]
struct Logged<'a, T> {
    company_id: i64,
    rows: &'a [T],
}

/// Creates the leads that do not exist yet, at the stage *new lead*. Errors: `NOT_FOUND` (company), `INVALID_INPUT`.
pub async fn leads(db: &Db, ctx: &Ctx, company_id: i64, rows: &[Lead]) -> Result<Outcome<Done>> {
    command::run(db, ctx, "deals.import_leads", Permission::ImportDeals, &Logged { company_id, rows }, async |run, input| {
        let Logged { company_id, rows } = *input;
        companies::store::get_in_tx(run, company_id).await?;
        let channels: Vec<String> = rows.iter().map(|row| row.channel.clone()).collect();
        marketing::store::ensure_in_tx(run, &channels).await?;
        let ids: Vec<String> = rows.iter().map(|row| row.external_id.clone()).collect();
        let titles: Vec<String> = rows.iter().map(|row| row.title.clone()).collect();
        let opened: Vec<DateTime<Utc>> = rows.iter().map(|row| row.opened_at).collect();
        let changed = sqlx::query_scalar!(
            r#"with drawn as materialized (
                   select nextval(pg_get_serial_sequence('deals', 'deal_id')) as id, given.external_id, given.title, given.opened_at,
                       c.channel_id
                   from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[])
                       as given (external_id, channel, title, opened_at)
                   join channels c on c.code = given.channel
                   where not exists (select from deals d where d.external_id = given.external_id)),
               made as (
                   insert into deals (deal_id, company_id, number, title, channel_id, stage, stage_entered_at, opened_at, external_id)
                   overriding system value
                   select id, $1, 'Д-' || lpad(id::text, greatest(6, length(id::text)), '0'), title, channel_id, 'new_lead',
                       opened_at, opened_at, external_id
                   from drawn
                   on conflict (external_id) do nothing
                   returning deal_id, opened_at, external_id),
               logged as (
                   insert into stage_transitions (deal_id, from_stage, to_stage, at, actor_id)
                   select deal_id, '', 'new_lead', opened_at, $6 from made)
               select external_id as "external_id!" from made"#,
            company_id,
            &ids,
            &channels,
            &titles,
            &opened,
            run.ctx.actor.user_id
        )
        .fetch_all(&mut *run.tx)
        .await?;
        Ok(Done { changed, ..Done::default() })
    })
    .await
}

/// Makes the customers of the wins and moves their open deals to *won*; a lead given twice is won once. Errors: `NOT_FOUND` (company).
pub async fn wins(db: &Db, ctx: &Ctx, company_id: i64, rows: &[Win]) -> Result<Outcome<Done>> {
    command::run(db, ctx, "deals.import_wins", Permission::ImportDeals, &Logged { company_id, rows }, async |run, input| {
        let Logged { company_id, rows } = *input;
        companies::store::get_in_tx(run, company_id).await?;
        let ids: Vec<String> = rows.iter().map(|row| row.external_id.clone()).collect();
        let at: Vec<DateTime<Utc>> = rows.iter().map(|row| row.won_at).collect();
        // Locked in one order, so that two imports cannot wait for each other.
        let found = sqlx::query!(
            r#"select d.external_id as "external_id!", d.stage, d.opened_at from deals d
               where d.external_id = any($1) and d.company_id = $2 and d.deleted_at is null order by d.deal_id for update"#,
            &ids,
            company_id
        )
        .fetch_all(&mut *run.tx)
        .await?;
        let known: std::collections::HashMap<_, _> = found.iter().map(|row| (row.external_id.as_str(), row)).collect();
        let mut done = Done::default();
        let mut parties = (Vec::new(), Vec::new());
        for row in rows {
            match known.get(row.external_id.as_str()) {
                None => done.missing.push(row.external_id.clone()),
                Some(deal) if deal.stage == "lost" => done.lost.push(row.external_id.clone()),
                Some(deal) => {
                    if row.won_at < deal.opened_at {
                        done.early.push(row.external_id.clone());
                    }
                    parties.0.push(row.party_external_id.clone());
                    parties.1.push(row.party_name.clone());
                }
            }
        }
        sqlx::query!(
            "insert into parties (name, is_customer, external_id, created_at)
             select distinct on (external_id) name, true, external_id, $3
             from unnest($1::text[], $2::text[]) as given (external_id, name) order by external_id
             on conflict (external_id) do nothing",
            &parties.0,
            &parties.1,
            run.ctx.now
        )
        .execute(&mut *run.tx)
        .await?;
        let customers: Vec<String> = rows.iter().map(|row| row.party_external_id.clone()).collect();
        done.changed = sqlx::query_scalar!(
            r#"with target as materialized (
                   select distinct on (d.deal_id) d.deal_id, d.stage, p.party_id, given.at
                   from unnest($1::text[], $2::text[], $3::timestamptz[]) as given (external_id, party, at)
                   join deals d on d.external_id = given.external_id and d.company_id = $4 and d.deleted_at is null
                   join parties p on p.external_id = given.party
                   where d.stage not in ('won', 'lost')
                   order by d.deal_id, given.at),
               won as (
                   update deals d set stage = 'won', stage_entered_at = target.at, closed_at = target.at,
                       party_id = case when d.party_id = 0 then target.party_id else d.party_id end, version = d.version + 1
                   from target where d.deal_id = target.deal_id
                   returning d.external_id),
               logged as (
                   insert into stage_transitions (deal_id, from_stage, to_stage, at, actor_id)
                   select deal_id, stage, 'won', at, $5 from target)
               select external_id as "external_id!" from won"#,
            &ids,
            &customers,
            &at,
            company_id,
            run.ctx.actor.user_id
        )
        .fetch_all(&mut *run.tx)
        .await?;
        release_in_tx(run, &done.changed).await?;
        Ok(done)
    })
    .await
}

/// What waited for these deals waits no longer.
async fn release_in_tx(run: &mut Run<'_>, external_ids: &[String]) -> Result<()> {
    let ids = sqlx::query_scalar!(
        "select distinct deal_id from direct_expense_targets t join deals d using (deal_id)
         where d.external_id = any($1) and (t.waiting <> 0 or t.waiting_vat <> 0) order by deal_id",
        external_ids
    )
    .fetch_all(&mut *run.tx)
    .await?;
    for deal_id in ids {
        direct::closed_in_tx(run, deal_id, false).await?;
        direct::note_in_tx(run, deal_id).await?;
    }
    Ok(())
}
