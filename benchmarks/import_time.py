"""`import algotrendy` after `import numpy`, against its limit of 40 ms.

Each round is a fresh interpreter with warm files; the time is taken inside it.
"""

import statistics
import subprocess
import sys

from benchmarks.harness import Row, row

PACKAGES = ("numpy",)
LIMIT_MS = 40.0
_ROUNDS = 21
_PROGRAM = (
    "import time; a = time.perf_counter(); import numpy; b = time.perf_counter(); "
    "import algotrendy; print(b - a, time.perf_counter() - b)"
)


def run() -> list[Row]:
    samples = [_sample() for _ in range(_ROUNDS + 1)][1:]
    numpy_ms = statistics.median(numpy for numpy, _ in samples) * 1e3
    ours_ms = statistics.median(ours for _, ours in samples) * 1e3
    return [
        row("import algotrendy, numpy imported", ours_ms, "ms", "limit", LIMIT_MS, target=1.0),
        row("import algotrendy, numpy imported", ours_ms, "ms", "import numpy", numpy_ms),
    ]


def _sample() -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    numpy, ours = done.stdout.split()
    return float(numpy), float(ours)
