"""StockCharts' sheets, which have been worked by hand, and ta4j's workbooks and files."""

from pathlib import Path

import pytest
from tests.parity.expressions.conftest import Evaluate
from tests.parity.expressions.oracles.comparison import Case, assert_agrees
from tests.parity.expressions.oracles.composites import ACCUMULATION, MONEY_FLOW, ULTIMATE
from tests.parity.expressions.oracles.readers import csv_table, xls_table

FAST, SLOW = (f"ema(close, {n}, seed='first')" for n in (12, 26))
FAST_VOLUME, SLOW_VOLUME = (f"ema(volume, {n}, seed='first')" for n in (12, 26))
GAIN, LOSS = (
    f"wilder(fill_null(maximum({change}, 0), 0), 14, seed='first')"
    for change in ("delta(close)", "-delta(close)")
)
EASE = "1e8 * delta(hl2) * (high - low) / volume"
BARS_BEFORE = "the sheet was made of more bars than it holds"
PARTIAL = "windows that are not yet full have values"
ZERO = "0 where there is no value yet"
STOCKCHARTS = {
    "accum": [
        Case("mf value", MONEY_FLOW, 5e-5),
        # Its cells are sums of rounded ones.
        Case("adline", ACCUMULATION, 1e-4),
    ],
    "atr": [
        Case("tr", "fill_null(true_range(), high - low)"),
        Case("atr", "wilder(fill_null(true_range(), high - low), 14)", starts=ZERO),
    ],
    "bbands": [
        Case("middleband", "bollinger().middle"),
        Case("20-day standard deviation", "std(close, 20, ddof=0)", 5e-7),
        Case("highband", "bollinger().upper", 5e-7),
        Case("lowband", "bollinger().lower", 5e-7),
        Case("widthband", "100 * bollinger().width", 5e-7),
        Case("percentageband", "bollinger().percent_b", 5e-7),
    ],
    "dc": [
        Case("upper_band", "donchian(20).upper"),
        Case("lower_band", "donchian(20).lower"),
        Case("middle_band", "donchian(20).middle", 5e-3),
        Case("average", "sma(close, 20)", 5.01e-6),
    ],
    "easeofmovement": [
        Case("emv", EASE, 6e-10),
        Case("sma_emv", f"sma({EASE}, 14)", 6e-10),
    ],
    "kama": [
        Case("er", "abs(delta(close, 10)) / sum(abs(delta(close)), 10)", 5e-7),
        Case("kama", "kama(close, 10, 2, 30)", 5e-7, "writes down the price that it starts at"),
    ],
    "macd": [
        Case("short_ema", FAST, 5e-9),
        Case("long_ema", SLOW, 5e-9),
        Case("macd_line", f"{FAST} - {SLOW}", 5e-10, "leaves out the 0 that it starts at"),
        Case(
            "macd_signal",
            f"ema({FAST} - {SLOW}, 9, seed='first')",
            starts=BARS_BEFORE,
            settled=110,
        ),
    ],
    "obv": [Case("obv", "obv()")],
    "ppo": [Case("ppo", f"100 * ({FAST} / {SLOW} - 1)")],
    "pvo": [Case("pvo", f"100 * ({FAST_VOLUME} / {SLOW_VOLUME} - 1)", 5e-9)],
    "rsi": [
        Case(
            "rsi",
            f"100 * {GAIN} / ({GAIN} + {LOSS})",
            5e-7,
            "both means start at 0 with the first bar, as if it had not changed",
        )
    ],
    "ultosc": [Case("ult_osc", ULTIMATE, 5e-7)],
    "vpt": [
        Case("pct_change x volume", "ret(close) * volume"),
        Case("unsmoothed vpt", "cum_sum(ret(close) * volume)"),
    ],
    "wma": [Case("wma", "wma(close, 9)", 5e-5, BARS_BEFORE)],
}
TA4J = {
    "ATMA": [Case("atma", "sma(sma(close, 5), 6)", starts=PARTIAL)],
    "KiJunV2": [Case("kijunv2", "donchian(9).middle", starts=PARTIAL)],
    "LSMA2": [Case("lsma_20", "mean(close, 20) + 9.5 * slope(close, 20)", starts=PARTIAL)],
    "SMMA": [Case("smma", "wilder(close, 10, seed='first')")],
}
WORKBOOKS = {
    "ATR": [
        Case("tr", "fill_null(true_range(), high - low)"),
        Case("atr", "wilder(fill_null(true_range(), high - low), 13, seed='first')"),
    ],
    "MMA": [Case("mma", "wilder(close, 13, seed='first')")],
    "RWIHL": [Case("atr", "wilder(fill_null(true_range(), high - low), 20, seed='first')")],
}


def flat(cases: dict[str, list[Case]]) -> list[tuple[str, Case]]:
    return [(name, case) for name, of_name in cases.items() for case in of_name]


@pytest.mark.parametrize(("name", "case"), flat(STOCKCHARTS), ids=str)
def test_stockcharts(name: str, case: Case, oracle_data: Path, evaluate: Evaluate) -> None:
    table = csv_table(oracle_data / "reference" / "ta_stockcharts" / f"cs-{name}.csv")
    table = {"close": table.get("close", table.get("volume")), **table}
    assert_agrees(evaluate(case.text, table), table[case.column], case)


@pytest.mark.parametrize(("name", "case"), flat(TA4J), ids=str)
def test_ta4j(name: str, case: Case, oracle_data: Path, evaluate: Evaluate) -> None:
    table = csv_table(oracle_data / "reference" / "ta4j" / f"{name}.csv")
    assert_agrees(evaluate(case.text, table), table[case.column], case)


@pytest.mark.parametrize(("name", "case"), flat(WORKBOOKS), ids=str)
def test_ta4j_workbooks(name: str, case: Case, oracle_data: Path, evaluate: Evaluate) -> None:
    table = xls_table(oracle_data / "reference" / "ta4j" / f"{name}.xls", sheet=0, names=7)
    assert_agrees(evaluate(case.text, table), table[case.column], case)
