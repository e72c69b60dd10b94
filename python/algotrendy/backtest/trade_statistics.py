"""What a run amounts to: the account's curve and its round trips, each by a named convention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algotrendy.backtest.tables import floats_of, times_of
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.statistics import YEAR_NS, BacktestStatistics, performance
from algotrendy.errors import InsufficientDataError


@dataclass(frozen=True)
class ResultStatistics(BacktestStatistics):
    """Statistics of a result: of its curve, of its round trips, and what trading cost.

    Fractions, not per cent; `float64`, but the amounts that are sums of exact ones. `CONVENTIONS`
    says how each is measured.

    Parameters
    ----------
    win_rate, profit_factor, average_trade : float or None
        None without a closed round trip; the profit factor also without one that lost, and both
        amounts where an instrument has another currency than the account.
    """

    trade_count: int
    open_trade_count: int
    win_rate: float | None
    profit_factor: float | None
    average_trade: float | None
    exposure: float
    turnover: float
    fees: Decimal
    slippage: Decimal
    profit: Decimal
    final_equity: Decimal

    def labelled(self) -> "list[Statistic]":
        """Return every statistic with its label, unit and convention, in the order of a report."""
        return [
            Statistic(name, convention.label, getattr(self, name), convention.unit, convention.text)
            for name, convention in CONVENTIONS.items()
        ]


@dataclass(frozen=True)
class Statistic:
    """A number that says what it is; `unit` is `fraction`, `ratio`, `amount` or `count`."""

    name: str
    label: str
    value: float | int | Decimal | None
    unit: str
    convention: str


@dataclass(frozen=True)
class Convention:
    """How a statistic is called and measured."""

    label: str
    unit: str
    text: str


CONVENTIONS: Final[Mapping[str, Convention]] = {
    "final_equity": Convention("Final equity", "amount", "Cash and positions at the last close."),
    "profit": Convention("Profit", "amount", "Last equity less the first, fees and slippage paid."),
    "total_return": Convention("Total return", "fraction", "Last equity ÷ first − 1."),
    "cagr": Convention(
        "CAGR", "fraction", "(last ÷ first)^(1 ÷ years) − 1, a year being 365.25 days."
    ),
    "volatility": Convention(
        "Volatility", "fraction", "Standard deviation (n − 1) of daily returns (UTC), times √252."
    ),
    "sharpe_ratio": Convention(
        "Sharpe ratio",
        "ratio",
        "Mean over standard deviation (n − 1) of daily returns (UTC), times √252; no risk-free rate"
        " (Sharpe 1994).",
    ),
    "max_drawdown": Convention(
        "Max drawdown", "fraction", "The largest loss from a running peak of equity at closes."
    ),
    "time_in_market": Convention(
        "Time in market", "fraction", "Share of closes with a position open."
    ),
    "exposure": Convention(
        "Exposure", "fraction", "Mean over closes of gross exposure ÷ equity; 1 is fully invested."
    ),
    "turnover": Convention(
        "Turnover",
        "ratio",
        "Half of the notional of all fills ÷ mean equity ÷ years: 1 is the account bought and sold"
        " once a year.",
    ),
    "trade_count": Convention(
        "Trades", "count", "Closed round trips: from a flat position to the next flat one."
    ),
    "open_trade_count": Convention("Still open", "count", "Round trips not closed at the end."),
    "win_rate": Convention(
        "Win rate", "fraction", "Share of closed round trips with a profit above 0 after fees."
    ),
    "profit_factor": Convention(
        "Profit factor", "ratio", "Sum of the profits ÷ sum of the losses of closed round trips."
    ),
    "average_trade": Convention(
        "Average trade", "amount", "Mean profit of the closed round trips, after fees."
    ),
    "fees": Convention("Fees", "amount", "Fees of all fills."),
    "slippage": Convention(
        "Slippage",
        "amount",
        "Fills against the last price before their orders: the venue's slippage and spread, and"
        " where the market went before the fill; negative where that was the order's way.",
    ),
}
"""How each statistic is called and measured, in the order of a report."""


def measure(
    tables: Mapping[str, pa.Table], instruments: Mapping[str, Instrument], currency: str
) -> ResultStatistics:
    """Measure a result's tables.

    Raises
    ------
    InsufficientDataError
        If the account was never valued.
    """
    times, equity = times_of(tables["equity"]), floats_of(tables["equity"], "equity")
    if not len(equity):
        raise InsufficientDataError(
            "The run saw no close in its span: there is nothing to measure.", bar_count="0"
        )
    # An account that lost more than it had has ratios that are no numbers; NaN says so.
    with np.errstate(all="ignore"):
        curve = performance(times, equity)
        exposure = float(np.mean(floats_of(tables["exposure"], "gross") / equity))
    held = tables["exposure"]["position_count"].to_numpy() != 0
    years = float(times[-1] - times[0]) / YEAR_NS
    return ResultStatistics(
        **vars(curve),
        time_in_market=float(np.mean(held)),
        exposure=exposure,
        turnover=turnover(notionals(tables["fills"], instruments), equity, years),
        fees=_last(tables["costs"], "fees"),
        slippage=_last(tables["costs"], "slippage"),
        profit=_last(tables["equity"], "equity") - tables["equity"]["equity"][0].as_py(),
        final_equity=_last(tables["equity"], "equity"),
        **trade_statistics(
            tables["positions"],
            is_one_currency=all(each.currency == currency for each in instruments.values()),
        ),
    )


def trade_statistics(positions: pa.Table, *, is_one_currency: bool = True) -> dict[str, Any]:
    """Return the statistics of round trips; one without a close time is still open.

    Profits in several currencies have no sum: what needs one is None.
    """
    is_closed = pc.is_valid(positions["close_time"])
    profits = positions.filter(is_closed)["profit"].cast(pa.float64()).to_numpy()
    count = len(profits)
    has_sum = bool(count) and is_one_currency
    return {
        "trade_count": count,
        "open_trade_count": len(positions) - count,
        "win_rate": float(np.mean(profits > 0)) if count else None,
        "profit_factor": profit_factor(profits) if has_sum else None,
        "average_trade": float(np.mean(profits)) if has_sum else None,
    }


def profit_factor(profits: NDArray[np.float64]) -> float | None:
    """Return the sum of the profits over the sum of the losses; None without a loss.

    Examples
    --------
    >>> profit_factor(np.array([30.0, -10.0, 0.0, -5.0]))
    2.0
    """
    loss = -float(np.sum(profits[profits < 0]))
    return float(np.sum(profits[profits > 0])) / loss if loss else None


def turnover(notional: NDArray[np.float64], equity: NDArray[np.float64], years: float) -> float:
    """Return how often a year the account was bought and sold: one-way, on mean equity.

    0 where no time passed.

    Examples
    --------
    >>> turnover(np.array([100.0, 100.0]), np.array([100.0, 100.0]), 0.5)
    2.0
    """
    mean = float(np.mean(equity))
    return float(np.sum(notional)) / 2 / mean / years if years > 0 and mean > 0 else 0.0


def notionals(fills: pa.Table, instruments: Mapping[str, Instrument]) -> NDArray[np.float64]:
    """Return each fill's quantity × price × multiplier; shape (n_fills,)."""
    if not len(fills):
        return np.zeros(0)
    symbols = fills["symbol"].combine_chunks().to_pylist()
    multipliers = np.array([instruments[symbol].multiplier for symbol in symbols])
    notional: NDArray[np.float64] = (
        floats_of(fills, "quantity") * floats_of(fills, "price") * multipliers
    )
    return notional


def shown_value(statistic: Statistic, currency: str) -> str:
    """Return a statistic's value as people read it: `5.12 %`, `1.03`, `12,345.67 USD`, `–`."""
    value = statistic.value
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "\N{EN DASH}"
    texts = {
        "fraction": lambda: f"{100 * value:,.2f} %",
        "ratio": lambda: f"{value:,.2f}",
        "amount": lambda: f"{value:,.2f} {currency}",
        "count": lambda: f"{value:,}",
    }
    return texts[statistic.unit]().replace("-", "\N{MINUS SIGN}")


def columns_of(statistics: Sequence[Statistic]) -> dict[str, Any]:
    """Return the values by name as JSON holds them: an exact amount, NaN and infinity as text."""

    def plain(value: float | Decimal | None) -> float | str | None:
        if isinstance(value, Decimal):
            return f"{value:f}"
        return value if value is None or np.isfinite(value) else str(value)

    return {each.name: plain(each.value) for each in statistics}


def _last(table: pa.Table, name: str) -> Decimal:
    value: Decimal = table[name][-1].as_py()
    return value
