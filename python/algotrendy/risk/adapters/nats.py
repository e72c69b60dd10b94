"""The risk area on the bus: hears what trading and the market tell, tells of breaches."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Final, cast

from google.protobuf.message import Message

from algotrendy.api.market_data.v1 import market_data_events_pb2
from algotrendy.api.risk.v1 import risk_events_pb2
from algotrendy.api.trading.v1 import trading_events_pb2, trading_pb2
from algotrendy.bus import Bus, Delivery, Event, subject_of
from algotrendy.domain.clock import Clock
from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.risk.codec import encode_alert
from algotrendy.risk.model import Alert, Cause
from algotrendy.risk.service import Monitor
from algotrendy.rpc.decimal import decode_decimal
from algotrendy.rpc.limits import encode_limits
from algotrendy.rpc.time import decode_time

CONSUMER: Final = "risk"
SUBJECTS: Final = ("algotrendy.trading.v1.>",)
PRICE_UPDATES: Final = "algotrendy.market_data.v1.price_update.*"
# The venue's, a person's or a list's refusal of an order is no breach of a limit.
_NO_LIMITS: Final = frozenset({"venue", "approval", "list"})


class NatsEvents:
    """See `ports.Events`."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    async def limits_changed(self, account_id: AccountId, limits: Limits) -> None:
        """See `Events`."""
        event_id = f"risk:{account_id}:limits:{limits.version}"
        payload = risk_events_pb2.LimitsChanged(account_id=account_id, limits=encode_limits(limits))
        now_ns = self._clock.now_ns()
        await self._publish(account_id, event_id, now_ns, payload)

    async def threshold_breached(self, alert: Alert, cause: str) -> None:
        """See `Events`."""
        payload = risk_events_pb2.RiskThresholdBreached(alert=encode_alert(alert))
        await self._publish_alert(alert, cause, payload)

    async def position_exceeded(self, alert: Alert, cause: str) -> None:
        """See `Events`."""
        payload = risk_events_pb2.PositionLimitExceeded(alert=encode_alert(alert))
        await self._publish_alert(alert, cause, payload)

    async def _publish_alert(self, alert: Alert, cause: str, payload: Message) -> None:
        event_id = f"risk:{alert.alert_id}"
        await self._publish(alert.account_id, event_id, alert.create_time_ns, payload, cause)

    async def _publish(
        self,
        account_id: AccountId,
        event_id: str,
        time_ns: int,
        payload: Message,
        cause: str = "",
    ) -> None:
        await self._bus.publish_event(
            Event(
                event_id=event_id,
                type=payload.DESCRIPTOR.name,
                subject=subject_of(payload, account_id),
                create_time_ns=time_ns,
                source="risk",
                payload=payload,
                causation_id=cause,
            )
        )


@asynccontextmanager
async def follow(bus: Bus, monitor: Monitor) -> AsyncIterator[None]:
    """Watch trading's events and the market's prices while the block lasts."""

    async def handle(delivery: Delivery) -> None:
        await _dispatch(monitor, _cause(delivery), delivery.payload)

    async def take_price(delivery: Delivery) -> None:
        payload = cast("market_data_events_pb2.PriceUpdate", delivery.payload)
        await monitor.price_updated(
            payload.symbol, decode_decimal(payload, "price"), decode_time(payload, "price_time")
        )

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(bus.consumer(CONSUMER, SUBJECTS, handle))
        await stack.enter_async_context(
            bus.participate(CONSUMER, PRICE_UPDATES, market_data_events_pb2.PriceUpdate, take_price)
        )
        yield


async def _dispatch(monitor: Monitor, cause: Cause, payload: Message) -> None:
    match payload:
        case trading_events_pb2.AccountOpened():
            await monitor.account_opened(cause)
        case trading_events_pb2.CashMoved():
            await monitor.cash_moved(cause, decode_decimal(payload, "balance"))
        case trading_events_pb2.InstrumentRegistered():
            instrument = payload.instrument
            await monitor.instrument_registered(cause, instrument.symbol, instrument.multiplier)
        case trading_events_pb2.OrderFilled():
            await monitor.order_filled(
                cause,
                payload.fill.symbol,
                _signed_quantity(payload.fill),
                decode_decimal(payload.fill, "price"),
                decode_decimal(payload, "cash"),
            )
        case trading_events_pb2.FillBusted():
            await monitor.order_filled(
                cause,
                payload.fill.symbol,
                -_signed_quantity(payload.fill),
                decode_decimal(payload.fill, "price"),
                decode_decimal(payload, "cash"),
            )
        case trading_events_pb2.FeeCharged() | trading_events_pb2.VariationSettled():
            await monitor.cash_moved(cause, decode_decimal(payload, "cash"))
        case trading_events_pb2.PositionAdjusted():
            difference = decode_decimal(payload.position, "quantity") - decode_decimal(
                payload, "previous_quantity"
            )
            await monitor.position_adjusted(cause, payload.position.symbol, difference)
        case trading_events_pb2.OrderRejected() if payload.failure.rule not in _NO_LIMITS:
            failure = payload.failure
            await monitor.order_rejected(
                cause, payload.order.symbol, failure.rule, failure.limit, failure.observed
            )
        case trading_events_pb2.OrderReplaceRefused():
            failure = payload.failure
            await monitor.order_rejected(
                cause, payload.symbol, failure.rule, failure.limit, failure.observed
            )
        case _:
            await monitor.other(cause)


def _cause(delivery: Delivery) -> Cause:
    envelope = delivery.envelope
    return Cause(
        event_id=envelope.event_id,
        account_id=AccountId(envelope.event_id.rpartition(":")[0]),
        sequence=envelope.sequence,
        stream_sequence=delivery.stream_sequence,
        time_ns=envelope.create_time.ToNanoseconds(),
    )


def _signed_quantity(fill: trading_pb2.Fill) -> Decimal:
    quantity = decode_decimal(fill, "quantity")
    return quantity if fill.side == trading_pb2.SIDE_BUY else -quantity
