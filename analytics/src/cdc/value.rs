//! One value of PostgreSQL's binary wire format → the bytes ClickHouse's Native format wants. Pure; exact or refused.

/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL starts to count.
const EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The largest day a ClickHouse `Date` holds: 2149-06-06.
const LAST_DAY: i32 = 65_535;
/// `Decimal(18, n)` holds fewer than 10^18 minor units.
const DECIMAL_LIMIT: i128 = 1_000_000_000_000_000_000;

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| format!("{} bytes where {N} were expected", bytes.len()))
}

/// `bigint`.
pub fn int8(bytes: &[u8]) -> Result<i64, String> {
    Ok(i64::from_be_bytes(array(bytes)?))
}

/// `bigint` that is an id.
pub fn id(bytes: &[u8]) -> Result<u64, String> {
    let value = int8(bytes)?;
    u64::try_from(value).map_err(|_| format!("id {value} is below zero"))
}

/// `integer`.
pub fn int4(bytes: &[u8]) -> Result<i32, String> {
    Ok(i32::from_be_bytes(array(bytes)?))
}

/// `boolean`.
pub fn boolean(bytes: &[u8]) -> Result<u8, String> {
    let [value] = array(bytes)?;
    if value <= 1 { Ok(value) } else { Err(format!("boolean {value}")) }
}

/// `date` → days since 1970-01-01.
pub fn date(bytes: &[u8]) -> Result<u16, String> {
    let days = int4(bytes)?;
    // Infinity is the extreme of the type.
    days.checked_add(EPOCH_DAYS)
        .filter(|days| (0..=LAST_DAY).contains(days))
        .and_then(|days| u16::try_from(days).ok())
        .ok_or_else(|| format!("date {days} days from 2000-01-01 is outside 1970-01-01 .. 2149-06-06"))
}

/// `timestamptz` → microseconds since 1970-01-01.
pub fn timestamp(bytes: &[u8]) -> Result<i64, String> {
    let micros = int8(bytes)?;
    micros
        .checked_add(EPOCH_MICROS)
        // ClickHouse keeps microseconds of 1900 to 2299.
        .filter(|micros| (-2_208_988_800_000_000..10_413_792_000_000_000).contains(micros))
        .ok_or_else(|| format!("time {micros} microseconds from 2000-01-01 is outside 1900 .. 2299"))
}

/// `numeric` → minor units at `places` decimal places.
///
/// The wire holds a sign, groups of four decimal digits and the weight of the first group (10000^weight).
pub fn numeric(bytes: &[u8], places: u32) -> Result<i64, String> {
    let (header, groups) = bytes.split_at_checked(8).ok_or("numeric without a header")?;
    let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let (count, weight, sign) = (usize::from(word(0)), i32::from(word(2).cast_signed()), word(4));
    if groups.len() != count * 2 {
        return Err(format!("numeric of {count} groups in {} bytes", groups.len()));
    }
    let negative = match sign {
        0x0000 => false,
        0x4000 => true,
        _ => return Err("numeric is not a finite number".to_owned()),
    };
    let mut units: i128 = 0;
    for (group, index) in groups.chunks_exact(2).zip(0i32..) {
        let digits = i128::from(u16::from_be_bytes([group[0], group[1]]));
        let exponent = 4 * (weight - index) + places.cast_signed();
        units += scaled(digits, exponent)?;
        if units >= DECIMAL_LIMIT {
            return Err("numeric has more than 18 digits".to_owned());
        }
    }
    let units = i64::try_from(units).map_err(|_| "numeric has more than 18 digits".to_owned())?;
    Ok(if negative { -units } else { units })
}

/// `digits` × 10^`exponent`, if that is whole and fits.
fn scaled(digits: i128, exponent: i32) -> Result<i128, String> {
    if digits == 0 {
        return Ok(0);
    }
    let power = |exponent: u32| 10i128.checked_pow(exponent).filter(|power| *power <= DECIMAL_LIMIT);
    if exponent >= 0 {
        let power = power(exponent.unsigned_abs()).ok_or("numeric has more than 18 digits")?;
        return Ok(digits * power);
    }
    match power(exponent.unsigned_abs()) {
        Some(power) if digits % power == 0 => Ok(digits / power),
        _ => Err("numeric has more decimal places than its column".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_counted_from_1970() {
        assert_eq!(date(&0i32.to_be_bytes()), Ok(10_957));
        assert_eq!(date(&(-10_957i32).to_be_bytes()), Ok(0));
        assert!(date(&i32::MAX.to_be_bytes()).is_err() && date(&i32::MIN.to_be_bytes()).is_err());
        assert_eq!(timestamp(&0i64.to_be_bytes()), Ok(EPOCH_MICROS));
        assert!(timestamp(&i64::MAX.to_be_bytes()).is_err() && timestamp(&i64::MIN.to_be_bytes()).is_err());
    }

    #[test]
    fn a_negative_id_is_refused() {
        assert!(id(&(-1i64).to_be_bytes()).is_err());
        assert!(id(&[1, 2, 3]).is_err());
    }

    fn wire(weight: i16, sign: u16, scale: u16, groups: &[u16]) -> Vec<u8> {
        let count = u16::try_from(groups.len()).unwrap();
        let mut bytes = Vec::new();
        for word in [count, weight.cast_unsigned(), sign, scale].iter().chain(groups) {
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn numerics_are_exact_or_refused() {
        assert_eq!(numeric(&wire(0, 0, 2, &[]), 2), Ok(0));
        assert_eq!(numeric(&wire(1, 0, 2, &[1, 2345, 6700]), 2), Ok(1_234_567));
        assert_eq!(numeric(&wire(-1, 0x4000, 2, &[100]), 2), Ok(-1));
        assert_eq!(numeric(&wire(3, 0, 2, &[9999, 9999, 9999, 9999, 9900]), 2), Ok(999_999_999_999_999_999));
        assert!(numeric(&wire(0, 0xC000, 0, &[]), 2).is_err(), "NaN");
        assert!(numeric(&wire(0, 0xD000, 0, &[]), 2).is_err(), "infinity");
        assert!(numeric(&wire(-1, 0, 3, &[10]), 2).is_err(), "0.001 in two places");
        assert!(numeric(&wire(4, 0, 0, &[1]), 2).is_err(), "10^16 in 18 digits with two places");
        assert!(numeric(&wire(30_000, 0, 0, &[1]), 2).is_err());
        assert!(numeric(&wire(1, 0, 2, &[1])[..9], 2).is_err());
    }
}
