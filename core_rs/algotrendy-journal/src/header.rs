//! The beginning of a journal file: magic, format version (u32 LE), the account's name with its length before it
//! (u32 LE), and a CRC-32C of all that (u32 LE).

use crate::error::JournalError;

/// The format this program writes and reads. Version 1 held what an earlier trading core had decided.
pub const VERSION: u32 = 2;

/// The longest account name in bytes.
pub const MAX_ACCOUNT_ID_BYTES: usize = 256;

const MAGIC: &[u8; 8] = b"ATJRNL\r\n";
const FIXED_BYTES: usize = 16;
const CRC_BYTES: usize = 4;

/// What a file begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Nothing, or a header that a crash left incomplete: no record can be in it.
    Unwritten,
    /// A header.
    Header {
        /// The account.
        account_id: String,
        /// Its length in bytes.
        length: usize,
    },
}

/// The header of `account_id`'s journal.
///
/// # Errors
/// [`JournalError::LengthInvalid`] if the name is too long.
pub fn encode(account_id: &str) -> Result<Vec<u8>, JournalError> {
    let invalid = || JournalError::LengthInvalid {
        what: "account_id",
        length: account_id.len(),
        limit: MAX_ACCOUNT_ID_BYTES,
    };
    if account_id.len() > MAX_ACCOUNT_ID_BYTES {
        return Err(invalid());
    }
    let mut header = Vec::with_capacity(FIXED_BYTES + account_id.len() + CRC_BYTES);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&VERSION.to_le_bytes());
    let length = u32::try_from(account_id.len()).map_err(|_| invalid())?;
    header.extend_from_slice(&length.to_le_bytes());
    header.extend_from_slice(account_id.as_bytes());
    header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
    Ok(header)
}

/// Reads what `file` begins with.
///
/// # Errors
/// [`JournalError::Corrupt`] if it is no journal or damaged; [`JournalError::VersionUnknown`] if it is of another version.
pub fn decode(file: &[u8]) -> Result<Begin, JournalError> {
    let corrupt = |problem| JournalError::Corrupt { offset: 0, problem };
    let magic = &file[..file.len().min(MAGIC.len())];
    if !MAGIC.starts_with(magic) {
        return Err(corrupt("the file is no journal"));
    }
    let Some((fixed, rest)) = file.split_first_chunk::<FIXED_BYTES>() else {
        return Ok(Begin::Unwritten);
    };
    let number =
        |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let version = number(8);
    if version != VERSION {
        return Err(JournalError::VersionUnknown { version, known: VERSION });
    }
    let length = number(12) as usize;
    if length > MAX_ACCOUNT_ID_BYTES {
        return Err(corrupt("the header is damaged"));
    }
    let Some(crc) = rest.get(length..length + CRC_BYTES) else { return Ok(Begin::Unwritten) };
    let named = &file[..FIXED_BYTES + length];
    if crc != crc32c::crc32c(named).to_le_bytes() {
        return Err(corrupt("the header is damaged"));
    }
    let account_id = std::str::from_utf8(&rest[..length])
        .map_err(|_| corrupt("the account's name is not UTF-8"))?
        .to_owned();
    Ok(Begin::Header { account_id, length: FIXED_BYTES + length + CRC_BYTES })
}
