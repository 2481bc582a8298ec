//! Notifications in the graph: everybody's own, and the catalogue of what is told to whom.

mod hub;
mod mutations;
mod subscription;

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use shpunt_analytics::reports;
use shpunt_domain::Db;
use shpunt_domain::access::{self, Scope};
use shpunt_domain::notifications::{self, Language, read, store};

use super::access::Role;
use super::caller::{actor, caller, db, user};
use super::error::Result;
use super::ids::{Entity, Key, join};
use super::loaders::{Batch, by_id, loaders};
use super::node::{self, Node};
use super::page::{self, Page, Window};
use super::permissions::Permission;
use super::scalars::{Moment, Number, whole};
pub(super) use hub::Hub;
pub(crate) use mutations::NotificationsMutation;
pub(crate) use subscription::NotificationsSubscription;

/// What a threshold is measured in (единица порога).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "notifications::Unit")]
pub(crate) enum ThresholdUnit {
    /// Days (дни).
    Days,
    /// Percent (проценты).
    Percent,
    /// Roubles (рубли).
    Roubles,
}

/// A kind of notification: what is told to whom, and from when on (вид уведомления).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct NotificationKind {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Stable code (код): `order_late`.
    code: String,
    /// To the manager of the deal (менеджеру сделки).
    to_manager: bool,
    /// From where on it is told (порог), in its unit; null when the kind has none.
    threshold: Option<Number>,
    /// What the threshold is measured in (единица порога); null when the kind has none.
    unit: Option<ThresholdUnit>,
    /// It is told at all (включён).
    active: bool,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    row: notifications::Kind,
}

impl Entity for NotificationKind {
    const PREFIX: &'static str = "notification_kind";
}

impl From<notifications::Kind> for NotificationKind {
    fn from(row: notifications::Kind) -> Self {
        Self {
            id: Key::of::<Self>(row.kind_id),
            code: row.code.clone(),
            to_manager: row.settings.to_manager,
            threshold: row.unit.map(|_| Number(row.settings.threshold.normalize())),
            unit: row.unit.map(ThresholdUnit::from),
            active: row.settings.active,
            version: row.version,
            row,
        }
    }
}

#[ComplexObject]
impl NotificationKind {
    /// What it is called (название).
    async fn title(&self, ctx: &Context<'_>) -> String {
        self.row.title(language(ctx)).to_owned()
    }

    /// To everybody of these roles (ролям).
    async fn to_roles(&self) -> Vec<Role> {
        let is_named = |role: &access::Role| self.row.settings.to_roles.iter().any(|code| code == role.as_str());
        access::Role::ALL.into_iter().filter(is_named).map(Role::from).collect()
    }

    /// To everybody with one of these permissions (тем, у кого есть право).
    async fn to_permissions(&self) -> Vec<Permission> {
        permissions(&self.row.settings.to_permissions)
    }

    /// All of these one must be permitted, or one is told nothing (необходимые права).
    async fn needs(&self) -> Vec<Permission> {
        permissions(&self.row.needs)
    }
}

fn permissions(codes: &[String]) -> Vec<Permission> {
    let is_named = |permission: &access::Permission| codes.iter().any(|code| code == permission.as_str());
    access::Permission::ALL.into_iter().filter(is_named).map(Permission::from).collect()
}

/// What one was told (уведомление).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Notification {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// When it was told (когда).
    created_at: Moment,
    /// When it was read (прочитано); null while it is unread.
    read_at: Option<Moment>,
    #[graphql(skip)]
    row: notifications::Notification,
}

impl Entity for Notification {
    const PREFIX: &'static str = "notification";
}

impl From<notifications::Notification> for Notification {
    fn from(row: notifications::Notification) -> Self {
        Self {
            id: Key::of::<Self>(row.notification_id),
            created_at: Moment(row.created_at),
            read_at: row.read_at.map(Moment),
            row,
        }
    }
}

#[ComplexObject]
impl Notification {
    /// What kind it is (вид).
    async fn kind(&self, ctx: &Context<'_>) -> Result<NotificationKind> {
        loaders(ctx).notification_kinds.existing(self.row.kind_id).await
    }

    /// The sentence (текст), in the language of the request, with the facts as they were.
    async fn text(&self, ctx: &Context<'_>) -> Result<String> {
        let kind = loaders(ctx).notification_kinds.existing(self.row.kind_id).await?;
        Ok(kind.row.sentence(language(ctx), &self.row.facts))
    }

    /// What it is about (предмет): a deal, an order, a debt, an account, a company; null when there is nothing one can look at.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        match self.row.subject.stored() {
            ("", _) => Ok(None),
            (prefix, number) => node::find(ctx, &join(prefix, number)).await,
        }
    }
}

fn language(ctx: &Context<'_>) -> Language {
    match caller(ctx).language {
        reports::Language::Ru => Language::Ru,
        reports::Language::En => Language::En,
    }
}

/// Kinds of the given ids.
pub(super) fn kinds(db: Db, _: Scope, ids: Vec<i64>) -> Batch<NotificationKind> {
    Box::pin(async move { Ok(by_id(store::list_kinds_by_ids(&db, &ids).await?, |row| row.kind_id)) })
}

/// Notifications of the given ids, whoever was told: [`find`] shows them.
pub(super) fn by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Notification> {
    Box::pin(async move { Ok(by_id(read::list_by_ids(&db, &ids).await?, |row| row.notification_id)) })
}

/// The notification of an id, if the caller was told it.
pub(super) async fn find(ctx: &Context<'_>, number: i64) -> Result<Option<Notification>> {
    let user_id = user(ctx)?.user_id;
    Ok(loaders(ctx).notifications.find(number).await?.filter(|found| found.row.user_id == user_id))
}

/// Questions about notifications.
#[derive(Default)]
pub(crate) struct NotificationsQuery;

#[Object]
impl NotificationsQuery {
    /// Your own notifications (уведомления), newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Only unread ones (только непрочитанные).")] unread: bool,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<Notification>> {
        let window = Window::new(first, after.as_deref())?;
        let rows = read::list(db(ctx), &actor(ctx)?, unread, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.created_at, row.notification_id)))
    }

    /// How many notifications you have not read (число непрочитанных).
    async fn notifications_unread(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(whole(read::count_unread(db(ctx), &actor(ctx)?).await?))
    }

    /// The catalogue: what is told to whom (виды уведомлений), by id; there are few.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn notification_kinds(&self, ctx: &Context<'_>) -> Result<Vec<NotificationKind>> {
        Ok(store::list_kinds(db(ctx)).await?.into_iter().map(NotificationKind::from).collect())
    }
}
