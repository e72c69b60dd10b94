"""Two runs trade by trade: what differs, and of which kind each difference is.

A trade is an order with its fills together. Trades of a symbol are paired by the time they were
decided at and their side; what is left between two such pairs is paired in order, side by side:
the same trade at another time. What has no partner is a signal that one run alone had.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from algotrendy.backtest.result import Result
from algotrendy.backtest.tables import rows_of
from algotrendy.domain.fill import Fill
from algotrendy.errors import InvalidArgumentError

_EXACT_DIGITS: Final = 60
_SHOWN: Final = 20


class Kind(StrEnum):
    """What a difference is of, the likeliest cause of others first."""

    SIGNAL = "signal"
    TIMING = "timing"
    SIZE = "size"
    PRICE = "price"
    FEE = "fee"


@dataclass(frozen=True)
class Trade:
    """An order and its fills together.

    Parameters
    ----------
    decide_time_ns : int or None
        When the order was created; None where only fills are known, as is `quantity`.
    fill_time_ns : int or None
        The last fill's.
    price : Decimal or None
        The average of the fills, weighted by quantity.
    """

    symbol: str
    side: str
    order_id: str
    fill_time_ns: int | None = None
    filled_quantity: Decimal = Decimal(0)
    price: Decimal | None = None
    fee: Decimal = Decimal(0)
    decide_time_ns: int | None = None
    quantity: Decimal | None = None
    order_type: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None

    @property
    def time_ns(self) -> int:
        """When it was decided, else when it was filled."""
        time_ns = self.fill_time_ns if self.decide_time_ns is None else self.decide_time_ns
        return time_ns or 0

    def __str__(self) -> str:
        """Say what was traded at what, in a few words."""
        if self.price is None:
            return f"{self.side} {self.quantity or 0:,f} {self.symbol}, not filled"
        return f"{self.side} {self.filled_quantity:,f} {self.symbol} at {_number(self.price)}"


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
    one, other = _trades(first, "first"), _trades(second, "second")
    if any(trade.decide_time_ns is None for trade in (*one, *other)):
        one, other = _without_orders(one), _without_orders(other)
    mine, its = _by_symbol(one), _by_symbol(other)
    found = [
        difference
        for symbol in sorted({*mine, *its})
        for pair in _pairs(mine.get(symbol, []), its.get(symbol, []))
        for difference in _differences(*pair)
    ]
    found.sort(key=lambda each: (each.trade.time_ns, list(Kind).index(each.kind)))
    return Comparison(first_name, second_name, (len(one), len(other)), found)


def _trades(run: object, name: str) -> list[Trade]:
    if isinstance(run, str | Path):
        return _trades(Result.load(run), name)
    if isinstance(run, Result):
        return _of_result(run)
    if isinstance(run, Sequence) and all(isinstance(fill, Fill) for fill in run):
        return list(_of_fills(run))
    raise InvalidArgumentError(
        f"{name} is {type(run).__name__}; expected a Result, the folder of one or fills.",
        field=name,
        value=type(run).__name__,
    )


def _of_result(result: Result) -> list[Trade]:
    fills: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows_of(result.fills):
        fills.setdefault(row["order_id"], []).append(row)
    terms = ("symbol", "side", "order_id", "quantity", "order_type", "limit_price", "stop_price")
    return [
        Trade(
            **{name: row[name] for name in terms},
            decide_time_ns=row["create_time"],
            **_together(fills.get(row["order_id"], ())),
        )
        for row in rows_of(result.orders)
    ]


def _of_fills(fills: Sequence[Fill]) -> Iterator[Trade]:
    orders: dict[str, list[Fill]] = {}
    for number, fill in enumerate(fills):
        orders.setdefault(fill.order_id or f"fill {number + 1}", []).append(fill)
    for order_id, own in orders.items():
        rows = [
            {"quantity": each.quantity, "price": each.price, "fee": each.fee}
            | {"time": each.fill_time_ns}
            for each in own
        ]
        yield Trade(own[0].symbol, str(own[0].side), order_id, **_together(rows))


def _together(fills: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = list(fills)
    if not rows:
        return {}
    with localcontext(prec=_EXACT_DIGITS):
        quantity = sum((row["quantity"] for row in rows), Decimal(0))
        amount = sum((row["quantity"] * row["price"] for row in rows), Decimal(0))
        return {
            "fill_time_ns": max(row["time"] for row in rows),
            "filled_quantity": quantity,
            "price": amount / quantity,
            "fee": sum((row["fee"] for row in rows), Decimal(0)),
        }


def _without_orders(trades: Iterable[Trade]) -> list[Trade]:
    """Keep what fills alone tell, oldest first."""
    filled = [
        Trade(
            trade.symbol,
            trade.side,
            trade.order_id,
            trade.fill_time_ns,
            trade.filled_quantity,
            trade.price,
            trade.fee,
        )
        for trade in trades
        if trade.price is not None
    ]
    return sorted(filled, key=lambda trade: trade.time_ns)


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
    return _number(value) if isinstance(value, Decimal) else str(value)


def _number(value: Decimal) -> str:
    with localcontext(prec=_EXACT_DIGITS):
        shown = round(value, 10).normalize()
    return f"{shown:,f}"


def _moment(time_ns: int) -> str:
    text = str(np.datetime64(time_ns, "ns")).replace("T", " ")
    return text.removesuffix(".000000000")
