"""`algotrendy up`: it starts whole, stops clean, and picks up what a kill left behind."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from tests.e2e.conftest import UpProcess

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

StartUp = Callable[..., UpProcess]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_platform_and_leaves_no_process(
    tmp_path: Path, start_up: StartUp, number: signal.Signals
) -> None:
    up = start_up(tmp_path / "data")
    addresses = up.ready()
    assert httpx.get(f"{addresses.http}/health").status_code == 200
    assert len(addresses.grpc) == 10
    family = up.family()
    assert len(family) > 2
    output = up.stop(number)
    assert up.process.returncode == 0, output
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert "/docs" in output


def test_a_second_platform_on_the_same_folder_is_refused(tmp_path: Path, start_up: StartUp) -> None:
    first = start_up(tmp_path / "data")
    first.ready()
    second = start_up(tmp_path / "data")
    output, _ = second.process.communicate(timeout=60)
    assert second.process.returncode == 1
    assert "DATA_FOLDER_LOCKED" in output
    assert first.process.poll() is None


def test_a_port_in_use_is_named(tmp_path: Path, start_up: StartUp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        up = start_up(tmp_path / "data", ALGOTRENDY_HTTP_PORT=port)
        output, _ = up.process.communicate(timeout=60)
    assert up.process.returncode == 1
    assert "PORT_IN_USE" in output
    assert port in output


def test_servers_that_outlived_a_kill_are_stopped_by_the_next_start(
    tmp_path: Path, start_up: StartUp
) -> None:
    killed = start_up(tmp_path / "data")
    killed.ready()
    orphans = killed.family()[1:]
    killed.process.kill()
    killed.process.wait()
    again = start_up(tmp_path / "data")
    again.ready()
    _, alive = psutil.wait_procs(orphans, timeout=10)
    assert alive == []
