"""nautilus_trader's cycle from order to position, in an environment and a process of its own."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.harness import REPOSITORY

VERSION = "1.221.0"
_ENVIRONMENT = REPOSITORY / "build" / "peers" / f"nautilus-{VERSION}"


def cycle_ns(orders: int) -> float:
    """Return the nanoseconds from a strategy's order to its position: what quotes take is off."""
    (idle, none), (busy, filled) = _run(orders, sends=False), _run(orders, sends=True)
    assert (none, filled) == (0, orders)
    return busy - idle


def _run(quotes: int, *, sends: bool) -> tuple[float, int]:
    worker = "benchmarks.peers.nautilus_worker"
    done = subprocess.run(
        [nautilus_python(), "-m", worker, str(quotes), str(int(sends))],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    return said["ns"], said["filled"]


@cache
def nautilus_python() -> Path:
    """Return the interpreter that has it, installed where it is not."""
    uv = Path(sys.executable).with_name("uv")
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run(
            [uv, "venv", "--quiet", "--python", sys.executable, _ENVIRONMENT], check=True
        )
    package = f"nautilus_trader=={VERSION}"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, package], check=True)
    return python
