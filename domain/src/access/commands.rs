//! Commands on people and logins.

use serde::{Deserialize, Serialize};

use super::{Employee, Permission, Role, User, password, store};
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::text;

/// Adds a login.
pub(crate) const USER_ADD: &str = "access.user_add";
/// Changes a login.
pub(crate) const USER_UPDATE: &str = "access.user_update";
const PASSWORD_RESET: &str = "access.password_reset";

/// A new login and the person behind it.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserAdd {
    /// Lower-cased before it is stored.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// Never serialized: neither it nor its hash may reach the command log, which keeps a digest of the hash only.
    #[serde(skip)]
    pub password: String,
}

impl std::fmt::Debug for UserAdd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserAdd").field("login", &self.login).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Adds a login with its employee; a password given by a person must be changed first, as after [`password_reset`]. Errors: `INVALID_INPUT`, `ALREADY_EXISTS`, `IDEMPOTENCY_CONFLICT` (another password too),
/// `ROLE_ABOVE_OWN`, `UNAVAILABLE`, `FORBIDDEN`.
pub async fn user_add(db: &Db, ctx: &Ctx, input: UserAdd) -> Result<Outcome<User>> {
    let input = prepared(ctx, input).await?;
    command::run_sealed(db, ctx, USER_ADD, Permission::ManagePeople, &input, &input.password, add_in_tx).await
}

/// The input of [`USER_ADD`] as the command takes it: its field of the password holds the hash.
pub(crate) async fn prepared(ctx: &Ctx, mut input: UserAdd) -> Result<UserAdd> {
    // Before the hash, which is dear.
    ctx.actor.require(Permission::ManagePeople)?;
    ctx.actor.administers(input.role)?;
    input.login = typed(&input.login)?.to_lowercase();
    input.name = text::required(&input.name, "name", 200)?;
    let secret = std::mem::take(&mut input.password);
    // Salted by the command's id, which is nobody else's, so that the same command again has the same hash to compare.
    let salt = ctx.id(USER_ADD);
    input.password = password::hash_in_turn(&secret, Some(salt)).await?;
    Ok(input)
}

/// Adds a login inside a command, from what [`prepared`] gave.
pub(crate) async fn add_in_tx(run: &mut Run<'_>, input: &UserAdd) -> Result<User> {
    let employee = store::insert_employee_in_tx(run, &input.name).await?;
    store::insert_user_in_tx(run, &employee, &input.login, &input.password, input.role).await
}

/// A login that can be seen and typed: two that look the same are the same.
fn typed(login: &str) -> Result<String> {
    let login = text::required(login, "login", 100)?;
    if login.chars().count() < 2 {
        return Err(Error::invalid("login", "a login has 2 to 100 characters; choose a longer one"));
    }
    match login.chars().find(|c| !text::shows(*c) && *c != ' ') {
        None => Ok(login),
        Some(c) => {
            let message = format!(
                "the login holds the character U+{:04X}, which cannot be seen; use letters, digits and . _ - @",
                c as u32
            );
            Err(Error::invalid("login", message))
        }
    }
}

/// Another role for a login, or an end to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserUpdate {
    /// Which.
    pub user_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// The role from now on.
    pub role: Role,
    /// Whether the person may come in at all.
    pub active: bool,
}

/// Changes the role of a login or closes it (изменить пользователя); its sessions end.
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT` (the own login), `STILL_IN_USE` (nobody would be left to manage people, or who may do
/// everything), `ROLE_ABOVE_OWN`, `FORBIDDEN`.
pub async fn user_update(db: &Db, ctx: &Ctx, input: UserUpdate) -> Result<Outcome<User>> {
    command::run(db, ctx, USER_UPDATE, Permission::ManagePeople, &input, async |run, input| {
        update_in_tx(run, input).await.map(|(user, _)| user)
    })
    .await
}

/// Changes a login inside a command; returns it and the role it had.
pub(crate) async fn update_in_tx(run: &mut Run<'_>, input: &UserUpdate) -> Result<(User, Role)> {
    let now = store::lock_user_in_tx(run, input.user_id).await?;
    same_version("user", input.user_id, now.version, input.expected_version)?;
    run.ctx.actor.administers(now.role)?;
    run.ctx.actor.administers(input.role)?;
    if input.user_id == run.ctx.actor.user_id && (input.role, input.active) != (now.role, now.active) {
        let message = "nobody changes the own role or closes the own login; ask somebody else who manages people";
        return Err(Error::invalid("userId", message));
    }
    let had = now.role;
    let user = User { role: input.role, active: input.active, version: now.version + 1, ..now };
    store::save_user_in_tx(run, &user).await?;
    if !store::is_managed_in_tx(run).await? {
        return Err(Error::rejected(
            Code::StillInUse,
            "nobody would be left to manage people; give the role of director or administrator to somebody else first",
        ));
    }
    if had == Role::Director && !store::is_directed_in_tx(run).await? {
        return Err(Error::rejected(
            Code::StillInUse,
            "nobody would be left who may do everything; give the role of director to somebody else first",
        ));
    }
    Ok((user, had))
}

/// A password given by somebody else.
#[derive(Clone, Serialize, Deserialize)]
pub struct PasswordReset {
    /// Whose.
    pub user_id: i64,
    /// Never serialized, as in [`UserAdd`].
    #[serde(skip)]
    pub password: String,
}

impl std::fmt::Debug for PasswordReset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordReset").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// Gives a login another password (сбросить пароль), which its owner must change; its sessions end, and its misses are forgotten.
///
/// Errors: `NOT_FOUND`, `INVALID_INPUT` (the password; the own login), `ROLE_ABOVE_OWN`, `UNAVAILABLE`, `FORBIDDEN`.
pub async fn password_reset(db: &Db, ctx: &Ctx, mut input: PasswordReset) -> Result<Outcome<User>> {
    ctx.actor.require(Permission::ManagePeople)?;
    if input.user_id == ctx.actor.user_id {
        return Err(Error::invalid("userId", "this is your own login; change its password by passwordChange"));
    }
    let secret = std::mem::take(&mut input.password);
    // From here on the field holds the hash, as in `user_add`.
    input.password = password::hash_in_turn(&secret, Some(ctx.id(PASSWORD_RESET))).await?;
    command::run_sealed(db, ctx, PASSWORD_RESET, Permission::ManagePeople, &input, &input.password, async |run, input| {
        let user = store::lock_user_in_tx(run, input.user_id).await?;
        run.ctx.actor.administers(user.role)?;
        let user = User { must_change_password: true, version: user.version + 1, ..user };
        store::save_password_in_tx(run, &user, &input.password).await?;
        Ok(user)
    })
    .await
}

/// A person without a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmployeeAdd {
    /// The person's name.
    pub name: String,
}

/// Adds an employee. Errors: `INVALID_INPUT`, `FORBIDDEN`.
pub async fn employee_add(db: &Db, ctx: &Ctx, mut input: EmployeeAdd) -> Result<Outcome<Employee>> {
    input.name = text::required(&input.name, "name", 200)?;
    command::run(db, ctx, "access.employee_add", Permission::ManagePeople, &input, async |run, input| {
        store::insert_employee_in_tx(run, &input.name).await
    })
    .await
}

/// Another name for an employee, or the end of the work; `None` = as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmployeeUpdate {
    /// Which.
    pub employee_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// The person's name.
    pub name: Option<String>,
    /// Still works here.
    pub active: Option<bool>,
}

/// Renames an employee or lets one go (изменить сотрудника): who left gets no more deals; the login is closed by [`user_update`].
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn employee_update(db: &Db, ctx: &Ctx, mut input: EmployeeUpdate) -> Result<Outcome<Employee>> {
    input.name = input.name.map(|name| text::required(&name, "name", 200)).transpose()?;
    command::run(db, ctx, "access.employee_update", Permission::ManagePeople, &input, async |run, input| {
        let mut employee = store::lock_employee_in_tx(run, input.employee_id).await?;
        same_version("employee", employee.employee_id, employee.version, input.expected_version)?;
        employee.name = input.name.clone().unwrap_or(employee.name);
        employee.active = input.active.unwrap_or(employee.active);
        employee.version += 1;
        store::save_employee_in_tx(run, &employee).await?;
        Ok(employee)
    })
    .await
}
