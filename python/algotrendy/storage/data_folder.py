"""The one folder that holds everything an installation keeps."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from algotrendy.errors import (
    AlgoTrendyError,
    DataFolderError,
    DataFolderLockedError,
    StorageFullError,
)
from algotrendy.storage.file_system import FileSystem, LocalFileSystem

LOCK_NAME: Final = ".lock"
FOLDERS: Final = (
    "journal",
    "lake",
    "lake/ticks",
    "lake/quotes",
    "models",
    "outbox",
    "nats",
    "secrets",
    "logs",
    "reports",
)

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_PRIVATE_FOLDER: Final = 0o700
_PRIVATE_FILE: Final = 0o600

# A forked worker must not keep the lock of a parent that died.
_held_descriptors: set[int] = set()


class DataFolder:
    """A folder that was found writable, with its sub-folders made.

    Permissions of what exists already are never changed; what is made is the owner's alone.

    Parameters
    ----------
    path : Path
        The folder; made, with its parents, when it does not exist.

    Raises
    ------
    DataFolderError
        The folder cannot be made or written.
    StorageFullError
        The disk is full.
    """

    def __init__(self, path: Path, file_system: FileSystem | None = None) -> None:
        self.path = path.absolute()
        self._file_system = file_system or LocalFileSystem()
        probe = self.path / ".probe"
        try:
            for folder in (self.path, *(self.path / name for name in FOLDERS)):
                self._file_system.make_folder(folder, _PRIVATE_FOLDER)
            # Only a real write tells: root passes every permission check.
            self._file_system.write(probe, b"writable\n", _PRIVATE_FILE)
            self._file_system.remove(probe)
        except OSError as error:
            raise self._refusal(error, self.path) from error

    @property
    def journal(self) -> Path:
        """The trading cores' journals: the truth."""
        return self.path / "journal"

    @property
    def lake(self) -> Path:
        """Bars, trades and quotes as Parquet."""
        return self.path / "lake"

    @property
    def models(self) -> Path:
        """Trained models and their registry."""
        return self.path / "models"

    @property
    def outbox(self) -> Path:
        """Notifications, one file each."""
        return self.path / "outbox"

    @property
    def nats(self) -> Path:
        """The embedded NATS server's streams."""
        return self.path / "nats"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, each a file only its owner reads."""
        return self.path / "secrets"

    @property
    def logs(self) -> Path:
        """What the servers and the platform log."""
        return self.path / "logs"

    @property
    def reports(self) -> Path:
        """Finished reports."""
        return self.path / "reports"

    def write(self, name: str, content: bytes) -> Path:
        """Replace the file `name` (`secrets/token`), all or nothing, synced, readable by its owner.

        Raises
        ------
        StorageFullError
            The disk is full.
        DataFolderError
            Any other failure of the disk.
        """
        path = self.path / name
        try:
            self._file_system.write(path, content, _PRIVATE_FILE)
        except OSError as error:
            raise self._refusal(error, path) from error
        return path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process; the system lets go when the process dies.

        Raises
        ------
        DataFolderLockedError
            A living process holds it; `metadata["pid"]` is its id.
        """
        path = self.path / LOCK_NAME
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _PRIVATE_FILE)
        except OSError as error:
            raise self._refusal(error, path) from error
        _held_descriptors.add(descriptor)
        try:
            self._acquire(descriptor)
            yield
        finally:
            _held_descriptors.discard(descriptor)
            os.close(descriptor)

    def _acquire(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
            raise DataFolderLockedError(
                f"The data folder {self.path} is in use by the process {pid}.",
                path=str(self.path),
                pid=pid,
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise self._refusal(error, self.path) from error

    def _refusal(self, error: OSError, path: Path) -> AlgoTrendyError:
        cause = error.strerror or str(error)
        if error.errno in _FULL:
            return StorageFullError(
                f"The disk that holds {path} is full: {cause}.", path=str(path), cause=cause
            )
        return DataFolderError(f"Cannot write {path}: {cause}.", path=str(path), cause=cause)


def _close_held_descriptors() -> None:
    for descriptor in _held_descriptors:
        with suppress(OSError):
            os.close(descriptor)
    _held_descriptors.clear()


os.register_at_fork(after_in_child=_close_held_descriptors)
