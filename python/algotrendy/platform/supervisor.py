"""Starts areas in this process with everything they stand on, and undoes it all in reverse."""

import asyncio
import importlib
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TextIO, cast

import grpc
import structlog

from algotrendy.bus import open_bus
from algotrendy.config import AREAS, Settings
from algotrendy.config.settings import reachable_host
from algotrendy.domain.clock import SystemClock
from algotrendy.errors import InvalidArgumentError
from algotrendy.platform.context import Context
from algotrendy.platform.http_server import address_of
from algotrendy.platform.nats_server import start_nats
from algotrendy.platform.ports import listen, port_in_use
from algotrendy.platform.postgres_server import start_postgres
from algotrendy.platform.processes import Children
from algotrendy.rpc.addresses import Addresses, published, withdraw
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import add_health_and_reflection, create_server
from algotrendy.storage.data_folder import DataFolder
from algotrendy.storage.migrations import upgrade
from algotrendy.storage.pool import open_pool
from algotrendy.telemetry.logs import logs_to
from algotrendy.telemetry.tracing import configure_tracing

log = structlog.get_logger(__name__)

# How long calls in flight may still take when a server stops.
_SERVER_GRACE_S: Final = 1.0


class App(Protocol):
    """What `algotrendy.<area>.app` offers."""

    SERVICES: Sequence[str]

    def serve(self, context: Context, server: grpc.aio.Server) -> AbstractAsyncContextManager[None]:
        """Wire the area onto `server`, and undo that when the block ends."""


@dataclass(frozen=True)
class Running:
    """A running platform."""

    context: Context
    # `host:port` of every area's gRPC server, those in other processes included.
    addresses: Mapping[str, str]
    # Where the gateway, or a service's own health and metrics, are.
    http_address: str
    children: Children

    async def until(self, stop: asyncio.Event) -> None:
        """Return when told to stop; `UnavailableError` when a server of ours ends before."""
        told = asyncio.create_task(stop.wait())
        watch = asyncio.create_task(self.children.watch())
        try:
            await asyncio.wait([told, watch], return_when=asyncio.FIRST_COMPLETED)
            if watch.done() and not told.done():
                watch.result()
        finally:
            told.cancel()
            watch.cancel()


@asynccontextmanager
async def platform(
    settings: Settings, areas: Sequence[str] = AREAS, *, log_stream: TextIO | None = None
) -> AsyncIterator[Running]:
    """Run `areas` in this process while the block lasts; what fails half-way leaves nothing behind.

    Servers whose address the settings do not give are started. Logs go to `log_stream`, by
    default to `logs/platform.jsonl` in the data folder.

    Raises
    ------
    DataFolderError, DataFolderLockedError, StorageFullError
        The data folder cannot be used.
    PortInUseError
        A port is taken; names it.
    ServerStartError
        NATS or PostgreSQL did not start.
    """
    areas = _in_order(areas)
    async with AsyncExitStack() as stack:
        folder = DataFolder(settings.data_dir)
        stack.enter_context(folder.lock())
        withdraw(folder.path)
        stack.enter_context(logs_to(_log_stream(stack, folder, log_stream), settings.log_level))
        configure_tracing("algotrendy")
        children = Children(folder)
        await asyncio.to_thread(children.stop_orphans)
        http = stack.enter_context(listen(settings.http_host, settings.http_port))
        servers, addresses = await _bind(stack, settings, areas)
        apps, nats_url, dsn = await _all_or_first_error(
            _import_apps(areas),
            _start_nats(stack, settings, folder, children),
            _start_postgres(stack, settings, folder, children),
        )
        context = Context(
            settings=settings,
            data_folder=folder,
            postgres=await stack.enter_async_context(open_pool(dsn)),
            bus=await stack.enter_async_context(open_bus(nats_url)),
            channels=await stack.enter_async_context(Channels(addresses)),
            clock=SystemClock(),
            http=http,
        )
        for area in areas:
            await _start_area(stack, area, apps[area], context, servers[area])
        http_address = address_of(http)
        stack.enter_context(published(folder.path, Addresses(http_address, addresses)))
        yield Running(context, addresses, http_address, children)
        log.info("stopping")


def _in_order(areas: Sequence[str]) -> tuple[str, ...]:
    for area in areas:
        if area not in AREAS:
            raise InvalidArgumentError(
                f"There is no service {area!r}; the services are {', '.join(AREAS)}.", area=area
            )
    return tuple(area for area in AREAS if area in areas)


def _log_stream(stack: AsyncExitStack, folder: DataFolder, given: TextIO | None) -> TextIO:
    if given is not None:
        return given
    path = folder.logs / "platform.jsonl"
    return stack.enter_context(path.open("a", buffering=1, encoding="utf-8"))


async def _bind(
    stack: AsyncExitStack, settings: Settings, areas: Sequence[str]
) -> tuple[dict[str, grpc.aio.Server], dict[str, str]]:
    """Take every port first: areas know all addresses, and a taken port costs no start."""
    servers: dict[str, grpc.aio.Server] = {}
    addresses = {area: address for area in AREAS if (address := settings.address_of(area))}
    for area in areas:
        host, wanted = settings.grpc_host, settings.grpc_port(area)
        if wanted:
            listen(host, wanted).close()
        server = create_server(area)
        stack.push_async_callback(server.stop, None)
        try:
            port = server.add_insecure_port(f"{host}:{wanted}")
        except RuntimeError as error:
            raise port_in_use(host, wanted, str(error)) from error
        servers[area] = server
        addresses[area] = f"{reachable_host(host)}:{port}"
    return servers, addresses


async def _all_or_first_error(
    apps: Coroutine[Any, Any, dict[str, App]],
    nats_url: Coroutine[Any, Any, str],
    dsn: Coroutine[Any, Any, str],
) -> tuple[dict[str, App], str, str]:
    """Run all to their end, so that what one started is undone even when another fails."""
    results = await asyncio.gather(apps, nats_url, dsn, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("tuple[dict[str, App], str, str]", tuple(results))


async def _import_apps(areas: Sequence[str]) -> dict[str, App]:
    """Import in a thread what takes a second or two, while the servers start."""
    return await asyncio.to_thread(lambda: {area: import_app(area) for area in areas})


def import_app(area: str) -> App:
    """Import the application of an area."""
    return cast("App", importlib.import_module(f"algotrendy.{area}.app"))


async def _start_nats(
    stack: AsyncExitStack, settings: Settings, folder: DataFolder, children: Children
) -> str:
    if settings.nats_url is not None:
        return settings.nats_url
    server = await start_nats(folder, children)
    stack.push_async_callback(children.stop, server.child)
    return server.url


async def _start_postgres(
    stack: AsyncExitStack, settings: Settings, folder: DataFolder, children: Children
) -> str:
    dsn = settings.postgres_dsn
    if dsn is None:
        server = await start_postgres(folder, children, home=settings.postgres_home)
        stack.push_async_callback(children.stop, server.child)
        dsn = server.dsn
    await upgrade(dsn)
    return dsn


async def _start_area(
    stack: AsyncExitStack, area: str, app: App, context: Context, server: grpc.aio.Server
) -> None:
    started_ns = time.perf_counter_ns()
    # What the area starts inherits the name, so that its log lines carry it.
    with structlog.contextvars.bound_contextvars(area=area):
        await stack.enter_async_context(app.serve(context, server))
        health = await add_health_and_reflection(server, app.SERVICES)
        await server.start()
    stack.push_async_callback(server.stop, _SERVER_GRACE_S)
    stack.push_async_callback(health.enter_graceful_shutdown)
    duration_ms = (time.perf_counter_ns() - started_ns) // 1_000_000
    log.info("area_started", area=area, duration_ms=duration_ms)
