"""Thirty indicators bar by bar from Python, against the columns; and what that allocates."""

import json
import subprocess
import sys

import numpy as np

import algotrendy
from benchmarks.expressions.columnar import features
from benchmarks.expressions.data import Column, Columns
from benchmarks.expressions.indicators import all_named
from benchmarks.harness import Row, median_seconds, row
from benchmarks.peers.malloc_count_build import malloc_count_environment

_FIELDS = ("open", "high", "low", "close", "volume")
_BARS, _ROUNDS = 100_000, 5
_LIMIT_US = 3.0
_ALLOCATING_BARS, _ALLOCATIONS_LIMIT = 1_000_000, 1_000
# Prints how often the allocator is called while bars are pushed, and by how many bytes what Python
# has and what is resident grows: after as many bars, so that what is made once is there.
_ALLOCATIONS_PROGRAM = """
import ctypes, json, sys
from pathlib import Path
import numpy as np
import algotrendy

texts, count = json.loads(sys.argv[1]), int(sys.argv[2])
calls = ctypes.CDLL(None).malloc_calls
calls.restype = ctypes.c_ulong
push = algotrendy.FeatureSet(texts).stream().push
random = np.random.default_rng(3)
close = 100 + np.cumsum(random.normal(0, 0.01, 1_000))
rows = list(zip(*(column.tolist() for column in (close, close + 1, close - 1, close, close))))

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

def push_all():
    for _ in range(count // len(rows)):
        for open, high, low, close, volume in rows:
            push(open=open, high=high, low=low, close=close, volume=volume)

push_all()
before, size, blocks = calls(), resident(), sys.getallocatedblocks()
push_all()
print(calls() - before, resident() - size, sys.getallocatedblocks() - blocks)
"""


def rows(bars: Columns) -> list[Row]:
    texts = all_named()
    part = {name: bars[name][:_BARS] for name in _FIELDS}
    ticks = list(zip(*(column.tolist() for column in part.values()), strict=True))
    _assert_equal(part, ticks, texts)
    work = {
        "ours": lambda: push_all(texts, ticks),
        "batch": lambda: features(part, texts),
    }
    seconds = median_seconds(work, rounds=_ROUNDS)
    mine, batch = (value / len(ticks) * 1e6 for value in seconds.values())
    calls, kibibytes, blocks = _allocations(texts)
    what = "push a bar, 30 indicators"
    pushed = f"{_ALLOCATING_BARS:,} pushes"
    return [
        row(what, mine, "µs/bar", "limit", _LIMIT_US, target=1.0),
        row(what, mine, "µs/bar", "all at once", batch),
        row(f"{pushed}, calls of malloc", calls, "calls", "limit", _ALLOCATIONS_LIMIT, target=1.0),
        row(f"{pushed}, growth of RSS", kibibytes, "KiB", "limit", _ALLOCATIONS_LIMIT, target=1.0),
        row(f"{pushed}, Python's blocks", blocks, "blocks", "limit", _ALLOCATIONS_LIMIT, 1.0),
    ]


def push_all(texts: dict[str, str], ticks: list[tuple[float, ...]]) -> None:
    push = algotrendy.FeatureSet(texts).stream().push
    for opened, high, low, close, volume in ticks:
        push(open=opened, high=high, low=low, close=close, volume=volume)


def _assert_equal(part: Columns, ticks: list[tuple[float, ...]], texts: dict[str, str]) -> None:
    stream = algotrendy.FeatureSet(texts).stream()
    count = min(3_000, len(ticks))
    pushed = [stream.push(**dict(zip(_FIELDS, tick, strict=True))).copy() for tick in ticks[:count]]
    for column, wanted in zip(np.array(pushed).T, features(part, texts), strict=True):
        assert_same_bits(column, wanted[:count])


def assert_same_bits(found: Column, wanted: Column) -> None:
    np.testing.assert_array_equal(
        np.ascontiguousarray(found).view(np.uint64), np.ascontiguousarray(wanted).view(np.uint64)
    )


def _allocations(texts: dict[str, str]) -> tuple[int, int, int]:
    done = subprocess.run(
        [sys.executable, "-c", _ALLOCATIONS_PROGRAM, json.dumps(texts), str(_ALLOCATING_BARS)],
        env=malloc_count_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    calls, kibibytes, blocks = map(int, done.stdout.split())
    return calls, kibibytes, blocks
