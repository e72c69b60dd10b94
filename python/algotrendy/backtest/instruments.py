"""Instruments of a backtest: as they were given, or as the data tells them to be."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from algotrendy import _core
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import DataColumnsError, DataValueError, InvalidArgumentError

PRICE_ROLES: Final = {
    "bars": ["open", "high", "low", "close"],
    "trades": ["price"],
    "quotes": ["bid", "ask"],
}
_QUANTITY_ROLES: Final[dict[str, list[str]]] = {
    "bars": ["volume"],
    "trades": ["quantity"],
    "quotes": [],
}
# What a volume of more digits is rounded to: nothing but a share of it is ever traded.
_FINEST_VOLUME: Final = 8
# Whole prices have cents, too: slippage is rounded up to a tick.
_CENT_SCALE: Final = 2


def given_instrument(symbol: str, instrument: object) -> _core.Instrument:
    """Return an instrument as a run trades it, which must be the symbol's.

    Raises
    ------
    InvalidArgumentError
        For what is no instrument, or another's.
    """
    core: Any = instrument
    if isinstance(instrument, Instrument):
        # Recorded data tell when a market was open; a run knows no table of sessions.
        core = replace(instrument.as_traded(), calendar_id=None).core
    if not isinstance(core, _core.Instrument) or core.symbol != symbol:
        expected = f"an Instrument of the symbol {symbol}"
        raise InvalidArgumentError(
            f"instruments[{symbol!r}] is {instrument!r}; expected {expected}.",
            field=f"instruments[{symbol!r}]",
            value=repr(instrument),
            expected=expected,
        )
    return core


def inferred_instrument(symbol: str, table: _core.TickTable, told: object) -> _core.Instrument:
    """Return a stock in dollars whose tick is a cent, or the last digit that its prices have.

    Integers are whole prices, or in units of the `price_scale` that the bars tell, if they do.

    Raises
    ------
    DataValueError
        For floats that are no decimals of at most nine digits after the point, such as prices
        adjusted by a factor: an instrument given says what to round them to.
    """
    price_scale = max(_CENT_SCALE, _price_scale(symbol, table), integer_scale(told) or 0)
    return Instrument(
        symbol,
        tick_size=Decimal(1).scaleb(-price_scale),
        lot_size=Decimal(1).scaleb(-_quantity_scale(table, told)),
    ).core


def integer_scale(told: object) -> int:
    """Return how many digits after the point a table's integers have that are prices."""
    scale = getattr(told, "price_scale", 0)
    return scale if isinstance(scale, int) else 0


def _price_scale(symbol: str, table: _core.TickTable) -> int:
    try:
        numbers = table.numbers(PRICE_ROLES[table.source])
    except DataColumnsError:
        raise
    except InvalidArgumentError as error:
        expected = "decimals of at most 9 digits after the point, or an instrument to round to"
        raise DataValueError(
            f"the prices of {symbol} have more digits than prices have; expected {expected}: "
            f'instruments={{"{symbol}": Instrument("{symbol}", tick_size=Decimal("0.01"))}}.',
            symbol=symbol,
            expected=expected,
        ) from error
    return 0 if numbers is None else numbers[1]


def _quantity_scale(table: _core.TickTable, told: object) -> int:
    scale = getattr(told, "quantity_scale", None)
    if isinstance(scale, int):
        return scale
    try:
        numbers = table.numbers(_QUANTITY_ROLES[table.source])
    except InvalidArgumentError:
        return _FINEST_VOLUME
    return 0 if numbers is None else min(numbers[1], _FINEST_VOLUME)
