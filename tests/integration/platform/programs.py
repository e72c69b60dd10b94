"""Programs that run the platform with areas that do nothing, to be started and killed.

Arguments: `up`, `up-orphaning` or `serve`, the data folder, PostgreSQL's home.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from algotrendy.config import Settings
from algotrendy.platform import processes, supervisor
from algotrendy.platform.context import Context
from algotrendy.platform.processes import Account, launch_command
from algotrendy.platform.serve import run
from algotrendy.platform.supervisor import platform


class EmptyApp:
    """An area without services."""

    SERVICES = ()

    @asynccontextmanager
    async def serve(self, context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
        yield


def launch_undying(
    command: Sequence[str | Path], *, death_signal: int, account: Account | None
) -> list[str]:
    """Start children that do not learn of this process's death, as on other systems."""
    del death_signal
    return launch_command(command, death_signal=0, account=account)


async def _up(settings: Settings) -> None:
    async with platform(settings) as running:
        sys.stdout.write(f"{running.http_address}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    supervisor.import_app = lambda _area: EmptyApp()  # type: ignore[assignment]
    _mode, _data_dir, _home = sys.argv[1:]
    _settings = Settings(
        data_dir=Path(_data_dir), postgres_home=Path(_home), http_port=0, grpc_port_base=0
    )
    if _mode == "up-orphaning":
        processes.launch_command = launch_undying
    asyncio.run(run("risk", _settings) if _mode == "serve" else _up(_settings))
