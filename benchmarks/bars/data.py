"""Synthetic trades of one instrument: fixed seed, about 11.6 a second, integers in units."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.clock import DAY_NS
from benchmarks.harness import REPOSITORY

Column = NDArray[np.int64]
# Ten days of them. `BENCH_TRADES=1000000` is for a quick look, not for a figure.
COUNT = int(os.environ.get("BENCH_TRADES", "10000000"))
FOLDER = REPOSITORY / "build" / "bench-data"
_START_NS = 1_700_000_000_000_000_000
_TRADES_A_DAY = 1_000_000
# One trade in so many jumps, by up to so many units: a tick then makes several bricks.
_JUMP_EVERY = 10_000
_JUMP = 20


@dataclass(frozen=True)
class Trades:
    """Columns of the same length, in time order; a side is 1 (a buyer took) or -1."""

    times_ns: Column
    prices: Column
    quantities: Column
    sides: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.times_ns)

    def table(
        self, start: int = 0, end: int | None = None, *, sides: bool = True
    ) -> dict[str, NDArray[Any]]:
        """Return the trades from `start` to before `end` as what `algotrendy.bars` takes."""
        table: dict[str, NDArray[Any]] = {
            "time": self.times_ns[start:end],
            "price": self.prices[start:end],
            "quantity": self.quantities[start:end],
        }
        return table | {"side": self.sides[start:end]} if sides else table


def trades(count: int) -> Trades:
    """Make trades at random times, with a price that walks around 100,000 units."""
    random = np.random.default_rng(7)
    span_ns = count * DAY_NS // _TRADES_A_DAY
    steps = random.integers(-1, 2, count)
    steps[::_JUMP_EVERY] = random.integers(-_JUMP, _JUMP + 1, len(steps[::_JUMP_EVERY]))
    return Trades(
        times_ns=np.sort(_START_NS + random.integers(0, span_ns, count)),
        prices=100_000 + np.cumsum(steps),
        quantities=random.integers(1, 1_000, count),
        sides=random.choice(np.array([-1, 1], dtype=np.int8), count),
    )
