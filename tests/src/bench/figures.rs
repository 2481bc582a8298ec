//! Medians, percentiles, rounding, and the line that is printed.

use std::io::Write as _;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

/// The value that `part` (0 to 1) of all are not above; 0 of none.
pub fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    // Nearest rank: of a hundred values p99 is the ninety-ninth.
    let rank = (part * count(sorted.len())).ceil();
    let index = (0..=last).find(|index| count(index + 1) >= rank).unwrap_or(last);
    sorted[index]
}

/// The middle one, or the lower of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// Milliseconds.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Rounded to so many places, for people.
pub fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10f64.powi(places);
    (value * scale).round() / scale
}

/// A count as a number to divide by.
pub fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// The load of the machine over the last minute, to judge the figures by.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

/// Prints the one line of a benchmark.
///
/// # Errors
/// Nobody reads it.
pub fn print(line: &impl Serialize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(line)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let same = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        for (share, expected) in [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            same(percentile(&hundred, share), expected);
        }
        for (values, expected) in [(&[][..], 0.0), (&[7.0], 7.0), (&[3.0, 1.0, 2.0], 2.0)] {
            same(median(values), expected);
        }
        same(rounded(1.2345, 2), 1.23);
    }
}
