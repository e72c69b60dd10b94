"""The notification area on the bus: the events it follows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from algotrendy.bus import Bus, Delivery
from algotrendy.notification.adapters.events import value_of
from algotrendy.notification.model import Occurrence
from algotrendy.notification.service import NotificationService
from algotrendy.rpc.time import decode_time

CONSUMER: Final = "notification"
EVENTS: Final = tuple(
    f"algotrendy.{area}.v1.>" for area in ("trading", "strategy", "risk", "backtest", "ml")
)


@asynccontextmanager
async def follow(bus: Bus, service: NotificationService) -> AsyncIterator[None]:
    """Tell `service` of every event while the block lasts."""

    async def on_event(delivery: Delivery) -> None:
        await service.notify(decode_occurrence(delivery))

    async with bus.consumer(CONSUMER, EVENTS, on_event):
        yield


def decode_occurrence(delivery: Delivery) -> Occurrence:
    """Return an event as the rules see it."""
    return Occurrence(
        event_id=delivery.envelope.event_id,
        event_type=delivery.payload.DESCRIPTOR.name,
        time_ns=decode_time(delivery.envelope, "create_time"),
        value=partial(value_of, delivery.payload),
    )
