"""The accounts' books as PostgreSQL tables: a projection of their events.

Every event says what is true after it, so applying one needs no arithmetic. `event_sequence` of a
portfolio is the last event applied: an earlier one changes nothing, wherever it comes from.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import psycopg
import psycopg_pool
from google.protobuf.message import Message

from algotrendy.api.trading.v1 import trading_events_pb2 as pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.bus import Delivery, Event
from algotrendy.storage.projection import Projection
from algotrendy.trading.adapters import book_statements as sql

CONSUMER: Final = "trading.projection"
SUBJECTS: Final = ("algotrendy.trading.v1.>",)

_TRADE_IDS: Final = uuid.UUID("6f0c3a52-4d8e-5b1f-9a77-0d6e2b1c8f43")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_Statement = tuple[str, Mapping[str, Any]]


class BookTables:
    """Follows the trading area's events into `portfolios`, `orders`, `trades` and `positions`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool
        self._projection = Projection(pool, CONSUMER)

    async def handle(self, delivery: Delivery) -> None:
        """Apply an event of the stream, once however often it comes."""
        envelope = delivery.envelope
        time_ns = envelope.create_time.ToNanoseconds()
        async with self._projection.apply(delivery.stream_sequence) as connection:
            if connection is not None:
                await _apply(
                    connection, envelope.event_id, envelope.sequence, time_ns, delivery.payload
                )

    async def rebuild(self, events: Iterable[Event]) -> None:
        """Make the tables anew from journalled events, each account's in their order.

        Events that the stream delivers afterwards are known by their sequence.
        """
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(sql.CLEAR)
            for event in events:
                await _apply(
                    connection, event.event_id, event.sequence, event.create_time_ns, event.payload
                )


async def _apply(
    connection: psycopg.AsyncConnection,
    event_id: str,
    sequence: int,
    time_ns: int,
    payload: Message,
) -> None:
    place = {
        "account_id": event_id.rpartition(":")[0],
        "sequence": sequence,
        "time": _datetime(time_ns),
    }
    if isinstance(payload, pb.AccountOpened):
        names = {"display_name": payload.display_name, "currency": payload.currency}
        await connection.execute(sql.ACCOUNT_OPENED, {**place, **names})
    cursor = await connection.execute(sql.ADVANCE, place)
    if await cursor.fetchone() is None:
        return
    for statement, values in _STATEMENTS.get(type(payload), _nothing)(payload):
        await connection.execute(statement, {**place, **values})


def _nothing(_: Message) -> list[_Statement]:
    return []


def _cash_moved(payload: pb.CashMoved) -> list[_Statement]:
    return [(sql.CASH, {"cash": payload.balance.value})]


def _order_created(
    payload: pb.OrderCreated | pb.OrderRejected | pb.OrderAdopted,
) -> list[_Statement]:
    order = payload.order
    values = {
        "order_id": order.order_id,
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": trading_pb2.Side.Name(order.side).removeprefix("SIDE_"),
        "order_type": trading_pb2.OrderType.Name(order.order_type).removeprefix("ORDER_TYPE_"),
        "quantity": order.quantity.value,
        "limit_price": order.limit_price.value or None,
        "stop_price": order.stop_price.value or None,
        "trail_offset": order.trail_offset.value or None,
        "trail_bps": order.trail_bps or None,
        "post_only": order.post_only,
        "reduce_only": order.reduce_only,
        "list_id": order.list.list_id or None,
        "trader": order.trader_id or None,
        "venue_order_id": order.venue_order_id or None,
        "time_in_force": trading_pb2.TimeInForce.Name(order.time_in_force).removeprefix(
            "TIME_IN_FORCE_"
        ),
        "expire_time": _datetime(order.expire_time.ToNanoseconds())
        if order.HasField("expire_time")
        else None,
        "status": _status(order.status),
        "filled_quantity": order.filled_quantity.value,
        "reject_reason": order.reject_reason or None,
        "strategy": order.strategy_id or None,
    }
    return [(sql.ORDER, values)]


def _order_accepted(payload: pb.OrderAccepted) -> list[_Statement]:
    values = {"order_id": payload.order_id, "venue_order_id": payload.venue_order_id or None}
    return [(sql.ORDER_ACCEPTED, values)]


def _order_filled(payload: pb.OrderFilled) -> list[_Statement]:
    fill = payload.fill
    values = {
        "trade_id": uuid.uuid5(_TRADE_IDS, f"{fill.account_id}:{fill.execution_id}"),
        "order_id": fill.order_id,
        "execution_id": fill.execution_id,
        "symbol": fill.symbol,
        "side": trading_pb2.Side.Name(fill.side).removeprefix("SIDE_"),
        "quantity": fill.quantity.value,
        "price": fill.price.value,
        "fee": fill.fee.value,
        "strategy": fill.strategy_id or None,
        "trade_time": _datetime(fill.fill_time.ToNanoseconds()),
        "status": _status(payload.status),
        "filled_quantity": payload.filled_quantity.value,
        "cash": payload.cash.value,
    }
    return [(sql.TRADE, values), (sql.ORDER_FILLED, values), (sql.CASH, values)]


def _fill_busted(payload: pb.FillBusted) -> list[_Statement]:
    values = {
        "order_id": payload.fill.order_id,
        "execution_id": payload.fill.execution_id,
        "status": _status(payload.status),
        "filled_quantity": payload.filled_quantity.value,
        "cash": payload.cash.value,
    }
    return [(sql.TRADE_BUSTED, values), (sql.ORDER_FILLED, values), (sql.CASH, values)]


def _fee_charged(payload: pb.FeeCharged) -> list[_Statement]:
    values = {
        "execution_id": payload.fill_execution_id,
        "fee": Decimal(payload.fee.value),
        "cash": payload.cash.value,
    }
    return [(sql.TRADE_FEE, values), (sql.CASH, values)]


def _order_replaced(payload: pb.OrderReplaced) -> list[_Statement]:
    values = {
        "order_id": payload.order_id,
        "status": _status(payload.status),
        "quantity": payload.quantity.value,
        "limit_price": payload.limit_price.value or None,
        "stop_price": payload.stop_price.value or None,
        "venue_order_id": payload.venue_order_id or None,
    }
    return [(sql.ORDER_REPLACED, values)]


def _order_released(payload: pb.OrderReleased) -> list[_Statement]:
    values = {"order_id": payload.order_id, "quantity": payload.quantity.value}
    return [(sql.ORDER_RELEASED, values)]


def _order_uncertain(payload: pb.OrderUncertain) -> list[_Statement]:
    return [(sql.ORDER_UNCERTAIN, {"order_id": payload.order_id})]


def _told_status(
    payload: pb.OrderReplaceRejected | pb.OrderCancelRejected,
) -> list[_Statement]:
    values = {"order_id": payload.order_id, "status": _status(payload.status)}
    return [(sql.ORDER_STATUS, values)]


def _variation_settled(payload: pb.VariationSettled) -> list[_Statement]:
    return [*_position(payload), (sql.CASH, {"cash": payload.cash.value})]


def _order_status(status: str) -> Callable[[Any], list[_Statement]]:
    return lambda payload: [(sql.ORDER_STATUS, {"order_id": payload.order_id, "status": status})]


def _position(
    payload: pb.PositionOpened
    | pb.PositionChanged
    | pb.PositionClosed
    | pb.PositionAdjusted
    | pb.VariationSettled,
) -> list[_Statement]:
    position = payload.position
    quantity = Decimal(position.quantity.value)
    values = {
        "position_id": position.position_id,
        "symbol": position.symbol,
        "side": "FLAT" if quantity == 0 else "LONG" if quantity > 0 else "SHORT",
        "quantity": quantity,
        "avg_price": position.average_price.value or None,
        "current_price": position.current_price.value or None,
        "unrealized_pnl": position.unrealized_pnl.value or None,
        "realized_pnl": position.realized_pnl.value,
        "opened": isinstance(payload, pb.PositionOpened),
    }
    return [(sql.POSITION, values)]


# An event that is not here moves the portfolio's sequence and nothing else.
_STATEMENTS: Final[Mapping[type[Message], Callable[[Any], list[_Statement]]]] = {
    pb.CashMoved: _cash_moved,
    pb.OrderCreated: _order_created,
    pb.OrderRejected: _order_created,
    pb.OrderAccepted: _order_accepted,
    pb.OrderFilled: _order_filled,
    pb.OrderCancelRequested: _order_status("PENDING_CANCEL"),
    pb.OrderCanceled: _order_status("CANCELED"),
    pb.OrderExpired: _order_status("EXPIRED"),
    pb.OrderAdopted: _order_created,
    pb.OrderReleased: _order_released,
    pb.OrderUncertain: _order_uncertain,
    pb.OrderReplaceRequested: _order_status("PENDING_REPLACE"),
    pb.OrderReplaced: _order_replaced,
    pb.OrderReplaceRejected: _told_status,
    pb.OrderCancelRejected: _told_status,
    pb.FillBusted: _fill_busted,
    pb.FeeCharged: _fee_charged,
    pb.VariationSettled: _variation_settled,
    pb.PositionAdjusted: _position,
    pb.PositionOpened: _position,
    pb.PositionChanged: _position,
    pb.PositionClosed: _position,
}


def _datetime(time_ns: int) -> datetime:
    # PostgreSQL keeps microseconds; integer division, because a float would not.
    return _EPOCH + timedelta(microseconds=time_ns // 1000)


def _status(value: trading_pb2.OrderStatus.ValueType) -> str:
    return trading_pb2.OrderStatus.Name(value).removeprefix("ORDER_STATUS_")
