//! How a record lies in a file: its length (u32 LE), a CRC-32C of length and payload (u32 LE), its payload.
//!
//! A crash can leave the last frames incomplete; those were never acknowledged and are cut. A damaged frame with a whole
//! one after it is something else: bytes that were acknowledged have changed, and nobody may guess what they said.

use std::ops::Range;

use crate::error::JournalError;

/// The longest payload in bytes: far above any record, far below what a damaged length would ask for.
pub const MAX_PAYLOAD_BYTES: usize = 16 << 20;

const HEAD_BYTES: usize = 8;

/// What a file's frames are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames {
    /// Where the payloads lie.
    pub payloads: Vec<Range<usize>>,
    /// Where the last whole frame ends; what follows is torn.
    pub end: usize,
}

/// The frame of `payload`.
///
/// # Errors
/// [`JournalError::LengthInvalid`] if the payload is empty or too long.
pub fn encode(payload: &[u8]) -> Result<Vec<u8>, JournalError> {
    let invalid = || JournalError::LengthInvalid {
        what: "record",
        length: payload.len(),
        limit: MAX_PAYLOAD_BYTES,
    };
    if payload.is_empty() || payload.len() > MAX_PAYLOAD_BYTES {
        return Err(invalid());
    }
    let length = u32::try_from(payload.len()).map_err(|_| invalid())?.to_le_bytes();
    let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len());
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&checksum(length, payload).to_le_bytes());
    frame.extend_from_slice(payload);
    Ok(frame)
}

/// Finds the frames of `file` from `start` on.
///
/// # Errors
/// [`JournalError::Corrupt`] if a damaged frame is followed by a whole one.
pub fn scan(file: &[u8], start: usize) -> Result<Frames, JournalError> {
    let mut frames = Frames { payloads: Vec::new(), end: start };
    while let Some(payload) = payload_at(file, frames.end) {
        frames.end = payload.end;
        frames.payloads.push(payload);
    }
    // A damaged length hides where the next frame begins, so every byte after it is tried.
    if (frames.end + 1..file.len()).any(|offset| payload_at(file, offset).is_some()) {
        return Err(JournalError::Corrupt {
            offset: frames.end as u64,
            problem: "a damaged record is followed by a whole one",
        });
    }
    Ok(frames)
}

/// The payload of the frame at `offset`, if a whole one is there.
fn payload_at(file: &[u8], offset: usize) -> Option<Range<usize>> {
    let (length, rest) = file.get(offset..)?.split_first_chunk::<4>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let bytes = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let payload = rest.get(..bytes)?;
    let is_whole = (1..=MAX_PAYLOAD_BYTES).contains(&bytes)
        && checksum(*length, payload) == u32::from_le_bytes(*crc);
    is_whole.then(|| offset + HEAD_BYTES..offset + HEAD_BYTES + bytes)
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length), payload)
}
