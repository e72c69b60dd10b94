"""The other areas, as a replay over NATS meets them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.api.market_data.v1 import market_data_events_pb2 as events_pb
from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.bus import Bus, Delivery
from algotrendy.errors import ReplayFailedError
from algotrendy.market_data.model import DECIDER, MARKERS, SETTLERS, VENUE

SUBJECT = "algotrendy.market_data.v1"
Handler = Callable[[Delivery], Awaitable[None]]
T = TypeVar("T")


class Others:
    """The other areas: they note what they are asked, and acknowledge."""

    def __init__(self, bus: Bus) -> None:
        self.heard: list[str] = []
        self.failure: Exception | None = None
        self.deciding = asyncio.Event()
        # Decisions wait while it is shut.
        self.gate = asyncio.Event()
        self.gate.set()
        self._bus = bus

    async def join(self, stack: AsyncExitStack, *, deciding: bool = True) -> None:
        """Join replays; not `deciding`, without the strategy area."""
        parts: list[tuple[str, str, type, Handler]] = [
            (VENUE, "venue_bar", events_pb.VenueBar, self._trade),
            (VENUE, "venue_ticks", events_pb.VenueTicks, self._trade_ticks),
            *((name, "price_update", events_pb.PriceUpdate, self._mark) for name in MARKERS),
        ]
        if deciding:
            parts += [
                (DECIDER, "market_advanced", events_pb.MarketAdvanced, self._approach),
                (DECIDER, "market_data_received", events_pb.MarketDataReceived, self._decide),
                (DECIDER, "ticks_received", events_pb.TicksReceived, self._decide_ticks),
            ]
        for name, event, kind, handler in parts:
            await stack.enter_async_context(
                self._bus.participate(name, f"{SUBJECT}.{event}.*", kind, handler)
            )
        await stack.enter_async_context(self._bus.come_to_rest(VENUE, self._rest))
        for name in SETTLERS:
            await stack.enter_async_context(
                self._bus.consumer(name, ["algotrendy.trading.v1.>"], self._follow)
            )

    async def _approach(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.MarketAdvanced)
        price = delivery.payload.open.price.value
        self.heard.append(f"opening {price}" if price else "closing")

    async def _trade(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.VenueBar)
        phase = "open" if delivery.payload.phase == events_pb.VENUE_BAR_PHASE_OPEN else "rest"
        self.heard.append(f"{phase} {delivery.payload.bar.open.value}")

    async def _trade_ticks(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.VenueTicks)
        self.heard.append(f"trade {' '.join(told(ticks) for ticks in delivery.payload.ticks)}")

    async def _mark(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.PriceUpdate)
        # Several are marked, in no order.
        if (mark := f"mark {delivery.payload.price.value}") not in self.heard:
            self.heard.append(mark)

    async def _decide(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.MarketDataReceived)
        self.heard.append(f"decide {delivery.payload.bar.volume.value}")
        await self._answer()

    async def _decide_ticks(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.TicksReceived)
        following = delivery.payload.following_count
        self.heard.append(f"decide {told(delivery.payload.ticks)}, {following} follow")
        await self._answer()

    async def _answer(self) -> None:
        self.deciding.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure

    async def _rest(self) -> None:
        self.heard.append("rest")

    async def _follow(self, delivery: Delivery) -> None:
        assert isinstance(delivery.envelope, envelope_pb2.Envelope)


def told(ticks: market_data_pb2.Ticks) -> str:
    """Return the prices of ticks."""
    trades = [trade.price.value for trade in ticks.trades]
    quotes = [f"{quote.bid.value}/{quote.ask.value}" for quote in ticks.quotes]
    return f"{ticks.symbol}[{' '.join([*trades, *quotes])}]"


async def when_free(replay: Callable[[], Awaitable[T]]) -> T:
    """Replay once the server has noticed that the call before was cancelled."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await replay()
            except ReplayFailedError:
                await asyncio.sleep(0)
