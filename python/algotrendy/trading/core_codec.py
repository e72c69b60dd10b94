"""The core's dicts of integers ↔ the model's `Decimal`s."""

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from typing import Any

from algotrendy import _core
from algotrendy.domain.ids import (
    AccountId,
    ClientOrderId,
    OrderId,
    StrategyId,
)
from algotrendy.domain.instrument import Instrument
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
    CheckRow,
    InstrumentTermsChange,
    ListPlace,
    MarketBar,
    Order,
    OrderStatus,
    Position,
    Verdict,
    exact_notional,
)
from algotrendy.trading.terms import (
    Contingency,
    NewOrder,
    NewOrderList,
    OrderType,
    Replacement,
    ReplaceTerms,
    TimeInForce,
    Trail,
)

# Both are dicts whose entries the core checks; its stub describes them.
Raw = Any
Command = Any

_VERDICTS = {
    "NOT_APPLICABLE": Verdict.NOT_APPLICABLE,
    "NOT_SET": Verdict.NOT_SET,
    "PASS": Verdict.PASSED,
    "SOFT": Verdict.NEEDS_APPROVAL,
    "HARD": Verdict.REFUSED,
    "OVERRIDDEN": Verdict.OVERRIDDEN,
}
_INT64 = range(-(2**63), 2**63)


def submit_command(order: NewOrder, instrument: Instrument, order_id: OrderId) -> Command:
    """Return the command that submits `order`; see `order_terms`."""
    return {"type": "Submit", **order_terms(order, instrument, order_id)}


def order_terms(order: NewOrder, instrument: Instrument, order_id: OrderId) -> Raw:
    """Return an order's terms in the instrument's units.

    Raises
    ------
    QuantityNotPositiveError, QuantityOffLotError, PriceNotPositiveError, PriceOffTickError
        A number is finer than the instrument's units, so that the core could not be told of it.
    OverflowValueError
        A number is beyond what an order can have.
    """
    return {
        "order_id": order_id,
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "order_type": order.order_type.value,
        "quantity": _quantity_units(order.quantity, instrument),
        "limit_price": _optional_price(order.limit_price, instrument, "limit_price"),
        "stop_price": _optional_price(order.stop_price, instrument, "stop_price"),
        "trail": None if order.trail is None else _trail(order.trail, instrument),
        "time_in_force": order.time_in_force.value,
        "expire_time_ns": order.expire_time_ns,
        "post_only": order.post_only,
        "reduce_only": order.reduce_only,
        "strategy_id": order.strategy_id,
        "trader_id": order.trader_id,
        "sending_time_ns": order.sending_time_ns,
    }


def list_command(
    orders: NewOrderList, instruments: Mapping[str, Instrument], make_id: Callable[[], OrderId]
) -> Command:
    """Return the command that submits orders together; see `order_terms`."""
    return {
        "type": "SubmitList",
        "list_id": orders.list_id,
        "contingency": orders.contingency.value,
        "orders": [
            order_terms(order, instruments[order.symbol], make_id()) for order in orders.orders
        ],
    }


def replace_command(terms: ReplaceTerms, instrument: Instrument) -> Command:
    """Return the command that changes an order; raises as `order_terms`."""
    asked = terms.replacement
    return {
        "type": "Replace",
        "order_id": terms.order_id,
        "replacement": {
            "quantity": None
            if asked.quantity is None
            else _quantity_units(asked.quantity, instrument),
            "limit_price": _optional_price(asked.limit_price, instrument, "limit_price"),
            "stop_price": _optional_price(asked.stop_price, instrument, "stop_price"),
        },
    }


def change_command(
    instrument: Instrument, change: InstrumentTermsChange, effective_time_ns: int | None
) -> Command:
    """Return the command that changes an instrument, now or later."""

    def price(field: str, value: Decimal | None) -> int | None:
        return None if value is None else instrument.price_units(value, field=field)

    lot_size, volume = change.lot_size, change.average_volume
    return {
        "type": "ChangeInstrument",
        "symbol": instrument.symbol,
        "change": {
            "tick_size": price("tick_size", change.tick_size),
            "lot_size": None
            if lot_size is None
            else instrument.quantity_units(lot_size, field="lot_size"),
            "is_halted": change.halted,
            "lower_band": price("lower_band", change.lower_band),
            "upper_band": price("upper_band", change.upper_band),
            "average_volume": None if volume is None else f"{volume:f}",
            "expire_time_ns": change.expire_time_ns,
        },
        "effective_time_ns": effective_time_ns,
    }


def decode_change(raw: Raw, instrument: Instrument) -> InstrumentTermsChange:
    """Return what an event says of an instrument's change."""

    def price(units: int | None) -> Decimal | None:
        return None if units is None else instrument.price(units)

    lot_size, volume = raw["lot_size"], raw["average_volume"]
    return InstrumentTermsChange(
        tick_size=price(raw["tick_size"]),
        lot_size=None if lot_size is None else instrument.quantity(lot_size),
        halted=raw["is_halted"],
        lower_band=price(raw["lower_band"]),
        upper_band=price(raw["upper_band"]),
        average_volume=None if volume is None else Decimal(volume),
        expire_time_ns=raw["expire_time_ns"],
    )


def register_command(instrument: Instrument) -> Command:
    """Return the command that makes `instrument` known."""
    return {"type": "RegisterInstrument", "instrument": instrument.core_terms}


def decode_order(raw: Raw, account_id: AccountId, instrument: Instrument) -> Order:
    """Return the core's order."""
    state, place, replacement = raw["state"], raw["list"], raw["replacement"]
    return Order(
        order_id=OrderId(raw["order_id"]),
        client_order_id=ClientOrderId(raw["client_order_id"]),
        account_id=account_id,
        symbol=raw["symbol"],
        side=Side(raw["side"]),
        order_type=OrderType(raw["order_type"]),
        quantity=instrument.quantity(raw["quantity"]),
        limit_price=_price(raw["limit_price"], instrument),
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
        stop_price=_price(raw["stop_price"], instrument),
        trail=None if raw["trail"] is None else _decode_trail(raw["trail"], instrument),
        post_only=raw["post_only"],
        reduce_only=raw["reduce_only"],
        trader_id=raw["trader_id"],
        uncertain=state == "UNKNOWN",
        awaiting_approval=state == "PENDING_APPROVAL",
        held=state == "HELD",
        triggered=raw["is_triggered"],
        place=None
        if place is None
        else ListPlace(place["list_id"], Contingency(place["contingency"]), place["index"]),
        replacement=None if replacement is None else decode_replacement(replacement, instrument),
        venue_order_id=raw["venue_order_id"],
        arrival_price=_price(raw["reference_price"], instrument),
    )


def decode_replacement(raw: Raw, instrument: Instrument) -> Replacement:
    """Return what a replacement asks for."""
    quantity = raw["quantity"]
    return Replacement(
        quantity=None if quantity is None else instrument.quantity(quantity),
        limit_price=_price(raw["limit_price"], instrument),
        stop_price=_price(raw["stop_price"], instrument),
    )


def decode_check(raw: Raw) -> CheckRow:
    """Return what one check says of an order."""
    return CheckRow(
        number=raw["number"],
        rule=raw["rule"],
        reason=raw["reason"],
        verdict=_VERDICTS[raw["verdict"]],
        description=raw["description"],
        unit=raw["unit"],
        limit=_decimal(raw["limit"]),
        observed=_decimal(raw["observed"]),
        head_room=_decimal(raw["head_room"]),
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
    cost = from_units(total_cost, instrument.price_scale + instrument.quantity_scale)
    unrealized_pnl = None
    if current_price is not None:
        value = exact_notional(current_price, instrument.quantity(quantity), instrument.multiplier)
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
        total_cost=cost,
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


def _optional_price(price: Decimal | None, instrument: Instrument, field: str) -> int | None:
    return None if price is None else _price_units(price, instrument, field)


def _price_units(price: Decimal, instrument: Instrument, field: str) -> int:
    if price <= 0 and not instrument.allow_negative_prices:
        raise PriceNotPositiveError(
            f"{field} {price} must be positive.", field=field, price=str(price)
        )
    off_tick = PriceOffTickError(
        f"{field} {price} is not a multiple of the tick size {instrument.tick_size}.",
        field=field,
        price=str(price),
        tick_size=str(instrument.tick_size),
    )
    return _units(price, instrument.price_scale, off_tick, field)


def _trail(trail: Trail, instrument: Instrument) -> dict[str, int]:
    if trail.offset is not None:
        return {"offset": _price_units(trail.offset, instrument, "trail_offset")}
    return {"bps": trail.bps or 0}


def _decode_trail(raw: dict[str, int], instrument: Instrument) -> Trail:
    if "bps" in raw:
        return Trail(bps=raw["bps"])
    return Trail(offset=instrument.price(raw["offset"]))


def _price(units: int | None, instrument: Instrument) -> Decimal | None:
    return None if units is None else instrument.price(units)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


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
