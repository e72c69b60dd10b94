"""What a strategy reads while it runs: files, sockets, databases, other programs.

Python tells of what it opens (PEP 578, audit events). What pandas, polars, pyarrow and DuckDB read
in their own code is seen by the names of the functions that are called.
"""

import inspect
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from algotrendy.backtest.reach import is_users

_PROGRAMS: Final = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
_CONNECTIONS: Final = ("socket.connect", "sqlite3.connect", "urllib.Request")
_CODE: Final = frozenset({".py", ".pyc", ".pyi", ".so", ".pth", ".dll"})
_SYSTEM: Final = (
    "/proc/",
    "/dev/",
    "/sys/",
    "/etc/",
    "/usr/share/zoneinfo",
    sys.prefix,
    sys.base_prefix,
)
_READERS: Final = ("read_", "scan_", "open_", "from_parquet", "query", "sql", "execute", "connect")
_LIBRARIES: Final = ("pandas", "polars", "pyarrow", "duckdb", "fastparquet", "h5py", "sqlite3")


@dataclass(frozen=True)
class Reading:
    """Something that was read, and the line of the user's code that did."""

    what: str
    file: str
    line: int

    def __str__(self) -> str:
        """Say what was read where."""
        return f"{Path(self.file).name}, line {self.line}, {self.what}"


@dataclass
class _Watch:
    thread: int
    found: dict[Reading, None]


_watches: list[_Watch] = []
_installed = threading.Event()


@contextmanager
def watched() -> Iterator[dict[Reading, None]]:
    """Collect what the user's code in this thread reads until the end of the block."""
    if not _installed.is_set():
        # A hook stays for ever; it does nothing while nobody watches.
        sys.addaudithook(_on_event)
        _installed.set()
    watch = _Watch(threading.get_ident(), {})
    before = sys.getprofile()
    _watches.append(watch)
    sys.setprofile(_on_call)
    try:
        yield watch.found
    finally:
        sys.setprofile(before)
        _watches.remove(watch)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watches:
        return
    if event == "open":
        if (what := _opened(*arguments[:3])) is not None:
            _note(what)
    elif event in _CONNECTIONS:
        _note(f"connects to {arguments[-1]!r}")
    elif event in _PROGRAMS:
        _note(f"starts {arguments[0]!r}")


def _on_call(frame: FrameType, event: str, _argument: object) -> None:
    if event != "call" or not frame.f_code.co_name.startswith(_READERS):
        return
    module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    if module in _LIBRARIES:
        first = next(iter(frame.f_locals.values()), "")
        _note(f"reads {first!r} by {module}.{frame.f_code.co_name}", frame)


def _opened(path: object, mode: object, flags: object) -> str | None:
    """Return what is read where a file is opened to be read; None for code and for writing."""
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    name = os.fsdecode(path)
    if isinstance(mode, str) and not set(mode) & {"r", "+"}:
        return None
    if mode is None and isinstance(flags, int) and flags & (os.O_WRONLY | os.O_DIRECTORY):
        return None
    if Path(name).suffix in _CODE or name.startswith(_SYSTEM):
        return None
    return f"reads {name}"


def _note(what: str, frame: FrameType | None = None) -> None:
    watch = next((each for each in _watches if each.thread == threading.get_ident()), None)
    place = _users_line(inspect.currentframe() if frame is None else frame)
    if watch is not None and place is not None:
        watch.found.setdefault(Reading(what, *place))


def _users_line(frame: FrameType | None) -> tuple[str, int] | None:
    """Return the innermost line of the user's; None where an import reads on its own account."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib"):
            return None
        if is_users(file):
            return file, frame.f_lineno
        frame = frame.f_back
    return None
