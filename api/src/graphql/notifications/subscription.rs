//! Notifications as they come.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Subscription};
use futures::stream::{Stream, StreamExt as _};

use super::Notification;
use super::hub::Hub;
use crate::graphql::caller::user;
use crate::graphql::error::Result;
use crate::graphql::loaders::Reading;

/// One was told something (новое уведомление).
#[derive(SimpleObject, Debug)]
pub(crate) struct NotificationChange {
    /// What one was told (уведомление); null when something was missed: ask `notifications(unread: true)` then.
    notification: Option<Notification>,
}

/// What can be listened to of notifications.
#[derive(Default)]
pub(crate) struct NotificationsSubscription;

/// What can be listened to of notifications (подписки).
#[Subscription]
#[expect(clippy::unused_async, reason = "the macro awaits what begins a stream")]
impl NotificationsSubscription {
    /// Your own notifications as they come (новые уведомления), once what they tell of is committed. After a break ask
    /// `notifications(unread: true)` for what came meanwhile.
    async fn notification_added(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = NotificationChange>> {
        let hub: &Hub = ctx.data_unchecked();
        let reading: &Arc<Reading> = ctx.data_unchecked();
        let reading = Arc::clone(reading);
        Ok(hub.listen(user(ctx)?.user_id).map(move |told| {
            // What hangs on a notification is read anew for each.
            reading.forget();
            NotificationChange { notification: told.map(|row| row.as_ref().clone().into()) }
        }))
    }
}
