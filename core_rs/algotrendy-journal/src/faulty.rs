//! A disk in memory that fails when told to, for tests.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::Storage;

/// What a failing call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An append writes this many bytes, then the disk is full.
    FullAfter(usize),
    /// An append writes this many bytes, then the disk fails.
    BrokenAfter(usize),
    /// A sync fails; what was not synced is lost.
    SyncFails,
}

#[derive(Debug, Default)]
struct Disk {
    bytes: Vec<u8>,
    synced: usize,
    fault: Option<Fault>,
}

/// A disk in memory; clones share it, as processes share a disk.
#[derive(Clone, Debug, Default)]
pub struct FaultyStorage(Arc<Mutex<Disk>>);

impl FaultyStorage {
    /// A disk that holds `bytes`.
    pub fn holding(bytes: Vec<u8>) -> Self {
        let synced = bytes.len();
        Self(Arc::new(Mutex::new(Disk { bytes, synced, fault: None })))
    }

    /// Makes the next call of its kind fail.
    pub fn fail(&self, fault: Fault) {
        self.disk().fault = Some(fault);
    }

    /// What a machine finds that lost its power now.
    pub fn after_power_loss(&self) -> Self {
        let disk = self.disk();
        Self::holding(disk.bytes[..disk.synced].to_vec())
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for FaultyStorage {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut disk = self.disk();
        let (written, error) = match disk.fault {
            Some(Fault::FullAfter(count)) => (count, Some(io::ErrorKind::StorageFull)),
            Some(Fault::BrokenAfter(count)) => (count, Some(io::ErrorKind::Other)),
            _ => (bytes.len(), None),
        };
        disk.bytes.extend_from_slice(&bytes[..written.min(bytes.len())]);
        error.map_or(Ok(()), |kind| {
            disk.fault = None;
            Err(kind.into())
        })
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.disk();
        if disk.fault == Some(Fault::SyncFails) {
            disk.fault = None;
            return Err(io::ErrorKind::Other.into());
        }
        disk.synced = disk.bytes.len();
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.disk().bytes.truncate(length);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk().bytes.len() as u64)
    }

    fn read_all(&self) -> io::Result<Vec<u8>> {
        Ok(self.disk().bytes.clone())
    }
}
