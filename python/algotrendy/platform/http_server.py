"""An HTTP server inside a running program, which keeps the signals to itself."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from algotrendy.config.settings import reachable_host

_GRACE_S: Final = 3


@asynccontextmanager
async def http_server(app: ASGIApp, listener: socket.socket) -> AsyncIterator[str]:
    """Serve `app` on a bound socket while the block lasts; gives its address.

    The socket is closed at the end.
    """
    server = _Server(
        uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=_GRACE_S)
    )
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http server")
    try:
        await server.wait_until_started(task)
        yield address_of(listener)
    finally:
        server.should_exit = True
        await asyncio.wait([task])
        listener.close()


def address_of(listener: socket.socket) -> str:
    """Return the address to visit: a name of this machine for a socket on all interfaces."""
    host, port = listener.getsockname()[:2]
    return f"http://{reachable_host(host)}:{port}"


class _Server(uvicorn.Server):
    """Stops when told by its owner, not by a signal."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def wait_until_started(self, task: "asyncio.Task[None]") -> None:
        """Return once requests are answered; raise what the start raised."""
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if task.done():
            task.result()
