"""Sweeps of classes as scripts run them: no guard, Ctrl-C, and what becomes of the processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

SCRIPT = """
from __future__ import annotations
import signal
import sys
from decimal import Decimal
import numpy as np
import algotrendy as at
from algotrendy.backtest import class_sweep

# Who runs the tests may ignore it, as a shell does for what it runs in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Processes from the first run on, which all others wait for, so that a test is short.
class_sweep.START_S = 0.0
class_sweep.WorkerPool.is_heard = lambda pool: bool(pool._workers)

FACTOR = 2
print("imported", flush=True)

class MineError(Exception):
    pass

class Holds(at.Strategy):
    share: Decimal = Decimal("0.5")
    mode: str = "plain"

    def on_start(self, context):
        if self.mode == "fails" and self.share > 5:
            raise MineError(self.share)

    def on_bar(self, context, bar):
        while self.mode == "endless" and self.share > 5:
            pass
        sum(range(2_000))
        context.target_weight(self.share / FACTOR / 100)

close = np.round(100 + 10 * np.sin(np.arange(3000) / 9), 2)
bars = {"time": np.arange(3000) * 86_400_000_000_000, "open": close, "high": close, "low": close,
        "close": close}
shares = [Decimal(share) for share in range(1, 21)]

def sweep(mode, **options):
    grid = {"share": shares, "mode": [mode]}
    return at.backtest.sweep(Holds(), grid, {"ABC": bars}, **{"threads": 2, **options})
"""


Started = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    """Start scripts; whatever comes, none is left."""
    scripts: list[subprocess.Popen[str]] = []

    def start(text: str) -> "subprocess.Popen[str]":
        path = tmp_path / "script.py"
        path.write_text(SCRIPT + text, "utf-8")
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        command = [sys.executable, str(path)]
        ran = subprocess.Popen(command, text=True, start_new_session=True, **pipes)  # type: ignore[call-overload]
        scripts.append(ran)
        return ran

    yield start
    for ran in scripts:
        ran.kill()
        ran.communicate()


def test_a_script_needs_no_guard_and_gets_its_own_errors(started: Started) -> None:
    text = """
from algotrendy.backtest import worker_pool
assert list(sweep("plain")) == list(sweep("plain", threads=1))
try:
    sweep("fails")
except MineError as error:
    print(error, "raised in" in str(error.__notes__) or "raise MineError" in error.__notes__[0])
"""
    out, err = started(text).communicate()
    assert (out, err) == ("imported\n6 True\n", "")


ENDLESS = """
def on_result(row):
    if row["share"] == 5:
        print("five", flush=True)

sweep("endless", on_result=on_result)
"""


def processes_of(script: "subprocess.Popen[str]") -> list[psutil.Process]:
    assert script.stdout is not None
    assert [script.stdout.readline() for _ in range(2)] == ["imported\n", "five\n"]
    found = psutil.Process(script.pid).children()
    assert len(found) == 2
    return found


def test_ctrl_c_ends_a_sweep_at_once_and_all_its_processes(started: Started) -> None:
    ran = started(ENDLESS)
    workers = processes_of(ran)
    os.killpg(ran.pid, signal.SIGINT)
    _, err = ran.communicate(timeout=10)
    assert ran.returncode == -signal.SIGINT
    assert err.count("Traceback") == err.count("KeyboardInterrupt") == 1
    assert not [each for each in workers if each.is_running()]


def test_a_script_that_is_killed_leaves_no_processes(started: Started) -> None:
    ran = started(ENDLESS)
    workers = processes_of(ran)
    ran.kill()
    assert psutil.wait_procs(workers, timeout=20)[1] == []
