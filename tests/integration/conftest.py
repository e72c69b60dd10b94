"""Real servers for integration tests: started once a session, emptied between tests."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
import psycopg_pool
import pytest
import pytest_asyncio

from algotrendy.bus import Bus, open_bus
from algotrendy.errors import UnavailableError
from algotrendy.platform.nats_server import NatsServer, start_nats
from algotrendy.platform.postgres_server import PostgresServer, start_postgres
from algotrendy.platform.processes import Children
from algotrendy.storage.data_folder import DataFolder
from algotrendy.storage.migrations import upgrade
from algotrendy.storage.pool import open_pool


@pytest.fixture(scope="session")
def postgres_home() -> Iterator[Path]:
    """Where clusters of root go: reachable for other accounts, as pytest's folders are not."""
    home = Path("/var/tmp") / f"algotrendy-test-{uuid.uuid4().hex[:8]}"  # noqa: S108  # Reachable.
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataFolder]:
    folder = DataFolder(tmp_path_factory.mktemp("servers") / "data")
    with folder.lock():
        yield folder


@pytest.fixture(scope="session")
def children(server_folder: DataFolder) -> Children:
    return Children(server_folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def nats(server_folder: DataFolder, children: Children) -> AsyncIterator[NatsServer]:
    server = await start_nats(server_folder, children)
    yield server
    await children.stop(server.child)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(
    server_folder: DataFolder, children: Children, postgres_home: Path
) -> AsyncIterator[PostgresServer]:
    server = await start_postgres(server_folder, children, home=postgres_home)
    await upgrade(server.dsn)
    yield server
    await children.stop(server.child)


@pytest_asyncio.fixture
async def bus(nats: NatsServer) -> AsyncIterator[Bus]:
    """A bus whose streams hold nothing yet."""
    await made_streams(nats.url)
    async with open_bus(nats.url) as bus:
        yield bus
        await bus.delete_streams()


async def made_streams(url: str) -> None:
    """Wait until the server makes streams: it may still remove those of the test before."""
    for _ in range(50):
        with suppress(UnavailableError):
            async with open_bus(url):
                return
        await asyncio.sleep(0.1)


@pytest_asyncio.fixture
async def dsn(postgres: PostgresServer) -> AsyncIterator[str]:
    """A database of its own, with the current schema."""
    async with database(postgres, "algotrendy") as dsn:
        yield dsn


@pytest_asyncio.fixture
async def empty_dsn(postgres: PostgresServer) -> AsyncIterator[str]:
    """A database of its own, without a schema."""
    async with database(postgres, "template1") as dsn:
        yield dsn


@asynccontextmanager
async def database(postgres: PostgresServer, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = postgres.dsn.replace("/algotrendy?", "/postgres?")
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield postgres.dsn.replace("/algotrendy?", f"/{name}?")
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def pool(dsn: str) -> AsyncIterator[psycopg_pool.AsyncConnectionPool]:
    async with open_pool(dsn) as pool:
        yield pool
