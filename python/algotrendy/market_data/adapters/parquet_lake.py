"""The lake: Parquet files of integer columns, the instrument in each file's metadata.

`<symbol>.parquet` holds bars, `ticks/<symbol>.parquet` the ticks that they were folded from. Any
Parquet reader (DuckDB, polars, pandas) can query them: `SELECT * FROM 'lake/*.parquet'`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import SymbolNotFoundError
from algotrendy.market_data.bar_style import TickColumns, TickSeries

_COLUMNS: Final = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")
_INSTRUMENT_KEY: Final = b"algotrendy.instrument"
# In both files of a symbol: the ticks' digest, which tells that the two belong together.
_TICKS_KEY: Final = b"algotrendy.ticks"
_SUFFIX: Final = ".parquet"
_TICKS: Final = "ticks"
# What is read at once: 24 MB of times, prices and quantities.
_TICKS_A_GROUP: Final = 2**20


class ParquetLake:
    """Bars and ticks in a folder.

    Parameters
    ----------
    folder : Path
        Where the files are; it exists, and its folder `ticks`.
    write : callable of (file name, content)
        Replaces a file of the folder, all or nothing, and syncs it.
    """

    def __init__(self, folder: Path, write: Callable[[str, bytes], object]) -> None:
        self._folder = folder
        self._write = write

    def put(self, bars: BarColumns, ticks: TickColumns | None = None) -> None:
        """See `BarStore`."""
        name = _file_name(bars.instrument.symbol)
        metadata = {_INSTRUMENT_KEY: _encode(bars.instrument)}
        if ticks is not None:
            metadata[_TICKS_KEY] = _digest(ticks, metadata[_INSTRUMENT_KEY])
            # Before the bars, whose digest makes them count: until then there are no ticks.
            self._write(f"{_TICKS}/{name}", _content(_tick_table(ticks, metadata)))
        schema = pa.schema(
            [pa.field(name, pa.int64(), nullable=False) for name in _COLUMNS], metadata=metadata
        )
        table = pa.table({name: getattr(bars, name) for name in _COLUMNS}, schema=schema)
        self._write(name, _content(table))
        if ticks is None:
            # What stays behind counts no more.
            with suppress(OSError):
                (self._folder / _TICKS / name).unlink()

    def get(self, symbol: str) -> BarColumns:
        """See `BarStore`."""
        try:
            table = pa.parquet.read_table(self._folder / _file_name(symbol), partitioning=None)
        except FileNotFoundError:
            _refuse(symbol)
        columns = (np.asarray(table.column(name)) for name in _COLUMNS)
        return BarColumns(_decode(table.schema), *columns)

    def ticks(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> TickSeries | None:
        """See `BarStore`."""
        name = _file_name(symbol)
        try:
            digest = pa.parquet.read_schema(self._folder / name).metadata.get(_TICKS_KEY)
        except FileNotFoundError:
            _refuse(symbol)
        path = self._folder / _TICKS / name
        if digest is None or not path.exists():
            return None
        file = pa.parquet.ParquetFile(path)
        if file.schema_arrow.metadata.get(_TICKS_KEY) != digest:
            file.close()
            return None
        times = [_times(file, group) for group in range(file.num_row_groups)]
        chunks = _chunks(file, times, start_time_ns, end_time_ns)
        return TickSeries(_decode(file.schema_arrow), times[0][0], times[-1][1], chunks)

    def instruments(self) -> Sequence[Instrument]:
        """See `BarStore`."""
        paths = self._folder.glob(f"*{_SUFFIX}")
        instruments = (
            _decode(pa.parquet.read_schema(path)) for path in paths if not path.name.startswith(".")
        )
        return sorted(instruments, key=lambda instrument: instrument.symbol)


def _file_name(symbol: str) -> str:
    # A dot is quoted too: no symbol is a hidden file or a parent folder.
    return quote(symbol, safe="").replace(".", "%2E") + _SUFFIX


def _refuse(symbol: str) -> NoReturn:
    raise SymbolNotFoundError(
        f"There is no data of {symbol}; import it first.", symbol=symbol
    ) from None


def _content(table: pa.Table) -> bytes:
    content = BytesIO()
    pa.parquet.write_table(table, content, compression="zstd", row_group_size=_TICKS_A_GROUP)
    return content.getvalue()


def _tick_table(ticks: TickColumns, metadata: dict[bytes, bytes]) -> pa.Table:
    columns = {"time_ns": ticks.time_ns, "price": ticks.price, "quantity": ticks.quantity}
    sides = {} if ticks.side is None else {"side": ticks.side}
    fields = [
        *(pa.field(name, pa.int64(), nullable=False) for name in columns),
        *(pa.field(name, pa.int8(), nullable=False) for name in sides),
    ]
    return pa.table({**columns, **sides}, schema=pa.schema(fields, metadata=metadata))


def _digest(ticks: TickColumns, instrument: bytes) -> bytes:
    digest = hashlib.blake2b(instrument, digest_size=16)
    for column in ticks.table().values():
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest().encode()


def _times(file: pa.parquet.ParquetFile, group: int) -> tuple[int, int]:
    """Return the first and the last time of a group of rows, which is in time order."""
    statistics = file.metadata.row_group(group).column(0).statistics
    return statistics.min, statistics.max


def _chunks(
    file: pa.parquet.ParquetFile,
    times: Sequence[tuple[int, int]],
    start_time_ns: int | None,
    end_time_ns: int | None,
) -> Iterator[TickColumns]:
    with file:
        for group, (first, last) in enumerate(times):
            before = start_time_ns is not None and last < start_time_ns
            if before or (end_time_ns is not None and first >= end_time_ns):
                continue
            table = file.read_row_group(group)
            columns = {name: np.asarray(table.column(name)) for name in table.column_names}
            yield TickColumns(**columns).between(start_time_ns, end_time_ns)


def _encode(instrument: Instrument) -> bytes:
    return json.dumps(instrument.core_terms).encode()


def _decode(schema: pa.Schema) -> Instrument:
    terms = json.loads(schema.metadata[_INSTRUMENT_KEY])
    if "price_scale" in terms:
        return Instrument.from_core(terms)
    # Written before instruments had margins and sessions.
    return Instrument(
        symbol=terms["symbol"],
        kind=InstrumentKind(terms["kind"]),
        currency=terms["currency"],
        tick_size=Decimal(terms["tick_size"]),
        lot_size=Decimal(terms["lot_size"]),
        multiplier=terms["multiplier"],
    )
