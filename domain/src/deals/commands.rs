//! Commands on deals.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Deal, Facts, Stage, decide_move, store};
use crate::access::{self, Permission, Scope};
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::notifications::{self, DEAL_HANDED_OVER, Fact, Subject};
use crate::{companies, direct, marketing, money, parties, text};

/// What may be changed on an open deal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Fields {
    /// What it is about.
    pub title: String,
    /// The customer; 0 = not known yet.
    pub party_id: i64,
    /// The contract; 0 = none.
    pub contract_id: i64,
    /// Where it came from.
    pub channel_id: i64,
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
}

impl Fields {
    fn checked(self) -> Result<Self> {
        if self.need_tonnes < Decimal::ZERO || self.need_tonnes >= Decimal::from(1_000_000_000) {
            return Err(Error::invalid("needTonnes", "tonnes must not be negative or absurd"));
        }
        Ok(Self {
            title: text::required(&self.title, "title", 300)?,
            contact_name: text::optional(&self.contact_name, "contactName", 200)?,
            contact_phone: text::optional(&self.contact_phone, "contactPhone", 40)?,
            need_gross: money::not_negative(self.need_gross, "needAmount")?,
            planned_margin: money::round(self.planned_margin),
            need_tonnes: self.need_tonnes.round_dp(6),
            ..self
        })
    }
}

/// A new deal, at the stage *new lead*.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Create {
    /// Own company.
    pub company_id: i64,
    /// The manager; 0 = none yet (a manager who creates becomes it).
    pub employee_id: i64,
    /// The rest.
    pub fields: Fields,
}

/// Creates a deal. Errors: `NOT_FOUND`, `INVALID_INPUT`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`.
pub async fn create(db: &Db, ctx: &Ctx, mut input: Create) -> Result<Outcome<Deal>> {
    input.fields = input.fields.checked()?;
    if let Scope::Employees(managers) = ctx.actor.scope()
        && !managers.contains(&input.employee_id)
    {
        input.employee_id = ctx.actor.employee_id;
    }
    command::run(db, ctx, "deals.create", Permission::EditDeals, &input, async |run, input| {
        companies::store::get_in_tx(run, input.company_id).await?;
        if input.employee_id != 0 {
            access::store::working_in_tx(run, input.employee_id, "managerId").await?;
        }
        references_in_tx(run, input.company_id, &input.fields, 0).await?;
        let deal = store::insert_in_tx(run, input).await?;
        store::transition_in_tx(run, deal.deal_id, "", Stage::NewLead).await?;
        tell_manager_in_tx(run, &deal, 0).await?;
        Ok(deal)
    })
    .await
}

/// New fields of a deal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub deal_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// The new fields, all of them.
    pub fields: Fields,
}

/// Replaces the fields of an open deal. Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `STILL_IN_USE` (the customer,
/// by orders or money), as [`create`].
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Deal>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "deals.update", Permission::EditDeals, &input, async |run, input| {
        let deal = store::lock_in_tx(run, input.deal_id).await?;
        same_version("deal", deal.deal_id, deal.version, input.expected_version)?;
        if deal.stage.is_closed() {
            return Err(Error::rejected(Code::DealClosed, "the deal is won or lost; it cannot be changed"));
        }
        if deal.stage.needs_party() && input.fields.party_id == 0 {
            return Err(Error::rejected(Code::PartyRequired, "a deal at this stage keeps its customer"));
        }
        if deal.party_id != 0 && input.fields.party_id != deal.party_id {
            keep_party_in_tx(run, deal.deal_id).await?;
        }
        references_in_tx(run, deal.company_id, &input.fields, deal.channel_id).await?;
        store::save_in_tx(run, input.deal_id, &input.fields).await
    })
    .await
}

/// A move to another stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MoveStage {
    /// Which deal.
    pub deal_id: i64,
    /// Code of the stage to enter.
    pub stage: String,
    /// Why, when it is lost.
    #[serde(default)]
    pub lost_reason: String,
}

/// Moves a deal. Errors: `NOT_FOUND`, `STAGE_UNKNOWN`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `LOST_REASON_REQUIRED`, `ORDER_STATUS`.
pub async fn move_stage(db: &Db, ctx: &Ctx, mut input: MoveStage) -> Result<Outcome<Deal>> {
    Stage::parse(&input.stage)?;
    input.lost_reason = text::optional(&input.lost_reason, "lostReason", 300)?;
    command::run(db, ctx, "deals.move_stage", Permission::EditDeals, &input, async |run, input| {
        // Parsed again: a closure that captured it would not be `Send`.
        let to = Stage::parse(&input.stage)?;
        let deal = store::lock_in_tx(run, input.deal_id).await?;
        run.expect("deal", deal.deal_id, deal.version)?;
        let live_order = store::live_order_in_tx(run, deal.deal_id).await?;
        let facts = Facts { has_party: deal.party_id != 0, lost_reason: &input.lost_reason, live_order: live_order.as_deref() };
        decide_move(deal.stage, to, facts)?;
        let reason = if to == Stage::Lost { input.lost_reason.as_str() } else { "" };
        let moved = store::enter_stage_in_tx(run, deal.deal_id, to, reason).await?;
        store::transition_in_tx(run, deal.deal_id, deal.stage.as_str(), to).await?;
        if to.is_closed() {
            direct::closed_in_tx(run, deal.deal_id, to == Stage::Lost).await?;
            direct::note_in_tx(run, deal.deal_id).await?;
        }
        Ok(moved)
    })
    .await
}

/// Another manager for a deal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HandOver {
    /// Which deal.
    pub deal_id: i64,
    /// The new manager.
    pub employee_id: i64,
}

/// Gives a deal to another manager. Errors: `NOT_FOUND`.
pub async fn hand_over(db: &Db, ctx: &Ctx, input: HandOver) -> Result<Outcome<Deal>> {
    command::run(db, ctx, "deals.hand_over", Permission::HandOverDeals, &input, async |run, input| {
        let before = store::lock_in_tx(run, input.deal_id).await?;
        run.expect("deal", before.deal_id, before.version)?;
        access::store::working_in_tx(run, input.employee_id, "managerId").await?;
        let deal = store::set_employee_in_tx(run, input.deal_id, input.employee_id).await?;
        tell_manager_in_tx(run, &deal, before.employee_id).await?;
        Ok(deal)
    })
    .await
}

/// Tells the manager who got a deal from somebody else.
async fn tell_manager_in_tx(run: &mut Run<'_>, deal: &Deal, before: i64) -> Result<()> {
    if [0, before, run.ctx.actor.employee_id].contains(&deal.employee_id) {
        return Ok(());
    }
    let facts = notifications::Facts { number: deal.number.clone(), name: deal.title.clone(), ..notifications::Facts::default() };
    let episode = deal.version.to_string();
    let fact =
        Fact { subject: Subject::Deal(deal.deal_id), deal_id: deal.deal_id, employee_id: 0, but_user_id: 0, episode, facts };
    notifications::store::tell_in_tx(run, DEAL_HANDED_OVER, fact).await?;
    Ok(())
}

/// Orders and money of a deal are its customer's: another one would not settle them.
async fn keep_party_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<()> {
    store::of_party_in_tx(run, deal_id).await?.map_or(Ok(()), |name| {
        Err(Error::rejected(
            Code::StillInUse,
            format!("{name} of the deal belongs to its customer; cancel or give it back first, or open a deal for the other one"),
        ))
    })
}

/// Everything the fields name exists and fits together; the channel is in use, unless it is the one the deal has.
async fn references_in_tx(run: &mut Run<'_>, company_id: i64, fields: &Fields, kept_channel_id: i64) -> Result<()> {
    let channel = marketing::store::get_in_tx(run, fields.channel_id).await?;
    if !channel.active && channel.channel_id != kept_channel_id {
        return Err(Error::not_active("channelId", &channel.name));
    }
    if fields.party_id != 0 {
        parties::store::get_in_tx(run, fields.party_id).await?;
    }
    if fields.contract_id != 0 {
        let contract = parties::store::get_contract_in_tx(run, fields.contract_id).await?;
        if contract.party_id != fields.party_id {
            return Err(Error::rejected(
                Code::PartyMismatch,
                "the contract belongs to another party; choose one of this customer",
            ));
        }
        if contract.company_id != company_id {
            return Err(Error::rejected(Code::CompanyMismatch, "the contract belongs to another own company"));
        }
    }
    Ok(())
}
