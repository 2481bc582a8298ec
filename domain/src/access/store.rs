//! SQL of employees and logins.

use super::{Employee, Permission, Role, SecondFactor, User};
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// Whether anybody can log in at all.
pub async fn any_user(db: &Db) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select from users) as "any!""#).fetch_one(db).await?)
}

/// Employees by id, after `after`, at most `limit`.
///
/// `active` tells which: those who work here, those who left, or all.
pub async fn list_employees(db: &Db, active: Option<bool>, after: i64, limit: i64) -> Result<Vec<Employee>> {
    Ok(sqlx::query_as!(
        Employee,
        "select employee_id, name, active, version from employees
         where employee_id > $1 and ($3::boolean is null or active = $3) order by employee_id limit $2",
        after,
        limit,
        active
    )
    .fetch_all(db)
    .await?)
}

/// The employees of these ids.
pub async fn list_employees_by_ids(db: &Db, employee_ids: &[i64]) -> Result<Vec<Employee>> {
    Ok(sqlx::query_as!(
        Employee,
        "select employee_id, name, active, version from employees where employee_id = any($1)",
        employee_ids
    )
    .fetch_all(db)
    .await?)
}

/// All logins by id: there are few.
pub async fn list_users(db: &Db) -> Result<Vec<User>> {
    Ok(sqlx::query_as!(
        User,
        r#"select u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role", u.active, u.version,
                  u.must_change_password, second_factor_of(u.user_id, u.role) as "second_factor!: SecondFactor",
                  colleagues_of(u.employee_id) as "colleagues!"
           from users u join employees e using (employee_id) order by u.user_id"#
    )
    .fetch_all(db)
    .await?)
}

/// The logins of these ids.
pub async fn list_users_by_ids(db: &Db, user_ids: &[i64]) -> Result<Vec<User>> {
    Ok(sqlx::query_as!(
        User,
        r#"select u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role", u.active, u.version,
                  u.must_change_password, second_factor_of(u.user_id, u.role) as "second_factor!: SecondFactor",
                  colleagues_of(u.employee_id) as "colleagues!"
           from users u join employees e using (employee_id) where u.user_id = any($1)"#,
        user_ids
    )
    .fetch_all(db)
    .await?)
}

/// The employee, or `NOT_FOUND`.
pub async fn get_employee_in_tx(run: &mut Run<'_>, employee_id: i64) -> Result<Employee> {
    sqlx::query_as!(Employee, "select employee_id, name, active, version from employees where employee_id = $1", employee_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("employee", employee_id))
}

/// An employee who works here. Errors: `NOT_FOUND`, `NOT_ACTIVE`.
pub async fn working_in_tx(run: &mut Run<'_>, employee_id: i64, path: &str) -> Result<Employee> {
    let employee = get_employee_in_tx(run, employee_id).await?;
    if employee.active { Ok(employee) } else { Err(Error::not_active(path, &employee.name)) }
}

/// Locks an employee. Errors: `NOT_FOUND`.
pub(super) async fn lock_employee_in_tx(run: &mut Run<'_>, employee_id: i64) -> Result<Employee> {
    sqlx::query!("select employee_id from employees where employee_id = $1 for no key update", employee_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    get_employee_in_tx(run, employee_id).await
}

pub(super) async fn save_employee_in_tx(run: &mut Run<'_>, employee: &Employee) -> Result<()> {
    sqlx::query!(
        "update employees set name = $2, active = $3, version = $4 where employee_id = $1",
        employee.employee_id,
        employee.name,
        employee.active,
        employee.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_employee_in_tx(run: &mut Run<'_>, name: &str) -> Result<Employee> {
    Ok(sqlx::query_as!(Employee, "insert into employees (name) values ($1) returning employee_id, name, active, version", name)
        .fetch_one(&mut *run.tx)
        .await?)
}

pub(super) async fn insert_user_in_tx(
    run: &mut Run<'_>,
    employee: &Employee,
    login: &str,
    hash: &str,
    role: Role,
) -> Result<User> {
    // The program itself (the command line, the first director) gives a password to who asked for it.
    let must_change_password = run.ctx.actor.user_id != 0;
    let made = sqlx::query!(
        r#"insert into users (employee_id, login, password_hash, role, created_at, must_change_password) values ($1, $2, $3, $4, $5, $6)
           returning user_id, second_factor_of(user_id, role) as "second_factor!: SecondFactor""#,
        employee.employee_id,
        login,
        hash,
        role.as_str(),
        run.ctx.now,
        must_change_password
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(User {
        user_id: made.user_id,
        employee_id: employee.employee_id,
        name: employee.name.clone(),
        login: login.to_owned(),
        role,
        active: true,
        version: 1,
        must_change_password,
        second_factor: made.second_factor,
        colleagues: Vec::new(),
    })
}

/// Locks a login, or `NOT_FOUND`. All logins are locked: whether somebody is left to manage people depends on the others.
pub(super) async fn lock_user_in_tx(run: &mut Run<'_>, user_id: i64) -> Result<User> {
    sqlx::query!("select user_id from users order by user_id for update").fetch_all(&mut *run.tx).await?;
    get_user_in_tx(run, user_id).await
}

/// The login, or `NOT_FOUND`.
pub(super) async fn get_user_in_tx(run: &mut Run<'_>, user_id: i64) -> Result<User> {
    sqlx::query_as!(
        User,
        r#"select u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role", u.active, u.version,
                  u.must_change_password, second_factor_of(u.user_id, u.role) as "second_factor!: SecondFactor",
                  colleagues_of(u.employee_id) as "colleagues!"
           from users u join employees e using (employee_id) where u.user_id = $1"#,
        user_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("user", user_id))
}

/// Saves role and activity, and ends every session of the login: what was open under the old ones is closed.
pub(super) async fn save_user_in_tx(run: &mut Run<'_>, user: &User) -> Result<()> {
    sqlx::query!(
        "update users set role = $2, active = $3, version = $4 where user_id = $1",
        user.user_id,
        user.role.as_str(),
        user.active,
        user.version
    )
    .execute(&mut *run.tx)
    .await?;
    sqlx::query!("delete from sessions where user_id = $1", user.user_id).execute(&mut *run.tx).await?;
    Ok(())
}

/// Saves the hash of a password given by somebody else; the login's sessions and tokens end, and its misses are forgotten: whoever had the old
/// password could have made those tokens.
pub(super) async fn save_password_in_tx(run: &mut Run<'_>, user: &User, hash: &str) -> Result<()> {
    sqlx::query!(
        "update users set password_hash = $2, must_change_password = $3, version = $4 where user_id = $1",
        user.user_id,
        hash,
        user.must_change_password,
        user.version
    )
    .execute(&mut *run.tx)
    .await?;
    sqlx::query!("delete from sessions where user_id = $1", user.user_id).execute(&mut *run.tx).await?;
    sqlx::query!("update api_tokens set revoked_at = $2 where user_id = $1 and revoked_at is null", user.user_id, run.ctx.now)
        .execute(&mut *run.tx)
        .await?;
    sqlx::query!("delete from login_attempts where login = $1", user.login).execute(&mut *run.tx).await?;
    Ok(())
}

/// Whether anybody active is a director.
pub(super) async fn is_directed_in_tx(run: &mut Run<'_>) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from users where active and role = $1) as "directed!""#,
        Role::Director.as_str()
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Whether anybody active may manage people.
pub(super) async fn is_managed_in_tx(run: &mut Run<'_>) -> Result<bool> {
    let roles =
        sqlx::query_scalar!(r#"select distinct role as "role: Role" from users where active"#).fetch_all(&mut *run.tx).await?;
    Ok(roles.into_iter().any(|role| role.permits(Permission::ManagePeople)))
}
