//! Which output formats may be sent in pieces?
//!
//! The engine hands a streamed answer out in pieces, *each a complete document*. Concatenation is
//! right only for formats without header or frame; for those with a header of known shape the
//! header of every later piece is cut off; all others are made whole in memory.

/// How the pieces of an answer join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joining {
    /// Pieces simply follow each other.
    Plain,
    /// Binary header: a column count and that many strings, `strings` times.
    BinaryHeader { strings: u8 },
    /// Cannot be joined: run to the end first.
    Whole,
}

/// How pieces of `format` join.
pub(super) fn joining(format: &str) -> Joining {
    match format.to_ascii_lowercase().as_str() {
        "rowbinary"
        | "native"
        | "null"
        | "tsv"
        | "tabseparated"
        | "tsvraw"
        | "tabseparatedraw"
        | "csv"
        | "jsoneachrow"
        | "jsonlines"
        | "ndjson"
        | "jsoncompacteachrow"
        | "jsonstringseachrow"
        | "jsoncompactstringseachrow" => Joining::Plain,
        "rowbinarywithnames" => Joining::BinaryHeader { strings: 1 },
        "rowbinarywithnamesandtypes" => Joining::BinaryHeader { strings: 2 },
        _ => Joining::Whole,
    }
}

/// Length of the binary header at the start of a piece; `None` when the piece is not of that form.
pub(super) fn header_length(piece: &[u8], strings: u8) -> Option<usize> {
    let mut at = 0;
    let columns = varint(piece, &mut at)?;
    for _ in 0..columns.checked_mul(u64::from(strings))? {
        let length = usize::try_from(varint(piece, &mut at)?).ok()?;
        at = at.checked_add(length).filter(|at| *at <= piece.len())?;
    }
    Some(at)
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The media type of an answer.
pub(super) fn content_type(format: &str) -> &'static str {
    match format.to_ascii_lowercase().as_str() {
        "json" | "jsoncompact" | "jsonstrings" | "jsoncompactstrings" => "application/json; charset=UTF-8",
        "jsoneachrow" | "jsonlines" | "ndjson" => "application/x-ndjson; charset=UTF-8",
        "tsv" | "tabseparated" | "tabseparatedwithnames" | "tabseparatedwithnamesandtypes" | "tsvwithnames" => {
            "text/tab-separated-values; charset=UTF-8"
        }
        "csv" | "csvwithnames" => "text/csv; charset=UTF-8; header=absent",
        "rowbinary" | "rowbinarywithnames" | "rowbinarywithnamesandtypes" | "native" | "parquet" | "arrow" => {
            "application/octet-stream"
        }
        _ => "text/plain; charset=UTF-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_piece_is_measured() {
        assert_eq!(header_length(b"\x01\x01x\x05UInt8\x07", 2), Some(9));
        assert_eq!(header_length(b"\x01\x01x\x07", 1), Some(3));
        assert_eq!(header_length(b"\x02\x01x", 2), None);
    }

    #[test]
    fn framed_formats_are_never_joined() {
        for format in ["JSON", "Parquet", "PrettyCompact", "TSVWithNames", "Values", "Arrow"] {
            assert_eq!(joining(format), Joining::Whole, "{format}");
        }
        assert_eq!(joining("Native"), Joining::Plain);
    }
}
