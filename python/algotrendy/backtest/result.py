"""What a backtest leaves behind, and how two runs differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

import numpy as np

from algotrendy.domain.bar import Float64Column, Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.domain.order import Side
from algotrendy.domain.statistics import BacktestStatistics


@dataclass(frozen=True, slots=True)
class Order:
    """One order and how it ended; `status` in FIX's words, NEW for one waiting at the last bar."""

    order_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    status: str
    reject_reason: str
    create_time_ns: int


@dataclass(frozen=True)
class BacktestResult:
    """Everything a run produced.

    Parameters
    ----------
    equity : ndarray of int64 of shape (n_closes,)
        Cash plus positions at each bar time's close, in minor units of `currency`.
    in_sample_models : tuple of str
        The models that were asked with `in_sample=True`; every report names them.
    """

    currency: str
    initial_cash: Decimal
    # Open time of the first bar traded.
    start_time_ns: int
    fills: tuple[Fill, ...]
    orders: tuple[Order, ...]
    close_time_ns: Int64Column
    equity: Int64Column
    statistics: BacktestStatistics
    in_sample_models: tuple[str, ...] = ()

    @property
    def equity_scale(self) -> int:
        """Digits after the point of the currency's minor unit."""
        return currency_scale(self.currency)

    @property
    def final_equity(self) -> Decimal:
        """Equity at the last close."""
        return from_units(int(self.equity[-1]), self.equity_scale)

    @property
    def total_fees(self) -> Decimal:
        """Fees paid."""
        return sum((fill.fee for fill in self.fills), Decimal(0))

    @property
    def rejected_count(self) -> int:
        """Orders that were refused."""
        return sum(order.status == "REJECTED" for order in self.orders)

    def equity_values(self) -> Float64Column:
        """Return the equity as `float64` in the currency, for statistics and charts."""
        return self.equity / np.float64(10.0**self.equity_scale)


@dataclass(frozen=True, slots=True)
class Difference:
    """A fill that two runs do not share; None where a run has no fill at this place."""

    index: int
    # `fill` where one run has none, otherwise the first term that differs.
    field: str
    first: Fill | None
    second: Fill | None

    def __str__(self) -> str:
        """One line for people."""
        if self.first is None or self.second is None:
            return f"fill {self.index + 1}: {_shown(self.first)} against {_shown(self.second)}"
        first, second = getattr(self.first, self.field), getattr(self.second, self.field)
        return f"fill {self.index + 1}: {self.field} is {first} against {second}"


_COMPARED = ("symbol", "side", "quantity", "price", "fee", "fill_time_ns")


def compare_fills(first: Sequence[Fill], second: Sequence[Fill]) -> list[Difference]:
    """Return where two runs' fills differ, in symbol, side, quantity, price, fee or time.

    Ids are each run's own and are not compared. Fills are paired in order of time and symbol.
    """
    pairs = zip_longest(_ordered(first), _ordered(second))
    return [
        Difference(index, field, one, other)
        for index, (one, other) in enumerate(pairs)
        for field in _differing_fields(one, other)
    ]


def _ordered(fills: Sequence[Fill]) -> list[Fill]:
    return sorted(fills, key=lambda fill: (fill.fill_time_ns, fill.symbol))


def _differing_fields(first: Fill | None, second: Fill | None) -> Iterator[str]:
    if first is None or second is None:
        yield "fill"
        return
    for field in _COMPARED:
        if getattr(first, field) != getattr(second, field):
            yield field
            return


def _shown(fill: Fill | None) -> str:
    if fill is None:
        return "none"
    return f"{fill.side} {fill.quantity} {fill.symbol} at {fill.price}"
