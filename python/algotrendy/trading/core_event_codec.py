"""The core's events that this area only passes on, as messages."""

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import Message
from google.type import decimal_pb2

from algotrendy.api.trading.v1 import trading_events_pb2 as pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.ids import AccountId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import TradingState
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.errors import InternalError
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.limits import encode_trading_state
from algotrendy.rpc.time import encode_time
from algotrendy.trading import codec, control_codec, events
from algotrendy.trading.controls import Override, Scope
from algotrendy.trading.core_codec import Raw, decode_change, decode_order
from algotrendy.trading.model import CheckFailure, OrderStatus, Session


def names() -> frozenset[str]:
    """Return the events of the core that are passed on."""
    return frozenset(_ENCODERS)


def encode_core_event(event: events.CoreEvent, account_id: AccountId) -> Message:
    """Return the message that stands for the core's event."""
    encode = _ENCODERS.get(event.raw["type"])
    if encode is None:
        # The core has learnt a word that the contract has not.
        raise InternalError(f"{event.raw['type']} has no message.", type=event.raw["type"])
    return encode(event, account_id)


def _calendar_set(event: events.CoreEvent, account_id: AccountId) -> Message:
    raw = event.raw
    sessions = [codec.encode_session(Session(**session)) for session in raw["sessions"]]
    return pb.CalendarApplied(
        account_id=account_id, calendar_id=raw["calendar_id"], sessions=sessions
    )


def _change_scheduled(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.InstrumentChangeScheduled(**_change(event, account_id))


def _changed(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.InstrumentChanged(**_change(event, account_id))


def _change(event: events.CoreEvent, account_id: AccountId) -> dict[str, Any]:
    raw = event.raw
    return {
        "account_id": account_id,
        "symbol": raw["symbol"],
        "change": codec.encode_change(decode_change(raw["change"], _instrument(event))),
        "effective_time": encode_time(raw["effective_time_ns"]),
    }


def _covariance_set(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.CovarianceApplied(account_id=account_id, symbols=event.raw["symbols"])


def _approval_requested(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.ApprovalRequested(
        account_id=account_id,
        order_id=event.raw["order_id"],
        failure=codec.encode_failure(CheckFailure.from_core(event.raw)),
        expire_time=encode_time(event.raw["expire_time_ns"]),
    )


def _of_order(message: type[Message]) -> "_Encoder":
    return lambda event, account_id: message(account_id=account_id, order_id=event.raw["order_id"])


def _replaced(event: events.CoreEvent, account_id: AccountId) -> Message:
    raw, instrument = event.raw, _instrument(event)
    return pb.OrderReplaced(
        account_id=account_id,
        order_id=raw["order_id"],
        venue_order_id=raw["venue_order_id"] or "",
        quantity=encode_decimal(instrument.quantity(raw["quantity"])),
        leaves_quantity=encode_decimal(instrument.quantity(raw["leaves_quantity"])),
        limit_price=_price(raw["limit_price"], instrument),
        stop_price=_price(raw["stop_price"], instrument),
        status=_status(raw),
    )


def _replace_rejected(event: events.CoreEvent, account_id: AccountId) -> Message:
    raw = event.raw
    return pb.OrderReplaceRejected(
        account_id=account_id, order_id=raw["order_id"], status=_status(raw), text=raw["text"]
    )


def _cancel_rejected(event: events.CoreEvent, account_id: AccountId) -> Message:
    raw = event.raw
    return pb.OrderCancelRejected(
        account_id=account_id, order_id=raw["order_id"], status=_status(raw), text=raw["text"]
    )


def _adopted(event: events.CoreEvent, account_id: AccountId) -> Message:
    order = decode_order(event.raw["order"], account_id, _instrument(event))
    return pb.OrderAdopted(order=codec.encode_order(order))


def _override_granted(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.OverrideGranted(
        account_id=account_id,
        override=control_codec.encode_override(Override.from_core(event.raw["granted"])),
        approver=event.raw["approver"],
        note=event.raw["note"],
    )


def _override_expired(event: events.CoreEvent, account_id: AccountId) -> Message:
    override = control_codec.encode_override(Override.from_core(event.raw["granted"]))
    return pb.OverrideExpired(account_id=account_id, override=override)


def _killed(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.KillSwitchPulled(
        account_id=account_id,
        scope=_scope(event.raw),
        person=event.raw["person"],
        note=event.raw["note"],
        flatten=event.raw["flatten"],
    )


def _rearm_requested(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.RearmRequested(
        account_id=account_id, scope=_scope(event.raw), person=event.raw["person"]
    )


def _rearmed(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.TradingRearmed(
        account_id=account_id, scope=_scope(event.raw), person=event.raw["person"]
    )


def _strategy_disabled(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.StrategyDisabled(
        account_id=account_id,
        strategy_id=event.raw["strategy_id"],
        fill_count=event.raw["count"],
    )


def _state_changed(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.TradingStateChanged(
        account_id=account_id,
        trading_state=encode_trading_state(TradingState(event.raw["trading_state"])),
        person=event.raw["person"],
    )


def _connection_changed(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.ConnectionChanged(account_id=account_id, connected=event.raw["connected"])


def _day_started(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.TradingDayStarted(
        account_id=account_id,
        day_start_time=encode_time(event.raw["day_start_time_ns"]),
        equity=_amount(event, "equity"),
    )


def _equity_peaked(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.EquityPeaked(account_id=account_id, equity=_amount(event, "equity"))


def _margin_called(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.MarginCalled(
        account_id=account_id,
        equity=_amount(event, "equity"),
        maintenance_margin=_amount(event, "maintenance_margin"),
    )


def _margin_restored(event: events.CoreEvent, account_id: AccountId) -> Message:
    return pb.MarginRestored(
        account_id=account_id,
        equity=_amount(event, "equity"),
        maintenance_margin=_amount(event, "maintenance_margin"),
    )


def _amount(event: events.CoreEvent, name: str) -> decimal_pb2.Decimal | None:
    units = event.raw[name]
    scale = currency_scale(event.currency)
    return None if units is None else encode_decimal(from_units(units, scale))


def _scope(raw: Raw) -> trading_pb2.SwitchScope:
    return control_codec.encode_scope(Scope.from_core(raw["scope"]))


def _status(raw: Raw) -> trading_pb2.OrderStatus.ValueType:
    return codec.encode_status(OrderStatus(raw["status"]))


def _price(units: int | None, instrument: Instrument) -> decimal_pb2.Decimal | None:
    return None if units is None else encode_decimal(instrument.price(units))


def _instrument(event: events.CoreEvent) -> Instrument:
    assert event.instrument is not None  # noqa: S101  # It is about one.
    return event.instrument


_Encoder = Callable[[events.CoreEvent, AccountId], Message]

_ENCODERS: Final[dict[str, _Encoder]] = {
    "CalendarSet": _calendar_set,
    "InstrumentChangeScheduled": _change_scheduled,
    "InstrumentChanged": _changed,
    "CovarianceSet": _covariance_set,
    "ApprovalRequested": _approval_requested,
    "OrderSent": _of_order(pb.OrderSent),
    "OrderUncertain": _of_order(pb.OrderUncertain),
    "OrderTriggered": _of_order(pb.OrderTriggered),
    "OrderReplaced": _replaced,
    "ReplaceRejected": _replace_rejected,
    "CancelRejected": _cancel_rejected,
    "OrderAdopted": _adopted,
    "OverrideGranted": _override_granted,
    "OverrideExpired": _override_expired,
    "Killed": _killed,
    "RearmRequested": _rearm_requested,
    "Rearmed": _rearmed,
    "StrategyDisabled": _strategy_disabled,
    "TradingStateChanged": _state_changed,
    "ConnectionChanged": _connection_changed,
    "DayStarted": _day_started,
    "EquityPeaked": _equity_peaked,
    "MarginCalled": _margin_called,
    "MarginRestored": _margin_restored,
}
