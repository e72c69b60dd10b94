"""Files of market data: the user's CSV and Parquet, and data sets that packages carry."""

import csv
import gzip
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from algotrendy.domain.bar import Int64Column
from algotrendy.domain.clock import DAY_NS, SECOND_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, TradeColumns
from algotrendy.errors import DataFileError, NotFoundError
from algotrendy.market_data.adapters.column_roles import (
    QUOTE_SIZES,
    recognise,
    recognise_quotes,
)
from algotrendy.market_data.adapters.columns import Column, sides, times_ns, units
from algotrendy.market_data.model import (
    BarRows,
    FileSource,
    Rounding,
    Source,
    TradeRows,
)
from algotrendy.market_data.quote_import import QuoteRows

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_DELIMITERS = ",;\t|"

_NEW_YORK = ZoneInfo("America/New_York")
_SESSION = (time(9, 30), time(16, 0))
# Which column plays which part, of a file's name, its columns and what the caller has said.
_Recognise = Callable[[str, Sequence[str], Mapping[str, str]], dict[str, str]]
# S&P 500 and NASDAQ Composite, daily, 1999 to 2018.
_BUNDLED: Mapping[str, tuple[str, str]] = {
    "arch:sp500": ("arch", "data/sp500/sp500.csv.gz"),
    "arch:nasdaq": ("arch", "data/nasdaq/nasdaq.csv.gz"),
}


class SourceFiles:
    """Reads files of this machine."""

    def read(self, source: Source, instrument: Instrument) -> BarRows | TradeRows:
        """See `SourceReader`."""
        if isinstance(source, FileSource):
            return _read_file(Path(source.path), source.columns, instrument)
        return _in_sessions(_read_file(_bundled_path(source.name), {}, instrument))

    def read_quotes(self, source: FileSource, instrument: Instrument) -> QuoteRows:
        """See `SourceReader`."""
        columns = _read_columns(Path(source.path), source.columns, recognise_quotes)
        return _quotes(source.path, columns, instrument)


def _bundled_path(name: str) -> Path:
    if name not in _BUNDLED:
        raise NotFoundError(
            f"No bundled data set is called {name!r}; there are {', '.join(sorted(_BUNDLED))}.",
            field="bundled_name",
            value=name,
        )
    package, path = _BUNDLED[name]
    # Found without importing it, which takes seconds.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataFileError(
            f"{name} is carried by the package {package}, which is not installed.",
            file=name,
            package=package,
        )
    return Path(spec.submodule_search_locations[0]) / path


def _in_sessions(rows: BarRows | TradeRows) -> BarRows:
    """Return daily rows with the hours of the New York exchanges."""
    if not isinstance(rows, BarRows):
        raise TypeError(f"{rows.name} holds ticks; bundled data sets are daily bars.")
    dates = [date(1970, 1, 1) + timedelta(days=int(day)) for day in rows.open_time_ns // DAY_NS]
    open_time_ns, close_time_ns = (_session_times(dates, clock) for clock in _SESSION)
    return replace(rows, open_time_ns=open_time_ns, close_time_ns=close_time_ns)


def _session_times(dates: Sequence[date], clock: time) -> Int64Column:
    times = (datetime.combine(day, clock, _NEW_YORK) for day in dates)
    return np.array([int(moment.timestamp()) * SECOND_NS for moment in times], dtype=np.int64)


def _read_file(path: Path, given: Mapping[str, str], instrument: Instrument) -> BarRows | TradeRows:
    columns = _read_columns(path, given, recognise)
    return (_bars if "open" in columns else _trades)(str(path), columns, instrument)


def _read_columns(path: Path, given: Mapping[str, str], roles_of: _Recognise) -> dict[str, Column]:
    """Return the columns of a file by role."""
    file = str(path)
    try:
        # A device or a pipe has no end, and a directory no content.
        if path.exists() and not path.is_file():
            raise DataFileError(f"{file} is no regular file.", file=file)
        with path.open("rb") as stream:
            magic = stream.read(len(_PARQUET_MAGIC))
        if not magic:
            raise DataFileError(f"{file} is empty.", file=file)
        if magic == _PARQUET_MAGIC:
            roles, table = _read_parquet(path, given, roles_of)
        else:
            with (gzip.open if magic.startswith(_GZIP_MAGIC) else open)(path, "rb") as stream:
                roles, table = _read_csv(file, cast("BinaryIO", stream), given, roles_of)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise DataFileError(f"{file} cannot be read: {cause}.", file=file, cause=cause) from error
    if not table.num_rows:
        raise DataFileError(f"{file} has no rows.", file=file)
    return {
        role: Column(file, name, table.column(name).combine_chunks())
        for role, name in roles.items()
    }


def _read_parquet(
    path: Path, given: Mapping[str, str], roles_of: _Recognise
) -> tuple[dict[str, str], pa.Table]:
    with pa.parquet.ParquetFile(path) as file:
        roles = roles_of(str(path), file.schema_arrow.names, given)
        return roles, file.read(columns=list(roles.values()))


def _read_csv(
    file: str, stream: BinaryIO, given: Mapping[str, str], roles_of: _Recognise
) -> tuple[dict[str, str], pa.Table]:
    names, delimiter = _header(stream)
    roles = roles_of(file, names, given)
    stream.seek(0)
    broken: list[pa.csv.InvalidRow] = []

    def reject(row: pa.csv.InvalidRow) -> str:
        broken.append(row)
        return "error"

    try:
        # Prices are read as text, which keeps their digits; one thread numbers the rows.
        table = pa.csv.read_csv(
            stream,
            read_options=pa.csv.ReadOptions(use_threads=False),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter, invalid_row_handler=reject),
            convert_options=pa.csv.ConvertOptions(
                include_columns=list(roles.values()),
                column_types=dict.fromkeys(roles.values(), pa.string()),
            ),
        )
    except pa.ArrowInvalid:
        if broken:
            _refuse_row(file, broken[0])
        raise
    return roles, table


def _header(stream: BinaryIO) -> tuple[list[str], str]:
    text = TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    line = text.readline()
    text.detach()
    delimiter = max(_DELIMITERS, key=line.count)
    return next(csv.reader([line], delimiter=delimiter), []), delimiter


def _refuse_row(file: str, row: pa.csv.InvalidRow) -> None:
    # Arrow counts the header as the first row.
    number = row.number - 1
    raise DataFileError(
        f"{file}, row {number}: it has {row.actual_columns} columns, the header has "
        f"{row.expected_columns}.",
        file=file,
        row=str(number),
        value=row.text,
    )


def _bars(file: str, columns: Mapping[str, Column], instrument: Instrument) -> BarRows:
    open_time_ns = times_ns(columns["time"])
    prices = {
        role: units(columns[role], instrument.tick_size, instrument.price_scale)
        for role in ("open", "high", "low", "close")
    }
    return BarRows(
        name=file,
        open_time_ns=open_time_ns,
        close_time_ns=None,
        **{role: values for role, (values, _) in prices.items()},
        volume=_quantities(columns, "volume", instrument),
        rounding=_sum([rounding for _, rounding in prices.values()]),
    )


def _trades(file: str, columns: Mapping[str, Column], instrument: Instrument) -> TradeRows:
    price, rounding = units(columns["price"], instrument.tick_size, instrument.price_scale)
    quantity, _ = units(columns["quantity"], instrument.lot_size, instrument.quantity_scale)
    side = sides(columns["side"]) if "side" in columns else None
    trades = TradeColumns(instrument, times_ns(columns["time"]), price, quantity, side)
    return TradeRows(file, trades, rounding)


def _quotes(file: str, columns: Mapping[str, Column], instrument: Instrument) -> QuoteRows:
    time_ns = times_ns(columns["time"])
    (bid, bid_rounding), (ask, ask_rounding) = (
        units(columns[role], instrument.tick_size, instrument.price_scale)
        for role in ("bid", "ask")
    )
    sizes = (_quantities(columns, role, instrument) for role in QUOTE_SIZES)
    quotes = QuoteColumns(instrument, time_ns, bid, ask, *sizes)
    return QuoteRows(file, quotes, _sum([bid_rounding, ask_rounding]))


def _quantities(columns: Mapping[str, Column], role: str, instrument: Instrument) -> Int64Column:
    """Return a column of quantities, or zeros where no column plays the part."""
    if role not in columns:
        return np.zeros(len(columns["time"].values), dtype=np.int64)
    quantities, _ = units(columns[role], instrument.lot_size, instrument.quantity_scale)
    return quantities


def _sum(roundings: Sequence[Rounding]) -> Rounding:
    return Rounding(
        sum(rounding.count for rounding in roundings),
        max(rounding.largest for rounding in roundings),
    )
