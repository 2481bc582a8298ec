//! Commands of receipts: receive against a supplier order or at a preliminary price, make the price final.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Receipt, difference, store};
use crate::access::{Permission, duties};
use crate::batches::commands::{Receive, Recorded, Terms};
use crate::batches::expenses::{Basis, commands as expenses};
use crate::batches::{self, Batch};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::purchasing::orders::{self, SupplierOrder};
use crate::{ledger, money};

/// A receipt as purchasing sees it.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveOrdered {
    /// The goods.
    pub goods: Receive,
    /// The line of a supplier order they come against, 0 = none.
    pub supplier_order_line_id: i64,
    /// The supplier's document with the price comes later.
    pub preliminary: bool,
}

/// The price of a preliminary receipt as the supplier's document has it.
#[derive(Debug, Clone, Serialize)]
pub struct Finalise {
    /// The batch that was received.
    pub batch_id: i64,
    /// Number of the supplier's document, may be empty.
    pub number: String,
    /// Its date.
    pub issued_on: NaiveDate,
    /// Business date; `None` = the document's date, or the first open day after it.
    pub effective_on: Option<NaiveDate>,
    /// The whole price without VAT, roubles.
    pub net: Decimal,
    /// The whole VAT as printed.
    pub vat: Decimal,
}

/// Receives goods against a supplier order, at a preliminary price, or both; the order's own advances pay the debt first.
///
/// It is the receipt of `batches`, under the same name: a key used for the one is not free for the other, and four eyes watch both.
/// Errors: those of [`batches::commands::receive`], `SUPPLIER_ORDER_STATUS`, `DATE_BEFORE_ORDER`, `PRODUCT_MISMATCH`, `FOUR_EYES`.
pub async fn receive(db: &Db, ctx: &Ctx, input: &ReceiveOrdered) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.receive", Permission::ReceiveGoods, input, receive_in_tx).await
}

/// [`receive`] inside a command.
pub(crate) async fn receive_in_tx(run: &mut Run<'_>, input: &ReceiveOrdered) -> Result<Batch> {
    let against = Against { supplier_order_line_id: input.supplier_order_line_id, preliminary: input.preliminary };
    record_in_tx(run, &input.goods, against, Terms::default()).await
}

/// What a receipt is against.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Against {
    /// The line of a supplier order, 0 = none.
    pub(super) supplier_order_line_id: i64,
    /// The supplier's document with the price comes later.
    pub(super) preliminary: bool,
}

/// Records a receipt of any kind and what it changes of its order; the order gives the tie of `terms`.
pub(super) async fn record_in_tx(run: &mut Run<'_>, goods: &Receive, against: Against, terms: Terms) -> Result<Batch> {
    let mut goods = goods.clone();
    let mut order = None;
    if against.supplier_order_line_id != 0 {
        let of = orders::store::lock_by_line_in_tx(run, against.supplier_order_line_id).await?;
        check(&of, &mut goods, against.supplier_order_line_id)?;
        duties::check_in_tx(run, async |run| orders::store::approved_in_tx(run, &of).await).await?;
        order = Some(of);
    }
    let supplier_order_id = order.as_ref().map_or(0, |order| order.supplier_order_id);
    let terms = Terms { supplier_order_id, ..terms };
    let Recorded { batch, net } = batches::commands::record_in_tx(run, &goods, terms).await?;
    if order.is_none() && !against.preliminary {
        return Ok(batch);
    }
    let receipt = Receipt {
        batch_id: batch.batch_id,
        supplier_order_id,
        supplier_order_line_id: against.supplier_order_line_id,
        net,
        vat: batch.vat,
        preliminary: against.preliminary,
        final_net: None,
        final_vat: None,
        finalised_on: None,
        additional_expense_id: 0,
    };
    store::insert_in_tx(run, &receipt).await?;
    if let Some(mut order) = order {
        let received = orders::store::received_in_tx(run, &order).await?;
        order.receive(goods.received_on, &received)?;
        orders::store::save_in_tx(run, &order).await?;
    }
    Ok(batch)
}

/// The goods are those of the line, between the same two; a contract that is left out is the order's.
fn check(order: &SupplierOrder, goods: &mut Receive, supplier_order_line_id: i64) -> Result<()> {
    let number = &order.number;
    if goods.company_id != order.company_id {
        let message = format!("supplier order {number} belongs to another company; receive for the one that ordered");
        return Err(Error::rejected(Code::CompanyMismatch, message));
    }
    if goods.party_id != order.party_id {
        let message = format!("supplier order {number} is to another supplier; receive from the one it was sent to");
        return Err(Error::rejected(Code::PartyMismatch, message));
    }
    if goods.contract_id == 0 {
        goods.contract_id = order.contract_id;
    }
    if goods.contract_id != order.contract_id {
        let message = format!("supplier order {number} is under another contract; leave the contract out, or correct it");
        return Err(Error::invalid("contractId", message));
    }
    let line = order.lines.iter().find(|line| line.supplier_order_line_id == supplier_order_line_id);
    if line.is_none_or(|line| line.product_id != goods.product_id) {
        let message = format!("the line of supplier order {number} is of another product; choose the line of this one");
        return Err(Error::rejected(Code::ProductMismatch, message));
    }
    Ok(())
}

/// Makes a preliminary price final (окончательная цена): the difference, either way, goes to the goods wherever they are now and to what is
/// owed to the supplier.
///
/// Errors: `NOT_FOUND`, `PRICE_FINAL`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `BATCH_VALUE_SHORT`, `FORBIDDEN`, `FOUR_EYES` and those of
/// posting.
pub async fn finalise(db: &Db, ctx: &Ctx, input: &Finalise) -> Result<Outcome<Receipt>> {
    command::run(db, ctx, "purchasing.price_finalise", Permission::ReceiveGoods, input, finalise_in_tx).await
}

async fn finalise_in_tx(run: &mut Run<'_>, input: &Finalise) -> Result<Receipt> {
    let net = money::positive(input.net, "net")?;
    let vat = money::not_negative(input.vat, "vat")?;
    let store::Known { mut receipt, company_id, party_id, contract_id, number, received_on } =
        store::lock_in_tx(run, input.batch_id).await?;
    if input.issued_on < received_on {
        let message = format!("batch {number} came on {received_on}; a document of an earlier day is no correction of it");
        return Err(Error::invalid("issuedOn", message));
    }
    let difference = difference(&receipt, &number, net, vat)?;
    let mut on = input.effective_on.unwrap_or(input.issued_on);
    receipt.additional_expense_id = 0;
    if let Some(of) = difference {
        let expense = expenses::PostExpense {
            company_id,
            party_id,
            contract_id,
            article_id: store::article_in_tx(run).await?,
            kind: of.kind,
            number: input.number.clone(),
            issued_on: input.issued_on,
            effective_on: input.effective_on,
            net: of.net,
            vat: of.vat,
            basis: Basis::Pieces,
            targets: vec![expenses::Target { batch_id: receipt.batch_id, share: None }],
        };
        let tie = if store::is_open_in_tx(run, receipt.supplier_order_id).await? { receipt.supplier_order_id } else { 0 };
        let expense = expenses::post_in_tx(run, &expense, tie).await?;
        (receipt.additional_expense_id, on) = (expense.additional_expense_id, expense.effective_on);
    } else {
        on = ledger::store::hold_open_day_in_tx(run, company_id, on).await?;
    }
    (receipt.final_net, receipt.final_vat, receipt.finalised_on) = (Some(net), Some(vat), Some(on));
    store::save_in_tx(run, &receipt).await?;
    Ok(receipt)
}
