"""The trading contract's messages ↔ the model."""

from decimal import Decimal

from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.api.trading.v1 import (
    order_entry_service_pb2,
    trading_pb2,
    trading_service_pb2,
)
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, ClientOrderId, OrderId, StrategyId
from algotrendy.domain.order import CLIENT_ORDER_ID_LIMIT
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import (
    decode_decimal,
    decode_optional_decimal,
    encode_decimal,
    encode_optional_decimal,
)
from algotrendy.rpc.paging import decode_page_size, decode_sequence_token
from algotrendy.rpc.text import decode_text
from algotrendy.rpc.time import decode_optional_time, decode_time, encode_optional_time, encode_time
from algotrendy.rpc.trading import decode_side, encode_side, encode_venue_terms
from algotrendy.trading.model import (
    STRATEGY_ID_LIMIT,
    Account,
    CheckFailure,
    CheckResult,
    MarketBar,
    NewOrder,
    Order,
    Page,
    Position,
    TimeInForce,
)

# --- From the wire ------------------------------------------------------------------------------


def decode_new_order(request: order_entry_service_pb2.SubmitOrderRequest) -> NewOrder:
    """Return the terms of an order."""
    strategy_id = decode_text(request, "strategy_id", limit=STRATEGY_ID_LIMIT, required=False)
    return NewOrder(
        account_id=AccountId(request.account_id),
        client_order_id=ClientOrderId(
            decode_text(request, "client_order_id", limit=CLIENT_ORDER_ID_LIMIT)
        ),
        symbol=request.symbol,
        side=decode_side(request.side),
        quantity=decode_decimal(request, "quantity"),
        limit_price=decode_optional_decimal(request, "limit_price"),
        time_in_force=_decode_time_in_force(request.time_in_force),
        expire_time_ns=decode_optional_time(request, "expire_time"),
        strategy_id=StrategyId(strategy_id) if strategy_id else None,
    )


def decode_bar(message: market_data_pb2.Bar) -> MarketBar:
    """Return a bar."""
    return MarketBar(
        symbol=message.symbol,
        open_time_ns=decode_time(message, "open_time"),
        close_time_ns=decode_time(message, "close_time"),
        open=decode_decimal(message, "open"),
        high=decode_decimal(message, "high"),
        low=decode_decimal(message, "low"),
        close=decode_decimal(message, "close"),
        volume=decode_optional_decimal(message, "volume") or Decimal(0),
    )


def decode_order_id(
    request: trading_service_pb2.GetOrderRequest | order_entry_service_pb2.CancelOrderRequest,
) -> OrderId:
    """Return the order a request names."""
    return OrderId(request.order_id)


def decode_page(
    request: trading_service_pb2.ListAccountsRequest
    | trading_service_pb2.ListOrdersRequest
    | trading_service_pb2.ListFillsRequest,
) -> tuple[int, int]:
    """Return where a page starts and how many entries it holds."""
    start = decode_sequence_token(request.page_token) or 0
    return start, decode_page_size(request.page_size)


def _decode_time_in_force(value: trading_pb2.TimeInForce.ValueType) -> TimeInForce:
    if value == trading_pb2.TIME_IN_FORCE_DAY:
        return TimeInForce.DAY
    if value in {trading_pb2.TIME_IN_FORCE_UNSPECIFIED, trading_pb2.TIME_IN_FORCE_GTC}:
        return TimeInForce.GTC
    raise InvalidArgumentError(
        f"time_in_force is {value}; expected GTC or DAY.", field="time_in_force", value=str(value)
    )


# --- To the wire --------------------------------------------------------------------------------


def encode_token(page: Page[Account] | Page[Order] | Page[Fill]) -> str:
    """Return the token of the next page; empty after the last."""
    return "" if page.next_start is None else str(page.next_start)


def encode_order(order: Order) -> trading_pb2.Order:
    """Return an order for the wire."""
    return trading_pb2.Order(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account_id=order.account_id,
        symbol=order.symbol,
        side=encode_side(order.side),
        order_type=trading_pb2.OrderType.Value(f"ORDER_TYPE_{order.order_type.value}"),
        quantity=encode_decimal(order.quantity),
        limit_price=encode_optional_decimal(order.limit_price),
        time_in_force=trading_pb2.TimeInForce.Value(f"TIME_IN_FORCE_{order.time_in_force.value}"),
        expire_time=encode_optional_time(order.expire_time_ns),
        strategy_id=order.strategy_id or "",
        status=trading_pb2.OrderStatus.Value(f"ORDER_STATUS_{order.status.value}"),
        filled_quantity=encode_decimal(order.filled_quantity),
        leaves_quantity=encode_decimal(order.leaves_quantity),
        average_price=encode_optional_decimal(order.average_price),
        reject_reason=order.reject_reason or "",
        create_time=encode_time(order.create_time_ns),
        update_time=encode_time(order.update_time_ns),
    )


def encode_position(position: Position) -> trading_pb2.Position:
    """Return a position for the wire."""
    return trading_pb2.Position(
        position_id=position.position_id,
        account_id=position.account_id,
        symbol=position.symbol,
        quantity=encode_decimal(position.quantity),
        average_price=encode_optional_decimal(position.average_price),
        realized_pnl=encode_decimal(position.realized_pnl),
        current_price=encode_optional_decimal(position.current_price),
        unrealized_pnl=encode_optional_decimal(position.unrealized_pnl),
    )


def encode_account(account: Account) -> trading_pb2.Account:
    """Return an account for the wire."""
    return trading_pb2.Account(
        account_id=account.terms.account_id,
        display_name=account.terms.display_name,
        currency=account.terms.currency,
        cash=encode_decimal(account.cash),
        equity=encode_optional_decimal(account.equity),
        positions=[encode_position(position) for position in account.positions],
        open_order_count=account.open_order_count,
        limits_version=account.limits_version,
        venue_terms=encode_venue_terms(account.terms.venue_terms),
        create_time=encode_time(account.terms.create_time_ns),
    )


def encode_failure(failure: CheckFailure) -> trading_pb2.CheckFailure:
    """Return a failed check for the wire."""
    return trading_pb2.CheckFailure(
        reason=failure.reason, rule=failure.rule, limit=failure.limit, observed=failure.observed
    )


def encode_check(result: CheckResult) -> order_entry_service_pb2.CheckOrderResponse:
    """Return what the checks say for the wire."""
    return order_entry_service_pb2.CheckOrderResponse(
        accepted=result.accepted,
        failures=[encode_failure(failure) for failure in result.failures],
        reference_price=encode_optional_decimal(result.reference_price),
        notional=encode_optional_decimal(result.notional),
    )
