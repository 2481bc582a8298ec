//! The second factor of logins in the graph.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::access::{self, second_factor};

use super::access::{Role, User};
use super::caller::{caller, command, db, services, user};
use super::error::Result;
use super::ids::Id;
use super::user_error::{UserError, payload};

/// Whether a login has a second factor (второй фактор).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "access::SecondFactor")]
pub(crate) enum SecondFactor {
    /// Has none and need not (не нужен).
    Off,
    /// Must have one and has not: nothing but enrolment is open (нужно подключить).
    Due,
    /// Is asked for its code when signing in (подключён).
    On,
}

/// What a role asks of its logins (настройка роли).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct RoleSetting {
    /// The role (роль).
    role: Role,
    /// Nothing but enrolment is open to a login without a second factor (второй фактор обязателен).
    second_factor_required: bool,
}

impl From<second_factor::RoleSetting> for RoleSetting {
    fn from(row: second_factor::RoleSetting) -> Self {
        Self { role: row.role.into(), second_factor_required: row.second_factor_required }
    }
}

/// The present password, to make a secret for a second factor (подключение второго фактора).
#[derive(InputObject)]
pub(crate) struct TotpEnrolInput {
    /// The present password (нынешний пароль).
    #[graphql(secret)]
    password: String,
}

/// What `totpEnrol` did.
#[derive(SimpleObject)]
pub(crate) struct TotpEnrolPayload {
    /// The secret to type into an application (секрет), shown this once; null when nothing was done.
    secret: Option<String>,
    /// The same as a link that applications follow or scan as a picture (ссылка otpauth).
    uri: Option<String>,
    /// Why nothing was done (ошибки); empty when it was.
    user_errors: Vec<UserError>,
}

/// The first code (первый код).
#[derive(InputObject)]
pub(crate) struct TotpConfirmInput {
    /// What the application shows, six digits (код).
    #[graphql(secret)]
    code: String,
}

/// What `totpConfirm` did.
#[derive(SimpleObject)]
pub(crate) struct TotpConfirmPayload {
    /// Ten codes for the day the application is lost, each works once (резервные коды), shown this once; empty when nothing was done.
    recovery_codes: Vec<String>,
    /// Why nothing was done (ошибки); empty when it was.
    user_errors: Vec<UserError>,
}

/// Password and code, to do without a second factor (отключение второго фактора).
#[derive(InputObject)]
pub(crate) struct TotpRemoveInput {
    /// The present password (нынешний пароль).
    #[graphql(secret)]
    password: String,
    /// What the application shows, or a recovery code (код).
    #[graphql(secret)]
    code: String,
}

/// What `totpRemove` did.
#[derive(SimpleObject)]
pub(crate) struct TotpRemovePayload {
    /// Why nothing was done (ошибки); empty when it was.
    user_errors: Vec<UserError>,
}

/// Whose second factor to remove (снятие второго фактора).
#[derive(InputObject)]
pub(crate) struct UserTotpRemoveInput {
    /// Whose (пользователь).
    user_id: Id<User>,
}

payload! {
    /// What `userTotpRemove` did.
    UserTotpRemovePayload {
        /// The login as it is now (пользователь); null when nothing was done.
        user: User
    }
}

/// What a role asks of its logins from now on (настройка роли).
#[derive(InputObject)]
pub(crate) struct RoleSettingUpdateInput {
    /// The role (роль).
    role: Role,
    /// Nothing but enrolment is open to a login without a second factor (второй фактор обязателен).
    second_factor_required: bool,
}

payload! {
    /// What `roleSettingUpdate` did.
    RoleSettingUpdatePayload {
        /// The setting as it is now (настройка); null when nothing was done.
        setting: RoleSetting
    }
}

/// Questions about second factors.
#[derive(Default)]
pub(crate) struct SecondFactorQuery;

#[Object]
impl SecondFactorQuery {
    /// What each role asks of its logins (настройки ролей).
    #[graphql(complexity = "super::page::list(child_complexity)")]
    async fn role_settings(&self, ctx: &Context<'_>) -> Result<Vec<RoleSetting>> {
        Ok(second_factor::settings(db(ctx)).await?.into_iter().map(RoleSetting::from).collect())
    }
}

/// Changes of second factors.
#[derive(Default)]
pub(crate) struct SecondFactorMutation;

#[Object]
impl SecondFactorMutation {
    /// Makes a secret for your own login (подключить второй фактор): six digits by time (RFC 6238, SHA-1, 30 seconds). It asks for nothing
    /// until `totpConfirm`; again, it makes another. Codes: `CREDENTIALS_WRONG`, `TOO_MANY_ATTEMPTS`, `ALREADY_EXISTS`.
    async fn totp_enrol(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password (нынешний пароль).")] input: TotpEnrolInput,
    ) -> Result<TotpEnrolPayload> {
        let services = services(ctx);
        let entropy = second_factor::Entropy { secret: rand::random(), nonce: rand::random() };
        let now = (services.clock)();
        Ok(match second_factor::enrol(db(ctx), &services.vault, user(ctx)?, &input.password, entropy, now).await {
            Ok(made) => TotpEnrolPayload { secret: Some(made.secret), uri: Some(made.uri), user_errors: Vec::new() },
            Err(error) => TotpEnrolPayload { secret: None, uri: None, user_errors: vec![UserError::of(error)?] },
        })
    }

    /// Takes the second factor into use by its first code (подтвердить второй фактор): from now on `sessionCreate` asks for one, and your
    /// other sessions end. Codes: `SECOND_FACTOR_WRONG`, `TOO_MANY_ATTEMPTS`, `NOT_FOUND` (nothing was enrolled), `ALREADY_EXISTS`.
    async fn totp_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first code (первый код).")] input: TotpConfirmInput,
    ) -> Result<TotpConfirmPayload> {
        let services = services(ctx);
        let (now, proof) = ((services.clock)(), (input.code.as_str(), caller(ctx).token.as_deref()));
        Ok(match second_factor::confirm(db(ctx), &services.vault, user(ctx)?, proof, rand::random(), now).await {
            Ok(recovery_codes) => TotpConfirmPayload { recovery_codes, user_errors: Vec::new() },
            Err(error) => TotpConfirmPayload { recovery_codes: Vec::new(), user_errors: vec![UserError::of(error)?] },
        })
    }

    /// Does without the second factor of your own login (отключить второй фактор). Codes: `CREDENTIALS_WRONG`, `SECOND_FACTOR_NEEDED`,
    /// `SECOND_FACTOR_WRONG`, `TOO_MANY_ATTEMPTS`, `NOT_FOUND` (there is none).
    async fn totp_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Password and code (пароль и код).")] input: TotpRemoveInput,
    ) -> Result<TotpRemovePayload> {
        let services = services(ctx);
        let (now, proof) = ((services.clock)(), (input.password.as_str(), Some(input.code.as_str())));
        let user_errors = match second_factor::remove(db(ctx), &services.vault, user(ctx)?, proof, now).await {
            Ok(()) => Vec::new(),
            Err(error) => vec![UserError::of(error)?],
        };
        Ok(TotpRemovePayload { user_errors })
    }

    /// Removes the second factor of somebody who lost it (снять второй фактор); the sessions of the login end. Codes: `NOT_FOUND`,
    /// `INVALID_INPUT` (your own login), `ROLE_ABOVE_OWN`.
    async fn user_totp_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose (чей).")] input: UserTotpRemoveInput,
    ) -> Result<UserTotpRemovePayload> {
        let remove = second_factor::SecondFactorRemove { user_id: input.user_id.number };
        UserTotpRemovePayload::of(second_factor::remove_of(db(ctx), &command(ctx, None)?, remove).await)
    }

    /// Asks a second factor of every login of a role, or no longer (требовать второй фактор); who has none can only enrol, at once.
    /// Codes: `ROLE_ABOVE_OWN`.
    async fn role_setting_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to ask (что требовать).")] input: RoleSettingUpdateInput,
    ) -> Result<RoleSettingUpdatePayload> {
        let setting =
            second_factor::RoleSetting { role: input.role.into(), second_factor_required: input.second_factor_required };
        RoleSettingUpdatePayload::of(second_factor::role_setting_update(db(ctx), &command(ctx, None)?, setting).await)
    }
}
