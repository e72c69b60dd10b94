"""Market data in, events out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from google.protobuf.message import Message

from algotrendy.api.market_data.v1.market_data_events_pb2 import (
    MarketAdvanced,
    MarketDataReceived,
    PriceUpdate,
    TicksReceived,
    TimePassed,
)
from algotrendy.api.strategy.v1 import strategy_events_pb2 as events_pb2
from algotrendy.bus import Bus, Delivery, Event, subject_of
from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, OrderId, new_id
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import OrderIntent
from algotrendy.rpc.decimal import decode_decimal, encode_decimal
from algotrendy.rpc.market_data import decode_bar, decode_ticks
from algotrendy.rpc.time import decode_time, encode_time
from algotrendy.rpc.trading import decode_fill
from algotrendy.strategy import codec
from algotrendy.strategy.followers import OrderNews, OrderNewsType
from algotrendy.strategy.model import Deployment, OpenedBar
from algotrendy.strategy.service import StrategyService

PARTICIPANT = "strategy"
ORDERS = (
    "algotrendy.trading.v1.order_filled.*",
    *(f"algotrendy.trading.v1.order_{news.lower()}.*" for news in OrderNewsType),
)
# A symbol may hold dots, which are levels of a subject.
BARS = "algotrendy.market_data.v1.market_data_received.>"
TICKS = "algotrendy.market_data.v1.ticks_received.>"
TIMES = "algotrendy.market_data.v1.market_advanced.>"
# Who has to know a time, or a price, before an order is sent.
_ACCOUNTS = frozenset({"trading"})
_DEADLINE_S = 5
# For strategies in their callers' processes, too: who waits for the answer may give up before.
_REST_DEADLINE_S = 60


@asynccontextmanager
async def follow_market(bus: Bus, service: StrategyService) -> AsyncIterator[None]:
    """Hand ticks, bars and the market's time to the service; acknowledge what is handled."""

    async def take_ticks(delivery: Delivery) -> None:
        message = cast("TicksReceived", delivery.payload)
        instrument = service.instrument(message.ticks.symbol)
        ticks = None if instrument is None else decode_ticks(message.ticks, instrument)
        await service.on_ticks(ticks, message.following_count)

    async def take_bar(delivery: Delivery) -> None:
        message = cast("MarketDataReceived", delivery.payload)
        instrument = service.instrument(message.bar.symbol)
        bar = None if instrument is None else decode_bar(message.bar, instrument)
        publish_time_ns = decode_time(delivery.envelope, "create_time")
        await service.on_bar(bar, publish_time_ns, message.following_count)

    async def advance(delivery: Delivery) -> None:
        message = cast("MarketAdvanced", delivery.payload)
        time_ns, opened = decode_time(message, "time"), None
        instrument = service.instrument(message.open.symbol)
        if instrument is not None:
            price = instrument.price_units(decode_decimal(message.open, "price"))
            opened = OpenedBar(instrument.symbol, price, time_ns)
        await service.on_time(time_ns, opened)

    ticks = bus.participate(PARTICIPANT, TICKS, TicksReceived, take_ticks)
    bars = bus.participate(PARTICIPANT, BARS, MarketDataReceived, take_bar)
    times = bus.participate(PARTICIPANT, TIMES, MarketAdvanced, advance)
    async with ticks, bars, times:
        yield


@asynccontextmanager
async def follow_orders(bus: Bus, service: StrategyService) -> AsyncIterator[None]:
    """Hand what becomes of orders to the service while the block lasts."""

    async def handle(delivery: Delivery) -> None:
        await service.on_order(*_happening(delivery))

    # What happened while nobody followed is of no use to those who will.
    async with bus.consumer(PARTICIPANT, ORDERS, handle, "new"):
        yield


class NatsEvents:
    """See `ports.Events`. An event's id says what it tells of: telling it twice stores it once."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def activated(self, deployment: Deployment) -> None:
        """See `ports.Events`."""
        message = events_pb2.StrategyActivated(deployment=codec.encode_deployment(deployment))
        await self._publish(deployment, message, key="activated")

    async def deactivated(self, deployment: Deployment) -> None:
        """See `ports.Events`."""
        message = events_pb2.StrategyDeactivated(deployment=codec.encode_deployment(deployment))
        await self._publish(deployment, message, key="deactivated")

    async def signal(
        self,
        deployment: Deployment,
        instrument: Instrument,
        intent: OrderIntent,
        client_order_id: str,
    ) -> None:
        """See `ports.Events`."""
        message = codec.encode_signal(deployment, instrument, intent, client_order_id)
        key = f"{intent.symbol}:{intent.bar_close_time_ns}"
        await self._publish(deployment, message, key=key)

    async def time_passed(self, account_id: AccountId, time_ns: int) -> None:
        """See `ports.Events`."""
        message = TimePassed(account_id=account_id, time=encode_time(time_ns))
        await self._tell_accounts(message, account_id, f"{account_id}:{time_ns}")

    async def rest(self) -> None:
        """See `ports.Events`."""
        await self._bus.barrier.rest({PARTICIPANT}, _ACCOUNTS, _REST_DEADLINE_S)

    async def opened(self, instrument: Instrument, opened: OpenedBar) -> None:
        """See `ports.Events`."""
        message = PriceUpdate(
            symbol=opened.symbol,
            price=encode_decimal(instrument.price(opened.price)),
            price_time=encode_time(opened.time_ns),
            source="open",
        )
        key = opened.symbol.replace(".", "_")
        await self._tell_accounts(message, key, f"{opened.symbol}:{opened.time_ns}")

    async def _tell_accounts(self, payload: Message, key: str, correlation_id: str) -> None:
        event = Event(
            event_id=new_id(),
            type=payload.DESCRIPTOR.name,
            subject=subject_of(payload, key),
            create_time_ns=self._clock.now_ns(),
            source="strategy",
            payload=payload,
            correlation_id=correlation_id,
        )
        await self._bus.barrier.publish_and_wait(event, _ACCOUNTS, _DEADLINE_S)

    async def _publish(self, deployment: Deployment, payload: Message, *, key: str) -> None:
        deployment_id = deployment.deployment_id
        await self._bus.publish_event(
            Event(
                event_id=f"{deployment_id}:{key}",
                type=payload.DESCRIPTOR.name,
                subject=subject_of(payload, deployment_id),
                create_time_ns=self._clock.now_ns(),
                source="strategy",
                payload=payload,
                correlation_id=deployment_id,
            )
        )


def _happening(delivery: Delivery) -> tuple[AccountId, Fill | OrderNews]:
    """Return whose order an event is about, and what became of it."""
    payload: Any = delivery.payload
    if delivery.envelope.type == "OrderFilled":
        return AccountId(payload.fill.account_id), decode_fill(payload.fill)
    name = OrderNewsType(delivery.envelope.type.removeprefix("Order").upper())
    # A refused order is told whole, because nobody knows it yet.
    told, reason = payload, ""
    if name is OrderNewsType.REJECTED:
        told, reason = payload.order, payload.failure.reason
    account_id = AccountId(told.account_id)
    time_ns = decode_time(delivery.envelope, "create_time")
    return account_id, OrderNews(name, account_id, OrderId(told.order_id), time_ns, reason)
