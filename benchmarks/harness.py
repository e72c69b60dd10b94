"""Runs ours and the peers in turn, and prints medians and ratios under a header that says where."""

import json
import math
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
OUTPUT = REPOSITORY / "build" / "bench"


@dataclass(frozen=True)
class Row:
    """One comparison. `ratio` is ours over the peer's; below 1, ours is the smaller."""

    name: str
    ours: float
    unit: str
    peer: str
    peer_value: float
    ratio: float
    # What the ratio must not exceed; None where nothing was promised.
    target: float | None
    met: bool | None


def row(
    name: str, ours: float, unit: str, peer: str, peer_value: float, target: float | None = None
) -> Row:
    """Return a comparison, with its ratio and whether that meets the target."""
    ratio = ours / peer_value
    met = None if target is None else ratio <= target
    return Row(name, ours, unit, peer, peer_value, ratio, target, met)


def median_seconds(work: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Run every piece of work once uncounted, then `rounds` times in turn; return their medians."""
    for run in work.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least `share` of the samples do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def header(packages: Sequence[str]) -> str:
    """Return the machine, the commit and the versions that a figure belongs to."""
    commit = _output("git", "rev-parse", "--short", "HEAD")
    dirty = "+" if _output("git", "status", "--porcelain", "--untracked-files=no") else ""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return "\n".join(
        (
            f"machine   {_cpu()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, "
            f"{platform.system()} {platform.release()}",
            f"load      {os.getloadavg()[0]:.2f} (1 min) at the start",
            f"versions  Python {platform.python_version()}, {_output('rustc', '--version')}",
            f"          {versions}",
            f"commit    {commit}{dirty}",
        )
    )


def report(name: str, rows: Sequence[Row]) -> None:
    """Print the rows as a table, and write them to build/bench/<name>.jsonl, one object a line."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(asdict(one)) + "\n" for one in rows]
    (OUTPUT / f"{name}.jsonl").write_text("".join(lines))
    print(f"{'what':<44} {'ours':>10} {'unit':<9} {'peer':<26} {'theirs':>10} {'ratio':>7} target")
    for one in rows:
        target = "–" if one.target is None else f"≤ {one.target:g} {'✓' if one.met else '✗ missed'}"
        print(
            f"{one.name:<44} {one.ours:>10.4g} {one.unit:<9} {one.peer:<26} "
            f"{one.peer_value:>10.4g} {one.ratio:>7.3f} {target}"
        )


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
