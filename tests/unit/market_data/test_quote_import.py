"""Files become the stored quotes of a symbol, or nothing changes."""

import gzip
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import (
    AlgoTrendyError,
    DataColumnsError,
    DataFileError,
    DataOrderError,
    DataValueError,
    InvalidArgumentError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.model import FileSource, ImportTerms
from algotrendy.market_data.quote_import import QuoteImportReport, QuoteImportTerms
from algotrendy.market_data.service import MarketDataService
from algotrendy.testing.market_data import FakeStore, daily_bars, quotes_of

HEADER = "timestamp,bid,ask,bid_size,ask_size\n"
GOOD = HEADER + "1.5,10.004,10.02,100,200\n1.5,10.01,10.015,0,50\n2,9.995,10.03,7,8\n"


@pytest.fixture
def store() -> FakeStore:
    """SPY in cents, and a spread of two contracts, whose price may be negative."""
    spread = Instrument(
        "CL-Z/F",
        InstrumentKind.FUTURE,
        tick_size=Decimal("0.05"),
        lot_size=Decimal("0.1"),
        allow_negative_prices=True,
    )
    return FakeStore(
        daily_bars("SPY", [1000]), replace(daily_bars("CL-Z/F", [100]), instrument=spread)
    )


@pytest.fixture
def service(store: FakeStore) -> MarketDataService:
    return MarketDataService(store, SourceFiles())


async def import_text(
    service: MarketDataService, folder: Path, text: str, symbol: str = "SPY", **columns: str
) -> QuoteImportReport:
    path = folder / "quotes.csv"
    path.write_text(text)
    return await service.import_quotes(QuoteImportTerms(symbol, FileSource(str(path), columns)))


async def test_quotes_of_a_csv_file_are_rounded_to_the_tick_and_counted(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    report = await import_text(service, tmp_path, GOOD)
    quotes = store.quote_series["SPY"]
    assert quotes.instrument == Instrument("SPY")
    assert quotes.time_ns.tolist() == [1_500_000_000, 1_500_000_000, 2_000_000_000]
    assert quotes.bid.tolist() == [1000, 1001, 1000]
    assert quotes.ask.tolist() == [1002, 1002, 1003]
    assert quotes.bid_size.tolist() == [100, 0, 7]
    assert quotes.ask_size.tolist() == [200, 50, 8]
    assert (report.quote_count, report.start_time_ns, report.end_time_ns) == (
        3,
        1_500_000_000,
        2_000_000_000,
    )
    assert (report.rounding.count, report.rounding.largest) == (3, Decimal("0.005"))


async def test_sizes_that_no_column_tells_are_zero(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    await import_text(service, tmp_path, "time,bid,ask\n1,1,2\n2,1,2\n")
    quotes = store.quote_series["SPY"]
    assert (quotes.bid_size.tolist(), quotes.ask_size.tolist()) == ([0, 0], [0, 0])
    await import_text(service, tmp_path, "time,bid,ask,ask_size\n1,1,2,3\n")
    quotes = store.quote_series["SPY"]
    assert (quotes.bid_size.tolist(), quotes.ask_size.tolist()) == ([0], [3])


async def test_columns_may_be_named_and_files_be_gzipped_or_parquet(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    await import_text(service, tmp_path, GOOD)
    expected = store.quote_series["SPY"]
    named = GOOD.replace("bid,ask,", "b,a,", 1)
    packed, columnar = tmp_path / "quotes.csv.gz", tmp_path / "quotes.parquet"
    packed.write_bytes(gzip.compress(named.encode()))
    rows = [line.split(",") for line in GOOD.splitlines()]
    table = {name: [Decimal(row[at]) for row in rows[1:]] for at, name in enumerate(rows[0])}
    pa.parquet.write_table(pa.table(table), columnar)
    for source in (
        FileSource(str(packed), {"bid": "b", "ask": "a"}),
        FileSource(str(columnar)),
    ):
        await service.import_quotes(QuoteImportTerms("SPY", source))
        found = store.quote_series["SPY"]
        assert found is not expected
        for name, column in expected.columns().items():
            assert found.columns()[name].tolist() == column.tolist()


async def test_steps_and_signs_are_the_instruments(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    text = "time,bid,ask,bid_size\n1,-0.32,-0.25,0.35\n2,-0.10,0,1\n3,0,0.05,0\n"
    await import_text(service, tmp_path, text, "CL-Z/F")
    quotes = store.quote_series["CL-Z/F"]
    assert quotes.bid.tolist() == [-30, -10, 0]
    assert quotes.ask.tolist() == [-25, 0, 5]
    assert quotes.bid_size.tolist() == [4, 10, 0]


async def test_an_import_of_bars_leaves_no_quotes(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    await import_text(service, tmp_path, GOOD)
    path = tmp_path / "bars.csv"
    path.write_text("date,open,high,low,close\n2020-01-02,1,1,1,1\n")
    await service.import_bars(ImportTerms("SPY", FileSource(str(path))))
    assert store.quotes("SPY", None, None) is None


@pytest.mark.parametrize(
    ("row", "error", "column", "value"),
    [
        ("3,,10,1,1", DataValueError, "bid", ""),
        ("3,10,,1,1", DataValueError, "ask", ""),
        ("3,NaN,10,1,1", DataValueError, "bid", "NaN"),
        ("3,10,inf,1,1", DataValueError, "ask", "inf"),
        ("3,0,10,1,1", DataValueError, "bid", "0.00"),
        ("3,-1,10,1,1", DataValueError, "bid", "-1.00"),
        ("3,0.005,10,1,1", DataValueError, "bid", "0.00"),
        ("3,-2,-1,1,1", DataValueError, "bid", "-2.00"),
        ("3,10.02,10.01,1,1", DataValueError, "ask", "10.01"),
        ("3,10,11,-1,1", DataValueError, "bid_size", "-1"),
        ("3,10,11,1,-5", DataValueError, "ask_size", "-5"),
        ("3,10,11,1,many", DataValueError, "ask_size", "many"),
        ("3,10,11,1,", DataValueError, "ask_size", ""),
        ("soon,10,11,1,1", DataValueError, "timestamp", "soon"),
        ("1.9,10,11,1,1", DataOrderError, None, "1970-01-01T00:00:01.900000000"),
        ("3,10,11,1", DataFileError, None, "3,10,11,1"),
    ],
)
async def test_one_wrong_row_refuses_the_file_by_row_and_value(
    service: MarketDataService,
    store: FakeStore,
    tmp_path: Path,
    row: str,
    error: type[AlgoTrendyError],
    column: str | None,
    value: str,
) -> None:
    before = quotes_of([10], symbol="SPY")
    store.put_quotes(before)
    with pytest.raises(error) as refusal:
        await import_text(service, tmp_path, f"{GOOD}{row}\n4,10,11,1,1\n")
    metadata = refusal.value.metadata
    assert type(refusal.value) is error
    assert metadata["file"] == str(tmp_path / "quotes.csv")
    assert (metadata["row"], metadata.get("column"), metadata["value"]) == ("4", column, value)
    assert store.quote_series["SPY"] is before


async def test_a_wrong_row_of_negative_prices_is_found_too(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    with pytest.raises(DataValueError) as refusal:
        await import_text(service, tmp_path, "time,bid,ask\n1,-2,-1\n2,-1,-2\n", "CL-Z/F")
    assert refusal.value.metadata["value"] == "-2.00"
    assert not store.quote_series


@pytest.mark.parametrize(
    ("text", "columns", "error", "message"),
    [
        ("", {}, DataFileError, "is empty"),
        (HEADER, {}, DataFileError, "no rows"),
        ("time,price,quantity\n1,2,3\n", {}, DataColumnsError, "no column is the bid"),
        ("time,bid\n1,2\n", {}, DataColumnsError, "no column is the ask"),
        ("bid,ask\n1,2\n", {}, DataColumnsError, "no column is the time"),
        ("time,bid,bid_px,ask\n1,2,2,3\n", {}, DataColumnsError, "could each be the bid"),
        (GOOD, {"price": "bid"}, DataColumnsError, "price is no role"),
        (GOOD, {"bid": "best"}, DataColumnsError, "'best', given for bid"),
    ],
)
async def test_files_that_hold_no_quotes_are_refused(
    service: MarketDataService,
    store: FakeStore,
    tmp_path: Path,
    text: str,
    columns: dict[str, str],
    error: type[AlgoTrendyError],
    message: str,
) -> None:
    with pytest.raises(error, match=message) as refusal:
        await import_text(service, tmp_path, text, **columns)
    assert refusal.value.metadata["file"] == str(tmp_path / "quotes.csv")
    assert not store.quote_series


async def test_quotes_of_a_symbol_without_bars_are_refused_before_the_file_is_read(
    service: MarketDataService,
) -> None:
    with pytest.raises(SymbolNotFoundError) as refusal:
        await service.import_quotes(QuoteImportTerms("DIA", FileSource("/nowhere.csv")))
    assert refusal.value.metadata == {"symbol": "DIA"}


def test_a_malformed_symbol_is_refused() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        QuoteImportTerms("S P", FileSource("quotes.csv"))
    assert refusal.value.metadata == {"field": "symbol", "value": "S P"}
