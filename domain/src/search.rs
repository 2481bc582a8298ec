//! Looking for things by what people remember of them (поиск): each slice finds its own rows and ranks them.

use crate::error::{Error, Result};

/// Shortest and longest text that is looked for, characters.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=100;

/// Fewer digits than this would find everything.
const DIGITS_MIN: usize = 3;

/// Own numbers have at least so many digits, `З-000123`.
const NUMBER_DIGITS: usize = 6;

/// What is looked for (строка поиска).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The text as it was typed: names with typing errors, words in any form.
    pub words: String,
    /// The digits in it, part of a number, an ИНН or a phone; empty when there are too few.
    pub digits: String,
    /// The letters of a document's number typed with them (`З-000123`, `з 123`), in small ones; otherwise empty. Such digits are of a number
    /// with these letters and of nothing else.
    pub letters: String,
}

impl Search {
    /// Reads the text; errors: `INVALID_INPUT`.
    pub fn parse(text: &str) -> Result<Self> {
        if !LENGTH.contains(&text.trim().chars().count()) {
            return Err(Error::invalid("text", format!("type {} to {} characters to look for", LENGTH.start(), LENGTH.end())));
        }
        Ok(Self::loose(text))
    }

    /// Reads the text of whatever length, for lists that it only narrows.
    pub fn loose(text: &str) -> Self {
        let words = text.trim().to_owned();
        if let Some((letters, digits)) = numbered(&words) {
            // With its letters a number may be typed without its zeros.
            let width = if digits.len() < DIGITS_MIN { NUMBER_DIGITS } else { 0 };
            return Self { digits: format!("{digits:0>width$}"), letters: letters.to_lowercase(), words };
        }
        let mut digits: String = words.chars().filter(char::is_ascii_digit).collect();
        // A phone is typed from +7, from 8 or from neither.
        if digits.len() == 11 && digits.starts_with(['7', '8']) {
            digits.remove(0);
        }
        if digits.len() < DIGITS_MIN {
            digits.clear();
        }
        Self { words, digits, letters: String::new() }
    }

    /// The digits where they would not be of a document's number: in a phone, an ИНН.
    pub fn digits_elsewhere(&self) -> &str {
        if self.letters.is_empty() { &self.digits } else { "" }
    }
}

/// The letters and the digits of a document's number: one or two letters, perhaps a dash or a blank, digits.
fn numbered(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|one: char| !one.is_alphabetic())?;
    let (letters, rest) = text.split_at(end);
    let digits = rest.trim_start_matches([' ', '-', '–', '№']);
    let is_number =
        (1..=2).contains(&letters.chars().count()) && !digits.is_empty() && digits.bytes().all(|one| one.is_ascii_digit());
    is_number.then_some((letters, digits))
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its id.
    pub id: i64,
    /// How well it fits, 0 to 1; 2 is the very row whose number was typed with its letters.
    pub rank: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_the_same_however_it_is_typed() {
        for text in ["+7 (900) 123-45-67", "8 900 123 45 67", "9001234567"] {
            assert_eq!(Search::parse(text).unwrap().digits, "9001234567", "{text}");
        }
        assert_eq!(
            Search::parse(" Л5 ").unwrap(),
            Search { words: "Л5".to_owned(), digits: "000005".to_owned(), letters: "л".to_owned() }
        );
    }

    #[test]
    fn a_number_typed_with_its_letters_is_of_that_kind_only() {
        for (text, letters, digits) in [("З-000123", "з", "000123"), ("з 123", "з", "123"), ("ЗП12", "зп", "000012")] {
            let wanted = Search::parse(text).unwrap();
            assert_eq!(
                (wanted.letters.as_str(), wanted.digits.as_str(), wanted.digits_elsewhere()),
                (letters, digits, ""),
                "{text}"
            );
        }
        for text in ["000123", "а123вс", "тел 9001234567", "AZ 18-700", "Шпунт"] {
            assert_eq!(Search::parse(text).unwrap().letters, "", "{text}");
        }
        assert_eq!(Search::parse("000123").unwrap().digits_elsewhere(), "000123");
        assert_eq!(Search::loose("ш").words, "ш");
    }

    #[test]
    fn nothing_and_everything_are_not_looked_for() {
        for text in ["", " ш ", &"ш".repeat(101)] {
            assert!(Search::parse(text).is_err(), "{text}");
        }
    }
}
