"""Where market data comes from: tables by symbol, long tables, files and folders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import TickColumns
from algotrendy.errors import DataColumnsError, DataFileError, InvalidArgumentError

# Larger Parquet files are read as they are run: a bar takes 56 bytes in memory.
STREAMED_ROWS: Final = 40_000_000

_EXPECTED: Final = (
    "a mapping of symbols to tables or files, a table with a column symbol, "
    "or a Parquet or CSV file or folder of them"
)
_PRICES: Final = frozenset({"open", "high", "low", "close", "price", "bid", "ask", "volume"})
_SYMBOL_NAMES: Final = ("symbol", "ticker")


@dataclass(frozen=True)
class Source:
    """One series as it was given: its name, and a table or a Parquet file to stream.

    A platform's bars and ticks bring their instrument; their integers are in its units.
    """

    name: str
    table: object
    file: pq.ParquetFile | None = None
    instrument: Instrument | None = None

    @property
    def symbol(self) -> str:
        """The instrument's symbol: what stands before the colon of `SPY:1h`."""
        return self.name.partition(":")[0]


def sources(
    data: object, columns: Mapping[str, str] | None = None, *, stream: bool | None = None
) -> list[Source]:
    """Return the series of market data in any form, in the order given.

    Parameters
    ----------
    data : object
        What `algotrendy.backtest.run` takes as data.
    columns : mapping of str to str, optional
        Columns by part, for names that do not tell: `{"symbol": "ric"}`.
    stream : bool, optional
        Whether Parquet files are read as they are run; by default where they are large.

    Raises
    ------
    InvalidArgumentError
        For what is no market data; `DataFileError` and `DataColumnsError` for what cannot be read.
    """
    named = dict(columns or {})
    if isinstance(data, str | PathLike):
        found = _from_path(Path(data), named, stream)
    elif isinstance(data, Mapping) and not _is_table(data, named):
        found = [
            each
            for name, value in data.items()
            for each in _from_value(_checked_name(name), value, stream)
        ]
    elif isinstance(data, Mapping) or hasattr(data, "__arrow_c_stream__"):
        found = _from_long(data, named, None)
    else:
        raise _no_data(data)
    if not found:
        raise InvalidArgumentError("data holds no series.", field="data", expected=_EXPECTED)
    repeated = {each.name for each in found if sum(one.name == each.name for one in found) > 1}
    if repeated:
        raise InvalidArgumentError(
            f"data holds {min(repeated)} more than once; expected each series once.", field="data"
        )
    return found


def arrow_table(value: object) -> pa.Table:
    """Return a table of anything that exports Arrow, or of a mapping of arrays."""
    try:
        if isinstance(value, Mapping):
            return pa.table({str(name): pa.array(array) for name, array in value.items()})
        return pa.table(value)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataColumnsError(f"the table cannot be read: {error}") from error


def file_table(path: Path) -> pa.Table:
    """Return the table in a Parquet or CSV file.

    Raises
    ------
    DataFileError
        If the file cannot be read.
    """
    return _from_file(path.stem, path, stream=False).table


def _no_data(data: object) -> InvalidArgumentError:
    kind = type(data).__name__
    return InvalidArgumentError(
        f"data is of type {kind}; expected {_EXPECTED}.",
        field="data",
        value=kind,
        expected=_EXPECTED,
    )


def _checked_name(name: object) -> str:
    if not isinstance(name, str):
        raise InvalidArgumentError(
            f"data has the key {name!r}; expected a symbol.", field="data", value=repr(name)
        )
    return name


def _is_table(data: Mapping[Any, Any], columns: Mapping[str, str]) -> bool:
    """Whether a mapping is a table of columns rather than of series."""
    symbol = _symbol_column([str(name) for name in data], columns)
    return symbol is not None and isinstance(data[symbol], list | tuple | np.ndarray | pa.Array)


def _symbol_column(names: list[str], columns: Mapping[str, str]) -> str | None:
    if "symbol" in columns:
        return columns["symbol"] if columns["symbol"] in names else None
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in _SYMBOL_NAMES if name in lower), None)


def _from_value(name: str, value: object, stream: bool | None) -> list[Source]:  # noqa: FBT001
    if isinstance(value, BarColumns):
        return [Source(name, value.columns(), instrument=value.instrument)]
    if isinstance(value, TickColumns):
        return [Source(name, value.table(), instrument=value.instrument)]
    if not isinstance(value, str | PathLike):
        return [Source(name, value)]
    return [_from_file(name, Path(value), stream)]


def _from_path(path: Path, columns: Mapping[str, str], stream: bool | None) -> list[Source]:  # noqa: FBT001
    if path.is_dir():
        files = sorted(path.glob("*.parquet")) + sorted(path.glob("*.csv"))
        if not files:
            raise DataFileError(f"{path} holds no Parquet and no CSV files.", file=str(path))
        return [_from_file(file.stem, file, stream) for file in files]
    source = _from_file(path.stem, path, stream)
    if source.file is not None:
        # The rows of several symbols would have to be sorted first.
        is_long = _symbol_column(source.file.schema_arrow.names, columns) is not None
        return _from_long(source.file.read(), columns, path.stem) if is_long else [source]
    return _from_long(source.table, columns, path.stem)


def _from_file(name: str, path: Path, stream: bool | None) -> Source:  # noqa: FBT001
    try:
        if path.suffix == ".csv":
            return Source(name, _read_csv(path))
        file = pq.ParquetFile(path)
        is_streamed = file.metadata.num_rows > STREAMED_ROWS if stream is None else stream
        return Source(name, None, file) if is_streamed else Source(name, file.read())
    except (OSError, pa.ArrowException) as error:
        raise DataFileError(f"{path} cannot be read: {error}", file=str(path)) from error


def _read_csv(path: Path) -> pa.Table:
    """Read a file in which 100 is a price like 100.5, and no number of units."""
    table = pyarrow.csv.read_csv(path)
    for place, field in enumerate(table.schema):
        if field.name.lower() in _PRICES and pa.types.is_integer(field.type):
            table = table.set_column(place, field.name, table[place].cast(pa.float64()))
    return table


def _from_long(data: object, columns: Mapping[str, str], name: str | None) -> list[Source]:
    table = data if isinstance(data, pa.Table) else arrow_table(data)
    symbol = _symbol_column(table.column_names, columns)
    if symbol is None and name is not None:
        return [Source(name, table)]
    if symbol is None:
        found = ", ".join(table.column_names)
        raise DataColumnsError(
            f"the table has no column symbol; it has {found}. "
            'One series is given by its symbol: {"SPY": table}.',
            columns=found,
        )
    return list(_split(table, symbol))


def _split(table: pa.Table, symbol: str) -> Iterator[Source]:
    """Yield each symbol's rows, in the order in which the symbols first come."""
    names = table[symbol].combine_chunks().cast(pa.string()).dictionary_encode()
    if names.null_count:
        raise DataColumnsError(f"the column {symbol} has rows without a symbol.", columns=symbol)
    if isinstance(names, pa.ChunkedArray):
        names = names.combine_chunks()
    codes = names.indices.to_numpy()
    rest = table.drop_columns([symbol])
    if np.any(codes[1:] < codes[:-1]):
        order = np.argsort(codes, kind="stable")
        rest, codes = rest.take(order), codes[order]
    bounds = np.searchsorted(codes, np.arange(len(names.dictionary) + 1)).tolist()
    for place, name in enumerate(names.dictionary.to_pylist()):
        yield Source(name, rest.slice(bounds[place], bounds[place + 1] - bounds[place]))
