"""`algotrendy up`: the whole platform until Ctrl-C."""

import asyncio
import signal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from algotrendy.config.settings import load_settings
from algotrendy.platform.supervisor import Running, platform


def run_up(data_dir: Path) -> int:
    """Run the platform on a data folder until SIGINT or SIGTERM; return 0. Errors are raised."""
    asyncio.run(_run(data_dir, Console(highlight=False)))
    return 0


async def _run(data_dir: Path, console: Console) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with platform(load_settings(data_dir=data_dir)) as running:
        _print_addresses(console, running)
        await running.until(stop)
        console.print("Stopping …")
    console.print("Stopped.")


def _print_addresses(console: Console, running: Running) -> None:
    table = Table("service", "address", box=None, pad_edge=False)
    table.add_row("REST docs", f"{running.http_address}/docs")
    table.add_row(
        "health, metrics", f"{running.http_address}/health  {running.http_address}/metrics"
    )
    for area, address in sorted(running.addresses.items()):
        table.add_row(f"gRPC {area}", address)
    table.add_row("data folder", str(running.context.data_folder.path))
    table.add_row(
        "admin password", str(running.context.data_folder.path / "secrets" / "admin-password")
    )
    console.print(table)
    console.print("Running. Stop with Ctrl-C.")
