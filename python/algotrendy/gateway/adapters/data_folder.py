"""Secrets as files of the data folder that only their owner reads."""

from pathlib import Path

from algotrendy.storage.data_folder import DataFolder


class DataFolderSecretStore:
    """The `SecretStore` port on the folder `secrets/`."""

    def __init__(self, data_folder: DataFolder) -> None:
        self._data_folder = data_folder

    def read(self, name: str) -> bytes | None:
        """Return a secret, if there is one."""
        path = self._data_folder.secrets / name
        return path.read_bytes() if path.exists() else None

    def write(self, name: str, content: bytes) -> Path:
        """Keep a secret; return its file."""
        return self._data_folder.write(f"{self._data_folder.secrets.name}/{name}", content)
