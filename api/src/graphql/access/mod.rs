//! People and logins in the graph.

mod mutations;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::{self, Permissions, Scope, store};

use super::caller::{caller, db, require};
use super::error::Result;
use super::ids::{Entity, Key};
use super::loaders::{Batch, by_id, loaders};
use super::page;
use super::permissions::Permission;
use super::plan::{Field, Step, Steps};
use super::second_factor::SecondFactor;
pub(crate) use mutations::AccessMutation;

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

impl Steps for Employee {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|employee: &Self| &employee.id),
            "name" => field.leaf(|employee: &Self| &employee.name),
            "active" => field.leaf(|employee: &Self| &employee.active),
            "version" => field.leaf(|employee: &Self| &employee.version),
            _ => None,
        }
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
    /// May come in (действует).
    active: bool,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    must_change_password: bool,
    #[graphql(skip)]
    second_factor: SecondFactor,
    #[graphql(skip)]
    number: i64,
    /// Whoever comes in by this answer.
    #[graphql(skip)]
    comes_in: bool,
    #[graphql(skip)]
    employee_id: i64,
    /// What a token leaves of its permissions, where it is the one who asks.
    #[graphql(skip)]
    within: Option<Permissions>,
}

impl Entity for User {
    const PREFIX: &'static str = "user";
}

impl From<access::User> for User {
    fn from(row: access::User) -> Self {
        Self {
            id: Key::of::<Self>(row.user_id),
            login: row.login,
            role: row.role.into(),
            active: row.active,
            version: row.version,
            must_change_password: row.must_change_password,
            second_factor: row.second_factor.into(),
            number: row.user_id,
            comes_in: false,
            employee_id: row.employee_id,
            within: None,
        }
    }
}

impl User {
    /// Who has just come in, or is looked at by itself.
    pub(crate) fn viewer(row: access::User) -> Self {
        Self { comes_in: true, ..row.into() }
    }

    /// Others' ways in are for those who see logins. Errors: `FORBIDDEN`.
    fn open_to(&self, ctx: &Context<'_>) -> Result<()> {
        let is_own = self.comes_in || caller(ctx).user.as_ref().is_some_and(|user| user.user_id == self.number);
        if is_own { Ok(()) } else { require(ctx, access::Permission::SeeUsers) }
    }
}

#[ComplexObject]
#[expect(clippy::unused_async, reason = "resolvers are asynchronous, and these may fail")]
impl User {
    /// Somebody else gave the password: nothing is open until it is changed by `passwordChange` (должен сменить пароль). Of others it needs
    /// `SEE_USERS`.
    async fn must_change_password(&self, ctx: &Context<'_>) -> Result<bool> {
        self.open_to(ctx)?;
        Ok(self.must_change_password)
    }

    /// Whether there is a second factor (второй фактор). Of others it needs `SEE_USERS`.
    async fn second_factor(&self, ctx: &Context<'_>) -> Result<SecondFactor> {
        self.open_to(ctx)?;
        Ok(self.second_factor)
    }

    /// Everything the role permits (права): ask it for what to show. Of the viewer by a token, what the token permits.
    async fn permissions(&self) -> Vec<Permission> {
        let all = access::Role::from(self.role).permissions();
        self.within.map_or(all, |within| all.and(within)).iter().map(Permission::from).collect()
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
        let caller = caller(ctx);
        caller.user.clone().map(|user| User { within: caller.within, ..User::viewer(user) })
    }

    /// All logins (пользователи), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn users(&self, ctx: &Context<'_>) -> Result<Vec<User>> {
        Ok(store::list_users(db(ctx)).await?.into_iter().map(User::from).collect())
    }

    /// All people of the company (сотрудники), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn employees(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those who work here, or those who left (работает); left out = all.")] is_active: Option<bool>,
    ) -> Result<Vec<Employee>> {
        let rows = store::list_employees(db(ctx), is_active, 0, i64::MAX).await?;
        Ok(rows.into_iter().map(Employee::from).collect())
    }
}
