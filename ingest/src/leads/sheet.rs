//! Bytes into rows of fields, strictly (RFC 4180): a broken row is told with its line and never swallows the ones after it.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1251;

use super::error::{Error, Result};
use super::report::Reason;
use super::{Delimiter, Encoding, ROWS_MAX};

/// A longer row has a quote that is never closed.
const ROW_BYTES_MAX: usize = 64 << 10;

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// The text of a file. Errors: [`Error::NotEncoded`], [`Error::NotCsv`].
pub(crate) fn decode(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, str>> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(Error::NotCsv("it is a workbook or an archive; save it as CSV".to_owned()));
    }
    if bytes.contains(&0) {
        return Err(Error::NotCsv("it holds zero bytes, so it is no text in this encoding; save it as CSV in UTF-8".to_owned()));
    }
    let unmarked = bytes.strip_prefix(MARK);
    let not = |reason: String| Error::NotEncoded { encoding: encoding.as_str(), reason };
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(unmarked.unwrap_or(bytes)).map(Cow::Borrowed).map_err(|error| {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            not(format!("line {line} holds other bytes; if it comes from Excel, say encoding = \"windows-1251\" in the map"))
        }),
        Encoding::Windows1251 if unmarked.is_some() => {
            Err(not("it begins with the mark of UTF-8; say encoding = \"utf-8\" in the map".to_owned()))
        }
        Encoding::Windows1251 => Ok(WINDOWS_1251.decode_without_bom_handling(bytes).0),
    }
}

/// A row: the line it begins in, and its fields or what is wrong with it.
pub(crate) type Row<'a> = (usize, Result<Vec<Cow<'a, str>>, Reason>);

/// A file as a header and rows.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    header: Vec<Cow<'a, str>>,
    pub(crate) rows: Vec<Row<'a>>,
}

impl<'a> Sheet<'a> {
    /// Errors: [`Error::NotCsv`], [`Error::TooLarge`].
    pub(crate) fn parse(text: &'a str, delimiter: Delimiter) -> Result<Self> {
        let mut rows = Rows { text, at: 0, line: 1, delimiter: delimiter.byte() };
        let (_, header) = rows.next().ok_or_else(|| Error::NotCsv("it is empty".to_owned()))?;
        let header = header.map_err(|reason| Error::NotCsv(format!("in its header, {reason}")))?;
        if header.iter().any(|name| name.chars().any(char::is_control)) {
            return Err(Error::NotCsv("its header holds control characters".to_owned()));
        }
        let rows: Vec<_> = rows.take(ROWS_MAX + 1).collect();
        if rows.len() > ROWS_MAX {
            return Err(Error::TooLarge(format!("the file has more than {ROWS_MAX} rows")));
        }
        Ok(Self { header, rows })
    }

    /// How many fields a row must have.
    pub(crate) fn width(&self) -> usize {
        self.header.len()
    }

    /// Where the columns of these names are. Errors: [`Error::ColumnMissing`], [`Error::ColumnTwice`].
    pub(crate) fn find(&self, names: &[&str]) -> Result<Vec<usize>> {
        let places = |name: &str| -> Vec<usize> {
            self.header.iter().enumerate().filter(|(_, found)| found.trim() == name).map(|(place, _)| place).collect()
        };
        let missing: Vec<String> = names.iter().filter(|name| places(name).is_empty()).map(|name| format!("{name:?}")).collect();
        if !missing.is_empty() {
            return Err(Error::ColumnMissing { missing: missing.join(", "), found: self.header.join(", ") });
        }
        names
            .iter()
            .map(|name| match places(name)[..] {
                [place] => Ok(place),
                _ => Err(Error::ColumnTwice((*name).to_owned())),
            })
            .collect()
    }
}

/// The rows still to come; empty lines are passed over.
struct Rows<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    delimiter: u8,
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        loop {
            let rest = &self.text[self.at..];
            if rest.is_empty() {
                return None;
            }
            let (begins_in, row) = (self.line, self.row(rest));
            // After a broken row the next line is tried, whatever the quotes say.
            let taken = row.as_ref().map_or_else(|_| line_end(rest), |(_, taken)| *taken);
            self.line += rest[..taken].matches('\n').count();
            self.at += taken;
            if !rest[..taken].trim_end_matches(['\r', '\n']).is_empty() {
                return Some((begins_in, row.map(|(fields, _)| fields)));
            }
        }
    }
}

impl<'a> Rows<'a> {
    /// The fields of the first row, and how many bytes it and its line end take.
    fn row(&self, rest: &'a str) -> Result<(Vec<Cow<'a, str>>, usize), Reason> {
        let mut fields = Vec::new();
        let mut at = 0;
        loop {
            let (field, taken) = if rest[at..].starts_with('"') { quoted(&rest[at..])? } else { self.bare(&rest[at..])? };
            fields.push(field);
            at += taken;
            if at > ROW_BYTES_MAX {
                return Err(Reason::BadQuotes("the row is longer than 64 KiB; a quote is probably never closed"));
            }
            match rest.as_bytes()[at..] {
                [] => return Ok((fields, at)),
                [b'\n', ..] => return Ok((fields, at + 1)),
                [b'\r', b'\n', ..] => return Ok((fields, at + 2)),
                [next, ..] if next == self.delimiter => at += 1,
                _ => return Err(Reason::BadQuotes("text follows a closing quote; double the quotes inside a quoted field")),
            }
        }
    }

    fn bare(&self, rest: &'a str) -> Result<(Cow<'a, str>, usize), Reason> {
        let end = rest.bytes().position(|byte| byte == self.delimiter || byte == b'\n').unwrap_or(rest.len());
        let field = &rest[..end];
        let field = if rest[end..].starts_with('\n') { field.strip_suffix('\r').unwrap_or(field) } else { field };
        if field.contains('"') {
            return Err(Reason::BadQuotes("a quote inside a field without quotes; quote the field and double the quote"));
        }
        Ok((Cow::Borrowed(field), field.len()))
    }
}

/// A quoted field without its quotes, and the bytes it takes with them.
fn quoted(rest: &str) -> Result<(Cow<'_, str>, usize), Reason> {
    let inside = &rest[1..];
    let bytes = &inside.as_bytes()[..inside.len().min(ROW_BYTES_MAX)];
    let mut end = 0;
    loop {
        let Some(quote) = bytes[end..].iter().position(|byte| *byte == b'"') else {
            return Err(Reason::BadQuotes("a quote is opened and never closed"));
        };
        end += quote;
        if bytes.get(end + 1) != Some(&b'"') {
            break;
        }
        end += 2;
    }
    let field = &inside[..end];
    let field = if field.contains('"') { Cow::Owned(field.replace("\"\"", "\"")) } else { Cow::Borrowed(field) };
    Ok((field, end + 2))
}

fn line_end(rest: &str) -> usize {
    rest.find('\n').map_or(rest.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Row<'_>> {
        Rows { text, at: 0, line: 1, delimiter: b',' }.collect()
    }

    /// Every row as its line and its fields, or as its line and what is wrong.
    fn rows(text: &str) -> Vec<String> {
        let row = |(line, row): Row<'_>| match row {
            Ok(fields) => format!("{line}: {}", fields.join(" | ")),
            Err(reason) => format!("{line}: {}", reason.code()),
        };
        read(text).into_iter().map(row).collect()
    }

    #[test]
    fn quotes_line_ends_and_empty_lines() {
        let text = "a,b\r\n\r\n\"x, \"\"y\"\"\",\"two\nlines\"\n,\n\"\",z";
        assert_eq!(rows(text), ["1: a | b", "3: x, \"y\" | two\nlines", "5:  | ", "6:  | z"]);
    }

    #[test]
    fn a_broken_row_takes_one_line_with_it() {
        for broken in ["\"never closed,1", "\"a\"b,1", "a\"b,1", "\"a\" ,1"] {
            let text = format!("{broken}\n2,3\n4,5\n");
            assert_eq!(rows(&text), ["1: BAD_QUOTES", "2: 2 | 3", "3: 4 | 5"], "{broken}");
        }
    }

    #[test]
    fn a_file_full_of_open_quotes_ends() {
        let text = "\"a\n".repeat(20_000);
        assert!(rows(&text).len() >= 10_000);
    }

    proptest::proptest! {
        #[test]
        fn what_was_written_is_read(table in proptest::collection::vec(proptest::collection::vec("[a-zЯё,;\"\r\n ]{0,8}", 2..4), 1..8)) {
            let quote = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            let text: Vec<String> = table.iter().map(|row| row.iter().map(quote).collect::<Vec<_>>().join(",")).collect();
            let text = text.join("\r\n");
            let read: Vec<_> = read(&text).into_iter().map(|(_, row)| row.unwrap()).collect();
            proptest::prop_assert_eq!(read, table);
        }
    }

    #[test]
    fn bytes_of_another_encoding() {
        let cyrillic = WINDOWS_1251.encode("имя;день\nЛид;1").0;
        assert_eq!(decode(&cyrillic, Encoding::Windows1251).unwrap(), "имя;день\nЛид;1");
        let error = decode(&cyrillic, Encoding::Utf8).unwrap_err();
        assert!(error.to_string().contains("line 1") && error.code() == "FILE_ENCODING", "{error}");
        assert_eq!(decode("\u{feff}id".as_bytes(), Encoding::Utf8).unwrap(), "id");
        assert_eq!(decode("\u{feff}id".as_bytes(), Encoding::Windows1251).unwrap_err().code(), "FILE_ENCODING");
        for not_csv in [&b"PK\x03\x04workbook"[..], b"i\0d\0"] {
            assert_eq!(decode(not_csv, Encoding::Utf8).unwrap_err().code(), "FILE_NOT_CSV");
        }
    }
}
