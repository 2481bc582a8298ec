//! Notifications (уведомления): what happened or became late, told once to each person whom it concerns.
//!
//! The catalogue ([`Kind`]) is data: to whom a kind is told, from which threshold on, with which words. A command tells inside its own
//! transaction ([`store::tell_in_tx`]), what time causes is looked for now and then ([`sweep::run`]); both give [`Fact`]s and do not know who
//! hears of them. Invariants: nobody is told, or shown later, what the own permissions and deals do not show; the same occasion is told to
//! one person once; what is rolled back was told to nobody; a history that is made up is told to nobody.

pub mod commands;
pub mod listen;
pub mod read;
pub mod roles;
mod sentence;
pub mod store;
mod subject;
pub mod sweep;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::error::{Error, Result};
pub use sentence::Language;
pub use subject::Subject;

/// Another manager got a deal.
pub const DEAL_HANDED_OVER: &str = "deal_handed_over";
/// An order is past its planned day and not shipped.
pub const ORDER_LATE: &str = "order_late";
/// A customer's debt is past its day.
pub const DEBT_OVERDUE: &str = "debt_overdue";
/// An order was shipped and earns too little.
pub const ORDER_MARGIN_LOW: &str = "order_margin_low";
/// An offer waits for approval.
pub const OFFER_WAITING: &str = "offer_waiting";
/// An offer was approved.
pub const OFFER_APPROVED: &str = "offer_approved";
/// An offer was refused.
pub const OFFER_REFUSED: &str = "offer_refused";
/// A supplier order waits for approval.
pub const SUPPLIER_ORDER_WAITING: &str = "supplier_order_waiting";
/// A payment request waits for approval.
pub const PAYMENT_REQUEST_WAITING: &str = "payment_request_waiting";
/// A payment request was approved.
pub const PAYMENT_REQUEST_APPROVED: &str = "payment_request_approved";
/// A login was made, or has another role.
pub const ROLE_GIVEN: &str = "role_given";
/// A task is past its moment and not done.
pub const TASK_OVERDUE: &str = "task_overdue";
/// Somebody called and nobody talked.
pub const CALL_MISSED: &str = "call_missed";
/// An own account holds too little.
pub const ACCOUNT_LOW: &str = "account_low";
/// What is soon due to suppliers exceeds the money there is.
pub const CASH_GAP: &str = "cash_gap";
/// The change stream stopped for good.
pub const CHANGE_STREAM_STOPPED: &str = "change_stream_stopped";
/// A comparison of the databases found differences.
pub const DATABASES_DIFFER: &str = "databases_differ";
/// Rows of a file could not be imported.
pub const IMPORT_REJECTED: &str = "import_rejected";

/// Something to tell: what it is about, and the facts its sentence may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub subject: Subject,
    /// The deal it belongs to, 0 = none: who may not see that deal is not told.
    pub deal_id: i64,
    /// Who is to act in place of the manager of the deal; 0 = the manager.
    pub employee_id: i64,
    /// Who need not be told: what waits for approval waits for somebody else than whoever asks; 0 = nobody.
    pub but_user_id: i64,
    /// What makes it another occasion of the same thing: a version, a day.
    pub episode: String,
    /// The facts.
    pub facts: Facts,
}

/// What a sentence may name; what a kind does not need stays empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// A number of a deal, an order, a document.
    pub number: String,
    /// A name or a title.
    pub name: String,
    /// Roubles.
    pub amount: Decimal,
    /// Percent.
    pub percent: Decimal,
    /// How many.
    pub count: i64,
    /// A day.
    pub day: Option<NaiveDate>,
}

/// What a threshold is measured in (единица порога).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Дни.
    Days,
    /// Проценты.
    Percent,
    /// Рубли.
    Roubles,
}

impl Unit {
    /// The unit of a stored code; empty = none.
    fn parse(code: &str) -> Result<Option<Self>> {
        match code {
            "" => Ok(None),
            "days" => Ok(Some(Self::Days)),
            "percent" => Ok(Some(Self::Percent)),
            "roubles" => Ok(Some(Self::Roubles)),
            _ => Err(Error::internal("a kind of notification has an unknown unit")),
        }
    }

    /// Refuses a threshold that cannot be meant. Errors: `INVALID_INPUT`.
    fn check(self, threshold: Decimal) -> Result<()> {
        let (least, most, places) = match self {
            Self::Days => (Decimal::ZERO, Decimal::from(365), 0),
            Self::Percent => (Decimal::from(-100), Decimal::from(100), 2),
            Self::Roubles => (Decimal::from(-1_000_000_000_000_i64), Decimal::from(1_000_000_000_000_i64), 2),
        };
        if (least..=most).contains(&threshold) && threshold.normalize().scale() <= places {
            return Ok(());
        }
        Err(Error::invalid(
            "threshold",
            format!("the threshold is a number from {least} to {most} with at most {places} decimal places"),
        ))
    }
}

/// To whom a kind is told, and from when on: what may be changed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// To the manager of the deal it belongs to.
    pub to_manager: bool,
    /// To everybody of these roles, by code.
    pub to_roles: Vec<String>,
    /// To everybody with one of these permissions, by code.
    pub to_permissions: Vec<String>,
    /// From where on, in the unit; 0 where there is none.
    pub threshold: Decimal,
    /// Whether it is told at all.
    pub active: bool,
}

/// A kind of notification: a row of the catalogue (вид уведомления).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// Its id.
    pub kind_id: i64,
    /// Its stable code.
    pub code: String,
    /// Its title in Russian.
    pub title_ru: String,
    /// Its title in English.
    pub title_en: String,
    /// The sentence in Russian.
    pub text_ru: String,
    /// The sentence in English.
    pub text_en: String,
    /// It belongs to a deal.
    pub of_deal: bool,
    /// What one must be permitted to be told, by code.
    pub needs: Vec<String>,
    /// What the threshold is measured in.
    pub unit: Option<Unit>,
    /// To whom and from when on.
    pub settings: Settings,
    /// Optimistic lock.
    pub version: i32,
}

impl Kind {
    /// The title in a language.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Ru => &self.title_ru,
            Language::En => &self.title_en,
        }
    }

    /// The sentence about some facts.
    pub fn sentence(&self, language: Language, facts: &Facts) -> String {
        let template = match language {
            Language::Ru => &self.text_ru,
            Language::En => &self.text_en,
        };
        sentence::render(template, language, facts)
    }

    /// Takes other settings. Errors: `INVALID_INPUT`.
    pub fn set(&mut self, settings: Settings) -> Result<()> {
        if settings.to_manager && !self.of_deal {
            return Err(Error::invalid(
                "toManager",
                "this kind belongs to no deal, so there is no manager to tell; name roles or permissions",
            ));
        }
        match self.unit {
            Some(unit) => unit.check(settings.threshold)?,
            None if settings.threshold.is_zero() => {}
            None => return Err(Error::invalid("threshold", "this kind has no threshold; leave it out")),
        }
        let nobody = !settings.to_manager && settings.to_roles.is_empty() && settings.to_permissions.is_empty();
        if settings.active && nobody {
            return Err(Error::invalid("toRoles", "nobody would be told; name somebody, or switch the kind off"));
        }
        let blind = |code: &&String| {
            let known = Role::ALL.into_iter().find(|role| role.as_str() == code.as_str());
            let permits = |role: Role, need: &str| role.grant().permissions.iter().any(|permission| permission.as_str() == need);
            !known.is_some_and(|role| self.needs.iter().all(|need| permits(role, need)))
        };
        if let Some(role) = settings.to_roles.iter().find(blind) {
            let message = format!("{role} may not see what this kind tells of and would be told nothing; name other roles");
            return Err(Error::invalid("toRoles", message));
        }
        self.settings = settings;
        self.version += 1;
        Ok(())
    }
}

/// What one person was told (уведомление).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub notification_id: i64,
    /// Who was told.
    pub user_id: i64,
    /// The kind.
    pub kind_id: i64,
    /// What it is about.
    pub subject: Subject,
    /// The facts, as they were.
    pub facts: Facts,
    /// When it was told.
    pub created_at: DateTime<Utc>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(of_deal: bool, unit: Option<Unit>) -> Kind {
        let settings = Settings {
            to_manager: of_deal,
            to_roles: vec!["director".to_owned()],
            to_permissions: Vec::new(),
            threshold: Decimal::ZERO,
            active: true,
        };
        let text = String::new;
        Kind {
            kind_id: 1,
            code: text(),
            title_ru: text(),
            title_en: text(),
            text_ru: text(),
            text_en: text(),
            of_deal,
            needs: Vec::new(),
            unit,
            settings,
            version: 1,
        }
    }

    fn refused(mut kind: Kind, change: impl FnOnce(&mut Settings)) -> Option<String> {
        let mut settings = kind.settings.clone();
        change(&mut settings);
        let before = kind.clone();
        let error = kind.set(settings).err()?;
        assert_eq!(kind, before, "nothing was changed");
        let Error::Invalid { path, .. } = error else { panic!("{error:?}") };
        Some(path)
    }

    #[test]
    fn a_kind_takes_only_settings_that_can_be_meant() {
        let deal = || kind(true, Some(Unit::Days));
        let other = || kind(false, None);
        assert_eq!(refused(other(), |to| to.to_manager = true).as_deref(), Some("toManager"));
        assert_eq!(refused(other(), |to| to.threshold = Decimal::ONE).as_deref(), Some("threshold"));
        assert_eq!(refused(other(), |to| to.to_roles.clear()).as_deref(), Some("toRoles"));
        assert_eq!(refused(deal(), |to| to.to_roles.clear()), None, "the manager is told");
        assert_eq!(
            refused(other(), |to| (to.to_roles, to.active) = (Vec::new(), false)),
            None,
            "nobody need be told what is off"
        );
        let cost = || Kind { needs: vec!["see_cost".to_owned()], ..other() };
        assert_eq!(refused(cost(), |to| to.to_roles = vec!["manager".to_owned()]).as_deref(), Some("toRoles"), "never told");
        assert_eq!(refused(cost(), |to| to.to_roles = vec!["treasurer".to_owned()]), None);
        for (unit, threshold, fits) in [
            (Unit::Days, "366", false),
            (Unit::Days, "-1", false),
            (Unit::Days, "1.5", false),
            (Unit::Days, "1.00", true),
            (Unit::Percent, "101", false),
            (Unit::Percent, "-5.25", true),
            (Unit::Percent, "5.255", false),
            (Unit::Roubles, "-1000000.50", true),
            (Unit::Roubles, "10000000000000", false),
        ] {
            let found = refused(kind(true, Some(unit)), |to| to.threshold = threshold.parse().unwrap());
            assert_eq!(found.is_none(), fits, "{unit:?} {threshold}");
        }
        let mut changed = deal();
        changed.set(Settings { active: false, ..changed.settings.clone() }).unwrap();
        assert_eq!((changed.settings.active, changed.version), (false, 2));
    }
}
