import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import httpx
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from algotrendy.bus import Event
from algotrendy.config import AREAS, Settings
from algotrendy.errors import (
    DataFolderError,
    DataFolderLockedError,
    InvalidArgumentError,
    PortInUseError,
    ServerStartError,
)
from algotrendy.platform import nats_server, postgres_server, supervisor
from algotrendy.platform.context import Context
from algotrendy.platform.ports import bind
from algotrendy.platform.removal import remove_data_folder
from algotrendy.platform.supervisor import platform

pytestmark = pytest.mark.integration

PROGRAMS = Path(__file__).with_name("programs.py")


class RecordingApp:
    """An area that writes down when it starts and stops, and fails to start if told to."""

    SERVICES = ("algotrendy.api.test.v1.TestService",)

    def __init__(self, area: str, diary: list[str], failing: str | None) -> None:
        self._area = area
        self._diary = diary
        self._failing = failing

    @asynccontextmanager
    async def serve(self, context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
        if self._area == self._failing:
            raise ValueError("not today")
        self._diary.append(f"+{self._area}")
        try:
            yield
        finally:
            self._diary.append(f"-{self._area}")


@pytest.fixture
def diary(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return run_empty_areas(monkeypatch)


def run_empty_areas(monkeypatch: pytest.MonkeyPatch, failing: str | None = None) -> list[str]:
    diary: list[str] = []
    monkeypatch.setattr(supervisor, "import_app", lambda area: RecordingApp(area, diary, failing))
    return diary


@pytest.fixture
def settings(tmp_path: Path, postgres_home: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data", postgres_home=postgres_home, http_port=0, grpc_port_base=0
    )


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = len(psutil.Process().children(recursive=True))
    yield
    assert len(psutil.Process().children(recursive=True)) == before


async def test_areas_start_in_order_and_stop_in_reverse(
    settings: Settings, diary: list[str]
) -> None:
    async with platform(settings) as running:
        assert diary == [f"+{area}" for area in AREAS]
        assert set(running.addresses) == set(AREAS)
        for area in AREAS:
            stub = health_pb2_grpc.HealthStub(running.context.channels.to(area))
            request = health_pb2.HealthCheckRequest(service=RecordingApp.SERVICES[0])
            assert (await stub.Check(request)).status == health_pb2.HealthCheckResponse.SERVING
    assert diary[len(AREAS) :] == [f"-{area}" for area in reversed(AREAS)]


async def test_what_was_stored_is_there_after_a_restart(
    settings: Settings, diary: list[str]
) -> None:
    event = Event(
        event_id="paper:1",
        type="OrderFilled",
        subject="algotrendy.trading.v1.order_filled.paper",
        create_time_ns=0,
        source="trading/paper",
        payload=health_pb2.HealthCheckRequest(),
    )
    async with platform(settings, ("risk",)) as running:
        await running.context.bus.publish_event(event)
        async with running.context.postgres.connection() as connection:
            await connection.execute("INSERT INTO projection_offsets VALUES ('test', 7)")
    async with platform(settings, ("risk",)) as running:
        (envelope,) = await running.context.bus.events("algotrendy.trading.v1.>")
        assert envelope.event_id == "paper:1"
        async with running.context.postgres.connection() as connection:
            cursor = await connection.execute("SELECT stream_sequence FROM projection_offsets")
            assert await cursor.fetchone() == (7,)


async def test_no_permission_of_a_folder_that_existed_is_changed(
    settings: Settings, diary: list[str], tmp_path: Path
) -> None:
    parents = [tmp_path, *tmp_path.parents]
    before = [stat.S_IMODE(path.stat().st_mode) for path in parents]
    assert 0o700 in before, "pytest makes its folders so"
    async with platform(settings, ("risk",)):
        assert [stat.S_IMODE(path.stat().st_mode) for path in parents] == before
    assert [stat.S_IMODE(path.stat().st_mode) for path in parents] == before


async def test_secrets_are_readable_by_their_owner_alone(
    settings: Settings, diary: list[str]
) -> None:
    async with platform(settings, ("risk",)) as running:
        folder = running.context.data_folder
        for path in (folder.secrets / "postgres-password", folder.nats / "server.conf"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        log = (folder.logs / "platform.jsonl").read_text()
        assert (folder.secrets / "postgres-password").read_text() not in log


async def test_a_second_platform_on_the_folder_is_refused(
    settings: Settings, diary: list[str]
) -> None:
    async with platform(settings, ("risk",)):
        with pytest.raises(DataFolderLockedError) as refusal:
            async with platform(settings, ("risk",)):
                pass
    assert refusal.value.metadata["pid"] == str(os.getpid())


async def test_a_taken_grpc_port_is_named(settings: Settings, diary: list[str]) -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        base = port - AREAS.index("risk")
        with pytest.raises(PortInUseError) as refusal:
            async with platform(settings.model_copy(update={"grpc_port_base": base}), ("risk",)):
                pass
    assert refusal.value.metadata["port"] == str(port)


async def test_a_taken_http_port_is_named(settings: Settings, diary: list[str]) -> None:
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as refusal:
            async with platform(settings.model_copy(update={"http_port": port}), ("risk",)):
                pass
    assert refusal.value.metadata["port"] == str(port)


async def test_an_unknown_area_is_refused(settings: Settings) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        async with platform(settings, ("treasury",)):
            pass
    assert refusal.value.metadata == {"area": "treasury"}


async def test_an_area_that_fails_to_start_undoes_those_before_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = run_empty_areas(monkeypatch, failing="trading")
    with pytest.raises(ValueError, match="not today"):
        async with platform(settings, ("ml", "trading", "risk")):
            pass
    assert diary == ["+ml", "-ml"]
    # Everything is free again.
    run_empty_areas(monkeypatch)
    async with platform(settings, ("ml",)):
        pass


@pytest.mark.parametrize(
    ("module", "function"),
    [(nats_server, "_connect_once"), (postgres_server, "_make_database")],
)
async def test_a_server_that_fails_to_start_leaves_none_behind(
    settings: Settings,
    diary: list[str],
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    function: str,
) -> None:
    async def fail(*_arguments: object) -> None:
        raise ServerStartError("not today")

    monkeypatch.setattr(module, function, fail)
    with pytest.raises(ServerStartError, match="not today"):
        async with platform(settings, ("risk",)):
            pass


def clusters(home: Path) -> set[Path]:
    return set(home.glob("postgres-*"))


async def test_an_installation_is_removed_with_its_cluster(
    settings: Settings, diary: list[str], postgres_home: Path
) -> None:
    before = clusters(postgres_home)
    async with platform(settings, ("risk",)):
        with pytest.raises(DataFolderLockedError):
            remove_data_folder(settings.data_dir, postgres_home=postgres_home)
    remove_data_folder(settings.data_dir, postgres_home=postgres_home)
    assert not settings.data_dir.exists()
    assert clusters(postgres_home) == before
    remove_data_folder(settings.data_dir, postgres_home=postgres_home)


def test_a_folder_of_somebody_else_is_not_removed(tmp_path: Path, postgres_home: Path) -> None:
    (tmp_path / "letters").touch()
    with pytest.raises(DataFolderError):
        remove_data_folder(tmp_path, postgres_home=postgres_home)
    assert (tmp_path / "letters").exists()


def start(mode: str, settings: Settings) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, str(PROGRAMS), mode, str(settings.data_dir), str(settings.postgres_home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    line = process.stdout.readline().strip()
    assert line, process.communicate()[1]
    return process, line


def alive(process: psutil.Process) -> bool:
    """Whether it runs: an ended one may stay in the table of a container for a while."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def servers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    servers = psutil.Process(process.pid).children(recursive=True)
    assert {"nats-server", "postgres"} <= {server.name() for server in servers}
    return servers


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_service_alone_answers_and_stops_cleanly(
    settings: Settings, number: signal.Signals
) -> None:
    process, line = start("serve", settings)
    servers = servers_of(process)
    address = line.rsplit(" ", 1)[1]
    health = httpx.get(f"{address}/health")
    metrics = httpx.get(f"{address}/metrics")
    process.send_signal(number)
    _, log = process.communicate(timeout=60)
    assert health.json() == {"status": "SERVING", "services": {"risk": "SERVING"}}
    assert "grpc_requests_total" in metrics.text
    assert process.returncode == 0, log
    assert not any(alive(server) for server in servers)


async def test_after_a_kill_the_next_start_finds_everything_free(
    settings: Settings, diary: list[str]
) -> None:
    process, _ = start("up", settings)
    servers = servers_of(process)
    process.kill()
    process.communicate()
    async with platform(settings, ("risk",)):
        assert not any(alive(server) for server in servers)


async def test_servers_that_outlived_a_kill_are_stopped_by_the_next_start(
    settings: Settings, diary: list[str]
) -> None:
    process, _ = start("up-orphaning", settings)
    servers = servers_of(process)
    process.kill()
    process.communicate()
    outlived = {server.name() for server in servers if alive(server)}
    async with platform(settings, ("risk",)):
        assert not any(alive(server) for server in servers)
    # Of PostgreSQL's processes, those that served connections ended with them.
    assert outlived == {"nats-server", "postgres"}


@pytest.mark.parametrize("server", ["nats-server", "postgres"])
def test_a_service_stops_and_names_the_server_that_died(settings: Settings, server: str) -> None:
    process, _ = start("serve", settings)
    servers = servers_of(process)
    main = psutil.Process(process.pid)
    next(child for child in main.children() if child.name() == server).kill()
    _, log = process.communicate(timeout=60)
    assert process.returncode == 1, log
    name = server.removesuffix("-server")
    assert f"{name} ended with code -9; its log is " in log.splitlines()[-1]
    assert not any(alive(each) for each in servers)
