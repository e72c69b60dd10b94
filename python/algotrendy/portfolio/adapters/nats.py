"""The portfolio area on the bus: what it follows and what it tells."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, cast

from algotrendy.api.market_data.v1 import market_data_events_pb2
from algotrendy.bus import Bus, Delivery, Event, subject_of
from algotrendy.portfolio import codec
from algotrendy.portfolio.changes import Cause
from algotrendy.portfolio.model import Book
from algotrendy.portfolio.service import PortfolioService

CONSUMER: Final = "portfolio"
EVENTS: Final = "algotrendy.trading.v1.>"
PRICES: Final = "algotrendy.market_data.v1.price_update.*"


class NatsPublisher:
    """See `ports.Publisher`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def portfolio_changed(self, book: Book, symbol: str, cause: Cause) -> None:
        """See `ports.Publisher`."""
        payload = codec.encode_changed(book, symbol)
        await self._bus.publish_event(
            Event(
                # Made of its cause's id, so that the stream keeps one however often it is told.
                event_id=f"portfolio:{cause.event_id}",
                type=payload.DESCRIPTOR.name,
                subject=subject_of(payload, book.portfolio_id),
                create_time_ns=cause.time_ns,
                source="portfolio",
                payload=payload,
                correlation_id=cause.correlation_id,
                causation_id=cause.event_id,
            )
        )


@asynccontextmanager
async def follow(bus: Bus, service: PortfolioService) -> AsyncIterator[None]:
    """Keep `service` up to date with trading's events and with reference prices."""

    async def on_event(delivery: Delivery) -> None:
        change = codec.decode_change(delivery.envelope, delivery.payload)
        if change is not None:
            await service.apply(delivery.stream_sequence, change)

    async def on_price(delivery: Delivery) -> None:
        update = cast("market_data_events_pb2.PriceUpdate", delivery.payload)
        service.mark(*codec.decode_price(update))

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            bus.participate(CONSUMER, PRICES, market_data_events_pb2.PriceUpdate, on_price)
        )
        await stack.enter_async_context(bus.consumer(CONSUMER, [EVENTS], on_event))
        yield
