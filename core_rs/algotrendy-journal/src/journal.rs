//! One account's journal in one segment: opened, appended to, synced, read back.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Mutex;

use crate::error::JournalError;
use crate::frame;
use crate::header::{self, Begin};
use crate::storage::{FileStorage, Storage};

/// One account's journal.
///
/// It halts at the first write that fails: what is on the disk is then unknown, and only opening it again tells.
#[derive(Debug)]
pub struct Journal<S> {
    storage: S,
    account_id: String,
    header_length: usize,
    truncated_bytes: u64,
    /// Held while a frame is written, so that frames do not interleave.
    append: Mutex<()>,
    is_halted: AtomicBool,
}

impl Journal<FileStorage> {
    /// Opens the journal at `path`, or begins it there in a folder that exists.
    ///
    /// # Errors
    /// As [`Journal::open`], also if the file cannot be made.
    pub fn open_file(path: &Path, account_id: Option<&str>) -> Result<Self, JournalError> {
        let storage = FileStorage::open(path).map_err(JournalError::from_io("be opened"))?;
        Self::open(storage, account_id)
    }
}

impl<S: Storage> Journal<S> {
    /// Opens the journal in `storage`, or begins it for `account_id`, and cuts what a crash has left incomplete.
    ///
    /// Without `account_id` any account's journal is opened, and one without a name is begun.
    ///
    /// # Errors
    /// [`JournalError`] if the file is no journal of this account, is damaged, or cannot be read or written.
    pub fn open(storage: S, account_id: Option<&str>) -> Result<Self, JournalError> {
        let file = storage.read_all().map_err(JournalError::from_io("be read"))?;
        let (account_id, header_length, end) = match header::decode(&file)? {
            Begin::Unwritten => {
                let account_id = account_id.unwrap_or_default();
                let header = header::encode(account_id)?;
                begin(&storage, &header)?;
                return Ok(Self::opened(storage, account_id, header.len(), file.len() as u64));
            }
            Begin::Header { account_id: found, length } => {
                check_account(&found, account_id)?;
                (found, length, frame::scan(&file, length)?.end)
            }
        };
        let truncated_bytes = (file.len() - end) as u64;
        if truncated_bytes > 0 {
            storage.truncate(end as u64).map_err(JournalError::from_io("be cut"))?;
        }
        // Also when nothing was cut: the process before this one may have stopped between append and sync.
        storage.sync().map_err(JournalError::from_io("be synced"))?;
        Ok(Self::opened(storage, &account_id, header_length, truncated_bytes))
    }

    fn opened(storage: S, account_id: &str, header_length: usize, truncated_bytes: u64) -> Self {
        Self {
            storage,
            account_id: account_id.to_owned(),
            header_length,
            truncated_bytes,
            append: Mutex::new(()),
            is_halted: AtomicBool::new(false),
        }
    }

    /// Writes one record. It counts once [`sync`](Self::sync) has returned after it.
    ///
    /// # Errors
    /// [`JournalError::StorageFull`] or [`JournalError::StorageFailed`], after which the journal is halted;
    /// [`JournalError::LengthInvalid`] and [`JournalError::Halted`], which wrote nothing.
    pub fn append(&self, payload: &[u8]) -> Result<(), JournalError> {
        let frame = frame::encode(payload)?;
        let _writing = self.append.lock().map_err(|_| JournalError::Halted)?;
        self.unless_halted("be appended to", || self.storage.append(&frame))
    }

    /// Returns once every record whose append has returned is on the disk. Others may append meanwhile.
    ///
    /// # Errors
    /// [`JournalError::StorageFull`] or [`JournalError::StorageFailed`], after which the journal is halted;
    /// [`JournalError::Halted`].
    pub fn sync(&self) -> Result<(), JournalError> {
        self.unless_halted("be synced", || self.storage.sync())?;
        // A write that failed while this one synced may have left bytes that nobody can vouch for.
        if self.is_halted() {
            return Err(JournalError::Halted);
        }
        Ok(())
    }

    /// The payloads of all records, oldest first.
    ///
    /// # Errors
    /// [`JournalError`] if the file cannot be read or is damaged, or the journal is halted.
    pub fn records(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        let _writing = self.append.lock().map_err(|_| JournalError::Halted)?;
        if self.is_halted() {
            return Err(JournalError::Halted);
        }
        let file = self.storage.read_all().map_err(JournalError::from_io("be read"))?;
        let frames = frame::scan(&file, self.header_length)?;
        Ok(frames.payloads.into_iter().map(|payload| file[payload].to_vec()).collect())
    }

    /// The account.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// How many bytes opening has cut from a torn end.
    #[must_use]
    pub fn truncated_bytes(&self) -> u64 {
        self.truncated_bytes
    }

    /// Whether a write has failed.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.is_halted.load(Ordering::SeqCst)
    }

    fn unless_halted(
        &self,
        operation: &'static str,
        call: impl FnOnce() -> std::io::Result<()>,
    ) -> Result<(), JournalError> {
        if self.is_halted() {
            return Err(JournalError::Halted);
        }
        call().map_err(|error| {
            self.is_halted.store(true, Ordering::SeqCst);
            JournalError::from_io(operation)(error)
        })
    }
}

fn begin(storage: &impl Storage, header: &[u8]) -> Result<(), JournalError> {
    storage.truncate(0).map_err(JournalError::from_io("be begun"))?;
    storage.append(header).map_err(JournalError::from_io("be begun"))?;
    storage.sync().map_err(JournalError::from_io("be begun"))
}

fn check_account(found: &str, expected: Option<&str>) -> Result<(), JournalError> {
    match expected {
        Some(expected) if expected != found => Err(JournalError::AccountDiffers {
            found: found.to_owned(),
            expected: expected.to_owned(),
        }),
        _ => Ok(()),
    }
}
