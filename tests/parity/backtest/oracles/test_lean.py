"""LEAN's two worked cases of buying SPY and holding it, to the share and to the cent.

Prices are LEAN's own, from its indicator tests, times the factor that made them adjusted. It keeps
the products as they are, so the tick here is a billionth: rounded to five digits, the first case
would end a cent higher.
"""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import algotrendy as at
from algotrendy.domain.cost import PerShare
from algotrendy.domain.instrument import Instrument

FACTOR = Decimal("0.8646266")
# Of the minute that opens 2013-10-07: the price asked at its end, which the data has only here.
FIRST_ASK = Decimal("167.45") * FACTOR
# LEAN keeps a quarter of a percent free.
SPEC = {"entry": "close > 0", "size": {"type": "percent", "percent": "0.9975"}}
SPY = Instrument(
    "SPY",
    tick_size=Decimal("0.000000001"),
    commission=PerShare(Decimal("0.005"), minimum=Decimal(1), maximum_bps=Decimal(50)),
)
Bar = tuple[str, Decimal, Decimal]


@pytest.fixture(scope="module")
def expected(oracle_data: Path) -> dict[str, dict[str, str]]:
    stored = json.loads(
        (oracle_data / "reference/lean_regression/expected_statistics.json").read_text()
    )
    return {case["algorithm"]: case["expected"] for case in stored}


@pytest.fixture(scope="module")
def days(oracle_data: Path) -> dict[str, Bar]:
    """Adjusted open and close of each day, from LEAN's file in ten-thousandths."""
    with (oracle_data / "reference/lean_indicators/spy_valueatrisk.csv").open() as file:
        rows = [row for row in csv.reader(file) if row and row[0][:1].isdigit()]
    prices = {row[0][:8]: (Decimal(row[1]), Decimal(row[4])) for row in rows}
    return {
        day: (f"{day[:4]}-{day[4:6]}-{day[6:]}", *(price / 10_000 * FACTOR for price in pair))
        for day, pair in prices.items()
    }


def run(bars: list[Bar], market_fill: str) -> Any:
    opens = np.array([f"{day}T13:30" for day, _, _ in bars], "datetime64[ns]").astype(np.int64)
    scale = 10**SPY.price_scale
    first, last = (
        np.array([int(bar[place] * scale) for bar in bars], np.int64) for place in (1, 2)
    )
    return at.backtest.run(
        SPEC,
        {
            "SPY": {
                "open_time": opens,
                "close_time": opens + 60 * 10**9,
                "open": first / scale,
                "high": np.maximum(first, last) / scale,
                "low": np.minimum(first, last) / scale,
                "close": last / scale,
                "volume": np.full(len(bars), 10**9),
            }
        },
        instruments={"SPY": SPY},
        cash=100_000,
        costs={"fees": "instrument", "market_fill": market_fill},
    )


def test_the_first_case_buys_688_shares_at_the_ask_that_decided(
    expected: dict[str, dict[str, str]], days: dict[str, Bar]
) -> None:
    decided = ("2013-10-07", FIRST_ASK, FIRST_ASK)
    result = run([decided, days["20131011"]], "same_close")
    (fill,) = result.fills.to_pylist()
    assert (fill["quantity"], fill["price"], fill["fee"]) == (688, FIRST_ASK, Decimal("3.44"))
    final = result.equity["equity"].to_pylist()[-1]
    case = expected["BasicTemplateAlgorithm"]
    assert (str(final), f"${fill['fee']}") == (case["End Equity"], case["Total Fees"])


def test_the_second_case_buys_697_shares_at_the_next_open(
    expected: dict[str, dict[str, str]], days: dict[str, Bar]
) -> None:
    span = [days[day] for day in sorted(days) if "20131008" <= day <= "20131017"]
    result = run(span, "next_open")
    (fill,) = result.fills.to_pylist()
    assert (fill["quantity"], fill["price"]) == (697, days["20131009"][1])
    # 3.485: LEAN prints it rounded up, money here is rounded half to even.
    assert fill["fee"] == Decimal("3.48")
    final = result.equity["equity"].to_pylist()[-1]
    assert str(final) == expected["BasicTemplateDailyAlgorithm"]["End Equity"]
