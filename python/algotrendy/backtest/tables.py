"""The columns a run ends with, as Arrow tables of exact decimals and UTC times.

The core hands over columns: `int64` in units of the instrument or of the currency, where the
smallest `int64` is null, amounts of the account as the two words of each 128-bit integer, and text
as lists, as codes with their names or as Arrow lays it out. Here they become tables that polars,
pandas and DuckDB read: times are `timestamp[ns, UTC]` and lose the `_ns` of their names, prices,
quantities and amounts are `decimal128`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algotrendy.backtest.arrow_columns import (
    Coded,
    Column,
    count_column,
    decimal_column,
    flag_column,
    int64_column,
    money_column,
    name_column,
    rescaled,
    shared_array,
    text_column,
    time_column,
)
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import currency_scale
from algotrendy.errors import ColumnLengthError, InvalidArgumentError

Columns: TypeAlias = Mapping[str, Column]

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
            "text": text_column,
            "name": name_column,
            "time": time_column,
            "flag": flag_column,
            "count": count_column,
            "money": lambda given, values: money_column(given, values, self._money_scale),
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
            return shared_array(pa.float64(), values, np.isnan(values))  # An average, of no scale.
        codes, symbols = self._row_symbols()
        scales = np.array([scale_of(self._instrument(each)) for each in symbols], dtype=np.int64)
        if self._used is None:
            self._used = np.flatnonzero(np.bincount(codes, minlength=len(symbols)))
        used = scales[self._used] if len(codes) else scales
        finest = int(used.max()) if len(used) else 0
        if len(used) and int(used.min()) < finest and len(values) == len(codes):
            values = rescaled(int64_column(name, values), finest - scales[codes])
        return decimal_column(name, values, finest)

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
    profit, fees = (int64_column(name, positions[name]) for name in ("profit", "fees"))
    return {**positions, "profit": profit - fees} if len(profit) == len(fees) else positions
