//! The sentence of a notification: its words are the catalogue's, its facts are written as people of the language write them.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Facts;
use crate::money;

/// In which language (язык).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Русский.
    Ru,
    /// Английский.
    En,
}

/// Puts the facts into the places named in braces; a place nobody knows stays as it is, and what a fact holds is no place.
pub(super) fn render(template: &str, language: Language, facts: &Facts) -> String {
    let mut text = String::with_capacity(template.len() + 40);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((place, behind)) = after.split_once('}') else {
            rest = &rest[before.len()..];
            break;
        };
        match fact(place, language, facts) {
            Some(fact) => text.push_str(&fact),
            None => text.extend(["{", place, "}"]),
        }
        rest = behind;
    }
    text.push_str(rest);
    text
}

fn fact(place: &str, language: Language, facts: &Facts) -> Option<String> {
    Some(match place {
        "number" => facts.number.clone(),
        "name" => facts.name.clone(),
        "amount" => roubles(facts.amount, language),
        "percent" => decimal(facts.percent.normalize().to_string(), language),
        "count" => facts.count.to_string(),
        "day" => facts.day.map(|day| date(day, language)).unwrap_or_default(),
        _ => return None,
    })
}

fn date(day: NaiveDate, language: Language) -> String {
    match language {
        Language::Ru => day.format("%d.%m.%Y").to_string(),
        Language::En => day.to_string(),
    }
}

/// `1 234 567,80 ₽` or `RUB 1,234,567.80`.
fn roubles(amount: Decimal, language: Language) -> String {
    let mut amount = money::round(amount);
    amount.rescale(2);
    let text = amount.abs().to_string();
    let (whole, kopecks) = text.split_once('.').unwrap_or((&text, "00"));
    // A space that does not break the line.
    let gap = if language == Language::Ru { '\u{a0}' } else { ',' };
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(gap);
        }
        grouped.push(digit);
    }
    let sign = if amount < Decimal::ZERO { "-" } else { "" };
    match language {
        Language::Ru => format!("{sign}{grouped},{kopecks}\u{a0}₽"),
        Language::En => format!("{sign}RUB\u{a0}{grouped}.{kopecks}"),
    }
}

fn decimal(text: String, language: Language) -> String {
    if language == Language::Ru { text.replace('.', ",") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_written_as_people_write_them() {
        let facts = Facts {
            number: "З-000012".to_owned(),
            name: "Мост {amount}".to_owned(),
            amount: Decimal::new(-123_456_780, 2),
            percent: Decimal::new(450, 2),
            count: 3,
            day: NaiveDate::from_ymd_opt(2026, 3, 2),
        };
        let template = "{number} {name}: {amount}, {percent} %, {count}, {day} {what} {";
        let ru = "З-000012 Мост {amount}: -1\u{a0}234\u{a0}567,80\u{a0}₽, 4,5 %, 3, 02.03.2026 {what} {";
        let en = "З-000012 Мост {amount}: -RUB\u{a0}1,234,567.80, 4.5 %, 3, 2026-03-02 {what} {";
        assert_eq!(render(template, Language::Ru, &facts), ru);
        assert_eq!(render(template, Language::En, &facts), en);
        for (amount, text) in [("0", "0,00"), ("999.9", "999,90"), ("1000", "1\u{a0}000,00")] {
            assert_eq!(roubles(amount.parse().unwrap(), Language::Ru), format!("{text}\u{a0}₽"));
        }
    }
}
