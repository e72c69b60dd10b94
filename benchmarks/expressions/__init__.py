"""Expressions over columns, over a universe and bar by bar; and how long they take to compile.

One instrument, in memory, one thread: 1,000,000 bars of a walk, fixed seed, as NumPy columns; the
indicators are at TA-Lib's default periods. The universe is 4,000 symbols of 261 days, on two
threads. That the peers compute the same is asserted before anything is timed: where they start
another way, over the last bars. `BENCH_BARS` changes the number of bars.
"""

import os

# One thread; polars reads it when it is imported.
os.environ["POLARS_MAX_THREADS"] = "1"

from benchmarks.expressions import columnar, compiling, streaming, universe
from benchmarks.expressions.data import COUNT, walk
from benchmarks.harness import Row

PACKAGES = ("numpy", "pandas", "polars", "TA-Lib")


def run() -> list[Row]:
    bars = walk(COUNT)
    return [
        *columnar.rows(bars),
        *universe.rows(),
        *streaming.rows(bars),
        *compiling.rows(),
    ]
