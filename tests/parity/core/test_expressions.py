"""Expressions: streams against batches bit for bit, and both against pandas and references."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from algotrendy import Expression

FIELDS = ("open", "high", "low", "close", "volume")
Columns = dict[str, NDArray[np.float64]]


def expression_texts() -> st.SearchStrategy[str]:
    functions, operators = st.sampled_from(["ret", "ema", "std"]), st.sampled_from("+-*/")
    return st.recursive(
        st.sampled_from(FIELDS) | st.integers(0, 99).map(str),
        lambda inner: (
            st.builds("({} {} {})".format, inner, operators, inner)
            | st.builds("-{}".format, inner)
            | st.builds("{}({}, {})".format, functions, inner, st.integers(2, 8))
        ),
        max_leaves=8,
    )


def random_walk(count: int, *, seed: int = 7) -> Columns:
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.01, count)))
    return {"close": close, "volume": random.integers(0, 1_000, count).astype(np.float64)}


@given(expression_texts(), st.data())
def test_a_batch_has_the_bits_of_a_stream(text: str, data: st.DataObject) -> None:
    values = st.lists(st.floats(width=64), min_size=24, max_size=24)
    columns = {field: np.array(data.draw(values)) for field in FIELDS}
    stream = Expression(text).stream()
    streamed = np.array(
        [stream.push(**{field: columns[field][row] for field in FIELDS}) for row in range(24)]
    )
    batch = Expression(text).evaluate(columns)
    np.testing.assert_array_equal(batch.view(np.uint64), streamed.view(np.uint64))


@pytest.mark.parametrize("window", [2, 5, 20, 250])
def test_functions_agree_with_pandas(window: int) -> None:
    columns = random_walk(2_000)
    close = pd.Series(columns["close"])
    seeded = close.copy()
    seeded.iloc[: window - 1] = np.nan
    seeded.iloc[window - 1] = close.iloc[:window].mean()
    expected = {
        "ret": close / close.shift(window) - 1.0,
        "ema": seeded.ewm(span=window, adjust=False).mean(),
        "std": close.rolling(window).std(),
    }
    for function, values in expected.items():
        found = Expression(f"{function}(close, {window})").evaluate(columns)
        # pandas slides its sums, and is the less exact of the two.
        np.testing.assert_allclose(found, values.to_numpy(), rtol=1e-7, err_msg=function)


def test_std_stays_exact_where_running_sums_do_not() -> None:
    columns = random_walk(5_000)
    close = columns["close"]
    close[100] = 1e15
    found = Expression("std(close, 20)").evaluate(columns)
    windows = np.lib.stride_tricks.sliding_window_view(close, 20)
    np.testing.assert_allclose(found[19:], windows.std(axis=1, ddof=1), rtol=1e-12)


def test_std_of_a_constant_is_exactly_zero() -> None:
    found = Expression("std(close, 30)").evaluate({"close": np.full(500, 0.1)})
    assert np.all(found[29:] == 0.0)


def test_ema_skips_what_is_not_finite() -> None:
    close = random_walk(60)["close"]
    holes = close.copy()
    holes[[5, 30, 31]] = [np.nan, np.inf, -np.inf]
    found = Expression("ema(close, 10)").evaluate({"close": holes})
    finite = np.isfinite(holes)
    expected = Expression("ema(close, 10)").evaluate({"close": close[finite]})
    np.testing.assert_array_equal(found[finite], expected)
    assert np.all(np.isnan(found[~finite]))


def test_talib_agrees_on_spy(oracle_data: Path) -> None:
    bars = pd.read_csv(oracle_data / "bars_daily/mplfinance/yahoofinance-SPY-20080101-20180101.csv")
    reference = pd.read_csv(oracle_data / "reference/computed/talib_SPY.csv")
    columns = {"close": bars["Close"].to_numpy(dtype=np.float64)}
    expected = {
        "ema(close, 20)": reference["EMA20"],
        # TA-Lib divides by n, not by n - 1.
        "std(close, 20)": reference["STDDEV20"] * np.sqrt(20 / 19),
        "100 * ret(close, 10)": reference["ROC10"],
        "2 * ema(close, 20) - ema(ema(close, 20), 20)": reference["DEMA20"],
    }
    for text, values in expected.items():
        found = Expression(text).evaluate(columns)
        assert np.count_nonzero(np.isnan(found)) == values.isna().sum(), text
        # TA-Lib takes the deviation from a difference of squares, good to about eight digits here.
        np.testing.assert_allclose(found, values.to_numpy(), rtol=1e-8, atol=1e-10, err_msg=text)
