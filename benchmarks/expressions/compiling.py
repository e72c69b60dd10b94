"""How long a text takes to become an expression that can be evaluated."""

import time
from statistics import median

import algotrendy
from benchmarks.harness import Row, row

_RULE = "ema(close, 10) > ema(close, 30) and rsi(close, 14) < 70"
_REPEATS = 2_000
_LIMIT_US = 50.0


def rows() -> list[Row]:
    assert algotrendy.Expression(_RULE).kind == "boolean"
    samples = []
    for _ in range(_REPEATS):
        start = time.perf_counter_ns()
        algotrendy.Expression(_RULE)
        samples.append(time.perf_counter_ns() - start)
    return [row("compile a rule", median(samples) / 1e3, "µs", "limit", _LIMIT_US, target=1.0)]
