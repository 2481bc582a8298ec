//! People, logins and sessions in the graph.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use axum::http::header::SET_COOKIE;
use shpunt_domain::Db;
use shpunt_domain::access::{self, Scope, commands, store};

use super::caller::{caller, command, db, services};
use super::error::Result;
use super::ids::{Entity, Key};
use super::loaders::{Batch, by_id, loaders};
use super::page;
use super::permissions::Permission;
use super::scalars::Uuid;
use super::user_error::{UserError, payload};

/// What a person may do (роль).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "access::Role")]
pub(crate) enum Role {
    /// Sees and does everything (директор).
    Director,
    /// All deals, with cost and margin (руководитель отдела продаж).
    HeadOfSales,
    /// The own deals, without cost and margin (менеджер по продажам).
    Manager,
    /// Shipping and what carriers cost (логист).
    Logistics,
    /// Suppliers, receipts and cost (закупщик).
    Purchasing,
    /// Stock and shipping, without money (кладовщик).
    Warehouse,
    /// Payments, accounts and cash desks (казначей).
    Treasurer,
    /// The books (бухгалтер).
    Accountant,
    /// Payroll (расчётчик).
    PayrollClerk,
    /// Only what is one's own (сотрудник).
    Employee,
    /// Channels and the funnel (маркетолог).
    Marketer,
    /// A program that brings leads, deals and parties (интеграция).
    Integration,
    /// People and settings, not the trade (администратор).
    Administrator,
}

/// A person of the company (сотрудник).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Employee {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name (имя).
    name: String,
    /// Still works here (работает).
    active: bool,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
}

impl Entity for Employee {
    const PREFIX: &'static str = "employee";
}

impl From<access::Employee> for Employee {
    fn from(row: access::Employee) -> Self {
        Self { id: Key::of::<Self>(row.employee_id), name: row.name, active: row.active, version: row.version }
    }
}

/// A login (пользователь).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct User {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// What is typed at the door, lower case (логин).
    login: String,
    /// What the person may do (роль).
    role: Role,
    #[graphql(skip)]
    employee_id: i64,
}

impl Entity for User {
    const PREFIX: &'static str = "user";
}

impl From<access::User> for User {
    fn from(row: access::User) -> Self {
        Self { id: Key::of::<Self>(row.user_id), login: row.login, role: row.role.into(), employee_id: row.employee_id }
    }
}

#[ComplexObject]
impl User {
    /// Everything the role permits (права): ask it for what to show.
    async fn permissions(&self) -> Vec<Permission> {
        access::Role::from(self.role).grant().permissions.iter().map(|permission| Permission::from(*permission)).collect()
    }

    /// The person behind the login (сотрудник).
    async fn employee(&self, ctx: &Context<'_>) -> Result<Employee> {
        loaders(ctx).employees.existing(self.employee_id).await
    }
}

/// Employees of the given ids.
pub(super) fn employees(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Employee> {
    Box::pin(async move { Ok(by_id(store::list_employees_by_ids(&db, &ids).await?, |row| row.employee_id)) })
}

/// Logins of the given ids.
pub(super) fn users(db: Db, _: Scope, ids: Vec<i64>) -> Batch<User> {
    Box::pin(async move { Ok(by_id(store::list_users_by_ids(&db, &ids).await?, |row| row.user_id)) })
}

/// Questions about people.
#[derive(Default)]
pub(crate) struct AccessQuery;

#[Object]
impl AccessQuery {
    /// Who is signed in (текущий пользователь); null when nobody is.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<User> {
        caller(ctx).user.clone().map(User::from)
    }

    /// All logins (пользователи), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn users(&self, ctx: &Context<'_>) -> Result<Vec<User>> {
        Ok(store::list_users(db(ctx)).await?.into_iter().map(User::from).collect())
    }

    /// All people of the company (сотрудники), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn employees(&self, ctx: &Context<'_>) -> Result<Vec<Employee>> {
        let rows = store::list_employees(db(ctx), 0, i64::MAX).await?;
        Ok(rows.into_iter().map(Employee::from).collect())
    }
}

/// Who wants to come in (вход).
#[derive(InputObject)]
pub(crate) struct SessionCreateInput {
    /// The login, in any case (логин).
    login: String,
    /// The password (пароль).
    #[graphql(secret)]
    password: String,
}

/// What `sessionCreate` did. The session itself is in the cookie of the answer, out of reach of scripts.
#[derive(SimpleObject)]
pub(crate) struct SessionCreatePayload {
    /// Who is signed in now (пользователь); null when the login or the password is wrong.
    viewer: Option<User>,
    /// Why nobody is (ошибки); empty when somebody is.
    user_errors: Vec<UserError>,
}

/// A new login and the person behind it (новый пользователь).
#[derive(InputObject)]
pub(crate) struct UserAddInput {
    /// The login, kept in lower case: letters, digits, punctuation (логин).
    login: String,
    /// The person's name (имя).
    name: String,
    /// What the person may do (роль).
    role: Role,
    /// The password, 8 to 200 characters (пароль).
    #[graphql(secret)]
    password: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A person without a login (новый сотрудник).
#[derive(InputObject)]
pub(crate) struct EmployeeAddInput {
    /// The person's name (имя).
    name: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `userAdd` did.
    UserAddPayload {
        /// The new login (пользователь); null when nothing was done.
        user: User
    }
}

payload! {
    /// What `employeeAdd` did.
    EmployeeAddPayload {
        /// The new person (сотрудник); null when nothing was done.
        employee: Employee
    }
}

/// What `sessionDelete` did.
#[derive(SimpleObject)]
pub(crate) struct SessionDeletePayload {
    /// Why the session goes on (ошибки); empty when it is over.
    user_errors: Vec<UserError>,
}

/// Changes of people and sessions.
#[derive(Default)]
pub(crate) struct AccessMutation;

#[Object]
impl AccessMutation {
    /// Signs in (вход): sets the cookie of a session that ends after 12 hours without use and 30 days at most.
    /// Code: `CREDENTIALS_WRONG`.
    async fn session_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Login and password (логин и пароль).")] input: SessionCreateInput,
    ) -> Result<SessionCreatePayload> {
        let services = services(ctx);
        let now = (services.clock)();
        match store::session_create(db(ctx), &input.login, &input.password, rand::random(), now).await {
            Ok(session) => {
                ctx.append_http_header(SET_COOKIE, services.cookies.set(&session.token, session.expires_at - now));
                Ok(SessionCreatePayload { viewer: Some(session.user.into()), user_errors: Vec::new() })
            }
            Err(error) => Ok(SessionCreatePayload { viewer: None, user_errors: vec![UserError::of(error)?] }),
        }
    }

    /// Signs out (выход): ends the session of this request and clears its cookie.
    async fn session_delete(&self, ctx: &Context<'_>) -> Result<SessionDeletePayload> {
        if let Some(token) = &caller(ctx).token {
            store::session_delete(db(ctx), token).await?;
        }
        ctx.append_http_header(SET_COOKIE, services(ctx).cookies.clear());
        Ok(SessionDeletePayload { user_errors: Vec::new() })
    }

    /// Adds a login with its employee (добавить пользователя). Codes: `INVALID_INPUT`, `ALREADY_EXISTS` (the login),
    /// `IDEMPOTENCY_CONFLICT` (the key was used with other input or another password).
    async fn user_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new login (новый пользователь).")] input: UserAddInput,
    ) -> Result<UserAddPayload> {
        let add = commands::UserAdd { login: input.login, name: input.name, role: input.role.into(), password: input.password };
        UserAddPayload::of(commands::user_add(db(ctx), &command(ctx, input.idempotency_key)?, add).await)
    }

    /// Adds an employee without a login (добавить сотрудника). Codes: `INVALID_INPUT`.
    async fn employee_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new person (новый сотрудник).")] input: EmployeeAddInput,
    ) -> Result<EmployeeAddPayload> {
        let add = commands::EmployeeAdd { name: input.name };
        EmployeeAddPayload::of(commands::employee_add(db(ctx), &command(ctx, input.idempotency_key)?, add).await)
    }
}
