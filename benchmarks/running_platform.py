"""`algotrendy up` on a folder of its own, in a process of its own."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from algotrendy.client import read_addresses
from algotrendy.errors import UnavailableError


@asynccontextmanager
async def running_platform() -> AsyncIterator[dict[str, str]]:
    """Run the platform while the block lasts; yield the addresses of its areas."""
    with tempfile.TemporaryDirectory() as folder:
        command = [Path(sys.executable).with_name("algotrendy"), "up", "--data-dir", folder]
        ports = {"ALGOTRENDY_HTTP_PORT": "0", "ALGOTRENDY_GRPC_PORT_BASE": "0"}
        process = subprocess.Popen(  # noqa: ASYNC220  # Nothing else waits.
            command, env={**os.environ, **ports}, stdout=subprocess.DEVNULL
        )
        try:
            yield await _addresses(folder, process)
        finally:
            process.terminate()
            process.wait()


async def _addresses(folder: str, process: subprocess.Popen[bytes]) -> dict[str, str]:
    while process.poll() is None:
        try:
            return dict(read_addresses(folder).grpc)
        except UnavailableError:
            await asyncio.sleep(0.1)
    raise RuntimeError("the platform did not start")
