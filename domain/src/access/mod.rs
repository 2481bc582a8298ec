//! People, their logins and sessions, and what they may see.
//!
//! Invariants: a password is stored only as an argon2id hash and a session token only as its SHA-256; neither reaches the command log.

pub mod commands;
pub mod password;
pub mod store;

use serde::{Deserialize, Serialize};

/// What a person may do (роль).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Директор: sees everything.
    Director,
    /// Менеджер по продажам: own deals.
    Manager,
    /// Администратор: people and settings.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Director, Self::Manager, Self::Administrator];

    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Director => "director",
            Self::Manager => "manager",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == code)
    }
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
}

impl User {
    /// This user as the one who acts.
    pub const fn actor(&self) -> Actor {
        Actor { user_id: self.user_id, employee_id: self.employee_id, role: self.role }
    }
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
}

impl Actor {
    /// The system itself: demo, imports, command line.
    pub const fn system() -> Self {
        Self { user_id: 0, employee_id: 0, role: Role::Director }
    }
}

impl Actor {
    /// What this actor may see: a manager only the own deals.
    pub const fn scope(&self) -> Scope {
        match self.role {
            Role::Manager => Scope::Employee(self.employee_id),
            Role::Director | Role::Administrator => Scope::All,
        }
    }
}

/// Whose rows a list or a report may show: the one argument that decides row visibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Deals whose present manager is this employee, and what hangs on them.
    Employee(i64),
}

impl Scope {
    /// The employee to filter by, if any.
    pub const fn employee_id(self) -> Option<i64> {
        match self {
            Self::All => None,
            Self::Employee(id) => Some(id),
        }
    }
}
