//! Which texts a person may type into a field: trimmed, not longer than its column, without control characters.

use crate::error::{Error, Result};

/// The trimmed text of 1 to `max` characters.
pub fn required(value: &str, path: &str, max: usize) -> Result<String> {
    let value = optional(value, path, max)?;
    if value.is_empty() {
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
    if value.chars().any(char::is_control) {
        return Err(Error::invalid(path, format!("{path} contains control characters; remove them")));
    }
    Ok(value.to_owned())
}

/// An ИНН of 10 or 12 digits.
pub fn inn(value: &str, path: &str) -> Result<String> {
    let value = value.trim();
    if !matches!(value.len(), 10 | 12) || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid(path, format!("{path} must be 10 or 12 digits")));
    }
    Ok(value.to_owned())
}
