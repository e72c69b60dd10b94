"""What the order entry's requests ask for, in the model's words."""

from collections.abc import Sequence

from algotrendy.api.trading.v1 import order_entry_service_pb2, trading_pb2
from algotrendy.domain.ids import AccountId, ClientOrderId, OrderId, StrategyId
from algotrendy.domain.order import CLIENT_ORDER_ID_LIMIT
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import decode_decimal, decode_optional_decimal
from algotrendy.rpc.enums import UNSPECIFIED, enum_name
from algotrendy.rpc.text import decode_text
from algotrendy.rpc.time import decode_optional_time
from algotrendy.rpc.trading import decode_side
from algotrendy.trading.terms import (
    STRATEGY_ID_LIMIT,
    CloseTerms,
    Contingency,
    NewOrder,
    NewOrderList,
    OrderType,
    Replacement,
    ReplaceTerms,
    TimeInForce,
    Trail,
)


def decode_new_order(
    request: order_entry_service_pb2.SubmitOrderRequest, trader_id: str | None = None
) -> NewOrder:
    """Return the terms of an order that `trader_id` sends."""
    strategy_id = _decode_strategy_id(request)
    return NewOrder(
        account_id=AccountId(request.account_id),
        client_order_id=_decode_client_order_id(request),
        symbol=request.symbol,
        side=decode_side(request.side),
        quantity=decode_decimal(request, "quantity"),
        limit_price=decode_optional_decimal(request, "limit_price"),
        stop_price=decode_optional_decimal(request, "stop_price"),
        trail=_decode_trail(request),
        time_in_force=_decode_time_in_force(request.time_in_force),
        expire_time_ns=decode_optional_time(request, "expire_time"),
        post_only=request.post_only,
        reduce_only=request.reduce_only,
        strategy_id=strategy_id,
        trader_id=trader_id,
        sending_time_ns=decode_optional_time(request, "sending_time"),
        stated_type=_decode_order_type(request.order_type),
    )


def decode_order_list(
    request: order_entry_service_pb2.SubmitOrderListRequest, traders: Sequence[str | None]
) -> NewOrderList:
    """Return orders that are sent together, each by one of `traders`."""
    name = enum_name(trading_pb2.Contingency, request.contingency, "contingency")
    if name == UNSPECIFIED:
        raise InvalidArgumentError(
            "contingency is missing; expected OCO, OTO or BRACKET.", field="contingency"
        )
    return NewOrderList(
        account_id=AccountId(request.account_id),
        list_id=decode_text(request, "list_id", limit=CLIENT_ORDER_ID_LIMIT),
        contingency=Contingency(name),
        orders=tuple(
            decode_new_order(order, trader_id)
            for order, trader_id in zip(request.orders, traders, strict=True)
        ),
    )


def decode_replacement(request: order_entry_service_pb2.ReplaceOrderRequest) -> ReplaceTerms:
    """Return which order is to change, and what of it."""
    replacement = Replacement(
        quantity=decode_optional_decimal(request, "quantity"),
        limit_price=decode_optional_decimal(request, "limit_price"),
        stop_price=decode_optional_decimal(request, "stop_price"),
    )
    return ReplaceTerms(OrderId(request.order_id), replacement)


def decode_close(request: order_entry_service_pb2.ClosePositionRequest) -> CloseTerms:
    """Return which position is to be closed."""
    account_id, symbol = decode_position_id(request.position_id)
    strategy_id = _decode_strategy_id(request)
    client_order_id = _decode_client_order_id(request)
    return CloseTerms(account_id, symbol, client_order_id, strategy_id)


def decode_position_id(position_id: str) -> tuple[AccountId, str]:
    """Return the account and the symbol of a position."""
    account_id, separator, symbol = position_id.partition(":")
    if not separator:
        raise InvalidArgumentError(
            f"position_id is {position_id!r}; expected an account's id, a colon and a symbol.",
            field="position_id",
            value=position_id,
        )
    return AccountId(account_id), symbol


def _decode_client_order_id(
    request: order_entry_service_pb2.SubmitOrderRequest
    | order_entry_service_pb2.ClosePositionRequest,
) -> ClientOrderId:
    return ClientOrderId(decode_text(request, "client_order_id", limit=CLIENT_ORDER_ID_LIMIT))


def _decode_strategy_id(
    request: order_entry_service_pb2.SubmitOrderRequest
    | order_entry_service_pb2.ClosePositionRequest,
) -> StrategyId | None:
    strategy_id = decode_text(request, "strategy_id", limit=STRATEGY_ID_LIMIT, required=False)
    return StrategyId(strategy_id) if strategy_id else None


def _decode_time_in_force(value: trading_pb2.TimeInForce.ValueType) -> TimeInForce:
    name = enum_name(trading_pb2.TimeInForce, value, "time_in_force")
    return TimeInForce.GTC if name == UNSPECIFIED else TimeInForce(name)


def _decode_order_type(value: trading_pb2.OrderType.ValueType) -> OrderType | None:
    name = enum_name(trading_pb2.OrderType, value, "order_type")
    return None if name == UNSPECIFIED else OrderType(name)


def _decode_trail(request: order_entry_service_pb2.SubmitOrderRequest) -> Trail | None:
    offset = decode_optional_decimal(request, "trail_offset")
    if offset is None and not request.trail_bps:
        return None
    return Trail(offset, request.trail_bps or None)
