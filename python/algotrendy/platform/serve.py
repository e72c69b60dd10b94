"""Runs one area alone: what `services/<area>/main.py` and `algotrendy serve` call."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack

from algotrendy.config import Settings, load_settings
from algotrendy.errors import AlgoTrendyError
from algotrendy.platform.http_server import http_server
from algotrendy.platform.ops import ops_app
from algotrendy.platform.supervisor import platform


def main(area: str) -> None:
    """Run `area` until SIGINT or SIGTERM; an expected error is one line and exit code 1."""
    try:
        asyncio.run(run(area, load_settings()))
    except AlgoTrendyError as error:
        sys.stderr.write(f"{error.reason}: {error}\n")
        sys.exit(1)


async def run(area: str, settings: Settings) -> None:
    """Run `area` with `settings` until a signal; its logs go to standard error."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(
            platform(settings, (area,), log_stream=sys.stderr)
        )
        context = running.context
        # The gateway serves health and metrics itself, for all areas.
        if area != "gateway":
            await stack.enter_async_context(
                http_server(ops_app(context.channels, (area,)), context.http)
            )
        sys.stdout.write(f"{area}: gRPC {running.addresses[area]}, HTTP {running.http_address}\n")
        sys.stdout.flush()
        await running.until(stop)
