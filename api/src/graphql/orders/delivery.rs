//! How orders arrived, their files, and claims on their carriers.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::{claims, deliver, files};

use super::{Order, OrderLine, line_of};
use crate::graphql::access::User;
use crate::graphql::caller::{command, db};
use crate::graphql::documents::Document;
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, grouped, loaders};
use crate::graphql::page;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Day, Moment, Money, Number, Uuid, whole};
use crate::graphql::text::given;
use crate::graphql::user_error::payload;

/// What a file of an order shows (вид файла).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "files::Kind")]
pub(crate) enum OrderFileKind {
    /// The load, the truck, what was broken (фото).
    Photo,
    /// A signed waybill and the like (подтверждение доставки).
    Proof,
    /// Anything else (прочее).
    Other,
}

/// A file of an order (файл заказа): sent by `POST /files?order=ID&kind=photo&name=NAME`, fetched from its `url`.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderFile {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// What it shows (вид).
    kind: OrderFileKind,
    /// Its name (имя файла).
    name: String,
    /// What it is by its content (тип): `image/jpeg`, `image/png`, `image/webp` or `application/pdf`.
    content_type: String,
    /// Bytes (размер).
    size: i32,
    /// When it was sent (загружен).
    uploaded_at: Moment,
    #[graphql(skip)]
    order_id: i64,
    #[graphql(skip)]
    uploaded_by: i64,
}

impl Entity for OrderFile {
    const PREFIX: &'static str = "order_file";
}

impl From<files::OrderFile> for OrderFile {
    fn from(row: files::OrderFile) -> Self {
        Self {
            id: Key::of::<Self>(row.order_file_id),
            kind: row.kind.into(),
            name: row.name,
            content_type: row.content_type,
            size: whole(row.size),
            uploaded_at: Moment(row.uploaded_at),
            order_id: row.order_id,
            uploaded_by: row.uploaded_by,
        }
    }
}

#[ComplexObject]
impl OrderFile {
    /// Where its bytes are (адрес), on this server, for those who may see the order.
    async fn url(&self) -> String {
        format!("/files/{}", self.id)
    }

    /// The order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.order_id).await
    }

    /// Who sent it (кто загрузил); null for the system.
    async fn uploaded_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        loaders(ctx).users.find(self.uploaded_by).await
    }
}

/// How an order arrived (доставка).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderDelivery {
    /// The moment (время разгрузки).
    delivered_at: Option<Moment>,
    /// Who received the goods (получатель).
    receiver: Option<String>,
    /// The pieces were counted (пересчитано): then all that is missing stands in `shortages`.
    is_counted: bool,
    /// Lines of which fewer pieces arrived (недостача).
    #[graphql(complexity = "page::few(child_complexity)")]
    shortages: Vec<OrderShortage>,
    #[graphql(skip)]
    proof_id: i64,
}

impl From<deliver::Delivery> for OrderDelivery {
    fn from(row: deliver::Delivery) -> Self {
        let order_id = row.order_id;
        let short = |(line, arrived, missing): (i64, i64, i64)| OrderShortage {
            arrived_pieces: whole(arrived),
            missing_pieces: whole(missing),
            of: (order_id, line),
        };
        Self {
            delivered_at: row.delivered_at.map(Moment),
            receiver: given(row.receiver),
            is_counted: row.counted,
            shortages: row.short.into_iter().map(short).collect(),
            proof_id: row.proof_file_id,
        }
    }
}

#[ComplexObject]
impl OrderDelivery {
    /// What proves it (подтверждение доставки).
    async fn proof(&self, ctx: &Context<'_>) -> Result<Option<OrderFile>> {
        loaders(ctx).order_files.find(self.proof_id).await
    }
}

/// A line of which pieces were missing (недостача по строке).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderShortage {
    /// Pieces that arrived (разгружено).
    arrived_pieces: i32,
    /// Pieces that did not (недостаёт).
    missing_pieces: i32,
    #[graphql(skip)]
    of: (i64, i64),
}

#[ComplexObject]
impl OrderShortage {
    /// The line of the order (строка заказа).
    async fn line(&self, ctx: &Context<'_>) -> Result<OrderLine> {
        line_of(ctx, self.of).await
    }
}

/// Where a claim stands (состояние претензии).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "claims::State")]
pub(crate) enum CarrierClaimState {
    /// The carrier has not answered (предъявлена): nothing is posted.
    Raised,
    /// He owes it (признана).
    Accepted,
    /// He does not (отклонена).
    Rejected,
    /// Accepted and taken back (сторнирована).
    Reversed,
}

/// A claim on a carrier (претензия перевозчику).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct CarrierClaim {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// How much (сумма).
    amount: Money,
    /// What for (причина).
    reason: String,
    /// Where it stands (состояние).
    state: CarrierClaimState,
    /// When it was raised (предъявлена).
    raised_on: Day,
    /// When it was accepted or rejected (рассмотрена).
    decided_on: Option<Day>,
    /// What the carrier said (ответ).
    answer: Option<String>,
    /// When its acceptance was taken back (сторнирована).
    reversed_on: Option<Day>,
    #[graphql(skip)]
    refers: (i64, i64, i64),
}

impl Entity for CarrierClaim {
    const PREFIX: &'static str = "carrier_claim";
}

impl From<claims::CarrierClaim> for CarrierClaim {
    fn from(row: claims::CarrierClaim) -> Self {
        Self {
            id: Key::of::<Self>(row.carrier_claim_id),
            amount: Money::roubles(row.amount),
            reason: row.reason,
            state: row.state.into(),
            raised_on: Day(row.raised_on),
            decided_on: row.decided_on.map(Day),
            answer: given(row.answer),
            reversed_on: row.reversed_on.map(Day),
            refers: (row.order_id, row.carrier_id, row.document_id),
        }
    }
}

#[ComplexObject]
impl CarrierClaim {
    /// The order (заказ).
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        loaders(ctx).orders.existing(self.refers.0).await
    }

    /// On whom (перевозчик).
    async fn carrier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.refers.1).await
    }

    /// The document of its acceptance (документ); null until accepted.
    async fn document(&self, ctx: &Context<'_>) -> Result<Option<Document>> {
        loaders(ctx).documents.find(self.refers.2).await
    }
}

/// Files of the given ids that the caller may see.
pub(crate) fn files_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderFile> {
    Box::pin(async move { Ok(by_id(files::read::list_by_ids(&db, &scope, &ids).await?, |row| row.order_file_id)) })
}

/// The files of the given orders.
pub(crate) fn files_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<OrderFile>> {
    Box::pin(async move { Ok(grouped(files::read::list_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// How the given orders arrived.
pub(crate) fn deliveries_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderDelivery> {
    Box::pin(async move { Ok(by_id(deliver::list_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// Claims of the given ids that the caller may see.
pub(crate) fn claims_by_ids(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<CarrierClaim> {
    Box::pin(async move { Ok(by_id(claims::read::list_by_ids(&db, &scope, &ids).await?, |row| row.carrier_claim_id)) })
}

/// The claims of the given orders.
pub(crate) fn claims_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<Vec<CarrierClaim>> {
    Box::pin(async move { Ok(grouped(claims::read::list_of_orders(&db, &scope, &ids).await?, |row| row.order_id)) })
}

/// A claim to raise (новая претензия).
#[derive(InputObject)]
pub(crate) struct CarrierClaimRaiseInput {
    /// The order (заказ): shipped or delivered.
    order_id: Id<Order>,
    /// On whom (перевозчик); the carrier of the order's truck unless given.
    carrier_id: Option<Id<Party>>,
    /// How much, roubles (сумма).
    amount: Number,
    /// What for (причина), 1 to 500 characters.
    reason: String,
    /// The day (дата), not before the shipment.
    raised_on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What the carrier answered (решение по претензии).
#[derive(InputObject)]
pub(crate) struct CarrierClaimDecideInput {
    /// Which (претензия): raised.
    carrier_claim_id: Id<CarrierClaim>,
    /// He owes it (признана), or he does not.
    is_accepted: bool,
    /// Business date (дата).
    on: Day,
    /// What he said (ответ).
    #[graphql(default)]
    answer: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// An accepted claim to take back (сторно претензии).
#[derive(InputObject)]
pub(crate) struct CarrierClaimReverseInput {
    /// Which (претензия): accepted.
    carrier_claim_id: Id<CarrierClaim>,
    /// Business date of the storno (дата).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `carrierClaimRaise` did.
    CarrierClaimRaisePayload {
        /// The new claim (претензия); null when nothing was done.
        carrier_claim: CarrierClaim
    }
}

payload! {
    /// What `carrierClaimDecide` did.
    CarrierClaimDecidePayload {
        /// The claim as it is now (претензия); null when nothing was done.
        carrier_claim: CarrierClaim
    }
}

payload! {
    /// What `carrierClaimReverse` did.
    CarrierClaimReversePayload {
        /// The claim as it is now (претензия); null when nothing was done.
        carrier_claim: CarrierClaim
    }
}

/// Changes of claims.
#[derive(Default)]
pub(crate) struct ClaimsMutation;

#[Object]
impl ClaimsMutation {
    /// Raises a claim on a carrier (предъявить претензию); nothing is posted until he accepts it. Codes: `NOT_FOUND`, `ORDER_STATUS`,
    /// `TRUCK_REQUIRED`, `DATE_TOO_EARLY`, `DATE_IN_FUTURE`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`.
    async fn carrier_claim_raise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much and what for (сумма и причина).")] input: CarrierClaimRaiseInput,
    ) -> Result<CarrierClaimRaisePayload> {
        let raise = claims::Raise {
            order_id: input.order_id.number,
            carrier_id: input.carrier_id.map(|id| id.number),
            amount: input.amount.0,
            reason: input.reason,
            raised_on: input.raised_on.0,
        };
        CarrierClaimRaisePayload::of(claims::raise(db(ctx), &command(ctx, input.idempotency_key)?, &raise).await)
    }

    /// Records what the carrier answered (рассмотреть претензию). Accepted, it lowers the direct expenses of the order and stands as an advance
    /// of the carrier, which pays off his bills of the order or is paid back. Codes: `NOT_FOUND`, `CLAIM_STATUS`, `DATE_TOO_EARLY`,
    /// `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `INVALID_INPUT`, `FOUR_EYES`.
    async fn carrier_claim_decide(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one and how (какую и как).")] input: CarrierClaimDecideInput,
    ) -> Result<CarrierClaimDecidePayload> {
        let decide = claims::Decide {
            carrier_claim_id: input.carrier_claim_id.number,
            accepted: input.is_accepted,
            on: input.on.0,
            answer: input.answer,
        };
        CarrierClaimDecidePayload::of(claims::decide(db(ctx), &command(ctx, input.idempotency_key)?, &decide).await)
    }

    /// Takes an accepted claim back (сторнировать претензию), to the kopeck; what it has paid off is owed again. Codes: `NOT_FOUND`,
    /// `CLAIM_STATUS`, `DATE_TOO_EARLY`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn carrier_claim_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one and when (какую и когда).")] input: CarrierClaimReverseInput,
    ) -> Result<CarrierClaimReversePayload> {
        let reverse = claims::Reverse { carrier_claim_id: input.carrier_claim_id.number, on: input.on.0 };
        CarrierClaimReversePayload::of(claims::reverse(db(ctx), &command(ctx, input.idempotency_key)?, &reverse).await)
    }
}
