"""Trades folded into one-minute bars: one instrument, in memory, one thread.

5,000,000 trades over ten days, fixed seed. The peers make the same bars; that they are equal is
asserted before anything is timed.
"""

import os

# One thread each; polars reads it when it is imported.
os.environ["POLARS_MAX_THREADS"] = "1"

import numba
import numpy as np
import polars as pl

import algotrendy
from algotrendy.domain.clock import DAY_NS, MINUTE_NS
from benchmarks.harness import Row, median_seconds, row

PACKAGES = ("numpy", "numba", "polars")
_TRADES = 5_000_000
_ROUNDS = 9


def run() -> list[Row]:
    times_ns, prices, quantities = _trades()
    frame = pl.DataFrame({"time": times_ns, "price": prices, "quantity": quantities})
    work = {
        "ours": lambda: algotrendy.time_bars(times_ns, prices, quantities, interval_ns=MINUTE_NS),
        "numba loop": lambda: _numba_bars(times_ns, prices, quantities, MINUTE_NS),
        "polars group_by": lambda: _polars_bars(frame),
    }
    ours, numba_bars, polars_bars = (run() for run in work.values())
    for position, name in enumerate(("open", "high", "low", "close", "volume")):
        column = np.asarray(getattr(ours, name))
        assert np.array_equal(column, numba_bars[position + 1]), name
        assert np.array_equal(column, polars_bars[name].to_numpy()), name
    seconds = median_seconds(work, rounds=_ROUNDS)
    nanoseconds = {name: value / _TRADES * 1e9 for name, value in seconds.items()}
    return [
        row("time bars", nanoseconds["ours"], "ns/trade", peer, nanoseconds[peer])
        for peer in ("numba loop", "polars group_by")
    ]


def _trades() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    span_ns = 10 * DAY_NS
    start_ns = 1_700_000_000_000_000_000
    times_ns = np.sort(start_ns + random.integers(0, span_ns, _TRADES))
    prices = 100_000 + np.cumsum(random.integers(-1, 2, _TRADES))
    return times_ns, prices, random.integers(1, 1_000, _TRADES)


@numba.njit(cache=False)
def _numba_bars(times_ns, prices, quantities, interval_ns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    size = len(times_ns)
    opens = np.empty(size, np.int64)
    columns = np.empty((6, size), np.int64)
    bar = -1
    bar_open = np.int64(-(2**63))
    bar_end = np.int64(-(2**63))
    for i in range(size):
        time, price, quantity = times_ns[i], prices[i], quantities[i]
        if time >= bar_end:
            bar += 1
            bar_open = time - time % interval_ns
            bar_end = bar_open + interval_ns
            opens[bar] = bar_open
            columns[0, bar] = columns[1, bar] = columns[2, bar] = price
            columns[4, bar] = columns[5, bar] = 0
        columns[1, bar] = max(columns[1, bar], price)
        columns[2, bar] = min(columns[2, bar], price)
        columns[3, bar] = price
        columns[4, bar] += quantity
        columns[5, bar] += 1
    count = bar + 1
    return (
        opens[:count],
        columns[0, :count],
        columns[1, :count],
        columns[2, :count],
        columns[3, :count],
        columns[4, :count],
        columns[5, :count],
    )


def _polars_bars(frame: pl.DataFrame) -> pl.DataFrame:
    price, quantity = pl.col("price"), pl.col("quantity")
    return (
        frame.lazy()
        .group_by((pl.col("time") // MINUTE_NS * MINUTE_NS).alias("open_time"), maintain_order=True)
        .agg(
            open=price.first(),
            high=price.max(),
            low=price.min(),
            close=price.last(),
            volume=quantity.sum(),
            trade_count=pl.len(),
        )
        .collect()
    )
