"""`python -m benchmarks.peers.raptorbt_worker TICKS.npy`: does what each line of its input says.

Runs in an environment with raptorbt and without algotrendy. Numbers are floats, as raptorbt has
them, and are made before anything is timed.
"""

import json
import sys
from collections.abc import Sequence

import numpy as np
from raptorbt import BarAggregator

from benchmarks.peers import loop


def _bars(ticks: Sequence[loop.Tick]) -> list[tuple[float, ...]]:
    push = BarAggregator(1, "m").push_trade
    return [bar for tick in ticks if (bar := push(*tick)) is not None]


def _push(ticks: Sequence[loop.Tick]) -> None:
    loop.push_all(BarAggregator(1, "m").push_trade, ticks)


COMMANDS = {"bars": _bars, "push": _push, "loop": loop.alone}


def main(path: str) -> None:
    times_ns, prices, quantities, sides = np.load(path)
    floats = (column.astype(float).tolist() for column in (prices, quantities, sides * quantities))
    ticks = list(zip(times_ns.tolist(), *floats, strict=True))
    for command in sys.stdin:
        print(json.dumps(COMMANDS[command.strip()](ticks)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
