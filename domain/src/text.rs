//! Which texts a person may type into a field: trimmed, not longer than its column, without control characters, with something to see.

use crate::error::{Error, Result};

/// The trimmed text of 1 to `max` characters.
pub fn required(value: &str, path: &str, max: usize) -> Result<String> {
    let value = optional(value, path, max)?;
    if !value.chars().any(shows) {
        return Err(Error::invalid(path, format!("{path} must not be empty")));
    }
    Ok(value)
}

/// The trimmed text of 0 to `max` characters.
pub fn optional(value: &str, path: &str, max: usize) -> Result<String> {
    let value = value.trim();
    if value.chars().count() > max {
        return Err(Error::invalid(path, format!("{path} is longer than {max} characters; shorten it")));
    }
    if value.chars().any(|c| c.is_control() || turns(c)) {
        return Err(Error::invalid(path, format!("{path} contains control characters; remove them")));
    }
    Ok(value.to_owned())
}

/// Whether the eye sees the character as one of its own: a letter, a digit, a sign of the keyboard.
pub(crate) fn shows(c: char) -> bool {
    // Letters to Unicode, but nothing to the eye.
    const FILLERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
    c.is_alphanumeric() && !FILLERS.contains(&c) || c.is_ascii_graphic()
}

/// Whether it changes the direction of what follows, and so what a name looks like.
const fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An ИНН of 10 or 12 digits.
pub fn inn(value: &str, path: &str) -> Result<String> {
    let value = value.trim();
    if !matches!(value.len(), 10 | 12) || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid(path, format!("{path} must be 10 or 12 digits")));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_seen() {
        for blank in ["", "   ", "\u{a0}", "\u{200b}", "\u{200b}\u{2060}", "\u{feff}", "\u{3164}", "\u{2800}"] {
            assert!(required(blank, "name", 9).is_err(), "{blank:?}");
        }
        assert!(optional("\u{202e}abc", "name", 9).is_err());
        for name in ["Мост", "7", "№ 5", "«Л»", "🏗 3"] {
            assert_eq!(required(name, "name", 9).unwrap(), name);
        }
    }
}
