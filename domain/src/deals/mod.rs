//! Deals (сделки); a lead is a deal at its first stage.
//!
//! Invariant: every stage a deal was ever at has a row in `stage_transitions`, so the funnel is built from that log alone.

pub mod bulk;
pub mod commands;
pub mod search;
pub mod sorted;
mod stage;
pub mod store;
pub mod tasks;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use stage::{Facts, Stage, decide_move};

/// A deal (сделка).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// Its id.
    pub deal_id: i64,
    /// Own company.
    pub company_id: i64,
    /// `Д-000123`.
    pub number: String,
    /// What it is about.
    pub title: String,
    /// The customer; 0 until known.
    pub party_id: i64,
    /// The contract; 0 = none.
    pub contract_id: i64,
    /// The manager (менеджер); 0 = none yet.
    pub employee_id: i64,
    /// Where it came from.
    pub channel_id: i64,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub stage_entered_at: DateTime<Utc>,
    /// What the customer needs, tonnes.
    pub need_tonnes: Decimal,
    /// The same in roubles with VAT.
    pub need_gross: Decimal,
    /// Planned margin, roubles without VAT.
    pub planned_margin: Decimal,
    /// Who called.
    pub contact_name: String,
    /// From which number.
    pub contact_phone: String,
    /// Why it was lost; empty otherwise.
    pub lost_reason: String,
    /// First contact.
    pub opened_at: DateTime<Utc>,
    /// Won or lost at.
    pub closed_at: Option<DateTime<Utc>>,
    /// Id in the system it was imported from.
    pub external_id: Option<String>,
    /// Optimistic lock.
    pub version: i32,
}

/// A move of a deal from stage to stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// Its id.
    pub transition_id: i64,
    /// Which deal.
    pub deal_id: i64,
    /// Code of the stage left; empty at creation.
    pub from_stage: String,
    /// The stage entered.
    pub to_stage: Stage,
    /// When.
    pub at: DateTime<Utc>,
    /// The user who moved it; 0 = the system.
    pub actor_id: i64,
}
