"""`sweep`: one strategy with many parameters on the same data."""

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Self, TextIO

from algotrendy import _core
from algotrendy.backtest.class_sweep import ClassSweep
from algotrendy.backtest.data import Data, load
from algotrendy.backtest.prepare import Prepared, prepared
from algotrendy.backtest.run import DATA_OPTIONS, TERMS
from algotrendy.backtest.sweep_result import Row, SweepResult, SweepTable
from algotrendy.backtest.terms import Finish, RunTerms, run_terms
from algotrendy.bar.options import refuse
from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.strategy_class import Strategy
from algotrendy.domain.strategy_document import spec_to_json
from algotrendy.expression.features import Model

_LIMIT: Final = 10_000_000
_SUBJECTS: Final = ("strategy", "grid", "data", "threads", "resume", "on_result", "progress")


def sweep(
    strategy: object,
    grid: Mapping[str, Sequence[Any]],
    data: object,
    *,
    threads: int | None = None,
    resume: str | Path | None = None,
    on_result: Callable[[Row], object] | None = None,
    progress: bool = True,
    cash: object = 100_000,
    costs: object = None,
    start: object = None,
    end: object = None,
    limits: object = None,
    seed: int = 0,
    finish: Finish = "hold",
    currency: str | None = None,
    rates: Mapping[str, object] | None = None,
    models: Mapping[str, Model] | None = None,
    zone: str | None = None,
    instruments: Mapping[str, object] | None = None,
    bars: object = None,
    columns: Mapping[str, str] | None = None,
    interval: object = None,
    label: str = "open",
    factors: object = None,
    universe: object = None,
    delistings: object = None,
    stream: bool | None = False,
    synthetic: bool = False,
    max_orders: int | None = None,
    kept_bars: int | None = None,
) -> SweepResult:
    """Run a strategy with every combination of parameters.

    What the combinations of a spec share, data and parts of expressions, is computed once, on all
    processors. Those of a class run in processes of their own, one for each processor, where that
    is quicker than to run them here. The best of many is the luckiest, too: try it on data that it
    was not chosen on.

    Parameters
    ----------
    strategy : Strategy, mapping, StrategySpec, str or Path
        As for `run`; its parameters that the grid does not name stay as they are.
    grid : mapping of str to sequence
        The values of each parameter: `{"fast": range(5, 50), "slow": range(20, 200, 10)}`.
    data : Data, mapping, table or path
        As for `run`.
    threads : int, optional
        How many threads, or of a class processes; by default one for each processor. They change no
        result. With 1, a class runs in this process, as a debugger wants it.
    resume : str or Path, optional
        A Parquet file that keeps the results as they come: a sweep that was ended goes on where it
        stopped. One of another strategy, grid, data or terms is refused.
    on_result : callable, optional
        Called with each combination's row, a dict of parameters and statistics, in the grid's
        order; what it raises ends the sweep.
    progress : bool
        Whether a terminal shows how far it is.

    The others are those of `run`.

    Returns
    -------
    SweepResult
        A row for each combination: `result.table`, `result.best("sharpe_ratio")`, `result.plot()`.

    Raises
    ------
    InvalidArgumentError
        For what is no grid, or an argument that cannot be. A combination that cannot be run is a
        row whose `error` says why.

    Examples
    --------
    >>> import numpy as np
    >>> import algotrendy as at
    >>> close = np.round(100 + 10 * np.sin(np.arange(200) / 9), 2)
    >>> bars = {"time": np.arange(200) * 86_400_000_000_000, "open": close, "high": close,
    ...         "low": close, "close": close}
    >>> spec = {"parameters": {"count": 5}, "entry": "close > sma(close, count)",
    ...         "exit": "close < sma(close, count)"}
    >>> result = at.backtest.sweep(spec, {"count": [5, 10, 20]}, {"ABC": bars}, progress=False)
    >>> len(result), result.best("total_return")["count"]
    (3, 5)
    """
    options = {name: value for name, value in locals().items() if name not in _SUBJECTS}
    given = prepared(strategy)
    axes = _axes(grid, given)
    loaded = load(data, **{name: options[name] for name in DATA_OPTIONS})
    if loaded.is_streamed:
        refuse("data", "streamed", "data in memory: every combination reads all of it")
    terms = run_terms(
        **{name: options[name] for name in TERMS},
        instruments=loaded.instruments,
        default_costs=None if given.spec is None else given.spec.costs,
    )
    job = _Job(given, axes, loaded, terms, models, zone)
    table = SweepTable(axes, terms.currency, job.record, None if resume is None else Path(resume))
    places = table.missing()
    with table, _Bar(len(table), len(table) - len(places), shown=progress) as bar:

        def take(place: int, row: dict[str, Any]) -> None:
            whole = table.add(place, row)
            bar.step()
            if on_result is not None:
                on_result(whole)

        if places:
            job.run(places, take, _threads(threads))
    return table.result()


class _Job:
    """What a sweep runs."""

    def __init__(
        self,
        given: Prepared,
        axes: Mapping[str, list[Any]],
        data: Data,
        terms: RunTerms,
        models: Mapping[str, Model] | None,
        zone: str | None,
    ) -> None:
        self._given, self._axes, self._data, self._terms = given, axes, data, terms
        self._options: dict[str, Any] = {
            "models": None if models is None else dict(models),
            "zone": zone,
        }

    def record(self) -> dict[str, Any]:
        """Return what the results depend on, beside the grid."""
        data = [(each.name, each.sha256) for each in self._data.records()]
        return {
            "strategy": self._given.record(),
            "data": data,
            "terms": self._terms.record(),
            "version": _core.__version__,
        }

    def run(
        self, places: list[int], take: Callable[[int, dict[str, Any]], None], threads: int
    ) -> None:
        """Run the combinations at some places of the grid, in order."""
        strategy = self._given.strategy
        if isinstance(strategy, Strategy):
            kind, given = type(strategy), strategy.parameters
            swept = ClassSweep(kind, given, self._axes, self._data, self._terms, self._options)
            swept.run(places, take, threads)
            return
        _core.run_sweep(
            list(self._data.feeds),
            self._terms.to_core(),
            spec_to_json(strategy),
            list(self._axes.items()),
            take,
            threads=threads,
            places=places,
            **self._options,
        )


def _axes(grid: object, given: Prepared) -> dict[str, list[Any]]:
    if not isinstance(grid, Mapping) or not grid:
        refuse("grid", grid, "a mapping of parameters to their values")
    strategy = given.strategy
    known = dict(strategy.parameters)
    axes: dict[str, list[Any]] = {}
    combinations = 1
    for name, values in grid.items():
        if name not in known:
            refuse(
                "grid", name, "a parameter of the strategy: " + (", ".join(known) or "it has none")
            )
        if isinstance(values, str | Mapping) or not hasattr(values, "__iter__"):
            refuse(f"grid.{name}", values, "a sequence of values")
        axes[name] = [getattr(value, "item", lambda value=value: value)() for value in values]
        if not axes[name]:
            refuse(f"grid.{name}", values, "one value or more")
        combinations *= len(axes[name])
    if combinations > _LIMIT:
        refuse("grid", combinations, f"at most {_LIMIT} combinations")
    if isinstance(strategy, StrategySpec):
        return axes
    # Every value is one the class takes.
    for name, values in axes.items():
        for value in values:
            type(strategy)(**{**known, name: value})
    return axes


def _threads(threads: object) -> int:
    if threads is None:
        return os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        refuse("threads", threads, "1 or more")
    return threads


class _Bar(AbstractContextManager["_Bar"]):
    """A line that a terminal overwrites as a sweep goes on."""

    _PAUSE_S = 0.1

    def __init__(self, total: int, done: int, *, shown: bool, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._is_shown = shown and self._out.isatty()
        self._total, self._done, self._first = total, done, done
        self._began = self._written = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._write()
            self._out.write("\n")

    def step(self) -> None:
        """Count one more."""
        self._done += 1
        if self._is_shown and time.monotonic() - self._written > self._PAUSE_S:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        self._out.write("\r" + self.line(self._written - self._began))
        self._out.flush()

    def line(self, elapsed_s: float) -> str:
        """Return what is shown."""
        share = self._done / self._total if self._total else 1.0
        filled = "█" * round(30 * share)
        fresh = self._done - self._first
        left = f", {elapsed_s / fresh * (self._total - self._done):.0f} s left" if fresh else ""
        return f"{filled:░<30} {self._done:,} of {self._total:,} ({share:.0%}){left}   "
