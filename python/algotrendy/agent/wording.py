"""How numbers and lists are said."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from algotrendy.domain.clock import SECOND_NS
from algotrendy.domain.money import currency_scale, round_half_even

HELP: Final = (
    "I answer three kinds of request: what you hold and at what risk ('what do I hold?', "
    "'how much risk am I taking?'); running and explaining a backtest ('backtest strategy Trend "
    "from 2013 to 2017', 'how did the last backtest do, and why?'); and previewing an order "
    "('buy 10 SP500', 'sell 5 NASDAQ at 6700.50 limit'), which only your confirmation places."
)

_PRICE_SCALE: Final = 8
_SHOWN: Final = 10


def money(amount: Decimal, currency: str) -> str:
    """Return an amount in a currency.

    Examples
    --------
    >>> money(Decimal("-1234.5"), "USD")
    '-1,234.50 USD'
    """
    scale = currency_scale(currency)
    return f"{round_half_even(amount, scale):,.{scale}f} {currency}"


def gain(amount: Decimal, currency: str) -> str:
    """Return an amount that is a profit or a loss, always with its sign."""
    return ("+" if amount > 0 else "") + money(amount, currency)


def number(value: Decimal) -> str:
    """Return a quantity or a price without needless zeros.

    Examples
    --------
    >>> number(Decimal("1000.50"))
    '1,000.5'
    """
    rounded = f"{round_half_even(value, _PRICE_SCALE):,f}"
    return rounded.rstrip("0").rstrip(".")


def percent(fraction: float) -> str:
    """Return a fraction as a percentage.

    Examples
    --------
    >>> percent(0.1234)
    '12.3 %'
    """
    return f"{fraction * 100:,.1f} %"


def day(time_ns: int) -> str:
    """Return the day, in UTC.

    Examples
    --------
    >>> day(0)
    '1970-01-01'
    """
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).strftime("%Y-%m-%d")


def listed(names: Iterable[str]) -> str:
    """Return names for a sentence, the first ten of them."""
    found = list(names)
    shown = ", ".join(found[:_SHOWN])
    return f"{shown} and {len(found) - _SHOWN} more" if len(found) > _SHOWN else shown


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1, "trade"), counted(2, "trade")
    ('1 trade', '2 trades')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def sentences(parts: Iterable[str]) -> str:
    """Return the parts that say something, as one text."""
    return " ".join(part for part in parts if part)
