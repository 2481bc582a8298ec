//! Why a file cannot be imported at all; a row that cannot be taken is not an error but a line of the report.

/// Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The map could not be read or says something it may not.
    #[error("the map cannot be used: {0}")]
    Map(String),
    /// The file could not be read.
    #[error("{path} cannot be read; check the path and its permissions")]
    FileUnreadable {
        /// As given.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Too much for one command.
    #[error("{0}; split the file (the header goes into every part) and import the parts one after another")]
    TooLarge(String),
    /// The bytes are not text in the encoding the map names.
    #[error("the file is not {encoding}: {reason}")]
    NotEncoded {
        /// As the map names it.
        encoding: &'static str,
        /// What was found, and what to do.
        reason: String,
    },
    /// It is something else than rows of separated values.
    #[error("the file is not CSV: {0}")]
    NotCsv(String),
    /// Columns the map names are not in the header.
    #[error(
        "the file has no column {missing}; its header reads: {found} (if that is one long name, the delimiter in the map is wrong)"
    )]
    ColumnMissing {
        /// Quoted names, separated by commas.
        missing: String,
        /// What the header has.
        found: String,
    },
    /// A column the map names occurs twice in the header.
    #[error("the header has two columns {0:?}; rename one of them")]
    ColumnTwice(String),
    /// Nobody to import for.
    #[error("{0}")]
    CompanyMissing(String),
    /// The command was refused or could not be done.
    #[error(transparent)]
    Domain(#[from] shpunt_domain::Error),
}

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Map(_) => "MAP_INVALID",
            Self::FileUnreadable { .. } => "FILE_UNREADABLE",
            Self::TooLarge(_) => "FILE_TOO_LARGE",
            Self::NotEncoded { .. } => "FILE_ENCODING",
            Self::NotCsv(_) => "FILE_NOT_CSV",
            Self::ColumnMissing { .. } => "COLUMN_MISSING",
            Self::ColumnTwice(_) => "COLUMN_TWICE",
            Self::CompanyMissing(_) => "COMPANY_MISSING",
            Self::Domain(error) => error.code().as_str(),
        }
    }
}
