//! What a batch is known by in the yard, and which of its pieces are promised, in the graph.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use qrcode::QrCode;
use qrcode::render::svg;
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::{passports, reserve};

use super::Batch;
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::{Id, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, grouped, loaders};
use crate::graphql::orders::Order;
use crate::graphql::scalars::{Uuid, whole};
use crate::graphql::text::given;
use crate::graphql::user_error::payload;

/// Side of the code on a tag, pixels at least.
const TAG_SIDE: u32 = 200;

/// What a batch is known by in the yard (паспорт серии).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct BatchPassport {
    /// Heat of the steel (номер плавки).
    heat_number: Option<String>,
    /// Certificate of quality (сертификат качества).
    certificate: Option<String>,
    /// Where in the yard it lies (место на площадке, штабель).
    stack: Option<String>,
    /// What its tag says (бирка), unique.
    tag: Option<String>,
    /// Free text (примечание).
    note: Option<String>,
    /// Grows with every change; give it back as `expectedVersion` (версия). 0 = nobody has described the batch.
    version: i32,
    #[graphql(skip)]
    batch_id: i64,
}

impl From<passports::Passport> for BatchPassport {
    fn from(row: passports::Passport) -> Self {
        Self {
            heat_number: given(row.heat_number),
            certificate: given(row.certificate),
            stack: given(row.stack),
            tag: given(row.tag),
            note: given(row.note),
            version: row.version,
            batch_id: row.batch_id,
        }
    }
}

#[expect(clippy::unused_async, reason = "resolvers are asynchronous, and this one may fail")]
#[ComplexObject]
impl BatchPassport {
    /// A QR code for the tag, as an SVG picture to print (QR-код бирки): it holds the batch's id, which `batch` and `node` take.
    async fn qr_svg(&self) -> Result<String> {
        let code = QrCode::new(Key::of::<Batch>(self.batch_id).to_string().as_bytes())
            .map_err(|_| shpunt_domain::Error::internal("an id does not fit into a QR code"))?;
        Ok(code.render::<svg::Color<'_>>().min_dimensions(TAG_SIDE, TAG_SIDE).build())
    }
}

/// Pieces a confirmed order will take (резерв).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct BatchReservation {
    /// How many (штуки).
    pieces: i32,
    #[graphql(skip)]
    order_id: i64,
}

impl From<reserve::Reservation> for BatchReservation {
    fn from(row: reserve::Reservation) -> Self {
        Self { pieces: whole(row.pieces), order_id: row.order_id }
    }
}

impl BatchReservation {
    /// Pieces of all of them.
    pub(super) fn sum(rows: &[Self]) -> i32 {
        rows.iter().map(|row| row.pieces).sum()
    }
}

#[ComplexObject]
impl BatchReservation {
    /// The order (заказ); null when the caller may not see it.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        loaders(ctx).orders.find(self.order_id).await
    }
}

/// What the given batches are known by.
pub(crate) fn passports_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<BatchPassport> {
    Box::pin(async move { Ok(by_id(passports::store::list(&db, &ids).await?, |row| row.batch_id)) })
}

/// Which orders reserve the given batches.
pub(crate) fn reservations_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<BatchReservation>> {
    Box::pin(async move { Ok(grouped(reserve::list(&db, &ids).await?, |row| row.batch_id)) })
}

/// What a batch is to be known by (паспорт серии): all of it, what is left out is cleared.
#[derive(InputObject)]
pub(crate) struct BatchDescribeInput {
    /// Which (серия).
    batch_id: Id<Batch>,
    /// The version of the passport you read (версия); 0 when there is none.
    expected_version: i32,
    /// Heat of the steel, 60 characters at most (номер плавки).
    #[graphql(default)]
    heat_number: String,
    /// Certificate of quality, 100 characters at most (сертификат качества).
    #[graphql(default)]
    certificate: String,
    /// Where in the yard it lies, 60 characters at most (место на площадке, штабель).
    #[graphql(default)]
    stack: String,
    /// What its tag says, 60 characters at most, unique (бирка).
    #[graphql(default)]
    tag: String,
    /// Free text, 500 characters at most (примечание).
    #[graphql(default)]
    note: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `batchDescribe` did.
    BatchDescribePayload {
        /// The passport as it is now (паспорт); null when nothing was done.
        passport: BatchPassport
    }
}

/// Changes of passports.
#[derive(Default)]
pub(crate) struct PassportsMutation;

#[Object]
impl PassportsMutation {
    /// Describes a batch (заполнить паспорт серии). Heat and certificate go along to batches made of it later. Codes: `NOT_FOUND`,
    /// `VERSION_CONFLICT`, `ALREADY_EXISTS` (the tag), `INVALID_INPUT`.
    async fn batch_describe(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passport (паспорт).")] input: BatchDescribeInput,
    ) -> Result<BatchDescribePayload> {
        let passport = passports::Passport {
            batch_id: input.batch_id.number,
            heat_number: input.heat_number,
            certificate: input.certificate,
            stack: input.stack,
            tag: input.tag,
            note: input.note,
            version: input.expected_version,
        };
        let describe = passports::Describe { passport };
        BatchDescribePayload::of(passports::describe(db(ctx), &command(ctx, input.idempotency_key)?, describe).await)
    }
}
