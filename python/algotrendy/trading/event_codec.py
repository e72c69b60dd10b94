"""The trading area's events as messages, and their place on the bus."""

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import Message

from algotrendy.api.trading.v1 import trading_events_pb2 as pb
from algotrendy.bus import Event, subject_of
from algotrendy.domain.ids import AccountId
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.limits import encode_limits
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.time import encode_time
from algotrendy.rpc.trading import encode_fill
from algotrendy.rpc.venue import encode_venue_terms
from algotrendy.trading import codec, events
from algotrendy.trading.codec import encode_status
from algotrendy.trading.core_event_codec import encode_core_event


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
        order=codec.encode_order(body.order),
        failure=codec.encode_failure(body.failure),
        text=body.text,
    )


def _order_accepted(body: events.OrderAccepted, account_id: AccountId) -> Message:
    return pb.OrderAccepted(
        account_id=account_id, order_id=body.order_id, venue_order_id=body.venue_order_id
    )


def _order_filled(body: events.OrderFilled, account_id: AccountId) -> Message:
    return pb.OrderFilled(
        fill=encode_fill(body.fill, account_id),
        status=encode_status(body.status),
        filled_quantity=encode_decimal(body.filled_quantity),
        leaves_quantity=encode_decimal(body.leaves_quantity),
        cash=encode_decimal(body.cash),
        cash_change=encode_decimal(body.cash_change),
        late=body.late,
        corrects_execution_id=body.corrects_execution_id,
    )


def _fill_busted(body: events.FillBusted, account_id: AccountId) -> Message:
    return pb.FillBusted(
        fill=encode_fill(body.fill, account_id),
        execution_id=body.execution_id,
        status=encode_status(body.status),
        filled_quantity=encode_decimal(body.filled_quantity),
        leaves_quantity=encode_decimal(body.leaves_quantity),
        cash=encode_decimal(body.cash),
        cash_change=encode_decimal(body.cash_change),
    )


def _fee_charged(body: events.FeeCharged, account_id: AccountId) -> Message:
    return pb.FeeCharged(
        account_id=account_id,
        order_id=body.order_id,
        execution_id=body.execution_id,
        fill_execution_id=body.fill_execution_id,
        symbol=body.symbol,
        fee=encode_decimal(body.fee),
        cash=encode_decimal(body.cash),
    )


def _order_released(body: events.OrderReleased, account_id: AccountId) -> Message:
    return pb.OrderReleased(
        account_id=account_id, order_id=body.order_id, quantity=encode_decimal(body.quantity)
    )


def _order_approved(body: events.OrderApproved, account_id: AccountId) -> Message:
    return pb.OrderApproved(
        account_id=account_id, order_id=body.order_id, approver=body.approver, note=body.note
    )


def _replace_requested(body: events.OrderReplaceRequested, account_id: AccountId) -> Message:
    return pb.OrderReplaceRequested(
        account_id=account_id,
        order_id=body.order_id,
        replacement=codec.encode_replacement(body.replacement),
    )


def _replace_refused(body: events.OrderReplaceRefused, account_id: AccountId) -> Message:
    return pb.OrderReplaceRefused(
        account_id=account_id,
        order_id=body.order_id,
        replacement=codec.encode_replacement(body.replacement),
        failure=codec.encode_failure(body.failure),
        symbol=body.symbol,
    )


def _position_adjusted(body: events.PositionAdjusted, _: AccountId) -> Message:
    return pb.PositionAdjusted(
        position=codec.encode_position(body.position),
        previous_quantity=encode_decimal(body.previous_quantity),
        person=body.person,
        note=body.note,
    )


def _variation_settled(body: events.VariationSettled, _: AccountId) -> Message:
    return pb.VariationSettled(
        position=codec.encode_position(body.position),
        price=encode_decimal(body.price),
        amount=encode_decimal(body.amount),
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
    events.OrderReleased: _order_released,
    events.OrderApproved: _order_approved,
    events.OrderReplaceRequested: _replace_requested,
    events.OrderReplaceRefused: _replace_refused,
    events.FillBusted: _fill_busted,
    events.FeeCharged: _fee_charged,
    events.PositionAdjusted: _position_adjusted,
    events.VariationSettled: _variation_settled,
    events.CoreEvent: encode_core_event,
}
