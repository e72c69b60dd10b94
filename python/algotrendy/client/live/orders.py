"""A strategy's requests as orders on the wire."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from algotrendy.api.trading.v1 import trading_pb2 as pb
from algotrendy.api.trading.v1.order_entry_service_pb2 import SubmitOrderRequest
from algotrendy.client.live.numbers import Number, order_price, order_quantity
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import encode_decimal, encode_optional_decimal
from algotrendy.rpc.time import encode_optional_time

Side = Literal["BUY", "SELL"]
_OPPOSITE = {"BUY": "SELL", "SELL": "BUY"}
_TIMES_IN_FORCE = ("DAY", "GTC", "IOC", "FOK", "GTD")


@dataclass(frozen=True, kw_only=True)
class OrderTerms:
    """How an order is priced and how long it works; prices tell what kind of order it is."""

    limit: Number | None = None
    stop: Number | None = None
    trail: Number | None = None
    trail_bps: int | None = None
    time_in_force: str | None = None
    expire: int | None = None
    post_only: bool = False
    reduce_only: bool = False
    client_order_id: str | None = None

    def request(
        self, side: str, quantity: Number, instrument: Instrument
    ) -> SubmitOrderRequest | None:
        """Return the order; None where a `float` is less than a lot.

        Raises
        ------
        InvalidArgumentError
            If a term is out of range, or does not go with another.
        """
        units = order_quantity(quantity, instrument)
        if units is None:
            return None
        limit = order_price("limit", self.limit, instrument, is_up=side == "SELL")
        stop = order_price("stop", self.stop, instrument, is_up=side == "BUY")
        trail = order_price("trail", self.trail, instrument, is_up=True)
        return SubmitOrderRequest(
            client_order_id=self.client_order_id or "",
            symbol=instrument.symbol,
            side=pb.Side.Value(f"SIDE_{checked_side(side)}"),
            quantity=encode_decimal(units),
            order_type=self._order_type(limit, stop, trail),
            limit_price=encode_optional_decimal(limit),
            stop_price=encode_optional_decimal(stop),
            trail_offset=encode_optional_decimal(trail),
            trail_bps=self.trail_bps or 0,
            time_in_force=pb.TimeInForce.Value(f"TIME_IN_FORCE_{self._time_in_force()}"),
            expire_time=encode_optional_time(self.expire),
            post_only=self.post_only,
            reduce_only=self.reduce_only,
        )

    def _order_type(
        self, limit: Decimal | None, stop: Decimal | None, trail: Decimal | None
    ) -> pb.OrderType.ValueType:
        if trail is not None and self.trail_bps is not None:
            raise _wrong("trail_bps", self.trail_bps, "unset where there is a trail")
        if trail is not None or self.trail_bps is not None:
            if limit is not None:
                raise _wrong("limit", limit, "unset where there is a trail")
            return pb.ORDER_TYPE_TRAILING_STOP
        if stop is not None:
            return pb.ORDER_TYPE_STOP if limit is None else pb.ORDER_TYPE_STOP_LIMIT
        return pb.ORDER_TYPE_MARKET if limit is None else pb.ORDER_TYPE_LIMIT

    def _time_in_force(self) -> str:
        if self.time_in_force is None:
            return "GTC" if self.expire is None else "GTD"
        if self.time_in_force not in _TIMES_IN_FORCE:
            raise _wrong("time_in_force", self.time_in_force, ", ".join(_TIMES_IN_FORCE))
        return self.time_in_force


def bracket(
    side: str,
    quantity: Number,
    instrument: Instrument,
    entry: OrderTerms,
    exits: tuple[Number | None, Number | None],
) -> tuple[int, list[SubmitOrderRequest]] | None:
    """Return an entry with its stop loss and its take profit, and how they depend on each other.

    None where a `float` quantity is less than a lot.
    """
    stop_loss, take_profit = exits
    if stop_loss is None and take_profit is None:
        raise _wrong("stop_loss", "not given", "one, or a take_profit, or both")
    other = _OPPOSITE[checked_side(side)]
    requests = [entry.request(side, quantity, instrument)]
    if stop_loss is not None:
        requests.append(OrderTerms(stop=stop_loss).request(other, quantity, instrument))
    if take_profit is not None:
        requests.append(OrderTerms(limit=take_profit).request(other, quantity, instrument))
    orders = [request for request in requests if request is not None]
    if len(orders) < len(requests):
        return None
    is_pair = stop_loss is None or take_profit is None
    return pb.CONTINGENCY_OTO if is_pair else pb.CONTINGENCY_BRACKET, orders


def checked_side(side: str) -> str:
    """Return a side; raise `InvalidArgumentError` for what is none."""
    if side not in _OPPOSITE:
        raise _wrong("side", side, "BUY or SELL")
    return side


def _wrong(field: str, value: object, expected: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{field} is {value}; expected {expected}.", field=field, value=str(value)
    )
