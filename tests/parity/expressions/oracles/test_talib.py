"""TA-Lib's own wheel, on days of SPY and on random bars, at its default period and two others.

Where it starts another way than ours, `starts` says how, and both agree after the bars in which
each forgets its start. TA-Lib slides differences of sums of squares, which costs it some digits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import talib
from tests.parity.expressions.conftest import Evaluate
from tests.parity.expressions.naive.model import Bars, Column
from tests.parity.expressions.oracles.comparison import (
    Case,
    assert_agrees,
    bars_until_forgotten,
    first_value,
)
from tests.parity.expressions.oracles.composites import ACCUMULATION, ULTIMATE, tillson
from tests.parity.expressions.oracles.readers import SPY_DAYS, csv_table

PRICES = ("open", "high", "low", "close")
ONE_LESS = "the first sum of Wilder's is of n - 1 values"
BOTH_AT_ONCE = "gives no line before it gives them all"
SLOW_START = "both means start with the slow one, and all three lines with the signal"


@dataclass(frozen=True)
class Peer:
    """`text` and `call` are of one period; the first period is TA-Lib's default.

    `forgets` is how many bars of one period it takes to forget how it started.
    """

    name: str
    text: str
    call: Callable[[Bars, int], Column]
    periods: tuple[int, ...] = (30, 5, 100)
    starts: str = ""
    forgets: Callable[[int], int] = lambda _n: 0
    tolerance: float = 1e-9

    def case(self, n: int) -> Case:
        text = self.text.replace("{n}", str(n)).replace("{2n}", str(2 * n))
        return Case(self.name, text, self.tolerance, self.starts, self.forgets(n))

    def __str__(self) -> str:
        return self.name


def of_close(function: Callable[..., Column]) -> Callable[[Bars, int], Column]:
    return lambda bars, n: function(bars["close"], n)


def of_ranges(function: Callable[..., Column]) -> Callable[[Bars, int], Column]:
    return lambda bars, n: function(bars["high"], bars["low"], bars["close"], n)


def of_prices(function: Callable[..., Column], *names: str) -> Callable[[Bars, int], Column]:
    return lambda bars, _n: function(*(bars[name] for name in names))


def line_of(
    function: Callable[..., tuple[Column, ...]], line: int, *names: str
) -> Callable[[Bars, int], Column]:
    return lambda bars, n: function(*(bars[name] for name in names), n)[line]


def macd_line(line: int) -> Callable[[Bars, int], Column]:
    return lambda bars, n: talib.MACD(bars["close"], n, 2 * n, 9)[line]


def stochastic_line(line: int) -> Callable[[Bars, int], Column]:
    return lambda bars, n: talib.STOCH(bars["high"], bars["low"], bars["close"], n, 3, 0, 3, 0)[
        line
    ]


def bars_ago(function: Callable[..., Column], field: str) -> Callable[[Bars, int], Column]:
    """TA-Lib gives the row's number, and 0 where there is none."""

    def call(bars: Bars, n: int) -> Column:
        rows = np.arange(len(bars[field]), dtype=np.float64)
        found = rows - function(bars[field], n)
        found[: n - 1] = np.nan
        return found

    return call


def bollinger_line(line: int) -> Callable[[Bars, int], Column]:
    return lambda bars, n: talib.BBANDS(bars["close"], n, 2.0, 2.0)[line]


def wilder_twice(n: int) -> int:
    return 2 * n + bars_until_forgotten(1 / n) + 100


PEERS = [
    Peer("SMA", "sma(close, {n})", of_close(talib.SMA)),
    Peer("EMA", "ema(close, {n})", of_close(talib.EMA)),
    Peer("WMA", "wma(close, {n})", of_close(talib.WMA)),
    Peer("DEMA", "dema(close, {n})", of_close(talib.DEMA)),
    Peer("TEMA", "tema(close, {n})", of_close(talib.TEMA)),
    Peer("KAMA", "kama(close, {n}, 2, 30)", of_close(talib.KAMA)),
    Peer("RSI", "rsi(close, {n})", of_close(talib.RSI), (14, 2, 60)),
    Peer("ROC", "roc(close, {n})", of_close(talib.ROC), (10, 1, 60)),
    Peer("ROCP", "ret(close, {n})", of_close(talib.ROCP), (10, 1, 60)),
    Peer("MOM", "mom(close, {n})", of_close(talib.MOM), (10, 1, 60)),
    Peer("MAX", "max(close, {n})", of_close(talib.MAX)),
    Peer("MIN", "min(close, {n})", of_close(talib.MIN)),
    Peer("SUM", "sum(close, {n})", of_close(talib.SUM)),
    Peer("MIDPOINT", "(max(close, {n}) + min(close, {n})) / 2", of_close(talib.MIDPOINT)),
    Peer("STDDEV", "std(close, {n}, ddof=0)", of_close(talib.STDDEV), (5, 14, 100)),
    Peer("VAR", "var(close, {n}, ddof=0)", of_close(talib.VAR), (5, 14, 100)),
    Peer("LINEARREG_SLOPE", "slope(close, {n})", of_close(talib.LINEARREG_SLOPE), (14, 3, 60)),
    Peer("TRIX", "roc(ema(ema(ema(close, {n}), {n}), {n}), 1)", of_close(talib.TRIX)),
    Peer("BBANDS upper", "bollinger(close, {n}, 2).upper", bollinger_line(0), (20, 5, 100)),
    Peer("BBANDS middle", "bollinger(close, {n}, 2).middle", bollinger_line(1), (20, 5, 100)),
    Peer("BBANDS lower", "bollinger(close, {n}, 2).lower", bollinger_line(2), (20, 5, 100)),
    Peer("TRANGE", "true_range()", of_prices(talib.TRANGE, "high", "low", "close"), (1,)),
    Peer("MEDPRICE", "hl2", of_prices(talib.MEDPRICE, "high", "low"), (1,)),
    Peer("TYPPRICE", "hlc3", of_prices(talib.TYPPRICE, "high", "low", "close"), (1,)),
    Peer("AVGPRICE", "ohlc4", of_prices(talib.AVGPRICE, *PRICES), (1,)),
    Peer("OBV", "obv()", of_prices(talib.OBV, "close", "volume"), (1,)),
    Peer("BOP", "(close - open) / (high - low)", of_prices(talib.BOP, *PRICES), (1,)),
    Peer("ATR", "atr({n})", of_ranges(talib.ATR), (14, 2, 60)),
    Peer("NATR", "100 * atr({n}) / close", of_ranges(talib.NATR), (14, 2, 60)),
    Peer("WILLR", "williams_r({n})", of_ranges(talib.WILLR), (14, 3, 60)),
    Peer("CCI", "cci({n})", of_ranges(talib.CCI), (14, 3, 60)),
    Peer("AROON down", "aroon({n}).down", line_of(talib.AROON, 0, "high", "low"), (14, 3, 60)),
    Peer("AROON up", "aroon({n}).up", line_of(talib.AROON, 1, "high", "low"), (14, 3, 60)),
    Peer("AVGDEV", "mean_dev(close, {n})", of_close(talib.AVGDEV), (14, 3, 60)),
    Peer("CMO", "2 * rsi(close, {n}) - 100", of_close(talib.CMO), (14, 3, 60)),
    Peer("T3", tillson(5, 0.7, "mean"), of_prices(talib.T3, "close"), (5,)),
    Peer("TRIMA", "sma(sma(close, 15), 16)", of_prices(talib.TRIMA, "close"), (30,)),
    Peer("ULTOSC", ULTIMATE, of_prices(talib.ULTOSC, *PRICES[1:]), (1,)),
    Peer("AD", ACCUMULATION, of_prices(talib.AD, *PRICES[1:], "volume"), (1,), tolerance=1e-6),
    Peer(
        "ADOSC",
        "{0}3{1} - {0}10{1}".format(f"ema({ACCUMULATION}, ", ", seed='first')"),
        of_prices(talib.ADOSC, *PRICES[1:], "volume"),
        (1,),
        "its two means start at the first value; it is silent for nine bars",
        tolerance=1e-4,
    ),
    Peer(
        "LINEARREG",
        "mean(close, {n}) + ({n} - 1) / 2 * slope(close, {n})",
        of_close(talib.LINEARREG),
        (14, 3, 60),
    ),
    Peer(
        "STOCHF d",
        "stochastic({n}, 1, 3).d",
        lambda bars, n: talib.STOCHF(bars["high"], bars["low"], bars["close"], n, 3, 0)[1],
        (5, 14, 60),
    ),
    Peer(
        "AROONOSC",
        "aroon({n}).oscillator",
        lambda bars, n: talib.AROONOSC(bars["high"], bars["low"], n),
        (14, 3, 60),
    ),
    Peer(
        "MFI",
        "mfi({n})",
        lambda bars, n: talib.MFI(*(bars[one] for one in (*PRICES[1:], "volume")), n),
        (14, 3, 60),
    ),
    Peer(
        "MIDPRICE",
        "donchian({n}).middle",
        lambda bars, n: talib.MIDPRICE(bars["high"], bars["low"], n),
        (14, 3, 60),
    ),
    Peer(
        "SAR",
        "psar(0.02, 0.2)",
        lambda bars, _n: talib.SAR(bars["high"], bars["low"], 0.02, 0.2),
        (1,),
    ),
    Peer(
        "SAR, fast",
        "psar(step=0.05, max=0.3)",
        lambda bars, _n: talib.SAR(bars["high"], bars["low"], 0.05, 0.3),
        (1,),
    ),
    Peer(
        "CORREL",
        "corr(high, low, {n})",
        lambda bars, n: talib.CORREL(bars["high"], bars["low"], n),
        (30, 5, 100),
    ),
    Peer(
        "BETA",
        "beta(ret(low), ret(high), {n})",
        lambda bars, n: talib.BETA(bars["high"], bars["low"], n),
        (5, 14, 100),
    ),
    Peer("STOCH d", "stochastic({n}, 3, 3).d", stochastic_line(1), (5, 14, 60)),
    Peer("STOCH k", "stochastic({n}, 3, 3).k", stochastic_line(0), (5, 14, 60), BOTH_AT_ONCE),
    *(
        Peer(
            f"MACD {name}",
            f"macd(close, {{n}}, {{2n}}, 9).{name}",
            macd_line(line),
            (13, 5, 40),
            SLOW_START,
            lambda n: 2 * n + bars_until_forgotten(2 / (2 * n + 1)) + bars_until_forgotten(0.2),
        )
        for line, name in enumerate(("line", "signal", "histogram"))
    ),
    *(
        Peer(
            name,
            f"adx({{n}}).{line}",
            of_ranges(function),
            (14, 2, 30),
            ONE_LESS,
            wilder_twice,
        )
        for name, line, function in (
            ("ADX", "adx", talib.ADX),
            ("DX", "dx", talib.DX),
            ("PLUS_DI", "plus_di", talib.PLUS_DI),
            ("MINUS_DI", "minus_di", talib.MINUS_DI),
        )
    ),
]
VECTORS = {
    "SMA20": "sma(close, 20)",
    "EMA20": "ema(close, 20)",
    "WMA20": "wma(close, 20)",
    "DEMA20": "dema(close, 20)",
    "RSI14": "rsi()",
    "MACD": "macd().line",
    "MACDsignal": "macd().signal",
    "MACDhist": "macd().histogram",
    "BBupper": "bollinger().upper",
    "BBmiddle": "bollinger().middle",
    "BBlower": "bollinger().lower",
    "ATR14": "atr()",
    "NATR14": "100 * atr() / close",
    "ADX14": "adx().adx",
    "PLUS_DI14": "adx().plus_di",
    "MINUS_DI14": "adx().minus_di",
    "CCI20": "cci()",
    "MFI14": "mfi()",
    "OBV": "obv()",
    "STOCHk": "stochastic().k",
    "STOCHd": "stochastic().d",
    "WILLR14": "williams_r()",
    "ROC10": "roc(close)",
    "SAR": "psar()",
    "AROONdown14": "aroon(14).down",
    "AROONup14": "aroon(14).up",
    "STDDEV20": "std(close, 20, ddof=0)",
    "SLOPE14": "slope(close, 14)",
}
LATER = {
    "MACD": (SLOW_START, 500),
    "MACDsignal": (SLOW_START, 500),
    "MACDhist": (SLOW_START, 500),
    "ADX14": (ONE_LESS, 600),
    "PLUS_DI14": (ONE_LESS, 600),
    "MINUS_DI14": (ONE_LESS, 600),
    "STOCHk": (BOTH_AT_ONCE, 0),
}


def spy(oracle_data: Path) -> dict[str, Column]:
    return csv_table(oracle_data / SPY_DAYS)


def random_bars(*, seed: int, count: int = 3_000) -> dict[str, Column]:
    """A walk in steps of 1/64: highs, lows and closes are often equal, their sums are exact."""
    random = np.random.default_rng(seed)
    close = 3_200 + np.cumsum(random.integers(-5, 6, count))
    opened = np.concatenate([[3_200], close[:-1]])
    above, below = random.integers(0, 6, count), random.integers(1, 7, count)
    steps = {
        "open": opened,
        "high": np.maximum(opened, close) + above,
        "low": np.minimum(opened, close) - below,
        "close": close,
    }
    bars = {name: values / 64.0 for name, values in steps.items()}
    return {**bars, "volume": random.integers(1, 10_000, count).astype(np.float64)}


def each_period(peers: list[Peer]) -> Mapping[str, object]:
    pairs = [(peer, n) for peer in peers for n in peer.periods]
    return {"argvalues": pairs, "ids": [f"{peer}-{n}" for peer, n in pairs]}


def assert_equals(evaluate: Evaluate, peer: Peer, n: int, bars: dict[str, Column]) -> None:
    case = peer.case(n)
    assert_agrees(evaluate(case.text, bars), peer.call(bars, n), case)


@pytest.mark.parametrize(("peer", "n"), **each_period(PEERS))
def test_talib_on_days_of_spy(peer: Peer, n: int, oracle_data: Path, evaluate: Evaluate) -> None:
    assert_equals(evaluate, peer, n, spy(oracle_data))


@pytest.mark.parametrize(("peer", "n"), **each_period(PEERS))
def test_talib_on_random_bars(peer: Peer, n: int, evaluate: Evaluate) -> None:
    assert_equals(evaluate, peer, n, random_bars(seed=n))


@pytest.mark.parametrize("column", VECTORS)
def test_talib_vectors_computed_beforehand(
    column: str, oracle_data: Path, evaluate: Evaluate
) -> None:
    wanted = csv_table(oracle_data / "reference" / "computed" / "talib_SPY.csv")[column.lower()]
    case = Case(column, VECTORS[column], 1e-9, *LATER.get(column, ()))
    assert_agrees(evaluate(case.text, spy(oracle_data)), wanted, case)


@pytest.mark.parametrize("n", [3, 30, 100])
@pytest.mark.parametrize(
    ("text", "theirs"), [("argmax", talib.MAXINDEX), ("argmin", talib.MININDEX)]
)
def test_an_extreme_is_the_latest_of_equals_while_talib_takes_now_one_now_another(
    text: str, theirs: Callable[..., Column], n: int, evaluate: Evaluate
) -> None:
    bars = random_bars(seed=n)
    found = evaluate(f"{text}(close, {n})", bars)[n - 1 :]
    wanted = bars_ago(theirs, "close")(bars, n)[n - 1 :]
    windows = np.lib.stride_tricks.sliding_window_view(bars["close"], n)
    extremes = np.where(text == "argmax", windows.max(axis=1), windows.min(axis=1))
    once = (windows == extremes[:, None]).sum(axis=1) == 1
    np.testing.assert_array_equal(found[once], wanted[once])
    assert np.all(found[~once] <= wanted[~once])
    assert np.any(found[~once] < wanted[~once])


def test_a_macd_starts_each_mean_at_the_first_bar_unlike_talib(evaluate: Evaluate) -> None:
    bars = random_bars(seed=1, count=200)
    found, theirs = evaluate("macd().line", bars), talib.MACD(bars["close"])[0]
    assert (first_value(found), first_value(theirs)) == (25, 33)
    late = np.concatenate([np.full(14, np.nan), bars["close"][14:]])
    # With the fast mean started where the slow one is, both are the same.
    moved = evaluate("ema(close, 12)", {**bars, "close": late})
    moved = moved - evaluate("ema(close, 26)", bars)
    np.testing.assert_allclose(moved[33:], theirs[33:], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "theirs", "flat", "ours"),
    [
        ("rsi(close, 5)", lambda x: talib.RSI(x, 5), 0.0, 50.0),
        ("williams_r(5)", lambda x: talib.WILLR(x, x, x, 5), 0.0, np.nan),
        ("cci(5)", lambda x: talib.CCI(x, x, x, 5), 0.0, np.nan),
        ("stochastic(5, 3, 3).d", lambda x: talib.STOCH(x, x, x, 5, 3, 0, 3, 0)[1], 0.0, np.nan),
        ("adx(5).dx", lambda x: talib.DX(x, x, x, 5), 0.0, np.nan),
        ("mfi(5)", lambda x: talib.MFI(x, x, x, x, 5), 0.0, np.nan),
        ("corr(high, low, 5)", lambda x: talib.CORREL(x, x, 5), 0.0, np.nan),
        ("beta(ret(low), ret(high), 5)", lambda x: talib.BETA(x, x, 5), 0.0, np.nan),
        ("kama(close, 5)", lambda x: talib.KAMA(x, 5), 7.0, 7.0),
    ],
)
def test_what_does_not_move_has_no_ratio_where_talib_says_zero(
    text: str,
    theirs: Callable[[Column], Column],
    flat: float,
    ours: float,
    evaluate: Evaluate,
) -> None:
    still = np.full(60, 7.0)
    bars = dict.fromkeys((*PRICES, "volume"), still)
    assert theirs(still)[-1] == flat
    np.testing.assert_equal(evaluate(text, bars)[-1], ours)
