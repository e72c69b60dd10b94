"""Small markets for tests of runs."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import algotrendy as at

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS

Columns = dict[str, NDArray[Any]]


def bars(closes: Sequence[float], *, step_ns: int = DAY_NS, start_ns: int = 0) -> Columns:
    """Bars that open at the close before them and go nowhere beyond; the first opens at its own."""
    close = np.asarray(closes, dtype=np.float64)
    opening = np.concatenate((close[:1], close[:-1]))
    return {
        "time": start_ns + np.arange(len(close)) * step_ns,
        "open": opening,
        "high": np.maximum(opening, close),
        "low": np.minimum(opening, close),
        "close": close,
        "volume": np.full(len(close), 1_000),
    }


def random_bars(count: int, *, seed: int = 7, step_ns: int = MINUTE_NS) -> Columns:
    """A random walk in cents."""
    steps = np.random.default_rng(seed).integers(-20, 21, count)
    return bars(np.round(100 + np.cumsum(steps) / 100, 2), step_ns=step_ns)


def on_bars(act: Callable[[Any, Any], object], **attributes: object) -> at.Strategy:
    """A strategy that does `act(context, bar)` at every bar."""

    def on_bar(_self: at.Strategy, context: object, bar: object) -> None:
        act(context, bar)

    kind = type("OnBars", (at.Strategy,), {"on_bar": on_bar, **attributes})
    strategy: at.Strategy = kind()
    return strategy
