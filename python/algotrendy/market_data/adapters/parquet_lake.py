"""The lake: one Parquet file per symbol, integer columns, the instrument in the file's metadata.

Any Parquet reader (DuckDB, polars, pandas) can query it: `SELECT * FROM 'lake/*.parquet'`.
"""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import SymbolNotFoundError

_COLUMNS = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")
_INSTRUMENT_KEY = b"algotrendy.instrument"
_SUFFIX = ".parquet"


class ParquetLake:
    """Bars in a folder.

    Parameters
    ----------
    folder : Path
        Where the files are; it exists.
    write : callable of (file name, content)
        Replaces a file of the folder, all or nothing, and syncs it.
    """

    def __init__(self, folder: Path, write: Callable[[str, bytes], object]) -> None:
        self._folder = folder
        self._write = write

    def put(self, bars: BarColumns) -> None:
        """See `BarStore`."""
        schema = pa.schema(
            [pa.field(name, pa.int64(), nullable=False) for name in _COLUMNS],
            metadata={_INSTRUMENT_KEY: _encode(bars.instrument)},
        )
        table = pa.table({name: getattr(bars, name) for name in _COLUMNS}, schema=schema)
        content = BytesIO()
        pa.parquet.write_table(table, content, compression="zstd")
        self._write(_file_name(bars.instrument.symbol), content.getvalue())

    def get(self, symbol: str) -> BarColumns:
        """See `BarStore`."""
        try:
            table = pa.parquet.read_table(self._folder / _file_name(symbol), partitioning=None)
        except FileNotFoundError:
            raise SymbolNotFoundError(
                f"There is no data of {symbol}; import it first.", symbol=symbol
            ) from None
        columns = (np.asarray(table.column(name)) for name in _COLUMNS)
        return BarColumns(_decode(table.schema), *columns)

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


def _encode(instrument: Instrument) -> bytes:
    terms = {
        "symbol": instrument.symbol,
        "kind": instrument.kind.value,
        "currency": instrument.currency,
        "tick_size": str(instrument.tick_size),
        "lot_size": str(instrument.lot_size),
        "multiplier": instrument.multiplier,
    }
    return json.dumps(terms).encode()


def _decode(schema: pa.Schema) -> Instrument:
    terms = json.loads(schema.metadata[_INSTRUMENT_KEY])
    return Instrument(
        symbol=terms["symbol"],
        kind=InstrumentKind(terms["kind"]),
        currency=terms["currency"],
        tick_size=Decimal(terms["tick_size"]),
        lot_size=Decimal(terms["lot_size"]),
        multiplier=terms["multiplier"],
    )
