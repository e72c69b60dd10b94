import asyncio
import threading
from contextvars import ContextVar
from decimal import Decimal

import pytest

from algotrendy.domain.order import Side
from algotrendy.errors import (
    AlgoTrendyError,
    CoreHaltedError,
    JournalCorruptError,
    StorageError,
    StorageFullError,
    UnavailableError,
)
from algotrendy.testing.trading import (
    ACCOUNT_ID,
    SPY,
    FakeJournal,
    FakeJournals,
    FakePublisher,
    account_terms,
    buy,
    daily_bar,
    wide_limits,
)
from algotrendy.trading.book import Book
from algotrendy.trading.books import Books
from algotrendy.trading.event_codec import encode_event
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import OrderStatus
from algotrendy.trading.replay import replay
from algotrendy.trading.service import MarketService, OrderService


class GatedJournal(FakeJournal):
    """A journal whose syncs wait until they are let through."""

    def __init__(self, durable: list[bytes]) -> None:
        super().__init__(durable)
        self.gate = threading.Event()
        self.gate.set()
        self.syncing = threading.Event()

    def sync(self) -> None:
        self.syncing.set()
        assert self.gate.wait(10)
        super().sync()

    def block(self) -> None:
        self.syncing.clear()
        self.gate.clear()

    async def blocked(self) -> None:
        assert await asyncio.to_thread(self.syncing.wait, 10)


class GatedJournals(FakeJournals):
    def make(self, durable: list[bytes]) -> FakeJournal:
        return GatedJournal(durable)


FAILURES = [
    StorageFullError("The disk is full."),
    StorageError("The disk broke."),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.reason)
@pytest.mark.parametrize("step", ["append_failure", "sync_failure"])
async def test_a_failed_write_is_told_once_then_the_account_is_halted(
    orders: OrderService,
    market: MarketService,
    book: Book,
    journal: FakeJournal,
    publisher: FakePublisher,
    failure: AlgoTrendyError,
    step: str,
) -> None:
    await book.outbox.drained()
    published = list(publisher.ids)
    setattr(journal, step, failure)

    with pytest.raises(type(failure)):
        await orders.submit(buy())
    with pytest.raises(CoreHaltedError):
        await orders.submit(buy(client_order_id="order-2"))
    with pytest.raises(CoreHaltedError):
        await book.run(Ledger.account)

    # A halted account trades no bar, and holds up no other's.
    await market.trade_bar(daily_bar(1))
    assert publisher.ids == published


async def test_a_halted_account_is_rebuilt_from_its_journal(
    orders: OrderService,
    book: Book,
    books: Books,
    journals: FakeJournals,
    journal: FakeJournal,
    publisher: FakePublisher,
) -> None:
    kept = await orders.submit(buy())
    # The venue's word on it is journalled, too.
    await book.run(Ledger.account)
    journal.sync_failure = StorageFullError("The disk is full.")
    with pytest.raises(StorageFullError):
        await orders.submit(buy(client_order_id="lost"))
    await books.close()

    async with Books(journals, publisher) as restarted:
        await restarted.recover()
        page = await OrderService(restarted).list(ACCOUNT_ID, 0, 10, open_only=False)
        assert [order.order_id for order in page.items] == [kept.order_id]


async def test_nothing_leaves_before_it_is_synced(publisher: FakePublisher) -> None:
    journals = GatedJournals()
    async with Books(journals, publisher) as books:
        book = await ready(books)
        await book.outbox.drained()
        published = list(publisher.ids)
        journal = journals.opened[ACCOUNT_ID]
        assert isinstance(journal, GatedJournal)
        journal.block()

        answer = asyncio.create_task(OrderService(books).submit(buy()))
        await journal.blocked()
        reading = asyncio.create_task(book.run(Ledger.account))
        await asyncio.sleep(0)

        assert not answer.done()
        assert not reading.done()
        assert publisher.ids == published
        journal.gate.set()
        assert (await answer).status is OrderStatus.PENDING_NEW
        assert (await reading).open_order_count == 1
        await book.outbox.drained()
        assert publisher.names[-2:] == ["OrderCreated", "OrderAccepted"]


async def test_commands_that_wait_for_the_disk_share_one_sync(publisher: FakePublisher) -> None:
    journals = GatedJournals()
    async with Books(journals, publisher) as books:
        book = await ready(books)
        orders = OrderService(books)
        journal = journals.opened[ACCOUNT_ID]
        assert isinstance(journal, GatedJournal)
        journal.block()
        first = asyncio.create_task(orders.submit(buy("1", client_order_id="first")))
        await journal.blocked()
        syncs = journal.sync_count
        waiting = [
            asyncio.create_task(orders.submit(buy("1", client_order_id=f"order-{n}")))
            for n in range(20)
        ]
        await asyncio.sleep(0)
        journal.gate.set()
        await asyncio.gather(first, *waiting)
        await book.run(Ledger.account)

        # The first's, one for the twenty, one for what the venue said of them.
        assert journal.sync_count == syncs + 3


async def test_a_restart_publishes_what_is_missing_and_nothing_twice(
    orders: OrderService,
    market: MarketService,
    books: Books,
    journals: FakeJournals,
    publisher: FakePublisher,
) -> None:
    await orders.submit(buy())
    await market.trade_bar(daily_bar(1))
    everything = list(publisher.events)
    await books.close()

    for held in range(len(everything) + 1):
        stream = FakePublisher()
        stream.events = everything[:held]
        async with Books(journals, stream) as restarted:
            await restarted.recover()
            await restarted.get(ACCOUNT_ID).outbox.drained()
        assert stream.ids == [event.event_id for event in everything]
        assert [encode_event(event) for event in stream.events] == [
            encode_event(event) for event in everything
        ]


async def test_publishing_is_tried_until_it_works(
    orders: OrderService, book: Book, publisher: FakePublisher
) -> None:
    publisher.failures = [UnavailableError("NATS is away.")] * 2
    await orders.submit(buy())
    await book.outbox.drained()
    assert [event.sequence for event in publisher.events] == list(range(len(publisher.events)))


async def test_a_defect_of_the_publisher_does_not_end_publishing(
    orders: OrderService, book: Book, publisher: FakePublisher
) -> None:
    await book.outbox.drained()
    publisher.failures = [ValueError("a defect")]
    await orders.submit(buy())
    await book.outbox.drained()
    assert "OrderCreated" in publisher.names


async def test_a_journal_that_ends_before_what_was_published_is_refused(
    orders: OrderService, books: Books, journals: FakeJournals, publisher: FakePublisher
) -> None:
    await orders.submit(buy())
    await books.close()
    # An older copy of the journal was put in place: only what opened the account.
    del journals.opened[ACCOUNT_ID].durable[1:]

    async with Books(journals, publisher) as restarted:
        with pytest.raises(JournalCorruptError) as refusal:
            await restarted.recover()
    assert refusal.value.metadata["journalled"] == "0"


async def test_a_bar_that_cannot_be_read_is_traded_when_it_comes_again(
    orders: OrderService, market: MarketService, book: Book
) -> None:
    await orders.submit(buy())
    await book.run(Ledger.account)
    with pytest.raises(AlgoTrendyError):
        await market.trade_bar(daily_bar(1, prices=("100.001", "101", "99", "100.50")))
    await market.trade_bar(daily_bar(1))
    page = await orders.list(ACCOUNT_ID, 0, 10, open_only=False)
    assert [order.status for order in page.items] == [OrderStatus.FILLED]


async def test_events_are_published_in_the_context_of_their_request(
    orders: OrderService, market: MarketService, book: Book, publisher: FakePublisher
) -> None:
    await book.outbox.drained()
    request: ContextVar[str] = ContextVar("request", default="none")
    publisher.observe = request.get

    request.set("submit")
    await orders.submit(buy())
    request.set("bar")
    await market.trade_bar(daily_bar(1))

    told = list(zip(publisher.names, publisher.observed, strict=True))[-5:]
    assert told == [
        ("OrderCreated", "submit"),
        ("OrderAccepted", "submit"),
        # A trading day began.
        ("CoreEvent", "bar"),
        ("OrderFilled", "bar"),
        ("PositionOpened", "bar"),
    ]


async def test_a_restart_gives_the_venue_its_open_orders_back(
    orders: OrderService,
    books: Books,
    journals: FakeJournals,
    publisher: FakePublisher,
) -> None:
    order = await orders.submit(buy(limit_price="99"))
    await books.close()
    async with Books(journals, publisher) as restarted:
        await restarted.recover()
        market = MarketService(restarted)
        await market.trade_bar(daily_bar(1, ("98", "98", "98", "98")))
        found = await OrderService(restarted).get(order.order_id)
    assert (found.status, found.average_price) == (OrderStatus.FILLED, Decimal(98))


async def test_a_journal_without_a_description_is_no_account_yet(
    journals: FakeJournals, publisher: FakePublisher
) -> None:
    journals.open(ACCOUNT_ID)
    async with Books(journals, publisher) as books:
        await books.recover()
        assert books.all() == []
        await books.open(account_terms())
        assert len(books.all()) == 1


async def test_a_first_deposit_that_a_stop_prevented_is_made_once(
    journals: FakeJournals, publisher: FakePublisher
) -> None:
    journal = journals.open(ACCOUNT_ID)
    journal.append(account_terms().to_payload())
    journal.sync()
    for _ in range(2):
        async with Books(journals, publisher) as books:
            await books.recover()
            account = await books.get(ACCOUNT_ID).run(Ledger.account)
        assert account.cash == Decimal(100_000)
    assert publisher.names == ["AccountOpened", "CashMoved"]


async def test_replaying_the_journal_gives_the_same_book(
    orders: OrderService, market: MarketService, book: Book, journal: FakeJournal
) -> None:
    for day in range(1, 6):
        side = Side.BUY if day % 2 else Side.SELL
        await orders.submit(buy(str(7 * day), client_order_id=f"order-{day}", side=side))
        await market.trade_bar(daily_bar(day, ("100.25", "103", "98", "101")))

    account = await book.run(Ledger.account)
    again = replay(journal).account

    assert again.cash == account.cash
    assert [(p.symbol, p.quantity, p.average_price, p.realized_pnl) for p in again.positions] == [
        (p.symbol, p.quantity, p.average_price, p.realized_pnl) for p in account.positions
    ]


async def ready(books: Books) -> Book:
    book = await books.open(account_terms())
    await book.run(lambda ledger: ledger.register(SPY))
    await book.run(lambda ledger: ledger.apply_limits(wide_limits(allow_short=True)))
    await MarketService(books).mark("SPY", SPY.price(100_00), 1, "test")
    return book
