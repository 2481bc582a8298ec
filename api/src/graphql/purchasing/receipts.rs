//! Receipts of purchasing in the graph: of which order a batch came, and whether its price is final.

use std::collections::HashMap;

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::read as batches;
use shpunt_domain::purchasing::receipts::{self, commands, read};

use super::SupplierOrder;
use crate::graphql::batches::{AdditionalExpense, Batch};
use crate::graphql::caller::{command, db};
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::scalars::{Day, Money, Number, Uuid};
use crate::graphql::user_error::payload;

/// Of which order a batch came, and at what price (поставка серии).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct BatchSupply {
    /// The supplier's document with the price is still awaited (цена предварительная).
    is_preliminary: bool,
    /// When a preliminary price became final (цена окончательная с); null where it is not, or always was.
    finalised_on: Option<Day>,
    /// What it was received for, without VAT (без НДС при поступлении).
    net: Money,
    /// VAT it was received with (НДС при поступлении).
    vat: Money,
    /// Without VAT by the supplier's document (без НДС по документу поставщика).
    final_net: Option<Money>,
    /// VAT by the supplier's document (НДС по документу поставщика).
    final_vat: Option<Money>,
    #[graphql(skip)]
    row: receipts::Receipt,
}

impl From<receipts::Receipt> for BatchSupply {
    fn from(row: receipts::Receipt) -> Self {
        Self {
            is_preliminary: row.is_preliminary(),
            finalised_on: row.finalised_on.map(Day),
            net: Money::roubles(row.net),
            vat: Money::roubles(row.vat),
            final_net: row.final_net.map(Money::roubles),
            final_vat: row.final_vat.map(Money::roubles),
            row,
        }
    }
}

#[ComplexObject]
impl BatchSupply {
    /// The batch (серия).
    async fn batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        loaders(ctx).batches.existing(self.row.batch_id).await
    }

    /// The order it came of (заказ поставщику); null when there was none the caller may see.
    async fn supplier_order(&self, ctx: &Context<'_>) -> Result<Option<SupplierOrder>> {
        loaders(ctx).supplier_orders.find(self.row.supplier_order_id).await
    }

    /// What carries the difference of the final price (корректировка цены); null when there was none.
    async fn correction(&self, ctx: &Context<'_>) -> Result<Option<AdditionalExpense>> {
        loaders(ctx).additional_expenses.find(self.row.additional_expense_id).await
    }
}

/// How the given batches were supplied.
pub(crate) fn supplies_of_batches(db: Db, _: Scope, ids: Vec<i64>) -> Rows<BatchSupply> {
    Box::pin(async move { Ok(by_id(read::list(&db, &ids).await?, |row| row.batch_id)) })
}

/// The batches that came against the given lines.
pub(crate) fn batches_of_lines(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vec<Batch>> {
    Box::pin(async move {
        let pairs = read::list_batches(&db, &ids).await?;
        let batch_ids: Vec<i64> = pairs.iter().map(|(_, batch_id)| *batch_id).collect();
        let batches: HashMap<i64, Batch> = by_id(batches::list_by_ids(&db, &batch_ids).await?, |row| row.batch_id);
        let mut of: HashMap<i64, Vec<Batch>> = HashMap::new();
        for (line_id, batch_id) in pairs {
            of.entry(line_id).or_default().extend(batches.get(&batch_id).cloned());
        }
        Ok(of)
    })
}

/// The price of a preliminary receipt by the supplier's document (окончательная цена).
#[derive(InputObject)]
pub(crate) struct BatchPriceFinaliseInput {
    /// The batch (серия): received at a preliminary price.
    batch_id: Id<Batch>,
    /// Number of the supplier's document (номер документа поставщика).
    #[graphql(default)]
    number: String,
    /// Its date (дата документа поставщика).
    issued_on: Day,
    /// Business date (дата проведения); left out, it is the document's date, or the first open day after it.
    effective_on: Option<Day>,
    /// The whole price without VAT, roubles (сумма без НДС).
    net: Number,
    /// The whole VAT as printed, roubles (НДС).
    vat: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `batchPriceFinalise` did.
    BatchPriceFinalisePayload {
        /// How the batch was supplied (поставка серии); null when nothing was done.
        supply: BatchSupply
    }
}

/// Changes of receipts.
#[derive(Default)]
pub(crate) struct ReceiptsMutation;

#[Object]
impl ReceiptsMutation {
    /// Makes a preliminary price final (окончательная цена): the difference, either way, goes to the goods wherever they are now, as a late
    /// cost does, and to what is owed to the supplier. Codes: `NOT_FOUND`, `PRICE_FINAL`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`,
    /// `BATCH_VALUE_SHORT`, `TAX_REGIME_MISSING`, `DATE_IN_FUTURE`, `DATE_BEFORE_FIRST_DAY`, `PERIOD_CLOSED`, `FOUR_EYES`.
    async fn batch_price_finalise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The price (цена).")] input: BatchPriceFinaliseInput,
    ) -> Result<BatchPriceFinalisePayload> {
        let finalise = commands::Finalise {
            batch_id: input.batch_id.number,
            number: input.number,
            issued_on: input.issued_on.0,
            effective_on: input.effective_on.map(|day| day.0),
            net: input.net.0,
            vat: input.vat.0,
        };
        BatchPriceFinalisePayload::of(commands::finalise(db(ctx), &command(ctx, input.idempotency_key)?, &finalise).await)
    }
}
