from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from algotrendy.platform.ops import ops_app
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import add_health_and_reflection, create_server
from algotrendy.telemetry import metrics


@asynccontextmanager
async def serving(area: str) -> AsyncIterator[str]:
    server = create_server(area)
    port = server.add_insecure_port("127.0.0.1:0")
    await add_health_and_reflection(server, ())
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def get(channels: Channels, areas: tuple[str, ...], path: str) -> httpx.Response:
    transport = httpx.ASGITransport(ops_app(channels, areas))
    async with httpx.AsyncClient(transport=transport, base_url="http://ops") as client:
        return await client.get(path)


async def test_health_is_good_when_every_area_serves() -> None:
    async with serving("risk") as address, Channels({"risk": address}) as channels:
        response = await get(channels, ("risk",), "/health")
    assert response.status_code == 200
    assert response.json() == {"status": "SERVING", "services": {"risk": "SERVING"}}


async def test_health_names_the_area_that_does_not_answer() -> None:
    async with (
        serving("risk") as address,
        # Nothing listens on the port of discard.
        Channels({"risk": address, "trading": "127.0.0.1:9"}) as channels,
    ):
        response = await get(channels, ("trading", "risk"), "/health")
    assert response.status_code == 503
    assert response.json() == {
        "status": "NOT_SERVING",
        "services": {"trading": "UNREACHABLE", "risk": "SERVING"},
    }


async def test_metrics_are_in_prometheus_form() -> None:
    metrics.TRADES.labels("SPX", "BUY").inc()
    metrics.PORTFOLIO_VALUE.labels("paper").set(100_000)
    async with Channels({}) as channels:
        response = await get(channels, (), "/metrics")
    assert response.status_code == 200
    assert 'trades_total{side="BUY",symbol="SPX"}' in response.text
    assert 'portfolio_value{portfolio_id="paper"} 100000.0' in response.text
