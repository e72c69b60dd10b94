"""Synthetic inputs, seeded: bars of a walk in quarters of a point, trades, many daily series."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MINUTE_NS = 60 * 10**9
DAY_NS = 1440 * MINUTE_NS
_START_NS = 1_672_531_200_000_000_000  # 2023-01-01.
_TICK_CENTS = 25

Columns = dict[str, NDArray[np.int64]]


def minute_bars(count: int, *, seed: int = 7) -> Columns:
    """Return one-minute bars in cents, multiples of 25: an index future's tick.

    Sums of quarters are exact in floats, so that every engine sees the same ties of two means.
    """
    random = np.random.default_rng(seed)
    level = 4_000 * np.exp(np.cumsum(random.normal(0, 0.0005, count)))
    close = np.round(level * 4).astype(np.int64)
    open_ = np.concatenate(([16_000], close[:-1])) + random.integers(-2, 3, count)
    high = np.maximum(open_, close) + random.integers(0, 5, count)
    low = np.minimum(open_, close) - random.integers(0, 5, count)
    opens_ns = _START_NS + np.arange(count, dtype=np.int64) * MINUTE_NS
    ticks = {"open": open_, "high": high, "low": low, "close": close}
    return {
        "open_time_ns": opens_ns,
        "close_time_ns": opens_ns + MINUTE_NS,
        **{name: column * _TICK_CENTS for name, column in ticks.items()},
        "volume": random.integers(1_000, 100_000, count),
    }


def trades(count: int, *, seed: int = 7) -> Columns:
    """Return trades at a tenth of a second's distance on average, prices in cents as above."""
    random = np.random.default_rng(seed)
    steps = np.cumsum(random.integers(-1, 2, count))
    return {
        "time_ns": _START_NS + np.cumsum(random.integers(1, 200_000_000, count)),
        "price": (16_000 + np.abs(steps)) * _TICK_CENTS,
        "quantity": random.integers(1, 100, count),
        "side": random.choice(np.array([-1, 1]), count),
    }


def daily_universe(symbols: int, days: int, *, seed: int = 7) -> Columns:
    """Return daily opens and closes in cents, one row a day and one column a symbol."""
    random = np.random.default_rng(seed)
    drift = random.normal(0.0002, 0.0003, symbols)
    moves = random.normal(drift, 0.015, (days, symbols))
    close = np.maximum(np.round(5_000 * np.exp(np.cumsum(moves, axis=0))), 100).astype(np.int64)
    gaps = np.round(np.vstack([np.full(symbols, 5_000), close[:-1]]) * random.normal(1, 0.003))
    weekdays = np.busday_offset("2014-01-01", np.arange(days), roll="forward")
    opens_ns = weekdays.astype("datetime64[ns]").astype(np.int64)
    return {"open_time_ns": opens_ns, "open": np.maximum(gaps, 1).astype(np.int64), "close": close}


def write(folder: Path, name: str, columns: Columns) -> Path:
    """Write an input where processes can read it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npz"
    np.savez(path, **columns)
    return path
