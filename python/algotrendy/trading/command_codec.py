"""What is asked of the core: the model's `Decimal`s as its dicts of integers."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from algotrendy import _core
from algotrendy.domain.ids import OrderId
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import (
    AlgoTrendyError,
    OverflowValueError,
    PriceNotPositiveError,
    PriceOffTickError,
    QuantityNotPositiveError,
    QuantityOffLotError,
)
from algotrendy.trading.controls import Consent, KillOrder, OverrideGrant, RearmStep
from algotrendy.trading.core_codec import Command, Raw
from algotrendy.trading.model import InstrumentTermsChange
from algotrendy.trading.terms import (
    COVARIANCE_STEP,
    Adoption,
    CloseTerms,
    CovarianceTerms,
    NewOrder,
    NewOrderList,
    PositionAdjustment,
    Replacement,
    ReplaceTerms,
    Trail,
)

_INT64 = range(-(2**63), 2**63)


def register_command(instrument: Instrument) -> Command:
    """Return the command that makes `instrument` known."""
    return {"type": "RegisterInstrument", "instrument": instrument.core_terms}


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
    return {
        "type": "Replace",
        "order_id": terms.order_id,
        "replacement": replacement_terms(terms.replacement, instrument),
    }


def replacement_terms(replacement: Replacement, instrument: Instrument) -> "_core.Replacement":
    """Return what a replacement asks for, in the instrument's units."""
    quantity = replacement.quantity
    return {
        "quantity": None if quantity is None else _quantity_units(quantity, instrument),
        "limit_price": _optional_price(replacement.limit_price, instrument, "limit_price"),
        "stop_price": _optional_price(replacement.stop_price, instrument, "stop_price"),
    }


def close_command(terms: CloseTerms, order_id: OrderId) -> Command:
    """Return the command that closes a position."""
    return {
        "type": "ClosePosition",
        "symbol": terms.symbol,
        "order_id": order_id,
        "client_order_id": terms.client_order_id,
        "strategy_id": terms.strategy_id,
    }


def consent_command(consent: Consent) -> Command:
    """Return the command that grants or refuses what an order waits for."""
    kind = "grant" if consent.grants else "deny"
    return _approve(consent.approver, {kind: consent.order_id}, consent.note)


def override_command(grant: OverrideGrant) -> Command:
    """Return the command that lets a rule refuse nothing until a time."""
    return _approve(grant.approver, {"override": grant.override.to_core()}, grant.note)


def kill_command(order: KillOrder) -> Command:
    """Return the command that pulls a kill switch."""
    return {
        "type": "Kill",
        "scope": order.scope.to_core(),
        "person": order.person,
        "note": order.note,
        "flatten": order.flatten,
    }


def rearm_command(step: RearmStep) -> Command:
    """Return the command that takes a step of re-arming."""
    return {
        "type": "Rearm",
        "scope": step.scope.to_core(),
        "person": step.person,
        "confirm": step.confirm,
    }


def covariance_command(terms: CovarianceTerms) -> Command:
    """Return the command that replaces the covariance."""
    return {
        "type": "SetCovariance",
        "symbols": list(terms.symbols),
        "covariance": [round(value / COVARIANCE_STEP) for value in terms.covariance],
        "deviations_thousandths": int(terms.deviations * 1000),
    }


def adopt_command(adoption: Adoption, instrument: Instrument, order_id: OrderId) -> Command:
    """Return the command that takes over an order of the venue's; raises as `order_terms`."""
    return {
        "type": "AdoptOrder",
        "terms": order_terms(adoption.order, instrument, order_id),
        "filled_quantity": _any_quantity(adoption.filled_quantity, instrument, "filled_quantity"),
        "venue_order_id": adoption.venue_order_id,
    }


def adjust_command(adjustment: PositionAdjustment, instrument: Instrument) -> Command:
    """Return the command that makes a position what it is said to be; raises as `order_terms`."""
    return {
        "type": "AdjustPosition",
        "symbol": adjustment.symbol,
        "quantity": _any_quantity(adjustment.quantity, instrument, "quantity"),
        "price": _price_units(adjustment.price, instrument, "price"),
        "person": adjustment.person,
        "note": adjustment.note,
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


def _approve(approver: str, consent: Mapping[str, object], note: str) -> Command:
    return {"type": "Approve", "approver": approver, "consent": consent, "note": note}


def _quantity_units(quantity: Decimal, instrument: Instrument) -> int:
    if quantity <= 0:
        raise QuantityNotPositiveError(
            f"quantity {quantity} must be positive.", field="quantity", quantity=str(quantity)
        )
    return _any_quantity(quantity, instrument, "quantity")


def _any_quantity(quantity: Decimal, instrument: Instrument, field: str) -> int:
    off_lot = QuantityOffLotError(
        f"{field} {quantity} is not a multiple of the lot size {instrument.lot_size}.",
        field=field,
        quantity=str(quantity),
        lot_size=str(instrument.lot_size),
    )
    return _units(quantity, instrument.quantity_scale, off_lot, field)


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
