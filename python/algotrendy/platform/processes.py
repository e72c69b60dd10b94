"""Servers started as child processes, none of which outlives its purpose.

A child dies with this process where the system allows it (Linux). Every child is also recorded in
the data folder by process id and start time, and the next start stops those that are still there.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NoReturn

import psutil
import structlog

from algotrendy.errors import ServerStartError, UnavailableError
from algotrendy.storage.data_folder import DataFolder

log = structlog.get_logger(__name__)

RECORD_NAME: Final = "processes.json"

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_STOP_GRACE_S: Final = 20.0
_KILL_GRACE_S: Final = 10.0
_POLL_S: Final = 0.01
# How soon the end of a child is noticed.
_WATCH_S: Final = 0.25
# `psutil` derives start times from the boot time, which moves a little when the clock is set.
_START_TIME_TOLERANCE_S: Final = 1.0
_SCRATCH_PREFIX: Final = "algotrendy-"


@dataclass(frozen=True)
class Account:
    """The system account a child runs as."""

    name: str
    user_id: int
    group_id: int


@dataclass(frozen=True)
class ProcessRecord:
    """What the next start needs to find a child again, and only that child."""

    name: str
    pid: int
    start_time_s: float
    stop_signal: int
    # A folder under the system's temporary folder that goes with the child.
    scratch: str | None


class Child:
    """A running server of ours."""

    def __init__(
        self, record: ProcessRecord, popen: subprocess.Popen[bytes], log_path: Path
    ) -> None:
        self.record = record
        self.log_path = log_path
        self._popen = popen

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.record.name

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def require_running(self) -> None:
        """Raise `ServerStartError`, with the end of its log, when it has ended."""
        code = self._popen.poll()
        if code is None:
            return
        last_lines = "\n".join(self.log_path.read_text(errors="replace").splitlines()[-5:])
        raise ServerStartError(
            f"{self.name} ended with code {code} while starting; its log {self.log_path} ends:\n"
            f"{last_lines}",
            server=self.name,
            code=str(code),
            log=str(self.log_path),
        )

    def exit_code(self) -> int | None:
        """Return the code it ended with; None while it runs."""
        return self._popen.poll()

    def terminate(self) -> None:
        """Stop it: its own signal, a wait, and the kill signal if that does not help."""
        if self._popen.poll() is None:
            self._popen.send_signal(self.record.stop_signal)
        try:
            self._popen.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            log.warning("child_killed", child=self.name, pid=self.pid)
            self._popen.kill()
            self._popen.wait(_KILL_GRACE_S)
        _remove_scratch(self.record)


class Children:
    """All child processes of this process on one data folder, which must be locked."""

    def __init__(self, data_folder: DataFolder) -> None:
        self._data_folder = data_folder
        self._records: list[ProcessRecord] = []
        self._running: list[Child] = []

    def stop_orphans(self) -> list[ProcessRecord]:
        """Stop children of an earlier process that outlived it; return those it found alive.

        A process counts only if its id and its start time are the recorded ones.
        """
        path = self._data_folder.path / RECORD_NAME
        records = _read_records(path)
        stopped = []
        for record in records:
            process = _find(record)
            if process is not None:
                log.warning("orphan_found", child=record.name, pid=record.pid)
                _stop_tree(process, record.stop_signal)
                stopped.append(record)
            _remove_scratch(record)
        if records:
            self._save()
        return stopped

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        account: Account | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        scratch: Path | None = None,
    ) -> Child:
        """Start `command`, its output in `logs/{name}.log`, and record it.

        Call it on a thread that lives as long as the child: on Linux the child is stopped when
        that thread ends.
        """
        log_path = self._data_folder.logs / f"{name}.log"
        with log_path.open("ab") as output:
            popen = subprocess.Popen(  # noqa: S603  # The command is ours.
                launch_command(command, death_signal=stop_signal, account=account),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(os.environ if environment is None else environment),
                cwd=folder,
                # Ctrl-C at the terminal reaches this process alone, which then stops them in order.
                start_new_session=True,
            )
        try:
            record = ProcessRecord(
                name=name,
                pid=popen.pid,
                start_time_s=psutil.Process(popen.pid).create_time(),
                stop_signal=int(stop_signal),
                scratch=str(scratch) if scratch else None,
            )
            self._records.append(record)
            self._save()
        except BaseException:
            popen.kill()
            popen.wait()
            raise
        child = Child(record, popen, log_path)
        self._running.append(child)
        return child

    async def watch(self) -> NoReturn:
        """Raise `UnavailableError`, naming the child, when one ends that nobody stopped."""
        while True:
            for child in self._running:
                code = child.exit_code()
                if code is not None:
                    log.error("child_ended", child=child.name, pid=child.pid, code=code)
                    raise UnavailableError(
                        f"{child.name} ended with code {code}; its log is {child.log_path}.",
                        server=child.name,
                        code=str(code),
                        log=str(child.log_path),
                    )
            await asyncio.sleep(_WATCH_S)

    async def stop(self, child: Child) -> None:
        """Stop one child and forget it."""
        self._running.remove(child)
        await asyncio.to_thread(child.terminate)
        self._records.remove(child.record)
        # A full disk must not keep the other children from being stopped.
        with suppress(Exception):
            self._save()

    def _save(self) -> None:
        content = json.dumps([asdict(record) for record in self._records], indent=2)
        self._data_folder.write(RECORD_NAME, content.encode())


def launch_command(
    command: Sequence[str | Path],
    *,
    death_signal: int = signal.SIGTERM,
    account: Account | None = None,
) -> list[str]:
    """Return the command line that runs `command` as `account` and never outlives its starter."""
    user, group = (account.user_id, account.group_id) if account else (-1, -1)
    numbers = (int(death_signal), os.getpid(), user, group)
    interpreter = [sys.executable, "-I", "-S", str(_LAUNCHER)]
    return [*interpreter, *map(str, numbers), *map(str, command)]


def make_scratch(account: Account | None = None) -> Path:
    """Make a short-named folder of 0700, the account's if given, for sockets and the like.

    The path of a Unix socket holds at most 107 bytes, so `TMPDIR` is not asked.
    """
    path = Path(tempfile.mkdtemp(prefix=_SCRATCH_PREFIX, dir="/tmp"))  # Made safely.
    if account is not None:
        os.chown(path, account.user_id, account.group_id)
    return path


def _read_records(path: Path) -> list[ProcessRecord]:
    if not path.exists():
        return []
    try:
        return [ProcessRecord(**fields) for fields in json.loads(path.read_text())]
    except (ValueError, TypeError):
        log.warning("process_records_unreadable", path=str(path))
        return []


def _find(record: ProcessRecord) -> psutil.Process | None:
    try:
        process = psutil.Process(record.pid)
        age_difference_s = abs(process.create_time() - record.start_time_s)
    except psutil.NoSuchProcess:
        return None
    if age_difference_s > _START_TIME_TOLERANCE_S:
        return None
    return process if _alive(process) else None


def _alive(process: psutil.Process) -> bool:
    """Say whether it runs; what has ended but nobody has asked after does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _stop_tree(process: psutil.Process, stop_signal: int) -> None:
    with suppress(psutil.NoSuchProcess):
        tree = [process, *process.children(recursive=True)]
        process.send_signal(stop_signal)
        survivors = _wait(tree, _STOP_GRACE_S)
        for survivor in survivors:
            with suppress(psutil.NoSuchProcess):
                survivor.kill()
        _wait(survivors, _KILL_GRACE_S)


def _wait(processes: list[psutil.Process], deadline_s: float) -> list[psutil.Process]:
    """Wait until all have ended, and return those that have not.

    They are not our children, so the system tells nobody; and where process 1 of a container
    asks after none, an ended one stays in the table for ever.
    """
    deadline = time.monotonic() + deadline_s
    while alive := [process for process in processes if _alive(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_S)
    return alive


def _remove_scratch(record: ProcessRecord) -> None:
    if record.scratch is None:
        return
    # The record is a file, so it is not trusted with what to delete.
    if Path(record.scratch).parent == Path("/tmp") and _SCRATCH_PREFIX in record.scratch:  # noqa: S108  # Compared with.
        shutil.rmtree(record.scratch, ignore_errors=True)
