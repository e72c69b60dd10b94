"""Quotes of vendors, through files, the lake and pages, against the bars that LEAN made of them."""

import csv
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path

import numpy as np
import pytest

from algotrendy.domain.bar import Int64Column
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.domain.tick import QuoteColumns
from algotrendy.errors import DataValueError
from algotrendy.market_data.adapters.parquet_lake import ParquetLake
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.model import FileSource
from algotrendy.market_data.quote_import import QuoteImportTerms
from algotrendy.market_data.service import MarketDataService
from algotrendy.market_data.ticks import TickTerms
from algotrendy.storage.data_folder import DataFolder
from algotrendy.testing.market_data import daily_bars


def lean_rows(path: Path) -> list[list[str]]:
    """Return the rows of LEAN's CSV file in a zip file, whose first column is ms since midnight."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        return list(csv.reader(TextIOWrapper(file)))


def midnight_ns(path: Path) -> int:
    day = datetime.strptime(path.name[:8], "%Y%m%d").replace(tzinfo=UTC)
    return int(day.timestamp()) * SECOND_NS


def with_header(source: Path, folder: Path) -> FileSource:
    """Write a day's quotes as a user would, with times since the epoch."""
    path, midnight = folder / "quotes.csv", midnight_ns(source)
    with path.open("w") as file:
        rows = csv.writer(file)
        rows.writerow(["time", "bid", "ask"])
        for time_ms, *prices in lean_rows(source):
            rows.writerow([midnight + int(Decimal(time_ms) * 1_000_000), *prices])
    return FileSource(str(path))


def service_of(folder: Path, tick_size: Decimal) -> MarketDataService:
    data = DataFolder(folder / "data")
    lake = ParquetLake(data.lake, lambda name, content: data.write(f"lake/{name}", content))
    instrument = Instrument("PAIR", InstrumentKind.FX, tick_size=tick_size)
    lake.put(replace(daily_bars("PAIR", [100]), instrument=instrument))
    return MarketDataService(lake, SourceFiles())


async def stored_quotes(source: Path, folder: Path, tick_size: Decimal) -> QuoteColumns:
    """Import a day, and read it page by page."""
    service = service_of(folder, tick_size)
    terms = QuoteImportTerms("PAIR", with_header(source, folder))
    assert (await service.import_quotes(terms)).rounding.count == 0
    pages = [await service.quotes(TickTerms("PAIR", page_size=7_000))]
    while pages[-1].end is not None:
        pages.append(await service.quotes(TickTerms("PAIR", page_size=7_000, after=pages[-1].end)))
    return QuoteColumns.joined([page.ticks for page in pages])


def bars_of(times_ns: Int64Column, prices: Int64Column, interval_ns: int) -> np.ndarray:
    """Return rows of open time, open, high, low and close, of the intervals with quotes."""
    opens, first = np.unique(times_ns // interval_ns * interval_ns, return_index=True)
    last = np.append(first[1:], len(times_ns)) - 1
    high, low = np.maximum.reduceat(prices, first), np.minimum.reduceat(prices, first)
    return np.column_stack([opens, prices[first], high, low, prices[last]])


@pytest.mark.parametrize(
    ("name", "tick_size"),
    [
        ("lean_forex/oanda_eurusd/20140501_quote.zip", "0.00001"),
        ("lean_forex/oanda_eurusd/20140504_quote.zip", "0.00001"),
        ("lean_cfd/oanda_xauusd/20140504_quote.zip", "0.001"),
    ],
)
@pytest.mark.parametrize(("bars", "interval_ns"), [("minute", MINUTE_NS), ("second", SECOND_NS)])
async def test_bids_and_asks_make_leans_bars(
    oracle_data: Path, tmp_path: Path, name: str, tick_size: str, bars: str, interval_ns: int
) -> None:
    source = oracle_data / "quotes" / name
    quotes = await stored_quotes(source, tmp_path, Decimal(tick_size))
    assert len(quotes) == len(lean_rows(source)) > 1_000
    price_units = quotes.instrument.price_units
    # Each row: the time, open, high, low and close of the bid, its size, and the same of the ask.
    rows = [
        [midnight_ns(source) + int(time_ms) * 1_000_000, *(price_units(Decimal(p)) for p in prices)]
        for time_ms, *prices in lean_rows(oracle_data / f"bars_{bars}" / name)
    ]
    expected = np.array(rows, dtype=np.int64)
    assert np.array_equal(bars_of(quotes.time_ns, quotes.bid, interval_ns), expected[:, :5])
    asks = expected[:, [0, 6, 7, 8, 9]]
    assert np.array_equal(bars_of(quotes.time_ns, quotes.ask, interval_ns), asks)


@pytest.mark.parametrize("day", ["20140501", "20140504", "20140507"])
async def test_a_vendors_first_crossed_quote_is_found(
    oracle_data: Path, tmp_path: Path, day: str
) -> None:
    source = oracle_data / f"quotes/lean_forex/fxcm_eurusd/{day}_quote.zip"
    crossed = [
        (row, ask)
        for row, (_, bid, ask) in enumerate(lean_rows(source), start=1)
        if Decimal(ask) < Decimal(bid)
    ]
    service = service_of(tmp_path, Decimal("0.00001"))
    with pytest.raises(DataValueError) as refusal:
        await service.import_quotes(QuoteImportTerms("PAIR", with_header(source, tmp_path)))
    found = (int(refusal.value.metadata["row"]), refusal.value.metadata["value"])
    assert refusal.value.metadata["column"] == "ask"
    assert found == crossed[0]
