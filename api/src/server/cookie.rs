//! What a request keeps in cookies: the session token, and the secret of a sign-in under way, from those the policy names.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use crate::graphql::CookiePolicy;

/// The session token, if the request bears one.
pub(super) fn session(headers: &HeaderMap, policy: CookiePolicy) -> Option<&str> {
    named(headers, policy.name())
}

/// The secret of a sign-in at the provider, if the browser began one.
pub(super) fn sign_in(headers: &HeaderMap, policy: CookiePolicy) -> Option<&str> {
    named(headers, policy.sign_in_name())
}

fn named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, token)| *name == wanted && !token.is_empty()).map(|(_, token)| token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(cookies: &[&'static str], secure: bool) -> Option<String> {
        let headers = cookies.iter().map(|cookie| (COOKIE, axum::http::HeaderValue::from_static(cookie))).collect();
        session(&headers, CookiePolicy { secure }).map(str::to_owned)
    }

    #[test]
    fn the_token_is_found_among_others() {
        assert_eq!(token(&["a=b; shpunt_session=T; c=d"], false).as_deref(), Some("T"));
        assert_eq!(token(&["a=b", "shpunt_session=T"], false).as_deref(), Some("T"));
        assert_eq!(token(&["shpunt_session=", "xshpunt_session=T"], false), None);
        assert_eq!(token(&[], false), None);
    }

    #[test]
    fn where_cookies_are_secure_a_planted_plain_one_counts_for_nothing() {
        assert_eq!(token(&["shpunt_session=planted; __Host-shpunt_session=T"], true).as_deref(), Some("T"));
        assert_eq!(token(&["shpunt_session=planted"], true), None);
    }
}
