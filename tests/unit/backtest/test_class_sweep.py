"""Sweeps of classes in processes: the rows of one process, and what goes wrong in others."""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest
from tests.unit.backtest.markets import DAY_NS, MINUTE_NS, random_bars
from tests.unit.backtest.test_run_spec import Cross, Model

import algotrendy as at
from algotrendy.backtest import (
    OneProcessWarning,
    VenueTerms,
    class_sweep,
    load,
    run,
    sweep,
    worker_pool,
)
from algotrendy.backtest.class_sweep import _Worth
from algotrendy.backtest.worker_pool import WorkerPool
from algotrendy.domain.strategy_file import load_strategy
from algotrendy.domain.venue import UniformLatency

DATA = load({"ABC": random_bars(600)})
GRID = {"fast": [3, 5, 8], "slow": [13, 21]}


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Start processes after the first run, wait for them, and find none when all is done."""
    started: list[int] = []

    class Recorded(worker_pool.subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self.pid)

    monkeypatch.setattr(worker_pool.subprocess, "Popen", Recorded)
    monkeypatch.setattr(_Worth, "others", lambda *_: True)
    monkeypatch.setattr(WorkerPool, "is_heard", lambda pool: bool(pool._workers))
    yield started
    assert not [pid for pid in started if psutil.pid_exists(pid)]


def rows_of(strategy: object, grid: Any = GRID, data: Any = DATA, **options: Any) -> list[Any]:
    return list(sweep(strategy, grid, data, progress=False, **{"threads": 2, **options}))


def test_rows_are_those_of_one_process_bit_for_bit(processes: list[int]) -> None:
    terms: dict[str, Any] = {
        "costs": VenueTerms(order_latency=UniformLatency(0, 5 * MINUTE_NS)),
        "seed": 11,
    }
    told: list[Any] = []
    rows = rows_of(Cross(), on_result=told.append, **terms)
    assert len(processes) == 2
    assert rows == told == rows_of(Cross(), threads=1, **terms)
    assert [(row["fast"], row["slow"]) for row in rows] == list(product(*GRID.values()))
    for row in rows:
        one = run(Cross(fast=row["fast"], slow=row["slow"]), DATA, **terms)
        assert (row["final_equity"], row["fill_count"]) == (one.final_equity, one.fills.num_rows)


class Everything(at.Strategy):
    """Lets every kind of data decide."""

    count: int = 1
    features = {"mean": "sma(close, 3)"}

    def on_bar(self, context: Any, bar: Any) -> None:
        if context.feature("mean", bar.symbol) > 100:
            context.buy(self.count, symbol=bar.symbol)

    def on_trade(self, context: Any, trade: Any) -> None:
        if trade.side == 1:
            context.buy(self.count, symbol=trade.symbol)

    def on_quote(self, context: Any, quote: Any) -> None:
        if quote.bid > 99:
            context.sell(self.count, symbol=quote.symbol)


def test_all_data_and_what_is_known_of_them_arrive(processes: list[int]) -> None:
    times = np.arange(300) * 20_000_000_000
    walk = random_bars(300, seed=3)["close"]
    trades = {"time": times, "price": walk, "quantity": np.arange(1, 301), "side": [1, -1, 0] * 100}
    quotes = {"time": times, "bid": walk, "ask": np.round(walk + 0.01, 2)}
    daily = random_bars(50, seed=5, step_ns=DAY_NS)
    data = load(
        {"ABC": trades, "DEF": quotes, "GHI": daily},
        bars={"style": "time", "interval": "1m"},
        factors={"GHI": [(20 * DAY_NS, 0.5)]},
        universe={"GHI": [(2 * DAY_NS, 30 * DAY_NS)]},
        delistings={"GHI": (40 * DAY_NS, 50)},
    )
    grid = {"count": [1, 2, 3, 4]}
    rows = rows_of(Everything(), grid, data)
    assert rows == rows_of(Everything(), grid, data, threads=1)
    assert min(row["fill_count"] for row in rows) > 100
    assert processes


def test_data_and_arrays_that_a_class_reads_are_sent(processes: list[int]) -> None:
    beside = load({"ABC": random_bars(30)})
    counts = np.zeros(10, dtype=np.int64)

    class Reads(Cross):
        def on_start(self, context: Any) -> None:
            assert beside.feeds[0].columns()["close"].tolist() == closes
            counts[self.fast] += 1

    closes = beside.feeds[0].columns()["close"].tolist()
    assert rows_of(Reads()) == rows_of(Cross(), threads=1)
    # What others write is theirs.
    assert (processes != [], counts.tolist()) == (True, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0])


def test_models_are_sent(processes: list[int]) -> None:
    class Asks(Cross):
        def on_bar(self, context: Any, bar: Any) -> None:
            assert context.model("oracle") == bar.close
            super().on_bar(context, bar)

    models = {"oracle": Model()}
    assert rows_of(Asks(), models=models) == rows_of(Cross(), threads=1)
    assert processes


FILE = """
from __future__ import annotations
from decimal import Decimal
import threading
import algotrendy as at
from halves import half

LOCK = threading.Lock()

class Holds(at.Strategy):
    share: Decimal = Decimal(1)

    def on_bar(self, context, bar):
        with LOCK:
            context.target_weight(half(self.share))
"""


def test_a_class_of_a_file_is_imported_from_it(
    processes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "holds.py").write_text(FILE, "utf-8")
    (tmp_path / "halves.py").write_text("def half(share):\n    return share / 2\n", "utf-8")
    holds = load_strategy(tmp_path / "holds.py").strategy
    grid = {"share": [Decimal("0.25"), Decimal("0.5"), Decimal("0.75")]}
    rows = rows_of(holds, grid)
    assert rows == rows_of(holds, grid, threads=1)
    assert processes
    # Of another text, the class would be another.
    (tmp_path / "holds.py").write_text(FILE + "\n", "utf-8")
    with pytest.warns(OneProcessWarning, match="Holds runs on one processor, .* No module named"):
        assert rows_of(holds, grid) == rows


class Refused(at.Strategy):
    """Fails with the second value."""

    fast: int = 1
    slow: int = 1

    def on_start(self, context: Any) -> None:
        sys.stdout.write(f"begins {self.fast} {self.slow}\n")
        sys.stderr.write("warns\n")
        if self.fast == 5:
            self.fail()

    def fail(self) -> None:
        """Fail."""


class UnsentError(Exception):
    """An error that cannot be pickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def test_what_a_callback_raises_is_raised_after_the_rows_before_it(processes: list[int]) -> None:
    class MineError(Exception):
        """Known to nobody else."""

    class Fails(Refused):
        def fail(self) -> None:
            raise MineError("no")

    told: list[Any] = []
    with pytest.raises(MineError, match="no") as raised:
        rows_of(Fails(), on_result=told.append)
    assert [row["fast"] for row in told] == [3, 3]
    (note,) = raised.value.__notes__
    assert "in fail\n    raise MineError" in note
    assert processes


def test_an_error_that_cannot_be_sent_is_told_by_one_that_can(processes: list[int]) -> None:
    class Fails(Refused):
        def fail(self) -> None:
            raise UnsentError("a", "b")

    with pytest.raises(RuntimeError, match="UnsentError: ab") as raised:
        rows_of(Fails())
    assert "raise UnsentError" in raised.value.__notes__[0]


def test_an_error_of_ours_is_a_row(processes: list[int]) -> None:
    rows = rows_of(Cross(), {"fast": [3, 0, 5, -1]})
    assert rows == rows_of(Cross(), {"fast": [3, 0, 5, -1]}, threads=1)
    assert "n of sma must be a whole number from 1" in rows[3]["error"]


def test_what_is_printed_comes_in_order(
    processes: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    rows_of(Refused())
    out, err = capsys.readouterr()
    assert out.splitlines() == [f"begins {a} {b}" for a, b in product(*GRID.values())]
    assert err == 6 * "warns\n"


def test_a_process_that_is_lost_costs_its_combination(processes: list[int], tmp_path: Path) -> None:
    path = tmp_path / "sweep.parquet"

    class Killed(Cross):
        def on_start(self, context: Any) -> None:
            marker = tmp_path / str(self.slow)
            if self.fast == 5 and not marker.exists():
                marker.touch()
                if self.slow == 21:
                    os._exit(7)
                os.kill(os.getpid(), signal.SIGKILL)

    rows = rows_of(Killed(), resume=path)
    whole = rows_of(Cross(), threads=1)
    assert rows[2]["error"] == (
        "WORKER_DIED: the process that ran fast=5, slow=13 ended by SIGKILL, as where memory runs"
        " out."
    )
    assert rows[3]["error"].endswith("fast=5, slow=21 ended with the exit code 7.")
    assert rows[2]["final_equity"] is None
    assert [rows[place] for place in (0, 1, 4, 5)] == [whole[place] for place in (0, 1, 4, 5)]
    # The next time, it is tried again.
    assert rows_of(Killed(), resume=path) == whole


def test_a_class_that_cannot_be_sent_runs_here(processes: list[int]) -> None:
    lock = threading.Lock()

    class Locked(Cross):
        def on_start(self, context: Any) -> None:
            assert lock

    with pytest.warns(OneProcessWarning, match=r"Locked .*cannot pickle '_thread.lock'") as warned:
        rows = rows_of(Locked())
    assert rows == rows_of(Cross(), threads=1)
    assert (processes, warned[0].filename) == ([], __file__)


def test_a_class_that_cannot_be_read_runs_here(processes: list[int]) -> None:
    class Away:
        """Cannot be made again elsewhere."""

        def __init__(self) -> None:
            self.home = os.getpid()

        def __setstate__(self, state: dict[str, Any]) -> None:
            raise OSError("not here")

    home = Away()

    class Homely(Cross):
        def on_start(self, context: Any) -> None:
            assert home.home == os.getpid()

    with pytest.warns(OneProcessWarning, match="OSError: not here"):
        assert rows_of(Homely()) == rows_of(Cross(), threads=1)
    assert len(processes) == 2


@pytest.mark.parametrize(
    ("owner", "name", "value", "why"),
    [
        (sys, "path", [], "its process ended as it began, with the exit code 1"),
        (sys, "executable", "/none", "No such file or directory: '/none'"),
        (sys, "frozen", True, "the program is frozen"),
        (sys.modules, "cloudpickle", None, r"pip install 'algotrendy\[backtest\]'"),
    ],
)
def test_processes_that_cannot_begin_are_done_without(
    owner: Any, name: str, value: object, why: str, processes: list[int]
) -> None:
    expected = rows_of(Cross(), threads=1)
    with pytest.MonkeyPatch.context() as patch:
        if owner is sys:
            patch.setattr(owner, name, value, raising=False)
        else:
            patch.setitem(owner, name, value)
        with pytest.warns(OneProcessWarning, match=why):
            assert rows_of(Cross()) == expected


def test_what_on_result_raises_ends_all_processes(processes: list[int], tmp_path: Path) -> None:
    class Endless(Cross):
        def on_bar(self, context: Any, bar: Any) -> None:
            while self.fast == 8:
                pass

    path = tmp_path / "sweep.parquet"

    def end_at_four(row: dict[str, Any]) -> None:
        if (row["fast"], row["slow"]) == (5, 21):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rows_of(Endless(), on_result=end_at_four, resume=path)
    assert len(processes) == 2
    assert pq.read_table(path).num_rows == 4


def test_a_small_sweep_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerPool, "_started", lambda *_: pytest.fail("it started one"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(rows_of(Cross())) == 6


def test_a_process_of_a_sweep_starts_no_others(
    processes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "is_worker", True)
    monkeypatch.setattr(WorkerPool, "is_heard", lambda _: False)
    assert rows_of(Cross()) == rows_of(Cross(), threads=1)
    assert processes == []


@pytest.mark.parametrize(
    ("elapsed_s", "done", "part", "is_worth"),
    [
        # One of ten took a second: on two processors, four and a half are saved.
        (1.0, 1, 0.0, True),
        # A tenth of that saves less than a process takes to start.
        (0.1, 1, 0.0, False),
        # The first run's half is behind.
        (0.4, 0, 0.5, True),
        # What is behind may be all features.
        (0.4, 0, 0.01, False),
        (0.6, 0, 0.1, True),
        (0.6, 0, 0.0, False),
    ],
)
def test_processes_are_started_where_they_save_more_than_they_take(
    elapsed_s: float, done: int, part: float, *, is_worth: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, elapsed_s])
    monkeypatch.setattr(class_sweep.time, "perf_counter", lambda: next(now))
    worth = _Worth(10, 2)
    for _ in range(done):
        worth.count()
    assert worth.others(part) == is_worth
