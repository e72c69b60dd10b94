"""Processes that work when they are told, ours and the peers', and the peers' environments."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.harness import OUTPUT, REPOSITORY
from benchmarks.peers.nautilus import nautilus_python

_ENVIRONMENT = REPOSITORY / "build" / "peers" / "backtest"
PACKAGES = (
    "vectorbt==1.2.0",
    "vectorbt-rust==1.2.0",
    "numba==0.68.1",
    "pandas==3.1.1",
    "backtesting==0.6.6",
    "backtrader==1.9.78.123",
    "hftbacktest==2.4.2",
)


@dataclass(frozen=True)
class Engine:
    """One side of a comparison: a module with `prepare`, the options it takes, and where it runs.

    `ends_once` says that its process can run it once only. `differs` says why it does not come to
    the same fills and money as ours; by more than the shares here it must not.
    """

    name: str
    module: str
    options: Sequence[str] = ()
    ends_once: bool = False
    differs: str = ""
    fills_tolerance: float = 0.0
    # The same fills, but others do not round money to cents: a unit more or less is bought.
    equity_tolerance: float = 1e-5

    @property
    def is_ours(self) -> bool:
        """Whether it runs in the environment of this process."""
        return self.module.startswith("benchmarks.backtest.ours.")


@dataclass(frozen=True)
class Measured:
    """The median of the seconds, what came out, and the peak memory before and after."""

    seconds: float
    fills: int
    equity: float
    idle_mib: float
    peak_mib: float


class Worker:
    """A process with an engine that is ready to run."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._answers: list[dict[str, Any]] = []
        self._log = (OUTPUT / "backtest" / f"{engine.name.replace(' ', '-')}.log").open("w")
        self._process = self._start()

    def run(self, *, counts: bool = True) -> None:
        """Run once; what does not count only warms up."""
        if self._engine.ends_once:
            if not counts:
                return
            if self._answers:
                self.close()
                self._process = self._start()
        answer = self._ask()
        if counts:
            self._answers.append(answer)

    def measured(self) -> Measured:
        """Return what the runs that counted came to."""
        last = self._answers[-1]
        outcomes = {(answer["fills"], answer["equity"]) for answer in self._answers}
        assert len(outcomes) == 1, f"{self._engine.name} comes to different results: {outcomes}"
        seconds = median(answer["seconds"] for answer in self._answers)
        peak = max(answer["peak_mib"] for answer in self._answers)
        return Measured(seconds, last["fills"], last["equity"], self._idle_mib, peak)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [
                _python(self._engine),
                "-m",
                "benchmarks.peers.backtest.serve",
                self._engine.module,
                self._path,
                *self._engine.options,
            ],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._idle_mib = self._answer(process)["peak_mib"]
        return process

    def _ask(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        return self._answer(self._process)

    def _answer(self, process: "subprocess.Popen[str]") -> dict[str, Any]:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("@"):
                said: dict[str, Any] = json.loads(line[1:])
                return said
        raise AssertionError(f"the process of {self._engine.name} ended: see {self._log.name}")


def install() -> None:
    """Make the peers' environment, of the versions named here."""
    uv = Path(sys.executable).with_name("uv")
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        make = [uv, "venv", "--quiet", "--python", sys.executable, _ENVIRONMENT]
        subprocess.run(make, check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)


def _python(engine: Engine) -> Path | str:
    if engine.is_ours:
        return sys.executable
    if ".nautilus_" in engine.module:
        return nautilus_python()
    return _ENVIRONMENT / "bin" / "python"
