"""Whether a strategy looks ahead: proved by running it in worlds that share a past.

The strategy runs over the whole data, and again for several times with the data cut off there and
with another future from there on (`worlds`). Every order decided up to that time must be the same:
what differs was decided by what came later. Times are those of orders, where a look at the next bar
shows, and evenly spaced ones, for orders that were not made.

What no world can change is looked for as well, since it may know the whole future: data and models
that lie beside the run (`reach`), files and connections read while it runs (`watch`), and models
asked about bars they were trained on. A strategy that uses one is not proved.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import numpy as np

from algotrendy.backtest import reach, watch, worlds
from algotrendy.backtest.order_differences import (
    first_difference,
    moment,
    shown,
    until,
)
from algotrendy.backtest.recorded import LOADED, Change, Recorded, Tables
from algotrendy.backtest.result import Result
from algotrendy.backtest.run import run
from algotrendy.backtest.tables import rows_of
from algotrendy.domain.strategy_file import load_strategy
from algotrendy.errors import AlgoTrendyError, InsufficientDataError, InvalidArgumentError

DEFAULT_CUTS: Final = 8
_EVENTS: Final = ("factors", "universe", "delistings")


@dataclass(frozen=True)
class Finding:
    """A reason why a strategy is not free of lookahead.

    Parameters
    ----------
    kind : str
        `order`: an order differs. `failure`: a world without the future makes it fail.
        `repetition`: the same world twice gives other orders. `outside`: something beside the run
        may know the future. `reading`: something is read during it. `model`: a model was asked
        about what it was trained on.
    cut_time_ns : int, optional
        Up to when the worlds are the same.
    """

    kind: str
    text: str
    cut_time_ns: int | None = None

    def __str__(self) -> str:
        """One sentence for people."""
        return self.text


@dataclass(frozen=True)
class LookaheadReport:
    """What a lookahead proof compared and found; it holds if it found nothing."""

    strategy: str
    order_count: int
    cut_times_ns: Sequence[int]
    findings: Sequence[Finding]

    @property
    def holds(self) -> bool:
        """Whether nothing shows that the strategy looks ahead."""
        return not self.findings

    def __str__(self) -> str:
        """Say whether it holds, what was compared and what was found."""
        compared = (
            f"{self.order_count:,} {'order' if self.order_count == 1 else 'orders'}, the future cut"
            f" off and altered at {len(self.cut_times_ns)} times"
        )
        if self.holds:
            return (
                f"No lookahead: {self.strategy} decides the same without its future ({compared})."
            )
        listed = "\n".join(f"  {finding}" for finding in self.findings)
        return f"LOOKAHEAD: {self.strategy} is not free of it ({compared}).\n{listed}"


def lookahead(
    strategy: object,
    data: object,
    *,
    cuts: int = DEFAULT_CUTS,
    allow: Sequence[str] = (),
    **terms: Any,  # noqa: ANN401  # As for `run`.
) -> LookaheadReport:
    """Prove that a strategy does not look ahead, or say what shows that it may.

    Parameters
    ----------
    strategy : Strategy, spec, str, Path or callable
        What `run` takes, `"module.py:Class"`, or a function that builds a strategy of the data it
        is given (Arrow tables by series): what it trains, it trains in every world anew.
    cuts : int
        How many times the future is cut off and altered at: half of them at orders.
    allow : sequence of str
        Names of globals and attributes, and ends of paths, that are vouched for to know nothing.
    **terms
        Arguments of `run`. The account is left as it is at the end: `finish` has no effect.

    Raises
    ------
    InsufficientDataError
        If the data has fewer than three times.
    AlgoTrendyError
        As `run` does, where the strategy cannot be run on the whole data.
    """
    if cuts < 1:
        raise InvalidArgumentError(
            f"cuts is {cuts}; expected 1 or more.", field="cuts", value=str(cuts)
        )
    if isinstance(strategy, str | Path) and not str(strategy).lstrip().startswith("{"):
        file = load_strategy(strategy)
        strategy, terms = file.strategy, {**file.terms, **terms}
    return _Prover(strategy, Recorded.of(data, terms), terms, tuple(allow)).report(cuts)


class _Prover:
    """Runs a strategy in world after world."""

    def __init__(
        self,
        strategy: object,
        recorded: Recorded,
        terms: Mapping[str, Any],
        allowed: Sequence[str],
    ) -> None:
        self._strategy = strategy
        self._recorded = recorded
        self._terms = {
            name: value for name, value in terms.items() if name not in {*LOADED, "finish"}
        }
        self._bars = terms.get("bars")
        self._allowed = allowed

    def report(self, cuts: int) -> LookaheadReport:
        times = self._recorded.times_ns
        if len(times) < 3:  # noqa: PLR2004  # A past, a time to cut at, a future.
            raise InsufficientDataError(
                f"The data has {len(times)} times; a proof needs 3.", bar_count=str(len(times))
            )
        whole = self._recorded.world(None, 0)
        first = self._run(whole)
        orders = rows_of(first.orders)
        with watch.watched() as readings:
            again = rows_of(self._run(whole).orders)
        cut_times = _cut_times(orders, times, cuts)
        findings = list(self._repetition(orders, again))
        if not findings:  # What changes by itself proves nothing by changing.
            findings += self._worlds(orders, cut_times)
        findings += self._outside(orders, cut_times)
        findings += self._readings(readings)
        findings += _models(first)
        return LookaheadReport(self._name(first), len(orders), cut_times, findings)

    def _run(self, tables: Tables) -> Result:
        strategy = self._strategy
        if isinstance(strategy, FunctionType | partial):
            strategy = strategy(tables)
        instruments = {
            symbol: instrument
            for symbol, instrument in self._recorded.instruments.items()
            if any(name.partition(":")[0] == symbol for name in tables)
        }
        terms = dict(self._terms)
        for name in _EVENTS:
            if isinstance(terms.get(name), Mapping) and "symbol" not in terms[name]:
                terms[name] = {s: each for s, each in terms[name].items() if s in instruments}
        return run(strategy, tables, instruments=instruments, bars=self._bars, **terms)

    def _name(self, result: Result) -> str:
        from algotrendy.backtest.summary import strategy_name  # noqa: PLC0415  # Words.

        return strategy_name(result.base)

    def _repetition(
        self, orders: list[dict[str, Any]], again: list[dict[str, Any]]
    ) -> Iterator[Finding]:
        difference = first_difference(orders, again)
        if difference is not None:
            yield Finding(
                "repetition",
                "The same run twice gives other orders, so nothing can be proved:"
                f" {shown(difference, 'the first', 'the second')}. Take randomness from a seed,"
                " and keep no state between runs.",
            )

    def _worlds(self, orders: list[dict[str, Any]], cut_times: Sequence[int]) -> list[Finding]:
        """Return the finding of the world whose first differing order is the earliest."""
        found: list[tuple[int, Finding]] = []
        for time_ns in cut_times:
            for title, change in (("cut off", worlds.cut_off), ("altered", worlds.altered)):
                finding = self._world(orders, time_ns, title, change)
                if finding is not None:
                    found.append(finding)
        return [min(found, key=lambda pair: pair[0])[1]] if found else []

    def _world(
        self,
        orders: list[dict[str, Any]],
        time_ns: int,
        title: str,
        change: Change,
    ) -> tuple[int, Finding] | None:
        where = f"With the future {title} after {moment(time_ns)}"
        try:
            other = rows_of(self._run(self._recorded.world(change, time_ns)).orders)
        except AlgoTrendyError as error:
            text = f"{where} the strategy fails, as it does not with it: {error.message}"
            return time_ns, Finding("failure", text, time_ns)
        except Exception as error:  # noqa: BLE001  # The strategy's own.
            text = f"{where} the strategy fails, as it does not with it: {error!r}"
            return time_ns, Finding("failure", text, time_ns)
        difference = first_difference(until(orders, time_ns), until(other, time_ns))
        if difference is None:
            return None
        text = f"{where} another order is decided before: {shown(difference, 'with', 'without')}."
        decided = min(order["create_time"] for order in difference if order is not None)
        return decided, Finding("order", text, time_ns)

    def _outside(self, orders: list[dict[str, Any]], cut_times: Sequence[int]) -> Iterator[Finding]:
        if isinstance(self._strategy, Mapping):
            return  # A spec has nothing but its expressions.
        for found in reach.outside_of(self._strategy):
            if not any(name in found.name.split() for name in self._allowed):
                proof = self._with_other_future(found, orders, cut_times)
                yield Finding("outside", f"It can use {found.name}: {found.what}.{proof}")

    def _with_other_future(
        self, found: reach.Outside, orders: list[dict[str, Any]], cut_times: Sequence[int]
    ) -> str:
        """Turn the future of a value around, and say which order was decided by it."""
        times = self._recorded.times_ns
        for time_ns in cut_times:
            known = int(np.searchsorted(times, time_ns, side="right"))
            other = reach.with_other_future(found.value, known, len(times))
            if other is found.value:
                return ""
            found.replace(other)
            try:
                run_orders = rows_of(self._run(self._recorded.world(None, 0)).orders)
            finally:
                found.replace(found.value)
            difference = first_difference(until(orders, time_ns), until(run_orders, time_ns))
            if difference is not None:
                return (
                    f" With its rows after {moment(time_ns)} in another order, it decides"
                    f" otherwise before: {shown(difference, 'as it is', 'then')}."
                )
        return ""

    def _readings(self, readings: Mapping[watch.Reading, None]) -> Iterator[Finding]:
        for reading in readings:
            if not any(reading.what.rstrip("'").endswith(name) for name in self._allowed):
                yield Finding(
                    "reading",
                    f"{reading} while it runs, and nothing tells whether that knows the future.",
                )


def _models(result: Result) -> Iterator[Finding]:
    for name in result.base.in_sample_models:
        yield Finding(
            "model", f"The model {name} is asked about bars that it may have been trained on."
        )


def _cut_times(
    orders: Sequence[Mapping[str, Any]], times: np.ndarray[Any, np.dtype[np.int64]], count: int
) -> list[int]:
    """Return times to cut at, a future after each: half where orders were decided."""
    last = int(times[-1])
    decided = sorted({order["create_time"] for order in orders if order["create_time"] < last})
    at_orders = _spread(decided, (count + 1) // 2)
    evenly = _spread(times[:-1].tolist()[1:], count - len(at_orders))
    return sorted({*at_orders, *evenly})


def _spread(values: Sequence[int], count: int) -> list[int]:
    if not values or count < 1:
        return []
    places = np.unique(np.linspace(0, len(values) - 1, min(count, len(values))).astype(np.int64))
    return [values[place] for place in places.tolist()]
