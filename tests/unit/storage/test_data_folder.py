import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from algotrendy.errors import (
    AlgoTrendyError,
    DataFolderError,
    DataFolderLockedError,
    StorageFullError,
)
from algotrendy.storage.data_folder import FOLDERS, DataFolder
from algotrendy.storage.file_system import LocalFileSystem

HOLD_LOCK = """
import sys, pathlib
from algotrendy.storage.data_folder import DataFolder
with DataFolder(pathlib.Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""
HOLD_LOCK_AND_FORK = """
import os, sys, pathlib
from algotrendy.storage.data_folder import DataFolder
with DataFolder(pathlib.Path(sys.argv[1])).lock():
    child = os.fork()
    if child == 0:
        sys.stdin.read()
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
"""


class FailingDisk(LocalFileSystem):
    """A disk that fails at writing, from the first write or from a later one."""

    def __init__(self, code: int, *, after: int = 0) -> None:
        self._code = code
        self._writes_left = after

    def write(self, path: Path, content: bytes, mode: int) -> None:
        if self._writes_left == 0:
            raise OSError(self._code, os.strerror(self._code), str(path))
        self._writes_left -= 1
        super().write(path, content, mode)


def start(program: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    return process.stdout.readline().decode().strip()


def finish(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_it_is_made_with_its_folders_for_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "b")
    for name in FOLDERS:
        assert stat.S_IMODE((folder.path / name).stat().st_mode) == 0o700
    assert folder.journal == folder.path / "journal"


def test_a_folder_that_exists_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.mkdir()
    path.chmod(0o755)
    DataFolder(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        (errno.ENOSPC, StorageFullError),
        (errno.EDQUOT, StorageFullError),
        (errno.EACCES, DataFolderError),
        (errno.EROFS, DataFolderError),
        (errno.EIO, DataFolderError),
    ],
)
def test_a_disk_that_cannot_be_written_is_refused(
    tmp_path: Path, code: int, error_class: type[AlgoTrendyError]
) -> None:
    with pytest.raises(error_class) as refusal:
        DataFolder(tmp_path / "data", FailingDisk(code))
    assert refusal.value.metadata["path"] == str(tmp_path / "data")
    assert os.strerror(code) in str(refusal.value)


def test_a_disk_that_fills_up_later_is_a_typed_error(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data", FailingDisk(errno.ENOSPC, after=1))
    with pytest.raises(StorageFullError):
        folder.write("secrets/key", b"key")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataFolderError):
        DataFolder(tmp_path / "data")


def test_a_file_is_replaced_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.write("secrets/key", b"first")
    path = folder.write("secrets/key", b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(folder.secrets.iterdir()) == [path]


def test_a_second_lock_is_refused_and_names_the_process(tmp_path: Path) -> None:
    holder = start(HOLD_LOCK, tmp_path / "data")
    try:
        assert first_line(holder) == "held"
        with pytest.raises(DataFolderLockedError) as refusal, DataFolder(tmp_path / "data").lock():
            pass
        assert refusal.value.metadata["pid"] == str(holder.pid)
        assert str(holder.pid) in str(refusal.value)
    finally:
        finish(holder)


def test_a_second_lock_in_the_same_process_is_refused(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.lock(), pytest.raises(DataFolderLockedError), folder.lock():
        pass


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.lock():
        pass
    with folder.lock():
        pass


def test_a_killed_process_lets_go_of_the_lock(tmp_path: Path) -> None:
    holder = start(HOLD_LOCK, tmp_path / "data")
    assert first_line(holder) == "held"
    finish(holder)
    with DataFolder(tmp_path / "data").lock():
        pass


def test_a_forked_worker_does_not_keep_a_killed_parents_lock(tmp_path: Path) -> None:
    holder = start(HOLD_LOCK_AND_FORK, tmp_path / "data")
    worker = int(first_line(holder))
    try:
        holder.kill()
        holder.wait()
        with DataFolder(tmp_path / "data").lock():
            pass
    finally:
        os.kill(worker, signal.SIGKILL)
        holder.communicate()
