//! Teams of people (отделы, команды): whose deals a member works on besides the own ones.
//!
//! Invariants: a team widens only who sees the own deals at all ([`Reach::Own`](super::Reach::Own)), and only over deals whose present
//! manager is a member; a member of several teams works on the deals of each where the reach is the team's. What a role permits is
//! never widened: a lead sees no cost because of a team. Teams are a matter of people, not of programs.

mod commands;
mod store;

use serde::{Deserialize, Serialize};

pub use commands::{TeamDelete, TeamFields, TeamUpdate, create, delete, update};
pub use store::{list, list_by_ids};

coded! {
    /// Whose deals a member works on (охват).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
    #[serde(rename_all = "snake_case")]
    #[sqlx(type_name = "text", rename_all = "snake_case")]
    pub enum MemberReach;

    /// Свои сделки: only the own ones; the others of the team may see them.
    Own = "own",
    /// Сделки отдела: those of every member.
    Team = "team",
}

/// A team (отдел, команда).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub team_id: i64,
    /// Its name, unique.
    pub name: String,
    /// Who belongs to it, by id of the employee.
    pub members: Vec<Member>,
    /// Optimistic lock.
    pub version: i32,
}

/// Who belongs to a team (участник).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The person.
    pub employee_id: i64,
    /// Whose deals the person works on.
    pub reach: MemberReach,
}
