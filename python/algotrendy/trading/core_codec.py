"""The core's dicts of integers ↔ the model's `Decimal`s."""

from decimal import Decimal, localcontext
from typing import Any

from algotrendy import _core
from algotrendy.domain.ids import (
    AccountId,
    ClientOrderId,
    OrderId,
    StrategyId,
)
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.domain.money import currency_scale, from_units, round_half_even
from algotrendy.domain.order import Side
from algotrendy.errors import (
    AlgoTrendyError,
    OverflowValueError,
    PriceNotPositiveError,
    PriceOffTickError,
    QuantityNotPositiveError,
    QuantityOffLotError,
)
from algotrendy.trading.model import (
    AVERAGE_PRICE_SCALE,
    EXACT,
    MarketBar,
    NewOrder,
    Order,
    OrderStatus,
    OrderType,
    Position,
    TimeInForce,
    exact_notional,
)

# Both are dicts whose entries the core checks; its stub describes them.
Raw = Any
Command = Any

_INT64 = range(-(2**63), 2**63)


def submit_command(order: NewOrder, instrument: Instrument, order_id: OrderId) -> Command:
    """Return the command that submits `order`.

    Raises
    ------
    QuantityNotPositiveError, QuantityOffLotError, PriceNotPositiveError, PriceOffTickError
        A number is finer than the instrument's units, so that the core could not be told of it.
    OverflowValueError
        A number is beyond what an order can have.
    """
    return {
        "type": "Submit",
        "order_id": order_id,
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "order_type": order.order_type.value,
        "quantity": _quantity_units(order.quantity, instrument),
        "limit_price": None
        if order.limit_price is None
        else _price_units(order.limit_price, instrument),
        "time_in_force": order.time_in_force.value,
        "expire_time_ns": order.expire_time_ns,
        "strategy_id": order.strategy_id,
    }


def register_command(instrument: Instrument) -> Command:
    """Return the command that makes `instrument` known."""
    return {"type": "RegisterInstrument", "instrument": instrument.core_terms}


def decode_instrument(raw: Raw) -> Instrument:
    """Return the instrument of an `InstrumentRegistered` event."""
    return Instrument(
        symbol=raw["symbol"],
        kind=InstrumentKind(raw["kind"]),
        currency=raw["currency"],
        tick_size=from_units(raw["tick_size"], raw["price_scale"]),
        lot_size=from_units(raw["lot_size"], raw["quantity_scale"]),
        multiplier=raw["multiplier"],
    )


def decode_order(raw: Raw, account_id: AccountId, instrument: Instrument) -> Order:
    """Return the core's order."""
    limit_price = raw["limit_price"]
    return Order(
        order_id=OrderId(raw["order_id"]),
        client_order_id=ClientOrderId(raw["client_order_id"]),
        account_id=account_id,
        symbol=raw["symbol"],
        side=Side(raw["side"]),
        order_type=OrderType(raw["order_type"]),
        quantity=instrument.quantity(raw["quantity"]),
        limit_price=None if limit_price is None else instrument.price(limit_price),
        time_in_force=TimeInForce(raw["time_in_force"]),
        expire_time_ns=raw["expire_time_ns"],
        strategy_id=_strategy_id(raw),
        status=OrderStatus(raw["status"]),
        filled_quantity=instrument.quantity(raw["filled_quantity"]),
        leaves_quantity=instrument.quantity(raw["leaves_quantity"]),
        average_price=_average(
            raw["average_price_numerator"], raw["filled_quantity"], instrument.price_scale
        ),
        reject_reason=raw["reject_reason"],
        create_time_ns=raw["create_time_ns"],
        update_time_ns=raw["update_time_ns"],
    )


def decode_position(
    raw: Raw,
    realized_pnl: int,
    account_id: AccountId,
    instrument: Instrument,
    current_price: Decimal | None,
) -> Position:
    """Return a position from its quantity and cost, valued at `current_price`."""
    quantity, total_cost = raw["quantity"], raw["total_cost"]
    unrealized_pnl = None
    if current_price is not None:
        value = exact_notional(current_price, instrument.quantity(quantity), instrument.multiplier)
        cost = from_units(total_cost, instrument.price_scale + instrument.quantity_scale)
        with localcontext(EXACT):
            unrealized = value - cost
        unrealized_pnl = round_half_even(unrealized, currency_scale(instrument.currency))
    return Position(
        account_id=account_id,
        symbol=raw["symbol"],
        quantity=instrument.quantity(quantity),
        average_price=_average(
            total_cost, quantity * instrument.multiplier, instrument.price_scale
        ),
        realized_pnl=from_units(realized_pnl, currency_scale(instrument.currency)),
        current_price=current_price,
        unrealized_pnl=unrealized_pnl,
    )


def venue_bar(bar: MarketBar, instrument: Instrument) -> "_core.VenueBar":
    """Return a bar as the simulated venue takes it; part of a unit of volume is left out."""
    return {
        "open_time_ns": bar.open_time_ns,
        "close_time_ns": bar.close_time_ns,
        "open": instrument.price_units(bar.open, field="open"),
        "high": instrument.price_units(bar.high, field="high"),
        "low": instrument.price_units(bar.low, field="low"),
        "close": instrument.price_units(bar.close, field="close"),
        "volume": int(bar.volume.scaleb(instrument.quantity_scale, EXACT)),
    }


def _strategy_id(raw: Raw) -> StrategyId | None:
    return None if raw["strategy_id"] is None else StrategyId(raw["strategy_id"])


def _average(numerator: int, quantity: int, price_scale: int) -> Decimal | None:
    if quantity == 0:
        return None
    # Both have the quantity's scale; the price's is scaled up first, so that it rounds once.
    shift = 10 ** max(0, AVERAGE_PRICE_SCALE - price_scale)
    scale = max(AVERAGE_PRICE_SCALE, price_scale)
    quotient, remainder = divmod(abs(numerator) * shift, abs(quantity))
    doubled = 2 * remainder
    if doubled > abs(quantity) or (doubled == abs(quantity) and quotient % 2):
        quotient += 1
    sign = -1 if (numerator < 0) != (quantity < 0) else 1
    return from_units(sign * quotient, scale)


def _quantity_units(quantity: Decimal, instrument: Instrument) -> int:
    if quantity <= 0:
        raise QuantityNotPositiveError(
            f"quantity {quantity} must be positive.", field="quantity", quantity=str(quantity)
        )
    off_lot = QuantityOffLotError(
        f"quantity {quantity} is not a multiple of the lot size {instrument.lot_size}.",
        field="quantity",
        quantity=str(quantity),
        lot_size=str(instrument.lot_size),
    )
    return _units(quantity, instrument.quantity_scale, off_lot, "quantity")


def _price_units(price: Decimal, instrument: Instrument) -> int:
    if price <= 0:
        raise PriceNotPositiveError(
            f"price {price} must be positive.", field="limit_price", price=str(price)
        )
    off_tick = PriceOffTickError(
        f"price {price} is not a multiple of the tick size {instrument.tick_size}.",
        field="limit_price",
        price=str(price),
        tick_size=str(instrument.tick_size),
    )
    return _units(price, instrument.price_scale, off_tick, "limit_price")


def _units(value: Decimal, scale: int, too_fine: AlgoTrendyError, field: str) -> int:
    numerator, denominator = value.as_integer_ratio()
    units, rest = divmod(numerator * int(10**scale), denominator)
    if rest:
        raise too_fine
    if units not in _INT64:
        raise OverflowValueError(
            f"{field} {value} is beyond the range of an order.", field=field, value=str(value)
        )
    return units
