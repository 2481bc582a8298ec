//! Tasks of deals (задачи): what is to be done for a deal, by whom and until when.
//!
//! A task without a person is done by whoever manages the deal then, so it goes along when a deal is handed over. Invariant: what is done
//! is not changed; it is opened again first.

pub mod commands;
pub mod late;
pub mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A task (задача).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub task_id: i64,
    /// The deal it is of.
    pub deal_id: i64,
    /// Who is to do it; 0 = whoever manages the deal.
    pub employee_id: i64,
    /// What is to be done.
    pub title: String,
    /// Until when.
    pub due_at: DateTime<Utc>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
    /// The user who made it; 0 = the system.
    pub author_id: i64,
    /// Optimistic lock.
    pub version: i32,
}

impl Task {
    /// Another title, person or day. Errors: `INVALID_INPUT` (it is done).
    fn change(&mut self, title: String, employee_id: i64, due_at: DateTime<Utc>) -> Result<()> {
        if self.done_at.is_some() {
            return Err(Error::invalid("taskId", "the task is done; open it again first (taskFinish with done: false)"));
        }
        (self.title, self.employee_id, self.due_at) = (title, employee_id, due_at);
        self.version += 1;
        Ok(())
    }

    /// Done, or open again; what is so already stays as it is.
    fn finish(&mut self, done: bool, now: DateTime<Utc>) {
        if done != self.done_at.is_some() {
            self.done_at = done.then_some(now);
            self.version += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_opened_again_before_it_is_changed() {
        let now = DateTime::UNIX_EPOCH;
        let open = Task {
            task_id: 1,
            deal_id: 1,
            employee_id: 0,
            title: "КП".into(),
            due_at: now,
            done_at: None,
            author_id: 1,
            version: 1,
        };
        let mut task = open.clone();
        task.finish(false, now);
        assert_eq!(task, open, "it is open already");
        task.finish(true, now);
        task.finish(true, now + chrono::Duration::hours(1));
        assert_eq!((task.done_at, task.version), (Some(now), 2), "the first time counts");
        assert!(task.change("договор".into(), 7, now).is_err());
        task.finish(false, now);
        task.change("договор".into(), 7, now).unwrap();
        assert_eq!((task.title.as_str(), task.employee_id, task.done_at, task.version), ("договор", 7, None, 4));
    }
}
