//! What a journal needs of a disk. Behind a trait, so that tests can make it fail.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// One append-only file.
///
/// All calls share it, so that a record can be appended while an earlier one is synced.
pub trait Storage: Send + Sync {
    /// Writes `bytes` at the end. After an error any part of them may be there.
    ///
    /// # Errors
    /// What the system says.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Returns once all bytes whose append has returned are on the disk.
    ///
    /// # Errors
    /// What the system says; then nobody knows which bytes are on the disk.
    fn sync(&self) -> io::Result<()>;

    /// Cuts the file to `length` bytes.
    ///
    /// # Errors
    /// What the system says.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// The file's length in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    ///
    /// # Errors
    /// What the system says.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|length| length == 0)
    }

    /// All bytes of the file.
    ///
    /// # Errors
    /// What the system says.
    fn read_all(&self) -> io::Result<Vec<u8>>;
}

/// A file on a disk.
#[derive(Debug)]
pub struct FileStorage {
    writer: File,
    reader: File,
}

impl FileStorage {
    /// Opens the file at `path`, or makes it in a folder that exists.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let is_new = !path.exists();
        if !is_new && !path.is_file() {
            // A device could be read without end.
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let writer = OpenOptions::new().append(true).create(true).open(path)?;
        if is_new {
            // A file whose folder entry is not on the disk can be gone after a crash, synced or not.
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(Self { writer, reader: File::open(path)? })
    }
}

impl Storage for FileStorage {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        (&self.writer).write_all(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.writer.sync_data()
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.writer.set_len(length)
    }

    fn len(&self) -> io::Result<u64> {
        self.writer.metadata().map(|metadata| metadata.len())
    }

    fn read_all(&self) -> io::Result<Vec<u8>> {
        let mut reader = self.reader.try_clone()?;
        io::Seek::rewind(&mut reader)?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
