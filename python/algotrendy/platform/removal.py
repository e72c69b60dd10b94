"""Removes an installation: the data folder and what it has elsewhere."""

import shutil
from pathlib import Path

from algotrendy.errors import DataFolderError
from algotrendy.platform.postgres_server import remove_cluster
from algotrendy.platform.processes import Children
from algotrendy.storage.data_folder import LOCK_NAME, DataFolder


def remove_data_folder(path: Path, *, postgres_home: Path) -> None:
    """Delete the data folder at `path` for ever, with root's PostgreSQL cluster; none is no error.

    Raises
    ------
    DataFolderLockedError
        A living process runs on it.
    DataFolderError
        It is no data folder.
    """
    if not path.exists():
        return
    if not (path / LOCK_NAME).exists():
        raise DataFolderError(f"{path} is no data folder, so it is not removed.", path=str(path))
    folder = DataFolder(path)
    with folder.lock():
        Children(folder).stop_orphans()
        remove_cluster(folder, home=postgres_home)
        shutil.rmtree(folder.path)
