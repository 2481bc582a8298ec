//! Commands on people and logins.

use serde::{Deserialize, Serialize};

use super::{Employee, Role, User, password, store};
use crate::command::{self, Ctx, Outcome};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::text;

/// A new login and the person behind it.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserAdd {
    /// Lower-cased before it is stored.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// Never serialized: neither it nor its hash may reach the command log.
    #[serde(skip)]
    pub password: String,
}

impl std::fmt::Debug for UserAdd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserAdd").field("login", &self.login).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Adds a login with its employee. Errors: `INVALID_INPUT`, `ALREADY_EXISTS`, `FORBIDDEN` to managers.
pub async fn user_add(db: &Db, ctx: &Ctx, mut input: UserAdd) -> Result<Outcome<User>> {
    settings_only(ctx)?;
    input.login = text::required(&input.login, "login", 100)?.to_lowercase();
    input.name = text::required(&input.name, "name", 200)?;
    let secret = std::mem::take(&mut input.password);
    // Commands see only their input: from here on the field holds the hash.
    input.password = tokio::task::spawn_blocking(move || password::hash(&secret))
        .await
        .map_err(|_| Error::internal("hashing a password was cancelled"))??;
    command::run(db, ctx, "access.user_add", &input, async |run, input| {
        let employee = store::insert_employee_in_tx(run, &input.name).await?;
        store::insert_user_in_tx(run, &employee, &input.login, &input.password, input.role).await
    })
    .await
}

/// A person without a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmployeeAdd {
    /// The person's name.
    pub name: String,
}

/// Adds an employee. Errors: `INVALID_INPUT`, `FORBIDDEN` to managers.
pub async fn employee_add(db: &Db, ctx: &Ctx, mut input: EmployeeAdd) -> Result<Outcome<Employee>> {
    settings_only(ctx)?;
    input.name = text::required(&input.name, "name", 200)?;
    command::run(db, ctx, "access.employee_add", &input, async |run, input| store::insert_employee_in_tx(run, &input.name).await)
        .await
}

/// Settings and people are for the director and the administrator.
pub(crate) fn settings_only(ctx: &Ctx) -> Result<()> {
    not_for_managers(ctx, "managers may not change settings; ask the director or an administrator")
}

/// Money and purchases belong to the whole business, not to one manager's deals.
pub(crate) fn office_only(ctx: &Ctx) -> Result<()> {
    not_for_managers(ctx, "managers may not record money and receipts; ask the director or an administrator")
}

fn not_for_managers(ctx: &Ctx, message: &str) -> Result<()> {
    match ctx.actor.role {
        Role::Manager => Err(Error::Forbidden { code: Code::Forbidden, message: message.to_owned() }),
        Role::Director | Role::Administrator => Ok(()),
    }
}
