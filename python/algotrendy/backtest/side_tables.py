"""Tables beside the data: price factors, memberships and delistings, by symbol."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from algotrendy import _core
from algotrendy.backtest.sources import arrow_table
from algotrendy.bar.options import decimal, refuse
from algotrendy.domain.money import to_units
from algotrendy.domain.times import optional_time_ns, time_ns
from algotrendy.errors import InvalidArgumentError

# Half-open spans of a universe reach to here where they have no end.
_NEVER_NS: Final = 2**63 - 1


def rows_by_symbol(name: str, value: object, symbols: set[str]) -> dict[str, list[Sequence[Any]]]:
    """Return the rows of a table by symbol, without it; a mapping has rows, or one."""
    if value is None:
        return {}
    if isinstance(value, Mapping) and "symbol" not in value:
        rows = {str(symbol): _rows(each) for symbol, each in value.items()}
    else:
        rows = _table_rows(name, value)
    for symbol in rows:
        # A table may know of more symbols than there is data of; a name that is mistyped is one.
        if symbol not in symbols and isinstance(value, Mapping):
            refuse(name, symbol, "symbols of the data: " + ", ".join(sorted(symbols)))
    return rows


def span_of(row: Sequence[Any]) -> tuple[int, int]:
    """Return from when to when a row of `universe` lets a symbol be held."""
    start, end = (*row, None)[:2]
    end_ns = optional_time_ns("universe.to", end)
    return time_ns("universe.from", start), _NEVER_NS if end_ns is None else end_ns


def factor_of(row: Sequence[Any]) -> tuple[int, float, float]:
    """Return the time, the price factor and the volume factor of a row of `factors`."""
    if len(row) < 2:  # noqa: PLR2004  # A time and a factor.
        refuse("factors", list(row), "a time and a price factor")
    when, price, volume = (*row, None)[:3]
    price_factor = float(decimal("factors.price_factor", price))
    volume_factor = (
        1.0 / price_factor
        if volume is None and price_factor
        else float(decimal("factors.volume_factor", 1 if volume is None else volume))
    )
    return time_ns("factors.time", when), price_factor, volume_factor


def delisting_of(
    rows: Sequence[Sequence[Any]], instrument: _core.Instrument
) -> tuple[int, int | None] | None:
    """Return when a symbol is delisted, and at what price in its units, by its `delistings`."""
    if not rows:
        return None
    if len(rows) > 1:
        raise InvalidArgumentError(
            f"{instrument.symbol} is delisted {len(rows)} times; expected once at most.",
            field="delistings",
            value=str(len(rows)),
        )
    when, price = (*rows[0], None)[:2]
    if price is None:
        return time_ns("delistings.time", when), None
    exact: Decimal = decimal("delistings.price", price)
    units = to_units(exact, instrument.price_scale, field="delistings.price")
    return time_ns("delistings.time", when), units


def _rows(value: object) -> list[Sequence[Any]]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        is_one = not value or isinstance(value[0], str) or not isinstance(value[0], Sequence)
        return [value] if is_one and value else list(value)
    return [(value,)]


_TABLES: Final = {
    "factors": (("time",), ("price_factor",), ("volume_factor",)),
    "universe": (("from", "start"), ("to", "end")),
    "delistings": (("time",), ("price",)),
}


def _table_rows(name: str, value: object) -> dict[str, list[Sequence[Any]]]:
    table = arrow_table(value)
    places = {column.lower(): place for place, column in enumerate(table.column_names)}
    if "symbol" not in places:
        refuse(name, ", ".join(table.column_names), "a table with a column symbol")
    columns = []
    for names in _TABLES[name]:
        place = next((places[each] for each in names if each in places), None)
        if place is not None:
            columns.append(table.column(place).to_pylist())
    if not columns:
        expected = ", ".join(names[0] for names in _TABLES[name])
        refuse(name, ", ".join(table.column_names), f"the columns symbol, {expected}")
    rows: dict[str, list[Sequence[Any]]] = {}
    symbols = table.column(places["symbol"]).to_pylist()
    for symbol, *row in zip(symbols, *columns, strict=True):
        rows.setdefault(str(symbol), []).append(row)
    return {symbol: sorted(found, key=lambda row: str(row[0])) for symbol, found in rows.items()}
