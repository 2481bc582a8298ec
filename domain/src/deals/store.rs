//! SQL of deals and their transitions.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::commands::{Create, Fields};
use super::{Deal, Stage, Transition};
use crate::access::Scope;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// Which deals a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// At this stage.
    pub stage: Option<Stage>,
    /// Of this customer.
    pub party_id: Option<i64>,
    /// From this channel.
    pub channel_id: Option<i64>,
    /// Of this own company.
    pub company_id: Option<i64>,
    /// Of this manager.
    pub employee_id: Option<i64>,
    /// Only open ones (true) or only closed ones (false).
    pub open: Option<bool>,
    /// Opened at this moment or later.
    pub opened_from: Option<DateTime<Utc>>,
    /// Opened before this moment.
    pub opened_before: Option<DateTime<Utc>>,
    /// Needs at least so much, roubles with VAT.
    pub amount_from: Option<Decimal>,
    /// Needs at most so much, roubles with VAT.
    pub amount_to: Option<Decimal>,
    /// Part of the number, the title or the contact; empty = all.
    pub search: String,
}

/// The deal if it is in scope, or `NOT_FOUND`.
pub async fn get(db: &Db, scope: &Scope, deal_id: i64) -> Result<Deal> {
    list_by_ids(db, scope, &[deal_id]).await?.pop().ok_or_else(|| Error::not_found("deal", deal_id))
}

/// The deals of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, deal_ids: &[i64]) -> Result<Vec<Deal>> {
    Ok(sqlx::query_as!(
        Deal,
        r#"select deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage as "stage: Stage",
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, lost_reason, opened_at,
               closed_at, external_id, version
           from deals
           where deal_id = any($1) and deleted_at is null and ($2::bigint[] is null or employee_id = any($2))
           order by deal_id"#,
        deal_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// Deals in scope, newest first, after the row `(opened_at, deal_id)`, at most `limit`.
pub async fn list(db: &Db, scope: &Scope, filter: &Filter, after: Option<(DateTime<Utc>, i64)>, limit: i64) -> Result<Vec<Deal>> {
    let (after_at, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Deal,
        r#"select deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage as "stage: Stage",
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, lost_reason, opened_at,
               closed_at, external_id, version
           from deals
           where deleted_at is null
             and ($1::bigint[] is null or employee_id = any($1))
             and ($2::text is null or stage = $2)
             and ($3::bigint is null or party_id = $3)
             and ($4::bigint is null or channel_id = $4)
             and ($5::bigint is null or company_id = $5)
             and ($6::boolean is null or (closed_at is null) = $6)
             and ($7::timestamptz is null or (opened_at, deal_id) < ($7, $8::bigint))
             and ($10::bigint is null or employee_id = $10)
             and ($11 = '' or position(lower($11) in lower(concat_ws(' ', number, title, contact_name, contact_phone))) > 0)
             and ($12::timestamptz is null or opened_at >= $12) and ($13::timestamptz is null or opened_at < $13)
             and ($14::numeric is null or need_gross >= $14) and ($15::numeric is null or need_gross <= $15)
           order by opened_at desc, deal_id desc limit $9"#,
        scope.employees(),
        filter.stage.map(Stage::as_str),
        filter.party_id,
        filter.channel_id,
        filter.company_id,
        filter.open,
        after_at,
        after_id,
        limit,
        filter.employee_id,
        filter.search,
        filter.opened_from,
        filter.opened_before,
        filter.amount_from,
        filter.amount_to
    )
    .fetch_all(db)
    .await?)
}

/// The moves of these deals as far as they are in scope, oldest first.
pub async fn list_transitions(db: &Db, scope: &Scope, deal_ids: &[i64]) -> Result<Vec<Transition>> {
    Ok(sqlx::query_as!(
        Transition,
        r#"select t.transition_id, t.deal_id, t.from_stage, t.to_stage as "to_stage: Stage", t.at, t.actor_id
           from stage_transitions t join deals d on d.deal_id = t.deal_id
           where t.deal_id = any($1) and d.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))
           order by t.transition_id"#,
        deal_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// The deal, locked, or `NOT_FOUND`; a manager reaches only the own ones and those of the team.
pub async fn lock_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<Deal> {
    let scope = run.ctx.actor.scope();
    sqlx::query_as!(
        Deal,
        r#"select deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage as "stage: Stage",
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, lost_reason, opened_at,
               closed_at, external_id, version
           from deals where deal_id = $1 and deleted_at is null and ($2::bigint[] is null or employee_id = any($2)) for update"#,
        deal_id,
        scope.employees()
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("deal", deal_id))
}

/// Number of an order of the deal that is confirmed or went on; orders hold their deal while they are confirmed and shipped.
pub(super) async fn live_order_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select number from orders where deal_id = $1 and status in ('confirmed', 'shipped', 'delivered') and deleted_at is null
         order by order_id limit 1",
        deal_id
    )
    .fetch_optional(&mut *run.tx)
    .await?)
}

/// What of the deal is its customer's, as people call it: an order that is not cancelled, a debt or an advance.
pub(super) async fn of_party_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        r#"select name as "name!" from (
             select 1 as rank, 'order ' || number as name from orders
             where deal_id = $1 and status <> 'cancelled' and deleted_at is null
             union all
             select 2, case when account = 'receivables' then 'a debt of ' else 'an advance of ' end || open
             from settlement_items where deal_id = $1 and account in ('receivables', 'customer_advances') and open > 0) t
           order by rank, name limit 1"#,
        deal_id
    )
    .fetch_optional(&mut *run.tx)
    .await?)
}

pub(super) async fn insert_in_tx(run: &mut Run<'_>, new: &Create) -> Result<Deal> {
    let fields = &new.fields;
    // The id is drawn first because the number is made of it; padding must never cut a long id.
    Ok(sqlx::query_as!(
        Deal,
        r#"with drawn as (select nextval(pg_get_serial_sequence('deals', 'deal_id')) as id)
           insert into deals (deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage,
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, opened_at)
           overriding system value
           select id, $1, 'Д-' || lpad(id::text, greatest(6, length(id::text)), '0'), $2, $3, $4, $5, $6, 'new_lead',
               $7, $8, $9, $10, $11, $12, $7
           from drawn
           returning deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage as "stage: Stage",
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, lost_reason, opened_at,
               closed_at, external_id, version"#,
        new.company_id,
        fields.title,
        fields.party_id,
        fields.contract_id,
        new.employee_id,
        fields.channel_id,
        run.ctx.now,
        fields.need_tonnes,
        fields.need_gross,
        fields.planned_margin,
        fields.contact_name,
        fields.contact_phone
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, deal_id: i64, fields: &Fields) -> Result<Deal> {
    Ok(sqlx::query_as!(
        Deal,
        r#"update deals set title = $2, party_id = $3, contract_id = $4, channel_id = $5, need_tonnes = $6, need_gross = $7,
               planned_margin = $8, contact_name = $9, contact_phone = $10, version = version + 1
           where deal_id = $1
           returning deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage as "stage: Stage",
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, lost_reason, opened_at,
               closed_at, external_id, version"#,
        deal_id,
        fields.title,
        fields.party_id,
        fields.contract_id,
        fields.channel_id,
        fields.need_tonnes,
        fields.need_gross,
        fields.planned_margin,
        fields.contact_name,
        fields.contact_phone
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn enter_stage_in_tx(run: &mut Run<'_>, deal_id: i64, stage: Stage, lost_reason: &str) -> Result<Deal> {
    Ok(sqlx::query_as!(
        Deal,
        r#"update deals set stage = $2, stage_entered_at = $3::timestamptz, lost_reason = $4, closed_at = case when $5 then $3::timestamptz end,
               version = version + 1
           where deal_id = $1
           returning deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage as "stage: Stage",
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, lost_reason, opened_at,
               closed_at, external_id, version"#,
        deal_id,
        stage.as_str(),
        run.ctx.now,
        lost_reason,
        stage.is_closed()
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn set_employee_in_tx(run: &mut Run<'_>, deal_id: i64, employee_id: i64) -> Result<Deal> {
    Ok(sqlx::query_as!(
        Deal,
        r#"update deals set employee_id = $2, version = version + 1 where deal_id = $1
           returning deal_id, company_id, number, title, party_id, contract_id, employee_id, channel_id, stage as "stage: Stage",
               stage_entered_at, need_tonnes, need_gross, planned_margin, contact_name, contact_phone, lost_reason, opened_at,
               closed_at, external_id, version"#,
        deal_id,
        employee_id
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

pub(super) async fn transition_in_tx(run: &mut Run<'_>, deal_id: i64, from: &str, to: Stage) -> Result<()> {
    sqlx::query!(
        "insert into stage_transitions (deal_id, from_stage, to_stage, at, actor_id) values ($1, $2, $3, $4, $5)",
        deal_id,
        from,
        to.as_str(),
        run.ctx.now,
        run.ctx.actor.user_id
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
