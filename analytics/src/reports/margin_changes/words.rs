//! What an entry did to the margin, in words: what it was, by how much, when it was posted and when the goods were shipped.

use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use shpunt_domain::ledger::Account;

use super::{Found, Language};

const MONTHS_RU: [&str; 12] =
    ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"];

/// The sentence of an entry of revenue, cost or direct expenses.
pub(super) fn of(found: &Found, account: Account, language: Language) -> String {
    match language {
        Language::Ru => russian(found, account),
        Language::En => english(found, account),
    }
}

fn russian(found: &Found, account: Account) -> String {
    let Found { order_number: order, batch_number: batch, article_ru: article, .. } = found;
    let more = found.amount_2 > Decimal::ZERO;
    let (what, where_to) = match account {
        Account::Revenue if more => (format!("Уменьшение выручки по заказу {order}"), "к выручке"),
        Account::Revenue => (format!("Выручка по заказу {order}"), "к выручке"),
        Account::Cogs if found.held > 0 => (format!("Отгрузка из серии {batch} по заказу {order}"), "к себестоимости"),
        Account::Cogs if found.held < 0 => (format!("Возврат в серию {batch} по заказу {order}"), "к себестоимости"),
        Account::Cogs if !more => (format!("Уменьшение себестоимости по серии {batch}"), "к себестоимости"),
        Account::Cogs if found.is_late() => (format!("Поздний расход по серии {batch}"), "к себестоимости"),
        Account::Cogs => (format!("Дополнительный расход по серии {batch}"), "к себестоимости"),
        _ if order.is_empty() => (format!("Расход «{article}» сделки"), "к прямым расходам"),
        _ if !more => (format!("Уменьшение расхода «{article}» по заказу {order}"), "к прямым расходам"),
        _ if found.is_late() => (format!("Расход «{article}» после отгрузки заказа {order}"), "к прямым расходам"),
        _ => (format!("Расход «{article}» по заказу {order}"), "к прямым расходам"),
    };
    let (posted, shipped) = (day_ru(found.effective_on), day_ru(found.origin_on));
    let when = match (found.effective_on == found.origin_on, account) {
        (false, _) => format!("проведено {posted}, отгрузка {shipped}"),
        (true, Account::OrderExpenses) => format!("проведено {posted}"),
        (true, _) => format!("отгрузка {shipped}"),
    };
    format!("{what}: {} {where_to}, {when}", signed(found.growth(account), Language::Ru))
}

fn english(found: &Found, account: Account) -> String {
    let Found { order_number: order, batch_number: batch, article_en: article, .. } = found;
    let more = found.amount_2 > Decimal::ZERO;
    let (what, where_to) = match account {
        Account::Revenue if more => (format!("Less revenue of order {order}"), "to revenue"),
        Account::Revenue => (format!("Revenue of order {order}"), "to revenue"),
        Account::Cogs if found.held > 0 => (format!("Shipment from batch {batch} for order {order}"), "to cost of sales"),
        Account::Cogs if found.held < 0 => (format!("Return to batch {batch} of order {order}"), "to cost of sales"),
        Account::Cogs if !more => (format!("Less cost of batch {batch}"), "to cost of sales"),
        Account::Cogs if found.is_late() => (format!("Late cost of batch {batch}"), "to cost of sales"),
        Account::Cogs => (format!("Additional cost of batch {batch}"), "to cost of sales"),
        _ if order.is_empty() => (format!("“{article}” of the deal"), "to direct expenses"),
        _ if !more => (format!("Less “{article}” of order {order}"), "to direct expenses"),
        _ if found.is_late() => (format!("“{article}” after order {order} was shipped"), "to direct expenses"),
        _ => (format!("“{article}” of order {order}"), "to direct expenses"),
    };
    let (posted, shipped) = (day_en(found.effective_on), day_en(found.origin_on));
    let when = match (found.effective_on == found.origin_on, account) {
        (false, _) => format!("posted {posted}, shipped {shipped}"),
        (true, Account::OrderExpenses) => format!("posted {posted}"),
        (true, _) => format!("shipped {shipped}"),
    };
    format!("{what}: {} {where_to}, {when}", signed(found.growth(account), Language::En))
}

impl Found {
    /// Posted after the shipment it belongs to.
    fn is_late(&self) -> bool {
        self.effective_on > self.origin_on
    }

    /// By how much the account grew as a reader counts it: revenue is a credit.
    fn growth(&self, account: Account) -> Decimal {
        if account == Account::Revenue { -self.amount_2 } else { self.amount_2 }
    }
}

fn day_ru(day: NaiveDate) -> String {
    let month = MONTHS_RU.get(day.month0() as usize).copied().unwrap_or_default();
    format!("{} {month} {}", day.day(), day.year())
}

fn day_en(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// `+12 000,00` or `+12,000.00`.
fn signed(amount: Decimal, language: Language) -> String {
    let mut amount = amount;
    amount.rescale(2);
    let text = amount.abs().to_string();
    let (whole, kopecks) = text.split_once('.').unwrap_or((&text, "00"));
    // A space that does not break the line.
    let (gap, point) = if language == Language::Ru { ('\u{a0}', ',') } else { (',', '.') };
    let sign = if amount < Decimal::ZERO { '−' } else { '+' };
    let mut written = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            written.push(gap);
        }
        written.push(digit);
    }
    written.push(point);
    written.push_str(kopecks);
    written
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::DateTime;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    pub(in super::super) fn found() -> Found {
        Found {
            entry_id: 1,
            booked: DateTime::UNIX_EPOCH,
            code: "cogs".to_owned(),
            amount_2: "12000".parse().unwrap(),
            held: 0,
            effective_on: day("2026-06-05"),
            origin_on: day("2026-03-12"),
            document_id: 1,
            order_number: "З-000001".to_owned(),
            batch_number: "С-1".to_owned(),
            article_ru: "Доставка до покупателя".to_owned(),
            article_en: "Freight to the customer".to_owned(),
        }
    }

    fn ru(account: Account, found: &Found) -> String {
        of(found, account, Language::Ru)
    }

    #[test]
    fn a_late_cost_says_when_it_was_posted_and_when_the_goods_left() {
        let late = found();
        assert_eq!(
            ru(Account::Cogs, &late),
            "Поздний расход по серии С-1: +12\u{a0}000,00 к себестоимости, проведено 5 июня 2026, отгрузка 12 марта 2026"
        );
        assert_eq!(
            of(&late, Account::Cogs, Language::En),
            "Late cost of batch С-1: +12,000.00 to cost of sales, posted 5 June 2026, shipped 12 March 2026"
        );
        let less = Found { amount_2: "-0.5".parse().unwrap(), ..found() };
        assert!(ru(Account::Cogs, &less).starts_with("Уменьшение себестоимости по серии С-1: −0,50 к себестоимости"));
    }

    #[test]
    fn a_shipment_is_revenue_and_cost_of_one_day() {
        let shipped = Found { held: 5, effective_on: day("2026-03-12"), ..found() };
        assert_eq!(
            ru(Account::Cogs, &shipped),
            "Отгрузка из серии С-1 по заказу З-000001: +12\u{a0}000,00 к себестоимости, отгрузка 12 марта 2026"
        );
        let revenue = Found { amount_2: "-1234567.8".parse().unwrap(), held: -5, ..shipped };
        assert_eq!(
            ru(Account::Revenue, &revenue),
            "Выручка по заказу З-000001: +1\u{a0}234\u{a0}567,80 к выручке, отгрузка 12 марта 2026"
        );
        let back = Found { held: -5, amount_2: "-12000".parse().unwrap(), ..found() };
        assert!(ru(Account::Cogs, &back).starts_with("Возврат в серию С-1 по заказу З-000001: −12\u{a0}000,00"));
    }

    #[test]
    fn an_expense_of_an_order_names_its_article() {
        let late = found();
        assert!(
            ru(Account::OrderExpenses, &late)
                .starts_with("Расход «Доставка до покупателя» после отгрузки заказа З-000001: +12\u{a0}000,00 к прямым расходам")
        );
        let in_time = Found { effective_on: late.origin_on, ..late.clone() };
        assert!(ru(Account::OrderExpenses, &in_time).ends_with("к прямым расходам, проведено 12 марта 2026"));
        let back = Found { amount_2: -late.amount_2, ..late };
        assert!(of(&back, Account::OrderExpenses, Language::En).starts_with("Less “Freight to the customer” of order"));
        let of_deal = Found { order_number: String::new(), ..back };
        assert!(ru(Account::OrderExpenses, &of_deal).starts_with("Расход «Доставка до покупателя» сделки: −12"));
    }
}
