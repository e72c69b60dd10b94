"""Exact numbers: `Decimal` for people and contracts, integers of 10^-scale for the core."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from algotrendy.errors import InvalidArgumentError

# Where a currency's minor unit is not two digits after the point. The core's table is the same.
_COINS = frozenset({"BTC", "ETH", "USDT", "USDC", "BNB", "SOL", "XRP"})
_WITHOUT_MINOR_UNIT = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})


def currency_scale(currency: str) -> int:
    """Digits after the point of the currency's minor unit: 2 for USD, 0 for JPY, 8 for BTC."""
    if currency in _WITHOUT_MINOR_UNIT:
        return 0
    return 8 if currency in _COINS else 2


def to_units(value: Decimal, scale: int, *, field: str) -> int:
    """Return `value` in units of 10^-scale.

    Raises
    ------
    InvalidArgumentError
        If `value` is no finite number, or has more digits after the point than `scale`.

    Examples
    --------
    >>> to_units(Decimal("1.25"), 2, field="price")
    125
    """
    if not value.is_finite():
        raise InvalidArgumentError(
            f"{field} is {value}; expected a finite number.", field=field, value=str(value)
        )
    with localcontext(prec=60):
        scaled = value.scaleb(scale)
        units = int(scaled)
        if scaled != units:
            raise InvalidArgumentError(
                f"{field} is {value}; expected at most {scale} digits after the point.",
                field=field,
                value=str(value),
                scale=str(scale),
            )
    return units


def from_units(units: int, scale: int) -> Decimal:
    """Return units of 10^-scale as an exact `Decimal`.

    Examples
    --------
    >>> from_units(125, 2)
    Decimal('1.25')
    """
    with localcontext(prec=60):
        return Decimal(units).scaleb(-scale)


def round_half_even(value: Decimal, scale: int) -> Decimal:
    """Return `value` rounded half-even to `scale` digits after the point."""
    with localcontext(prec=60):
        return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_EVEN)
