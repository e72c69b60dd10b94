//! Why a journal cannot be opened, written or read.

use std::io;

use algotrendy_core::error::Refusal;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Bytes that were written are not what is read, and it is not the torn end of a crash.
    #[error("the journal is damaged at byte {offset}: {problem}")]
    Corrupt {
        /// Where, from the beginning of the file.
        offset: u64,
        /// What is wrong there.
        problem: &'static str,
    },
    /// The file is of a version this program does not read.
    #[error("the journal has format version {version}, this program reads version {known}")]
    VersionUnknown {
        /// The file's.
        version: u32,
        /// This program's.
        known: u32,
    },
    /// The file is the journal of another account.
    #[error("the journal belongs to account {found:?}, not {expected:?}")]
    AccountDiffers {
        /// The file's.
        found: String,
        /// The one asked for.
        expected: String,
    },
    /// A record is empty, or a record or a name is too long.
    #[error("{what} of {length} bytes is empty or above {limit} bytes")]
    LengthInvalid {
        /// What it is.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The largest length.
        limit: usize,
    },
    /// The disk is full.
    #[error("the journal cannot {operation}: the disk is full")]
    StorageFull {
        /// What was tried.
        operation: &'static str,
    },
    /// The disk failed.
    #[error("the journal cannot {operation}: {source}")]
    StorageFailed {
        /// What was tried.
        operation: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// An earlier write failed, and what is on disk is not known until the journal is opened again.
    #[error("the journal stopped after a failed write or was closed; open it again to recover")]
    Halted,
}

impl JournalError {
    pub(crate) fn from_io(operation: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::StorageFull { operation }
            }
            _ => Self::StorageFailed { operation, source },
        }
    }
}

impl Refusal for JournalError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "JOURNAL_CORRUPT",
            Self::VersionUnknown { .. } => "JOURNAL_VERSION_UNKNOWN",
            Self::AccountDiffers { .. } => "FAILED_PRECONDITION",
            Self::LengthInvalid { .. } => "INVALID_ARGUMENT",
            Self::StorageFull { .. } => "STORAGE_FULL",
            Self::StorageFailed { .. } => "STORAGE_FAILED",
            Self::Halted => "CORE_HALTED",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Corrupt { offset, problem } => {
                vec![("offset", offset.to_string()), ("problem", (*problem).to_owned())]
            }
            Self::VersionUnknown { version, known } => {
                vec![("version", version.to_string()), ("known", known.to_string())]
            }
            Self::AccountDiffers { found, expected } => {
                vec![("found", found.clone()), ("expected", expected.clone())]
            }
            Self::LengthInvalid { what, length, limit } => vec![
                ("field", (*what).to_owned()),
                ("length", length.to_string()),
                ("limit", limit.to_string()),
            ],
            Self::StorageFull { operation } => vec![("operation", (*operation).to_owned())],
            Self::StorageFailed { operation, source } => {
                vec![("operation", (*operation).to_owned()), ("problem", source.to_string())]
            }
            Self::Halted => Vec::new(),
        }
    }
}
