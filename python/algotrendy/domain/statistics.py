"""Statistics of equity curves. `float64`; each names its convention."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.clock import DAY_NS

YEAR_NS = int(365.25 * DAY_NS)
DAYS_PER_YEAR = 252


@dataclass(frozen=True)
class PerformanceStatistics:
    """What an equity curve at bar closes amounts to; fractions, not per cent."""

    total_return: float
    cagr: float
    sharpe_ratio: float
    volatility: float
    max_drawdown: float


@dataclass(frozen=True)
class BacktestStatistics(PerformanceStatistics):
    """Statistics of the equity curve, and the share of bar closes with an open position."""

    time_in_market: float


def performance(times_ns: NDArray[np.int64], equity: NDArray[np.float64]) -> PerformanceStatistics:
    """Measure an equity curve of shape (n_bars,), n_bars ≥ 2, positive, at times in ns UTC.

    Sharpe ratio and volatility are of daily returns, from the last equity of a UTC day to the next
    day's, so that bars of any length compare; of bars longer than a day they are of the bars.
    """
    ends = _day_ends(times_ns, equity)
    returns = ends[1:] / ends[:-1] - 1.0
    return PerformanceStatistics(
        total_return=float(equity[-1] / equity[0] - 1.0),
        cagr=cagr(times_ns, equity),
        sharpe_ratio=sharpe_ratio(returns),
        volatility=float(np.std(returns, ddof=1) * np.sqrt(DAYS_PER_YEAR))
        if len(returns) > 1
        else 0.0,
        max_drawdown=max_drawdown(equity),
    )


def cagr(times_ns: NDArray[np.int64], equity: NDArray[np.float64]) -> float:
    """Compound annual growth rate: (last / first)^(1 / years) − 1, a year being 365.25 days.

    Examples
    --------
    >>> round(cagr(np.array([0, 2 * YEAR_NS]), np.array([100.0, 121.0])), 12)
    0.1
    """
    years = float(times_ns[-1] - times_ns[0]) / YEAR_NS
    if years <= 0:
        return 0.0
    # A few bars compound to what no float holds; infinity says so.
    with np.errstate(over="ignore"):
        return float((equity[-1] / equity[0]) ** (1.0 / years) - 1.0)


def sharpe_ratio(returns: NDArray[np.float64]) -> float:
    """Mean over standard deviation (n − 1) of daily returns, times √252 (Sharpe 1994).

    No risk-free rate is taken off. 0 where the returns do not vary.

    Examples
    --------
    >>> round(sharpe_ratio(np.array([0.01, -0.01, 0.02])), 6)
    6.928203
    """
    deviation = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    return float(np.mean(returns)) / deviation * DAYS_PER_YEAR**0.5 if deviation > 0 else 0.0


def _day_ends(times_ns: NDArray[np.int64], equity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the last equity of each UTC day; what closes at midnight closes the day before."""
    days = (times_ns - 1) // DAY_NS
    is_last = np.append(days[1:] != days[:-1], np.True_)
    ends: NDArray[np.float64] = equity[is_last]
    return ends


def drawdown(equity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loss from the running peak at every bar, as a fraction of that peak; shape (n_bars,)."""
    return 1.0 - equity / np.maximum.accumulate(equity)


def max_drawdown(equity: NDArray[np.float64]) -> float:
    """Largest loss from a running peak, as a fraction of that peak: 0.25 is 25 %.

    Examples
    --------
    >>> max_drawdown(np.array([100.0, 120.0, 90.0, 110.0]))
    0.25
    """
    return float(np.max(drawdown(equity)))
