"""A platform as its user starts it: the command, in a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.e2e.paper import PAIR, SYMBOLS, Desk, import_bars, running, write_bars

from algotrendy.errors import UnavailableError
from algotrendy.rpc.addresses import Addresses, read_addresses
from algotrendy.rpc.market_data import fetch_bars

COMMAND = Path(sys.executable).with_name("algotrendy")
START_DEADLINE_S = 90


class UpProcess:
    """`algotrendy up` on a data folder, on free ports."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [COMMAND, "up", "--data-dir", str(data_dir)],
            env={
                **os.environ,
                "ALGOTRENDY_HTTP_PORT": "0",
                "ALGOTRENDY_GRPC_PORT_BASE": "0",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ready(self) -> Addresses:
        """Wait until it answers, and return where."""
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            try:
                return read_addresses(self.data_dir)
            except UnavailableError:
                assert self.process.poll() is None, self.process.communicate()[0]
                time.sleep(0.1)
        raise AssertionError("the platform did not start in time")

    def family(self) -> list[psutil.Process]:
        """Return the process and all that it started."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def stop(self, number: signal.Signals = signal.SIGINT) -> str:
        """Send a signal, wait for the end, and return what was printed."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=60)[0]

    def close(self) -> None:
        """Stop it if it still runs, and let go of its output."""
        if self.process.poll() is None:
            self.stop()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="session", autouse=True)
def postgres_home() -> Iterator[None]:
    """As root, PostgreSQL's data lives outside the data folder; here, in a folder that goes too."""
    with tempfile.TemporaryDirectory(prefix="algotrendy-") as folder:
        # The account that PostgreSQL runs as must be able to enter it.
        Path(folder).chmod(0o755)
        os.environ["ALGOTRENDY_POSTGRES_HOME"] = folder
        yield
        del os.environ["ALGOTRENDY_POSTGRES_HOME"]


@pytest.fixture
def start_up() -> Iterator[Callable[..., UpProcess]]:
    """Start platforms that are stopped when the test ends, however it ends."""
    started: list[UpProcess] = []

    def start(data_dir: Path, **environment: str) -> UpProcess:
        started.append(UpProcess(data_dir, **environment))
        return started[-1]

    yield start
    for up in started:
        up.close()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A platform with daily bars of three symbols."""
    async with running(tmp_path) as client:
        for seed, symbol in enumerate(SYMBOLS):
            path = tmp_path / f"{symbol}.csv"
            write_bars(path, seed, misses_every=None if symbol in PAIR else 7)
            await import_bars(client, symbol, path)
        channel = client.channel("market_data")
        yield Desk(client, [await fetch_bars(channel, symbol) for symbol in SYMBOLS])
