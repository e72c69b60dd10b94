"""Plain bars by Numba: open time, open, high, low, close, volume, and no check of anything.

Every loop reads each trade once, in order, and writes into a matrix of a row a field that the
caller makes, a bar a column. All but time bars also collect the bits of the times, in vain: reading
every time is twice as fast as reading one in a hundred, because the processor then fetches ahead.
"""

from collections.abc import Callable

import numba
import numpy as np

from benchmarks.bars.data import Column

FIELDS = ("open_time_ns", "open", "high", "low", "close", "volume")
Matrix = Column
# Takes times, prices, quantities, the size and the matrix; returns the number of bars.
Loop = Callable[[Column, Column, Column, int, Matrix], tuple[int, int]]


@numba.njit(cache=False)
def _write(
    out: Matrix, bar: int, time_ns: int, open_: int, high: int, low: int, close: int, volume: int
) -> None:
    out[0, bar] = time_ns
    out[1, bar] = open_
    out[2, bar] = high
    out[3, bar] = low
    out[4, bar] = close
    out[5, bar] = volume


@numba.njit(cache=False)
def _time(
    times_ns: Column, prices: Column, quantities: Column, interval_ns: int, out: Matrix
) -> tuple[int, int]:
    bar = 0
    open_ns = times_ns[0] - times_ns[0] % interval_ns
    end_ns = open_ns + interval_ns
    open_ = high = low = close = prices[0]
    volume = np.int64(0)
    for i in range(len(times_ns)):
        time_ns, price = times_ns[i], prices[i]
        if time_ns >= end_ns:
            _write(out, bar, open_ns, open_, high, low, close, volume)
            bar += 1
            open_ns = time_ns - time_ns % interval_ns
            end_ns = open_ns + interval_ns
            open_ = high = low = price
            volume = np.int64(0)
        high = max(high, price)
        low = min(low, price)
        close = price
        volume += quantities[i]
    _write(out, bar, open_ns, open_, high, low, close, volume)
    return bar + 1, 0


def _measured(is_full: Callable[[int, int, int, int, int], bool]) -> Loop:
    """Make the loop of bars that are full at a count, volume, notional or range."""

    @numba.njit(cache=False)
    def loop(
        times_ns: Column, prices: Column, quantities: Column, size: int, out: Matrix
    ) -> tuple[int, int]:
        bar = 0
        bits = np.int64(0)
        open_ns = times_ns[0]
        open_ = high = low = close = prices[0]
        count = volume = notional = np.int64(0)
        for i in range(len(times_ns)):
            time_ns, price, quantity = times_ns[i], prices[i], quantities[i]
            bits |= time_ns
            if is_full(count, volume, notional, high - low, size):
                _write(out, bar, open_ns, open_, high, low, close, volume)
                bar += 1
                open_ns = time_ns
                open_ = high = low = price
                count = volume = notional = np.int64(0)
            high = max(high, price)
            low = min(low, price)
            close = price
            count += 1
            volume += quantity
            notional += price * quantity
        _write(out, bar, open_ns, open_, high, low, close, volume)
        return bar + 1, bits

    return loop


@numba.njit(cache=False)
def _tick_by_slices(
    times_ns: Column, prices: Column, quantities: Column, size: int, out: Matrix
) -> tuple[int, int]:
    """Make tick bars of slices: several trades an instruction, and one time a bar."""
    bar = 0
    for first in range(0, len(prices), size):
        end = min(first + size, len(prices))
        bar_prices, bar_quantities = prices[first:end], quantities[first:end]
        high = low = bar_prices[0]
        volume = np.int64(0)
        for i in range(len(bar_prices)):
            high = max(high, bar_prices[i])
            low = min(low, bar_prices[i])
            volume += bar_quantities[i]
        _write(out, bar, times_ns[first], bar_prices[0], high, low, bar_prices[-1], volume)
        bar += 1
    return bar, 0


@numba.njit(cache=False)
def _renko(
    times_ns: Column, prices: Column, quantities: Column, size: int, out: Matrix
) -> tuple[int, int]:
    """Make bricks; the volume goes to the first of one tick, and there are no wicks."""
    bar = 0
    bits = np.int64(0)
    # The first tick after the one that made the last bricks.
    first = 0
    top = bottom = last = prices[0]
    above, below = top + size, bottom - size
    volume = np.int64(0)
    for i in range(len(times_ns)):
        time_ns, price = times_ns[i], prices[i]
        bits |= time_ns
        volume += quantities[i]
        if price >= above or price <= below:
            open_ns = times_ns[first]
            while price >= above or price <= below:
                if price >= above:
                    bottom, top = top, above
                    _write(out, bar, open_ns, bottom, top, bottom, top, volume)
                    last = top
                else:
                    top, bottom = bottom, below
                    _write(out, bar, open_ns, top, top, bottom, bottom, volume)
                    last = bottom
                above, below = top + size, bottom - size
                open_ns = time_ns
                volume = np.int64(0)
                bar += 1
            first = i + 1
    if first < len(prices):
        high, low = max(last, prices[first:].max()), min(last, prices[first:].min())
        _write(out, bar, times_ns[first], last, high, low, prices[-1], volume)
        bar += 1
    return bar, bits


def _loop(function: Callable[..., bool]) -> Loop:
    return _measured(numba.njit(cache=False)(function))


LOOPS: dict[str, Loop] = {
    "time": _time,
    "tick": _loop(lambda count, _volume, _notional, _span, size: count == size),
    "volume": _loop(lambda _count, volume, _notional, _span, size: volume >= size),
    "dollar": _loop(lambda _count, _volume, notional, _span, size: notional >= size),
    "range": _loop(lambda _count, _volume, _notional, span, size: span >= size),
    "renko": _renko,
}
TICK_BY_SLICES: Loop = _tick_by_slices
