"""Fakes of what the portfolio area needs, and builders of what it is told."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

import numpy as np

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.order import Side
from algotrendy.errors import SymbolNotFoundError
from algotrendy.portfolio.changes import (
    AccountOpened,
    CashMoved,
    Cause,
    Change,
    Filled,
    InstrumentRegistered,
    PositionTurned,
)
from algotrendy.portfolio.holding import Holding
from algotrendy.portfolio.model import Book, Flow
from algotrendy.portfolio.performance import Closes

PORTFOLIO_ID = "01900000-0000-7000-8000-000000000001"


class FakeLedger:
    """Books in memory, within one transaction."""

    def __init__(self, books: dict[str, Book], flows: dict[str, list[Flow]]) -> None:
        self.books = dict(books)
        self.flows = {portfolio_id: list(found) for portfolio_id, found in flows.items()}

    async def find(self, portfolio_id: str) -> Book | None:
        """See `Ledger`."""
        return self.books.get(portfolio_id)

    async def save(self, book: Book) -> None:
        """See `Ledger`."""
        self.books[book.portfolio_id] = book

    async def save_holding(self, portfolio_id: str, holding: Holding) -> None:
        """See `Ledger`; `save` keeps the holdings here."""

    async def add(self, portfolio_id: str, flow: Flow) -> None:
        """See `Ledger`."""
        self.flows.setdefault(portfolio_id, []).append(flow)


class FakeBooks:
    """Books in memory that apply every event of the stream once."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}
        self._flows: dict[str, list[Flow]] = {}
        self._applied = 0

    @asynccontextmanager
    async def apply(self, stream_sequence: int) -> AsyncIterator[FakeLedger | None]:
        """See `Books`."""
        if stream_sequence <= self._applied:
            yield None
            return
        ledger = FakeLedger(self._books, self._flows)
        yield ledger
        self._books, self._flows, self._applied = ledger.books, ledger.flows, stream_sequence

    async def find(self, portfolio_id: str) -> Book | None:
        """See `Books`."""
        return self._books.get(portfolio_id)

    async def page(self, after: str, limit: int) -> Sequence[Book]:
        """See `Books`."""
        found = [book for key, book in sorted(self._books.items()) if key > after]
        return found[:limit]

    async def flows(self, portfolio_id: str) -> Sequence[Flow]:
        """See `Books`."""
        return self._flows.get(portfolio_id, [])


class FakeBars:
    """The closes it was given, by symbol."""

    def __init__(self, *closes: Closes) -> None:
        self._closes = {column.symbol: column for column in closes}

    async def closes(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> Closes:
        """See `Bars`."""
        found = self._closes.get(symbol)
        if found is None:
            raise SymbolNotFoundError(f"No data has the symbol {symbol}.", symbol=symbol)
        first, last = (
            default if time_ns is None else int(np.searchsorted(found.open_time_ns, time_ns))
            for time_ns, default in ((start_time_ns, 0), (end_time_ns, len(found.close)))
        )
        rows = slice(max(0, first - 1), last)
        return Closes(
            symbol,
            found.price_scale,
            found.open_time_ns[rows],
            found.close_time_ns[rows],
            found.close[rows],
        )


class FakePublisher:
    """Keeps what was told, by the id of the cause, as the stream does."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, Decimal, Decimal]] = {}
        self.count = 0

    async def portfolio_changed(self, book: Book, symbol: str, cause: Cause) -> None:
        """See `Publisher`."""
        self.count += 1
        self.told.setdefault(cause.event_id, (symbol, book.holding(symbol).quantity, book.cash))


class FakeGauge:
    """Keeps the last value shown."""

    def __init__(self) -> None:
        self.shown: dict[str, Decimal] = {}

    def show(self, portfolio_id: str, equity: Decimal) -> None:
        """See `ValueGauge`."""
        self.shown[portfolio_id] = equity


def daily_closes(symbol: str, *prices: str, first_day: int = 1) -> Closes:
    """Return daily bars of which each fills its day, the first on `first_day` after the epoch."""
    opens = (np.arange(len(prices), dtype=np.int64) + first_day) * DAY_NS
    units = [int(Decimal(price).scaleb(2)) for price in prices]
    return Closes(symbol, 2, opens, opens + DAY_NS - 1, np.array(units, dtype=np.int64))


def cause(sequence: int, time_ns: int = 0) -> Cause:
    """Return the cause of the account's event of this sequence."""
    return Cause(f"{PORTFOLIO_ID}:{sequence}", sequence, time_ns)


def opening(cash: str = "1000", currency: str = "USD") -> list[Change]:
    """Return what opens an account with cash and the instrument SPY."""
    amount = Decimal(cash)
    return [
        AccountOpened(PORTFOLIO_ID, "Paper", currency, cause(1)),
        CashMoved(PORTFOLIO_ID, amount, amount, cause(2)),
        InstrumentRegistered(PORTFOLIO_ID, "SPY", 1, 2, cause(3)),
    ]


def fill(
    sequence: int, side: Side, quantity: str, price: str, *, cash: str, fee: str = "0", day: int = 0
) -> Filled:
    """Return a fill of SPY at the open of a day, with the cash that is left after it."""
    return Filled(
        portfolio_id=PORTFOLIO_ID,
        symbol="SPY",
        side=side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        fee=Decimal(fee),
        cash=Decimal(cash),
        cause=cause(sequence, day * DAY_NS),
    )


def turned(sequence: int) -> PositionTurned:
    """Return that the position in SPY was opened or closed."""
    return PositionTurned(PORTFOLIO_ID, "SPY", cause(sequence))
