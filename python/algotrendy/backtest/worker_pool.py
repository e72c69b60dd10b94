"""The processes that run a sweep of a class, as the process that started them sees them.

Each is a fresh interpreter that imports this library and not the script that sweeps: a script needs
no guard, and nothing of this process is copied while its threads run. A process reads the sweep
from a file without a name, which is gone when the last of them is, and is told places of the grid.
"""

import pickle
import signal
import subprocess
import sys
from collections import deque
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from algotrendy.backtest import parcel
from algotrendy.backtest.sweep_result import Row, failed_row
from algotrendy.errors import WorkerDiedError

if TYPE_CHECKING:
    from algotrendy.backtest.class_sweep import ClassSweep

_END_S: Final = 5.0

is_worker = False
"""Whether this process is one of a sweep's: it starts no others."""


class OneProcessWarning(UserWarning):
    """A class's sweep runs in this process alone, on one processor; the message says why."""


@dataclass(frozen=True)
class Ready:
    """A process has read the sweep."""


@dataclass(frozen=True)
class Refused:
    """A process cannot read the sweep."""

    why: str


@dataclass(frozen=True)
class Ran:
    """A combination's row, or what its callbacks raised, and what they printed elsewhere."""

    place: int
    outcome: Row | BaseException
    printed: str = ""
    printed_errors: str = ""

    def told(self) -> Row:
        """Print what was printed, and return the row or raise the error."""
        for stream, text in ((sys.stdout, self.printed), (sys.stderr, self.printed_errors)):
            if text:
                stream.write(text)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


class SentError(Exception):
    """What a callback raised, pickled, with its traceback; where it arrives, it is the error."""

    def __init__(self, pickled: bytes, traceback: str) -> None:
        super().__init__(pickled, traceback)

    def __reduce__(self) -> tuple[Any, ...]:
        return _arrived, self.args


def _arrived(pickled: bytes, traceback: str) -> BaseException:
    error: BaseException = pickle.loads(pickled)  # noqa: S301  # Of a process that was started here.
    error.add_note(f"In the process that ran it:\n{traceback}")
    return error


@dataclass(eq=False)
class _Worker:
    process: "subprocess.Popen[bytes]"
    channel: "Connection[Any, Any]"
    is_ready: bool = False
    tasks: deque[int] = field(default_factory=deque)


class WorkerPool(AbstractContextManager["WorkerPool"]):
    """Processes that take from the tasks of a sweep. None is left when it is closed.

    Parameters
    ----------
    sweep : ClassSweep
        What they run.
    tasks : deque of int
        The places that are left to run; what a lost process did not come to is put back.
    count : int
        How many processes there may be.

    Attributes
    ----------
    why_not : str
        Why there are none and will be none, if that is so.
    """

    def __init__(self, sweep: "ClassSweep", tasks: deque[int], count: int) -> None:
        self._sweep, self._tasks, self._count = sweep, tasks, count
        self._workers: list[_Worker] = []
        self._parcel: BinaryIO | None = None
        self._was_started = count == 1 or is_worker
        self.why_not = ""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            for worker in self._workers:
                worker.process.kill()
        self._end_all()
        if self._parcel is not None:
            self._parcel.close()

    @property
    def is_busy(self) -> bool:
        """Whether a process has something to run."""
        return any(worker.tasks for worker in self._workers)

    def is_heard(self) -> bool:
        """Whether one has started; until then there is nothing to wait for."""
        return any(worker.is_ready for worker in self._workers) or bool(self._wait(0.0))

    def start(self) -> None:
        """Start the processes, if they were not; where that cannot be, say so and do without."""
        if self._was_started:
            return
        self._was_started = True
        if getattr(sys, "frozen", False):
            # It would begin the program anew, with its sweep.
            self._do_without("the program is frozen: its interpreter runs nothing else")
            return
        try:
            self._parcel = parcel.write(self._sweep)
            for _ in range(self._count):
                self._workers.append(self._started(self._parcel))
        # Whatever objects of the user's raise where they are pickled.
        except Exception as error:  # noqa: BLE001
            self._do_without(f"{type(error).__name__}: {error}")
        self._feed()

    def collect(self) -> list[Ran]:
        """Wait until something is heard, and return what was run."""
        ran = []
        for worker in self._wait(None):
            try:
                message = worker.channel.recv()
            except (EOFError, OSError):
                ran += self._lost(worker)
                continue
            match message:
                case Ready():
                    worker.is_ready = True
                case Refused(why):
                    self._do_without(why)
                    break
                case Ran():
                    worker.tasks.remove(message.place)
                    ran.append(message)
        self._feed()
        return ran

    def _wait(self, timeout_s: float | None) -> list[_Worker]:
        by_channel = {worker.channel: worker for worker in self._workers}
        return [by_channel[cast("Any", ready)] for ready in wait(list(by_channel), timeout_s)]

    def _started(self, file: BinaryIO) -> _Worker:
        ours, theirs = Pipe()
        with theirs:
            ends = (theirs.fileno(), file.fileno())
            code = (
                f"import sys; sys.path[:] = {[str(each) for each in sys.path]!r};"
                f" from algotrendy.backtest.worker import main; main{ends}"
            )
            process = subprocess.Popen(  # noqa: S603  # This very interpreter.
                [sys.executable, *_interpreter_options(), "-c", code],
                stdin=subprocess.DEVNULL,
                pass_fds=ends,
                # Ctrl-C is this process's to answer.
                start_new_session=True,
            )
        return _Worker(process, ours)

    def _feed(self) -> None:
        """Give each something to run, and the next beside it where there is enough for all."""
        for depth in (1, 2):
            for worker in self._workers:
                is_enough = depth == 1 or len(self._tasks) > len(self._workers)
                if self._tasks and len(worker.tasks) < depth and is_enough:
                    self._send(worker, self._tasks.popleft())

    def _send(self, worker: _Worker, place: int) -> None:
        worker.tasks.append(place)
        try:
            worker.channel.send(place)
        except OSError:
            return  # It is gone, which is heard next.

    def _lost(self, worker: _Worker) -> list[Ran]:
        """Take a process out that is gone, with what it ran; another takes its place."""
        self._end(worker)
        if not worker.is_ready or not worker.tasks:
            self._put_back(worker)
            if not self._workers:
                self._do_without(f"its process ended as it began, {_end_of(worker)}")
            return []
        place = worker.tasks.popleft()
        self._put_back(worker)
        if self._parcel is not None and self._tasks:
            # Where the system starts no more, those that are left go on, or this process does.
            with suppress(OSError):
                self._workers.append(self._started(self._parcel))
        return [Ran(place, self._row_of_lost(place, worker))]

    def _row_of_lost(self, place: int, worker: _Worker) -> Row:
        values = self._sweep.parameters(place)
        shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
        error = WorkerDiedError(f"the process that ran {shown} ended {_end_of(worker)}.")
        return {**failed_row(error), "is_lost": True}

    def _do_without(self, why: str) -> None:
        for worker in self._workers:
            worker.process.kill()
            self._put_back(worker)
        self._end_all()
        self.why_not = why

    def _put_back(self, worker: _Worker) -> None:
        places = sorted({*worker.tasks, *self._tasks})
        worker.tasks.clear()
        self._tasks.clear()
        self._tasks.extend(places)

    def _end_all(self) -> None:
        for worker in self._workers:
            worker.channel.close()
        while self._workers:
            self._end(self._workers[-1])

    def _end(self, worker: _Worker) -> None:
        """Let a process end, and take it from the system's list."""
        self._workers.remove(worker)
        worker.channel.close()
        try:
            worker.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()


def _interpreter_options() -> list[str]:
    """Return the options of this interpreter by which a strategy may run otherwise."""
    optimized = ["-" + "O" * sys.flags.optimize] if sys.flags.optimize else []
    return ["-P", *optimized, *(f"-W{each}" for each in sys.warnoptions)]


def _end_of(worker: _Worker) -> str:
    code = worker.process.returncode
    if code >= 0:
        return f"with the exit code {code}"
    if code == -signal.SIGKILL:
        return "by SIGKILL, as where memory runs out"
    names = {each.value: each.name for each in signal.Signals}
    return f"by {names.get(-code, f'signal {-code}')}"
