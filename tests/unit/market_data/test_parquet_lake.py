"""The lake keeps what it was given."""

import errno
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.clock import SECOND_NS
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import DataFolderError, StorageFullError, SymbolNotFoundError
from algotrendy.market_data.adapters import tick_files
from algotrendy.market_data.adapters.parquet_lake import ParquetLake
from algotrendy.storage.data_folder import DataFolder
from algotrendy.storage.file_system import LocalFileSystem
from algotrendy.testing.market_data import daily_bars, random_bars, trades_of


def lake_in(folder: DataFolder) -> ParquetLake:
    return ParquetLake(folder.lake, lambda name, content: folder.write(f"lake/{name}", content))


def test_bars_come_back_as_they_were_put(tmp_path: Path) -> None:
    lake = lake_in(DataFolder(tmp_path))
    bars = random_bars("BRK.B", count=500, seed=1)
    lake.put(bars)
    assert list(lake.get("BRK.B")) == list(bars)
    assert lake.get("BRK.B").instrument == bars.instrument


def test_the_instrument_comes_back_with_every_term(tmp_path: Path) -> None:
    lake = lake_in(DataFolder(tmp_path))
    bars = daily_bars("X", [100])
    terms = Instrument(
        "ES=F", InstrumentKind.FUTURE, "EUR", Decimal("0.25"), Decimal("0.001"), multiplier=50
    )
    object.__setattr__(bars, "instrument", terms)
    lake.put(bars)
    assert lake.instruments() == [terms]


def test_putting_again_replaces_the_series(tmp_path: Path) -> None:
    lake = lake_in(DataFolder(tmp_path))
    lake.put(daily_bars("SPY", [100, 101, 102]))
    lake.put(daily_bars("SPY", [200]))
    assert lake.get("SPY").close.tolist() == [200]


def test_ticks_come_back_group_by_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tick_files, "ROWS_A_GROUP", 4)
    lake = lake_in(DataFolder(tmp_path))
    ticks = replace(
        trades_of(range(100, 110), seconds=1), side=np.array([1, -1] * 5, dtype=np.int8)
    )
    lake.put(daily_bars("BRK.B", [100]), ticks)
    series = lake.trades("BRK.B", None, None)
    assert series is not None
    chunks = list(series.chunks)
    assert [len(chunk) for chunk in chunks] == [4, 4, 2]
    for name, column in ticks.table().items():
        assert np.concatenate([chunk.table()[name] for chunk in chunks]).tolist() == column.tolist()
    assert series.instrument == Instrument("BRK.B")
    assert (series.first_time_ns, series.last_time_ns) == (0, 9 * SECOND_NS)


@pytest.mark.parametrize(
    ("start_s", "end_s", "prices"),
    [
        (None, 4, [100, 101, 102, 103]),
        (4, 8, [104, 105, 106, 107]),
        (7, None, [107, 108, 109]),
        (3, 5, [103, 104]),
        (20, None, []),
        (5, 3, []),
    ],
)
def test_a_range_of_ticks_reads_no_more_groups_than_hold_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start_s: int | None,
    end_s: int | None,
    prices: list[int],
) -> None:
    monkeypatch.setattr(tick_files, "ROWS_A_GROUP", 4)
    lake = lake_in(DataFolder(tmp_path))
    lake.put(daily_bars("SPY", [100]), trades_of(range(100, 110), seconds=1))
    times = (None if time_s is None else time_s * SECOND_NS for time_s in (start_s, end_s))
    series = lake.trades("SPY", *times)
    assert series is not None
    chunks = list(series.chunks)
    assert [price for chunk in chunks for price in chunk.price.tolist()] == prices
    assert len(chunks) <= 2
    assert series.first_time_ns <= series.last_time_ns


def test_a_series_put_without_ticks_has_none_any_more(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    lake = lake_in(folder)
    lake.put(daily_bars("SPY", [100]), trades_of([100]))
    lake.put(daily_bars("SPY", [100]))
    assert lake.trades("SPY", None, None) is None
    assert not list((folder.lake / "ticks").iterdir())


def test_ticks_of_an_unknown_symbol_are_not_found(tmp_path: Path) -> None:
    with pytest.raises(SymbolNotFoundError):
        lake_in(DataFolder(tmp_path)).trades("SPY", None, None)


def test_ticks_whose_bars_were_not_written_do_not_count(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    lake_in(folder).put(daily_bars("SPY", [100]), trades_of([100]))

    def write_ticks_alone(name: str, content: bytes) -> None:
        if not name.startswith("ticks/"):
            raise StorageFullError("Full.")
        folder.write(f"lake/{name}", content)

    broken = ParquetLake(folder.lake, write_ticks_alone)
    with pytest.raises(StorageFullError):
        broken.put(daily_bars("SPY", [200]), trades_of([200]))
    assert broken.get("SPY").close.tolist() == [100]
    assert broken.trades("SPY", None, None) is None


@given(symbol=st.text("aB.-_^=/", min_size=1, max_size=8))
def test_any_symbol_has_a_file_of_its_own_inside_the_lake(
    tmp_path_factory: pytest.TempPathFactory, symbol: str
) -> None:
    written: list[str] = []
    lake = ParquetLake(tmp_path_factory.getbasetemp(), lambda name, _: written.append(name))
    lake.put(daily_bars(symbol, [100]))
    assert "/" not in written[0]
    assert not written[0].startswith(".")


def test_an_unknown_symbol_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SymbolNotFoundError) as refusal:
        lake_in(DataFolder(tmp_path)).get("SPY")
    assert refusal.value.metadata == {"symbol": "SPY"}


def test_any_parquet_reader_can_query_the_lake(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    lake_in(folder).put(daily_bars("SPY", [100, 103]))
    query = f"SELECT max(close), count(*) FROM '{folder.lake}/*.parquet'"  # noqa: S608  # A test's own path.
    assert duckdb.sql(query).fetchall() == [(103, 2)]


class FullDisk(LocalFileSystem):
    """A disk on which no Parquet file can be written, for one reason."""

    def __init__(self, number: int) -> None:
        self._number = number

    def write(self, path: Path, content: bytes, mode: int) -> None:
        if path.suffix == ".parquet":
            raise OSError(self._number, "injected")
        super().write(path, content, mode)


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, StorageFullError), (errno.EACCES, DataFolderError)]
)
def test_a_full_or_unwritable_disk_leaves_the_old_series(
    tmp_path: Path, number: int, error: type[Exception]
) -> None:
    lake_in(DataFolder(tmp_path)).put(daily_bars("SPY", [100]))
    broken = lake_in(DataFolder(tmp_path, FullDisk(number)))
    with pytest.raises(error):
        broken.put(daily_bars("SPY", [200]))
    assert broken.get("SPY").close.tolist() == [100]
