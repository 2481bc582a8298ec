//! The password inside a PostgreSQL address: the replication connection needs it and the driver does not give it back.

/// The password of `postgres://user:password@host/db`, percent-decoded; empty when there is none.
pub(crate) fn password(url: &str) -> String {
    let Some((_, rest)) = url.split_once("://") else { return String::new() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return String::new() };
    user.split_once(':').map(|(_, password)| percent_decoded(password)).unwrap_or_default()
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_password() {
        assert_eq!(password("postgres://u:p%40s%3As@h:1/d?sslmode=require"), "p@s:s");
        assert_eq!(password("postgres://u@h/d"), "");
        assert_eq!(password("postgres://h/d"), "");
        assert_eq!(password("postgres://u:100%@h/d"), "100%");
        assert_eq!(password("postgres:///d?host=/run"), "");
    }
}
