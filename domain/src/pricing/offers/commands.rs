//! Commands of offers: create, revise, put forward, decide, send.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Line, Offer, State, store};
use crate::access::Permission;
use crate::batches::{countable, measure};
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::notifications::{Fact, Facts, OFFER_APPROVED, OFFER_REFUSED, OFFER_WAITING, Subject};
use crate::orders::{self, Price};
use crate::pricing::lists::ListPrice;
use crate::pricing::quote::{self, Terms};
use crate::pricing::serve::{self, Basis, Free};
use crate::pricing::store as facts;
use crate::{companies, days, money, notifications, parties, text};

/// Lines of an offer at most.
const LINES_MAX: usize = 100;

/// A line as it is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct NewLine {
    /// Goods.
    pub product_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// The price offered.
    pub price: Price,
    /// Whose cost.
    pub basis: Basis,
    /// The batch of [`Basis::Chosen`], else 0.
    pub batch_id: i64,
}

/// A new offer of a deal; company and customer are the deal's.
#[derive(Debug, Clone, Serialize)]
pub struct Create {
    /// The deal: open, with a customer.
    pub deal_id: i64,
    /// When it would ship: decides stock, VAT and list.
    pub planned_on: NaiveDate,
    /// Last day it holds.
    pub valid_until: NaiveDate,
    /// Where to.
    pub delivery_address: String,
    /// Direct expenses of the whole, roubles as they cost the company; shared by tonnes.
    pub expenses: Decimal,
    /// At least one.
    pub lines: Vec<NewLine>,
}

/// A new version of an offer; the deal is that of the old one.
#[derive(Debug, Clone, Serialize)]
pub struct Revise {
    /// The offer it replaces.
    pub offer_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// When it would ship: decides stock, VAT and list.
    pub planned_on: NaiveDate,
    /// Last day it holds.
    pub valid_until: NaiveDate,
    /// Where to.
    pub delivery_address: String,
    /// Direct expenses of the whole, roubles as they cost the company; shared by tonnes.
    pub expenses: Decimal,
    /// At least one.
    pub lines: Vec<NewLine>,
}

/// A step of an offer.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The offer.
    pub offer_id: i64,
}

/// A decision on an offer.
#[derive(Debug, Clone, Serialize)]
pub struct Decide {
    /// The offer.
    pub offer_id: i64,
    /// Approve it, or refuse it.
    pub approve: bool,
    /// What is said to it.
    pub note: String,
}

/// Makes a draft that keeps cost, floor, list price and discount of every line as they are now.
///
/// Errors: `NOT_FOUND`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `BATCH_SHORT` (and nothing was bought before), `TAX_REGIME_MISSING`, `INVALID_INPUT`,
/// `AMOUNT_NOT_POSITIVE`, `FORBIDDEN`.
pub async fn create(db: &Db, ctx: &Ctx, input: &Create) -> Result<Outcome<Offer>> {
    command::run(db, ctx, "pricing.offer_create", Permission::EditOffers, input, async |run, input| {
        let offer = made_in_tx(run, input).await?;
        store::insert_in_tx(run, offer).await
    })
    .await
}

/// Replaces an offer by a new version (новая версия КП), a draft that keeps cost, floor, list price and discounts as they are now; whatever
/// was approved of the old one is asked for again. The old one stays as it is.
///
/// Errors: `OFFER_STATUS` (replaced already, or waiting for a decision), `VERSION_CONFLICT` and those of [`create`].
pub async fn revise(db: &Db, ctx: &Ctx, input: &Revise) -> Result<Outcome<Offer>> {
    command::run(db, ctx, "pricing.offer_revise", Permission::EditOffers, input, async |run, input| {
        let mut old = store::lock_in_tx(run, input.offer_id).await?;
        same_version("offer", old.offer_id, old.version, input.expected_version)?;
        let number = old.next_number()?;
        let create = Create {
            deal_id: old.deal_id,
            planned_on: input.planned_on,
            valid_until: input.valid_until,
            delivery_address: input.delivery_address.clone(),
            expenses: input.expenses,
            lines: input.lines.clone(),
        };
        let made = made_in_tx(run, &create).await?;
        let new = Offer { number, revision: old.revision + 1, supersedes_id: old.offer_id, ..made };
        let new = store::insert_in_tx(run, new).await?;
        old.superseded_by_id = new.offer_id;
        old.version += 1;
        store::save_in_tx(run, &old).await?;
        Ok(new)
    })
    .await
}

/// An offer as it would be today, not stored yet.
async fn made_in_tx(run: &mut Run<'_>, input: &Create) -> Result<Offer> {
    if input.lines.is_empty() || input.lines.len() > LINES_MAX {
        return Err(Error::invalid("lines", format!("an offer has 1 to {LINES_MAX} lines")));
    }
    let delivery_address = text::optional(&input.delivery_address, "deliveryAddress", 300)?;
    let planned_on = days::known(input.planned_on, "plannedOn")?;
    let valid_until = days::known(input.valid_until, "validUntil")?;
    let expenses = money::not_negative(input.expenses, "expenses")?;
    let deal = orders::store::open_deal_in_tx(run, input.deal_id).await?;
    let company = companies::store::get_in_tx(run, deal.company_id).await?;
    let issued_on = run.ctx.today(company.utc_offset_minutes);
    if valid_until < issued_on {
        return Err(Error::invalid("validUntil", format!("an offer holds at least until today, {issued_on}")));
    }
    let actor = run.ctx.actor.clone();
    let terms = quote::terms(&mut run.tx, &actor, deal.company_id, deal.party_id, planned_on, None, None).await?;
    let mut goods = Vec::with_capacity(input.lines.len());
    for (index, line) in input.lines.iter().enumerate() {
        let path = format!("lines.{index}");
        countable(line.pieces).map_err(|error| error.at(&path))?;
        goods.push(facts::goods(&mut run.tx, line.product_id).await?);
    }
    let tonnes: Vec<Decimal> = input
        .lines
        .iter()
        .zip(&goods)
        .map(|(line, of)| measure(line.pieces, of.shape.length_m, of.shape.kg_per_m).tonnes)
        .collect();
    let shares = money::allocate(expenses, &tonnes)?;
    let product_ids: Vec<i64> = input.lines.iter().map(|line| line.product_id).collect();
    let mut free = facts::free(&mut run.tx, deal.company_id, &product_ids, planned_on).await?;
    let bought = facts::bought(&mut run.tx, deal.company_id, &product_ids, planned_on).await?;
    let (mut lines, mut commission) = (Vec::with_capacity(goods.len()), Decimal::ZERO);
    for (index, ((new, of), expenses)) in input.lines.iter().zip(&goods).zip(shares).enumerate() {
        let list =
            facts::list_price(&mut run.tx, deal.company_id, terms.customer_group_id, new.product_id, planned_on, new.price.unit)
                .await?;
        let number = i32::try_from(index + 1).map_err(|_| Error::invalid("lines", "too many lines"))?;
        let bought = bought.iter().find(|last| last.product_id == new.product_id).map(|last| last.piece(of.shape.length_m));
        let known = Known { terms: &terms, of, expenses, bought, list };
        let (line, earned) = known.line(number, new, &mut free).map_err(|error| error.at(&format!("lines.{index}")))?;
        commission += earned;
        lines.push(line);
    }
    let sum = |part: fn(&Line) -> Decimal| lines.iter().map(part).sum::<Decimal>();
    Ok(Offer {
        offer_id: 0,
        company_id: deal.company_id,
        deal_id: input.deal_id,
        party_id: deal.party_id,
        number: String::new(),
        state: State::Draft,
        issued_on,
        planned_on,
        valid_until,
        delivery_address,
        author_id: actor.user_id,
        decided_by: 0,
        decision_note: String::new(),
        needs_approval: lines.iter().any(|line| line.under_floor || line.over_limit),
        net: sum(|line| line.net),
        vat: sum(|line| line.vat),
        gross: sum(|line| line.gross),
        cost: sum(|line| line.cost),
        expenses,
        commission,
        revision: 1,
        supersedes_id: 0,
        superseded_by_id: 0,
        version: 1,
        lines,
    })
}

/// What a line is made from.
struct Known<'a> {
    terms: &'a Terms,
    of: &'a facts::Goods,
    expenses: Decimal,
    bought: Option<Decimal>,
    list: Option<ListPrice>,
}

impl Known<'_> {
    /// The line and its commission; what it takes is no longer free for the lines behind it.
    fn line(&self, line: i32, new: &NewLine, free: &mut [Free]) -> Result<(Line, Decimal)> {
        let of_product: Vec<Free> = free.iter().filter(|batch| batch.product_id == new.product_id).copied().collect();
        let served = serve::serve(&of_product, new.pieces, new.basis, new.batch_id, self.bought)?;
        for row in &served {
            if let Some(batch) = free.iter_mut().find(|batch| batch.batch_id == row.batch_id) {
                batch.free -= row.pieces;
            }
        }
        let measured = measure(new.pieces, self.of.shape.length_m, self.of.shape.kg_per_m);
        let costs = self.terms.costs(served.iter().map(|row| row.cost).sum(), self.expenses);
        let prices = self.terms.prices(costs, measured)?;
        let judged = self.terms.judge(new.price, measured, costs, &prices, self.list.as_ref())?;
        let unit = new.price.unit;
        let line = Line {
            offer_line_id: 0,
            line,
            product_id: new.product_id,
            pieces: measured.pieces,
            metres: measured.metres,
            tonnes_theoretical: measured.tonnes,
            quantity: unit.quantity(measured),
            price: new.price,
            vat_percent: self.terms.tax.percent,
            net: judged.earned.sum.net,
            vat: judged.earned.sum.vat,
            gross: judged.earned.sum.gross,
            basis: new.basis,
            cost: costs.goods,
            expenses: self.expenses,
            floor: prices.iter().find(|price| price.unit == unit).map(|price| price.floor).unwrap_or_default(),
            list_price: self.list.as_ref().map(|list| list.price.price).unwrap_or_default(),
            discount_percent: judged.discount_percent.unwrap_or_default(),
            under_floor: judged.under_floor,
            over_limit: judged.over_limit,
            served,
        };
        Ok((line, judged.earned.commission))
    }
}

/// Draft → approval (на согласование). Errors: `NOT_FOUND`, `OFFER_STATUS`, `FORBIDDEN`.
pub async fn submit(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<Offer>> {
    command::run(db, ctx, "pricing.offer_submit", Permission::EditOffers, input, async |run, input| {
        let mut offer = store::lock_in_tx(run, input.offer_id).await?;
        run.expect("offer", offer.offer_id, offer.version)?;
        offer.submit()?;
        store::save_in_tx(run, &offer).await?;
        tell_in_tx(run, OFFER_WAITING, &offer).await?;
        Ok(offer)
    })
    .await
}

/// Approves or refuses what somebody else made (согласовать). Errors: `NOT_FOUND`, `OFFER_STATUS`, `FOUR_EYES`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn decide(db: &Db, ctx: &Ctx, input: &Decide) -> Result<Outcome<Offer>> {
    command::run(db, ctx, "pricing.offer_decide", Permission::ApproveOffers, input, async |run, input| {
        let note = text::optional(&input.note, "note", 300)?;
        let mut offer = store::lock_in_tx(run, input.offer_id).await?;
        run.expect("offer", offer.offer_id, offer.version)?;
        offer.decide(input.approve, run.ctx.actor.user_id, note)?;
        store::save_in_tx(run, &offer).await?;
        tell_in_tx(run, if input.approve { OFFER_APPROVED } else { OFFER_REFUSED }, &offer).await?;
        Ok(offer)
    })
    .await
}

/// Tells those whom a step of an offer concerns: whoever may decide, or the manager of the deal.
async fn tell_in_tx(run: &mut Run<'_>, code: &str, offer: &Offer) -> Result<()> {
    let name = parties::store::get_in_tx(run, offer.party_id).await?.name;
    let facts = Facts { number: offer.number.clone(), name, amount: offer.gross, ..Facts::default() };
    let subject = Subject::Offer(offer.offer_id);
    let fact = Fact {
        subject,
        deal_id: offer.deal_id,
        employee_id: 0,
        but_user_id: run.ctx.actor.user_id,
        episode: String::new(),
        facts,
    };
    notifications::store::tell_in_tx(run, code, fact).await?;
    Ok(())
}

/// Marks an offer as sent (отправить). Errors: `NOT_FOUND`, `APPROVAL_REQUIRED`, `OFFER_STATUS`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn send(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<Offer>> {
    command::run(db, ctx, "pricing.offer_send", Permission::EditOffers, input, async |run, input| {
        let mut offer = store::lock_in_tx(run, input.offer_id).await?;
        let company = companies::store::get_in_tx(run, offer.company_id).await?;
        run.expect("offer", offer.offer_id, offer.version)?;
        offer.send(run.ctx.today(company.utc_offset_minutes))?;
        store::save_in_tx(run, &offer).await?;
        Ok(offer)
    })
    .await
}
