"""Trades folded into bars of every style: columns, one at a time, in chunks, from a file.

One instrument, in memory, one thread: 10,000,000 trades over ten days, fixed seed; 1,000,000 of
them one at a time, and 20,000,000 from a file. The peers make the same bars; that they are equal is
asserted before anything is timed. Ours read sides only where the row says so, which is where the
peer does. All make room for their bars in each call. `BENCH_TRADES` changes the number of trades.
"""

import os

# One thread each; polars reads it when it is imported.
os.environ["POLARS_MAX_THREADS"] = "1"

from benchmarks.bars import columnar, parquet, streaming
from benchmarks.bars.data import COUNT, trades
from benchmarks.harness import Row

PACKAGES = ("numpy", "numba", "polars", "pyarrow")


def run() -> list[Row]:
    made = trades(COUNT)
    return [
        *columnar.rows(made),
        *streaming.push_rows(made),
        *streaming.chunk_rows(made),
        *parquet.rows(trades(2 * COUNT)),
    ]
