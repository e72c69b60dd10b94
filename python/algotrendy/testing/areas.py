"""Areas that run for a test, on servers that the test has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from algotrendy.config import load_settings
from algotrendy.platform.supervisor import Running, platform


@asynccontextmanager
async def running_areas(
    data_dir: Path, nats_url: str, postgres_dsn: str, *areas: str
) -> AsyncIterator[Running]:
    """Run `areas` on free ports while the block lasts."""
    settings = load_settings(
        data_dir=data_dir,
        nats_url=nats_url,
        postgres_dsn=postgres_dsn,
        http_port=0,
        grpc_port_base=0,
    )
    async with platform(settings, areas) as running:
        yield running
