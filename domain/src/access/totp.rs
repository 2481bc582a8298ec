//! Codes of a second factor (одноразовые коды, RFC 6238): six digits, another each half minute, from a secret both sides hold.
//!
//! Invariant: a code counts one step early and one late, and never once it or a later one was used.

use chrono::{DateTime, Utc};
use totp_rs::{Algorithm, Builder, Totp};

use crate::error::{Error, Result};

/// Length of a secret, as RFC 4226 recommends.
pub(super) const SECRET_BYTES: usize = 20;

/// The step a code belongs to, if it is one of now and later than the step `used` last.
pub(super) fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>, used: i64) -> Result<Option<i64>> {
    // Applications show the digits in two groups.
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let Ok(at) = u64::try_from(now.timestamp()) else { return Ok(None) };
    let step = totp(secret, "")?.check(&digits, at).and_then(|step| i64::try_from(step).ok());
    Ok(step.filter(|step| *step > used))
}

/// The secret as it is typed into an application.
pub(super) fn spelt(secret: &[u8]) -> Result<String> {
    Ok(totp(secret, "")?.secret().to_base32())
}

/// The secret as a link that applications take, often as a picture.
pub(super) fn uri(secret: &[u8], login: &str) -> Result<String> {
    // A colon divides the issuer from the login there.
    totp(secret, &login.replace(':', "."))?
        .to_url()
        .map_err(|_| Error::internal("a second factor could not be written as a link"))
}

fn totp(secret: &[u8], login: &str) -> Result<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_skew(1)
        .with_secret(secret.to_vec())
        .with_issuer(Some("Shpunt"))
        .with_account_name(login)
        .build()
        .map_err(|_| Error::internal("a second factor could not be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the examples of RFC 6238, appendix B.
    const SECRET: &[u8] = b"12345678901234567890";

    fn step(code: &str, at: i64, used: i64) -> Option<i64> {
        step_of(SECRET, code, DateTime::from_timestamp(at, 0).unwrap(), used).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(step(code, at, 0), Some(at / 30), "{code}");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_late_and_once() {
        let (code, of) = ("005924", 1_234_567_890 / 30);
        let begins = of * 30;
        for (at, counts) in [(begins - 31, false), (begins - 30, true), (begins, true), (begins + 59, true), (begins + 60, false)]
        {
            assert_eq!(step(code, at, 0), counts.then_some(of), "{at}");
        }
        assert_eq!(step(code, begins, of - 1), Some(of));
        assert_eq!(step(code, begins, of), None, "used");
        assert_eq!(step(code, begins, of + 1), None, "a later one was used");
        assert_eq!(step(" 005 924 ", begins, 0), Some(of));
        for wrong in ["", "5924", "+05924", "0059240", "00592x", "００５９２４"] {
            assert_eq!(step(wrong, begins, 0), None, "{wrong}");
        }
    }

    #[test]
    fn applications_are_told_the_secret() {
        assert_eq!(spelt(SECRET).unwrap(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let link = uri(SECRET, "анна:b@x.ru").unwrap();
        assert!(
            link.starts_with("otpauth://totp/Shpunt:%D0%B0") && link.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "{link}"
        );
    }
}
