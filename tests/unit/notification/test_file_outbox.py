import errno
import json
from pathlib import Path

import pytest

from algotrendy.errors import StorageFullError
from algotrendy.notification.adapters.file_outbox import FileOutbox
from algotrendy.notification.model import Message
from algotrendy.storage.data_folder import DataFolder
from algotrendy.storage.file_system import LocalFileSystem

MESSAGE = Message("0198-id", "rule", "a:1", "OrderFilled", "Bought 3 SPY – at last", 1_500_000_000)


class FullDisk(LocalFileSystem):
    """A disk that is full from the moment it is told so."""

    full = False

    def write(self, path: Path, content: bytes, mode: int) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(path, content, mode)


def files(data_folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data_folder / "outbox").iterdir()}


async def test_a_message_is_one_file_named_by_its_id(tmp_path: Path) -> None:
    destination = await FileOutbox(DataFolder(tmp_path)).deliver(MESSAGE)
    assert destination == str(tmp_path / "outbox" / "0198-id.json")
    assert json.loads(files(tmp_path)["0198-id.json"]) == {
        "notification_id": "0198-id",
        "rule_id": "rule",
        "event_id": "a:1",
        "event_type": "OrderFilled",
        "event_time": "1970-01-01T00:00:01.500Z",
        "text": "Bought 3 SPY – at last",
    }


async def test_a_second_delivery_leaves_the_same_one_file(tmp_path: Path) -> None:
    outbox = FileOutbox(DataFolder(tmp_path))
    await outbox.deliver(MESSAGE)
    first = files(tmp_path)
    await outbox.deliver(MESSAGE)
    assert files(tmp_path) == first
    assert len(first) == 1


async def test_a_full_disk_is_an_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    disk = FullDisk()
    outbox = FileOutbox(DataFolder(tmp_path, disk))
    disk.full = True
    with pytest.raises(StorageFullError):
        await outbox.deliver(MESSAGE)
    assert files(tmp_path) == {}
