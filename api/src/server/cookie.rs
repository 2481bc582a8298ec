//! The session cookie of a request: `shpunt_session`, or `__Host-shpunt_session` where cookies are secure.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

const NAMES: [&str; 2] = ["__Host-shpunt_session", "shpunt_session"];

/// The session token, if the request bears one.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    let mut tokens: Vec<_> = pairs.filter(|(name, token)| NAMES.contains(name) && !token.is_empty()).collect();
    // The one that cannot have been planted by another host of the same domain comes first.
    tokens.sort_by_key(|(name, _)| NAMES.iter().position(|known| known == name));
    tokens.first().map(|(_, token)| *token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, axum::http::HeaderValue::from_static(cookie))).collect()
    }

    #[test]
    fn the_token_is_found_among_others() {
        assert_eq!(session(&of(&["a=b; shpunt_session=T; c=d"])), Some("T"));
        assert_eq!(session(&of(&["a=b", "shpunt_session=T"])), Some("T"));
        assert_eq!(session(&of(&["shpunt_session=planted; __Host-shpunt_session=T"])), Some("T"));
        assert_eq!(session(&of(&["shpunt_session=", "xshpunt_session=T"])), None);
        assert_eq!(session(&of(&[])), None);
    }
}
