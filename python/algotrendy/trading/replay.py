"""A journal read again: what it holds, and what follows from that alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from algotrendy.errors import JournalCorruptError
from algotrendy.trading.books import opening
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import Account, AccountTerms
from algotrendy.trading.ports import Journal


@dataclass(frozen=True)
class Replay:
    """An account as its journal alone tells it: all events in order, and where they led."""

    events: tuple[AccountEvent, ...]
    account: Account

    @property
    def event_ids(self) -> list[str]:
        """The ids under which the events are published."""
        return [event.event_id for event in self.events]


def replay(journal: Journal) -> Replay:
    """Fold a journal's records into a core of their own; nothing is decided or written."""
    records: Sequence[bytes] = journal.records()
    if not records:
        raise JournalCorruptError("The journal does not describe its account.")
    terms = AccountTerms.from_payload(records[0])
    ledger = Ledger(terms, journal, terms.venue_terms.to_core())
    events = (opening(terms), *ledger.recover(records[1:]))
    return Replay(events, ledger.account())
