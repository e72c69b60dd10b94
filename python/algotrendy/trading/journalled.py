"""How an account changes, synchronously: decide, journal, fold.

Time in a paper account is market time: the last moment its bars and prices have told. Orders are
decided at it, so that "decided at or before the bar opened" and the age of a reference price mean
the same in a replay as live. It stands at 0, the Unix epoch, until the first bar.

What falls due as time passes is decided before any command at a later time, but for reference
prices: so a day is settled at the prices of its end.
"""

from collections.abc import Sequence

from algotrendy.errors import AlgoTrendyError, CoreHaltedError, StorageError, StorageFullError
from algotrendy.trading.core_codec import Command
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.model import AccountTerms
from algotrendy.trading.ports import Journal
from algotrendy.trading.views import Views


class Journalled(Views):
    """The core of one account with its journal.

    What `execute` decides is appended to the journal and folded, not yet synced: `Book` does that,
    and lets nothing out before.
    """

    def __init__(self, terms: AccountTerms, journal: Journal) -> None:
        super().__init__(terms)
        # Decided since the last `take_events`, to be let out after the next sync.
        self._events: list[AccountEvent] = []
        self._journal = journal

    def recover(self, records: Sequence[bytes]) -> list[AccountEvent]:
        """Fold journalled records; return all events."""
        found = [self._note(raw) for record in records for raw in self._core.fold_record(record)]
        self.clock_ns = self._core.time_ns or 0
        return found

    def execute(self, command: Command) -> list[AccountEvent]:
        """Let time pass to the clock's, then decide a command, journal it and fold it."""
        return [*self.advance(), *self._decide(command)]

    def advance(self) -> list[AccountEvent]:
        """Let time pass to the clock's: what is due takes effect.

        Where it has passed before, what the account is worth since may be news: a margin call.
        """
        # No day begins before the market has told a time.
        if self.clock_ns == 0:
            return []
        return self._decide({"type": "Advance"})

    def _decide(self, command: Command) -> list[AccountEvent]:
        decision = self._core.decide(command, self.clock_ns)
        if not decision.events:
            return []
        self._journal.append(decision.record)
        try:
            self._core.apply(decision)
        except AlgoTrendyError as error:
            # The journal is ahead of the core now; only folding it again mends that.
            raise CoreHaltedError(
                f"the core did not take what was journalled: {error}",
                account_id=self.terms.account_id,
            ) from error
        decided = [self._note(raw) for raw in decision.events]
        self._events.extend(decided)
        return decided

    def execute_report(self, report: Command) -> None:
        """Decide what the venue reports now; halt where it contradicts the core."""
        try:
            self._decide(report)
        except (StorageError, StorageFullError, CoreHaltedError):
            raise
        except AlgoTrendyError as error:
            # The venue has moved on, so the two would differ from here.
            raise CoreHaltedError(
                f"an execution report was refused: {error}",
                account_id=self.terms.account_id,
                order_id=report["order_id"],
                cause=error.reason,
            ) from error

    def take_events(self) -> list[AccountEvent]:
        """Return what was decided since the last call."""
        taken, self._events = self._events, []
        return taken
