//! People and logins in the graph.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::{self, Permissions, Scope, commands, password, store};
use shpunt_domain::notifications::roles;

use super::caller::{caller, command, db, require};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch, by_id, loaders};
use super::page;
use super::permissions::Permission;
use super::plan::{Field, Step, Steps};
use super::scalars::Uuid;
use super::second_factor::SecondFactor;
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

/// Another role for a login, or an end to it (изменение пользователя): what is left out stays.
#[derive(InputObject)]
pub(crate) struct UserUpdateInput {
    /// Which (пользователь).
    user_id: Id<User>,
    /// The version you read (версия).
    expected_version: i32,
    /// What the person may do (роль).
    role: Option<Role>,
    /// May come in (действует).
    active: Option<bool>,
}

/// Another name for an employee, or the end of the work (изменение сотрудника): what is left out stays.
#[derive(InputObject)]
pub(crate) struct EmployeeUpdateInput {
    /// Which (сотрудник).
    employee_id: Id<Employee>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (имя).
    name: Option<String>,
    /// Still works here (работает); who left gets no more deals.
    is_active: Option<bool>,
}

payload! {
    /// What `employeeUpdate` did.
    EmployeeUpdatePayload {
        /// The person as it is now (сотрудник); null when nothing was done.
        employee: Employee
    }
}

payload! {
    /// What `userUpdate` did.
    UserUpdatePayload {
        /// The login as it is now (пользователь); null when nothing was done.
        user: User
    }
}

/// A password given by somebody else (сброс пароля).
#[derive(InputObject)]
pub(crate) struct UserPasswordResetInput {
    /// Whose (пользователь).
    user_id: Id<User>,
    /// The new password (новый пароль), as long as that of `userAdd`; one is made up when it is left out.
    #[graphql(secret)]
    new_password: Option<String>,
}

/// What `userPasswordReset` did.
#[derive(SimpleObject)]
pub(crate) struct UserPasswordResetPayload {
    /// The login (пользователь); null when nothing was done.
    user: Option<User>,
    /// The password that was made up (созданный пароль), shown this once; null when you gave one.
    password: Option<String>,
    /// Why nothing was done (ошибки); empty when the mutation was done.
    user_errors: Vec<UserError>,
    /// A report asked `after` this token shows the change (токен согласованности); null when nothing was done.
    consistency_token: Option<String>,
}

payload! {
    /// What `employeeAdd` did.
    EmployeeAddPayload {
        /// The new person (сотрудник); null when nothing was done.
        employee: Employee
    }
}

/// Changes of people.
#[derive(Default)]
pub(crate) struct AccessMutation;

#[Object]
impl AccessMutation {
    /// Renames an employee or lets one go (изменить сотрудника); the login is closed by `userUpdate`. Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`.
    async fn employee_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: EmployeeUpdateInput,
    ) -> Result<EmployeeUpdatePayload> {
        let update = commands::EmployeeUpdate {
            employee_id: input.employee_id.number,
            expected_version: input.expected_version,
            name: input.name,
            active: input.is_active,
        };
        EmployeeUpdatePayload::of(commands::employee_update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Adds a login with its employee (добавить пользователя). Codes: `INVALID_INPUT`, `ALREADY_EXISTS` (the login),
    /// `IDEMPOTENCY_CONFLICT` (the key was used with other input or another password), `ROLE_ABOVE_OWN`.
    async fn user_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new login (новый пользователь).")] input: UserAddInput,
    ) -> Result<UserAddPayload> {
        let add = commands::UserAdd { login: input.login, name: input.name, role: input.role.into(), password: input.password };
        UserAddPayload::of(roles::user_add(db(ctx), &command(ctx, input.idempotency_key)?, add).await)
    }

    /// Changes the role of a login or closes it (изменить пользователя); its sessions end at once, open sockets within seconds.
    /// The person behind a closed login still works here, until `employeeUpdate` says otherwise. Codes: `NOT_FOUND`, `VERSION_CONFLICT`,
    /// `STILL_IN_USE` (nobody would be left to manage people), `ROLE_ABOVE_OWN`.
    async fn user_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: UserUpdateInput,
    ) -> Result<UserUpdatePayload> {
        let user_id = input.user_id.number;
        let Some(now) = store::list_users_by_ids(db(ctx), &[user_id]).await?.pop() else {
            return UserUpdatePayload::of::<User>(Err(shpunt_domain::Error::not_found("user", user_id)));
        };
        let update = commands::UserUpdate {
            user_id,
            expected_version: input.expected_version,
            role: input.role.map_or(now.role, Into::into),
            active: input.active.unwrap_or(now.active),
        };
        UserUpdatePayload::of(roles::user_update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Gives a login another password (сбросить пароль), which its owner must change after signing in; its sessions end at once, open
    /// sockets within seconds. Codes: `NOT_FOUND`, `INVALID_INPUT` (the password; your own login), `ROLE_ABOVE_OWN`.
    async fn user_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and which (чей и какой).")] input: UserPasswordResetInput,
    ) -> Result<UserPasswordResetPayload> {
        let generated = input.new_password.is_none().then(|| password::spell(&rand::random::<[u8; 16]>()));
        let password = input.new_password.or_else(|| generated.clone()).unwrap_or_default();
        let reset = commands::PasswordReset { user_id: input.user_id.number, password };
        Ok(match commands::password_reset(db(ctx), &command(ctx, None)?, reset).await {
            Ok(done) => UserPasswordResetPayload {
                user: Some(done.value.into()),
                password: generated,
                user_errors: Vec::new(),
                consistency_token: Some(done.token),
            },
            Err(error) => UserPasswordResetPayload {
                user: None,
                password: None,
                user_errors: vec![UserError::of(error)?],
                consistency_token: None,
            },
        })
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
