//! Commands of batches: a receipt makes a batch.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Batch, Warehouse, countable, currency, measure, store, transit, weighed};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies::rates::Currency;
use crate::db::Db;
use crate::documents;
use crate::error::{Error, Result};
use crate::ledger::{self, Account, CostElement, Entry, Kind, Posting, Settlement, Stock};
use crate::settlements::{self, Side, store::By};
use crate::{companies, money, parties, text};

/// A new warehouse.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct WarehouseCreate {
    /// Its name; unique.
    pub name: String,
    /// Whose yard it is when it is not ours, 0 = ours.
    pub keeper_id: i64,
    /// Goods only pass through it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_transit: bool,
}

/// Creates a warehouse. Errors: `INVALID_INPUT`, `NOT_FOUND` (the keeper), `ALREADY_EXISTS`, `FORBIDDEN`.
pub async fn warehouse_create(db: &Db, ctx: &Ctx, mut input: WarehouseCreate) -> Result<Outcome<Warehouse>> {
    input.name = text::required(&input.name, "name", 200)?;
    command::run(db, ctx, "batches.warehouse_create", Permission::ManageSettings, &input, async |run, input| {
        if input.keeper_id != 0 {
            parties::store::get_in_tx(run, input.keeper_id).await?;
        }
        store::insert_warehouse_in_tx(run, input).await
    })
    .await
}

/// A receipt of one product (поступление).
#[derive(Debug, Clone, Serialize)]
pub struct Receive {
    /// Own company.
    pub company_id: i64,
    /// The supplier.
    pub party_id: i64,
    /// The purchase contract, 0 = none.
    pub contract_id: i64,
    /// Where the goods lie.
    pub warehouse_id: i64,
    /// What.
    pub product_id: i64,
    /// The batch's number; unique per company.
    pub number: String,
    /// Business date.
    pub received_on: NaiveDate,
    /// Pieces.
    pub pieces: i64,
    /// Tonnes by the scales, if weighed.
    pub tonnes_weighed: Option<Decimal>,
    /// Price of the whole, net of VAT, roubles.
    pub net: Decimal,
    /// VAT as printed by the supplier (entered, never recomputed).
    pub vat: Decimal,
}

/// Receives goods: a batch, its balance, the debt to the supplier (offset by the contract's open advances).
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `ALREADY_EXISTS`, `FORBIDDEN`
/// and those of posting.
pub async fn receive(db: &Db, ctx: &Ctx, input: &Receive) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.receive", Permission::ReceiveGoods, input, async |run, input| receive_in_tx(run, input).await)
        .await
}

/// [`receive`] inside a command.
pub(crate) async fn receive_in_tx(run: &mut Run<'_>, input: &Receive) -> Result<Batch> {
    Ok(record_in_tx(run, input, Terms::default()).await?.batch)
}

/// How a receipt differs from one into a warehouse, in roubles, that nobody ordered.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    /// `net` and `vat` are in this currency.
    pub(crate) currency: Option<Currency>,
    /// The goods are ours but on their way, and expected on this day.
    pub(crate) expected_on: Option<NaiveDate>,
    /// The supplier order the debt is tied to, 0 = none.
    pub(crate) supplier_order_id: i64,
}

/// A recorded receipt.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// The batch, its VAT in roubles.
    pub(crate) batch: Batch,
    /// Its price without VAT, roubles.
    pub(crate) net: Decimal,
}

/// Records a receipt. Errors: those of [`receive`], and in currency `RATE_MISSING`.
pub(crate) async fn record_in_tx(run: &mut Run<'_>, input: &Receive, terms: Terms) -> Result<Recorded> {
    let pieces = countable(input.pieces)?;
    let number = text::required(&input.number, "number", 60)?;
    let net = money::positive(input.net, "net")?;
    let vat = money::not_negative(input.vat, "vat")?;
    if vat > net {
        return Err(Error::invalid("vat", "the VAT is larger than the price without it; exchange the two, or correct them"));
    }
    let weight = input.tonnes_weighed.filter(|tonnes| !tonnes.is_zero());
    let tonnes_weighed = weight.map_or(Ok(Decimal::ZERO), |tonnes| weighed(tonnes, "tonnesWeighed"))?;
    ledger::store::check_date_in_tx(run, input.company_id, input.received_on).await?;
    let product = store::goods_in_tx(run, input.product_id).await?.in_use("productId")?;
    let due_days = store::check_supplier_in_tx(run, input.company_id, input.party_id, input.contract_id).await?;
    if let Some(expected_on) = terms.expected_on {
        transit::check(input.received_on, expected_on)?;
    }
    let warehouse_id = transit::store::warehouse_in_tx(run, input.warehouse_id, terms.expected_on).await?;
    let of = Settlement { party_id: input.party_id, contract_id: input.contract_id, ..Settlement::default() };
    let price = currency::price_in_tx(run, (input.company_id, input.received_on), of, terms.currency, (net, vat)).await?;
    let (net, vat) = (price.net, price.vat);
    let (cost, vat_input) = companies::store::tax_in_tx(run, input.company_id, input.received_on).await?.purchase(net, vat);
    let measured = measure(pieces, product.length_m, product.kg_per_m);
    let document = documents::New {
        company_id: input.company_id,
        kind: documents::Kind::Receipt,
        issued_on: input.received_on,
        party_id: input.party_id,
        subject_id: 0,
        gross: net + vat,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    settlements::ties::tie_in_tx(run, document_id, terms.supplier_order_id).await?;
    let batch = Batch {
        batch_id: 0,
        company_id: input.company_id,
        product_id: input.product_id,
        warehouse_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        document_id,
        number,
        received_on: input.received_on,
        pieces,
        metres: measured.metres,
        tonnes_theoretical: measured.tonnes,
        tonnes_weighed,
        cost,
        vat,
    };
    let batch = store::insert_in_tx(run, batch, vat_input).await?;
    documents::store::subject_in_tx(run, document_id, batch.batch_id).await?;
    if let Some(expected_on) = terms.expected_on {
        transit::store::insert_in_tx(run, batch.batch_id, expected_on).await?;
    }
    let by = By { company_id: input.company_id, document_id, on: input.received_on };
    let due_on = input.received_on + chrono::Duration::days(due_days);
    let owed = Entry::credit(Account::Payables, net + vat).settlement(of);
    let (owed, offsets) = match &price.foreign {
        None => (owed, settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, net + vat, due_on).await?),
        Some(foreign) => currency::owe_in_tx(run, by, of, (owed, net + vat), (foreign, batch.batch_id), due_on).await?,
    };
    let account = if terms.expected_on.is_some() { Account::GoodsInTransit } else { Account::Inventory };
    let entries = receipt(&batch, account, of, cost, vat_input).into_iter().chain([owed]).chain(offsets);
    let posting = Posting::try_new(Kind::Receipt, input.company_id, document_id, input.received_on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(Recorded { batch, net })
}

/// Dr inventory or goods in transit, Dr VAT input; what is owed comes beside.
fn receipt(batch: &Batch, account: Account, of: Settlement, cost: Decimal, vat_input: Decimal) -> Vec<Entry> {
    let stock = Stock {
        batch_id: batch.batch_id,
        product_id: batch.product_id,
        warehouse_id: batch.warehouse_id,
        cost_element: Some(CostElement::Purchase),
        pieces: batch.pieces,
        metres: batch.metres,
        tonnes_theoretical: batch.tonnes_theoretical,
        tonnes_weighed: batch.tonnes_weighed,
    };
    let supplier = Settlement { party_id: of.party_id, contract_id: of.contract_id, ..Settlement::default() };
    vec![
        Entry::debit(account, cost).vat(vat_input).settlement(supplier).stock(stock),
        Entry::debit(Account::VatInput, vat_input).settlement(supplier),
    ]
}
