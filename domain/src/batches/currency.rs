//! Goods bought in currency (закупка в валюте): what was paid before keeps the rate of the advance, the rest takes that of the receipt.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::store;
use crate::command::Run;
use crate::companies::rates::{self, Currency, Foreign};
use crate::error::Result;
use crate::ledger::{Entry, Settlement};
use crate::money;
use crate::settlements::currency::{Part, open_debt_in_tx, prepaid_in_tx};
use crate::settlements::store::By;

/// What goods cost in roubles.
pub(super) struct Price {
    pub(super) net: Decimal,
    pub(super) vat: Decimal,
    pub(super) foreign: Option<InCurrency>,
}

/// A price as printed, and what of it was paid before.
pub(super) struct InCurrency {
    currency: Currency,
    net: Decimal,
    vat: Decimal,
    prepaid: Vec<Part>,
}

/// The price in roubles. Errors: `RATE_MISSING`, unless all was paid before.
pub(super) async fn price_in_tx(
    run: &mut Run<'_>,
    (company_id, on): (i64, NaiveDate),
    of: Settlement,
    currency: Option<Currency>,
    (net, vat): (Decimal, Decimal),
) -> Result<Price> {
    let Some(currency) = currency else { return Ok(Price { net, vat, foreign: None }) };
    let by = By { company_id, document_id: 0, on };
    let (prepaid, rest) = prepaid_in_tx(run, by, of, Foreign { currency, amount: net + vat }).await?;
    let mut roubles: Decimal = prepaid.iter().map(|part| part.carried).sum();
    if rest > Decimal::ZERO {
        roubles += rates::store::rate_in_tx(run, currency, on).await?.roubles(rest);
    }
    let (whole, tax) = match money::allocate(roubles, &[net, vat])?.as_slice() {
        [whole, tax] => (*whole, *tax),
        _ => (roubles, Decimal::ZERO),
    };
    let whole = money::positive(whole, "net")?;
    Ok(Price { net: whole, vat: tax, foreign: Some(InCurrency { currency, net, vat, prepaid }) })
}

/// Keeps the price as printed and opens the debt; returns what is owed, in currency, and the offsets of what was paid before.
pub(super) async fn owe_in_tx(
    run: &mut Run<'_>,
    by: By,
    of: Settlement,
    (owed, roubles): (Entry, Decimal),
    (price, batch_id): (&InCurrency, i64),
    due_on: NaiveDate,
) -> Result<(Entry, Vec<Entry>)> {
    let InCurrency { currency, net, vat, ref prepaid } = *price;
    store::insert_currency_in_tx(run, batch_id, currency, (net, vat)).await?;
    let debt = Foreign { currency, amount: net + vat };
    let offsets = open_debt_in_tx(run, by, of, (debt, roubles), prepaid, due_on).await?;
    Ok((owed.in_currency(Foreign { amount: -debt.amount, ..debt }), offsets))
}
