//! Changes of people and logins.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use shpunt_domain::access::{commands, password, store};
use shpunt_domain::notifications::roles;

use super::{Employee, Role, User};
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::scalars::Uuid;
use crate::graphql::user_error::{UserError, payload};

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
