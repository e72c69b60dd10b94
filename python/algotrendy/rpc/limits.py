"""Limits as risk and trading tell them to each other and to everybody."""

from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.limits import Limits
from algotrendy.rpc.decimal import decode_optional_decimal, encode_optional_decimal


def decode_limits(message: trading_pb2.Limits) -> Limits:
    """Return limits; unset fields forbid nothing."""
    return Limits(
        version=message.version,
        max_order_quantity=decode_optional_decimal(message, "max_order_quantity"),
        max_order_notional=decode_optional_decimal(message, "max_order_notional"),
        max_position_notional=decode_optional_decimal(message, "max_position_notional"),
        max_open_orders=message.max_open_orders or None,
        price_collar_bps=message.price_collar_bps or None,
        max_reference_age_s=message.max_reference_age_s or None,
        allow_short=message.allow_short,
    )


def encode_limits(limits: Limits) -> trading_pb2.Limits:
    """Return limits for the wire."""
    return trading_pb2.Limits(
        version=limits.version,
        max_order_quantity=encode_optional_decimal(limits.max_order_quantity),
        max_order_notional=encode_optional_decimal(limits.max_order_notional),
        max_position_notional=encode_optional_decimal(limits.max_position_notional),
        max_open_orders=limits.max_open_orders or 0,
        price_collar_bps=limits.price_collar_bps or 0,
        max_reference_age_s=limits.max_reference_age_s or 0,
        allow_short=limits.allow_short,
    )
