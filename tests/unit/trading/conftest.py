from collections.abc import AsyncIterator

import pytest

from algotrendy.testing.trading import (
    ACCOUNT_ID,
    SPY,
    FakeJournal,
    FakeJournals,
    FakePublisher,
    account_terms,
    wide_limits,
)
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books
from algotrendy.trading.service import MarketService, OrderService


@pytest.fixture
def journals() -> FakeJournals:
    return FakeJournals()


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
async def books(journals: FakeJournals, publisher: FakePublisher) -> AsyncIterator[Books]:
    async with Books(journals, publisher) as books:
        yield books


@pytest.fixture
async def book(books: Books) -> Book:
    """An account with cash, SPY, limits that forbid nothing, and a reference price of 100."""
    book = await books.open(account_terms())
    await book.run(lambda ledger: ledger.register(SPY))
    await book.run(lambda ledger: ledger.apply_limits(wide_limits(allow_short=True)))
    await MarketService(books).mark("SPY", SPY.price(100_00), 1, "test")
    return book


@pytest.fixture
def journal(book: Book, journals: FakeJournals) -> FakeJournal:
    return journals.opened[ACCOUNT_ID]


@pytest.fixture
def orders(books: Books, book: Book) -> OrderService:
    return OrderService(books)


@pytest.fixture
def market(books: Books, book: Book) -> MarketService:
    return MarketService(books)
