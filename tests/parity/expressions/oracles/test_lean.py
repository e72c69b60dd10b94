"""LEAN's indicator files: StockCharts, TradingView and TA-Lib, on days of SPY.

A tolerance is half a unit of the last digit that the file writes, or LEAN's own where the file's
values were made of prices with more digits than it has.
"""

from pathlib import Path

import pytest
from tests.parity.expressions.conftest import Evaluate
from tests.parity.expressions.oracles.comparison import Case, assert_agrees
from tests.parity.expressions.oracles.composites import ACCUMULATION, CHAIKIN, TRUE_STRENGTH
from tests.parity.expressions.oracles.readers import csv_table, csv_tables

BARS_BEFORE = "the file was made of more bars than it holds"
FIRST_RANGE = "the first true range is the first bar's high - low"

LOWEST, HIGHEST = "min(rsi(), 14)", "max(rsi(), 14)"
STOCHASTIC_RSI = f"sma(100 * (rsi() - {LOWEST}) / ({HIGHEST} - {LOWEST}), 3)"
UP, DOWN = "sma(maximum(delta(high), 0), 14)", "sma(maximum(-delta(low), 0), 14)"
GAINS, LOSSES = "sum(maximum(delta(close), 0), 14)", "sum(maximum(-delta(close), 0), 14)"
CHANNEL = "hlc3 - ema(hlc3, 10)"
WAVE_TREND = f"ema(({CHANNEL}) / (0.015 * ema(abs({CHANNEL}), 10)), 21)"
BAND = "4 * (high - low) / (high + low)"

CASES = {
    "spx_lwma.csv": [Case("LWMA", "wma(close, 6)", 1e-3, BARS_BEFORE)],
    "spy_acceleration_bands_20_4.txt": [
        Case("MiddleBand", "sma(close, 20)"),
        Case("UpperBand", f"sma(high * (1 + {BAND}), 20)", 1e-4),
        Case("LowerBand", f"sma(low * (1 - {BAND}), 20)", 1e-4),
    ],
    "spy_ad_osc.txt": [
        Case("AdOsc_3_10", f"ema({ACCUMULATION}, 3) - ema({ACCUMULATION}, 10)", 1e-4)
    ],
    "spy_apo.txt": [Case("APO_5_10", "sma(close, 5) - sma(close, 10)")],
    "spy_atr_wilder.txt": [
        Case("Average True Range 14", "atr(14)", 5e-6, FIRST_RANGE, settled=200),
        Case("Average True Range 14", "wilder(fill_null(true_range(), high - low), 14)", 5e-6),
    ],
    "spy_bollinger_bands.txt": [
        Case("Moving Average 20", "bollinger(close, 20, 2).middle", 5e-5),
        Case("Bollinger Bands® 20 2 Top", "bollinger(close, 20, 2).upper", 1e-4),
        Case("Bollinger Bands® 20 2 Bottom", "bollinger(close, 20, 2).lower", 1e-4),
        Case("BandWidth", "100 * bollinger().width", 2e-4),
        Case("%B", "bollinger().percent_b", 1e-4),
    ],
    "spy_bop.txt": [Case("BOP", "(close - open) / (high - low)")],
    "spy_cmf.txt": [
        Case(
            "CMF_20",
            CHAIKIN,
            2e-6,
            BARS_BEFORE,
        )
    ],
    "spy_coppock_curve.csv": [
        Case("roc_11", "roc(close, 11)"),
        Case("CoppockCurve", "wma(roc(close, 11) + roc(close, 14), 10)"),
    ],
    "spy_dema.txt": [Case("DEMA_5", "dema(close, 5)")],
    "spy_dpo.csv": [Case("DPO", "lag(close, 11) - sma(close, 21)")],
    "spy_emv.txt": [Case("EMV", "10000 * delta(hl2) * (high - low) / volume")],
    "spy_hma.txt": [Case("HMA_16", "wma(2 * wma(close, 8) - wma(close, 16), 4)", 5e-8)],
    "spy_kama.txt": [Case("KAMA_5", "kama(close, 5)")],
    "spy_logr14.txt": [Case("LOGR14", "log_ret(close, 14)", 1e-7)],
    "spy_mass_index_25.txt": [
        Case(
            "MassIndex",
            "sum(ema(high - low, 9) / ema(ema(high - low, 9), 9), 25)",
            5e-9,
            BARS_BEFORE,
            settled=160,
        )
    ],
    "spy_mfi.txt": [Case("Money Flow Index 20", "mfi(20)", 1e-5)],
    "spy_midprice.txt": [Case("MIDPRICE_5", "donchian(5).middle")],
    "spy_natr.txt": [Case("NATR_5", "100 * atr(5) / close")],
    "spy_rocr.txt": [Case("ROCR_5", "close / lag(close, 5)")],
    "spy_sarext.txt": [Case("SAR", "psar()")],
    "spy_sm.csv": [
        Case("mid_bb", "bollinger().middle"),
        Case("bb high", "bollinger().upper"),
        Case("bb low", "bollinger().lower"),
    ],
    "spy_tdd.csv": [Case("tdd", "sqrt(mean(minimum(ret(close), 0) ** 2, 3))")],
    "spy_tr.txt": [Case("TR", "true_range()")],
    "spy_trix.txt": [Case("TRIX_5", "roc(ema(ema(ema(close, 5), 5), 5), 1)")],
    "spy_tsi.csv": [Case("TSI_25_13", TRUE_STRENGTH)],
    "spy_valueatrisk.csv": [
        Case(
            f"VaR_{level}",
            f"mean(ret(close), 252) - {quantile} * std(ret(close), 252)",
            starts="windows that are not yet full have values",
        )
        for level, quantile in ((99, 2.3263478740408408), (95, 1.6448536269514722))
    ],
    "spy_with_ForceIndex.csv": [Case("ForceIndex20", "ema(delta(close) * volume, 20)")],
    "spy_with_StochRSI.csv": [
        Case("k", STOCHASTIC_RSI),
        Case("d", f"sma({STOCHASTIC_RSI}, 3)"),
    ],
    "spy_with_cci.txt": [Case("Commodity Channel Index (CCI) 14", "cci(14)", 1e-2)],
    "spy_with_don50.txt": [
        Case("Donchian Channels 50 Top", "donchian(50).upper", starts=BARS_BEFORE),
        Case("Donchian Channels 50 Bottom", "donchian(50).lower", starts=BARS_BEFORE),
        Case("Donchian Channels 50 Mean", "donchian(50).middle", starts=BARS_BEFORE),
    ],
    "spy_with_ichimoku.csv": [
        Case("TenkanMaximum", "max(high, 9)"),
        Case("TenkanMinimum", "min(low, 9)"),
        Case("Tenkan", "donchian(9).middle"),
        Case("Kijun", "donchian(26).middle"),
        Case("SenkouBMaximum", "max(high, 52)"),
        Case("SenkouBMinimum", "min(low, 52)"),
    ],
    "spy_with_indicators.txt": [
        Case("SMA14", "sma(close, 14)", 1e-2),
        Case("EMA14", "ema(close, 14)", 1e-2),
        Case("MACD 12 26", "macd().line", 5e-4),
        Case(
            "RSI 14",
            f"100 - 100 / (1 + {GAINS} / {LOSSES})",
            5e-4,
            "Cutler's RSI, of plain means; the file leaves its first value out",
        ),
        Case("RSI 14 Wilder", "rsi()", 5e-6),
    ],
    "spy_with_keltner.csv": [
        # Keltner's first channel: plain means of the typical price and of the true range.
        Case("Middle Band", "sma(hlc3, 20)", 1e-4),
        Case(
            "Keltner Channels 20 Top",
            "sma(hlc3, 20) + 1.5 * sma(true_range(), 20)",
            1e-4,
            FIRST_RANGE,
        ),
    ],
    "spy_with_macd.txt": [
        Case("MACD", "macd().line", 1e-5, BARS_BEFORE),
        Case("Signal", "macd().signal", 1e-5, BARS_BEFORE),
        Case("Histogram", "macd().histogram", 1e-5, BARS_BEFORE),
    ],
    "spy_with_obv.txt": [
        Case("OBV", "obv()", 2e3, "starts with the second bar, at the sum of the first two")
    ],
    # The file's name says rate of change; its values are differences.
    "spy_with_roc50.txt": [Case("Rate of Change 50", "mom(close, 50)", 2e-5)],
    "spy_with_rsv.csv": [
        Case(
            "RSV9",
            "sqrt(mean(log(high / close) * log(high / open)"
            " + log(low / close) * log(low / open), 9))",
        )
    ],
    "spy_with_stoch12k3.txt": [
        Case("Stochastics 12 %K 3", "stochastic(12, 3, 5).k", 1e-3),
        Case("%D 5", "stochastic(12, 3, 5).d", 1e-3),
    ],
    "spy_with_vwap.txt": [
        Case("Moving VWAP 50", "sum(ohlc4 * volume, 50) / sum(volume, 50)", 1e-4)
    ],
    "spy_with_williamsR14.txt": [Case("Williams %R 14", "williams_r(14)", 1e-3)],
    "spy_wto.csv": [
        Case("WT1", WAVE_TREND, 1e-6),
        Case("WT2", f"sma({WAVE_TREND}, 4)", 1e-6),
    ],
    "eurusd60_dem.txt": [
        Case("DeM", f"{UP} / ({UP} + {DOWN})", starts="counts the first bar's move as 0")
    ],
}


@pytest.mark.parametrize(
    ("file", "case"),
    [(file, case) for file, cases in CASES.items() for case in cases],
    ids=str,
)
def test_lean(file: str, case: Case, oracle_data: Path, evaluate: Evaluate) -> None:
    table = csv_table(oracle_data / "reference" / "lean_indicators" / file)
    assert_agrees(evaluate(case.text, table), table[case.column.lower()], case)


@pytest.mark.parametrize(
    ("file", "case"),
    [
        ("bi_datatest.csv", Case("Beta", "beta(ret(open), ret(close), 5)", 1e-9, "starts at 0")),
        (
            "spy_qqq_cov.csv",
            Case("Covariance", "cov(ret(open), ret(close), 252)", 1e-15, "starts at 0"),
        ),
    ],
    ids=str,
)
def test_lean_with_two_symbols(
    file: str, case: Case, oracle_data: Path, evaluate: Evaluate
) -> None:
    """The first symbol's close is put into `open`, next to the close of the second."""
    first, second = csv_tables(oracle_data / "reference" / "lean_indicators" / file).values()
    table = {"open": first["close"], "close": second["close"]}
    assert_agrees(evaluate(case.text, table), second[case.column.lower()], case)


def test_vwap_of_notional(oracle_data: Path, evaluate: Evaluate) -> None:
    table = csv_table(oracle_data / "reference" / "lean_indicators" / "spy_with_vwap.txt")
    prices = sum(table[name] for name in ("open", "high", "low", "close")) / 4
    bars = {**table, "notional": prices * table["volume"]}
    case = Case("moving vwap 50", "vwap(50)", 1e-4)
    assert_agrees(evaluate(case.text, bars), table[case.column], case)
