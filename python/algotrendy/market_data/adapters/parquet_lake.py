"""The lake: Parquet files of integer columns, the instrument in each file's metadata.

`<symbol>.parquet` holds bars, `ticks/<symbol>.parquet` the trades that they were folded from, and
`quotes/<symbol>.parquet` quotes. Any Parquet reader (DuckDB, polars, pandas) can query them:
`SELECT * FROM 'lake/*.parquet'`.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.domain.tick import QuoteColumns, TradeColumns
from algotrendy.errors import FailedPreconditionError, SymbolNotFoundError
from algotrendy.market_data.adapters.tick_files import TickFile, content_of
from algotrendy.market_data.ticks import Columns, QuoteSeries, TickSeries, TradeSeries

_COLUMNS: Final = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")
_INSTRUMENT_KEY: Final = b"algotrendy.instrument"
# The digest of a file's own ticks. The bars have that of their trades, which tells that the two
# files belong together.
_TICKS_KEY: Final = b"algotrendy.ticks"
# The digest of the bars, and of their trades: what quotes belong to has the same one.
_SERIES_KEY: Final = b"algotrendy.series"
_SUFFIX: Final = ".parquet"
_TICKS: Final = "ticks"
_QUOTES: Final = "quotes"


class ParquetLake:
    """Bars, trades and quotes in a folder.

    Parameters
    ----------
    folder : Path
        Where the files are; it exists, and its folders `ticks` and `quotes`.
    write : callable of (file name, content)
        Replaces a file of the folder, all or nothing, and syncs it.
    """

    def __init__(self, folder: Path, write: Callable[[str, bytes], object]) -> None:
        self._folder = folder
        self._write = write

    def put(self, bars: BarColumns, trades: TradeColumns | None = None) -> None:
        """See `BarStore`."""
        name = _file_name(bars.instrument.symbol)
        metadata = {_INSTRUMENT_KEY: _encode(bars.instrument)}
        if trades is not None:
            metadata[_TICKS_KEY] = _digest(trades.columns(), metadata)
            # Before the bars, whose digest makes them count: until then there are no trades.
            self._write(f"{_TICKS}/{name}", content_of(trades.columns(), metadata))
        metadata[_SERIES_KEY] = _digest(bars.columns(), metadata)
        self._write(name, content_of(bars.columns(), metadata))
        # What stays behind counts no more.
        if trades is None:
            self._remove(_TICKS, name)
        self._remove(_QUOTES, name)

    def get(self, symbol: str) -> BarColumns:
        """See `BarStore`."""
        try:
            table = pa.parquet.read_table(self._folder / _file_name(symbol), partitioning=None)
        except FileNotFoundError:
            _refuse(symbol)
        columns = (np.asarray(table.column(name)) for name in _COLUMNS)
        return BarColumns(_decode(table.schema.metadata), *columns)

    def instrument(self, symbol: str) -> Instrument:
        """See `BarStore`."""
        return _decode(self._metadata(symbol))

    def trades(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None, *, skip: int = 0
    ) -> TradeSeries | None:
        """See `BarStore`."""
        digest = self._metadata(symbol).get(_TICKS_KEY)
        if digest is None:
            return None
        belonging, kind = (_TICKS_KEY, digest), TradeColumns
        return self._ticks(_TICKS, symbol, kind, belonging, (start_time_ns, end_time_ns), skip)

    def put_quotes(self, quotes: QuoteColumns) -> None:
        """See `BarStore`."""
        symbol = quotes.instrument.symbol
        of = self._metadata(symbol)
        if _decode(of) != quotes.instrument:
            raise FailedPreconditionError(
                f"The bars of {symbol} are of another instrument than its quotes; import the "
                "quotes again.",
                symbol=symbol,
            )
        metadata = {_INSTRUMENT_KEY: of[_INSTRUMENT_KEY], _SERIES_KEY: of.get(_SERIES_KEY, b"")}
        metadata[_TICKS_KEY] = _digest(quotes.columns(), metadata)
        self._write(f"{_QUOTES}/{_file_name(symbol)}", content_of(quotes.columns(), metadata))

    def quotes(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None, *, skip: int = 0
    ) -> QuoteSeries | None:
        """See `BarStore`."""
        # Bars that were written before there were quotes have no digest.
        belonging = (_SERIES_KEY, self._metadata(symbol).get(_SERIES_KEY, b""))
        times, kind = (start_time_ns, end_time_ns), QuoteColumns
        return self._ticks(_QUOTES, symbol, kind, belonging, times, skip)

    def instruments(self) -> Sequence[Instrument]:
        """See `BarStore`."""
        paths = self._folder.glob(f"*{_SUFFIX}")
        instruments = (
            _decode(pa.parquet.read_schema(path).metadata)
            for path in paths
            if not path.name.startswith(".")
        )
        return sorted(instruments, key=lambda instrument: instrument.symbol)

    def _metadata(self, symbol: str) -> Mapping[bytes, bytes]:
        try:
            schema = pa.parquet.read_schema(self._folder / _file_name(symbol))
        except FileNotFoundError:
            _refuse(symbol)
        metadata: Mapping[bytes, bytes] = schema.metadata
        return metadata

    def _ticks(
        self,
        folder: str,
        symbol: str,
        kind: type[Columns],
        belonging: tuple[bytes, bytes],
        time_range: tuple[int | None, int | None],
        skip: int,
    ) -> TickSeries[Columns] | None:
        """Return the ticks in a file that belongs to the bars: the two share what is named."""
        try:
            file = TickFile(self._folder / folder / _file_name(symbol), kind)
        except FileNotFoundError:
            return None
        key, value = belonging
        if file.metadata.get(key) != value:
            file.close()
            return None
        digest = file.metadata[_TICKS_KEY].decode()
        return file.series(_decode(file.metadata), digest, time_range, skip)

    def _remove(self, folder: str, name: str) -> None:
        with suppress(OSError):
            (self._folder / folder / name).unlink()


def _file_name(symbol: str) -> str:
    # A dot is quoted too: no symbol is a hidden file or a parent folder.
    return quote(symbol, safe="").replace(".", "%2E") + _SUFFIX


def _refuse(symbol: str) -> NoReturn:
    raise SymbolNotFoundError(
        f"There is no data of {symbol}; import it first.", symbol=symbol
    ) from None


def _digest(columns: Mapping[str, NDArray[Any]], metadata: Mapping[bytes, bytes]) -> bytes:
    """Return what tells columns, and the file they are of, from others."""
    digest = hashlib.blake2b(digest_size=16)
    for text in metadata.values():
        digest.update(text)
    for column in columns.values():
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest().encode()


def _encode(instrument: Instrument) -> bytes:
    return json.dumps(instrument.core_terms).encode()


def _decode(metadata: Mapping[bytes, bytes]) -> Instrument:
    terms = json.loads(metadata[_INSTRUMENT_KEY])
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
