"""A real server in this process, for real clients."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import grpc

from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import create_server


@asynccontextmanager
async def served(
    area: str, add: Callable[[grpc.aio.Server], None]
) -> AsyncIterator[grpc.aio.Channel]:
    """Serve what `add` puts on the server, while the block lasts, and give the client's channel."""
    async with listening(area, add) as address, Channels({area: address}) as channels:
        yield channels.to(area)


@asynccontextmanager
async def listening(area: str, add: Callable[[grpc.aio.Server], None]) -> AsyncIterator[str]:
    """Serve what `add` puts on the server, while the block lasts, and give its `host:port`."""
    server = create_server(area)
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
