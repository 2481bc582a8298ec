//! The map: which column of a file is which, how its dates are written, how its channels are called here.
//!
//! A map with a key or a value that nothing here understands is refused: a typing error must not silently import less.

use std::collections::HashMap;
use std::path::Path;

use chrono::FixedOffset;
use chrono::format::{Item, StrftimeItems};
use serde::Deserialize;
use shpunt_domain::text;

use super::error::{Error, Result};

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A lead (лид) each.
    Lead,
    /// A lead that was won (выигранная сделка) each.
    Win,
}

/// How the bytes of the file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Encoding {
    /// With or without a mark at the beginning.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// What Russian Excel writes.
    #[serde(rename = "windows-1251")]
    Windows1251,
}

impl Encoding {
    /// As a map names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1251 => "windows-1251",
        }
    }
}

/// What stands between two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Delimiter {
    /// `,`
    #[default]
    #[serde(rename = ",")]
    Comma,
    /// `;`
    #[serde(rename = ";")]
    Semicolon,
}

impl Delimiter {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
        }
    }
}

/// Names of columns, as in the header of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    /// Id of the lead in the other system.
    pub(super) id: String,
    /// Lead: first contact. Win: when it was won.
    pub(super) at: String,
    /// Lead: its channel; an empty cell is the channel *unknown*.
    pub(super) channel: Option<String>,
    /// Lead: what it is about; without it, or empty, the id.
    pub(super) title: Option<String>,
    /// Win: id of the customer in the other system.
    pub(super) customer: Option<String>,
    /// Win: name of the customer; without it, or empty, the id.
    pub(super) customer_name: Option<String>,
}

/// A map, as its file says it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// What the rows are.
    pub kind: Kind,
    /// How the bytes are read.
    #[serde(default)]
    pub encoding: Encoding,
    /// What stands between fields.
    #[serde(default)]
    pub delimiter: Delimiter,
    /// ИНН of the own company the leads belong to; the first company when absent.
    pub company: Option<String>,
    /// How dates may be written (strftime), tried in this order.
    pub(super) dates: Vec<String>,
    /// Offset of local times without one, `+03:00`; that of the company when absent.
    utc_offset: Option<String>,
    pub(super) columns: Columns,
    /// Code of a channel in the file → its code here.
    #[serde(default)]
    pub(super) channels: HashMap<String, String>,
}

impl Map {
    /// Reads a map file. Errors: [`Error::Map`].
    pub async fn load(path: &Path) -> Result<Self> {
        let text = tokio::fs::read_to_string(path).await;
        Self::parse(&text.map_err(|error| Error::Map(format!("{}: {error}", path.display())))?)
    }

    /// Reads the text of a map. Errors: [`Error::Map`], which names the key.
    pub fn parse(text: &str) -> Result<Self> {
        let map: Self = toml::from_str(text).map_err(|error| Error::Map(error.to_string()))?;
        map.check_columns()?;
        map.check_dates()?;
        if let Some(offset) = &map.utc_offset
            && offset.parse::<FixedOffset>().is_err()
        {
            return Err(Error::Map(format!("utc_offset {offset:?} is not an offset; write it as \"+03:00\"")));
        }
        for (theirs, ours) in &map.channels {
            text::required(ours, &format!("channels.{theirs}"), 60).map_err(|error| Error::Map(error.to_string()))?;
        }
        Ok(map)
    }

    /// The offset of local times: the map's own, else `minutes` east of UTC.
    pub(super) fn utc_offset(&self, minutes: i32) -> FixedOffset {
        let own = self.utc_offset.as_deref().and_then(|offset| offset.parse().ok());
        own.or_else(|| FixedOffset::east_opt(minutes * 60)).unwrap_or_else(|| chrono::Offset::fix(&chrono::Utc))
    }

    /// Each kind has its own columns.
    fn check_columns(&self) -> Result<()> {
        let Columns { channel, title, customer, customer_name, .. } = &self.columns;
        let (needed, foreign) = match self.kind {
            Kind::Lead => (("channel", channel), [("customer", customer), ("customer_name", customer_name)]),
            Kind::Win => (("customer", customer), [("channel", channel), ("title", title)]),
        };
        if needed.1.is_none() {
            return Err(Error::Map(format!("columns.{} is missing; name the column of the file that holds it", needed.0)));
        }
        match foreign.into_iter().find(|(_, column)| column.is_some()) {
            Some((name, _)) => Err(Error::Map(format!("columns.{name} is of no use for this kind of rows; remove it"))),
            None => Ok(()),
        }
    }

    fn check_dates(&self) -> Result<()> {
        if self.dates.is_empty() {
            return Err(Error::Map("dates is empty; say how dates are written, for example [\"%d.%m.%Y\"]".to_owned()));
        }
        match self.dates.iter().find(|format| StrftimeItems::new(format).any(|item| item == Item::Error)) {
            Some(format) => {
                Err(Error::Map(format!("{format:?} in dates is not a date format; write it like \"%d.%m.%Y %H:%M\"")))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEADS: &str = "kind = 'lead'\ndates = ['%Y-%m-%d']\n[columns]\nid = 'id'\nat = 'day'\nchannel = 'origin'\n";

    fn refused(text: &str) -> String {
        let error = Map::parse(text).unwrap_err();
        assert_eq!(error.code(), "MAP_INVALID");
        error.to_string()
    }

    #[test]
    fn a_short_map_has_the_usual_defaults() {
        let map = Map::parse(LEADS).unwrap();
        assert_eq!((map.kind, map.encoding, map.delimiter), (Kind::Lead, Encoding::Utf8, Delimiter::Comma));
        assert_eq!(map.utc_offset(180).local_minus_utc(), 3 * 3600);
        let map = Map::parse(&format!("utc_offset = '-03:00'\n{LEADS}")).unwrap();
        assert_eq!(map.utc_offset(180).local_minus_utc(), -3 * 3600);
    }

    #[test]
    fn what_is_not_understood_is_refused_and_named() {
        for (text, named) in [
            (format!("delimitr = ';'\n{LEADS}"), "delimitr"),
            (format!("{LEADS}phone = 'tel'\n"), "phone"),
            (format!("{LEADS}customer = 'seller'\n"), "columns.customer"),
            (LEADS.replace("channel = 'origin'\n", ""), "columns.channel"),
            (LEADS.replace("'lead'", "'win'"), "columns.customer"),
            (LEADS.replace("'lead'", "'offer'"), "offer"),
            (format!("encoding = 'koi8-r'\n{LEADS}"), "koi8-r"),
            (format!("delimiter = '|'\n{LEADS}"), "|"),
            (LEADS.replace("%Y-%m-%d", "%Q"), "%Q"),
            (LEADS.replace("['%Y-%m-%d']", "[]"), "dates"),
            (format!("utc_offset = 'Moscow'\n{LEADS}"), "Moscow"),
            (format!("{LEADS}[channels]\nads = ''\n"), "channels.ads"),
            ("kind = ".to_owned(), "kind"),
        ] {
            let message = refused(&text);
            assert!(message.contains(named), "{named}: {message}");
        }
    }
}
