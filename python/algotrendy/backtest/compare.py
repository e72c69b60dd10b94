"""Two runs trade by trade: what differs, and of which kind each difference is.

A trade is an order with its fills together. Trades of a symbol are paired by the time they were
decided at and their side; what is left between two such pairs is paired in order, side by side:
the same trade at another time. What has no partner is a signal that one run alone had.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from algotrendy.backtest.compared_trades import Trade, number_text, trades_of, without_orders
from algotrendy.backtest.result import Result
from algotrendy.domain.fill import Fill

_SHOWN: Final = 20


class Kind(StrEnum):
    """What a difference is of, the likeliest cause of others first."""

    SIGNAL = "signal"
    TIMING = "timing"
    SIZE = "size"
    PRICE = "price"
    FEE = "fee"


@dataclass(frozen=True)
class Difference:
    """What two runs do not share; None where a run has no such trade.

    Parameters
    ----------
    field : str
        `trade` where one run has none, otherwise the term that differs.
    """

    kind: Kind
    field: str
    first: Trade | None
    second: Trade | None

    @property
    def trade(self) -> Trade:
        """The trade of the run that has it, the first's where both have."""
        found = self.first or self.second
        assert found is not None  # noqa: S101  # One of the two is always there.
        return found

    def __str__(self) -> str:
        """One line for people."""
        head = f"{self.kind:<6}  {_moment(self.trade.time_ns)}  {self.trade.symbol}"
        if self.first is None or self.second is None:
            return f"{head}  only in the {'first' if self.first else 'second'}: {self.trade}"
        first, second = (_shown(self.field, each) for each in (self.first, self.second))
        name = self.field.removesuffix("_ns").replace("_", " ")
        return f"{head}  {self.trade.side} {name} {first} against {second}"


@dataclass(frozen=True)
class Comparison:
    """Everything that two runs do not share, oldest first."""

    first_name: str
    second_name: str
    trade_counts: tuple[int, int]
    differences: Sequence[Difference] = field(default_factory=tuple)

    @property
    def is_identical(self) -> bool:
        """Whether every trade is in both runs with the same terms."""
        return not self.differences

    def count(self, kind: Kind | str) -> int:
        """Return how many differences are of a kind."""
        return sum(difference.kind == kind for difference in self.differences)

    def table(self) -> pa.Table:
        """Return a row a difference: kind, time, symbol, field, and both values as text."""
        rows = [
            {
                "kind": str(each.kind),
                "time": each.trade.time_ns,
                "symbol": each.trade.symbol,
                "field": each.field,
                "first": None if each.first is None else _shown(each.field, each.first),
                "second": None if each.second is None else _shown(each.field, each.second),
                "first_order_id": each.first and each.first.order_id,
                "second_order_id": each.second and each.second.order_id,
            }
            for each in self.differences
        ]
        text = ("field", "first", "second", "first_order_id", "second_order_id")
        schema = [("kind", pa.string()), ("time", pa.timestamp("ns", tz="UTC"))]
        schema += [("symbol", pa.string()), *((name, pa.string()) for name in text)]
        return pa.Table.from_pylist(rows, pa.schema(schema))

    def __str__(self) -> str:
        """Say how many differences there are of which kind, and list the first."""
        first, second = self.trade_counts
        compared = f"{first:,} trades of {self.first_name}, {second:,} of {self.second_name}"
        if self.is_identical:
            return f"Identical: {compared}."
        counts = Counter(difference.kind for difference in self.differences)
        listed = "\n".join(f"  {difference}" for difference in self.differences[:_SHOWN])
        rest = len(self.differences) - _SHOWN
        more = f"\n  … and {rest:,} more" if rest > 0 else ""
        kinds = ", ".join(f"{kind} {counts[kind]:,}" for kind in Kind)
        many = "difference" if len(self.differences) == 1 else "differences"
        total = f"{len(self.differences):,} {many} ({kinds})"
        return f"{compared}: {total}, the oldest first.\n{listed}{more}"


Run = Result | str | Path | Sequence[Fill]


def compare(
    first: Run, second: Run, *, first_name: str = "the first", second_name: str = "the second"
) -> Comparison:
    """Compare two runs trade by trade.

    Ids are each run's own and are not compared.

    Parameters
    ----------
    first, second : Result, path or sequence of Fill
        A path is the folder of a saved result. Of fills, which are oldest first, there is no order
        to compare: only what was traded.

    Raises
    ------
    DataFileError
        If a folder holds no result.
    InvalidArgumentError
        If a run is none of these.
    """
    one, other = trades_of(first, "first"), trades_of(second, "second")
    if any(trade.decide_time_ns is None for trade in (*one, *other)):
        one, other = without_orders(one), without_orders(other)
    mine, its = _by_symbol(one), _by_symbol(other)
    found = [
        difference
        for symbol in sorted({*mine, *its})
        for pair in _pairs(mine.get(symbol, []), its.get(symbol, []))
        for difference in _differences(*pair)
    ]
    found.sort(key=lambda each: (each.trade.time_ns, list(Kind).index(each.kind)))
    return Comparison(first_name, second_name, (len(one), len(other)), found)


def _by_symbol(trades: Iterable[Trade]) -> dict[str, list[Trade]]:
    found: dict[str, list[Trade]] = {}
    for trade in trades:
        found.setdefault(trade.symbol, []).append(trade)
    return found


_Pair = tuple[Trade | None, Trade | None]


def _pairs(first: Sequence[Trade], second: Sequence[Trade]) -> Iterator[_Pair]:
    """Pair what has the same time and side; what is left between, in order."""
    alone: tuple[list[Trade], list[Trade]] = ([], [])
    i = j = 0
    while i < len(first) and j < len(second):
        one, other = first[i], second[j]
        if (one.time_ns, one.side) == (other.time_ns, other.side):
            yield from _in_order(*alone)
            alone = ([], [])
            yield one, other
        if one.time_ns <= other.time_ns:
            i += 1
        if other.time_ns <= one.time_ns:
            j += 1
        if (one.time_ns, one.side) != (other.time_ns, other.side):
            alone[0].extend([one] * (one.time_ns <= other.time_ns))
            alone[1].extend([other] * (other.time_ns <= one.time_ns))
    alone[0].extend(first[i:])
    alone[1].extend(second[j:])
    yield from _in_order(*alone)


def _in_order(first: Sequence[Trade], second: Sequence[Trade]) -> Iterator[_Pair]:
    for side in ("BUY", "SELL"):
        ones = [trade for trade in first if trade.side == side]
        others = [trade for trade in second if trade.side == side]
        shared = min(len(ones), len(others))
        yield from zip(ones[:shared], others[:shared], strict=True)
        yield from ((one, None) for one in ones[shared:])
        yield from ((None, other) for other in others[shared:])


_COMPARED: Final = (
    (Kind.SIGNAL, "order_type"),
    (Kind.TIMING, "decide_time_ns"),
    (Kind.TIMING, "fill_time_ns"),
    (Kind.SIZE, "quantity"),
    (Kind.SIZE, "filled_quantity"),
    (Kind.PRICE, "limit_price"),
    (Kind.PRICE, "stop_price"),
    (Kind.PRICE, "price"),
    (Kind.FEE, "fee"),
)


def _differences(first: Trade | None, second: Trade | None) -> Iterator[Difference]:
    """Yield at most one difference of each kind: the first term that differs."""
    if first is None or second is None:
        yield Difference(Kind.SIGNAL, "trade", first, second)
        return
    seen: set[Kind] = set()
    for kind, name in _COMPARED:
        if kind not in seen and getattr(first, name) != getattr(second, name):
            seen.add(kind)
            yield Difference(kind, name, first, second)


def _shown(name: str, trade: Trade) -> str:
    if name == "trade":
        return str(trade)
    value = getattr(trade, name)
    if value is None:
        return "none"
    if name.endswith("_ns"):
        return _moment(value)
    return number_text(value) if isinstance(value, Decimal) else str(value)


def _moment(time_ns: int) -> str:
    text = str(np.datetime64(time_ns, "ns")).replace("T", " ")
    return text.removesuffix(".000000000")
