//! What survives which failure.

use algotrendy_core::error::Refusal;
use proptest::prelude::*;

use crate::error::JournalError;
use crate::faulty::{Fault, FaultyStorage};
use crate::frame::MAX_PAYLOAD_BYTES;
use crate::journal::Journal;
use crate::storage::{FileStorage, Storage};

fn open(storage: &FaultyStorage) -> Result<Journal<FaultyStorage>, JournalError> {
    Journal::open(storage.clone(), Some("account"))
}

/// A disk with a journal of `payloads`, all synced.
fn written(payloads: &[Vec<u8>]) -> FaultyStorage {
    let storage = FaultyStorage::default();
    let journal = open(&storage).unwrap();
    for payload in payloads {
        journal.append(payload).unwrap();
    }
    journal.sync().unwrap();
    storage
}

fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..12)
}

fn three() -> Vec<Vec<u8>> {
    vec![b"first".to_vec(), b"second".to_vec(), b"third".to_vec()]
}

#[test]
fn records_are_read_back_in_their_order() {
    let storage = written(&three());
    let journal = open(&storage).unwrap();
    assert_eq!(journal.records().unwrap(), three());
    assert_eq!((journal.account_id(), journal.truncated_bytes()), ("account", 0));
}

#[test]
fn what_was_synced_survives_a_loss_of_power() {
    let storage = written(&three());
    let journal = open(&storage).unwrap();
    journal.append(b"not synced").unwrap();
    assert_eq!(open(&storage.after_power_loss()).unwrap().records().unwrap(), three());
}

#[test]
fn a_full_disk_halts_the_journal_and_leaves_no_half_record() {
    for count in [0, 1, 7, 8, 9, 12] {
        let storage = written(&three());
        let journal = open(&storage).unwrap();
        storage.fail(Fault::FullAfter(count));
        assert_eq!(journal.append(b"fourth").unwrap_err().reason(), "STORAGE_FULL");
        assert_eq!(journal.append(b"fourth").unwrap_err().reason(), "CORE_HALTED");
        assert_eq!(journal.sync().unwrap_err().reason(), "CORE_HALTED");
        assert_eq!(journal.records().unwrap_err().reason(), "CORE_HALTED");
        let reopened = open(&storage).unwrap();
        assert_eq!(reopened.truncated_bytes(), count as u64);
        assert_eq!(reopened.records().unwrap(), three());
        reopened.append(b"fourth").unwrap();
        assert_eq!(reopened.records().unwrap().len(), 4);
    }
}

#[test]
fn a_broken_disk_is_no_full_one() {
    let storage = written(&three());
    let journal = open(&storage).unwrap();
    storage.fail(Fault::BrokenAfter(3));
    assert_eq!(journal.append(b"fourth").unwrap_err().reason(), "STORAGE_FAILED");
    assert!(journal.is_halted());
}

#[test]
fn a_failed_sync_halts_the_journal() {
    let storage = written(&three());
    let journal = open(&storage).unwrap();
    journal.append(b"fourth").unwrap();
    storage.fail(Fault::SyncFails);
    assert_eq!(journal.sync().unwrap_err().reason(), "STORAGE_FAILED");
    assert_eq!(journal.sync().unwrap_err().reason(), "CORE_HALTED");
    assert_eq!(journal.append(b"fifth").unwrap_err().reason(), "CORE_HALTED");
    assert_eq!(open(&storage.after_power_loss()).unwrap().records().unwrap(), three());
}

#[test]
fn a_damaged_record_before_a_whole_one_is_named_by_its_offset() {
    let storage = written(&three());
    let header_length = 16 + "account".len() + 4;
    let file = storage.read_all().unwrap();
    for at in header_length..header_length + 8 + "first".len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        match open(&FaultyStorage::holding(damaged)) {
            Err(JournalError::Corrupt { offset, .. }) => assert_eq!(offset, header_length as u64),
            other => panic!("byte {at}: {other:?}"),
        }
    }
}

#[test]
fn a_damaged_last_record_is_a_torn_end() {
    let storage = written(&three());
    let mut file = storage.read_all().unwrap();
    *file.last_mut().unwrap() ^= 1;
    let journal = open(&FaultyStorage::holding(file)).unwrap();
    assert_eq!(journal.truncated_bytes(), 8 + 5);
    assert_eq!(journal.records().unwrap(), three()[..2]);
}

#[test]
fn an_end_of_zeros_is_torn() {
    let mut file = written(&three()).read_all().unwrap();
    file.extend_from_slice(&[0; 4096]);
    let journal = open(&FaultyStorage::holding(file)).unwrap();
    assert_eq!(journal.truncated_bytes(), 4096);
    assert_eq!(journal.records().unwrap(), three());
}

#[test]
fn a_file_that_is_no_journal_of_this_account_is_refused() {
    let file = written(&three()).read_all().unwrap();
    let refusal = |file: Vec<u8>, account_id| {
        let opened = Journal::open(FaultyStorage::holding(file), Some(account_id));
        opened.err().map(|error| error.reason())
    };
    assert_eq!(refusal(b"a letter to a friend".to_vec(), "account"), Some("JOURNAL_CORRUPT"));
    assert_eq!(refusal(file.clone(), "another"), Some("FAILED_PRECONDITION"));
    let mut later = file.clone();
    later[8] = 3;
    assert_eq!(refusal(later, "account"), Some("JOURNAL_VERSION_UNKNOWN"));
    let mut damaged = file.clone();
    damaged[17] ^= 1;
    assert_eq!(refusal(damaged, "account"), Some("JOURNAL_CORRUPT"));
    let long = "a".repeat(257);
    assert_eq!(refusal(Vec::new(), long.as_str()), Some("INVALID_ARGUMENT"));
    assert!(Journal::open(FaultyStorage::holding(file), None).is_ok());
}

#[test]
fn a_record_is_neither_empty_nor_endless() {
    let journal = open(&FaultyStorage::default()).unwrap();
    for payload in [Vec::new(), vec![0; MAX_PAYLOAD_BYTES + 1]] {
        assert_eq!(journal.append(&payload).unwrap_err().reason(), "INVALID_ARGUMENT");
    }
    journal.append(&vec![0; MAX_PAYLOAD_BYTES]).unwrap();
    assert_eq!(journal.records().unwrap().len(), 1);
}

#[test]
fn a_file_on_a_disk_is_opened_again_where_it_was_left() {
    let folder = std::env::temp_dir().join(format!("algotrendy-journal-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("journal");
    let _ = std::fs::remove_file(&path);
    let journal = Journal::open_file(&path, Some("account")).unwrap();
    journal.append(b"first").unwrap();
    journal.sync().unwrap();
    drop(journal);
    FileStorage::open(&path).unwrap().append(b"torn").unwrap();
    let journal = Journal::open_file(&path, Some("account")).unwrap();
    assert_eq!(journal.truncated_bytes(), 4);
    journal.append(b"second").unwrap();
    assert_eq!(journal.records().unwrap(), [b"first".to_vec(), b"second".to_vec()]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_journal_of_the_core_before_this_one_is_refused_by_its_version() {
    let mut file = written(&three()).read_all().unwrap();
    // The version follows eight bytes of magic.
    file[8..12].copy_from_slice(&1_u32.to_le_bytes());
    let error = open(&FaultyStorage::holding(file)).unwrap_err();
    assert_eq!(error.reason(), "JOURNAL_VERSION_UNKNOWN");
    let metadata = error.metadata();
    assert_eq!(metadata, [("version", "1".to_owned()), ("known", "2".to_owned())]);
    assert_eq!(error.to_string(), "the journal has format version 1, this program reads version 2");
}

#[test]
fn a_folder_that_is_missing_is_a_failure_of_storage() {
    let path = std::env::temp_dir().join("algotrendy-no-such-folder").join("journal");
    assert_eq!(Journal::open_file(&path, None).unwrap_err().reason(), "STORAGE_FAILED");
}

proptest! {
    #[test]
    fn any_beginning_of_a_file_holds_a_beginning_of_its_records(payloads in payloads(), cut in any::<prop::sample::Index>()) {
        let file = written(&payloads).read_all().unwrap();
        let cut = cut.index(file.len() + 1);
        let journal = open(&FaultyStorage::holding(file[..cut].to_vec())).unwrap();
        let records = journal.records().unwrap();
        prop_assert!(payloads.starts_with(&records));
        if cut == file.len() {
            prop_assert_eq!(records, payloads);
        }
    }

    #[test]
    fn a_damaged_byte_never_gives_a_record_that_was_not_written(
        payloads in payloads(), at in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let mut file = written(&payloads).read_all().unwrap();
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        if let Ok(journal) = open(&FaultyStorage::holding(file)) {
            prop_assert!(payloads.starts_with(&journal.records().unwrap()));
        }
    }

    #[test]
    fn random_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..600), is_journal in any::<bool>()) {
        if is_journal {
            let mut file = written(&[]).read_all().unwrap();
            file.append(&mut bytes);
            bytes = file;
        }
        if let Ok(journal) = open(&FaultyStorage::holding(bytes.clone())) {
            journal.records().unwrap();
        }
        let _ = crate::record::decode_recorded(&bytes);
        let _ = crate::record::decode_record(&bytes);
    }
}
