//! Mutations of stock: goods moved, cut, regraded, written off, found over and counted.

use async_graphql::{Context, InputObject, Object, OneofObject};
use rust_decimal::Decimal;
use shpunt_domain::batches::stock::{counts, losses, moves, scrap};

use super::stock::{BatchCut, StockCount};
use super::{Batch, Warehouse};
use crate::graphql::caller::{command, db};
use crate::graphql::catalog::Product;
use crate::graphql::companies::Company;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::ledger::Article;
use crate::graphql::scalars::{Day, Number, Uuid};
use crate::graphql::user_error::payload;

/// Pieces that go to another warehouse (перемещение).
#[derive(InputObject)]
pub(crate) struct BatchTransferInput {
    /// Of which batch (серия).
    batch_id: Id<Batch>,
    /// How many pieces (штуки).
    pieces: i32,
    /// Where to (склад назначения).
    warehouse_id: Id<Warehouse>,
    /// Business date (дата).
    on: Day,
    /// Number of the new batch (номер новой серии); left out, it is the old one with a suffix.
    number: Option<String>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Pieces that become goods of another condition (изменение состояния).
#[derive(InputObject)]
pub(crate) struct BatchConvertInput {
    /// Of which batch (серия).
    batch_id: Id<Batch>,
    /// How many pieces (штуки).
    pieces: i32,
    /// What they become (новая номенклатура): the same profile and length, another condition.
    product_id: Id<Product>,
    /// Business date (дата).
    on: Day,
    /// Number of the new batch (номер новой серии); left out, it is the old one with a suffix.
    number: Option<String>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Equal parts of a cut, which become one batch (часть раскроя).
#[derive(InputObject)]
pub(crate) struct BatchCutPart {
    /// What they are (номенклатура): the same profile and condition, a shorter length.
    product_id: Id<Product>,
    /// How many (штуки).
    pieces: i32,
    /// Number of the new batch (номер новой серии); left out, it is the old one with a suffix.
    number: Option<String>,
}

/// Scrap of a cut that is kept, to be sold (лом): it takes what it is worth off the cost of the parts.
#[derive(InputObject)]
pub(crate) struct BatchCutScrap {
    /// What it is (номенклатура лома): the same profile in the condition `SCRAP`.
    product_id: Id<Product>,
    /// How many pieces of it (штуки); their metres are at most `scrapMetres`.
    pieces: i32,
    /// Tonnes by the scales (тонны по весам), when it was weighed.
    tonnes_weighed: Option<Number>,
    /// What it is worth (стоимость).
    worth: BatchCutScrapWorth,
    /// Number of the new batch (номер серии лома); left out, it is the old one with a suffix.
    number: Option<String>,
}

/// What scrap is worth without VAT (стоимость лома): one of the two.
#[derive(OneofObject)]
pub(crate) enum BatchCutScrapWorth {
    /// Together, roubles (за всё).
    Value(Number),
    /// Roubles per tonne (цена за тонну): by the scales, or of the profile where it was not weighed.
    PricePerTonne(Number),
}

/// Pieces to cut (резка).
#[derive(InputObject)]
pub(crate) struct BatchCutInput {
    /// Of which batch (серия).
    batch_id: Id<Batch>,
    /// How many pieces are cut (штуки).
    pieces: i32,
    /// Business date (дата).
    on: Day,
    /// What they give, parts that are wanted and offcuts, 1 to 50 (части и остатки).
    parts: Vec<BatchCutPart>,
    /// Metres of kerf and scrap (пропил и отход); with the parts they are exactly what is cut.
    #[graphql(default_with = "Number(Decimal::ZERO)")]
    scrap_metres: Number,
    /// What of those metres is kept and worth something (деловой лом).
    scrap: Option<BatchCutScrap>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Goods to write off (списание).
#[derive(InputObject)]
pub(crate) struct BatchWriteOffInput {
    /// Of which batch (серия).
    batch_id: Id<Batch>,
    /// How many pieces (штуки).
    pieces: i32,
    /// What for (статья): `goods_damaged`, `goods_used` or `goods_shortage`.
    article_id: Id<Article>,
    /// Business date (дата).
    on: Day,
    /// Why (причина), 1 to 500 characters.
    reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Goods found over (излишки).
#[derive(InputObject)]
pub(crate) struct BatchSurplusInput {
    /// Of which batch they are (серия).
    batch_id: Id<Batch>,
    /// How many pieces (штуки).
    pieces: i32,
    /// Business date (дата).
    on: Day,
    /// What they are worth together, roubles (стоимость); left out, what pieces of the batch cost.
    cost: Option<Number>,
    /// How they came (причина), 1 to 500 characters.
    reason: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What was counted of a batch (строка инвентаризации).
#[derive(InputObject)]
pub(crate) struct StockCountLineInput {
    /// The batch (серия).
    batch_id: Id<Batch>,
    /// Pieces that are there, 0 or more (фактически, штук).
    pieces: i32,
    /// What a surplus is worth, roubles (стоимость излишка); left out, what pieces of the batch cost.
    cost: Option<Number>,
}

/// A count of batches of one warehouse (инвентаризация).
#[derive(InputObject)]
pub(crate) struct StockCountRecordInput {
    /// Whose goods (своя организация).
    company_id: Id<Company>,
    /// Where (склад).
    warehouse_id: Id<Warehouse>,
    /// When, at the end of the day (дата).
    counted_on: Day,
    /// Free text (примечание).
    #[graphql(default)]
    note: String,
    /// What was counted, 1 to 500 batches, each once (строки); others stay as they are.
    lines: Vec<StockCountLineInput>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `batchTransfer` did.
    BatchTransferPayload {
        /// The batch the pieces became (новая серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `batchConvert` did.
    BatchConvertPayload {
        /// The batch the pieces became (новая серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `batchCut` did.
    BatchCutPayload {
        /// The cut (резка); null when nothing was done.
        batch_cut: BatchCut
    }
}

payload! {
    /// What `batchWriteOff` did.
    BatchWriteOffPayload {
        /// The batch (серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `batchSurplus` did.
    BatchSurplusPayload {
        /// The batch (серия); null when nothing was done.
        batch: Batch
    }
}

payload! {
    /// What `stockCountRecord` did.
    StockCountRecordPayload {
        /// The count (инвентаризация); null when nothing was done.
        stock_count: StockCount
    }
}

/// Stock operations.
#[derive(Default)]
pub(crate) struct StockMutation;

#[Object]
impl StockMutation {
    /// Moves pieces to another warehouse (переместить): they become a batch there, at the cost they had.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `BATCH_SHORT`, `ALREADY_EXISTS` (the number), `DATE_IN_FUTURE`,
    /// `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn batch_transfer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The transfer (перемещение).")] input: BatchTransferInput,
    ) -> Result<BatchTransferPayload> {
        let transfer = moves::Transfer {
            batch_id: input.batch_id.number,
            pieces: input.pieces.into(),
            warehouse_id: input.warehouse_id.number,
            on: input.on.0,
            number: input.number,
        };
        BatchTransferPayload::of(moves::transfer(db(ctx), &command(ctx, input.idempotency_key)?, &transfer).await)
    }

    /// Regrades pieces, such as new ones to used ones (изменить состояние): they become a batch of the other product, at the cost they had.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PRODUCT_MISMATCH`, `BATCH_SHORT`, `ALREADY_EXISTS` (the number),
    /// `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn batch_convert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversion (изменение состояния).")] input: BatchConvertInput,
    ) -> Result<BatchConvertPayload> {
        let convert = moves::Convert {
            batch_id: input.batch_id.number,
            pieces: input.pieces.into(),
            product_id: input.product_id.number,
            on: input.on.0,
            number: input.number,
        };
        BatchConvertPayload::of(moves::convert(db(ctx), &command(ctx, input.idempotency_key)?, &convert).await)
    }

    /// Cuts pieces into shorter ones (разрезать): each kind of part becomes a batch. Their cost goes by metres; kerf and scrap have none,
    /// but scrap that is kept at a value, which is a batch, too; only who may see cost gives it one.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PRODUCT_MISMATCH`, `LENGTH_MISMATCH`, `BATCH_VALUE_SHORT` (scrap worth
    /// more than what is cut), `BATCH_SHORT`, `ALREADY_EXISTS` (the number), `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`,
    /// `FOUR_EYES`.
    async fn batch_cut(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cut (резка).")] input: BatchCutInput,
    ) -> Result<BatchCutPayload> {
        let part = |part: BatchCutPart| moves::CutPart {
            product_id: part.product_id.number,
            pieces: part.pieces.into(),
            number: part.number,
        };
        let cut = moves::CutBatch {
            batch_id: input.batch_id.number,
            pieces: input.pieces.into(),
            on: input.on.0,
            parts: input.parts.into_iter().map(part).collect(),
            scrap_metres: input.scrap_metres.0,
            scrap: input.scrap.map(|kept| scrap::CutScrap {
                product_id: kept.product_id.number,
                pieces: kept.pieces.into(),
                tonnes_weighed: kept.tonnes_weighed.map(|tonnes| tonnes.0),
                worth: match kept.worth {
                    BatchCutScrapWorth::Value(value) => scrap::Worth::Whole(value.0),
                    BatchCutScrapWorth::PricePerTonne(price) => scrap::Worth::Tonne(price.0),
                },
                number: kept.number,
            }),
        };
        BatchCutPayload::of(moves::cut(db(ctx), &command(ctx, input.idempotency_key)?, &cut).await)
    }

    /// Writes pieces off (списать): damaged, used by ourselves or missing. A later cost of the batch follows them.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH`, `BATCH_SHORT`, `DATE_IN_FUTURE`,
    /// `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn batch_write_off(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The write-off (списание).")] input: BatchWriteOffInput,
    ) -> Result<BatchWriteOffPayload> {
        let write_off = losses::WriteOff {
            batch_id: input.batch_id.number,
            pieces: input.pieces.into(),
            article_id: input.article_id.number,
            on: input.on.0,
            reason: input.reason,
        };
        BatchWriteOffPayload::of(losses::write_off(db(ctx), &command(ctx, input.idempotency_key)?, &write_off).await)
    }

    /// Takes pieces that were found into the books (оприходовать излишки), as other income.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `DATE_BEFORE_RECEIPT`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`,
    /// `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn batch_surplus(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was found (излишки).")] input: BatchSurplusInput,
    ) -> Result<BatchSurplusPayload> {
        let surplus = losses::Surplus {
            batch_id: input.batch_id.number,
            pieces: input.pieces.into(),
            on: input.on.0,
            cost: input.cost.map(|cost| cost.0),
            reason: input.reason,
        };
        BatchSurplusPayload::of(losses::surplus(db(ctx), &command(ctx, input.idempotency_key)?, &surplus).await)
    }

    /// Records a stock count and posts its differences from the books of that day (провести инвентаризацию): what is missing is written
    /// off, what is over is taken in.
    /// Codes: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `COMPANY_MISMATCH`, `BATCH_MISMATCH` (another warehouse), `BATCH_SHORT`
    /// (what is missing left since), `DATE_BEFORE_RECEIPT`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn stock_count_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The count (инвентаризация).")] input: StockCountRecordInput,
    ) -> Result<StockCountRecordPayload> {
        let line = |line: StockCountLineInput| counts::CountLine {
            batch_id: line.batch_id.number,
            pieces: line.pieces.into(),
            cost: line.cost.map(|cost| cost.0),
        };
        let count = counts::Count {
            company_id: input.company_id.number,
            warehouse_id: input.warehouse_id.number,
            counted_on: input.counted_on.0,
            note: input.note,
            lines: input.lines.into_iter().map(line).collect(),
        };
        StockCountRecordPayload::of(counts::count(db(ctx), &command(ctx, input.idempotency_key)?, &count).await)
    }
}
