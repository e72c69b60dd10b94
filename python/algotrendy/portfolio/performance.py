"""A book's equity at bar closes, rebuilt from its flows; exact until the statistics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.money import from_units, to_units
from algotrendy.domain.statistics import PerformanceStatistics, performance
from algotrendy.errors import InsufficientDataError
from algotrendy.portfolio.holding import EXACT_DIGITS, Holding
from algotrendy.portfolio.model import Book, Flow

_BARS_NEEDED = 2
_FOREVER_NS = 2**63 - 1


@dataclass(frozen=True)
class Closes:
    """One symbol's closes as columns of equal length, in time order.

    Prices are in units of 10^-price_scale.
    """

    symbol: str
    price_scale: int
    open_time_ns: NDArray[np.int64]
    close_time_ns: NDArray[np.int64]
    close: NDArray[np.int64]


@dataclass(frozen=True)
class EquityCurve:
    """Equity at bar closes, and what was paid in since the close before (less what was taken out).

    Both are integers in units of 10^-scale of the currency.
    """

    scale: int
    close_time_ns: list[int]
    equity: list[int]
    deposits: list[int]


@dataclass(frozen=True)
class Performance:
    """How a book did, next to a benchmark where there is one."""

    curve: EquityCurve
    portfolio: PerformanceStatistics
    benchmark: PerformanceStatistics | None = None
    correlation: float = 0.0


def equity_curve(
    book: Book, flows: Sequence[Flow], closes: Iterable[Closes], start_time_ns: int
) -> EquityCurve:
    """Rebuild a book's equity at the close of every bar that opens at `start_time_ns` or later.

    Parameters
    ----------
    flows : sequence of Flow
        All of the book's, by sequence.
    closes : iterable of Closes
        Of every symbol the flows name. One without a close so far is valued at its last fill.
    """
    series = {column.symbol: column for column in closes}
    times = _bar_closes(series.values(), start_time_ns)
    walk = _Walk(book)
    pending = list(zip(_effective_times(flows), flows, strict=True))
    equity, deposits = [], []
    for time_ns in times:
        walk.deposited = Decimal(0)
        while pending and pending[0][0] <= time_ns:
            walk.apply(pending.pop(0)[1])
        walk.mark(series, time_ns)
        equity.append(to_units(walk.equity(), book.cash_scale, field="equity"))
        deposits.append(to_units(walk.deposited, book.cash_scale, field="deposits"))
    return EquityCurve(book.cash_scale, times, equity, deposits)


def measure(curve: EquityCurve, benchmark: Closes | None) -> Performance:
    """Measure a curve, and a benchmark bought and held over the same closes.

    The portfolio's statistics are time-weighted: cash that came in or went out is no return.

    Raises
    ------
    InsufficientDataError
        Fewer than two closes, an equity that is not positive, or a benchmark that starts later.
    """
    if len(curve.equity) < _BARS_NEEDED:
        raise InsufficientDataError(
            f"There are {len(curve.equity)} bars since the account's first fill; 2 are needed.",
            bars=str(len(curve.equity)),
        )
    if min(curve.equity) <= 0:
        raise InsufficientDataError("The equity was not positive throughout; returns need that.")
    times = np.asarray(curve.close_time_ns, dtype=np.int64)
    values = _unit_values(curve)
    statistics = performance(times, values)
    if benchmark is None:
        return Performance(curve, statistics)
    held = _held(benchmark, times)
    return Performance(curve, statistics, performance(times, held), _correlation(values, held))


@dataclass
class _Walk:
    """A book on its way through time."""

    book: Book
    cash: Decimal = Decimal(0)
    deposited: Decimal = Decimal(0)
    holdings: dict[str, Holding] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)

    def apply(self, flow: Flow) -> None:
        self.cash += flow.cash
        if flow.is_deposit:
            self.deposited += flow.cash
            return
        holding = self.holdings.get(flow.symbol) or self.book.holding(flow.symbol).flat()
        if flow.total_cost is not None:
            quantity = holding.quantity + flow.quantity
            holding = replace(holding, quantity=quantity, total_cost=flow.total_cost)
        elif flow.quantity:
            holding = holding.after_fill(flow.quantity, flow.price, self.book.cash_scale)
            self.prices[flow.symbol] = flow.price
        self.holdings[flow.symbol] = holding

    def mark(self, series: Mapping[str, Closes], time_ns: int) -> None:
        for symbol, column in series.items():
            index = int(np.searchsorted(column.close_time_ns, time_ns, side="right")) - 1
            if index >= 0:
                self.prices[symbol] = from_units(int(column.close[index]), column.price_scale)

    def equity(self) -> Decimal:
        with localcontext(prec=EXACT_DIGITS):
            return self.cash + sum(
                (
                    holding.equity(
                        self.prices.get(symbol, holding.average_price), self.book.cash_scale
                    )
                    for symbol, holding in self.holdings.items()
                    if holding.quantity
                ),
                Decimal(0),
            )


def _bar_closes(series: Iterable[Closes], start_time_ns: int) -> list[int]:
    return sorted(
        {
            int(close)
            for column in series
            for close in column.close_time_ns[column.open_time_ns >= start_time_ns]
        }
    )


def _effective_times(flows: Sequence[Flow]) -> list[int]:
    """Return when each flow counts from: at its time, but never after a later one.

    A paper account is funded by the wall clock and filled by the market's, which a replay sets
    years back. What was paid in before the first fill counts from the start, so that a curve may
    begin before it.
    """
    times: list[int] = []
    latest = _FOREVER_NS
    for flow in reversed(flows):
        latest = min(latest, flow.time_ns)
        times.append(latest)
    times.reverse()
    for index, flow in enumerate(flows):
        if not flow.is_deposit:
            break
        times[index] = -_FOREVER_NS
    return times


def _unit_values(curve: EquityCurve) -> NDArray[np.float64]:
    """Return the equity as if nothing had been paid in or out after the first close."""
    equity = np.array([float(from_units(units, curve.scale)) for units in curve.equity])
    if not any(curve.deposits[1:]):
        return equity
    paid = np.array([float(from_units(units, curve.scale)) for units in curve.deposits])
    growth = (equity[1:] - paid[1:]) / equity[:-1]
    if np.min(growth) <= 0:
        raise InsufficientDataError("A withdrawal took more than there was; returns need more.")
    return np.concatenate((equity[:1], equity[0] * np.cumprod(growth)))


def _held(benchmark: Closes, times: NDArray[np.int64]) -> NDArray[np.float64]:
    rows = np.searchsorted(benchmark.close_time_ns, times, side="right") - 1
    if rows[0] < 0:
        raise InsufficientDataError(
            f"{benchmark.symbol} has no close at or before the first one of the portfolio.",
            symbol=benchmark.symbol,
        )
    held: NDArray[np.float64] = benchmark.close[rows] / 10.0**benchmark.price_scale
    return held


def _correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    returns = [values[1:] / values[:-1] - 1.0 for values in (left, right)]
    if len(returns[0]) < _BARS_NEEDED or any(np.ptp(column) == 0 for column in returns):
        return 0.0
    return float(np.corrcoef(returns[0], returns[1])[0, 1])
