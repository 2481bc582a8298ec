//! Goods bought in currency and goods on their way, in the graph.

use async_graphql::{Context, InputObject, Object};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::commands::Receive;
use shpunt_domain::batches::transit::{commands, read, reverse};
use shpunt_domain::purchasing::receipts::afar;

use super::receive::BatchReceiveInput;
use super::returns::landed;
use super::{Batch, Warehouse};
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::documents::Document;
use crate::graphql::error::{Fault, Result};
use crate::graphql::ids::{Id, or_zero};
use crate::graphql::ledger::Article;
use crate::graphql::loaders::{Batch as Rows, loaders};
use crate::graphql::page;
use crate::graphql::parties::{Contract, Party};
use crate::graphql::purchasing::SupplierOrderLine;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// When batches are expected that are on their way.
pub(crate) fn expected_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Day> {
    Box::pin(async move {
        let rows = read::list_expected(&db, &ids).await?;
        Ok(rows.into_iter().map(|row| (row.batch_id, Day(row.expected_on))).collect())
    })
}

/// A receipt in currency (поступление в валюте).
#[derive(InputObject)]
pub(crate) struct BatchReceiveInCurrencyInput {
    /// Its three letters (валюта), such as `CNY`.
    currency: String,
    /// The receipt (поступление), its `net` and `vat` in the currency; not `preliminary`.
    receipt: BatchReceiveInput,
    /// When it is expected (ожидается), if it is on its way; its warehouse does not count then.
    expected_on: Option<Day>,
}

/// Goods that are ours since the supplier's gate (поступление в пути).
#[derive(InputObject)]
pub(crate) struct BatchReceiveInTransitInput {
    /// Whose they become (своя организация).
    company_id: Id<Company>,
    /// From whom (поставщик).
    supplier_id: Id<Party>,
    /// Under which contract (договор поставки).
    contract_id: Option<Id<Contract>>,
    /// What (номенклатура): goods.
    product_id: Id<Product>,
    /// Number of the batch (номер серии), unique per company.
    number: String,
    /// When they became ours (дата перехода права собственности).
    received_on: Day,
    /// When they are expected here (ожидаемая дата прибытия).
    expected_on: Day,
    /// Pieces (штуки), more than zero.
    pieces: i32,
    /// Tonnes by the scales (тонны по весам), when it was weighed.
    tonnes_weighed: Option<Number>,
    /// Price of the whole without VAT, roubles (сумма без НДС).
    net: Number,
    /// VAT as printed by the supplier, roubles (НДС поставщика); entered, never computed.
    vat: Number,
    /// The line of a supplier order they come against (строка заказа поставщику): its order's advances pay first. More or fewer pieces may
    /// come than were ordered.
    supplier_order_line_id: Option<Id<SupplierOrderLine>>,
    /// The supplier's document with the price comes later (цена предварительная): see `batchPriceFinalise`.
    #[graphql(default)]
    preliminary: bool,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Another day goods are expected on (перенос прибытия).
#[derive(InputObject)]
pub(crate) struct BatchExpectInput {
    /// The batch on its way (серия в пути).
    batch_id: Id<Batch>,
    /// The day (ожидается).
    expected_on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Pieces that arrived (прибытие).
#[derive(InputObject)]
pub(crate) struct BatchArriveInput {
    /// The batch on its way (серия в пути).
    batch_id: Id<Batch>,
    /// Pieces (штуки), more than zero.
    pieces: i32,
    /// Where they lie now (склад).
    warehouse_id: Id<Warehouse>,
    /// Business date (дата).
    on: Day,
    /// Number of the new batch (номер новой серии); left out, the old one with a suffix.
    number: Option<String>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Pieces that did not arrive (недостача при приёмке).
#[derive(InputObject)]
pub(crate) struct BatchMissInput {
    /// The batch on its way (серия в пути).
    batch_id: Id<Batch>,
    /// Pieces (штуки), more than zero.
    pieces: i32,
    /// Business date (дата).
    on: Day,
    /// Where their cost goes (статья убытка); left out, it is claimed of the supplier with its VAT.
    article_id: Option<Id<Article>>,
    /// Why, or what is known (причина).
    reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `batchReceiveInCurrency` did.
    BatchReceiveInCurrencyPayload {
        /// The new batch (серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `batchReceiveInTransit` did.
    BatchReceiveInTransitPayload {
        /// The new batch (серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `batchExpect` did.
    BatchExpectPayload {
        /// The batch (серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `batchArrive` did.
    BatchArrivePayload {
        /// The batch the pieces became in the warehouse (новая серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `batchMiss` did.
    BatchMissPayload {
        /// The batch (серия); null when nothing was done.
        batch: Batch
    }
}

/// Takes a shortage back (сторно недостачи).
#[derive(InputObject)]
pub(crate) struct BatchMissReverseInput {
    /// The document of the shortage (документ недостачи).
    document_id: Id<Document>,
    /// Business date of the storno (дата сторно).
    on: Day,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `batchMissReverse` did.
    BatchMissReversePayload {
        /// The batch (серия); null when nothing was done.
        batch: Batch
    }
}

/// Questions about goods on their way.
#[derive(Default)]
pub(crate) struct TransitQuery;

#[Object]
impl TransitQuery {
    /// Batches on their way (товары в пути), the first expected first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn batches_in_transit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this own company (организация).")] company_id: Option<Id<Company>>,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "Behind this batch of the list (после серии).")] after: Option<Id<Batch>>,
    ) -> Result<Vec<Batch>> {
        let limit = page::size(first)?.into();
        let after = match after {
            Some(id) => Some(read::place(db(ctx), id.number).await?.ok_or_else(|| {
                Fault::bad_input("after: this batch was never in transit; take the id of the last one of the list")
            })?),
            None => None,
        };
        let mut batches = Vec::new();
        for row in read::list(db(ctx), company_id.map(|id| id.number), after, limit).await? {
            batches.extend(loaders(ctx).batches.find(row.batch_id).await?);
        }
        Ok(batches)
    }
}

/// Changes by purchases in currency and goods on their way.
#[derive(Default)]
pub(crate) struct TransitMutation;

#[Object]
impl TransitMutation {
    /// Receives goods bought in currency (оприходовать покупку в валюте): what was paid before keeps the rate of the advance, the rest takes
    /// that of the day.
    /// Codes: those of `batchReceive` and `RATE_MISSING`, that is `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`,
    /// `COMPANY_MISMATCH`, `ALREADY_EXISTS` (the number), `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`,
    /// `FOUR_EYES`; against a supplier order also `SUPPLIER_ORDER_STATUS`, `DATE_BEFORE_ORDER`, `PRODUCT_MISMATCH`.
    async fn batch_receive_in_currency(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The receipt (поступление).")] mut input: BatchReceiveInCurrencyInput,
    ) -> Result<BatchReceiveInCurrencyPayload> {
        let key = command(ctx, input.receipt.idempotency_key.take())?;
        let receive = afar::ReceiveInCurrency {
            supplier_order_line_id: or_zero(input.receipt.supplier_order_line_id),
            preliminary: input.receipt.preliminary,
            receipt: input.receipt.receipt(),
            currency: input.currency,
            expected_on: input.expected_on.map(|day| day.0),
        };
        BatchReceiveInCurrencyPayload::of(afar::receive_in_currency(db(ctx), &key, &receive).await)
    }

    /// Records goods that became ours at the supplier's gate (оприходовать товар в пути): they have their cost, and arrive later.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ALREADY_EXISTS` (the number),
    /// `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`; against a supplier order also
    /// `SUPPLIER_ORDER_STATUS`, `DATE_BEFORE_ORDER`, `PRODUCT_MISMATCH`.
    async fn batch_receive_in_transit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The receipt (поступление).")] input: BatchReceiveInTransitInput,
    ) -> Result<BatchReceiveInTransitPayload> {
        let receipt = Receive {
            company_id: input.company_id.number,
            party_id: input.supplier_id.number,
            contract_id: or_zero(input.contract_id),
            warehouse_id: 0,
            product_id: input.product_id.number,
            number: input.number,
            received_on: input.received_on.0,
            pieces: input.pieces.into(),
            tonnes_weighed: input.tonnes_weighed.map(|tonnes| tonnes.0),
            net: input.net.0,
            vat: input.vat.0,
        };
        let receive = afar::ReceiveInTransit {
            receipt,
            expected_on: input.expected_on.0,
            supplier_order_line_id: or_zero(input.supplier_order_line_id),
            preliminary: input.preliminary,
        };
        let key = command(ctx, input.idempotency_key)?;
        BatchReceiveInTransitPayload::of(afar::receive_in_transit(db(ctx), &key, &receive).await)
    }

    /// Changes when goods are expected (перенести прибытие). Codes: `INVALID_INPUT`, `NOT_FOUND`.
    async fn batch_expect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when (перенос).")] input: BatchExpectInput,
    ) -> Result<BatchExpectPayload> {
        let expect = commands::Expect { batch_id: input.batch_id.number, expected_on: input.expected_on.0 };
        BatchExpectPayload::of(commands::expect(db(ctx), &command(ctx, input.idempotency_key)?, &expect).await)
    }

    /// Takes goods that arrived, or a part of them, into a warehouse (принять прибывший товар): they become a batch there, at their cost.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `BATCH_MISMATCH` (not on its way), `BATCH_SHORT`, `ALREADY_EXISTS` (the
    /// number), `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`.
    async fn batch_arrive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What arrived (прибытие).")] input: BatchArriveInput,
    ) -> Result<BatchArrivePayload> {
        let arrive = commands::Arrive {
            batch_id: input.batch_id.number,
            pieces: input.pieces.into(),
            warehouse_id: input.warehouse_id.number,
            on: input.on.0,
            number: input.number,
        };
        BatchArrivePayload::of(commands::arrive(db(ctx), &command(ctx, input.idempotency_key)?, &arrive).await)
    }

    /// Writes off what did not arrive (провести недостачу при приёмке): a loss, or a claim on the supplier. A later cost of it goes there.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `BATCH_MISMATCH` (not on its way), `BATCH_SHORT`, `ARTICLE_MISMATCH`,
    /// `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn batch_miss(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is missing (недостача).")] input: BatchMissInput,
    ) -> Result<BatchMissPayload> {
        let miss = commands::Miss {
            batch_id: input.batch_id.number,
            pieces: input.pieces.into(),
            on: input.on.0,
            to: landed(input.article_id),
            reason: input.reason,
        };
        BatchMissPayload::of(commands::miss(db(ctx), &command(ctx, input.idempotency_key)?, &miss).await)
    }
    /// Takes a shortage back (сторнировать недостачу): its pieces are on their way again at the cost they had, with what came to it since.
    /// Codes: `NOT_FOUND`, `ALREADY_REVERSED`, `STILL_IN_USE` (more of the same delivery was missing or went back later), `BATCH_VALUE_SHORT`,
    /// `DATE_TOO_EARLY`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn batch_miss_reverse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which and when (сторно).")] input: BatchMissReverseInput,
    ) -> Result<BatchMissReversePayload> {
        let of = reverse::ReverseMiss { document_id: input.document_id.number, on: input.on.0 };
        BatchMissReversePayload::of(reverse::reverse_miss(db(ctx), &command(ctx, input.idempotency_key)?, &of).await)
    }
}
