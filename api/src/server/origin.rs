//! May this request use the cookie it bears? Only when it comes from our own page or from no page at all.
//!
//! The cookie is `SameSite=Strict`, and what changes anything must be a POST of JSON, which another site's page can send only after
//! a preflight we never answer; this is the third lock on the same door.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Whether the request may use a session cookie. `own`: the address of the page, where a proxy hides it.
pub(super) fn may_use_cookie(headers: &HeaderMap, own: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        // The browser itself says so; a page cannot set this header.
        Some("same-origin" | "none") => return true,
        Some(_) => return false,
        None => {}
    }
    match text(ORIGIN.as_str()) {
        // Not a browser, or one too old to say: only its own page could send a JSON body, and no other could read what GET answers.
        None => true,
        Some(origin) => match own {
            Some(own) => origin.eq_ignore_ascii_case(own),
            None => host(origin).is_some_and(|host| text(HOST.as_str()).is_some_and(|own| own.eq_ignore_ascii_case(host))),
        },
    }
}

/// `host[:port]` of `scheme://host[:port]`.
fn host(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(pairs: &[(&'static str, &'static str)], own: Option<&str>) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value)));
        may_use_cookie(&headers.collect(), own)
    }

    #[test]
    fn only_our_own_page_or_no_page() {
        assert!(may(&[("host", "127.0.0.1:8080")], None));
        assert!(may(&[("host", "a:1"), ("origin", "http://a:1")], None));
        assert!(may(&[("host", "a"), ("origin", "https://A")], None));
        assert!(may(&[("sec-fetch-site", "same-origin"), ("origin", "https://a"), ("host", "behind-a-proxy")], None));
        assert!(may(&[("host", "inner:8080"), ("origin", "https://crm.example.com")], Some("https://crm.example.com")));
        for wrong in [
            &[("host", "a:1"), ("origin", "http://a:2")][..],
            &[("host", "a"), ("origin", "http://evil")],
            &[("host", "a"), ("origin", "null")],
            &[("sec-fetch-site", "cross-site"), ("host", "a")],
            &[("sec-fetch-site", "same-site"), ("host", "a"), ("origin", "http://a")],
            &[("origin", "http://a")],
        ] {
            assert!(!may(wrong, None), "{wrong:?}");
        }
        assert!(!may(&[("host", "a"), ("origin", "http://a")], Some("https://crm.example.com")));
    }
}
