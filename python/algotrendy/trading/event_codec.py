"""The trading area's events as messages, and their place on the bus."""

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import Message

from algotrendy.api.trading.v1 import trading_events_pb2 as pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.bus import Event, subject_of
from algotrendy.domain.ids import AccountId
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.time import encode_time
from algotrendy.rpc.trading import encode_fill, encode_limits, encode_venue_terms
from algotrendy.trading import codec, events


def encode_event(event: events.AccountEvent) -> Event:
    """Return an account's event as the bus carries it; the same event gives the same message."""
    payload = _ENCODERS[type(event.body)](event.body, event.account_id)
    return Event(
        event_id=event.event_id,
        type=payload.DESCRIPTOR.name,
        subject=subject_of(payload, event.account_id),
        create_time_ns=event.time_ns,
        source=f"trading/{event.account_id}",
        payload=payload,
        sequence=event.sequence,
    )


def _account_opened(body: events.AccountOpened, account_id: AccountId) -> Message:
    return pb.AccountOpened(
        account_id=account_id,
        display_name=body.terms.display_name,
        currency=body.terms.currency,
        venue_terms=encode_venue_terms(body.terms.venue_terms),
        create_time=encode_time(body.terms.create_time_ns),
    )


def _cash_moved(body: events.CashMoved, account_id: AccountId) -> Message:
    return pb.CashMoved(
        account_id=account_id,
        currency=body.currency,
        amount=encode_decimal(body.amount),
        balance=encode_decimal(body.balance),
    )


def _instrument_registered(body: events.InstrumentRegistered, account_id: AccountId) -> Message:
    return pb.InstrumentRegistered(
        account_id=account_id, instrument=encode_instrument(body.instrument)
    )


def _limits_applied(body: events.LimitsApplied, account_id: AccountId) -> Message:
    return pb.LimitsApplied(account_id=account_id, limits=encode_limits(body.limits))


def _order_created(body: events.OrderCreated, _: AccountId) -> Message:
    return pb.OrderCreated(order=codec.encode_order(body.order))


def _order_rejected(body: events.OrderRejected, _: AccountId) -> Message:
    return pb.OrderRejected(
        order=codec.encode_order(body.order), failure=codec.encode_failure(body.failure)
    )


def _order_accepted(body: events.OrderAccepted, account_id: AccountId) -> Message:
    return pb.OrderAccepted(
        account_id=account_id, order_id=body.order_id, venue_order_id=body.venue_order_id
    )


def _order_filled(body: events.OrderFilled, account_id: AccountId) -> Message:
    return pb.OrderFilled(
        fill=encode_fill(body.fill, account_id),
        status=trading_pb2.OrderStatus.Value(f"ORDER_STATUS_{body.status.value}"),
        filled_quantity=encode_decimal(body.filled_quantity),
        leaves_quantity=encode_decimal(body.leaves_quantity),
        cash=encode_decimal(body.cash),
    )


def _order_cancel_requested(body: events.OrderCancelRequested, account_id: AccountId) -> Message:
    return pb.OrderCancelRequested(account_id=account_id, order_id=body.order_id)


def _order_canceled(body: events.OrderCanceled, account_id: AccountId) -> Message:
    return pb.OrderCanceled(account_id=account_id, order_id=body.order_id)


def _order_expired(body: events.OrderExpired, account_id: AccountId) -> Message:
    return pb.OrderExpired(account_id=account_id, order_id=body.order_id)


def _position_opened(body: events.PositionOpened, _: AccountId) -> Message:
    return pb.PositionOpened(position=codec.encode_position(body.position))


def _position_changed(body: events.PositionChanged, _: AccountId) -> Message:
    return pb.PositionChanged(position=codec.encode_position(body.position))


def _position_closed(body: events.PositionClosed, _: AccountId) -> Message:
    return pb.PositionClosed(
        position=codec.encode_position(body.position),
        realized_pnl=encode_decimal(body.realized_pnl),
    )


_ENCODERS: Final[dict[type[Any], Callable[[Any, AccountId], Message]]] = {
    events.AccountOpened: _account_opened,
    events.CashMoved: _cash_moved,
    events.InstrumentRegistered: _instrument_registered,
    events.LimitsApplied: _limits_applied,
    events.OrderCreated: _order_created,
    events.OrderRejected: _order_rejected,
    events.OrderAccepted: _order_accepted,
    events.OrderFilled: _order_filled,
    events.OrderCancelRequested: _order_cancel_requested,
    events.OrderCanceled: _order_canceled,
    events.OrderExpired: _order_expired,
    events.PositionOpened: _position_opened,
    events.PositionChanged: _position_changed,
    events.PositionClosed: _position_closed,
}
