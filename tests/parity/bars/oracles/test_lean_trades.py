"""Bars of COMEX gold's trades and of Coinbase bitcoin's seconds equal LEAN's minutes and days."""

from pathlib import Path

import pytest
from tests.parity.bars.oracles.readers import (
    PRICES,
    Columns,
    lean_entries,
    lean_rows,
    lean_time_ns,
    midnight_ns,
    rows,
    table,
    units,
)

import algotrendy

BAR = (*PRICES, "volume")
Expected = list[tuple[int, ...]]


def times_and_values(bars: algotrendy.Bars) -> Expected:
    return rows(bars, "open_time_ns", *BAR)


def lean_bars(found: list[list[str]], day_ns: int, price_scale: int, size_scale: int) -> Expected:
    return [
        (
            lean_time_ns(time, day_ns),
            *(units(text, price_scale) for text in prices),
            units(size, size_scale),
        )
        for time, *prices, size in found
    ]


def gold_trades(ticks: list[list[str]], day_ns: int) -> Columns:
    """The last print of every file is written twice; the recorded minutes hold it once."""
    assert ticks[-1] == ticks[-2]
    return table(
        ("time", "price", "quantity"),
        (
            (lean_time_ns(time, day_ns), units(price, 1), units(size, 0))
            for time, price, size, *_ in ticks[:-1]
        ),
    )


@pytest.mark.parametrize(("date", "contracts"), [("20131007", 10), ("20131008", 8)])
def test_gold_trades_of_every_contract_make_the_recorded_minutes(
    oracle_data: Path, date: str, contracts: int
) -> None:
    file = f"lean_future/comex_gc/{date}_trade.zip"
    ticks = lean_entries(oracle_data / "ticks" / file)
    minutes = lean_entries(oracle_data / "bars_minute" / file)
    assert len(ticks) == contracts
    assert ticks.keys() == minutes.keys()
    day_ns = midnight_ns(date)
    for contract, found in ticks.items():
        trades = gold_trades(found, day_ns)
        bars = algotrendy.bars(trades, "time", interval="1m")
        assert times_and_values(bars) == lean_bars(minutes[contract], day_ns, 1, 0), contract
        # Prints of size zero count for price, in the recorded minutes too.
        assert sum(bars.trade_count.tolist()) == len(trades["time"])
        assert bars.report["rejected"] == {}


@pytest.mark.parametrize("date", ["20161007", "20161008"])
def test_bitcoin_seconds_make_the_recorded_minutes_and_day(oracle_data: Path, date: str) -> None:
    file, day_ns = f"lean_crypto/coinbase_btcusd/{date}_trade.zip", midnight_ns(date)
    recorded = {
        folder: lean_bars(lean_rows(oracle_data / folder / file), day_ns, 2, 8)
        for folder in ("bars_second", "bars_minute")
    }
    days = lean_rows(oracle_data / "bars_daily" / "lean_crypto" / "coinbase_btcusd_trade.zip")
    day = lean_bars([row for row in days if row[0].startswith(date)], day_ns, 2, 8)
    seconds = table(("open_time", *BAR), recorded["bars_second"])
    minutes = algotrendy.bars(seconds, "time", source="bars", interval="1m")
    assert times_and_values(minutes) == recorded["bars_minute"]
    assert times_and_values(algotrendy.bars(seconds, "time", source="bars", interval="1d")) == day
    daily = algotrendy.bars(minutes, "time", interval="1d")
    assert times_and_values(daily) == day
    # A bar without a trade count counts as one.
    assert daily.trade_count.tolist() == [len(recorded["bars_second"])]
