"""The file operations that may fail for reasons outside the program, as a port.

Tests pass one that fails, because root may write anywhere and a disk is rarely full on request.
"""

import os
from pathlib import Path
from typing import Protocol


class FileSystem(Protocol):
    """What the data folder needs of a disk; every method may raise `OSError`."""

    def make_folder(self, path: Path, mode: int) -> None:
        """Make `path` and its parents; a folder that exists keeps its permissions."""

    def write(self, path: Path, content: bytes, mode: int) -> None:
        """Replace the file at `path` by `content`, all or nothing, and sync it to the disk."""

    def remove(self, path: Path) -> None:
        """Remove the file at `path`."""


class LocalFileSystem:
    """The disk of this machine."""

    def make_folder(self, path: Path, mode: int) -> None:
        """See `FileSystem`."""
        path.mkdir(mode=mode, parents=True, exist_ok=True)

    def write(self, path: Path, content: bytes, mode: int) -> None:
        """See `FileSystem`."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """See `FileSystem`."""
        path.unlink()


def _sync_folder(path: Path) -> None:
    """Make a rename in the folder last through a loss of power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
