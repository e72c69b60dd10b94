"""The trading core: its checks, its cycle from order to position, and its memory.

50 positions, 20 open orders, every limit set in every scope that it can have, book warm, one
thread, no journal. Inside Rust single calls are timed, the clock's own time included; from Python
the loop's own is taken away. nautilus_trader runs one order a quote in an environment of its own.
"""

from benchmarks.harness import Row
from benchmarks.trading import python, rust

PACKAGES = ("numpy",)


def run() -> list[Row]:
    return [*rust.rows(), *python.rows()]
