"""The embedded PostgreSQL server: one cluster per data folder, reached by a Unix socket only."""

import asyncio
import os
import re
import secrets
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
import structlog

from algotrendy.errors import ServerStartError
from algotrendy.platform.postgres_programs import (
    PostgresPrograms,
    find_programs,
    make_home,
)
from algotrendy.platform.processes import Child, Children, make_scratch
from algotrendy.storage.data_folder import DataFolder

log = structlog.get_logger(__name__)

_NAME: Final = "algotrendy"
_ID_NAME: Final = "postgres-id"
_PASSWORD_NAME: Final = "secrets/postgres-password"  # noqa: S105  # A file's name.
# Recovery after a crash may take a while; an idle cluster starts in a tenth of a second.
_START_DEADLINE_S: Final = 120.0
_POLL_S: Final = 0.01


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL server that answers."""

    # Holds the password: not for logs.
    dsn: str
    # Where its cluster is.
    folder: Path
    child: Child

    def __repr__(self) -> str:
        return f"PostgresServer(pid={self.child.pid}, folder={self.folder})"


async def start_postgres(
    data_folder: DataFolder, children: Children, *, home: Path
) -> PostgresServer:
    """Start the data folder's cluster, making it the first time.

    As a plain user the cluster is in the data folder. As root it is in a folder of its own under
    `home`, because an unprivileged account must reach it; the data folder keeps its id.

    Raises
    ------
    ServerStartError
        It cannot be run here, ended, or did not answer in time.
    """
    programs = await asyncio.to_thread(find_programs, home)
    folder = _cluster_folder(data_folder, programs, home)
    password = _read_password(data_folder)
    scratch = make_scratch(programs.account)
    try:
        await asyncio.to_thread(_make_cluster, programs, folder, password, scratch)
        child = _start(programs, children, folder, scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    dsn = (
        f"postgresql://{_NAME}:{quote(password)}@/{{database}}?host={quote(str(scratch), safe='')}"
    )
    try:
        async with asyncio.timeout(_START_DEADLINE_S):
            await _make_database(child, dsn.format(database="postgres"))
    except TimeoutError as error:
        await children.stop(child)
        raise ServerStartError(
            f"PostgreSQL did not answer within {_START_DEADLINE_S:.0f} s; "
            f"its log is {child.log_path}.",
            server="postgres",
            log=str(child.log_path),
        ) from error
    except BaseException:
        await children.stop(child)
        raise
    log.info("postgres_started", pid=child.pid, folder=str(folder))
    return PostgresServer(dsn.format(database=_NAME), folder, child)


def remove_cluster(data_folder: DataFolder, *, home: Path) -> None:
    """Delete the cluster that root runs for this data folder under `home`; it must not run."""
    if (data_folder.path / _ID_NAME).exists():
        shutil.rmtree(home / f"postgres-{_read_id(data_folder)}", ignore_errors=True)


def _cluster_folder(data_folder: DataFolder, programs: PostgresPrograms, home: Path) -> Path:
    account = programs.account
    if account is None:
        folder = data_folder.path / "postgres"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
    folder = home / f"postgres-{_read_id(data_folder)}"
    make_home(home, account)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return folder
    os.chown(folder, account.user_id, account.group_id)
    log.info("postgres_folder_made", path=str(folder), account=account.name)
    return folder


def _read_id(data_folder: DataFolder) -> str:
    path = data_folder.path / _ID_NAME
    if not path.exists():
        data_folder.write(_ID_NAME, secrets.token_hex(8).encode())
    cluster_id = path.read_text().strip()
    if re.fullmatch(r"[0-9a-f]{16}", cluster_id) is None:
        raise ServerStartError(
            f"{path} holds {cluster_id!r}, which is no cluster's id.", server="postgres"
        )
    return cluster_id


def _read_password(data_folder: DataFolder) -> str:
    path = data_folder.path / _PASSWORD_NAME
    if not path.exists():
        data_folder.write(_PASSWORD_NAME, secrets.token_urlsafe(24).encode())
    return path.read_text().strip()


def _make_cluster(programs: PostgresPrograms, folder: Path, password: str, scratch: Path) -> None:
    """Make the cluster under another name first: half a one is never mistaken for it."""
    cluster, partial = folder / "cluster", folder / "cluster.partial"
    if cluster.exists():
        return
    shutil.rmtree(partial, ignore_errors=True)
    password_file = scratch / "password"
    password_file.touch(mode=0o600)
    if programs.account:
        os.chown(password_file, programs.account.user_id, programs.account.group_id)
    password_file.write_text(password)
    try:
        programs.run(
            "initdb",
            f"--pgdata={partial}",
            f"--username={_NAME}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            folder=folder,
        )
    finally:
        password_file.unlink()
    partial.rename(cluster)


def _start(programs: PostgresPrograms, children: Children, folder: Path, scratch: Path) -> Child:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(scratch),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    return children.start(
        "postgres",
        [
            programs.bin / "postgres",
            "-D",
            folder / "cluster",
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        # Fast shutdown: sessions are ended, and what is committed is checkpointed.
        stop_signal=signal.SIGINT,
        account=programs.account,
        environment={"LC_ALL": "C", "TZ": "UTC"},
        folder=folder,
        scratch=scratch,
    )


async def _make_database(child: Child, dsn: str) -> None:
    connection = await _connect(child, dsn)
    async with connection:
        found = await connection.execute("SELECT FROM pg_database WHERE datname = %s", [_NAME])
        if await found.fetchone() is None:
            await connection.execute(f"CREATE DATABASE {_NAME}")


async def _connect(child: Child, dsn: str) -> psycopg.AsyncConnection:
    while True:
        child.require_running()
        try:
            return await psycopg.AsyncConnection.connect(dsn, autocommit=True)
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise ServerStartError(
                    f"PostgreSQL refuses the password in {_PASSWORD_NAME} of the data folder.",
                    server="postgres",
                ) from error
        await asyncio.sleep(_POLL_S)
