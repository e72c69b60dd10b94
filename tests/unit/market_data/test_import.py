"""Files become stored bars, or nothing is stored."""

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from algotrendy.domain.clock import DAY_NS, MINUTE_NS
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import (
    AlgoTrendyError,
    DataColumnsError,
    DataFileError,
    DataOrderError,
    DataValueError,
    InvalidArgumentError,
    NotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.model import BundledSource, FileSource, ImportReport, ImportTerms
from algotrendy.market_data.service import MarketDataService
from algotrendy.testing.market_data import FakeStore

GOOD = """Date,Open,High,Low,Close,Volume
2020-01-02,10.004,11,9.5,10.5,1000
2020-01-03,10.5,10.995,10.25,10.755,2000
"""


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def service(store: FakeStore) -> MarketDataService:
    return MarketDataService(store, SourceFiles())


async def import_text(
    service: MarketDataService, folder: Path, text: str, **terms: object
) -> ImportReport:
    path = folder / "prices.csv"
    path.write_text(text)
    return await service.import_bars(ImportTerms("SPY", FileSource(str(path)), **terms))  # type: ignore[arg-type]


async def test_bars_of_a_csv_file_are_rounded_to_the_tick_and_counted(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    report = await import_text(service, tmp_path, GOOD)
    bars = store.get("SPY")
    assert bars.open.tolist() == [1000, 1050]
    assert bars.high.tolist() == [1100, 1100]
    assert bars.close.tolist() == [1050, 1076]
    assert bars.volume.tolist() == [1000, 2000]
    assert report.rounding.count == 3
    assert report.rounding.largest == Decimal("0.005")
    assert (report.bar_count, report.tick_count) == (2, 0)


async def test_a_date_is_the_whole_day_in_utc(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    await import_text(service, tmp_path, GOOD)
    bars = store.get("SPY")
    assert (bars.open_time_ns % DAY_NS).tolist() == [0, 0]
    assert (bars.close_time_ns - bars.open_time_ns).tolist() == [DAY_NS, DAY_NS]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
async def test_other_delimiters_byte_order_marks_and_gzip_are_recognised(
    service: MarketDataService, store: FakeStore, tmp_path: Path, delimiter: str
) -> None:
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(gzip.compress(GOOD.replace(",", delimiter).encode("utf-8-sig")))
    await service.import_bars(ImportTerms("SPY", FileSource(str(path))))
    assert store.get("SPY").close.tolist() == [1050, 1076]


async def test_a_parquet_file_gives_the_bars_of_its_csv_text(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    path = tmp_path / "prices.parquet"
    table = pa.table(
        {
            "time": pa.array([1_577_923_200, 1_578_009_600]),
            "open": [10.004, 10.5],
            "high": [11.0, 10.995],
            "low": [9.5, 10.25],
            "close": [10.5, 10.755],
            "volume": [1000.0, 2000.0],
        }
    )
    pa.parquet.write_table(table, path)
    report = await service.import_bars(ImportTerms("SPY", FileSource(str(path))))
    from_parquet = store.get("SPY")
    assert report == await import_text(service, tmp_path, GOOD)
    assert list(from_parquet) == list(store.get("SPY"))


async def test_ticks_are_folded_into_bars_of_the_interval(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    text = "timestamp,price,qty\n0.5,10,1\n59.25,12,2\n59.25,9,3\n60,11,4\n"
    report = await import_text(service, tmp_path, text, interval_ns=MINUTE_NS)
    bars = store.get("SPY")
    assert report.tick_count == 4
    assert bars.open_time_ns.tolist() == [0, MINUTE_NS]
    assert bars.close_time_ns.tolist() == [MINUTE_NS, 2 * MINUTE_NS]
    assert [bars.open[0], bars.high[0], bars.low[0], bars.close[0]] == [1000, 1200, 900, 900]
    assert bars.volume.tolist() == [6, 4]


async def test_ticks_are_kept_until_the_symbol_is_imported_again(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    await import_text(service, tmp_path, "timestamp,price,qty\n1,10,1\n2,12,2\n")
    ticks = store.trade_series["SPY"]
    assert ticks.time_ns.tolist() == [1_000_000_000, 2_000_000_000]
    assert (ticks.price.tolist(), ticks.quantity.tolist()) == ([1000, 1200], [1, 2])
    assert ticks.side is None
    await import_text(service, tmp_path, GOOD)
    assert not store.trade_series


@pytest.mark.parametrize(
    ("name", "values", "sides"),
    [
        ("side", ["buy", "Sell", "", "B", "A"], [1, -1, 0, 1, -1]),
        ("side", ["1", "-1", "0", "s", "N"], [1, -1, 0, -1, 0]),
        # A buyer who waited was hit by a seller.
        ("is_buyer_maker", ["true", "False", "1", "0", ""], [-1, 1, -1, 1, 0]),
    ],
)
async def test_the_side_that_took_the_liquidity_is_read(
    service: MarketDataService,
    store: FakeStore,
    tmp_path: Path,
    name: str,
    values: list[str],
    sides: list[int],
) -> None:
    rows = "".join(f"{time},10,1,{value}\n" for time, value in enumerate(values))
    await import_text(service, tmp_path, f"timestamp,price,qty,{name}\n{rows}")
    side = store.trade_series["SPY"].side
    assert side is not None
    assert side.tolist() == sides


async def test_steps_of_the_instrument_are_kept(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    instrument = Instrument(
        "SPY",
        kind=InstrumentKind.FUTURE,
        tick_size=Decimal("0.25"),
        lot_size=Decimal("0.5"),
        multiplier=50,
    )
    await import_text(service, tmp_path, GOOD, instrument=instrument)
    bars = store.get("SPY")
    assert bars.instrument == instrument
    assert bars.high.tolist() == [1100, 1100]
    assert bars.close.tolist() == [1050, 1075]
    assert bars.volume.tolist() == [10_000, 20_000]


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,price,qty\n1,-37.63,2\n2,0,1\n3,1.5,1\n",
        "Date,Open,High,Low,Close,Volume\n1970-01-01,-37.63,1.5,-37.63,1.5,4\n",
    ],
)
async def test_prices_are_negative_where_the_instrument_allows_them(
    service: MarketDataService, store: FakeStore, tmp_path: Path, text: str
) -> None:
    spread = Instrument("SPY", kind=InstrumentKind.FUTURE, allow_negative_prices=True)
    await import_text(service, tmp_path, text, instrument=spread)
    (bar,) = store.get("SPY")
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (-3763, 150, -3763, 150, 4)


HEADER = "Date,Open,High,Low,Close,Volume\n"


@pytest.mark.parametrize(
    ("text", "error", "row", "column", "value"),
    [
        (GOOD + "2020-01-03,1,1,1,1,1\n", DataOrderError, "3", None, "2020-01-03T00:00:00"),
        (GOOD + "2020-01-02,1,1,1,1,1\n", DataOrderError, "3", None, "2020-01-02T00:00:00"),
        (GOOD + "2020-01-04,NaN,1,1,1,1\n", DataValueError, "3", "Open", "NaN"),
        (GOOD + "2020-01-04,,1,1,1,1\n", DataValueError, "3", "Open", ""),
        (GOOD + "2020-01-04,1,1,1,x,1\n", DataValueError, "3", "Close", "x"),
        (GOOD + "2020-01-04,1,1,-1,1,1\n", DataValueError, "3", "low", "-1.00"),
        (GOOD + "2020-01-04,0,1,0,1,1\n", DataValueError, "3", "open", "0.00"),
        (GOOD + "2020-01-04,1,1,0.001,1,1\n", DataValueError, "3", "low", "0.00"),
        (GOOD + "2020-01-04,1,1,2,1,1\n", DataValueError, "3", "high", "1.00"),
        (GOOD + "2020-01-04,3,2,1,1,1\n", DataValueError, "3", "open", "3.00"),
        (GOOD + "2020-01-04,2,3,2,1,1\n", DataValueError, "3", "close", "1.00"),
        (GOOD + "2020-01-04,1,1,1,1,-5\n", DataValueError, "3", "volume", "-5"),
        (GOOD + "soon,1,1,1,1,1\n", DataValueError, "3", "Date", "soon"),
        (GOOD + "2020-01-04,1,1,1\n", DataFileError, "3", None, "2020-01-04,1,1,1"),
        ("timestamp,price,qty\n5,1,1\n4,1,1\n", DataOrderError, "2", None, "1970-01-01T00:00:04"),
        ("timestamp,price,qty\n5,1,1\n6,1,0\n", DataValueError, "2", "quantity", "0"),
        ("timestamp,price,qty\n5,1,1\n6,1,0.3\n", DataValueError, "2", "quantity", "0"),
        ("timestamp,price,qty\n5,1,1\n6,-1,1\n", DataValueError, "2", "price", "-1.00"),
        ("timestamp,price,qty,side\n5,1,1,up\n", DataValueError, "1", "side", "up"),
    ],
)
async def test_one_wrong_row_refuses_the_file_by_row_and_value(
    service: MarketDataService,
    store: FakeStore,
    tmp_path: Path,
    text: str,
    error: type[AlgoTrendyError],
    row: str,
    column: str | None,
    value: str,
) -> None:
    with pytest.raises(error) as refusal:
        await import_text(service, tmp_path, text)
    metadata = refusal.value.metadata
    assert metadata["file"] == str(tmp_path / "prices.csv")
    assert (metadata["row"], metadata.get("column")) == (row, column)
    assert metadata["value"].removesuffix(".000000000") == value
    assert value in refusal.value.message or error is DataFileError
    assert not store.series


@pytest.mark.parametrize("text", ["", "\n", HEADER])
async def test_a_file_without_rows_is_refused(
    service: MarketDataService, store: FakeStore, tmp_path: Path, text: str
) -> None:
    with pytest.raises((DataFileError, DataColumnsError)):
        await import_text(service, tmp_path, text)
    assert not store.series


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("latin.csv", b"Date,Open,High,Low,Close,Volum\xe9\n2020-01-02,1,1,1,1,1\n"),
        ("torn.csv.gz", gzip.compress(GOOD.encode())[:30]),
        ("torn.parquet", b"PAR1 and nothing more"),
    ],
)
async def test_a_damaged_file_is_refused(
    service: MarketDataService, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataFileError) as refusal:
        await service.import_bars(ImportTerms("SPY", FileSource(str(path))))
    assert refusal.value.metadata["file"] == str(path)


@pytest.mark.parametrize("name", ["missing.csv", "."])
async def test_a_missing_file_and_a_folder_are_refused(
    service: MarketDataService, tmp_path: Path, name: str
) -> None:
    with pytest.raises(DataFileError) as refusal:
        await service.import_bars(ImportTerms("SPY", FileSource(str(tmp_path / name))))
    assert refusal.value.metadata["file"] == str(tmp_path / name)


async def test_bars_that_overlap_ask_for_their_interval(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    text = HEADER + "2020-01-02 09:30,1,1,1,1,1\n2020-01-02 09:31,1,1,1,1,1\n"
    with pytest.raises(DataOrderError, match="name the interval") as refusal:
        await import_text(service, tmp_path, text)
    assert refusal.value.metadata["row"] == "2"
    await import_text(service, tmp_path, text, interval_ns=MINUTE_NS)
    assert len(store.get("SPY")) == 2


async def test_the_day_on_which_clocks_go_forward_ends_where_the_next_begins(
    service: MarketDataService, store: FakeStore, tmp_path: Path
) -> None:
    text = HEADER + "2020-03-08T00:00-05:00,1,1,1,1,1\n2020-03-09T00:00-04:00,1,1,1,1,1\n"
    await import_text(service, tmp_path, text)
    bars = store.get("SPY")
    assert bars.close_time_ns[0] == bars.open_time_ns[1]


@pytest.mark.parametrize("symbol", ["", "S P", "../SPY\n", "x" * 65, "ÄÖ"])
def test_a_malformed_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(InvalidArgumentError):
        ImportTerms(symbol, BundledSource("arch:sp500"))


async def test_an_unknown_bundled_name_is_refused(service: MarketDataService) -> None:
    with pytest.raises(NotFoundError) as refusal:
        await service.import_bars(ImportTerms("SPY", BundledSource("arch:dow")))
    assert refusal.value.metadata["value"] == "arch:dow"


async def test_a_device_without_end_is_refused(service: MarketDataService) -> None:
    with pytest.raises(DataFileError, match="no regular file"):
        await service.import_bars(ImportTerms("SPY", FileSource("/dev/zero")))
