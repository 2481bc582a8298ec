//! People, their logins and sessions, and what they may see.
//!
//! Invariants: a password is stored only as an argon2id hash and a session token only as its SHA-256; neither reaches the command log. A code
//! of a second factor is taken once.

mod attempts;
pub mod audit;
#[macro_use]
mod coded;
pub mod commands;
pub mod duties;
mod granted;
pub mod identities;
pub mod password;
mod permissions;
mod scope;
pub mod second_factor;
pub mod sessions;
pub mod store;
pub mod teams;
pub mod tokens;
mod totp;
mod vault;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
pub use granted::Permissions;
pub use permissions::{GRANTS, Grant, Permission, Reach};
pub use scope::Scope;
pub use vault::{KEY_MIN, Vault};

coded! {
    /// What a person may do (роль); which permissions that means is in [`GRANTS`].
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
    #[serde(rename_all = "snake_case")]
    #[sqlx(type_name = "text", rename_all = "snake_case")]
    pub enum Role;

    /// Директор: everything.
    Director = "director",
    /// Руководитель отдела продаж: all deals, with cost and margin.
    HeadOfSales = "head_of_sales",
    /// Менеджер по продажам: the own deals, without cost and margin.
    Manager = "manager",
    /// Логист: shipping and what carriers cost.
    Logistics = "logistics",
    /// Закупщик: suppliers, receipts and cost.
    Purchasing = "purchasing",
    /// Кладовщик: stock and shipping, without money.
    Warehouse = "warehouse",
    /// Казначей: payments, accounts and cash desks.
    Treasurer = "treasurer",
    /// Бухгалтер: the books.
    Accountant = "accountant",
    /// Расчётчик: payroll.
    PayrollClerk = "payroll_clerk",
    /// Сотрудник: only what is one's own.
    Employee = "employee",
    /// Маркетолог: channels and the funnel.
    Marketer = "marketer",
    /// Интеграция: a program that brings leads, deals and parties.
    Integration = "integration",
    /// Администратор: people and settings, not the trade.
    Administrator = "administrator",
}

/// A person of the company (сотрудник).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employee {
    /// Its id.
    pub employee_id: i64,
    /// Its name.
    pub name: String,
    /// Still works here.
    pub active: bool,
    /// Optimistic lock.
    pub version: i32,
}

/// A login; the hash of its password stays in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub user_id: i64,
    /// The person behind it.
    pub employee_id: i64,
    /// The person's name.
    pub name: String,
    /// Lower case, unique.
    pub login: String,
    /// What the person may do.
    pub role: Role,
    /// May come in; answers logged before this was kept say nothing of it.
    #[serde(default = "yes")]
    pub active: bool,
    /// Optimistic lock.
    #[serde(default = "one")]
    pub version: i32,
    /// Somebody else gave the password: nothing is open until it is changed.
    #[serde(default)]
    pub must_change_password: bool,
    /// Whether there is a second factor.
    #[serde(default)]
    pub second_factor: SecondFactor,
    /// Employees whose deals the person works on besides the own ones, ascending (коллеги по отделу).
    #[serde(default)]
    pub colleagues: Vec<i64>,
}

/// Whether a login has a second factor (второй фактор).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SecondFactor {
    /// Has none and need not.
    #[default]
    Off,
    /// Must have one by its role and has not.
    Due,
    /// Has one.
    On,
}

const fn yes() -> bool {
    true
}

const fn one() -> i32 {
    1
}

impl User {
    /// This user as the one who acts.
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: self.user_id,
            employee_id: self.employee_id,
            role: self.role,
            within: None,
            colleagues: self.colleagues.clone(),
        }
    }

    /// What the person has to do before anything else is open (что сначала).
    pub const fn due(&self) -> Option<Due> {
        match (self.must_change_password, self.second_factor) {
            (true, _) => Some(Due::PasswordChange),
            (false, SecondFactor::Due) => Some(Due::SecondFactor),
            (false, SecondFactor::Off | SecondFactor::On) => None,
        }
    }
}

/// What a person has to do before anything else is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Сменить пароль: somebody else gave the present one.
    PasswordChange,
    /// Подключить второй фактор: the role asks for one.
    SecondFactor,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// 0 = the system itself (demo, import).
    pub user_id: i64,
    /// The person behind the login; 0 for the system.
    pub employee_id: i64,
    /// The role.
    pub role: Role,
    /// What a token leaves of what the role permits; `None` = a person, or the system itself.
    pub within: Option<Permissions>,
    /// Employees whose deals the actor works on besides the own ones.
    pub colleagues: Vec<i64>,
}

impl Actor {
    /// The system itself: demo, imports, command line.
    pub const fn system() -> Self {
        Self { user_id: 0, employee_id: 0, role: Role::Director, within: None, colleagues: Vec::new() }
    }
}

impl Actor {
    /// Whose rows this actor may see, among those the permissions open at all.
    pub fn scope(&self) -> Scope {
        match self.role.grant().reach {
            Reach::All => Scope::All,
            Reach::Own => Scope::of(self.employee_id, &self.colleagues),
        }
    }

    /// Whether the actor may (есть ли право): the role permits it, and the token if it is one.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.permits(permission) && self.within.is_none_or(|within| within.contains(permission))
    }

    /// The same or a reason. Errors: `FORBIDDEN`.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        let (role, needed) = (self.role.as_str(), permission.as_str());
        let message = if self.role.permits(permission) {
            format!("this needs the permission `{needed}`, which this token was not given; make one that has it")
        } else {
            format!("this needs the permission `{needed}`, which the role `{role}` does not give; ask the director")
        };
        Err(Error::Forbidden { code: Code::Forbidden, message })
    }

    /// Whether the actor may hand out this role and act on logins that have it; a token only what it may itself. Errors: `ROLE_ABOVE_OWN`.
    pub(crate) fn administers(&self, role: Role) -> Result<()> {
        let within = self.within.is_none_or(|within| role.permissions().without(within).is_empty());
        if self.role.administers(role) && within {
            return Ok(());
        }
        let (own, role) = (self.role.as_str(), role.as_str());
        let message = if within {
            format!("the role `{role}` manages people and may do more than `{own}`; ask somebody who has it")
        } else {
            format!("the role `{role}` may do more than this token; sign in with a password")
        };
        Err(Error::rejected(Code::RoleAboveOwn, message))
    }
}
