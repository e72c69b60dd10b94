"""Accounts come to rest once all that was asked for is done, and all that came of it is told."""

import asyncio

from algotrendy.testing.trading import FakePublisher, buy, daily_bar
from algotrendy.trading.book import Book
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.service import MarketService, OrderService


async def test_at_rest_everything_that_came_of_an_order_is_published(
    orders: OrderService, market: MarketService, publisher: FakePublisher
) -> None:
    submitting = asyncio.create_task(orders.submit(buy()))
    # What is asked for meanwhile counts, too.
    await asyncio.sleep(0)
    await market.rest()
    assert submitting.done()
    assert publisher.names[-2:] == ["OrderCreated", "OrderAccepted"]
    published = len(publisher.names)
    await market.rest()
    assert len(publisher.names) == published


async def test_an_account_that_has_halted_is_at_rest(
    market: MarketService, book: Book, publisher: FakePublisher
) -> None:
    book.halted = True
    await market.rest()
    assert publisher.names


async def test_what_is_held_is_published_after(
    orders: OrderService, market: MarketService, book: Book, publisher: FakePublisher
) -> None:
    await market.rest()
    before = len(publisher.names)
    with book.outbox.held():
        # It is answered and traded all the same.
        await orders.submit(buy())
        trading = asyncio.create_task(market.trade_bar(daily_bar(1)))
        account = await book.run(Ledger.account)
        while not account.positions:
            account = await book.run(Ledger.account)
        assert len(publisher.names) == before
        assert not trading.done()
    await trading
    told = [name for name in publisher.names[before:] if name.startswith("Order")]
    assert told == ["OrderCreated", "OrderAccepted", "OrderFilled"]
