"""What the trading area needs of others."""

from collections.abc import Sequence
from typing import Protocol

from algotrendy import _core
from algotrendy.domain.ids import AccountId
from algotrendy.trading.events import AccountEvent


class Journal(Protocol):
    """One account's records, in order. What was appended is kept once `sync` has returned."""

    def append(self, payload: bytes) -> None:
        """Add a record; raise `StorageFullError` or `StorageError` where that fails."""

    def sync(self) -> None:
        """Wait for the disk, the GIL released; raise as `append`. Called on a thread."""

    def records(self) -> Sequence[bytes]:
        """Return all records."""

    def close(self) -> None:
        """Close it."""


class Journals(Protocol):
    """The journals of all accounts."""

    def account_ids(self) -> Sequence[AccountId]:
        """Return the accounts that have one, oldest first."""

    def open(self, account_id: AccountId) -> Journal:
        """Open an account's journal; make it where there is none."""


class Venue(Protocol):
    """Where orders are traded. Reports are commands of the core; times are the account's."""

    def set_instrument(self, instrument: _core.Instrument) -> None:
        """List an instrument."""

    def set_halted(self, symbol: str, *, is_halted: bool) -> None:
        """Stop the trading of an instrument, or let it go on."""

    def set_position(self, symbol: str, quantity: int) -> None:
        """Learn what is held, which reduce-only orders may not go beyond."""

    def send(
        self, order: "_core.OrderDict", time_ns: int, *, last_execution_id: str | None = None
    ) -> "list[_core.ExecutionReport]":
        """Take an order; one it has is not taken twice. Execution ids go on after the last one."""

    def replace(
        self, order_id: str, replacement: "_core.Replacement", time_ns: int
    ) -> "list[_core.ExecutionReport]":
        """Change an order, or refuse to."""

    def cancel(self, order_id: str, time_ns: int) -> "list[_core.ExecutionReport]":
        """Cancel an order, or refuse to."""

    @property
    def next_due_ns(self) -> int | None:
        """When a message arrives or an order may expire next."""

    def advance(self, time_ns: int) -> "list[_core.ExecutionReport]":
        """Let time pass: messages arrive and orders expire, each at its time."""

    def begin_bar(self, symbol: str, bar: "_core.VenueBar") -> "list[_core.ExecutionReport]":
        """Let time pass to a bar's open; what it fills is told step by step."""

    def next_at_open(self, bar: "_core.VenueBar") -> "list[_core.ExecutionReport] | None":
        """Report the next thing that happens at the open; None: the rest of the bar waits."""

    def resume_bar(self, symbol: str) -> bool:
        """Take up the bar that waits; false where none does."""

    def begin_trade(self, symbol: str, trade: "_core.VenueTrade") -> "list[_core.ExecutionReport]":
        """Let time pass to a trade; what it fills is told step by step."""

    def begin_quote(self, symbol: str, quote: "_core.VenueQuote") -> "list[_core.ExecutionReport]":
        """Let time pass to a quote; what it fills is told step by step."""

    def next(self) -> "list[_core.ExecutionReport] | None":
        """Report the next thing that happens in what was begun; None: nothing more does."""


class EventPublisher(Protocol):
    """Tells other areas what happened."""

    async def publish(self, event: AccountEvent) -> None:
        """Publish an event; repeating one changes nothing. `AlgoTrendyError` has it retried."""

    async def last_sequence(self, account_id: AccountId) -> int | None:
        """Return the sequence of the account's last published event; None if there is none."""
