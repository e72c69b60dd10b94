"""Bars by Numba with every field that ours have, and none of the checks.

Reads each trade once, in order, as `numba_plain` does, and writes into two matrices that the
caller makes: numbers, and the two columns of a byte each.
"""

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.bars.data import Column

NUMBERS = (
    "open_time_ns",
    "close_time_ns",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "notional",
    "trade_count",
    "buy_volume",
    "sell_volume",
)
REASONS = ("INTERVAL", "TICKS", "VOLUME", "NOTIONAL", "RANGE", "BRICK", "FINISH")
_INTERVAL, _BRICK, _FINISH = REASONS.index("INTERVAL"), REASONS.index("BRICK"), len(REASONS) - 1
_PARTIAL, _GAP = 1, 2
Matrix = Column
# Close reason and flags.
Bytes = NDArray[np.uint8]
# Takes times, prices, quantities, sides, the size and the matrices; returns the number of bars.
Loop = Callable[[Column, Column, Column, Column, int, Matrix, Bytes], tuple[int, int]]


@numba.njit(cache=False)
def _write_times_and_prices(
    out: Matrix, bar: int, open_ns: int, close_ns: int, open_: int, high: int, low: int, close: int
) -> None:
    out[0, bar] = open_ns
    out[1, bar] = close_ns
    out[2, bar] = open_
    out[3, bar] = high
    out[4, bar] = low
    out[5, bar] = close


@numba.njit(cache=False)
def _write_amounts(
    out: Matrix, bar: int, volume: int, notional: int, count: int, buys: int, sells: int
) -> None:
    out[6, bar] = volume
    out[7, bar] = notional
    out[8, bar] = count
    out[9, bar] = buys
    out[10, bar] = sells


@numba.njit(cache=False)
def _write_bytes(marks: Bytes, bar: int, reason: int, flags: int) -> None:
    marks[0, bar] = reason
    marks[1, bar] = flags


@numba.njit(cache=False)
def _time(
    times_ns: Column,
    prices: Column,
    quantities: Column,
    sides: Column,
    interval_ns: int,
    out: Matrix,
    marks: Bytes,
) -> tuple[int, int]:
    bar = flags = 0
    open_ns = times_ns[0] - times_ns[0] % interval_ns
    end_ns = open_ns + interval_ns
    open_ = high = low = close = prices[0]
    volume = notional = count = buys = sells = np.int64(0)
    for i in range(len(times_ns)):
        time_ns, price, quantity, side = times_ns[i], prices[i], quantities[i], sides[i]
        if time_ns >= end_ns:
            _write_times_and_prices(out, bar, open_ns, end_ns, open_, high, low, close)
            _write_amounts(out, bar, volume, notional, count, buys, sells)
            _write_bytes(marks, bar, _INTERVAL, flags)
            bar += 1
            open_ns = time_ns - time_ns % interval_ns
            flags = _GAP if open_ns > end_ns else 0
            end_ns = open_ns + interval_ns
            open_ = high = low = price
            volume = notional = count = buys = sells = np.int64(0)
        high = max(high, price)
        low = min(low, price)
        close = price
        volume += quantity
        notional += price * quantity
        count += 1
        buys += quantity if side > 0 else 0
        sells += quantity if side < 0 else 0
    _write_times_and_prices(out, bar, open_ns, end_ns, open_, high, low, close)
    _write_amounts(out, bar, volume, notional, count, buys, sells)
    _write_bytes(marks, bar, _FINISH, flags | _PARTIAL)
    return bar + 1, 0


def _measured(reason: int, is_full: Callable[[int, int, int, int, int], bool]) -> Loop:
    """Make the loop of bars that are full at a count, volume, notional or range."""

    @numba.njit(cache=False)
    def loop(
        times_ns: Column,
        prices: Column,
        quantities: Column,
        sides: Column,
        size: int,
        out: Matrix,
        marks: Bytes,
    ) -> tuple[int, int]:
        bar = 0
        bits = np.int64(0)
        open_ns = close_ns = times_ns[0]
        open_ = high = low = close = prices[0]
        volume = notional = count = buys = sells = np.int64(0)
        for i in range(len(times_ns)):
            time_ns, price, quantity, side = times_ns[i], prices[i], quantities[i], sides[i]
            bits |= time_ns
            if is_full(count, volume, notional, high - low, size):
                _write_times_and_prices(out, bar, open_ns, close_ns, open_, high, low, close)
                _write_amounts(out, bar, volume, notional, count, buys, sells)
                _write_bytes(marks, bar, reason, 0)
                bar += 1
                open_ns = time_ns
                open_ = high = low = price
                volume = notional = count = buys = sells = np.int64(0)
            close_ns = time_ns
            high = max(high, price)
            low = min(low, price)
            close = price
            volume += quantity
            notional += price * quantity
            count += 1
            buys += quantity if side > 0 else 0
            sells += quantity if side < 0 else 0
        full = is_full(count, volume, notional, high - low, size)
        _write_times_and_prices(out, bar, open_ns, close_ns, open_, high, low, close)
        _write_amounts(out, bar, volume, notional, count, buys, sells)
        _write_bytes(marks, bar, reason if full else _FINISH, 0 if full else _PARTIAL)
        return bar + 1, bits

    return loop


@numba.njit(cache=False)
def _renko(
    times_ns: Column,
    prices: Column,
    quantities: Column,
    sides: Column,
    size: int,
    out: Matrix,
    marks: Bytes,
) -> tuple[int, int]:
    """Make bricks; the volume goes to the first of one tick, and there are no wicks."""
    bar = 0
    bits = np.int64(0)
    # The first tick after the one that made the last bricks.
    first = 0
    top = bottom = last = prices[0]
    above, below = top + size, bottom - size
    volume = notional = buys = sells = np.int64(0)
    for i in range(len(times_ns)):
        time_ns, price, quantity, side = times_ns[i], prices[i], quantities[i], sides[i]
        bits |= time_ns
        volume += quantity
        notional += price * quantity
        buys += quantity if side > 0 else 0
        sells += quantity if side < 0 else 0
        if price >= above or price <= below:
            open_ns, count, flags = times_ns[first], i + 1 - first, 0
            while price >= above or price <= below:
                if price >= above:
                    bottom, top, last = top, above, above
                else:
                    top, bottom, last = bottom, below, below
                open_ = bottom + top - last
                _write_times_and_prices(out, bar, open_ns, time_ns, open_, top, bottom, last)
                _write_amounts(out, bar, volume, notional, count, buys, sells)
                _write_bytes(marks, bar, _BRICK, flags)
                above, below = top + size, bottom - size
                open_ns, flags = time_ns, _GAP
                volume = notional = count = buys = sells = np.int64(0)
                bar += 1
            first = i + 1
    if first < len(prices):
        high, low = max(last, prices[first:].max()), min(last, prices[first:].min())
        open_ns, close_ns = times_ns[first], times_ns[-1]
        _write_times_and_prices(out, bar, open_ns, close_ns, last, high, low, prices[-1])
        _write_amounts(out, bar, volume, notional, len(prices) - first, buys, sells)
        _write_bytes(marks, bar, _FINISH, _PARTIAL)
        bar += 1
    return bar, bits


def _loop(reason: str, function: Callable[..., bool]) -> Loop:
    return _measured(REASONS.index(reason), numba.njit(cache=False)(function))


LOOPS: dict[str, Loop] = {
    "time": _time,
    "tick": _loop("TICKS", lambda count, _volume, _notional, _span, size: count == size),
    "volume": _loop("VOLUME", lambda _count, volume, _notional, _span, size: volume >= size),
    "dollar": _loop("NOTIONAL", lambda _count, _volume, notional, _span, size: notional >= size),
    "range": _loop("RANGE", lambda _count, _volume, _notional, span, size: span >= size),
    "renko": _renko,
}
