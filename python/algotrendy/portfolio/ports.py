"""What the portfolio area needs of the world."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Protocol

from algotrendy.portfolio.changes import Cause
from algotrendy.portfolio.holding import Holding
from algotrendy.portfolio.model import Book, Flow
from algotrendy.portfolio.performance import Closes


class Ledger(Protocol):
    """The books while one event is applied to them: all of it is kept, or none."""

    async def find(self, portfolio_id: str) -> Book | None:
        """Return a book, or None."""

    async def save(self, book: Book) -> None:
        """Keep a book without its holdings."""

    async def save_holding(self, portfolio_id: str, holding: Holding) -> None:
        """Keep one holding of a book."""

    async def add(self, portfolio_id: str, flow: Flow) -> None:
        """Add a flow to a book."""


class Books(Protocol):
    """The books that were kept."""

    def apply(self, stream_sequence: int) -> AbstractAsyncContextManager[Ledger | None]:
        """Give the ledger to apply an event of the stream to; None if it was applied before."""

    async def find(self, portfolio_id: str) -> Book | None:
        """Return a book, or None."""

    async def page(self, after: str, limit: int) -> Sequence[Book]:
        """Return at most `limit` books whose id is above `after`, oldest first."""

    async def flows(self, portfolio_id: str) -> Sequence[Flow]:
        """Return a book's flows, by sequence."""


class Bars(Protocol):
    """The market data area's history."""

    async def closes(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> Closes:
        """Return the closes of bars that open in `[start, end)` and of the last one before.

        Raises
        ------
        SymbolNotFoundError
            No data has this symbol.
        """


class Publisher(Protocol):
    """Tells others that a portfolio changed."""

    async def portfolio_changed(self, book: Book, symbol: str, cause: Cause) -> None:
        """Tell what `cause` led to; telling it twice is telling it once."""


class ValueGauge(Protocol):
    """Shows what a portfolio is worth."""

    def show(self, portfolio_id: str, equity: Decimal) -> None:
        """Show a portfolio's equity."""
