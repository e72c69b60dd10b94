"""Amounts: prices and quantities into cash, cash into the account's currency. Half to even."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

CASH_SCALES = {"BTC": 8, "ETH": 8, "JPY": 0, "KRW": 0, "USDC": 8, "USDT": 8}
BPS = 10_000


def cash_scale(currency: str) -> int:
    return CASH_SCALES.get(currency, 2)


def half_even(numerator: int, denominator: int = 1) -> int:
    """The whole number nearest to a quotient, of two equally near the even one."""
    floor, rest = divmod(numerator, denominator)
    is_up = 2 * rest > denominator or (2 * rest == denominator and floor % 2 == 1)
    return floor + is_up


def rounded(exact: Fraction) -> int:
    return half_even(exact.numerator, exact.denominator)


def notional(instrument: dict[str, Any], price: int, quantity: int) -> int:
    """Price × quantity × multiplier, in units of 10^−(both scales)."""
    return price * quantity * instrument["multiplier"]


def cash(instrument: dict[str, Any], of_notional: int, parts: int = 1) -> int:
    """A notional, or one of so many equal parts of it, in minor units of the currency."""
    scale = instrument["price_scale"] + instrument["quantity_scale"]
    unit = 10 ** cash_scale(instrument["currency"])
    return half_even(of_notional * unit, 10**scale * parts)


def value(instrument: dict[str, Any], price: int, quantity: int) -> int:
    return cash(instrument, notional(instrument, price, quantity))


def converted(amount: int, source: str, target: str, rate: Fraction) -> int:
    """Minor units of `source` in minor units of `target`."""
    units = amount * rate.numerator * 10 ** cash_scale(target)
    return half_even(units, rate.denominator * 10 ** cash_scale(source))


def base_units(instrument: dict[str, Any], quantity: int) -> Fraction:
    return Fraction(quantity, 10 ** instrument["quantity_scale"])


def in_currency(amount: int, currency: str) -> Decimal:
    return Decimal(amount).scaleb(-cash_scale(currency))


def ceil_hundredths(exact: Fraction) -> Decimal:
    """Rounded up to hundredths, so that a breach never reads as the limit itself."""
    return Decimal(-((-exact * 100) // 1)).scaleb(-2)


def margin(instrument: dict[str, Any], kind: str, of_notional: int, quantity: int) -> int:
    """The margin of a position or worst case, without sign, in the instrument's minor units."""
    terms = instrument[kind]
    if terms is None and kind == "maintenance_margin":
        if instrument["kind"] in PAID_IN_FULL:
            return 0
        terms = instrument["initial_margin"]
    if terms is None:
        return cash(instrument, of_notional)
    if "bps" in terms:
        return cash(instrument, of_notional * terms["bps"], BPS)
    return rounded(terms["per_contract"] * base_units(instrument, quantity))


def commission(instrument: dict[str, Any], price: int, quantity: int) -> int:
    """What filling it at once should cost, in the instrument's minor units; never a rebate."""
    terms = instrument["commission"]
    if terms is None:
        return 0
    unit = Fraction(10) ** cash_scale(instrument["currency"])
    scale = instrument["price_scale"] + instrument["quantity_scale"]
    size = abs(Fraction(notional(instrument, price, quantity), 10**scale))
    ((kind, rates),) = terms.items()
    if kind == "percentage":
        return max(rounded(size * Fraction(rates["taker_bps"]) / BPS * unit), 0)
    fee = Fraction(rates["rate"]) * base_units(instrument, quantity)
    if kind == "per_share":
        if rates.get("minimum") is not None:
            fee = max(fee, Fraction(rates["minimum"]))
        if rates.get("maximum_bps") is not None:
            fee = min(fee, size * Fraction(rates["maximum_bps"]) / BPS)
    return max(rounded(fee * unit), 0)


PAID_IN_FULL = ("INDEX", "EQUITY", "CRYPTO")
