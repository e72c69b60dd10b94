"""Larger bars of the bars, and their values as of a bar: only of those that have ended."""

import numpy as np
from numpy.typing import NDArray
from tests.parity.expressions.naive.model import NULL, Bars, Column

UNITS_NS = {"s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9}
SUMS = ("volume", "notional", "trade_count", "buy_volume", "sell_volume")


def bars_of(bars: Bars, interval: str) -> dict[str, NDArray[np.generic]]:
    """Aligned to the epoch; an interval without bars has none."""
    length_ns = int(interval[:-1]) * UNITS_NS[interval[-1]]
    starts = np.asarray(bars["open_time"]) // length_ns * length_ns
    groups = [np.flatnonzero(starts == start) for start in np.unique(starts)]
    first = {"open": [bars["open"][rows[0]] for rows in groups]}
    last = {"close": [bars["close"][rows[-1]] for rows in groups]}
    extremes = {
        "high": [bars["high"][rows].max() for rows in groups],
        "low": [bars["low"][rows].min() for rows in groups],
    }
    sums = {name: [bars[name][rows].sum() for rows in groups] for name in SUMS if name in bars}
    times = {"open_time": np.unique(starts), "close_time": np.unique(starts) + length_ns}
    columns = {**first, **extremes, **last, **sums}
    return {**{name: np.array(values) for name, values in columns.items()}, **times}


def as_of(bars: Bars, larger: Bars, values: Column) -> Column:
    """At each bar's close, the value at the last larger bar that ends no later."""
    found = []
    for now in bars["close_time"]:
        ended = np.flatnonzero(np.asarray(larger["close_time"]) <= now)
        found.append(values[ended[-1]] if len(ended) else NULL)
    return np.array(found, dtype=np.float64)
