"""What the core costs inside Rust, by the program that measures it there."""

import json
import os
import subprocess
from typing import Any

from benchmarks.harness import REPOSITORY, Row, row

_LIMITS_NS = {
    ("checks", "p50_ns"): 500,
    ("checks", "p99_ns"): 2_000,
    ("cycle", "p50_ns"): 500,
    ("cycle", "p99_ns"): None,
    ("report", "p50_ns"): None,
    ("decide", "p50_ns"): None,
}
_NAMES = {
    "checks": "all checks on one order, Rust",
    "report": "dry run with every number, Rust",
    "decide": "checks and the order's event, Rust",
    "cycle": "submit to position and events, Rust",
}
_LIMITS_BYTES = {
    "instrument with limits": 2_048,
    "open order": 512,
    "growth over 900,000 orders": 65_536,
}


def measured() -> list[dict[str, Any]]:
    """Return what the program prints: a mapping for each line."""
    command = ["cargo", "run", "--release", "--locked", "--quiet", "--package", "algotrendy-core"]
    done = subprocess.run(
        [*command, "--example", "trading_costs"],
        cwd=REPOSITORY,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows() -> list[Row]:
    said = measured()
    times = {line["name"]: line for line in said if "name" in line}
    clock_ns = times["clock"]["p50_ns"]
    result = [row("the clock itself, p50", clock_ns, "ns", "limit", 1_000)]
    for (name, quantile), limit in _LIMITS_NS.items():
        label = f"{_NAMES[name]}, {quantile[:-3]}"
        against = ("limit", limit, 1.0) if limit else ("the clock", max(clock_ns, 1), None)
        result.append(row(label, times[name][quantile], "ns", *against))
    # Ratios want something to divide by: one is the least that would be too many.
    allocations = times["checks"]["allocations"]
    result.append(row("all checks, allocations", allocations, "calls", "limit", 1, target=0.0))
    result.extend(
        row(line["memory"], line["bytes"], "bytes", "limit", limit, target=1.0)
        for line in said
        if (limit := _LIMITS_BYTES.get(line.get("memory", "")))
    )
    total_ns = times["checks"]["p50_ns"]
    result.extend(
        row(f"check {line.get('number', '–')} {line['row']}", line["ns"], "ns", "all", total_ns)
        for line in said
        if "row" in line
    )
    return result
