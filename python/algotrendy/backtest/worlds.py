"""Other worlds for a lookahead proof: the same past, with the future cut off or altered.

The past of a time is every bar closed by then and every trade and quote made by then. An altered
future runs the other way: every price becomes `anchor² ÷ price`, with the last price of the past as
the anchor (`2·anchor − price` where prices are not positive), rounded to the tick, and volumes are
mirrored in their range. So what rose falls, and times are the same.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]

_LARGEST: Final = 2.0**52
# Where a mirrored high was a low.
_SWAPPED: Final = {"high": "low", "low": "high", "bid": "ask", "ask": "bid"}
_PRICES: Final = ("open", "high", "low", "close", "price", "bid", "ask")
_AMOUNTS: Final = ("volume", "quantity", "bid_size", "ask_size")


def known_rows(columns: Columns, time_ns: int) -> int:
    """Return how many rows are the past of a time."""
    times = columns["close_time_ns"] if "close_time_ns" in columns else columns["time_ns"]
    return int(np.searchsorted(times, time_ns, side="right"))


def cut_off(columns: Columns, time_ns: int, _tick: int = 1) -> dict[str, NDArray[Any]]:
    """Return the past of a time alone; there is no price to round to a tick."""
    known = known_rows(columns, time_ns)
    return {name: values[:known] for name, values in columns.items()}


def altered(columns: Columns, time_ns: int, tick: int = 1) -> dict[str, NDArray[Any]]:
    """Return the past of a time and another future; `tick` is in the prices' units."""
    known = known_rows(columns, time_ns)
    made = {name: np.array(values) for name, values in columns.items()}
    prices = [name for name in _PRICES if name in columns]
    total = len(columns[prices[0]])
    if known == total:
        return made
    last = next(name for name in ("close", "price", "bid") if name in columns)
    anchor = int(columns[last][max(known - 1, 0)])
    is_positive = anchor > 0 and all(bool((columns[name][known:] > 0).all()) for name in prices)
    for name in prices:
        source = columns[_SWAPPED.get(name, name)][known:]
        made[name][known:] = _mirrored(source, anchor, tick, is_positive=is_positive)
    for name in (name for name in _AMOUNTS if name in columns):
        rest = columns[name][known:]
        made[name][known:] = rest.max() + rest.min() - rest
    return made


def _mirrored(
    prices: NDArray[Any], anchor: int, tick: int, *, is_positive: bool
) -> NDArray[np.int64]:
    if not is_positive:
        return (2 * anchor - prices) // tick * tick
    exact = np.minimum(float(anchor) * (float(anchor) / prices), _LARGEST)
    return np.maximum(np.round(exact / tick).astype(np.int64), 1) * tick
