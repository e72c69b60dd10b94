"""Limits on the wire, as the risk, trading and backtest areas tell them."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration

from algotrendy.api.trading.v1 import trading_pb2 as pb
from algotrendy.domain.clock import MINUTE_NS
from algotrendy.domain.limits import (
    Limit,
    Limits,
    LimitSet,
    Permissions,
    Rate,
    SelfTrade,
    Severity,
    TradingState,
)
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import decode_decimal, encode_decimal, parse_decimal
from algotrendy.rpc.enums import UNSPECIFIED, enum_name
from algotrendy.rpc.time import decode_optional_duration, encode_duration

# Limits of an account that have a short form, and those whose form is a number.
_SHORT: Final = (
    *("max_order_quantity", "max_order_notional", "max_position_notional"),
    *("max_open_orders", "price_collar_bps"),
)
_SHORT_COUNTS: Final = ("max_open_orders", "price_collar_bps")
_INT32: Final = range(2**31)


def decode_trading_state(value: pb.TradingState.ValueType) -> TradingState:
    """Return what an account may do; unset: everything."""
    name = enum_name(pb.TradingState, value, "trading_state")
    return TradingState.ACTIVE if name == UNSPECIFIED else TradingState(name)


def encode_trading_state(state: TradingState) -> pb.TradingState.ValueType:
    """Return what an account may do for the wire."""
    return pb.TradingState.Value(f"TRADING_STATE_{state.value}")


def decode_limits(message: pb.Limits) -> Limits:
    """Return limits; unset fields forbid nothing."""
    account_limits = _decode_set(message.account_limits)
    self_trade = enum_name(pb.SelfTrade, message.self_trade, "self_trade")
    return Limits(
        version=message.version,
        global_limits=_decode_set(message.global_limits),
        account_limits=_with_short(account_limits, message),
        strategy_limits=_decode_sets(message.strategy_limits),
        instrument_limits=_decode_sets(message.instrument_limits),
        sector_limits={
            name: _decode_limit(limit, f"sector_limits.{name}")
            for name, limit in message.sector_limits.items()
        },
        max_reference_age_s=message.max_reference_age_s or None,
        collar_window_ns=_positive(message, "collar_window", MINUTE_NS),
        duplicate_window_ns=_duration(message, "duplicate_window"),
        order_to_trade_minimum=_count(message, "order_to_trade_minimum"),
        allow_short=message.allow_short,
        locates=_decode_locates(message.locates) if message.HasField("locates") else None,
        self_trade=SelfTrade.ALLOW if self_trade == UNSPECIFIED else SelfTrade(self_trade),
        queue_when_closed=message.queue_when_closed,
        restricted=frozenset(message.restricted),
        traders=_decode_permissions(message, "traders"),
        permitted_strategies=_decode_permissions(message, "permitted_strategies"),
        cancel_on_disconnect=message.cancel_on_disconnect,
        trading_state=decode_trading_state(message.trading_state),
        max_mark_move_bps=_count(message, "max_mark_move_bps") or None,
        max_clock_skew_ns=_duration(message, "max_clock_skew")
        if message.HasField("max_clock_skew")
        else None,
        approval_ttl_ns=_positive(message, "approval_ttl", MINUTE_NS),
        day_start_ns=_duration(message, "day_start"),
    )


def encode_limits(limits: Limits) -> pb.Limits:
    """Return limits for the wire."""
    return pb.Limits(
        version=limits.version,
        global_limits=_encode_set(limits.global_limits),
        account_limits=_encode_set(limits.account_limits),
        strategy_limits=_encode_sets(limits.strategy_limits),
        instrument_limits=_encode_sets(limits.instrument_limits),
        sector_limits={name: _encode_limit(each) for name, each in limits.sector_limits.items()},
        max_reference_age_s=limits.max_reference_age_s or 0,
        collar_window=encode_duration(limits.collar_window_ns),
        duplicate_window=encode_duration(limits.duplicate_window_ns),
        order_to_trade_minimum=limits.order_to_trade_minimum,
        allow_short=limits.allow_short,
        locates=None
        if limits.locates is None
        else pb.LocateList(
            quantities={name: encode_decimal(each) for name, each in limits.locates.items()}
        ),
        self_trade=pb.SelfTrade.Value(f"SELF_TRADE_{limits.self_trade.value}"),
        queue_when_closed=limits.queue_when_closed,
        restricted=sorted(limits.restricted),
        traders=_encode_permissions(limits.traders),
        permitted_strategies=_encode_permissions(limits.permitted_strategies),
        cancel_on_disconnect=limits.cancel_on_disconnect,
        trading_state=encode_trading_state(limits.trading_state),
        max_mark_move_bps=limits.max_mark_move_bps or 0,
        max_clock_skew=_optional_duration(limits.max_clock_skew_ns),
        approval_ttl=encode_duration(limits.approval_ttl_ns),
        day_start=encode_duration(limits.day_start_ns),
        **_short(limits.account_limits),
    )


# --- The account's, for short -------------------------------------------------------------------


def _with_short(account_limits: LimitSet, message: pb.Limits) -> LimitSet:
    short: dict[str, Any] = {}
    for name in _SHORT:
        value = _short_value(message, name)
        scoped: Limit | None = getattr(account_limits, name)
        if value is None:
            continue
        if scoped is not None and scoped != Limit(value):
            raise InvalidArgumentError(
                f"{name} is {value}, and account_limits.{name} is {scoped.value} "
                f"({scoped.severity.value}); expected one of them, or both equal and hard.",
                field=name,
                value=str(value),
                account_limit=str(scoped.value),
            )
        short[name] = Limit(value)
    return replace(account_limits, **short)


def _short_value(message: pb.Limits, name: str) -> Decimal | None:
    if name in _SHORT_COUNTS:
        count: int = getattr(message, name)
        return Decimal(count) if count else None
    return decode_decimal(message, name) if message.HasField(name) else None  # type: ignore[arg-type]  # One of them.


def _short(account_limits: LimitSet) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in _SHORT:
        limit: Limit | None = getattr(account_limits, name)
        if limit is None or limit.severity is not Severity.HARD:
            continue
        if name not in _SHORT_COUNTS:
            told[name] = encode_decimal(limit.value)
        elif limit.value == int(limit.value) and int(limit.value) in _INT32:
            told[name] = int(limit.value)
    return told


# --- Scopes -------------------------------------------------------------------------------------


def _decode_set(message: pb.LimitSet) -> LimitSet:
    values: dict[str, Any] = {}
    for each in fields(LimitSet):
        if message.HasField(each.name):  # type: ignore[arg-type]  # The names are the same.
            told = getattr(message, each.name)
            decode: Any = _decode_rate if isinstance(told, pb.Rate) else _decode_limit
            values[each.name] = decode(told, each.name)
    return LimitSet(**values)


def _decode_sets(messages: Mapping[str, pb.LimitSet]) -> dict[str, LimitSet]:
    return {name: _decode_set(message) for name, message in messages.items()}


def _encode_set(limits: LimitSet) -> pb.LimitSet | None:
    told: dict[str, Any] = {}
    for each in fields(limits):
        value: Limit | Rate | None = getattr(limits, each.name)
        if isinstance(value, Rate):
            window = encode_duration(value.window_ns)
            told[each.name] = pb.Rate(count=value.count, window=window)
        elif value is not None:
            told[each.name] = _encode_limit(value)
    return pb.LimitSet(**told) if told else None


def _encode_sets(sets: Mapping[str, LimitSet]) -> dict[str, pb.LimitSet]:
    return {name: _encode_set(limits) or pb.LimitSet() for name, limits in sets.items()}


def _decode_limit(message: pb.Limit, field: str) -> Limit:
    if not message.HasField("value"):
        raise InvalidArgumentError(f"{field} has no value.", field=field)
    name = enum_name(pb.Severity, message.severity, f"{field}.severity")
    severity = Severity.HARD if name == UNSPECIFIED else Severity(name)
    return Limit(parse_decimal(message.value.value, field), severity)


def _encode_limit(limit: Limit) -> pb.Limit:
    severity = pb.Severity.Value(f"SEVERITY_{limit.severity.value}")
    return pb.Limit(value=encode_decimal(limit.value), severity=severity)


def _decode_rate(message: pb.Rate, field: str) -> Rate:
    window_ns = decode_optional_duration(message, "window")
    if window_ns is None:
        raise InvalidArgumentError(f"{field} has no window.", field=f"{field}.window")
    return Rate(message.count, window_ns)


# --- The rest -----------------------------------------------------------------------------------


def _decode_locates(message: pb.LocateList) -> dict[str, Decimal]:
    found = {}
    for symbol, quantity in message.quantities.items():
        field = f"locates.{symbol}"
        found[symbol] = parse_decimal(quantity.value, field)
        if found[symbol] < 0:
            raise _negative(field, found[symbol])
    return found


def _decode_permissions(message: pb.Limits, field: str) -> Permissions | None:
    if not message.HasField(field):  # type: ignore[arg-type]  # One of the two.
        return None
    listed: Iterable[pb.Permission] = getattr(message, field).permissions
    return {each.name: None if each.any_symbol else frozenset(each.symbols) for each in listed}


def _encode_permissions(permissions: Permissions | None) -> pb.PermissionList | None:
    if permissions is None:
        return None
    return pb.PermissionList(
        permissions=[
            pb.Permission(name=name, any_symbol=symbols is None, symbols=sorted(symbols or ()))
            for name, symbols in sorted(permissions.items())
        ]
    )


def _duration(message: pb.Limits, field: str) -> int:
    value = decode_optional_duration(message, field) or 0
    if value < 0:
        raise _negative(field, value)
    return value


def _positive(message: pb.Limits, field: str, default: int) -> int:
    return _duration(message, field) or default


def _optional_duration(duration_ns: int | None) -> Duration | None:
    return None if duration_ns is None else encode_duration(duration_ns)


def _count(message: pb.Limits, field: str) -> int:
    value: int = getattr(message, field)
    if value < 0:
        raise _negative(field, value)
    return value


def _negative(field: str, value: object) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{field} is {value}; expected zero or above.", field=field, value=str(value)
    )
