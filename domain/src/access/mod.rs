//! People, their logins and sessions, and what they may see.

use serde::{Deserialize, Serialize};

/// What a person may do (роль).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Директор: sees everything.
    Director,
    /// Менеджер по продажам: own deals.
    Manager,
    /// Администратор: people and settings.
    Administrator,
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
