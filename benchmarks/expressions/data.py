"""Bars of one instrument, and of a universe's members: walks of fixed seeds."""

import os

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.harness import REPOSITORY

COUNT = int(os.environ.get("BENCH_BARS", "1000000"))
FOLDER = REPOSITORY / "build" / "bench-data"
SYMBOLS, DAYS = 4_000, 261
DAY_NS = 86_400 * 10**9
# Sums of prices are exact then: whether two typical prices are equal is no matter of rounding.
_TICK = 1 / 64
FIRST_DAY_NS = 1_672_704_000 * 10**9

Column = NDArray[np.float64]
Columns = dict[str, Column]


def walk(count: int, *, seed: int = 7) -> Columns:
    """Make prices that are often equal, and volumes that vary by a factor of ten."""
    return _walk(np.random.default_rng(seed), (count,), volatility=0.0005)


def panel(symbols: int = SYMBOLS, days: int = DAYS, *, seed: int = 11) -> Columns:
    """Make fields by day and symbol."""
    return _walk(np.random.default_rng(seed), (days, symbols), volatility=0.02)


def rows_of(fields: Columns) -> pl.DataFrame:
    """Return a row for each bar, by day and then by symbol."""
    days, symbols = fields["close"].shape
    opens = FIRST_DAY_NS + DAY_NS * np.repeat(np.arange(days), symbols)
    names = pl.Series([f"S{number:04}" for number in range(symbols)] * days)
    return pl.DataFrame(
        {
            "symbol": names,
            "open_time": opens,
            "close_time": opens + DAY_NS,
            **{name: values.reshape(-1) for name, values in fields.items()},
        }
    )


def _walk(random: np.random.Generator, shape: tuple[int, ...], *, volatility: float) -> Columns:
    close = _in_ticks(100.0 * np.exp(np.cumsum(random.normal(0.0, volatility, shape), axis=0)))
    opened = _in_ticks(close * np.exp(random.normal(0.0, volatility / 2, shape)))
    above, below = (np.abs(random.normal(0.0, volatility / 2, shape)) for _ in range(2))
    high = _in_ticks(np.maximum(opened, close) * np.exp(above))
    # A tick of range at least: where there is none, TA-Lib has zeros and ours null.
    low = _in_ticks(np.minimum(opened, close) * np.exp(-below)) - _TICK
    volume = np.round(np.exp(random.normal(9.0, 0.5, shape))) + 1.0
    return {
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
        "notional": volume * (high + low + close) / 3.0,
    }


def _in_ticks(prices: Column) -> Column:
    return np.round(prices / _TICK) * _TICK
