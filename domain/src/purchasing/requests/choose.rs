//! An answer that is chosen becomes a draft of a supplier order.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Answer, Request, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::purchasing::orders::SupplierOrder;
use crate::purchasing::orders::commands::{Create, NewLine, Terms, create_in_tx};

/// Answers to order by, all of one supplier and one request.
#[derive(Debug, Clone, Serialize)]
pub struct Choose {
    /// At least one, each of another line.
    pub supplier_answer_ids: Vec<i64>,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// The open deal the goods are for, 0 = for stock.
    pub deal_id: i64,
    /// Where the goods are expected.
    pub warehouse_id: i64,
    /// What is paid before the goods come, percent of the sum with VAT.
    pub prepayment_percent: Decimal,
    /// Days after the order until that is due.
    pub prepayment_days: i32,
}

/// Makes a draft of a supplier order of chosen answers (выбрать ответ); when every line was ordered, the request is closed.
///
/// Errors: `NOT_FOUND`, `PURCHASE_REQUEST_STATUS` (closed, no longer valid, replaced by a later answer, or ordered already),
/// `PARTY_MISMATCH` (of two suppliers), `INVALID_INPUT`, `FORBIDDEN` and those of creating a supplier order.
pub async fn choose(db: &Db, ctx: &Ctx, input: &Choose) -> Result<Outcome<SupplierOrder>> {
    command::run(db, ctx, "purchasing.answer_choose", Permission::EditPurchases, input, choose_in_tx).await
}

async fn choose_in_tx(run: &mut Run<'_>, input: &Choose) -> Result<SupplierOrder> {
    let first = *input.supplier_answer_ids.first().ok_or_else(|| Error::invalid("answerIds", "choose at least one answer"))?;
    let mut request = store::lock_by_answer_in_tx(run, first).await?;
    request.open()?;
    let answers = store::answers_in_tx(run, request.purchase_request_id).await?;
    let company = companies::store::get_in_tx(run, request.company_id).await?;
    let today = run.ctx.today(company.utc_offset_minutes);
    let chosen = chosen(&request, &answers, &input.supplier_answer_ids, today)?;
    let create = Create {
        company_id: request.company_id,
        party_id: chosen[0].party_id,
        contract_id: input.contract_id,
        deal_id: input.deal_id,
        terms: Terms {
            warehouse_id: input.warehouse_id,
            ordered_on: today,
            expected_on: chosen.iter().map(|answer| answer.delivers_on).max().unwrap_or(today).max(today),
            prepayment_percent: input.prepayment_percent,
            prepayment_days: input.prepayment_days,
            delivery_terms: delivery_terms(&request, &chosen),
            note: request.number.clone(),
            lines: chosen.iter().map(|answer| line(&request, answer)).collect::<Result<_>>()?,
        },
    };
    let order = create_in_tx(run, &create).await?;
    store::ordered_in_tx(run, &input.supplier_answer_ids, order.supplier_order_id).await?;
    let is_ordered = |line_id: i64| {
        answers.iter().any(|one| {
            let now = one.supplier_order_id != 0 || input.supplier_answer_ids.contains(&one.supplier_answer_id);
            one.purchase_request_line_id == line_id && now
        })
    };
    if request.lines.iter().all(|line| is_ordered(line.purchase_request_line_id)) {
        store::close_in_tx(run, &mut request).await?;
    }
    Ok(order)
}

/// The answers of these ids, as far as an order can be made of them together.
fn chosen(request: &Request, answers: &[Answer], ids: &[i64], today: NaiveDate) -> Result<Vec<Answer>> {
    let refused = |message: String| Err(Error::rejected(Code::PurchaseRequestStatus, message));
    let mut chosen: Vec<Answer> = Vec::with_capacity(ids.len());
    for id in ids {
        let answer =
            answers.iter().find(|one| one.supplier_answer_id == *id).ok_or_else(|| Error::not_found("supplier answer", id))?;
        let same_line = |one: &Answer| one.purchase_request_line_id == answer.purchase_request_line_id;
        if chosen.iter().any(same_line) {
            return Err(Error::invalid("answerIds", "two answers are for one line; choose one for each"));
        }
        if chosen.iter().any(|one| one.party_id != answer.party_id) {
            let message = "the answers are of two suppliers; make an order for each";
            return Err(Error::rejected(Code::PartyMismatch, message));
        }
        if answers.iter().any(|one| same_line(one) && one.supplier_order_id != 0) {
            return refused(format!("a line of request {} is ordered already; choose another line", request.number));
        }
        if answer.valid_until < today {
            return refused(format!("the answer held until {}; ask the supplier again", answer.valid_until));
        }
        let later = |one: &Answer| one.party_id == answer.party_id && one.supplier_answer_id > answer.supplier_answer_id;
        if answers.iter().any(|one| same_line(one) && later(one)) {
            return refused("the supplier has answered anew since; choose the later answer".to_owned());
        }
        chosen.push(answer.clone());
    }
    Ok(chosen)
}

fn line(request: &Request, answer: &Answer) -> Result<NewLine> {
    let of = request
        .lines
        .iter()
        .find(|line| line.purchase_request_line_id == answer.purchase_request_line_id)
        .ok_or_else(|| Error::internal("an answer is for no line of its request"))?;
    let sum = crate::money::round(answer.price.price * answer.price.unit.quantity(of.measured()));
    Ok(NewLine { product_id: of.product_id, pieces: of.pieces, price: answer.price, vat: answer.taxed(sum).vat })
}

/// What the order says of the way: the base, the freight as it was answered, the supplier's own terms.
fn delivery_terms(request: &Request, answers: &[Answer]) -> String {
    let freight = |answer: &Answer| match answer.freight {
        none if none.is_zero() => None,
        freight => Some(format!("доставка {freight} ₽/т")),
    };
    let mut parts: Vec<String> = vec![request.base.clone()];
    parts.extend(answers.iter().filter_map(freight));
    parts.extend(answers.iter().filter(|answer| !answer.terms.is_empty()).map(|answer| answer.terms.clone()));
    parts.dedup();
    parts.join("; ").chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::{Price, Unit};
    use crate::purchasing::requests::{Line, State};

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, of_month).unwrap()
    }

    fn request() -> Request {
        let line = |id: i64| Line {
            purchase_request_line_id: id,
            line: 1,
            product_id: id,
            pieces: 10,
            metres: Decimal::from(120),
            tonnes: Decimal::from(12),
        };
        Request {
            purchase_request_id: 1,
            company_id: 1,
            number: "ЗЦ-000001".to_owned(),
            state: State::Open,
            requested_on: day(2),
            needed_on: day(20),
            base: "Электросталь".to_owned(),
            note: String::new(),
            author_id: 0,
            version: 1,
            lines: vec![line(1), line(2)],
            party_ids: vec![1, 2],
        }
    }

    fn answer(id: i64, line: i64, party_id: i64) -> Answer {
        Answer {
            supplier_answer_id: id,
            purchase_request_line_id: line,
            party_id,
            answered_on: day(2),
            price: Price { unit: Unit::Tonne, price: Decimal::from(61_000), includes_vat: true },
            vat_percent: Decimal::from(22),
            freight: Decimal::from(500),
            delivers_on: day(15),
            valid_until: day(9),
            terms: "самовывоз".to_owned(),
            supplier_order_id: 0,
        }
    }

    #[test]
    fn an_order_is_made_of_the_last_valid_answers_of_one_supplier() {
        let answers = [answer(1, 1, 1), answer(2, 1, 1), answer(3, 2, 1), answer(4, 2, 2)];
        let code = |ids: &[i64], on| chosen(&request(), &answers, ids, on).map_err(|error| error.code());
        assert_eq!(code(&[2, 3], day(9)).unwrap().len(), 2);
        assert_eq!(code(&[1, 3], day(9)), Err(Code::PurchaseRequestStatus), "answered anew");
        assert_eq!(code(&[2, 3], day(10)), Err(Code::PurchaseRequestStatus), "no longer valid");
        assert_eq!(code(&[2, 4], day(9)), Err(Code::PartyMismatch));
        assert_eq!(code(&[3, 3], day(9)), Err(Code::InvalidInput));
        assert_eq!(code(&[9], day(9)), Err(Code::NotFound));
        let ordered = [answer(2, 1, 1), Answer { supplier_order_id: 7, ..answer(5, 1, 2) }];
        assert_eq!(chosen(&request(), &ordered, &[2], day(9)).unwrap_err().code(), Code::PurchaseRequestStatus);
    }

    #[test]
    fn the_order_says_what_was_answered() {
        let line = line(&request(), &answer(2, 1, 1)).unwrap();
        // 12 t at 61,000 with VAT are 732,000, of which 132,000 is VAT.
        assert_eq!((line.pieces, line.vat), (10, Decimal::from(132_000)));
        assert_eq!(delivery_terms(&request(), &[answer(2, 1, 1)]), "Электросталь; доставка 500 ₽/т; самовывоз");
    }
}
