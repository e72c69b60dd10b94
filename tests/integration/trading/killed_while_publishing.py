"""Runs an account until so many events are published, then dies as by `kill -9`.

Its journal holds more by then: an order was submitted and synced before the first publication.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from algotrendy.bus import open_bus
from algotrendy.storage.data_folder import DataFolder
from algotrendy.testing.trading import SPY, account_terms, buy, wide_limits
from algotrendy.trading.adapters.journal import FileJournals
from algotrendy.trading.adapters.nats import NatsPublisher
from algotrendy.trading.books import Books
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.service import MarketService, OrderService


class DeadlyPublisher(NatsPublisher):
    """Waits until it may publish; the event after the last allowed one is the end."""

    def __init__(self, bus: object, allowed: int) -> None:
        super().__init__(bus)  # type: ignore[arg-type]
        self.released = asyncio.Event()
        self._allowed = allowed

    async def publish(self, event: AccountEvent) -> None:
        await self.released.wait()
        if self._allowed == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._allowed -= 1
        await super().publish(event)


async def main(nats_url: str, data_dir: Path, allowed: int) -> None:
    folder = DataFolder(data_dir)
    async with open_bus(nats_url) as bus:
        publisher = DeadlyPublisher(bus, allowed)
        books = Books(FileJournals(folder.journal), publisher)
        book = await books.open(account_terms())
        await book.run(lambda ledger: ledger.register(SPY))
        await book.run(lambda ledger: ledger.apply_limits(wide_limits()))
        await MarketService(books).mark("SPY", SPY.price(100_00), 1, "test")
        orders = OrderService(books)
        for number in range(3):
            await orders.submit(buy("1", client_order_id=f"order-{number}"))
        publisher.released.set()
        await book.outbox.drained()


asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
