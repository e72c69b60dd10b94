"""The journal through its Python face: what is written is read, what is torn is cut."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from algotrendy import errors
from algotrendy._core import Journal, TradingCore


def written(path: Path, *payloads: bytes) -> None:
    journal = Journal.open(path, "account")
    for payload in payloads:
        journal.append(payload)
    journal.sync()
    journal.close()


def test_records_are_read_back_after_the_journal_is_opened_again(tmp_path: Path) -> None:
    written(tmp_path / "journal", b"first", b"second")
    written(tmp_path / "journal", b"third")
    journal = Journal.open(str(tmp_path / "journal"))
    assert journal.records() == [b"first", b"second", b"third"]
    assert (journal.account_id, journal.truncated_bytes) == ("account", 0)


def test_a_torn_end_is_cut_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    written(path, b"first", b"second")
    path.write_bytes(path.read_bytes()[:-3])
    journal = Journal.open(path)
    assert journal.truncated_bytes == 8 + len(b"second") - 3
    assert journal.records() == [b"first"]
    journal.close()
    assert Journal.open(path).truncated_bytes == 0


def test_a_damaged_record_before_a_whole_one_is_named_by_its_offset(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    written(path, b"first", b"second")
    damaged = bytearray(path.read_bytes())
    offset = damaged.index(b"first")
    damaged[offset] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(errors.JournalCorruptError) as refusal:
        Journal.open(path)
    assert refusal.value.metadata["offset"] == str(offset - 8)
    assert path.read_bytes() == damaged


def test_the_journal_of_another_account_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "journal", b"first")
    with pytest.raises(errors.FailedPreconditionError) as refusal:
        Journal.open(tmp_path / "journal", "another")
    assert refusal.value.metadata == {"found": "account", "expected": "another"}


def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_bytes(b"Dear friend, this is no journal.")
    with pytest.raises(errors.JournalCorruptError):
        Journal.open(path)
    assert path.read_bytes() == b"Dear friend, this is no journal."


def test_a_folder_that_is_missing_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(errors.StorageError):
        Journal.open(tmp_path / "missing" / "journal")


def test_a_folder_and_a_device_are_no_journals(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(errors.StorageError):
            Journal.open(path)


def test_a_closed_journal_is_halted(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal")
    journal.close()
    journal.close()
    for call in (journal.sync, journal.records, lambda: journal.append(b"late")):
        with pytest.raises(errors.CoreHaltedError):
            call()


def test_an_empty_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidArgumentError):
        Journal.open(tmp_path / "journal").append(b"")


def test_records_may_be_appended_while_others_are_synced(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal")
    payloads = [f"record {number}".encode() for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        syncs = [pool.submit(journal.sync) for _ in range(20)]
        for payload in payloads:
            journal.append(payload)
        for sync in syncs:
            sync.result()
    journal.sync()
    assert journal.records() == payloads


def test_a_core_is_recovered_from_its_journal(tmp_path: Path) -> None:
    core, journal = TradingCore("account", "USD"), Journal.open(tmp_path / "journal", "account")
    for amount in (100, 200, 300):
        decision = core.decide({"type": "Deposit", "currency": "USD", "amount": amount}, amount)
        journal.append(decision.record)
        core.apply(decision)
    journal.sync()
    journal.close()
    recovered = TradingCore("account", "USD")
    for record in Journal.open(tmp_path / "journal", "account").records():
        recovered.fold_record(record)
    assert recovered.cash() == core.cash() == {"USD": 600}
    assert recovered.event_sequence == core.event_sequence == 3
    assert recovered.time_ns == 300


def test_a_journal_of_an_earlier_format_is_refused_by_its_version(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    written(path, b"first")
    file = bytearray(path.read_bytes())
    # The version follows eight bytes of magic.
    file[8:12] = (1).to_bytes(4, "little")
    path.write_bytes(file)
    with pytest.raises(errors.JournalVersionError) as refusal:
        Journal.open(path)
    assert refusal.value.metadata == {"version": "1", "known": "2"}
    assert path.read_bytes() == file
