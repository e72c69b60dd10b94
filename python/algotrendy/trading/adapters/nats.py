"""The trading area on the bus: publishes its events, and takes part in the market's lock-step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

from algotrendy.api.market_data.v1 import market_data_events_pb2
from algotrendy.bus import Bus, Delivery
from algotrendy.domain.ids import AccountId
from algotrendy.rpc.decimal import decode_decimal
from algotrendy.rpc.enums import UNSPECIFIED, enum_name
from algotrendy.rpc.time import decode_time
from algotrendy.trading import codec
from algotrendy.trading.event_codec import encode_event
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.model import BarPhase
from algotrendy.trading.service import MarketService

PARTICIPANT: Final = "trading"
VENUE_BARS: Final = "algotrendy.market_data.v1.venue_bar.*"
VENUE_TICKS: Final = "algotrendy.market_data.v1.venue_ticks.*"
PRICE_UPDATES: Final = "algotrendy.market_data.v1.price_update.*"
TIMES: Final = "algotrendy.market_data.v1.time_passed.*"


class NatsPublisher:
    """The event stream."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, event: AccountEvent) -> None:
        """See `EventPublisher`."""
        await self._bus.publish_event(encode_event(event))

    async def last_sequence(self, account_id: AccountId) -> int | None:
        """See `EventPublisher`."""
        envelope = await self._bus.last_envelope(f"algotrendy.trading.v1.*.{account_id}")
        return None if envelope is None else envelope.sequence


@asynccontextmanager
async def follow_market(bus: Bus, market: MarketService) -> AsyncIterator[None]:
    """Let bars, ticks, reference prices and time reach the accounts while the block lasts.

    Bars and ticks are acknowledged once all that came of them is published.
    """

    async def trade_bar(delivery: Delivery) -> None:
        payload = cast("market_data_events_pb2.VenueBar", delivery.payload)
        name = enum_name(market_data_events_pb2.VenueBarPhase, payload.phase, "phase")
        phase = BarPhase.WHOLE if name == UNSPECIFIED else BarPhase(name)
        await market.trade_bar(codec.decode_bar(payload.bar), phase)

    async def trade_ticks(delivery: Delivery) -> None:
        payload = cast("market_data_events_pb2.VenueTicks", delivery.payload)
        await market.trade_ticks([codec.decode_ticks(ticks) for ticks in payload.ticks])

    async def mark(delivery: Delivery) -> None:
        payload = cast("market_data_events_pb2.PriceUpdate", delivery.payload)
        await market.mark(
            payload.symbol,
            decode_decimal(payload, "price"),
            decode_time(payload, "price_time"),
            payload.source,
        )

    async def pass_time(delivery: Delivery) -> None:
        payload = cast("market_data_events_pb2.TimePassed", delivery.payload)
        await market.pass_time(AccountId(payload.account_id), decode_time(payload, "time"))

    times = bus.participate(PARTICIPANT, TIMES, market_data_events_pb2.TimePassed, pass_time)
    bars = bus.participate(PARTICIPANT, VENUE_BARS, market_data_events_pb2.VenueBar, trade_bar)
    ticks = bus.participate(
        PARTICIPANT, VENUE_TICKS, market_data_events_pb2.VenueTicks, trade_ticks
    )
    prices = bus.participate(PARTICIPANT, PRICE_UPDATES, market_data_events_pb2.PriceUpdate, mark)
    rest = bus.come_to_rest(PARTICIPANT, market.rest)
    async with bars, ticks, prices, times, rest:
        yield
