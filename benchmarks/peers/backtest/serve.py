"""`python -m benchmarks.peers.backtest.serve MODULE INPUT.npz [OPTION]...`: works when it is told.

`MODULE.prepare(inputs, *options)` makes what an engine starts from and returns the work. Each line
read runs it once and is answered with one line of JSON: seconds, what came out, and the peak memory
of the process so far. The first answer, before any line, says what the memory was without work.
"""

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Inputs = Mapping[str, NDArray[np.int64]]


class Outcome(NamedTuple):
    """What must agree between engines before their times are compared."""

    fills: int
    equity: float


Work = Callable[[], Outcome]


def peak_mib() -> float:
    """Return the largest memory this process has had, as the kernel counts it (VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmHWM")


def main(module: str, path: str, *options: str) -> None:
    with np.load(path) as stored:
        inputs = {name: stored[name] for name in stored.files}
    work: Work = importlib.import_module(module).prepare(inputs, *options)
    gc.collect()
    _say(peak_mib=peak_mib())
    for _ in sys.stdin:
        start = time.perf_counter()
        outcome = work()
        seconds = time.perf_counter() - start
        _say(seconds=seconds, fills=outcome.fills, equity=outcome.equity, peak_mib=peak_mib())


def _say(**values: float) -> None:
    # Engines print; an answer is the line that begins so.
    print("\n@" + json.dumps(values), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
