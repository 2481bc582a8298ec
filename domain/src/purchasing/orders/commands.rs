//! Commands of supplier orders: create, revise, approve, send, confirm, close, cancel.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Line, State, SupplierOrder, release, store};
use crate::access::Permission;
use crate::batches::{self, countable, measure};
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::notifications::{Fact, Facts, SUPPLIER_ORDER_WAITING, Subject};
use crate::orders::{self, Price, Unit};
use crate::{days, money, notifications, parties, text};

/// Lines of a supplier order at most.
const LINES_MAX: usize = 100;

/// Days until a prepayment is due at most.
const DAYS_MAX: i32 = 365;

/// A line as it is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct NewLine {
    /// Goods.
    pub product_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// The price per tonne, metre or piece.
    pub price: Price,
    /// VAT of the line as printed by the supplier, roubles.
    pub vat: Decimal,
}

/// What a supplier order says beside its parties.
#[derive(Debug, Clone, Serialize)]
pub struct Terms {
    /// Where the goods are expected.
    pub warehouse_id: i64,
    /// Its date.
    pub ordered_on: NaiveDate,
    /// When the goods are expected.
    pub expected_on: NaiveDate,
    /// What is paid before the goods come, percent of the sum with VAT.
    pub prepayment_percent: Decimal,
    /// Days after the order until that is due.
    pub prepayment_days: i32,
    /// Who brings it, where from, on what terms.
    pub delivery_terms: String,
    /// Free text.
    pub note: String,
    /// 1 to 100.
    pub lines: Vec<NewLine>,
}

/// A new supplier order.
#[derive(Debug, Clone, Serialize)]
pub struct Create {
    /// Who buys.
    pub company_id: i64,
    /// The supplier.
    pub party_id: i64,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// The open deal the goods are for, 0 = for stock.
    pub deal_id: i64,
    /// The rest of it.
    pub terms: Terms,
}

/// Changes a draft.
#[derive(Debug, Clone, Serialize)]
pub struct Revise {
    /// The order.
    pub supplier_order_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// As it shall be.
    pub terms: Terms,
}

/// A step of a supplier order.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The order.
    pub supplier_order_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// What is said to it, may be empty.
    pub note: String,
    /// When the goods are expected now, as the supplier confirmed it.
    pub expected_on: Option<NaiveDate>,
}

/// Makes a draft. Errors: `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`, `DEAL_CLOSED`, `PARTY_REQUIRED`, `INVALID_INPUT`,
/// `AMOUNT_NOT_POSITIVE`, `FORBIDDEN`.
pub async fn create(db: &Db, ctx: &Ctx, input: &Create) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.supplier_order_create", Permission::EditPurchases, input, create_in_tx).await
}

/// [`create`] inside a command.
pub(crate) async fn create_in_tx(run: &mut Run<'_>, input: &Create) -> Result<SupplierOrder> {
    batches::store::check_supplier_in_tx(run, input.company_id, input.party_id, input.contract_id).await?;
    if input.deal_id != 0 {
        let deal = orders::store::open_deal_in_tx(run, input.deal_id).await?;
        if deal.company_id != input.company_id {
            let message = "the deal belongs to another company; buy by the company that sells";
            return Err(Error::rejected(Code::CompanyMismatch, message));
        }
    }
    let mut order = SupplierOrder {
        supplier_order_id: 0,
        company_id: input.company_id,
        party_id: input.party_id,
        contract_id: input.contract_id,
        deal_id: input.deal_id,
        warehouse_id: 0,
        number: String::new(),
        state: State::Draft,
        ordered_on: input.terms.ordered_on,
        expected_on: input.terms.expected_on,
        prepayment_percent: Decimal::ZERO,
        prepayment_days: 0,
        delivery_terms: String::new(),
        note: String::new(),
        author_id: run.ctx.actor.user_id,
        decided_by: 0,
        decision_note: String::new(),
        net: Decimal::ZERO,
        vat: Decimal::ZERO,
        gross: Decimal::ZERO,
        version: 1,
        lines: Vec::new(),
    };
    apply_in_tx(run, &mut order, &input.terms).await?;
    let order = store::insert_in_tx(run, order).await?;
    tell_in_tx(run, &order).await?;
    Ok(order)
}

/// Tells whoever may approve that a draft waits for it.
async fn tell_in_tx(run: &mut Run<'_>, order: &SupplierOrder) -> Result<()> {
    let name = parties::store::get_in_tx(run, order.party_id).await?.name;
    let facts = Facts { number: order.number.clone(), name, amount: order.gross, ..Facts::default() };
    let subject = Subject::SupplierOrder(order.supplier_order_id);
    let fact = Fact { subject, deal_id: 0, employee_id: 0, but_user_id: order.author_id, episode: String::new(), facts };
    notifications::store::tell_in_tx(run, SUPPLIER_ORDER_WAITING, fact).await?;
    Ok(())
}

/// Changes a draft; errors: `SUPPLIER_ORDER_STATUS`, `VERSION_CONFLICT` and those of [`create`].
pub async fn revise(db: &Db, ctx: &Ctx, input: &Revise) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.supplier_order_revise", Permission::EditPurchases, input, async |run, input| {
        let mut order = lock_in_tx(run, input.supplier_order_id, input.expected_version).await?;
        order.revise()?;
        // The terms are whose who wrote them last: that person does not approve them.
        order.author_id = run.ctx.actor.user_id;
        apply_in_tx(run, &mut order, &input.terms).await?;
        store::replace_lines_in_tx(run, &mut order).await?;
        store::save_in_tx(run, &order).await?;
        Ok(order)
    })
    .await
}

/// Approves what somebody else made (согласовать). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `FOUR_EYES`,
/// `INVALID_INPUT`, `FORBIDDEN`.
pub async fn approve(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.supplier_order_approve", Permission::ApprovePurchases, input, async |run, input| {
        let (note, user_id) = (text::optional(&input.note, "note", 300)?, run.ctx.actor.user_id);
        step_in_tx(run, input, |order| order.approve(user_id, note)).await
    })
    .await
}

/// Approved → sent to the supplier (отправить). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `FORBIDDEN`.
pub async fn send(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.supplier_order_send", Permission::EditPurchases, input, async |run, input| {
        step_in_tx(run, input, |order| order.become_state(State::Sent)).await
    })
    .await
}

/// Sent → confirmed by the supplier (подтвердить), perhaps for another day. Errors: `NOT_FOUND`, `VERSION_CONFLICT`,
/// `SUPPLIER_ORDER_STATUS`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn confirm(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.supplier_order_confirm", Permission::EditPurchases, input, async |run, input| {
        step_in_tx(run, input, |order| {
            order.become_state(State::Confirmed)?;
            if let Some(expected_on) = input.expected_on {
                order.expected_on = expected(order.ordered_on, expected_on)?;
            }
            Ok(())
        })
        .await
    })
    .await
}

/// Closes an order of which something came (закрыть), also with an undelivered rest; what is left of its advances becomes the contract's.
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `SUPPLIER_ORDER_STATUS`, `INVALID_INPUT`, `FORBIDDEN` and those of posting.
pub async fn close(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.supplier_order_close", Permission::EditPurchases, input, async |run, input| {
        end_in_tx(run, input, State::Closed).await
    })
    .await
}

/// Cancels an order of which nothing came (отменить); its advances become the contract's. Errors: as of [`close`].
pub async fn cancel(db: &Db, ctx: &Ctx, input: &Step) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.supplier_order_cancel", Permission::EditPurchases, input, async |run, input| {
        end_in_tx(run, input, State::Cancelled).await
    })
    .await
}

async fn end_in_tx(run: &mut Run<'_>, input: &Step, state: State) -> Result<SupplierOrder> {
    let note = text::optional(&input.note, "note", 300)?;
    let order = step_in_tx(run, input, |order| {
        order.become_state(state)?;
        order.decision_note = note;
        Ok(())
    })
    .await?;
    release::advances_in_tx(run, &order).await?;
    Ok(order)
}

/// A step: the order as it was read, locked, changed and saved.
async fn step_in_tx(
    run: &mut Run<'_>,
    input: &Step,
    change: impl FnOnce(&mut SupplierOrder) -> Result<()> + Send,
) -> Result<SupplierOrder> {
    let mut order = lock_in_tx(run, input.supplier_order_id, input.expected_version).await?;
    change(&mut order)?;
    store::save_in_tx(run, &order).await?;
    Ok(order)
}

async fn lock_in_tx(run: &mut Run<'_>, supplier_order_id: i64, expected_version: i32) -> Result<SupplierOrder> {
    let order = store::lock_in_tx(run, supplier_order_id).await?;
    same_version("supplier_order", supplier_order_id, order.version, expected_version)?;
    Ok(order)
}

fn expected(ordered_on: NaiveDate, expected_on: NaiveDate) -> Result<NaiveDate> {
    let expected_on = days::known(expected_on, "expectedOn")?;
    if expected_on < ordered_on {
        let message = format!("goods cannot be expected before their order of {ordered_on}; choose a later day");
        return Err(Error::invalid("expectedOn", message));
    }
    Ok(expected_on)
}

/// Puts terms and priced lines into the order.
async fn apply_in_tx(run: &mut Run<'_>, order: &mut SupplierOrder, terms: &Terms) -> Result<()> {
    if terms.lines.is_empty() || terms.lines.len() > LINES_MAX {
        return Err(Error::invalid("lines", format!("a supplier order has 1 to {LINES_MAX} lines")));
    }
    if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&terms.prepayment_percent)
        || terms.prepayment_percent.normalize().scale() > 2
    {
        return Err(Error::invalid("prepaymentPercent", "a prepayment is 0 to 100 percent with at most two decimal places"));
    }
    if !(0..=DAYS_MAX).contains(&terms.prepayment_days) {
        return Err(Error::invalid("prepaymentDays", format!("a prepayment is due within 0 to {DAYS_MAX} days")));
    }
    order.ordered_on = days::known(terms.ordered_on, "orderedOn")?;
    order.expected_on = expected(order.ordered_on, terms.expected_on)?;
    order.warehouse_id = terms.warehouse_id;
    order.prepayment_percent = terms.prepayment_percent;
    order.prepayment_days = terms.prepayment_days;
    order.delivery_terms = text::optional(&terms.delivery_terms, "deliveryTerms", 500)?;
    order.note = text::optional(&terms.note, "note", 500)?;
    let mut lines = Vec::with_capacity(terms.lines.len());
    for (index, new) in terms.lines.iter().enumerate() {
        lines.push(line_in_tx(run, index, new).await.map_err(|error| error.at(&format!("lines.{index}")))?);
    }
    order.set_lines(lines);
    Ok(())
}

async fn line_in_tx(run: &mut Run<'_>, index: usize, new: &NewLine) -> Result<Line> {
    let number = i32::try_from(index + 1).map_err(|_| Error::invalid("lines", "too many lines"))?;
    if new.price.unit == Unit::Service {
        return Err(Error::invalid("unit", "goods are priced per т, м or шт"));
    }
    money::positive(new.price.price, "price")?;
    let vat = money::not_negative(new.vat, "vat")?;
    let product = batches::store::goods_in_tx(run, new.product_id).await?.in_use("productId")?;
    let measured = measure(countable(new.pieces)?, product.length_m, product.kg_per_m);
    Line::new(number, new.product_id, measured, new.price, vat)
}
