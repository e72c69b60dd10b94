"""The gateway on a real PostgreSQL: users, and the whole application over HTTP."""

import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg_pool
import pytest
import pytest_asyncio

from algotrendy.bus import Bus
from algotrendy.config import Settings
from algotrendy.domain.clock import SystemClock
from algotrendy.errors import AlreadyExistsError
from algotrendy.gateway import app
from algotrendy.gateway.adapters.postgres import PostgresUserRepository
from algotrendy.gateway.model import Role, User
from algotrendy.platform.context import Context
from algotrendy.platform.http_server import address_of
from algotrendy.platform.ports import listen
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import add_health_and_reflection, create_server
from algotrendy.storage.data_folder import DataFolder
from algotrendy.telemetry.tracing import configure_tracing

pytestmark = pytest.mark.integration

ANNA = User("anna", Role.VIEWER, 1_500_000_000_123_456_789)
OTTO = User("Otto", Role.ADMIN, 1_500_000_000_000_000_000)


@dataclass(frozen=True)
class Gateway:
    http: httpx.AsyncClient
    folder: DataFolder


@pytest_asyncio.fixture
async def gateway(
    pool: psycopg_pool.AsyncConnectionPool, bus: Bus, tmp_path: Path
) -> AsyncIterator[Gateway]:
    server = create_server("gateway")
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    folder = DataFolder(tmp_path / "data")
    settings = Settings(data_dir=folder.path)
    listener = listen("127.0.0.1", 0)
    async with Channels({"gateway": address}) as channels:
        context = Context(settings, folder, pool, bus, channels, SystemClock(), listener)
        async with app.serve(context, server):
            await add_health_and_reflection(server, app.SERVICES)
            await server.start()
            url = address_of(listener)
            async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
                yield Gateway(http, folder)
        await server.stop(None)


async def log_in(gateway: Gateway, username: str, password: str) -> str:
    body = {"username": username, "password": password}
    answer = await gateway.http.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


async def test_users_are_kept_and_listed_in_order(pool: psycopg_pool.AsyncConnectionPool) -> None:
    users = PostgresUserRepository(pool)
    await users.add(ANNA, "hash a")
    await users.add(OTTO, "hash o")
    assert await users.find("anna") == (ANNA, "hash a")
    assert await users.find("Anna") is None
    assert await users.find("an\0na") is None
    assert await users.list(after="", limit=10) == [OTTO, ANNA]
    assert await users.list(after="Otto", limit=10) == [ANNA]
    with pytest.raises(AlreadyExistsError):
        await users.add(ANNA, "hash b")


async def test_the_first_admin_logs_in_adds_a_viewer_and_the_viewer_may_not_add_another(
    gateway: Gateway,
) -> None:
    secret = gateway.folder.secrets / "admin-password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE((gateway.folder.secrets / "jwt-secret").stat().st_mode) == 0o600
    admin = await log_in(gateway, "admin", secret.read_text().strip())
    viewer = {"username": "anna", "password": "correct horse battery", "role": "ROLE_VIEWER"}
    created = await gateway.http.post(
        "/api/v1/users", json=viewer, headers={"Authorization": f"Bearer {admin}"}
    )
    assert created.json()["user"]["role"] == "ROLE_VIEWER"
    token = await log_in(gateway, "anna", viewer["password"])
    refused = await gateway.http.post(
        "/api/v1/users", json=viewer, headers={"Authorization": f"Bearer {token}"}
    )
    assert (refused.status_code, refused.json()["reason"]) == (403, "PERMISSION_DENIED")


async def test_a_wrong_password_is_a_problem_with_a_trace(gateway: Gateway) -> None:
    configure_tracing("test")
    body = {"username": "admin", "password": "wrong"}
    answer = await gateway.http.post("/api/v1/auth/login", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (401, "LOGIN_FAILED")
    assert len(answer.json()["trace_id"]) == 32


async def test_health_names_the_areas_that_do_not_answer(gateway: Gateway) -> None:
    answer = await gateway.http.get("/health")
    assert answer.status_code == 503
    assert answer.json()["services"]["gateway"] == "SERVING"
    assert answer.json()["services"]["trading"] == "UNREACHABLE"


async def test_metrics_and_documentation_answer_without_a_token(gateway: Gateway) -> None:
    assert "http_requests_total" in (await gateway.http.get("/metrics")).text
    assert "/api/v1/orders" in (await gateway.http.get("/openapi.json")).json()["paths"]
    assert (await gateway.http.get("/docs/")).status_code == 200
