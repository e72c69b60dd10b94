"""Imports of outside files against an independent reading of them."""

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from algotrendy.domain.clock import MINUTE_NS
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import DataValueError
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.model import FileSource, ImportTerms
from algotrendy.market_data.service import MarketDataService
from algotrendy.testing.market_data import FakeStore

TICKS = "ticks/binance_aggtrades/BNBUSDT-aggTrades-2023-06_9000Rows.parquet"


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def service(store: FakeStore) -> MarketDataService:
    return MarketDataService(store, SourceFiles())


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("bars_daily/mplfinance/SPY_20110701_20120630_Bollinger.csv", 1440),
        ("bars_daily/mplfinance/yahoofinance-AAPL-20040819-20180120.csv", 1440),
        ("bars_daily/zipline_csvdir/AAPL.csv.gz", 1440),
        ("bars_daily/zipline_csvdir/KO.csv.gz", 1440),
        ("bars_minute/mplfinance/SP500_NOV2019_IDayRVol.csv", 1),
    ],
)
async def test_bars_of_a_vendors_csv_equal_pandas_and_decimal(
    service: MarketDataService, store: FakeStore, oracle_data: Path, name: str, minutes: int
) -> None:
    path = oracle_data / name
    terms = ImportTerms("X", FileSource(str(path)), interval_ns=minutes * MINUTE_NS)
    report = await service.import_bars(terms)
    table, bars = pd.read_csv(path, dtype=str).rename(columns=str.lower), store.get("X")
    rounded_count = 0
    for column in ("open", "high", "low", "close"):
        exact = [Decimal(text) for text in table[column]]
        cents = [value.quantize(Decimal("0.01"), ROUND_HALF_EVEN) for value in exact]
        rounded_count += sum(a != b for a, b in zip(exact, cents, strict=True))
        assert getattr(bars, column).tolist() == [int(value * 100) for value in cents]
    assert report.rounding.count == rounded_count
    times = pd.DatetimeIndex(pd.to_datetime(table["date"], utc=True))
    assert np.array_equal(bars.open_time_ns, times.as_unit("ns").asi8)


async def test_a_vendors_wrong_row_is_found(
    service: MarketDataService, store: FakeStore, oracle_data: Path
) -> None:
    path = oracle_data / "bars_daily/mplfinance/yahoofinance-SPY-20080101-20180101.csv"
    with pytest.raises(DataValueError) as refusal:
        await service.import_bars(ImportTerms("SPY", FileSource(str(path))))
    row = pd.read_csv(path).iloc[int(refusal.value.metadata["row"]) - 1]
    assert refusal.value.metadata["column"] == "open"
    assert row["Open"] < row["Low"]
    assert not store.series


async def test_trades_of_an_exchange_fold_into_the_bars_that_pandas_makes(
    service: MarketDataService, store: FakeStore, oracle_data: Path
) -> None:
    instrument = Instrument("BNB", InstrumentKind.CRYPTO, "USD", lot_size=Decimal("0.01"))
    source = FileSource(str(oracle_data / TICKS), {"price": "close"})
    report = await service.import_bars(ImportTerms("BNB", source, MINUTE_NS, instrument))
    trades = pd.read_parquet(oracle_data / TICKS)
    grouped = trades.groupby(trades["timestamp"] // 60_000)
    expected = grouped["close"].agg(["first", "max", "min", "last"])
    bars = store.get("BNB")
    assert report.tick_count == len(trades)
    assert np.array_equal(bars.open_time_ns, expected.index.to_numpy() * MINUTE_NS)
    for ours, theirs in (("open", "first"), ("high", "max"), ("low", "min"), ("close", "last")):
        assert np.array_equal(getattr(bars, ours), (expected[theirs] * 100).round())
    assert np.array_equal(bars.volume, (grouped["quantity"].sum() * 100).round())
    sides = np.where(trades["is_buyer_maker"] == "true", -1, 1)
    assert np.array_equal(store.trade_series["BNB"].table()["side"], sides)
