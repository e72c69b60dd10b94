"""A class with every combination of parameters, on all processors where that is quicker.

Python runs one thread of a process at a time, so that each processor takes a process of its own.
A process starts in about a second: a sweep begins in this one, and starts others as soon as they
will have saved more than that.
"""

import time
import warnings
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from algotrendy.backtest.data import Data
from algotrendy.backtest.run import run_class
from algotrendy.backtest.sweep_result import Row, failed_row
from algotrendy.backtest.terms import RunTerms
from algotrendy.backtest.worker_pool import OneProcessWarning, Ran, WorkerPool
from algotrendy.domain.strategy_class import Strategy
from algotrendy.errors import AlgoTrendyError

START_S: Final = 1.0
"""How long a process takes until it runs something: it imports NumPy, Arrow and the strategy."""

# A run's first part may be no measure of the rest: features come before the first bar.
_TELLING_PART: Final = 0.25
_TELLING_S: Final = 0.5


@dataclass(frozen=True)
class ClassSweep:
    """A class and what its combinations share; it is the same in every process.

    Parameters
    ----------
    kind : type
        The class.
    given : mapping of str to value
        Parameters as the strategy that was given has them.
    axes : mapping of str to list
        The values of each parameter of the grid; the last one varies fastest.
    options : mapping
        What `run_class` takes beside data and terms.
    """

    kind: type[Strategy]
    given: Mapping[str, Any]
    axes: Mapping[str, Sequence[Any]]
    data: Data
    terms: RunTerms
    options: Mapping[str, Any]

    def parameters(self, place: int) -> dict[str, Any]:
        """Return the combination at a place of the grid."""
        chosen = []
        for name, values in reversed(list(self.axes.items())):
            place, index = divmod(place, len(values))
            chosen.append((name, values[index]))
        return dict(reversed(chosen))

    def row(self, place: int, **options: Any) -> Row:  # noqa: ANN401  # The core's.
        """Run a combination, and return what it amounts to, or its `error` alone."""
        try:
            one = self.kind(**{**self.given, **self.parameters(place)})
            return run_class(one, self.data, self.terms, **self.options, **options).summary()
        except AlgoTrendyError as error:
            return failed_row(error)

    def run(self, places: Sequence[int], take: Callable[[int, Row], None], threads: int) -> None:
        """Run the combinations at some places, and tell each row in their order.

        What a callback raises is raised when all rows before it are told.
        """
        tasks = deque(places)
        in_order = _InOrder(places, take)
        with WorkerPool(self, tasks, min(threads, len(tasks))) as pool:
            worth = _Worth(len(tasks), threads)
            while tasks or pool.is_busy:
                if pool.is_heard() or not tasks:
                    ran = pool.collect()
                else:
                    ran = [self._run_here(tasks.popleft(), pool, worth)]
                if pool.why_not:
                    self._warn(pool.why_not)
                    pool.why_not = ""
                for one in ran:
                    if isinstance(one.outcome, BaseException):
                        _keep_before(one.place, tasks)
                    in_order.add(one)

    def _warn(self, why: str) -> None:
        message = f"The sweep of {self.kind.__name__} runs on one processor, in this process: {why}"
        warnings.warn(message, OneProcessWarning, stacklevel=6)  # Where `sweep` is called.

    def _run_here(self, place: int, pool: WorkerPool, worth: "_Worth") -> Ran:
        def watch(done: int, total: int, _time_ns: int) -> None:
            if worth.others(done / total if total else 0.0):
                pool.start()

        try:
            ran = Ran(place, self.row(place, on_progress=watch))
        except Exception as error:  # noqa: BLE001  # Raised when its turn comes.
            ran = Ran(place, error)
        worth.count()
        if worth.others():
            pool.start()
        return ran


class _Worth:
    """Tells from the runs so far whether other processes save more than they take to start."""

    def __init__(self, count: int, threads: int) -> None:
        self._left, self._done = count, 0
        self._saved_share = 1 - 1 / threads
        self._began_s = time.perf_counter()

    def count(self) -> None:
        """Count a run that is done."""
        self._done += 1
        self._left -= 1

    def others(self, part: float = 0.0) -> bool:
        """Say whether to start them, with a part of the present run done."""
        elapsed_s = time.perf_counter() - self._began_s
        if 0 < part < _TELLING_PART and elapsed_s < _TELLING_S:
            return False
        done = self._done + part
        left_s = elapsed_s / done * (self._left - part) if done else 0.0
        return left_s * self._saved_share > START_S


class _InOrder:
    """Tells rows in the order of their places, whatever order they come in."""

    def __init__(self, places: Sequence[int], take: Callable[[int, Row], None]) -> None:
        self._next, self._take = deque(places), take
        self._waiting: dict[int, Ran] = {}

    def add(self, ran: Ran) -> None:
        """Take one, and tell it and what waited for it."""
        self._waiting[ran.place] = ran
        while self._next and self._next[0] in self._waiting:
            first = self._waiting.pop(self._next.popleft())
            self._take(first.place, first.told())


def _keep_before(place: int, tasks: deque[int]) -> None:
    """Leave out what one process would not have come to."""
    kept = [each for each in tasks if each < place]
    tasks.clear()
    tasks.extend(kept)
