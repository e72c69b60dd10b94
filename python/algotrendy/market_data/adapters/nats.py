"""What is replayed over NATS: everybody named acknowledges each message."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from google.protobuf.message import Message

from algotrendy.api.market_data.v1 import market_data_events_pb2
from algotrendy.bus import Bus, Event, subject_of
from algotrendy.domain.bar import Bar
from algotrendy.domain.clock import Clock
from algotrendy.domain.ids import new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Ticks
from algotrendy.market_data.model import DECIDER, MARKERS, SETTLERS, VENUE
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_bar, encode_ticks
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
        await self._ask_about(bar, message, DECIDER, deadline_s)

    async def approach(self, symbol: str, time_ns: int, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.MarketAdvanced(time=encode_time(time_ns - 1))
        await self._ask(symbol, time_ns, message, (DECIDER,), deadline_s)

    async def open(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.VenueBar(
            bar=encode_bar(bar, instrument), phase=market_data_events_pb2.VENUE_BAR_PHASE_OPEN
        )
        await self._ask_about(bar, message, VENUE, deadline_s)

    async def close(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.VenueBar(
            bar=encode_bar(bar, instrument), phase=market_data_events_pb2.VENUE_BAR_PHASE_CLOSE
        )
        await self._ask_about(bar, message, VENUE, deadline_s)

    async def trade_ticks(
        self, ticks: Sequence[Ticks], instruments: Mapping[str, Instrument], deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        told = [encode_ticks(each, instruments[each.symbol]) for each in ticks]
        message = market_data_events_pb2.VenueTicks(ticks=told)
        await self._ask(ticks[0].symbol, ticks[0].time_ns, message, (VENUE,), deadline_s)

    async def settle(self, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        await self._bus.barrier.settle(SETTLERS, deadline_s)

    async def rest(self, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        await self._bus.barrier.rest(SETTLERS, {VENUE}, deadline_s)

    async def mark(
        self, symbol: str, price: Decimal, time_ns: int, source: str, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.PriceUpdate(
            symbol=symbol,
            price=encode_decimal(price),
            price_time=encode_time(time_ns),
            source=source,
        )
        await self._ask(symbol, time_ns, message, MARKERS, deadline_s)

    async def decide(
        self, bar: Bar, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.MarketDataReceived(
            bar=encode_bar(bar, instrument), following_count=following_count
        )
        await self._ask_about(bar, message, DECIDER, deadline_s)

    async def decide_ticks(
        self, ticks: Ticks, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        message = market_data_events_pb2.TicksReceived(
            ticks=encode_ticks(ticks, instrument), following_count=following_count
        )
        await self._ask(ticks.symbol, ticks.time_ns, message, (DECIDER,), deadline_s)

    async def _ask_about(self, bar: Bar, payload: Message, who: str, deadline_s: float) -> None:
        await self._ask(bar.symbol, bar.close_time_ns, payload, (who,), deadline_s)

    async def _ask(
        self,
        symbol: str,
        time_ns: int,
        payload: Message,
        expected: Iterable[str],
        deadline_s: float,
    ) -> None:
        event = Event(
            event_id=new_id(),
            type=payload.DESCRIPTOR.name,
            # One token, whatever the symbol: subscribers say `*`, and the payload has the symbol.
            subject=subject_of(payload, symbol.replace(".", "_")),
            create_time_ns=self._clock.now_ns(),
            source="market_data",
            payload=payload,
            # What one time causes can be found together, whichever area recorded it.
            correlation_id=f"{symbol}:{time_ns}",
        )
        await self._bus.barrier.publish_and_wait(event, frozenset(expected), deadline_s)
