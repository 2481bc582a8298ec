//! A ClickHouse exception: code, text, the HTTP status it travels with, and its form inside an
//! answer that has already begun.

use axum::http::StatusCode;

/// An error in the engine's own words or in the same form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) code: u32,
    pub(super) text: String,
}

impl Exception {
    /// An exception of the sidecar itself, worded like the engine's: `name` is ClickHouse's name
    /// of `code`.
    pub(super) fn new(code: u32, name: &str, message: impl std::fmt::Display) -> Self {
        Self { code, text: format!("Code: {code}. DB::Exception: {message}. ({name})") }
    }

    /// One that the engine reported. Without a readable code it is 1001, as on a server.
    pub(super) fn of_engine(text: String) -> Self {
        let code = text
            .strip_prefix("Code: ")
            .and_then(|rest| rest.split_once('.'))
            .and_then(|(code, _)| code.parse().ok())
            .unwrap_or(1001);
        Self { code, text }
    }

    pub(super) fn bad_arguments(message: impl std::fmt::Display) -> Self {
        Self::new(36, "BAD_ARGUMENTS", message)
    }

    pub(super) fn not_implemented(message: impl std::fmt::Display) -> Self {
        Self::new(48, "NOT_IMPLEMENTED", message)
    }

    pub(super) fn syntax(message: impl std::fmt::Display) -> Self {
        Self::new(62, "SYNTAX_ERROR", message)
    }

    pub(super) fn read_only(message: impl std::fmt::Display) -> Self {
        Self::new(164, "READONLY", message)
    }

    /// The status a ClickHouse server would choose.
    pub(super) fn status(&self) -> StatusCode {
        match self.code {
            194 => StatusCode::UNAUTHORIZED,
            192 | 193 | 497 | 516 => StatusCode::FORBIDDEN,
            6 | 26 | 27 | 33 | 36 | 38 | 41 | 42 | 43 | 44 | 53 | 62 | 69 | 70 | 72 | 115 | 117 | 130 | 131 | 256 | 457 => {
                StatusCode::BAD_REQUEST
            }
            16 | 46 | 47 | 50 | 60 | 63 | 73 | 81 | 372 => StatusCode::NOT_FOUND,
            48 => StatusCode::NOT_IMPLEMENTED,
            159 => StatusCode::REQUEST_TIMEOUT,
            202 => StatusCode::SERVICE_UNAVAILABLE,
            307 => StatusCode::PAYLOAD_TOO_LARGE,
            432 => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The block that ends an answer which failed after it began; clients know it by the tag
    /// they were told in the header.
    pub(super) fn mid_stream(&self, tag: &str) -> Vec<u8> {
        let message = format!("{}\n", self.text.trim_end());
        format!("\r\n__exception__\r\n{tag}\r\n{message}{} {tag}\r\n__exception__\r\n", message.len()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_from_the_engines_text() {
        let e = Exception::of_engine("Code: 60. DB::Exception: Table m.x does not exist. (UNKNOWN_TABLE)".into());
        assert_eq!((e.code, e.status()), (60, StatusCode::NOT_FOUND));
        assert_eq!(Exception::of_engine("boom".into()).code, 1001);
    }

    #[test]
    fn the_mid_stream_block_states_the_length_of_its_message() {
        let block = Exception { code: 1, text: "Code: 1. x".into() }.mid_stream("0123456789abcdef");
        let expected = "\r\n__exception__\r\n0123456789abcdef\r\nCode: 1. x\n11 0123456789abcdef\r\n__exception__\r\n";
        assert_eq!(String::from_utf8(block).unwrap(), expected);
    }
}
