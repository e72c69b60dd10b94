"""Replayed bars over NATS: everybody named acknowledges each message."""

from google.protobuf.message import Message

from algotrendy.api.market_data.v1 import market_data_events_pb2
from algotrendy.bus import Bus, Event, subject_of
from algotrendy.domain.bar import Bar
from algotrendy.domain.clock import Clock
from algotrendy.domain.ids import new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.market_data.model import DECIDER, MARKERS, SETTLERS, VENUE
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_bar
from algotrendy.rpc.time import encode_time


class NatsAudience:
    """Reaches the other areas through the bus; see `ReplayAudience`."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def opening(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.MarketAdvanced(
            time=encode_time(bar.open_time_ns),
            open=market_data_events_pb2.BarOpen(
                symbol=bar.symbol, price=encode_decimal(instrument.price(bar.open))
            ),
        )
        await self._ask(bar, message, (DECIDER,), deadline_s)

    async def closing(self, bar: Bar, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.MarketAdvanced(time=encode_time(bar.close_time_ns - 1))
        await self._ask(bar, message, (DECIDER,), deadline_s)

    async def open(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.VenueBar(
            bar=encode_bar(bar, instrument), phase=market_data_events_pb2.VENUE_BAR_PHASE_OPEN
        )
        await self._ask(bar, message, (VENUE,), deadline_s)

    async def close(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.VenueBar(
            bar=encode_bar(bar, instrument), phase=market_data_events_pb2.VENUE_BAR_PHASE_CLOSE
        )
        await self._ask(bar, message, (VENUE,), deadline_s)

    async def settle(self, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        await self._bus.barrier.settle(frozenset(SETTLERS), deadline_s)

    async def mark(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.PriceUpdate(
            symbol=bar.symbol,
            price=encode_decimal(instrument.price(bar.close)),
            price_time=encode_time(bar.close_time_ns),
            source="bar",
        )
        await self._ask(bar, message, MARKERS, deadline_s)

    async def decide(
        self, bar: Bar, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.MarketDataReceived(
            bar=encode_bar(bar, instrument), following_count=following_count
        )
        await self._ask(bar, message, (DECIDER,), deadline_s)

    async def _ask(
        self,
        bar: Bar,
        payload: Message,
        expected: tuple[str, ...],
        deadline_s: float,
    ) -> None:
        event = Event(
            event_id=new_id(),
            type=payload.DESCRIPTOR.name,
            # One token, whatever the symbol: subscribers say `*`, and the payload has the symbol.
            subject=subject_of(payload, bar.symbol.replace(".", "_")),
            create_time_ns=self._clock.now_ns(),
            source="market_data",
            payload=payload,
            # What one bar causes can be found together, whichever area recorded it.
            correlation_id=f"{bar.symbol}:{bar.close_time_ns}",
        )
        await self._bus.barrier.publish_and_wait(event, frozenset(expected), deadline_s)
