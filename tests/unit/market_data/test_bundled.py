"""The bundled series against an independent reading of the same files."""

import importlib.util
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from algotrendy.domain.instrument import InstrumentKind
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.model import BundledSource, ImportTerms
from algotrendy.market_data.service import MarketDataService
from algotrendy.testing.market_data import FakeStore


def reference(name: str) -> pd.DataFrame:
    spec = importlib.util.find_spec("arch")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0])
    return pd.read_csv(folder / "data" / name / f"{name}.csv.gz", dtype=str)


@pytest.mark.parametrize("name", ["sp500", "nasdaq"])
async def test_a_bundled_series_equals_pandas_and_decimal(name: str) -> None:
    store = FakeStore()
    service = MarketDataService(store, SourceFiles())
    report = await service.import_bars(ImportTerms("INDEX", BundledSource(f"arch:{name}")))
    table, bars = reference(name), store.get("INDEX")

    changes = []
    for column in ("Open", "High", "Low", "Close"):
        exact = [Decimal(text) for text in table[column]]
        cents = [value.quantize(Decimal("0.01"), ROUND_HALF_EVEN) for value in exact]
        changes += [abs(a - b) for a, b in zip(exact, cents, strict=True)]
        assert getattr(bars, column.lower()).tolist() == [int(value * 100) for value in cents]
    assert bars.volume.tolist() == [int(text) for text in table["Volume"]]
    assert report.bar_count == len(table) == 5031
    assert report.rounding.count == sum(change != 0 for change in changes) > 0
    assert report.rounding.largest == max(changes) < Decimal("0.001")
    assert report.instrument.kind is InstrumentKind.INDEX


async def test_a_bundled_day_lasts_from_half_past_nine_to_four_in_new_york() -> None:
    store = FakeStore()
    await MarketDataService(store, SourceFiles()).import_bars(
        ImportTerms("INDEX", BundledSource("arch:sp500"))
    )
    dates = pd.to_datetime(reference("sp500")["Date"], format="%m/%d/%Y")
    bars = store.get("INDEX")
    for times_ns, clock in ((bars.open_time_ns, "9h30min"), (bars.close_time_ns, "16h")):
        expected = (dates + pd.Timedelta(clock)).dt.tz_localize("America/New_York")
        found = pd.Series(pd.to_datetime(times_ns, unit="ns", utc=True))
        assert np.array_equal(found, expected.dt.tz_convert("UTC"))


async def test_the_package_that_carries_it_is_not_imported() -> None:
    imported = "arch" in sys.modules
    await MarketDataService(FakeStore(), SourceFiles()).import_bars(
        ImportTerms("INDEX", BundledSource("arch:sp500"))
    )
    assert ("arch" in sys.modules) == imported
