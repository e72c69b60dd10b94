"""Journals as files: one an account, in one folder."""

from pathlib import Path
from typing import Final

from algotrendy import _core
from algotrendy.domain.ids import AccountId

_SUFFIX: Final = ".journal"


class FileJournals:
    """The journals of a folder, `<account_id>.journal` each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def account_ids(self) -> list[AccountId]:
        """See `Journals`. Ids sort by the time they were made."""
        return sorted(AccountId(path.stem) for path in self._folder.glob(f"*{_SUFFIX}"))

    def open(self, account_id: AccountId) -> _core.Journal:
        """See `Journals`."""
        return _core.Journal.open(self._folder / f"{account_id}{_SUFFIX}", account_id)
