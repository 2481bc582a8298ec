//! What the sender of a mutation can mend: the errors inside a payload.

use async_graphql::{ComplexObject, Context, Interface, SimpleObject};
use shpunt_domain::Error;
use shpunt_domain::command::Outcome;

use super::culprit::Culprit;
use super::error::{Fault, Result};
use super::error_code::ErrorCode;
use super::ids;
use super::node::{self, Node};

/// A value of the input is wrong by itself, whatever the state of the books (ошибка ввода).
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub(crate) struct InputError {
    /// What is wrong and what to do next (что исправить).
    message: String,
    /// Stable reason (код).
    code: ErrorCode,
    #[graphql(skip)]
    culprit: Culprit,
}

#[ComplexObject]
impl InputError {
    /// Where in the input (где), when it is known: `["input", "lines", "0", "pieces"]`.
    async fn path(&self, ctx: &Context<'_>) -> Option<Vec<String>> {
        self.culprit.path(ctx)
    }
}

/// Something the input names does not exist (не найдено).
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub(crate) struct NotFoundError {
    /// What is wrong and what to do next (что исправить).
    message: String,
    /// Stable reason (код).
    code: ErrorCode,
    #[graphql(skip)]
    culprit: Culprit,
}

#[ComplexObject]
impl NotFoundError {
    /// Where in the input (где), when it is known: `["input", "lines", "0", "pieces"]`.
    async fn path(&self, ctx: &Context<'_>) -> Option<Vec<String>> {
        self.culprit.path(ctx)
    }
}

/// A rule of the business says no (правило учёта не позволяет).
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub(crate) struct RuleError {
    /// What is wrong and what to do next (что исправить).
    message: String,
    /// Stable reason (код).
    code: ErrorCode,
    #[graphql(skip)]
    culprit: Culprit,
}

#[ComplexObject]
impl RuleError {
    /// Where in the input (где), when it is known: `["input", "lines", "0", "pieces"]`.
    async fn path(&self, ctx: &Context<'_>) -> Option<Vec<String>> {
        self.culprit.path(ctx)
    }
}

/// The row was changed since you read it (устаревшая версия): take the change to `current` and repeat it.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub(crate) struct VersionConflictError {
    /// What is wrong and what to do next (что исправить).
    message: String,
    /// Stable reason (код).
    code: ErrorCode,
    #[graphql(skip)]
    culprit: Culprit,
    #[graphql(skip)]
    id: String,
}

#[ComplexObject]
impl VersionConflictError {
    /// Where in the input (где), when it is known: `["input", "lines", "0", "pieces"]`.
    async fn path(&self, ctx: &Context<'_>) -> Option<Vec<String>> {
        self.culprit.path(ctx)
    }

    /// The row as it is now (текущее состояние); null when the caller may no longer see it.
    async fn current(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        node::find(ctx, &self.id).await
    }
}

/// Somebody else was first: a used key, a taken value (конфликт).
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub(crate) struct ConflictError {
    /// What is wrong and what to do next (что исправить).
    message: String,
    /// Stable reason (код).
    code: ErrorCode,
    #[graphql(skip)]
    culprit: Culprit,
}

#[ComplexObject]
impl ConflictError {
    /// Where in the input (где), when it is known: `["input", "lines", "0", "pieces"]`.
    async fn path(&self, ctx: &Context<'_>) -> Option<Vec<String>> {
        self.culprit.path(ctx)
    }
}

/// Why a mutation was refused and nothing was changed (ошибка пользователя).
#[derive(Interface, Debug)]
#[graphql(
    field(name = "message", ty = "&String", desc = "What is wrong and what to do next (что исправить)."),
    field(name = "path", ty = "Option<Vec<String>>", desc = "Where in the arguments of the mutation (где), when it is known."),
    field(name = "code", ty = "&ErrorCode", desc = "Stable reason (код), which a program may match on.")
)]
pub(crate) enum UserError {
    /// Wrong by itself.
    Input(InputError),
    /// Names something that does not exist.
    NotFound(NotFoundError),
    /// A rule says no.
    Rule(RuleError),
    /// The row has changed.
    VersionConflict(VersionConflictError),
    /// Somebody else was first.
    Conflict(ConflictError),
}

impl UserError {
    /// What the sender can mend; anything else is a fault of the whole field.
    pub(crate) fn of(error: Error) -> Result<Self> {
        let Some(code) = ErrorCode::of(error.code()) else { return Err(Fault::from(error)) };
        let (message, culprit) = (error.to_string(), Culprit::of(&error));
        Ok(match error {
            Error::NotFound { .. } => Self::NotFound(NotFoundError { message, code, culprit }),
            Error::Stale { what, id, .. } => {
                Self::VersionConflict(VersionConflictError { message, code, culprit, id: ids::join(what, id) })
            }
            Error::Conflict { .. } => Self::Conflict(ConflictError { message, code, culprit }),
            Error::Invalid { .. } => Self::Input(InputError { message, code, culprit }),
            Error::Rejected { .. } | Error::Forbidden { .. } | Error::Internal { .. } => {
                Self::Rule(RuleError { message, code, culprit })
            }
        })
    }
}

/// The same outcome, with what its value names read in full.
pub(crate) async fn then<T, U>(
    done: shpunt_domain::Result<Outcome<T>>,
    read: impl AsyncFnOnce(T) -> Result<U>,
) -> Result<shpunt_domain::Result<Outcome<U>>> {
    match done {
        Ok(Outcome { value, replayed, token }) => Ok(Ok(Outcome { value: read(value).await?, replayed, token })),
        Err(error) => Ok(Err(error)),
    }
}

/// The payload of a mutation: what it made or changed, or why not, and since when reports can show it.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $entity:ty }) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $name {
            $(#[$field_doc])*
            $field: Option<$entity>,
            /// Why nothing was done (ошибки); empty when the mutation was done.
            user_errors: Vec<$crate::graphql::user_error::UserError>,
            /// A report asked `after` this token shows the change (токен согласованности); null when nothing was done.
            consistency_token: Option<String>,
        }

        impl $name {
            /// The answer to what the command did.
            pub(crate) fn of<T: Into<$entity>>(
                done: shpunt_domain::Result<shpunt_domain::command::Outcome<T>>,
            ) -> $crate::graphql::error::Result<Self> {
                match done {
                    Ok(outcome) => Ok(Self {
                        $field: Some(outcome.value.into()),
                        user_errors: Vec::new(),
                        consistency_token: Some(outcome.token),
                    }),
                    Err(error) => Ok(Self {
                        $field: None,
                        user_errors: vec![$crate::graphql::user_error::UserError::of(error)?],
                        consistency_token: None,
                    }),
                }
            }
        }
    };
}
pub(crate) use payload;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sender_cannot_mend_is_a_fault_of_the_field() {
        let error = UserError::of(Error::not_positive("pieces").at("lines.0")).unwrap();
        let UserError::Input(InputError { code, .. }) = error else { panic!("{error:?}") };
        assert_eq!(code, ErrorCode::AmountNotPositive);
        assert!(UserError::of(Error::internal("secret")).is_err());
    }
}
