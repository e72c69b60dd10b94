"""The columns a run ends with, as Arrow tables of exact decimals and UTC times.

The core hands over columns: `int64` in units of the instrument or of the currency, where the
smallest `int64` is null, amounts of the account as the two words of each 128-bit integer, and text
as lists, as codes with their names or as Arrow lays it out. Here they become tables that polars,
pandas and DuckDB read: times are `timestamp[ns, UTC]` and lose the `_ns` of their names, prices,
quantities and amounts are `decimal128`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.errors import ColumnLengthError, InvalidArgumentError

NULL: Final = np.iinfo(np.int64).min
"""The `int64` that stands for null in the core's columns."""

Coded: TypeAlias = tuple[NDArray[Any], Sequence[str]]
"""Codes, -1 for null, and the names they stand for."""
Packed: TypeAlias = tuple[NDArray[np.int32], NDArray[np.uint8], tuple[()]]
"""Where each text begins and the last one ends, and all of it in UTF-8; nothing is null."""
Text: TypeAlias = Sequence[str | None] | Coded | Packed
Column: TypeAlias = NDArray[Any] | Text
Columns: TypeAlias = Mapping[str, Column]

_DIGITS: Final = 38
_TIME: Final = pa.timestamp("ns", tz="UTC")

# What each column is: the key says how to read it.
_SCHEMAS: Final[Mapping[str, Mapping[str, str]]] = {
    "orders": {
        "order_id": "text",
        "client_order_id": "text",
        "symbol": "name",
        "side": "name",
        "order_type": "name",
        "quantity": "quantity",
        "limit_price": "price",
        "stop_price": "price",
        "reference_price": "price",
        "time_in_force": "name",
        "status": "name",
        "filled_quantity": "quantity",
        "create_time_ns": "time",
        "end_time_ns": "time",
        "reason": "name",
        "rule": "name",
        "tag": "name",
    },
    "fills": {
        "execution_id": "text",
        "order_id": "text",
        "symbol": "name",
        "side": "name",
        "quantity": "quantity",
        "price": "price",
        "fee": "own_money",
        "time_ns": "time",
        "is_maker": "flag",
    },
    "positions": {
        "symbol": "name",
        "side": "name",
        "quantity": "quantity",
        "open_time_ns": "time",
        "close_time_ns": "time",
        "open_price": "price",
        "close_price": "price",
        "profit": "own_money",
        "fees": "own_money",
    },
    "rejections": {
        "order_id": "text",
        "symbol": "name",
        "time_ns": "time",
        "reason": "name",
        "rule": "name",
        "limit": "text",
        "observed": "text",
    },
    "equity": {"time_ns": "time", "equity": "money", "cash": "money"},
    "exposure": {"time_ns": "time", "gross": "money", "net": "money", "position_count": "count"},
    "costs": {"time_ns": "time", "fees_total": "money", "costs": "money"},
}
# The core's word is short; a reader of the table has only the column's name.
_RENAMED: Final = {"costs": {"fees_total": "fees", "costs": "slippage"}}

TABLES: Final = tuple(_SCHEMAS)
"""The names of a result's tables."""


def make_table(
    name: str,
    columns: Mapping[str, Columns],
    instruments: Mapping[str, Instrument],
    currency: str,
) -> pa.Table:
    """Return one of `TABLES` from the core's columns.

    Raises
    ------
    InvalidArgumentError
        If a column is missing or no column of its kind, or a symbol has no instrument.
    ColumnLengthError
        If columns differ in length.
    """
    given = columns[name]
    if name == "positions":
        given = _after_fees(given)
    maker = _Maker(name, given, instruments, currency)
    renamed = _RENAMED.get(name, {})
    return pa.table(
        {
            renamed.get(column, column.removesuffix("_ns")): maker.make(column, kind)
            for column, kind in _SCHEMAS[name].items()
        }
    )


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return a table's rows; times are ns UTC under the table's names, None where there is none."""
    plain = [
        column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        for column in table.columns
    ]
    rows: list[dict[str, Any]] = pa.table(plain, names=table.column_names).to_pylist()
    return rows


def times_of(table: pa.Table, name: str = "time") -> NDArray[np.int64]:
    """Return a column of times without nulls in ns UTC; shape (n_rows,)."""
    times: NDArray[np.int64] = table[name].cast(pa.int64()).to_numpy()
    return times


def floats_of(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column of numbers as `float64`, NaN for null; shape (n_rows,)."""
    values: NDArray[np.float64] = table[name].cast(pa.float64()).to_numpy()
    return values


class _Maker:
    """Makes the columns of one table; remembers each row's scales."""

    def __init__(
        self,
        table: str,
        columns: Columns,
        instruments: Mapping[str, Instrument],
        currency: str,
    ) -> None:
        self._table = table
        self._columns = columns
        self._instruments = instruments
        self._money_scale = currency_scale(currency)
        self._length: int | None = None
        self._symbols: Coded | None = None
        self._used: NDArray[np.intp] | None = None

    def make(self, name: str, kind: str) -> pa.Array:
        if name not in self._columns:
            raise InvalidArgumentError(
                f"{self._table} has no column {name}.", field=name, table=self._table
            )
        column = self._columns[name]
        makers: Mapping[str, Callable[[str, Any], pa.Array]] = {
            "text": _text,
            "name": _name,
            "time": _time,
            "flag": _flag,
            "count": _count,
            "money": lambda given, values: _money(given, values, self._money_scale),
            "own_money": lambda given, values: self._scaled(given, values, _own_money_scale),
            "price": lambda given, values: self._scaled(given, values, _price_scale),
            "quantity": lambda given, values: self._scaled(given, values, _quantity_scale),
        }
        made = makers[kind](name, column)
        self._length = len(made) if self._length is None else self._length
        if len(made) != self._length:
            raise ColumnLengthError(
                f"{name} of {self._table} has {len(made)} rows; the columns before it"
                f" {self._length}.",
                column=name,
                table=self._table,
            )
        return made

    def _scaled(
        self,
        name: str,
        values: Any,  # noqa: ANN401
        scale_of: Callable[[Instrument], int],
    ) -> pa.Array:
        """Bring every row to the finest scale of all rows: a column has one."""
        is_price = scale_of is _price_scale
        if is_price and isinstance(values, np.ndarray) and values.dtype == np.float64:
            return _array(pa.float64(), values, np.isnan(values))  # An average, of no scale.
        codes, symbols = self._row_symbols()
        scales = np.array([scale_of(self._instrument(each)) for each in symbols], dtype=np.int64)
        if self._used is None:
            self._used = np.flatnonzero(np.bincount(codes, minlength=len(symbols)))
        used = scales[self._used] if len(codes) else scales
        finest = int(used.max()) if len(used) else 0
        if len(used) and int(used.min()) < finest and len(values) == len(codes):
            values = _rescaled(_int64(name, values), finest - scales[codes])
        return _decimal(name, values, finest)

    def _row_symbols(self) -> Coded:
        if self._symbols is None:
            column: Any = self._columns["symbol"]
            if isinstance(column, tuple):
                self._symbols = np.asarray(column[0]), column[1]
            else:
                names = sorted({str(symbol) for symbol in column})
                places = {symbol: place for place, symbol in enumerate(names)}
                codes = np.array([places[str(symbol)] for symbol in column], dtype=np.int64)
                self._symbols = codes, names
        return self._symbols

    def _instrument(self, symbol: str) -> Instrument:
        if symbol not in self._instruments:
            known = ", ".join(sorted(self._instruments)) or "none"
            raise InvalidArgumentError(
                f"{self._table} names {symbol}, which has no instrument; known are {known}.",
                field="symbol",
                value=symbol,
            )
        return self._instruments[symbol]


def _price_scale(instrument: Instrument) -> int:
    return instrument.price_scale


def _quantity_scale(instrument: Instrument) -> int:
    return instrument.quantity_scale


def _own_money_scale(instrument: Instrument) -> int:
    return currency_scale(instrument.currency)


def _after_fees(positions: Columns) -> Columns:
    """Take the fees off the profits, as whoever reads a profit expects."""
    if not {"profit", "fees"} <= set(positions):
        return positions  # The missing one is refused by its name.
    profit, fees = (_int64(name, positions[name]) for name in ("profit", "fees"))
    return {**positions, "profit": profit - fees} if len(profit) == len(fees) else positions


def _int64(name: str, values: object) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.dtype != np.int64 or array.ndim != 1:
        raise InvalidArgumentError(
            f"{name} is {array.dtype} of {array.ndim} dimensions; expected a column of int64.",
            field=name,
            value=str(array.dtype),
        )
    return array


def _rescaled(values: NDArray[np.int64], digits: NDArray[np.int64]) -> NDArray[Any]:
    factors = 10**digits
    limit = np.iinfo(np.int64).max // factors
    is_null = values == NULL
    if np.all(is_null | (np.abs(np.where(is_null, 0, values)) <= limit)):
        return np.where(is_null, values, np.where(is_null, 0, values) * factors)
    exact = [
        None if null else int(value) * int(factor)
        for value, factor, null in zip(values, factors, is_null, strict=True)
    ]
    return np.array(exact, dtype=object)


def _decimal(name: str, values: Any, scale: int) -> pa.Array:  # noqa: ANN401
    """Return units of 10^-scale as `decimal128`, whose 128 bits are the integer itself."""
    kind = pa.decimal128(_DIGITS, scale)
    if isinstance(values, np.ndarray) and values.dtype == object:
        return pa.array(
            [None if unit is None else from_units(unit, scale) for unit in values], kind
        )
    units = _int64(name, values)
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63  # The sign, in all of the upper bits.
    return _array(kind, words, units == NULL)


def _money(name: str, values: Any, scale: int) -> pa.Array:  # noqa: ANN401
    """Return amounts, given as units or as the words of each, as `decimal128`."""
    if np.shape(values)[1:] != (2,) or values.dtype != np.int64:
        return _decimal(name, values, scale)
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.decimal128(_DIGITS, scale), len(values), [None, data], 0)


def _array(kind: pa.DataType, values: NDArray[Any], is_null: NDArray[np.bool_]) -> pa.Array:
    """Return values as Arrow, which shares their memory.

    `pyarrow.array` would import pandas first, which takes longer than most runs.
    """
    validity = pa.py_buffer(np.packbits(~is_null, bitorder="little")) if is_null.any() else None
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(is_null), [validity, data], int(is_null.sum()))


def _time(name: str, values: object) -> pa.Array:
    times = _int64(name, values)
    return _array(_TIME, times, times == NULL)


def _count(name: str, values: object) -> pa.Array:
    counts = _int64(name, values)
    return _array(pa.int64(), counts, counts == NULL)


def _flag(_name: str, values: object) -> pa.Array:
    flags = np.asarray(values, dtype=np.bool_)
    packed = np.packbits(flags, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, pa.py_buffer(packed)])


def _text(name: str, values: Any) -> pa.Array:  # noqa: ANN401
    if not isinstance(values, tuple):
        return _strings(name, values)
    if values[2:] != ((),):
        return _coded(values).cast(pa.string())
    offsets, data, _ = values
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


def _strings(name: str, values: Iterable[str | None]) -> pa.Array:
    """Return text as Arrow lays it out: one after the other, with where each begins."""
    whole = list(values)
    try:
        encoded = [b"" if text is None else text.encode() for text in whole]
    except AttributeError as error:
        raise InvalidArgumentError(
            f"{name} holds something else than text: {error}.", field=name
        ) from error
    offsets = np.zeros(len(whole) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    is_valid = np.array([text is not None for text in whole], dtype=np.bool_)
    validity = pa.py_buffer(np.packbits(is_valid, bitorder="little"))
    data = pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(whole), pa.py_buffer(offsets), data, validity)


def _name(name: str, values: Any) -> pa.Array:  # noqa: ANN401
    """Return text of which there are few, each kept once."""
    return _coded(values) if isinstance(values, tuple) else _text(name, values).dictionary_encode()


def _coded(values: tuple[NDArray[Any], Sequence[str]]) -> pa.DictionaryArray:
    codes = np.asarray(values[0], dtype=np.int32)
    indices = _array(pa.int32(), codes, codes < 0)
    return pa.DictionaryArray.from_arrays(indices, _strings("names", values[1]))
