"""raptorbt's streaming bars, in an environment and a process of their own."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.harness import REPOSITORY

VERSION = "0.13.4"
_ENVIRONMENT = REPOSITORY / "build" / "peers" / f"raptorbt-{VERSION}"


class Raptorbt:
    """A process that makes one-minute bars of the ticks in a NumPy file, when it is told to."""

    def __init__(self, ticks: Path) -> None:
        self._process = subprocess.Popen(
            [_python(), "-m", "benchmarks.peers.raptorbt_worker", ticks],
            cwd=REPOSITORY,
            # It asks a registry for news of itself otherwise.
            env=os.environ | {"RAPTORBT_NO_VERSION_CHECK": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def bars(self) -> list[tuple[float, ...]]:
        """Return end, open, high, low, close and volume of the bars that the ticks close."""
        return [tuple(bar) for bar in json.loads(self._ask("bars"))]

    def push(self) -> None:
        """Push all ticks, one at a time."""
        self._ask("push")

    def loop(self) -> None:
        """Go through the ticks, and push none."""
        self._ask("loop")

    def _ask(self, what: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "raptorbt's process ended"
        return answer


def _python() -> Path:
    uv = Path(sys.executable).with_name("uv")
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run(
            [uv, "venv", "--quiet", "--python", sys.executable, _ENVIRONMENT], check=True
        )
    packages = (f"raptorbt=={VERSION}", f"numpy=={version('numpy')}")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
    return python
