"""All accounts of this process: opened, recovered, found."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import Final, Self

import structlog

from algotrendy import _core
from algotrendy.domain.ids import AccountId, OrderId
from algotrendy.domain.venue import LATENCIES
from algotrendy.errors import (
    AccountNotFoundError,
    InvalidArgumentError,
    JournalCorruptError,
    OrderNotFoundError,
)
from algotrendy.trading.book import Book
from algotrendy.trading.controls import KillOrder, Scope
from algotrendy.trading.core_codec import Command
from algotrendy.trading.events import AccountEvent, AccountOpened
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import AccountTerms
from algotrendy.trading.ports import EventPublisher, Journal, Journals

log = structlog.get_logger(__name__)

_SYNC_THREADS: Final = 4


class Books:
    """The books by account. A journal is all that an account is recovered from."""

    def __init__(self, journals: Journals, publisher: EventPublisher) -> None:
        self._journals = journals
        self._publisher = publisher
        self._books: dict[AccountId, Book] = {}
        # Threads of their own: a sync must not queue behind somebody else's work.
        self._executor = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="journal")

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every book."""
        await self.close()

    async def recover(self) -> None:
        """Open every journalled account again; publish what the stream does not hold yet."""
        for account_id in self._journals.account_ids():
            journal = self._journals.open(account_id)
            records = journal.records()
            if records:
                await self._start(journal, records)
            else:
                # The process ended before the account was described; its request is repeated.
                journal.close()

    async def open(self, terms: AccountTerms) -> Book:
        """Open an account, or return it where its journal has been opened before."""
        if terms.account_id in self._books:
            return self._books[terms.account_id]
        journal = self._journals.open(terms.account_id)
        try:
            records = journal.records()
            if not records:
                records = [terms.to_payload()]
                journal.append(records[0])
                await asyncio.get_running_loop().run_in_executor(self._executor, journal.sync)
        except BaseException:
            journal.close()
            raise
        book = await self._start(journal, records)
        await self._stop_as_others(book)
        return book

    async def _stop_as_others(self, book: Book) -> None:
        """Pull the switch of all accounts in one that is opened after it was pulled."""
        scope = Scope(all_accounts=True)
        for other in self.all():
            stopped = other.ledger.controls.stopped(scope)
            if stopped is not None and stopped.killed_by and other is not book:
                kill = KillOrder(None, scope, stopped.killed_by, note="", flatten=False)
                await book.run(lambda ledger, kill=kill: ledger.kill(kill))  # type: ignore[misc]  # Bound.
                return

    def get(self, account_id: AccountId) -> Book:
        """Return an account's book; raise `AccountNotFoundError` where there is none."""
        book = self._books.get(account_id)
        if book is None:
            raise AccountNotFoundError(
                f"account {account_id!r} does not exist.", account_id=account_id
            )
        return book

    def of_order(self, order_id: OrderId) -> Book:
        """Return the book that holds an order; raise `OrderNotFoundError` where there is none."""
        for book in self._books.values():
            if book.ledger.knows(order_id):
                return book
        raise OrderNotFoundError(f"order {order_id!r} does not exist.", order_id=order_id)

    def knowing(self, symbol: str) -> list[Book]:
        """Return the books of the accounts that know an instrument and have not halted."""
        return [
            book
            for book in self._books.values()
            if not book.halted and symbol in book.ledger.instruments
        ]

    def all(self) -> list[Book]:
        """Return all books, oldest first."""
        return sorted(self._books.values(), key=lambda book: book.terms.account_id)

    async def close(self) -> None:
        """Close every book."""
        for book in self._books.values():
            await book.close()
        self._books.clear()
        self._executor.shutdown()

    async def _start(self, journal: Journal, records: Sequence[bytes]) -> Book:
        terms = AccountTerms.from_payload(records[0])
        ledger = Ledger(terms, journal, terms.venue_terms.to_core())
        events = [opening(terms), *ledger.recover(records[1:])]
        try:
            published = await self._publisher.last_sequence(terms.account_id)
        except BaseException:
            journal.close()
            raise
        if published is not None and published > events[-1].sequence:
            journal.close()
            # An older copy of the journal, say. Going on would use event ids a second time.
            raise JournalCorruptError(
                f"The journal of account {terms.account_id} ends at event {events[-1].sequence}; "
                f"event {published} was published.",
                account_id=terms.account_id,
                journalled=str(events[-1].sequence),
                published=str(published),
            )
        missing = [event for event in events if published is None or event.sequence > published]
        book = Book(ledger, journal, self._publisher, self._executor)
        book.outbox.put(missing, copy_context())
        book.start()
        self._books[terms.account_id] = book
        log.info(
            "account_started",
            account_id=terms.account_id,
            events=len(events),
            unpublished=len(missing),
        )
        # The process may have ended between the account's description and its first deposit.
        if terms.initial_cash_units and ledger.event_sequence == 0:
            await book.run(lambda ledger: ledger.deposit(terms.initial_cash_units))
        return book


def check_terms(terms: AccountTerms) -> None:
    """Raise `InvalidArgumentError` for terms that the venue or the core could not work with."""
    for name in LATENCIES:
        if getattr(terms.venue_terms, name) is not None:
            raise InvalidArgumentError(
                f"{name} is set; a paper account lives from bar to bar, and its messages take no "
                "time.",
                field=name,
            )
    deposit: Command = {
        "type": "Deposit",
        "currency": terms.currency,
        "amount": terms.initial_cash_units or 1,
    }
    try:
        _core.TradingCore(terms.account_id, terms.currency).decide(deposit, 0)
    except InvalidArgumentError as error:
        raise InvalidArgumentError(
            f"An account cannot hold {terms.initial_cash} {terms.currency!r}: {error}",
            field="currency",
            currency=terms.currency,
            initial_cash=str(terms.initial_cash),
        ) from error


def opening(terms: AccountTerms) -> AccountEvent:
    """Return the event that opens an account, before all that its core decides."""
    return AccountEvent(terms.account_id, 0, terms.create_time_ns, AccountOpened(terms))
