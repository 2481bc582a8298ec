//! A change of the margin at completion in words: what happened, to what, and by how much.

use rust_decimal::Decimal;

use super::{Change, What};
use crate::notifications::Language;

/// The sentence of a change.
pub fn text(change: &Change, language: Language) -> String {
    let (happened, what) = (cause(change, language), component(change, language));
    let difference = signed(change.became - change.was, language);
    let (was, became) = (plain(change.was, language), plain(change.became, language));
    match language {
        Language::Ru => format!("{happened}: {what} {difference} (было {was}, стало {became})"),
        Language::En => format!("{happened}: {what} {difference} (was {was}, is {became})"),
    }
}

/// What a command did, for a reader who does not know commands; batches change without one.
fn cause(change: &Change, language: Language) -> String {
    let (ru, en) = match (change.cause.as_str(), change.key.what) {
        ("orders.create", _) => ("Новый заказ", "New order"),
        ("orders.revise", _) => ("Изменён состав или цена заказа", "Lines or prices were changed"),
        ("orders.cancel", _) => ("Отмена заказа", "Order cancelled"),
        ("orders.ship", What::Waiting | What::Expense) => {
            ("Отгрузка: расход сделки отнесён на заказ", "Shipped: the order took its share")
        }
        ("orders.deliver", What::Waiting | What::Expense) => {
            ("Доставка: расход сделки отнесён на заказ", "Delivered: the order took its share")
        }
        ("orders.ship", _) => ("Отгрузка отличается от ожидания", "Shipped otherwise than expected"),
        ("orders.return_goods", _) => ("Возврат от покупателя", "Goods came back"),
        ("orders.correct", _) => ("Корректировка отгрузки", "Shipment corrected"),
        ("direct.add_plan", What::Expense) => ("Новый плановый расход", "New planned expense"),
        ("direct.change_plan", What::Expense) => ("Изменён плановый расход", "Planned expense changed"),
        ("direct.drop_plan", What::Expense) => ("Снят плановый расход", "Planned expense dropped"),
        ("direct.post" | "orders.add_expense", What::Expense | What::Waiting) => ("Счёт поставщика", "A supplier's bill"),
        ("direct.reverse", What::Expense | What::Waiting) => ("Сторно счёта поставщика", "A supplier's bill was taken back"),
        ("deals.move_stage" | "deals.import_wins", _) => ("Сделка закрыта", "The deal was closed"),
        (_, What::Cost) => ("Изменилась себестоимость серии", "A batch changed its cost"),
        _ => ("Изменение", "Change"),
    };
    let happened = if language == Language::Ru { ru } else { en };
    if change.order_number.is_empty() { happened.to_owned() } else { format!("{happened}, {}", change.order_number) }
}

fn component(change: &Change, language: Language) -> String {
    let Change { batch_number: batch, article_ru, article_en, .. } = change;
    match (change.key.what, language) {
        (What::Revenue, Language::Ru) => "выручка".to_owned(),
        (What::Revenue, Language::En) => "revenue".to_owned(),
        (What::Cost, Language::Ru) => format!("себестоимость серии {batch}"),
        (What::Cost, Language::En) => format!("cost of batch {batch}"),
        (What::Expense, Language::Ru) => format!("расход «{article_ru}»"),
        (What::Expense, Language::En) => format!("“{article_en}”"),
        (What::Waiting, Language::Ru) => format!("отложенный расход «{article_ru}»"),
        (What::Waiting, Language::En) => format!("deferred “{article_en}”"),
    }
}

fn signed(amount: Decimal, language: Language) -> String {
    let sign = if amount < Decimal::ZERO { "" } else { "+" };
    format!("{sign}{}", plain(amount, language))
}

/// `−12 000,00` or `−12,000.00`.
fn plain(amount: Decimal, language: Language) -> String {
    let mut rounded = amount.abs();
    rounded.rescale(2);
    let digits = rounded.to_string();
    let (whole, kopecks) = digits.split_once('.').unwrap_or((&digits, "00"));
    // A space that does not break the line.
    let (gap, point) = if language == Language::Ru { ('\u{a0}', ',') } else { (',', '.') };
    let mut written = String::from(if amount < Decimal::ZERO { "−" } else { "" });
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
mod tests {
    use super::super::Key;
    use super::*;

    fn change(cause: &str, what: What, was: &str, became: &str) -> Change {
        Change {
            at: None,
            cause: cause.to_owned(),
            key: Key { what, order_id: 1, batch_id: 1, article_id: 1 },
            order_number: "З-000001".to_owned(),
            batch_number: "С-1".to_owned(),
            article_ru: "Погрузка и разгрузка".to_owned(),
            article_en: "Loading and unloading".to_owned(),
            was: was.parse().unwrap(),
            became: became.parse().unwrap(),
        }
    }

    #[test]
    fn a_change_says_what_happened_and_by_how_much() {
        let bill = change("direct.post", What::Expense, "30000", "31500.5");
        assert_eq!(
            text(&bill, Language::Ru),
            "Счёт поставщика, З-000001: расход «Погрузка и разгрузка» +1\u{a0}500,50 (было 30\u{a0}000,00, стало 31\u{a0}500,50)"
        );
        assert_eq!(
            text(&bill, Language::En),
            "A supplier's bill, З-000001: “Loading and unloading” +1,500.50 (was 30,000.00, is 31,500.50)"
        );
        let cancelled = change("orders.cancel", What::Revenue, "1000", "0");
        assert_eq!(
            text(&cancelled, Language::Ru),
            "Отмена заказа, З-000001: выручка −1\u{a0}000,00 (было 1\u{a0}000,00, стало 0,00)"
        );
        let dearer = change("", What::Cost, "100", "110");
        assert!(
            text(&dearer, Language::Ru).starts_with("Изменилась себестоимость серии, З-000001: себестоимость серии С-1 +10,00")
        );
    }
}
