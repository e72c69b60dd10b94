"""Synthetic markets for the examples: seeded walks, made up, like no market in particular."""

import numpy as np


def daily_bars(days: int, *, seed: int, drift: float = 0.0002, volatility: float = 0.012) -> dict:
    """Return daily bars from 2010 on: weekdays 14:30 to 21:00 UTC, prices in cents."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(drift, volatility, days)))
    open_ = np.concatenate(([100], close[:-1])) * np.exp(random.normal(0, volatility / 4, days))
    spread = np.abs(random.normal(0, volatility / 2, (2, days)))
    dates = np.busday_offset("2010-01-04", np.arange(days), roll="forward").astype("datetime64[ns]")
    prices = {
        "open": open_,
        "high": np.maximum(open_, close) * (1 + spread[0]),
        "low": np.minimum(open_, close) * (1 - spread[1]),
        "close": close,
    }
    return {
        "open_time": dates + np.timedelta64(870, "m"),
        "close_time": dates + np.timedelta64(1260, "m"),
        **{name: column.round(2) for name, column in prices.items()},
        "volume": random.integers(100_000, 1_000_000, days),
    }


def trades(count: int, *, seed: int) -> dict:
    """Return trades of some weeks, one every fifteen seconds on average, at prices in cents."""
    random = np.random.default_rng(seed)
    start = np.datetime64("2024-03-04T00:00", "ns")
    return {
        "time": start + np.cumsum(random.integers(1, 30 * 10**9, count)),
        "price": (100 * np.exp(np.cumsum(random.normal(0, 0.0001, count)))).round(2),
        "quantity": random.integers(1, 100, count),
    }
