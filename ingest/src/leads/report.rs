//! What an import did, row by row where a row was not taken.

use std::fmt;

use shpunt_domain::days;

use super::Kind;

/// Why a row was not taken, or what is odd about one that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The cell must not be empty.
    Empty,
    /// None of the map's formats fits.
    BadDate(String),
    /// Before the years the reports know.
    DateTooEarly(String),
    /// Later than now.
    DateInFuture(String),
    /// Too long, or with control characters.
    BadText(String),
    /// The id stands in an earlier line too; that one was taken.
    Duplicate {
        /// The line.
        first: usize,
    },
    /// More or fewer fields than the header.
    WrongNumberOfFields {
        /// In this row.
        found: usize,
        /// In the header.
        expected: usize,
    },
    /// Quotes that do not fit together.
    BadQuotes(&'static str),
    /// A win whose lead was never imported.
    LeadMissing,
    /// A win whose lead is lost here.
    LeadLost,
    /// Taken as stated, though it cannot be.
    WonBeforeContact,
}

impl Reason {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::BadDate(_) => "BAD_DATE",
            Self::DateTooEarly(_) => "DATE_TOO_EARLY",
            Self::DateInFuture(_) => "DATE_IN_FUTURE",
            Self::BadText(_) => "BAD_TEXT",
            Self::Duplicate { .. } => "DUPLICATE_ID",
            Self::WrongNumberOfFields { .. } => "WRONG_NUMBER_OF_FIELDS",
            Self::BadQuotes(_) => "BAD_QUOTES",
            Self::LeadMissing => "LEAD_MISSING",
            Self::LeadLost => "LEAD_LOST",
            Self::WonBeforeContact => "WON_BEFORE_CONTACT",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the cell is empty"),
            Self::BadDate(text) => write!(f, "{text:?} is not a date as the map writes them"),
            Self::DateTooEarly(text) => write!(f, "{text:?} lies too far back; {}", days::advice()),
            Self::DateInFuture(text) => write!(f, "{text:?} lies in the future; check the date and the map's utc_offset"),
            Self::BadText(message) => f.write_str(message),
            Self::Duplicate { first } => write!(f, "the id stands in line {first} too, which was taken"),
            Self::WrongNumberOfFields { found, expected } => write!(f, "the row has {found} fields, the header has {expected}"),
            Self::BadQuotes(what) => f.write_str(what),
            Self::LeadMissing => f.write_str("there is no lead with this id; import the leads first"),
            Self::LeadLost => f.write_str("the deal of this lead is lost here; it was not won"),
            Self::WonBeforeContact => f.write_str("won before its first contact; taken as stated"),
        }
    }
}

/// A row of the file that was not taken, or is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Line of the file the row begins in, from 1 (the header).
    pub line: usize,
    /// Name of the column at fault; empty when it is the row itself.
    pub column: String,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {} ({})", self.reason, self.reason.code())
    }
}

/// What an import did: `rows = changed + unchanged + rejected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of what.
    pub kind: Kind,
    /// Rows of the file besides the header and empty lines.
    pub rows: usize,
    /// Leads created, or deals won.
    pub changed: usize,
    /// Rows that were imported before: left as they are.
    pub unchanged: usize,
    /// Rows not taken, by line.
    pub rejected: Vec<Rejected>,
    /// Rows taken although they look wrong.
    pub noted: Vec<Rejected>,
}

impl Report {
    /// There were rows, and none of them could be taken.
    pub fn is_refused(&self) -> bool {
        self.rows > 0 && self.rejected.len() == self.rows
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = match self.kind {
            Kind::Lead => "leads created",
            Kind::Win => "deals won",
        };
        let Self { rows, unchanged, rejected, noted, .. } = self;
        write!(f, "{rows} rows: {} {changed}, {unchanged} known already, {} not taken", self.changed, rejected.len())?;
        for row in rejected {
            write!(f, "\nnot taken: {row}")?;
        }
        for row in noted {
            write!(f, "\nnoted: {row}")?;
        }
        Ok(())
    }
}
