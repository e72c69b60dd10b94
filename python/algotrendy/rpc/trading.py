"""Sides and fills as the trading area tells them to every area that asks."""

from typing import Final

from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import decode_decimal, encode_decimal
from algotrendy.rpc.time import decode_time, encode_time

_SIDES: Final = {trading_pb2.SIDE_BUY: Side.BUY, trading_pb2.SIDE_SELL: Side.SELL}
_WIRE_SIDES: Final = {side: wire for wire, side in _SIDES.items()}


def encode_side(side: Side) -> trading_pb2.Side.ValueType:
    """Return a side for the wire."""
    return _WIRE_SIDES[side]


def decode_side(side: trading_pb2.Side.ValueType) -> Side:
    """Return a side; one must be named."""
    if side not in _SIDES:
        raise InvalidArgumentError("side is missing; expected BUY or SELL.", field="side")
    return _SIDES[side]


def encode_fill(fill: Fill, account_id: str) -> trading_pb2.Fill:
    """Return a fill of an account for the wire."""
    return trading_pb2.Fill(
        execution_id=fill.execution_id,
        order_id=fill.order_id,
        client_order_id=fill.client_order_id,
        account_id=account_id,
        symbol=fill.symbol,
        side=encode_side(fill.side),
        quantity=encode_decimal(fill.quantity),
        price=encode_decimal(fill.price),
        fee=encode_decimal(fill.fee),
        fill_time=encode_time(fill.fill_time_ns),
        strategy_id=fill.strategy_id,
    )


def decode_fill(message: trading_pb2.Fill) -> Fill:
    """Return a fill of an account or of a backtest."""
    return Fill(
        symbol=message.symbol,
        side=decode_side(message.side),
        quantity=decode_decimal(message, "quantity"),
        price=decode_decimal(message, "price"),
        fee=decode_decimal(message, "fee"),
        fill_time_ns=decode_time(message, "fill_time"),
        execution_id=message.execution_id,
        order_id=message.order_id,
        client_order_id=message.client_order_id,
        strategy_id=message.strategy_id,
    )
