//! Commands of requests for prices: ask, write down an answer, close.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Answer, Line, Request, State, store};
use crate::access::Permission;
use crate::batches::{self, countable, measure};
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::companies;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::orders::{Price, Unit};
use crate::{days, money, text};

/// Lines of a request at most.
const LINES_MAX: usize = 100;

/// Suppliers of a request at most.
const SUPPLIERS_MAX: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct NewLine {
    /// Goods.
    pub product_id: i64,
    /// Pieces.
    pub pieces: i64,
}

/// A new request for prices.
#[derive(Debug, Clone, Serialize)]
pub struct Ask {
    /// Who buys.
    pub company_id: i64,
    /// When the goods are needed at the base.
    pub needed_on: NaiveDate,
    /// Where prices are compared at.
    pub base: String,
    /// Free text.
    pub note: String,
    /// 1 to 100.
    pub lines: Vec<NewLine>,
    /// Who is asked, 1 to 50, each once.
    pub party_ids: Vec<i64>,
}

/// An answer to write down.
#[derive(Debug, Clone, Serialize)]
pub struct Tell {
    /// The line it is for.
    pub purchase_request_line_id: i64,
    /// Who answered: one of those asked.
    pub party_id: i64,
    /// The price per tonne, metre or piece.
    pub price: Price,
    /// The supplier's VAT rate, percent; 0 = without VAT.
    pub vat_percent: Decimal,
    /// Freight to the base, roubles per tonne; with VAT where the price is.
    pub freight: Decimal,
    /// When the goods would be at the base.
    pub delivers_on: NaiveDate,
    /// Last day it holds.
    pub valid_until: NaiveDate,
    /// Free text.
    pub terms: String,
}

/// A request of which no more answers are awaited.
#[derive(Debug, Clone, Serialize)]
pub struct Close {
    /// The request.
    pub purchase_request_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
}

/// Asks several suppliers for prices (запрос цен). Errors: `NOT_FOUND`, `PARTY_MISMATCH`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`,
/// `FORBIDDEN`.
pub async fn ask(db: &Db, ctx: &Ctx, input: &Ask) -> Result<Outcome<Request>> {
    command::run(db, ctx, "purchasing.request_create", Permission::EditPurchases, input, ask_in_tx).await
}

async fn ask_in_tx(run: &mut Run<'_>, input: &Ask) -> Result<Request> {
    if input.lines.is_empty() || input.lines.len() > LINES_MAX {
        return Err(Error::invalid("lines", format!("a request has 1 to {LINES_MAX} lines")));
    }
    let mut party_ids = input.party_ids.clone();
    party_ids.sort_unstable();
    party_ids.dedup();
    if party_ids.is_empty() || party_ids.len() > SUPPLIERS_MAX || party_ids.len() != input.party_ids.len() {
        return Err(Error::invalid("supplierIds", format!("ask 1 to {SUPPLIERS_MAX} suppliers, each once")));
    }
    let base = text::required(&input.base, "base", 200)?;
    let note = text::optional(&input.note, "note", 500)?;
    let company = companies::store::get_in_tx(run, input.company_id).await?;
    let requested_on = run.ctx.today(company.utc_offset_minutes);
    let needed_on = days::known(input.needed_on, "neededOn")?;
    if needed_on < requested_on {
        return Err(Error::invalid("neededOn", format!("goods cannot be needed before today, {requested_on}")));
    }
    for party_id in &party_ids {
        batches::store::check_supplier_in_tx(run, input.company_id, *party_id, 0).await?;
    }
    let mut lines = Vec::with_capacity(input.lines.len());
    for (index, new) in input.lines.iter().enumerate() {
        lines.push(line_in_tx(run, index, new).await.map_err(|error| error.at(&format!("lines.{index}")))?);
    }
    let request = Request {
        purchase_request_id: 0,
        company_id: input.company_id,
        number: String::new(),
        state: State::Open,
        requested_on,
        needed_on,
        base,
        note,
        author_id: run.ctx.actor.user_id,
        version: 1,
        lines,
        party_ids,
    };
    store::insert_in_tx(run, request).await
}

async fn line_in_tx(run: &mut Run<'_>, index: usize, new: &NewLine) -> Result<Line> {
    let line = i32::try_from(index + 1).map_err(|_| Error::invalid("lines", "too many lines"))?;
    let product = batches::store::goods_in_tx(run, new.product_id).await?.in_use("productId")?;
    let of = measure(countable(new.pieces)?, product.length_m, product.kg_per_m);
    Ok(Line {
        purchase_request_line_id: 0,
        line,
        product_id: new.product_id,
        pieces: of.pieces,
        metres: of.metres,
        tonnes: of.tonnes,
    })
}

/// Writes an answer down (ответ поставщика); it takes the place of the supplier's earlier one for the line. Errors: `NOT_FOUND`,
/// `PARTY_MISMATCH`, `PURCHASE_REQUEST_STATUS`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `FORBIDDEN`.
pub async fn answer(db: &Db, ctx: &Ctx, input: &Tell) -> Result<Outcome<Answer>> {
    command::run(db, ctx, "purchasing.answer_add", Permission::EditPurchases, input, answer_in_tx).await
}

async fn answer_in_tx(run: &mut Run<'_>, input: &Tell) -> Result<Answer> {
    let request = store::lock_by_line_in_tx(run, input.purchase_request_line_id).await?;
    request.open()?;
    if !request.party_ids.contains(&input.party_id) {
        let message = format!("request {} was not sent to this supplier; choose one that was asked", request.number);
        return Err(Error::rejected(Code::PartyMismatch, message));
    }
    if input.price.unit == Unit::Service {
        return Err(Error::invalid("unit", "goods are priced per т, м or шт"));
    }
    if !(Decimal::ZERO..=Decimal::from(30)).contains(&input.vat_percent) || input.vat_percent.normalize().scale() > 2 {
        return Err(Error::invalid("vatPercent", "a VAT rate is 0 to 30 percent with at most two decimal places"));
    }
    money::positive(input.price.price, "price")?;
    let company = companies::store::get_in_tx(run, request.company_id).await?;
    let answered_on = run.ctx.today(company.utc_offset_minutes);
    let valid_until = days::known(input.valid_until, "validUntil")?;
    if valid_until < answered_on {
        return Err(Error::invalid("validUntil", format!("an answer holds at least until today, {answered_on}")));
    }
    let answer = Answer {
        supplier_answer_id: 0,
        purchase_request_line_id: input.purchase_request_line_id,
        party_id: input.party_id,
        answered_on,
        price: input.price,
        vat_percent: input.vat_percent,
        freight: money::not_negative(input.freight, "freight")?,
        delivers_on: days::known(input.delivers_on, "deliversOn")?,
        valid_until,
        terms: text::optional(&input.terms, "terms", 300)?,
        supplier_order_id: 0,
    };
    store::insert_answer_in_tx(run, answer).await
}

/// Closes a request (закрыть запрос). Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `PURCHASE_REQUEST_STATUS`, `FORBIDDEN`.
pub async fn close(db: &Db, ctx: &Ctx, input: &Close) -> Result<Outcome<Request>> {
    command::run(db, ctx, "purchasing.request_close", Permission::EditPurchases, input, async |run, input| {
        let mut request = store::lock_in_tx(run, input.purchase_request_id).await?;
        same_version("purchase_request", request.purchase_request_id, request.version, input.expected_version)?;
        request.open()?;
        store::close_in_tx(run, &mut request).await?;
        Ok(request)
    })
    .await
}
