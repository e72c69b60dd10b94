"""A real server in this process, with the channel of a real client."""

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
    server = create_server(area)
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with Channels({area: f"127.0.0.1:{port}"}) as channels:
            yield channels.to(area)
    finally:
        await server.stop(None)
