//! `Authorization: Bearer ID.SECRET`: the token of a program, from a header or from the first message of a socket.
//!
//! Invariant: no text of ours, in an answer or in the log, holds the secret or what was sent in its place.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};

use super::refusal::Refusal;
use crate::config::Secret;
use crate::graphql;

/// A token as it was sent.
#[derive(Clone)]
pub(super) struct Bearer {
    pub(super) token_id: i64,
    pub(super) secret: Secret,
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bearer").field("token_id", &self.token_id).finish_non_exhaustive()
    }
}

impl Bearer {
    /// The token of a request, if it bears one. What a proxy asks a password by (`Basic`) is not ours. Errors: `UNAUTHENTICATED`.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        match (given.next(), given.next()) {
            (None, _) => Ok(None),
            (Some(one), None) if is_of_a_proxy(one) => Ok(None),
            (Some(one), None) => Self::read(one.to_str().map_err(|_| malformed())?).map(Some),
            (Some(_), Some(_)) => Err(malformed()),
        }
    }

    /// From the text of the header. Errors: `UNAUTHENTICATED`.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let (scheme, token) = text.trim().split_once(' ').ok_or_else(malformed)?;
        let (id, secret) = token.trim().split_once('.').ok_or_else(malformed)?;
        let token_id = graphql::api_token_number(id).filter(|_| scheme.eq_ignore_ascii_case("bearer"));
        let is_ours = secret.len() == SECRET && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let token_id = token_id.filter(|_| is_ours).ok_or_else(malformed)?;
        Ok(Self { token_id, secret: Secret::new(secret) })
    }
}

/// 32 bytes in base64.
const SECRET: usize = 43;

fn is_of_a_proxy(value: &HeaderValue) -> bool {
    value.as_bytes().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "))
}

fn malformed() -> Refusal {
    let message = "this is not a token; send the whole secret that apiTokenCreate answered: Authorization: Bearer ID.SECRET";
    Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&'static str]) -> Result<Option<i64>, Refusal> {
        let headers = lines.iter().map(|line| (AUTHORIZATION, HeaderValue::from_static(line))).collect();
        Bearer::of(&headers).map(|bearer| bearer.map(|bearer| bearer.token_id))
    }

    #[test]
    fn one_whole_token_is_a_token() {
        const GOOD: &str = "Bearer api_token_7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_";
        assert_eq!(of(&[GOOD]).unwrap(), Some(7));
        assert_eq!(of(&["bearer  api_token_7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_"]).unwrap(), Some(7));
        assert_eq!(of(&[]).unwrap(), None);
        assert_eq!(of(&["Basic dXNlcjpwYXNzd29yZA=="]).unwrap(), None);
        for wrong in [
            &[""][..],
            &["Bearer"],
            &["Bearer "],
            &["Bearer api_token_7"],
            &["Bearer api_token_7."],
            &["Bearer api_token_7.short"],
            &["Bearer api_token_7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_A"],
            &["Bearer api_token_7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-/"],
            &["Bearer user_7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_"],
            &["Bearer 7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_"],
            &["Token api_token_7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_"],
            &[GOOD, GOOD],
        ] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
        assert!(!format!("{:?}", Bearer::read(GOOD).unwrap()).contains("AAA"));
    }
}
