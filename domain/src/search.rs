//! Looking for things by what people remember of them (поиск): each slice finds its own rows and ranks them.

use crate::error::{Error, Result};

/// Shortest and longest text that is looked for, characters.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=100;

/// Fewer digits than this would find everything.
const DIGITS_MIN: usize = 3;

/// What is looked for (строка поиска).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The text as it was typed: names with typing errors, words in any form.
    pub words: String,
    /// The digits in it, part of a number, an ИНН or a phone; empty when there are too few.
    pub digits: String,
}

impl Search {
    /// Reads the text; errors: `INVALID_INPUT`.
    pub fn parse(text: &str) -> Result<Self> {
        let words = text.trim().to_owned();
        if !LENGTH.contains(&words.chars().count()) {
            return Err(Error::invalid("text", format!("type {} to {} characters to look for", LENGTH.start(), LENGTH.end())));
        }
        let mut digits: String = words.chars().filter(char::is_ascii_digit).collect();
        // A phone is typed from +7, from 8 or from neither.
        if digits.len() == 11 && digits.starts_with(['7', '8']) {
            digits.remove(0);
        }
        if digits.len() < DIGITS_MIN {
            digits.clear();
        }
        Ok(Self { words, digits })
    }
}

/// A row that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its id.
    pub id: i64,
    /// How well it fits, 0 to 1.
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
        assert_eq!(Search::parse(" Л5 ").unwrap(), Search { words: "Л5".to_owned(), digits: String::new() });
        assert_eq!(Search::parse("З-000123").unwrap().digits, "000123");
    }

    #[test]
    fn nothing_and_everything_are_not_looked_for() {
        for text in ["", " ш ", &"ш".repeat(101)] {
            assert!(Search::parse(text).is_err(), "{text}");
        }
    }
}
