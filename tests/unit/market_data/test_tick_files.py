"""Trades and quotes come out of the lake as they went in, in any range and in pages of any size."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, TickColumns, TradeColumns
from algotrendy.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    StorageFullError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters import tick_files
from algotrendy.market_data.adapters.parquet_lake import ParquetLake
from algotrendy.market_data.ports import BarStore
from algotrendy.market_data.ticks import PagePlace, TickSeries, TickTerms, page_of
from algotrendy.storage.data_folder import DataFolder
from algotrendy.testing.market_data import FakeStore, daily_bars, quotes_of, trades_of

INSTRUMENT = Instrument("BRK.B", tick_size=Decimal("0.05"), lot_size=Decimal("0.1"))
BARS = replace(daily_bars("BRK.B", [100]), instrument=INSTRUMENT)

Ticks = TradeColumns | QuoteColumns
Read = Callable[..., TickSeries[Any] | None]

# Few times, so that many ticks share one, within a group of four rows and over groups.
TIMES = st.lists(st.integers(-3, 6), min_size=1, max_size=30).map(sorted)
BOUNDS = st.none() | st.integers(-5, 8)
INT64 = st.integers(-(2**63), 2**63 - 1)


def numbers(
    count: int, of: st.SearchStrategy[int] = INT64, kind: type[np.integer[Any]] = np.int64
) -> st.SearchStrategy[NDArray[Any]]:
    column = st.lists(of, min_size=count, max_size=count)
    return column.map(lambda values: np.array(values, dtype=kind))


@st.composite
def trade_columns(draw: st.DrawFn) -> TradeColumns:
    times = np.array(draw(TIMES), dtype=np.int64)
    price, quantity = (draw(numbers(len(times))) for _ in range(2))
    side = draw(st.none() | numbers(len(times), st.integers(-1, 1), np.int8))
    return TradeColumns(INSTRUMENT, times, price, quantity, side)


@st.composite
def quote_columns(draw: st.DrawFn) -> QuoteColumns:
    times = np.array(draw(TIMES), dtype=np.int64)
    return QuoteColumns(INSTRUMENT, times, *(draw(numbers(len(times))) for _ in range(4)))


@pytest.fixture(autouse=True, scope="module")
def _groups_of_four_rows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tick_files, "ROWS_A_GROUP", 4)
        yield


@pytest.fixture(scope="module", params=["lake", "fake"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BarStore:
    """The lake, and the fake that stands for it in other tests."""
    if request.param == "fake":
        return FakeStore()
    return lake_in(DataFolder(tmp_path_factory.mktemp("lake")))


def lake_in(folder: DataFolder) -> ParquetLake:
    return ParquetLake(folder.lake, lambda name, content: folder.write(f"lake/{name}", content))


def rows(ticks: TickColumns) -> dict[str, list[int]]:
    return {name: column.tolist() for name, column in ticks.columns().items()}


def put(store: BarStore, ticks: Ticks) -> Read:
    """Store ticks, and return how they are read."""
    store.put(BARS, ticks if isinstance(ticks, TradeColumns) else None)
    if isinstance(ticks, QuoteColumns):
        store.put_quotes(ticks)
        return store.quotes
    return store.trades


def read(stored: Read, terms: TickTerms) -> TickSeries[Any]:
    series = stored(terms.symbol, terms.start_time_ns, terms.end_time_ns, skip=terms.skip)
    assert series is not None
    return series


@settings(deadline=None)  # Files are synced.
@given(ticks=trade_columns() | quote_columns(), start=BOUNDS, end=BOUNDS, skip=st.integers(0, 40))
def test_every_range_of_ticks_comes_back_as_it_was_put(
    store: BarStore, ticks: Ticks, start: int | None, end: int | None, skip: int
) -> None:
    series = put(store, ticks)("BRK.B", start, end, skip=skip)
    assert series is not None
    chunks = list(series.chunks)
    inside = [
        place
        for place, time_ns in enumerate(ticks.time_ns.tolist())
        if (start is None or time_ns >= start) and (end is None or time_ns < end)
    ][skip:]
    found = type(ticks).joined(chunks)
    expected = {name: [column[at] for at in inside] for name, column in rows(ticks).items()}
    assert rows(found) == expected
    assert series.count == len(inside)
    assert found.instrument == series.instrument == INSTRUMENT
    assert (series.first_time_ns, series.last_time_ns) == (ticks.time_ns[0], ticks.time_ns[-1])
    assert all(len(chunk) <= 4 for chunk in chunks)
    assert all(len(chunk) for chunk in chunks) or len(chunks) == 1


@settings(deadline=None)  # Files are synced.
@given(
    ticks=trade_columns() | quote_columns(),
    start=BOUNDS,
    end=BOUNDS,
    page_size=st.integers(1, 35),
)
def test_pages_of_any_size_are_the_whole(
    store: BarStore, ticks: Ticks, start: int | None, end: int | None, page_size: int
) -> None:
    stored = put(store, ticks)
    terms = TickTerms("BRK.B", start, end, page_size)
    pages = [page_of(read(stored, terms), terms)]
    while (place := pages[-1].end) is not None:
        assert len(pages[-1].ticks) == page_size
        terms = replace(terms, after=place)
        pages.append(page_of(read(stored, terms), terms))
    assert len(pages) == max(1, -(-len(ticks.between(start, end)) // page_size))
    joined = type(ticks).joined([page.ticks for page in pages])
    assert rows(joined) == rows(ticks.between(start, end))


@pytest.mark.parametrize(
    "changes",
    [
        {"start_time_ns": 1},
        {"end_time_ns": 10**18},
        {"after": PagePlace("0" * 32, 2)},
    ],
)
def test_a_page_goes_on_in_its_own_range_alone(store: BarStore, changes: dict[str, Any]) -> None:
    stored = put(store, replace(trades_of([5, 6, 7, 8]), instrument=INSTRUMENT))
    first = TickTerms("BRK.B", page_size=2)
    second = replace(first, after=page_of(read(stored, first), first).end)
    assert len(page_of(read(stored, second), second).ticks) == 2
    other = replace(second, **changes)
    with pytest.raises(InvalidArgumentError, match="ask for the first page") as refusal:
        page_of(read(stored, other), other)
    assert refusal.value.metadata == {"field": "page_token", "symbol": "BRK.B"}


def test_a_page_after_another_import_is_refused(store: BarStore) -> None:
    stored = put(store, replace(trades_of([5, 6, 7, 8]), instrument=INSTRUMENT))
    first = TickTerms("BRK.B", page_size=2)
    second = replace(first, after=page_of(read(stored, first), first).end)
    put(store, replace(trades_of([5, 6, 7, 9]), instrument=INSTRUMENT))
    with pytest.raises(InvalidArgumentError):
        page_of(read(stored, second), second)


def test_a_place_behind_the_last_tick_is_refused(store: BarStore) -> None:
    stored = put(store, replace(trades_of([5, 6, 7, 8]), instrument=INSTRUMENT))
    first = TickTerms("BRK.B", page_size=2)
    place = page_of(read(stored, first), first).end
    assert place is not None
    behind = replace(first, after=replace(place, skip=4))
    with pytest.raises(InvalidArgumentError):
        page_of(read(stored, behind), behind)


def test_a_symbol_without_ticks_has_none(store: BarStore) -> None:
    store.put(BARS)
    assert store.trades("BRK.B", None, None) is None
    assert store.quotes("BRK.B", None, None) is None
    with pytest.raises(SymbolNotFoundError):
        store.quotes("DIA", None, None)
    with pytest.raises(SymbolNotFoundError):
        store.put_quotes(quotes_of([1], symbol="DIA"))


def test_quotes_of_another_instrument_than_the_bars_are_refused(store: BarStore) -> None:
    store.put(BARS)
    with pytest.raises(FailedPreconditionError) as refusal:
        store.put_quotes(quotes_of([1], symbol="BRK.B"))
    assert refusal.value.metadata == {"symbol": "BRK.B"}
    assert store.quotes("BRK.B", None, None) is None


def test_trades_and_quotes_stand_beside_each_other_until_the_bars_are_put_again(
    store: BarStore,
) -> None:
    quotes = replace(quotes_of([5, 6]), instrument=INSTRUMENT)
    put(store, replace(trades_of([5, 6, 7]), instrument=INSTRUMENT))
    store.put_quotes(quotes)
    store.put_quotes(quotes.rows(slice(1)))
    found = (store.trades("BRK.B", None, None), store.quotes("BRK.B", None, None))
    assert [series.count for series in found if series is not None] == [3, 1]
    store.put(BARS)
    assert store.quotes("BRK.B", None, None) is None


def test_the_file_of_quotes_goes_with_the_bars_that_it_belonged_to(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    lake = lake_in(folder)
    put(lake, replace(quotes_of([5, 6]), instrument=INSTRUMENT))
    assert [path.name for path in (folder.lake / "quotes").iterdir()] == ["BRK%2EB.parquet"]
    lake.put(BARS)
    assert not list((folder.lake / "quotes").iterdir())


@pytest.mark.parametrize(
    "bars",
    [
        replace(BARS, close=BARS.close + 1),
        replace(BARS, instrument=replace(INSTRUMENT, sector="funds")),
    ],
)
def test_quotes_that_a_crash_left_behind_do_not_count(tmp_path: Path, bars: BarColumns) -> None:
    folder = DataFolder(tmp_path)
    lake = lake_in(folder)
    put(lake, replace(quotes_of([5, 6]), instrument=INSTRUMENT))
    path = folder.lake / "quotes" / "BRK%2EB.parquet"
    left = path.read_bytes()
    lake.put(bars)
    path.write_bytes(left)
    assert lake.quotes("BRK.B", None, None) is None
    # Those of the same bars are of the same market.
    lake.put(BARS)
    path.write_bytes(left)
    assert lake.quotes("BRK.B", None, None) is not None


def test_quotes_of_bars_whose_trades_a_crash_replaced_do_not_count(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    lake = lake_in(folder)
    put(lake, replace(trades_of([5, 6]), instrument=INSTRUMENT))
    lake.put_quotes(replace(quotes_of([5, 6]), instrument=INSTRUMENT))
    path = folder.lake / "quotes" / "BRK%2EB.parquet"
    left = path.read_bytes()
    put(lake, replace(trades_of([5, 7]), instrument=INSTRUMENT))
    path.write_bytes(left)
    assert lake.quotes("BRK.B", None, None) is None


def test_a_full_disk_leaves_the_old_quotes(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    put(lake_in(folder), replace(quotes_of([5, 6]), instrument=INSTRUMENT))

    def refuse(name: str, content: bytes) -> None:
        raise StorageFullError("Full.")

    broken = ParquetLake(folder.lake, refuse)
    with pytest.raises(StorageFullError):
        broken.put_quotes(replace(quotes_of([7]), instrument=INSTRUMENT))
    series = broken.quotes("BRK.B", None, None)
    assert series is not None
    assert [rows(chunk)["bid"] for chunk in series.chunks] == [[5, 6]]


def test_bars_of_a_lake_from_before_there_were_quotes_take_some(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    lake = lake_in(folder)
    lake.put(BARS)
    path = folder.lake / "BRK%2EB.parquet"
    table = pa.parquet.read_table(path)
    metadata = {key: value for key, value in table.schema.metadata.items() if b"series" not in key}
    pa.parquet.write_table(table.replace_schema_metadata(metadata), path)
    lake.put_quotes(replace(quotes_of([5, 6]), instrument=INSTRUMENT))
    assert lake.quotes("BRK.B", None, None) is not None
    lake.put(BARS)
    assert lake.quotes("BRK.B", None, None) is None


def test_a_page_reads_no_more_groups_than_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole series are read in a time that grows with them, not with their square."""
    read_groups: list[int] = []
    read_row_group = pa.parquet.ParquetFile.read_row_group

    def counted(file: pa.parquet.ParquetFile, group: int, **options: Any) -> pa.Table:
        read_groups.append(group)
        return read_row_group(file, group, **options)

    monkeypatch.setattr(pa.parquet.ParquetFile, "read_row_group", counted)
    lake = lake_in(DataFolder(tmp_path))
    stored = put(lake, replace(trades_of(range(1, 41)), instrument=INSTRUMENT))
    terms = TickTerms("BRK.B", page_size=4)
    for page in range(10):
        read_groups.clear()
        place = page_of(read(stored, terms), terms).end
        assert read_groups == [page]
        terms = replace(terms, after=place)
