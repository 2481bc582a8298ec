//! Commercial offers (коммерческие предложения, КП): what was offered at what price, and what it cost at that moment.
//!
//! Draft → sent; one that lies under the floor or beyond the discount limit of its author's role goes draft → approval → approved → sent, or
//! is refused. Whoever decides is somebody else than the author, always (четыре глаза). Lines never change: an offer is revised by a new version
//! that replaces it, at the cost, floor and discounts of its own day, and is approved anew where it must be. The old one stays as it was, with
//! its cost, and takes no more steps.

pub mod commands;
pub mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::serve::{Basis, Served};
use crate::error::{Code, Error, Result};
use crate::orders::Price;

/// Where an offer stands (статус предложения).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// Черновик.
    Draft,
    /// На согласовании.
    Approval,
    /// Согласовано.
    Approved,
    /// Отправлено.
    Sent,
    /// Отклонено by whoever was asked.
    Refused,
}

impl State {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approval => "approval",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::Refused => "refused",
        }
    }
}

/// A line of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub offer_line_id: i64,
    /// 1, 2, …
    pub line: i32,
    /// Goods.
    pub product_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// Metres.
    pub metres: Decimal,
    /// Theoretical tonnes.
    pub tonnes_theoretical: Decimal,
    /// In units of the price.
    pub quantity: Decimal,
    /// The price.
    pub price: Price,
    /// VAT rate, percent.
    pub vat_percent: Decimal,
    /// Without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
    /// Whose cost it is.
    pub basis: Basis,
    /// What the goods cost when the offer was made.
    pub cost: Decimal,
    /// Its share of the expenses, by tonnes.
    pub expenses: Decimal,
    /// The least price with VAT at that moment, roubles per unit.
    pub floor: Decimal,
    /// The list price then, per the list's unit; 0 = none.
    pub list_price: Decimal,
    /// How far below the list it lies, percent; 0 without a list.
    pub discount_percent: Decimal,
    /// It lies under the floor.
    pub under_floor: bool,
    /// It lies further below the list than the author's role may go.
    pub over_limit: bool,
    /// Which batches would serve it, at what cost; batch 0 = to be bought.
    pub served: Vec<Served>,
}

/// A commercial offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its id.
    pub offer_id: i64,
    /// Who sells.
    pub company_id: i64,
    /// The deal.
    pub deal_id: i64,
    /// The customer.
    pub party_id: i64,
    /// `КП-000123`.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub issued_on: NaiveDate,
    /// When it would ship.
    pub planned_on: NaiveDate,
    /// Last day it holds.
    pub valid_until: NaiveDate,
    /// Where to.
    pub delivery_address: String,
    /// The user who made it; 0 = the system.
    pub author_id: i64,
    /// The user who decided on it; 0 = nobody.
    pub decided_by: i64,
    /// What was said to it.
    pub decision_note: String,
    /// Somebody must approve it before it is sent.
    pub needs_approval: bool,
    /// Without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
    /// What the goods cost when it was made.
    pub cost: Decimal,
    /// Direct expenses as they were assumed.
    pub expenses: Decimal,
    /// Commission as it was assumed.
    pub commission: Decimal,
    /// 1, or one more than that of the offer it replaces (версия предложения).
    #[serde(default = "first")]
    pub revision: i32,
    /// The offer it replaces, 0 = none.
    #[serde(default)]
    pub supersedes_id: i64,
    /// The offer it was replaced by, 0 = none.
    #[serde(default)]
    pub superseded_by_id: i64,
    /// Grows with every change.
    pub version: i32,
    /// At least one.
    pub lines: Vec<Line>,
}

const fn first() -> i32 {
    1
}

impl Offer {
    /// What it brings after goods, expenses and commission, roubles.
    pub fn contribution(&self) -> Decimal {
        self.net - self.cost - self.expenses - self.commission
    }

    fn become_state(&mut self, from: &[State], to: State, next: &str) -> Result<()> {
        self.not_superseded()?;
        if !from.contains(&self.state) {
            let message = format!("offer {} is {} and cannot become {}; {next}", self.number, self.state.as_str(), to.as_str());
            return Err(Error::rejected(Code::OfferStatus, message));
        }
        self.state = to;
        self.version += 1;
        Ok(())
    }

    fn not_superseded(&self) -> Result<()> {
        if self.superseded_by_id == 0 {
            return Ok(());
        }
        let message = format!("offer {} was replaced by a later version; go on with that one", self.number);
        Err(Error::rejected(Code::OfferStatus, message))
    }

    /// The number of the version that replaces it: `КП-000123/2`. Errors: `OFFER_STATUS` (replaced already, or somebody is to decide on it).
    fn next_number(&self) -> Result<String> {
        self.not_superseded()?;
        if self.state == State::Approval {
            let message = format!("somebody is asked to approve offer {}; revise it when it is approved or refused", self.number);
            return Err(Error::rejected(Code::OfferStatus, message));
        }
        let base = self.number.split_once('/').map_or(self.number.as_str(), |(base, _)| base);
        Ok(format!("{base}/{}", self.revision + 1))
    }

    /// Draft → approval; errors: `OFFER_STATUS`.
    pub fn submit(&mut self) -> Result<()> {
        self.become_state(&[State::Draft], State::Approval, "only a draft is put forward; make another offer")
    }

    /// Approval → approved or refused, by somebody else than its author; errors: `OFFER_STATUS`, `FOUR_EYES`.
    pub fn decide(&mut self, approve: bool, user_id: i64, note: String) -> Result<()> {
        if user_id == 0 || user_id == self.author_id {
            let message =
                format!("offer {} is approved or refused by a person who did not make it; ask somebody else", self.number);
            return Err(Error::rejected(Code::FourEyes, message));
        }
        let to = if approve { State::Approved } else { State::Refused };
        self.become_state(&[State::Approval], to, "its author has to put it forward first (offerSubmit)")?;
        self.decided_by = user_id;
        self.decision_note = note;
        Ok(())
    }

    /// → sent; errors: `APPROVAL_REQUIRED`, `OFFER_STATUS`, `INVALID_INPUT` (no longer valid).
    pub fn send(&mut self, today: NaiveDate) -> Result<()> {
        self.not_superseded()?;
        if self.state == State::Draft && self.needs_approval {
            let message = format!(
                "offer {} lies under the floor or beyond the discount limit; put it forward (offerSubmit) and let somebody approve it",
                self.number
            );
            return Err(Error::rejected(Code::ApprovalRequired, message));
        }
        if today > self.valid_until {
            let message = format!("the offer held until {}; make another one at today's cost", self.valid_until);
            return Err(Error::invalid("offerId", message));
        }
        self.become_state(&[State::Draft, State::Approved], State::Sent, "only a draft or an approved offer is sent")
    }
}

/// The basis of a stored code.
pub(super) fn basis_of(code: &str) -> Basis {
    [Basis::Chosen, Basis::Oldest, Basis::Cheapest].into_iter().find(|basis| basis.as_str() == code).unwrap_or(Basis::Average)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(needs_approval: bool) -> Offer {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        Offer {
            offer_id: 1,
            company_id: 1,
            deal_id: 1,
            party_id: 1,
            number: "КП-000001".to_owned(),
            state: State::Draft,
            issued_on: day(2),
            planned_on: day(10),
            valid_until: day(12),
            delivery_address: String::new(),
            author_id: 7,
            decided_by: 0,
            decision_note: String::new(),
            needs_approval,
            net: Decimal::ONE_HUNDRED,
            vat: Decimal::ZERO,
            gross: Decimal::ONE_HUNDRED,
            cost: Decimal::from(60),
            expenses: Decimal::TEN,
            commission: Decimal::ONE,
            revision: 1,
            supersedes_id: 0,
            superseded_by_id: 0,
            version: 1,
            lines: Vec::new(),
        }
    }

    #[test]
    fn what_needs_no_approval_is_sent_while_it_holds() {
        let mut good = offer(false);
        assert_eq!(good.contribution(), Decimal::from(29));
        let late = good.valid_until.succ_opt().unwrap();
        assert_eq!(good.send(late).unwrap_err().code(), Code::InvalidInput);
        good.send(good.valid_until).unwrap();
        assert_eq!((good.state, good.version), (State::Sent, 2));
        assert_eq!(good.send(good.issued_on).unwrap_err().code(), Code::OfferStatus);
    }

    #[test]
    fn what_needs_approval_is_not_sent_before_somebody_else_gave_it() {
        let mut low = offer(true);
        assert_eq!(low.send(low.issued_on).unwrap_err().code(), Code::ApprovalRequired);
        assert_eq!(low.decide(true, 8, String::new()).unwrap_err().code(), Code::OfferStatus, "nobody asked yet");
        low.submit().unwrap();
        assert_eq!(low.send(low.issued_on).unwrap_err().code(), Code::OfferStatus);
        for same in [7, 0] {
            assert_eq!(low.decide(true, same, String::new()).unwrap_err().code(), Code::FourEyes);
        }
        let mut refused = low.clone();
        refused.decide(false, 8, "дёшево".to_owned()).unwrap();
        assert_eq!(refused.send(low.issued_on).unwrap_err().code(), Code::OfferStatus);
        low.decide(true, 8, String::new()).unwrap();
        low.send(low.issued_on).unwrap();
        assert_eq!((low.state, low.decided_by), (State::Sent, 8));
    }

    #[test]
    fn a_version_is_replaced_once_and_then_takes_no_more_steps() {
        let mut sent = offer(false);
        sent.send(sent.issued_on).unwrap();
        assert_eq!(sent.next_number().unwrap(), "КП-000001/2");
        let second = Offer { number: "КП-000001/2".to_owned(), revision: 2, ..offer(true) };
        assert_eq!(second.next_number().unwrap(), "КП-000001/3");
        let mut asked = offer(true);
        asked.submit().unwrap();
        assert_eq!(asked.next_number().unwrap_err().code(), Code::OfferStatus, "somebody is to decide");
        asked.decide(false, 8, "дёшево".to_owned()).unwrap();
        assert_eq!(asked.next_number().unwrap(), "КП-000001/2");
        let mut replaced = Offer { superseded_by_id: 2, ..offer(false) };
        assert_eq!(replaced.next_number().unwrap_err().code(), Code::OfferStatus);
        assert_eq!(replaced.send(replaced.issued_on).unwrap_err().code(), Code::OfferStatus);
        assert_eq!(replaced.submit().unwrap_err().code(), Code::OfferStatus);
    }

    #[test]
    fn codes_of_a_basis_come_back() {
        for basis in [Basis::Chosen, Basis::Oldest, Basis::Cheapest, Basis::Average] {
            assert_eq!(basis_of(basis.as_str()), basis);
        }
    }
}
