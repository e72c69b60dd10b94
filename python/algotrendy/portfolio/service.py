"""Keeps the books by the trading area's events, values them and reports how they did."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from algotrendy.errors import AccountNotFoundError, InsufficientDataError, InvalidArgumentError
from algotrendy.portfolio.changes import (
    AccountOpened,
    CashMoved,
    Change,
    FeeCharged,
    Filled,
    InstrumentRegistered,
    PositionSet,
    PositionTurned,
)
from algotrendy.portfolio.model import Book, ValuedBook, value
from algotrendy.portfolio.performance import Closes, Performance, equity_curve, measure
from algotrendy.portfolio.ports import Bars, Books, Ledger, Publisher, ValueGauge

_PAGE = 1000


class PortfolioService:
    """The books, valued at the last reference price seen since the start, else at the last fill."""

    def __init__(self, books: Books, bars: Bars, publisher: Publisher, gauge: ValueGauge) -> None:
        self._books = books
        self._bars = bars
        self._publisher = publisher
        self._gauge = gauge
        self._prices: dict[str, Decimal] = {}
        # The latest books, so that a price moves the gauge without a query.
        self._latest: dict[str, Book] = {}

    async def start(self) -> None:
        """Show what every portfolio is worth."""
        after = ""
        while page := await self._books.page(after, _PAGE):
            for book in page:
                self._show(book)
            after = page[-1].portfolio_id

    async def apply(self, stream_sequence: int, change: Change) -> None:
        """Apply one event of the trading area, exactly once however often it is delivered."""
        async with self._books.apply(stream_sequence) as ledger:
            if ledger is not None:
                self._show(await _apply(ledger, change))
        # Outside the transaction: a crash in between leads to a redelivery, which publishes it.
        if isinstance(change, PositionTurned):
            book = await self.get_book(change.portfolio_id)
            await self._publisher.portfolio_changed(book, change.symbol, change.cause)

    def mark(self, symbol: str, price: Decimal) -> None:
        """Value `symbol` at a new reference price from now on."""
        self._prices[symbol] = price
        for book in self._latest.values():
            if book.holding(symbol).quantity:
                self._gauge.show(book.portfolio_id, value(book, self._prices).equity)

    async def page(self, after: str, limit: int) -> Sequence[ValuedBook]:
        """Return at most `limit` portfolios whose id is above `after`, oldest first."""
        return [value(book, self._prices) for book in await self._books.page(after, limit)]

    async def get(self, portfolio_id: str) -> ValuedBook:
        """Return one portfolio, valued; raise `AccountNotFoundError` where there is none."""
        return value(await self.get_book(portfolio_id), self._prices)

    async def get_book(self, portfolio_id: str) -> Book:
        """Return one book; raise `AccountNotFoundError` where there is none."""
        book = await self._books.find(portfolio_id)
        if book is None:
            raise _unknown(portfolio_id)
        return book

    async def performance(
        self,
        portfolio_id: str,
        benchmark_symbol: str,
        start_time_ns: int | None,
        end_time_ns: int | None,
    ) -> Performance:
        """Report a portfolio's performance at the closes of the bars that open in `[start, end)`.

        Raises
        ------
        InsufficientDataError
            Nothing was filled yet, or there are fewer than two bars.
        SymbolNotFoundError
            No data has the benchmark's symbol.
        """
        if start_time_ns is not None and end_time_ns is not None and start_time_ns >= end_time_ns:
            raise InvalidArgumentError("end_time must be after start_time.", field="end_time")
        book = await self.get_book(portfolio_id)
        flows = await self._books.flows(portfolio_id)
        fill_times = [flow.time_ns for flow in flows if not flow.is_deposit]
        if not fill_times:
            raise InsufficientDataError(
                f"The portfolio {portfolio_id} has no fill yet.", portfolio_id=portfolio_id
            )
        start = min(fill_times) if start_time_ns is None else start_time_ns
        symbols = sorted({flow.symbol for flow in flows if not flow.is_deposit})
        closes = [await self._bars.closes(symbol, start, end_time_ns) for symbol in symbols]
        benchmark = await self._benchmark(benchmark_symbol, start, end_time_ns)
        # Exact arithmetic over a long history takes a while; other calls go on meanwhile.
        curve = await asyncio.to_thread(equity_curve, book, flows, closes, start)
        return measure(curve, benchmark)

    async def _benchmark(self, symbol: str, start: int, end: int | None) -> Closes | None:
        return await self._bars.closes(symbol, start, end) if symbol else None

    def _show(self, book: Book) -> None:
        self._latest[book.portfolio_id] = book
        self._gauge.show(book.portfolio_id, value(book, self._prices).equity)


async def _apply(ledger: Ledger, change: Change) -> Book:
    if isinstance(change, AccountOpened):
        book = Book(change.portfolio_id, change.display_name, change.currency, change.cause.time_ns)
        await ledger.save(book)
        return book
    book_before = await ledger.find(change.portfolio_id)
    if book_before is None:
        raise _unknown(change.portfolio_id)
    match change:
        case CashMoved():
            book, flow = book_before.after_cash(change)
            await ledger.add(book.portfolio_id, flow)
        case InstrumentRegistered():
            book = book_before.after_registration(change)
            await ledger.save_holding(book.portfolio_id, book.holdings[change.symbol])
        case Filled():
            book, flow = book_before.after_fill(change)
            await ledger.add(book.portfolio_id, flow)
            await ledger.save_holding(book.portfolio_id, book.holdings[change.symbol])
        case FeeCharged():
            book, flow = book_before.after_fee(change)
            await ledger.add(book.portfolio_id, flow)
        case PositionSet():
            book, flow = book_before.after_setting(change)
            await ledger.add(book.portfolio_id, flow)
            await ledger.save_holding(book.portfolio_id, book.holdings[change.symbol])
        case PositionTurned():
            return book_before
    await ledger.save(book)
    return book


def _unknown(portfolio_id: str) -> AccountNotFoundError:
    return AccountNotFoundError(
        f"No portfolio has the id {portfolio_id!r}.", portfolio_id=portfolio_id
    )
