//! Payment requests (заявки на оплату): one person asks for money to go out, another approves, a third pays where that is asked for.
//!
//! Waiting → approved → paid, at once or in parts; or refused, or withdrawn while something is left to pay. Whoever approves is somebody else
//! than the author, always; who may not pay or enter the bill besides is a matter of `duty_conflicts` (четыре глаза). From which sum on a
//! company pays only what was approved is its payment rule ([`rules`]). A request posts nothing: only the payment does.

pub mod commands;
pub mod rules;
pub mod store;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Target;
use crate::error::{Code, Error, Result};

/// Where a request stands (статус заявки).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// На согласовании.
    Waiting,
    /// Согласована.
    Approved,
    /// Отклонена.
    Refused,
    /// Отозвана; what was paid of it stays paid.
    Withdrawn,
    /// Оплачена whole.
    Paid,
}

impl State {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Paid => "paid",
        }
    }
}

/// For what money is to go out: the same a payment names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct For {
    /// Who pays.
    pub company_id: i64,
    /// The cash-flow article.
    pub article_id: i64,
    /// To whom, 0 = nobody's debt.
    pub party_id: i64,
    /// What it settles.
    pub target: Target,
}

/// A payment request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub payment_request_id: i64,
    /// `ЗО-000123`.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// For what.
    pub what: For,
    /// Roubles asked for, positive.
    pub amount: Decimal,
    /// Roubles paid of it.
    pub paid: Decimal,
    /// By when it should be paid.
    pub due_on: NaiveDate,
    /// What for, in words.
    pub purpose: String,
    /// The user who asked; 0 = the system.
    pub author_id: i64,
    /// The user who decided; 0 = nobody.
    pub decided_by: i64,
    /// What was said to it.
    pub decision_note: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Grows with every change.
    pub version: i32,
}

impl Request {
    /// Roubles still to be paid.
    pub fn left(&self) -> Decimal {
        self.amount - self.paid
    }

    /// Refuses a step that is not taken from here. Errors: `PAYMENT_REQUEST_STATUS`.
    fn stands(&self, from: &[State], next: &str) -> Result<()> {
        if from.contains(&self.state) {
            return Ok(());
        }
        let message = format!("payment request {} is {}; {next}", self.number, self.state.as_str());
        Err(Error::rejected(Code::PaymentRequestStatus, message))
    }

    /// Waiting → approved or refused, by somebody else than its author; errors: `PAYMENT_REQUEST_STATUS`, `FOUR_EYES`.
    pub fn decide(&mut self, approve: bool, user_id: i64, note: String) -> Result<()> {
        if user_id == 0 || user_id == self.author_id {
            let message = format!(
                "payment request {} is decided by a person who did not make it; ask somebody else, or withdraw it",
                self.number
            );
            return Err(Error::rejected(Code::FourEyes, message));
        }
        self.stands(&[State::Waiting], "only one that waits is decided")?;
        self.state = if approve { State::Approved } else { State::Refused };
        self.decided_by = user_id;
        self.decision_note = note;
        self.version += 1;
        Ok(())
    }

    /// Takes back what is not paid yet; errors: `PAYMENT_REQUEST_STATUS`.
    pub fn withdraw(&mut self) -> Result<()> {
        self.stands(&[State::Waiting, State::Approved], "nothing is left of it to take back")?;
        self.state = State::Withdrawn;
        self.version += 1;
        Ok(())
    }

    /// Takes a payment of `amount` for `what`; errors: `PAYMENT_REQUEST_STATUS`, `PAYMENT_REQUEST_MISMATCH`.
    pub fn pay(&mut self, what: For, amount: Decimal) -> Result<()> {
        self.stands(&[State::Approved], "pay an approved one (paymentRequestApprove)")?;
        let mismatch = |message: String| Err(Error::rejected(Code::PaymentRequestMismatch, message));
        if what != self.what {
            return mismatch(format!(
                "payment request {} is for something else; pay from an account of its company, under its article, to its party and for what \
                 it names",
                self.number
            ));
        }
        if amount > self.left() {
            return mismatch(format!(
                "only {} of payment request {} is left to pay; pay that, or ask for the rest",
                self.left(),
                self.number
            ));
        }
        self.paid += amount;
        if self.left().is_zero() {
            self.state = State::Paid;
        }
        self.version += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHAT: For = For { company_id: 1, article_id: 2, party_id: 3, target: Target::Party };

    fn request() -> Request {
        Request {
            payment_request_id: 1,
            number: "ЗО-000001".to_owned(),
            state: State::Waiting,
            what: WHAT,
            amount: Decimal::ONE_HUNDRED,
            paid: Decimal::ZERO,
            due_on: NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
            purpose: "Счёт 17".to_owned(),
            author_id: 7,
            decided_by: 0,
            decision_note: String::new(),
            created_at: DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn somebody_else_approves_and_only_then_it_is_paid_in_parts() {
        let mut asked = request();
        assert_eq!(asked.pay(WHAT, Decimal::TEN).unwrap_err().code(), Code::PaymentRequestStatus, "nobody approved it");
        for same in [7, 0] {
            assert_eq!(asked.decide(true, same, String::new()).unwrap_err().code(), Code::FourEyes);
        }
        asked.decide(true, 8, "платим".to_owned()).unwrap();
        assert_eq!(asked.decide(false, 8, String::new()).unwrap_err().code(), Code::PaymentRequestStatus, "decided already");
        asked.pay(WHAT, Decimal::from(40)).unwrap();
        assert_eq!((asked.state, asked.left()), (State::Approved, Decimal::from(60)));
        assert_eq!(asked.pay(WHAT, Decimal::from(61)).unwrap_err().code(), Code::PaymentRequestMismatch, "more than is left");
        asked.pay(WHAT, Decimal::from(60)).unwrap();
        assert_eq!((asked.state, asked.left(), asked.version), (State::Paid, Decimal::ZERO, 4));
        assert_eq!(asked.withdraw().unwrap_err().code(), Code::PaymentRequestStatus);
    }

    #[test]
    fn money_goes_only_where_it_was_asked_for() {
        let mut asked = request();
        asked.decide(true, 8, String::new()).unwrap();
        for other in [
            For { company_id: 9, ..WHAT },
            For { article_id: 9, ..WHAT },
            For { party_id: 9, ..WHAT },
            For { target: Target::Contract(3), ..WHAT },
        ] {
            assert_eq!(asked.pay(other, Decimal::ONE).unwrap_err().code(), Code::PaymentRequestMismatch, "{other:?}");
        }
        assert_eq!(asked.paid, Decimal::ZERO);
    }

    #[test]
    fn what_is_left_can_be_taken_back() {
        let mut asked = request();
        asked.decide(true, 8, String::new()).unwrap();
        asked.pay(WHAT, Decimal::TEN).unwrap();
        asked.withdraw().unwrap();
        assert_eq!((asked.state, asked.paid), (State::Withdrawn, Decimal::TEN));
        assert_eq!(asked.pay(WHAT, Decimal::ONE).unwrap_err().code(), Code::PaymentRequestStatus);
        let mut refused = request();
        refused.decide(false, 8, "рано".to_owned()).unwrap();
        assert_eq!(refused.withdraw().unwrap_err().code(), Code::PaymentRequestStatus);
    }
}
