"""What a strategy asks for, in exact numbers: as a backtest takes them, to the last unit.

A number that is exact is taken exactly; a `float` is taken as the decimal that it is written as,
rounded to whole lots towards zero, and to the tick on the passive side.
"""

import math
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal, InvalidOperation, localcontext

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import currency_scale
from algotrendy.errors import InvalidArgumentError

Number = int | float | str | Decimal

_EXACT_DIGITS = 60


def order_quantity(value: Number, instrument: Instrument) -> Decimal | None:
    """Return an order's quantity; None for a `float` of less than a lot, which is no order."""
    quantity = exact("quantity", value)
    if isinstance(value, float):
        quantity = _whole_steps(quantity, instrument.lot_size, ROUND_DOWN)
        if not quantity:
            return None
    if quantity <= 0:
        raise InvalidArgumentError(
            f"quantity is {value}; expected a positive number.", field="quantity", value=str(value)
        )
    return quantity


def target_quantity(value: Number, instrument: Instrument) -> Decimal:
    """Return the position that is wanted; negative is short."""
    quantity = exact("quantity", value)
    if isinstance(value, float):
        return _whole_steps(quantity, instrument.lot_size, ROUND_DOWN)
    return quantity


def order_price(
    field: str, value: Number | None, instrument: Instrument, *, is_up: bool
) -> Decimal | None:
    """Return an order's price; a `float` goes up or down to the tick."""
    if value is None:
        return None
    price = exact(field, value)
    if isinstance(value, float):
        return _whole_steps(price, instrument.tick_size, ROUND_CEILING if is_up else ROUND_FLOOR)
    return price


def weight_quantity(
    weight: float, equity: Decimal, price: Decimal, instrument: Instrument
) -> Decimal:
    """Return how much of an instrument is `weight` of the equity at a price, towards zero.

    In `float64`, in the order of operations of the core: the same weight is the same quantity.
    """
    if not math.isfinite(weight):
        raise InvalidArgumentError(
            f"weight is {weight}; expected a finite number.", field="weight", value=str(weight)
        )
    cash_scale = currency_scale(instrument.currency)
    scales = instrument.price_scale + instrument.quantity_scale - cash_scale
    equity_units = float(equity.scaleb(cash_scale))
    unit = float(instrument.price_units(price)) * float(instrument.multiplier)
    lot = float(instrument.quantity_units(instrument.lot_size))
    lots = weight * equity_units * 10.0**scales / unit / lot
    return int(lots) * instrument.lot_size


def exact(field: str, value: Number) -> Decimal:
    """Return a number as the decimal that it is written as.

    Raises
    ------
    InvalidArgumentError
        If it is no number, or not a finite one.
    """
    # A strategy may give anything, whatever the signature says.
    given: object = value
    if isinstance(given, int | float | str | Decimal) and not isinstance(given, bool):
        try:
            number = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise InvalidArgumentError(
        f"{field} is {value!r}; expected a finite number.", field=field, value=str(value)
    )


def _whole_steps(number: Decimal, step: Decimal, rounding: str) -> Decimal:
    with localcontext(prec=_EXACT_DIGITS):
        return (number / step).to_integral_value(rounding) * step
