//! Commands of batches: a receipt makes a batch.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Batch, Warehouse, countable, measure, store, weighed};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Error, Result};
use crate::ledger::{self, Account, CostElement, Entry, Kind, Posting, Settlement, Stock};
use crate::settlements::{self, Side, store::By};
use crate::{companies, money, text};

/// A new warehouse.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WarehouseCreate {
    /// Its name; unique.
    pub name: String,
    /// Goods only pass through it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_transit: bool,
}

/// Creates a warehouse. Errors: `INVALID_INPUT`, `ALREADY_EXISTS`, `FORBIDDEN`.
pub async fn warehouse_create(db: &Db, ctx: &Ctx, mut input: WarehouseCreate) -> Result<Outcome<Warehouse>> {
    input.name = text::required(&input.name, "name", 200)?;
    command::run(db, ctx, "batches.warehouse_create", Permission::ManageSettings, &input, async |run, input| {
        store::insert_warehouse_in_tx(run, &input.name, input.is_transit).await
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
    command::run(db, ctx, "batches.receive", Permission::ReceiveGoods, input, async |run, input| {
        receive_in_tx(run, input, 0).await
    })
    .await
}

/// [`receive`] inside a command; the debt is tied to a supplier order, 0 = to none.
pub(crate) async fn receive_in_tx(run: &mut Run<'_>, input: &Receive, supplier_order_id: i64) -> Result<Batch> {
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
    let product = store::goods_in_tx(run, input.product_id).await?;
    let due_days = store::check_supplier_in_tx(run, input.company_id, input.party_id, input.contract_id).await?;
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
    settlements::ties::tie_in_tx(run, document_id, supplier_order_id).await?;
    let batch = Batch {
        batch_id: 0,
        company_id: input.company_id,
        product_id: input.product_id,
        warehouse_id: input.warehouse_id,
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
    let of = Settlement { party_id: input.party_id, contract_id: input.contract_id, ..Settlement::default() };
    let by = By { company_id: input.company_id, document_id, on: input.received_on };
    let due_on = input.received_on + chrono::Duration::days(due_days);
    let offsets = settlements::store::open_debt_in_tx(run, Side::Supplier, by, of, net + vat, due_on).await?;
    let entries = receipt(&batch, of, cost, vat_input).into_iter().chain(offsets);
    let posting = Posting::try_new(Kind::Receipt, input.company_id, document_id, input.received_on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(batch)
}

/// Dr inventory, Dr VAT input, Cr payables.
fn receipt(batch: &Batch, of: Settlement, cost: Decimal, vat_input: Decimal) -> Vec<Entry> {
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
        Entry::debit(Account::Inventory, cost).vat(vat_input).settlement(supplier).stock(stock),
        Entry::debit(Account::VatInput, vat_input).settlement(supplier),
        Entry::credit(Account::Payables, cost + vat_input).settlement(of),
    ]
}
