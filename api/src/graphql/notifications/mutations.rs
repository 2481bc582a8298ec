//! Changes of the catalogue, and of what one has read.

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject};
use shpunt_domain::Error;
use shpunt_domain::access;
use shpunt_domain::notifications::{Settings, commands, read, store};

use super::{Notification, NotificationKind};
use crate::graphql::access::Role;
use crate::graphql::caller::{actor, command, db, services};
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::permissions::Permission;
use crate::graphql::scalars::{Number, whole};
use crate::graphql::user_error::{UserError, payload};

/// Most notifications in one request.
const IDS_MAX: usize = 100;

/// Changes of a kind of notification (изменение вида уведомления): what is left out stays.
#[derive(InputObject)]
pub(crate) struct NotificationKindUpdateInput {
    /// Which (вид).
    notification_kind_id: Id<NotificationKind>,
    /// The version you read (версия).
    expected_version: i32,
    /// To the manager of the deal (менеджеру сделки).
    to_manager: Option<bool>,
    /// To everybody of these roles (ролям).
    to_roles: Option<Vec<Role>>,
    /// To everybody with one of these permissions (тем, у кого есть право).
    to_permissions: Option<Vec<Permission>>,
    /// From where on it is told, in its unit (порог).
    threshold: Option<Number>,
    /// Told at all (включён).
    active: Option<bool>,
}

payload! {
    /// What `notificationKindUpdate` did.
    NotificationKindUpdatePayload {
        /// The kind as it is now (вид); null when nothing was done.
        notification_kind: NotificationKind
    }
}

/// Which notifications were read (прочитанные уведомления).
#[derive(OneofObject)]
pub(crate) enum NotificationsReadInput {
    /// These, 100 at most (уведомления).
    Ids(Vec<Id<Notification>>),
    /// Everything told so far; true (все).
    All(bool),
}

/// What `notificationsRead` did.
#[derive(SimpleObject)]
pub(crate) struct NotificationsReadPayload {
    /// How many are unread now (число непрочитанных).
    unread: i32,
    /// Why nothing was marked (ошибки); empty when it was.
    user_errors: Vec<UserError>,
}

/// Changes of notifications.
#[derive(Default)]
pub(crate) struct NotificationsMutation;

#[Object]
impl NotificationsMutation {
    /// Changes to whom a kind is told and from when on (изменить вид уведомления). Whoever lacks one of its `needs`, or may not see the deal,
    /// is told nothing all the same. Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`.
    async fn notification_kind_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: NotificationKindUpdateInput,
    ) -> Result<NotificationKindUpdatePayload> {
        let kind_id = input.notification_kind_id.number;
        let Some(now) = store::list_kinds_by_ids(db(ctx), &[kind_id]).await?.pop().map(|kind| kind.settings) else {
            return NotificationKindUpdatePayload::of::<NotificationKind>(Err(Error::not_found("notification_kind", kind_id)));
        };
        let settings = Settings {
            to_manager: input.to_manager.unwrap_or(now.to_manager),
            to_roles: input.to_roles.map_or(now.to_roles, |roles| codes(roles, |role| access::Role::from(role).as_str())),
            to_permissions: input
                .to_permissions
                .map_or(now.to_permissions, |permissions| codes(permissions, |one| access::Permission::from(one).as_str())),
            threshold: input.threshold.map_or(now.threshold, |threshold| threshold.0),
            active: input.active.unwrap_or(now.active),
        };
        let update = commands::KindUpdate { kind_id, expected_version: input.expected_version, settings };
        NotificationKindUpdatePayload::of(commands::kind_update(db(ctx), &command(ctx, None)?, &update).await)
    }

    /// Marks your own notifications as read (отметить прочитанными), all of the given ones or none. Codes: `NOT_FOUND`, `INVALID_INPUT`.
    async fn notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones (какие).")] input: NotificationsReadInput,
    ) -> Result<NotificationsReadPayload> {
        let (actor, now) = (actor(ctx)?, (services(ctx).clock)());
        let done = match input {
            NotificationsReadInput::All(true) => commands::mark_all_read(db(ctx), &actor, now).await,
            NotificationsReadInput::All(false) => Err(Error::invalid("all", "all is true, or left out in favour of ids")),
            NotificationsReadInput::Ids(ids) if ids.len() > IDS_MAX => {
                Err(Error::invalid("ids", format!("at most {IDS_MAX} at once; send the rest in another request")))
            }
            NotificationsReadInput::Ids(ids) => {
                let ids: Vec<i64> = ids.into_iter().map(|id| id.number).collect();
                commands::mark_read(db(ctx), &actor, &ids, now).await
            }
        };
        let user_errors = match done {
            Ok(()) => Vec::new(),
            Err(error) => vec![UserError::of(error)?],
        };
        Ok(NotificationsReadPayload { unread: whole(read::count_unread(db(ctx), &actor).await?), user_errors })
    }
}

/// The codes of a list without repetitions, in its order.
fn codes<T>(list: Vec<T>, code: impl Fn(T) -> &'static str) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for code in list.into_iter().map(code) {
        if !codes.iter().any(|known| known == code) {
            codes.push(code.to_owned());
        }
    }
    codes
}
