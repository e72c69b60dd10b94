"""Parquet files of trades and of quotes, written and read in groups of rows."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Generic

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from algotrendy.domain.instrument import Instrument
from algotrendy.market_data.ticks import Columns, TickSeries

# What is read at once: a page or two of what a client asks for, 5 MB of quotes.
ROWS_A_GROUP: Final = 2**17


def content_of(columns: Mapping[str, NDArray[Any]], metadata: Mapping[bytes, bytes]) -> bytes:
    """Return the content of a Parquet file of integer columns."""
    fields = [
        pa.field(name, pa.from_numpy_dtype(column.dtype), nullable=False)
        for name, column in columns.items()
    ]
    table = pa.table(dict(columns), schema=pa.schema(fields, metadata=dict(metadata)))
    content = BytesIO()
    pa.parquet.write_table(table, content, compression="zstd", row_group_size=ROWS_A_GROUP)
    return content.getvalue()


class TickFile(Generic[Columns]):
    """An open file of ticks, its rows in time order; closed once its chunks are read.

    Parameters
    ----------
    path : Path
        The file; a `FileNotFoundError` where there is none.
    kind : type of TradeColumns or QuoteColumns
        What it holds: the columns have the names of the fields.
    """

    def __init__(self, path: Path, kind: type[Columns]) -> None:
        self._file = pa.parquet.ParquetFile(path)
        self._kind = kind
        groups = [self._file.metadata.row_group(at) for at in range(self._file.num_row_groups)]
        times = [group.column(0).statistics for group in groups]
        self._first_times: list[int] = [each.min for each in times]
        self._last_times: list[int] = [each.max for each in times]
        # The places of the groups' first rows; behind them the number of all rows.
        self._starts: list[int] = np.cumsum([0, *(group.num_rows for group in groups)]).tolist()
        self.metadata: Mapping[bytes, bytes] = self._file.schema_arrow.metadata

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def series(
        self,
        instrument: Instrument,
        digest: str,
        time_range: tuple[int | None, int | None],
        skip: int,
    ) -> TickSeries[Columns]:
        """Return the ticks whose time lies in `[start, end)` without the first `skip` of them."""
        start_time_ns, end_time_ns = time_range
        first = 0 if start_time_ns is None else self._place(start_time_ns)
        end = self._starts[-1] if end_time_ns is None else self._place(end_time_ns)
        first = min(first + skip, max(first, end))
        return TickSeries(
            instrument,
            self._first_times[0],
            self._last_times[-1],
            max(0, end - first),
            digest,
            self._chunks(instrument, first, max(first, end)),
        )

    def _place(self, time_ns: int) -> int:
        """Return the place of the first row that is not before a time."""
        group = bisect_left(self._last_times, time_ns)
        if group == len(self._last_times) or self._first_times[group] >= time_ns:
            return self._starts[group]
        times = np.asarray(self._file.read_row_group(group, columns=["time_ns"])["time_ns"])
        return self._starts[group] + int(np.searchsorted(times, time_ns))

    def _chunks(self, instrument: Instrument, first: int, end: int) -> Iterator[Columns]:
        with self._file:
            # One chunk at least, though it be empty.
            group = min(bisect_right(self._starts, first), len(self._first_times)) - 1
            while True:
                start = self._starts[group]
                table = self._file.read_row_group(group)
                columns = {name: np.asarray(table[name]) for name in table.column_names}
                yield self._kind(instrument, **columns).rows(
                    slice(max(0, first - start), end - start)
                )
                group += 1
                if self._starts[group] >= end:
                    return
