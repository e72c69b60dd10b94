"""`algotrendy.features`, `FeatureSet` and what they compute over tables, streams and universes."""

import copy
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray

import algotrendy
from algotrendy import FeatureSet
from algotrendy.errors import (
    ColumnLengthError,
    DataOrderError,
    DataValueError,
    ExpressionError,
    InSampleError,
    InvalidArgumentError,
)

MINUTE_NS = 60 * 10**9
TEXTS = {"mean": "sma(close, 2)", "up": "close > lag(close)"}
CLOSE = np.array([1.0, 3.0, 2.0])


def minutes(count: int) -> dict[str, NDArray[Any]]:
    open_time = np.arange(count) * MINUTE_NS
    close = np.arange(1.0, count + 1)
    return {"open_time": open_time, "close_time": open_time + MINUTE_NS, "close": close}


@pytest.mark.parametrize(
    "table",
    [
        {"close": CLOSE},
        pl.DataFrame({"close": CLOSE}),
        pd.DataFrame({"close": CLOSE}),
        pa.table({"close": CLOSE}),
        pa.concat_tables([pa.table({"close": CLOSE[:1]}), pa.table({"close": CLOSE[1:]})]),
    ],
    ids=lambda table: type(table).__module__,
)
def test_any_table_goes_in(table: object) -> None:
    features = algotrendy.features(table, TEXTS)
    np.testing.assert_array_equal(features["mean"], [np.nan, 2.0, 2.5])
    np.testing.assert_array_equal(features["up"], [np.nan, 1.0, 0.0])


def test_columns_leave_as_arrow_with_nulls_and_booleans() -> None:
    table = pa.table(algotrendy.features({"close": CLOSE}, TEXTS))
    assert table.schema.field("up").type == pa.bool_()
    assert table.to_pydict() == {"mean": [None, 2.0, 2.5], "up": [None, True, False]}


def test_bars_go_in_as_they_are() -> None:
    trades = {"time": np.arange(4) * MINUTE_NS, "price": [1.5, 2.5, 2.0, 3.0], "quantity": [1] * 4}
    bars = algotrendy.bars(trades, "time", interval="1m")
    texts = {"vwap": "vwap", "close": "close", "count": "trade_count"}
    features = algotrendy.features(bars, texts)
    assert features["close"].tolist() == [1.5, 2.5, 2.0, 3.0]
    assert features["vwap"].tolist() == features["close"].tolist()
    stream = FeatureSet(texts).stream()
    assert [stream.push(bar).tolist() for bar in bars] == [
        [close, close, 1.0] for close in features["close"]
    ]


def test_a_column_is_read_only_and_keeps_its_table_alive() -> None:
    column = algotrendy.features({"close": CLOSE}, TEXTS)["mean"]
    assert column.tolist()[1:] == [2.0, 2.5]
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1.0


def test_a_column_that_is_not_there_is_named() -> None:
    features = algotrendy.features({"close": CLOSE}, TEXTS)
    with pytest.raises(KeyError, match="momentum"):
        features["momentum"]
    assert "mean" in features
    assert features.names == ["mean", "up"]


def test_a_wrong_text_says_whose_it_is_and_where() -> None:
    with pytest.raises(ExpressionError) as refusal:
        algotrendy.features({"close": CLOSE}, {**TEXTS, "bad": "close > emaa(close, 3)"})
    assert refusal.value.metadata["feature"] == "bad"
    assert refusal.value.metadata["position"] == "8"
    assert "did you mean ema?" in str(refusal.value)


@pytest.mark.parametrize("expressions", [{}, [("x", "close"), ("x", "open")]])
def test_names_are_unique_and_there_is_one(expressions: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        FeatureSet(expressions)
    assert refusal.value.metadata["field"] == "expressions"


def test_columns_whose_names_do_not_tell_are_named() -> None:
    features = algotrendy.features({"px_last": CLOSE}, {"x": "close"}, columns={"close": "px_last"})
    assert features["x"].tolist() == CLOSE.tolist()


def test_longer_bars_are_made_of_the_bars_and_known_when_they_close() -> None:
    features = algotrendy.features(
        minutes(7), {"x": "bars('3m').close", "y": "bars('3m', ema(close, 2))"}
    )
    np.testing.assert_array_equal(features["x"], [np.nan, np.nan, 3, 3, 3, 6, 6])
    np.testing.assert_array_equal(features["y"], [np.nan] * 5 + [4.5, 4.5])


def test_other_series_are_given_by_name() -> None:
    other = {"close_time": np.array([2, 4]) * MINUTE_NS, "close": np.array([10.0, 20.0])}
    features = algotrendy.features(minutes(5), {"x": "bars('spy').close"}, others={"spy": other})
    np.testing.assert_array_equal(features["x"], [np.nan, 10, 10, 20, 20])
    stream = FeatureSet({"x": "bars('spy').close"}).stream(others=["spy"])
    for close_time, close in ((2, 10.0), (4, 20.0)):
        stream.push_other("spy", close=close, close_time_ns=close_time * MINUTE_NS)
    found = [stream.push(close_time_ns=minute * MINUTE_NS)[0] for minute in range(1, 6)]
    np.testing.assert_array_equal(found, features["x"])


@pytest.mark.parametrize(
    ("bars", "field"),
    [
        ({"close": CLOSE}, "close_time"),
        ({"open_time": np.arange(3), "close_time": np.arange(3)}, "close"),
    ],
)
def test_what_other_series_need_is_named(bars: Any, field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.features(bars, {"x": "bars('1h').close"})
    assert refusal.value.metadata["field"] == field


def test_a_series_that_no_interval_makes_is_named() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.features(minutes(3), {"x": "bars('spy').close"})
    assert refusal.value.metadata["bars"] == "spy"


def test_calendar_functions_read_the_zone_and_the_sessions() -> None:
    # 14:30 UTC is 9:30 in New York in winter.
    first = np.datetime64("2024-01-08T14:30", "ns").astype(np.int64)
    bars = {"open_time": first + np.arange(3) * MINUTE_NS, "close": CLOSE}
    texts = {"hour": "hour()", "minute": "minute_of_session()", "weekday": "weekday()"}
    assert algotrendy.features(bars, texts)["hour"].tolist() == [14.0] * 3
    local = algotrendy.features(bars, texts, zone="America/New_York", sessions="XNYS")
    assert local["hour"].tolist() == [9.0] * 3
    assert local["minute"].tolist() == [0.0, 1.0, 2.0]
    assert local["weekday"].tolist() == [0.0] * 3
    with pytest.raises(InvalidArgumentError):
        algotrendy.features(bars, texts, zone="Mars/Olympus")


class Doubling:
    """A model of two features, trained to the second minute."""

    features = (("close", "close"), ("before", "lag(close)"))
    usable_after_ns = 2 * MINUTE_NS

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        self.shapes.append(rows.shape)
        return rows[:, 0] * 2 + rows[:, 1]


def test_a_model_is_a_function_of_its_own_features() -> None:
    bars = {name: values[2:] for name, values in minutes(6).items()}
    model = Doubling()
    texts = {"x": "model('doubling') > 13"}
    features = algotrendy.features(bars, texts, models={"doubling": model})
    np.testing.assert_array_equal(features["x"], [np.nan, 0.0, 1.0, 1.0])
    assert model.shapes == [(3, 2)]
    stream = FeatureSet(texts, models={"doubling": model}).stream()
    rows = zip(bars["close"].tolist(), bars["close_time"].tolist(), strict=True)
    found = [stream.push(close=close, close_time_ns=time_ns)[0] for close, time_ns in rows]
    np.testing.assert_array_equal(found, features["x"])


def test_a_model_is_not_asked_about_what_it_was_trained_on() -> None:
    with pytest.raises(InSampleError) as refusal:
        algotrendy.features(minutes(4), {"x": "model('m')"}, models={"m": Doubling()})
    assert refusal.value.metadata["model"] == "m"
    assert refusal.value.metadata["time_ns"] == str(2 * MINUTE_NS)
    allowed = FeatureSet({"x": "model('m', in_sample=True)"}, models={"m": Doubling()})
    assert allowed.in_sample_models == ["m"]
    np.testing.assert_array_equal(allowed.evaluate(minutes(4))["x"], [np.nan, 5, 8, 11])


def test_a_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(ExpressionError, match="did you mean spy"):
        FeatureSet({"x": "model('spi')"}, models={"spy": Doubling()})


def test_what_a_model_raises_arrives_as_it_was() -> None:
    class Broken(Doubling):
        def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
            raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        algotrendy.features(minutes(6), {"x": "model('m', in_sample=True)"}, models={"m": Broken()})


def universe() -> dict[str, Any]:
    symbols = ["B", "A", "C", "A", "B", "C"]
    days = np.array([1, 1, 2, 2, 2, 3])
    close = np.array([20.0, 10.0, 5.0, 11.0, 19.0, 6.0])
    return {"symbol": symbols, "time": days * 86_400 * 10**9, "close": close}


def test_members_are_compared_at_one_time_and_remember_their_own() -> None:
    texts = {"rank": "cs_rank(close)", "change": "delta(close)"}
    features = algotrendy.features(universe(), texts, by="symbol")
    np.testing.assert_allclose(features["rank"], [1, 1 / 2, 1 / 3, 2 / 3, 1, 1])
    np.testing.assert_array_equal(features["change"], [np.nan, np.nan, np.nan, 1, -1, 1])


def test_a_universe_goes_on_time_by_time() -> None:
    texts = {"rank": "cs_rank(close)", "change": "delta(close)"}
    expected = algotrendy.features(universe(), texts, by="symbol")
    stream = FeatureSet(texts).universe_stream(["A", "B", "C"])
    table = universe()
    for time_ns in np.unique(table["time"]).tolist():
        rows = np.flatnonzero(table["time"] == time_ns)
        bars = {table["symbol"][row]: {"close": float(table["close"][row])} for row in rows}
        found = stream.push(time_ns, bars)
        for place, row in enumerate(rows):
            np.testing.assert_array_equal(found[place], [expected[name][row] for name in texts])


def test_what_compares_members_needs_a_universe() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.features(universe(), {"rank": "cs_rank(close)"})
    assert refusal.value.metadata["field"] == "by"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"time": np.ones(6, dtype=np.int64)}, "another bar of the same member"),
        ({"time": np.array([2, 2, 2, 1, 1, 3])}, "does not follow"),
    ],
)
def test_a_universe_out_of_order_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidArgumentError, match=reason):
        algotrendy.features({**universe(), **change}, {"x": "cs_rank(close)"}, by="symbol")


def test_a_member_column_of_another_length_is_refused() -> None:
    table = {**universe(), "symbol": ["A", "B", "C"]}
    with pytest.raises(ColumnLengthError) as refusal:
        algotrendy.features(table, {"x": "cs_rank(close)"}, by="symbol")
    assert refusal.value.metadata == {"column": "symbol", "length": "3", "expected": "6"}


def test_a_row_out_of_order_is_named_by_its_place_in_the_table() -> None:
    table = {
        "symbol": ["A", "B", "A", "B"],
        "time": np.array([1, 5, 2, 3]),
        "close": np.arange(4.0),
    }
    with pytest.raises(DataOrderError) as refusal:
        algotrendy.features(table, {"x": "cs_rank(close)"}, by="symbol")
    assert refusal.value.metadata["index"] == "3"


def test_a_table_that_runs_backwards_is_refused() -> None:
    bars = {name: values[::-1] for name, values in minutes(4).items()}
    with pytest.raises(DataOrderError):
        algotrendy.features(bars, {"x": "lag(close)"})


def test_another_series_without_times_is_not_known() -> None:
    other = {"close_time": np.full(2, np.datetime64("NaT"), "datetime64[ns]"), "close": [1.0, 2.0]}
    with pytest.raises(DataValueError) as refusal:
        algotrendy.features(minutes(3), {"x": "bars('o').close"}, others={"o": other})
    assert refusal.value.metadata["column"] == "close_time"


def test_members_share_the_other_series() -> None:
    day_ns = 86_400 * 10**9
    other = {"close_time": np.array([1, 3]) * day_ns, "close": np.array([7.0, 8.0])}
    table = {**universe(), "close_time": universe()["time"]}
    features = algotrendy.features(
        table, {"x": "bars('spy').close"}, others={"spy": other}, by="symbol"
    )
    assert features["x"].tolist() == [7.0, 7.0, 7.0, 7.0, 7.0, 8.0]


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_a_model_may_answer_in_any_numbers(dtype: type) -> None:
    class Whole(Doubling):
        def predict(self, rows: NDArray[np.float64]) -> NDArray[Any]:
            return np.repeat(rows[:, 0], 2).astype(dtype)[::2]

    found = algotrendy.features(
        minutes(4), {"x": "model('m', in_sample=True)"}, models={"m": Whole()}
    )
    np.testing.assert_array_equal(found["x"], [np.nan, 2, 3, 4])


def test_a_model_that_answers_with_another_shape_is_named() -> None:
    class Table(Doubling):
        def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
            return rows

    with pytest.raises(InvalidArgumentError, match=r'model "m".*\(3, 2\).*each of 3 rows'):
        algotrendy.features(minutes(4), {"x": "model('m', in_sample=True)"}, models={"m": Table()})


def test_an_expression_with_surroundings_is_not_copied() -> None:
    local = algotrendy.Expression("hour()", zone="America/New_York")
    assert local != algotrendy.Expression("hour()")
    with pytest.raises(TypeError, match="make it anew"):
        copy.deepcopy(local)


def test_a_stream_of_batches_is_read_once() -> None:
    first = np.datetime64("2024-01-08T14:30", "ns")
    times = first + np.arange(3) * np.timedelta64(60, "s")
    reader = pa.table({"open_time": times, "close": CLOSE}).to_reader()
    features = algotrendy.features(reader, {"x": "minute_of_session()"}, sessions="XNYS")
    assert features["x"].tolist() == [0.0, 1.0, 2.0]


def test_all_expressions_together_are_bounded() -> None:
    greedy = {f"x{place}": f"std(close + {place}, 100000)" for place in range(60)}
    with pytest.raises(ExpressionError, match="all expressions together"):
        FeatureSet(greedy)


@pytest.mark.parametrize(
    "bars",
    [{"A": {}}, {"A": {"close": 1.0, "close_time_ns": 5}}, {"X": {"close": 1.0}}],
    ids=["field", "time", "member"],
)
def test_a_universe_takes_whole_bars_of_its_members_and_its_time(bars: Any) -> None:
    stream = FeatureSet({"x": "cs_rank(close)"}).universe_stream(["A", "B"])
    with pytest.raises(InvalidArgumentError):
        stream.push(1, bars)
    assert stream.push(1, {"A": {"close": 1.0}}).tolist() == [[1.0]]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_number_of_a_table_is_refused_by_its_row(value: float) -> None:
    bars = minutes(50)
    bars["close"][31] = value
    chunks = pa.concat_tables([pa.table(bars).slice(0, 20), pa.table(bars).slice(20)])
    for table in (bars, chunks):
        for texts in (TEXTS, {"longer": 'bars("5m").close'}):
            with pytest.raises(DataValueError) as refusal:
                algotrendy.features(table, texts)
            metadata = refusal.value.metadata
            assert (metadata["column"], metadata["index"]) == ("close", "31")
            assert metadata["value"] == str(value)


def test_an_infinite_number_is_refused_by_its_row_among_members() -> None:
    bars = minutes(6)
    table = {name: np.tile(column, 2) for name, column in bars.items()}
    table["symbol"] = np.array(["A"] * 6 + ["B"] * 6)
    table["close"][8] = np.inf
    # Of the two in turn.
    order = np.arange(12).reshape(2, 6).T.ravel()
    shuffled = {name: column[order] for name, column in table.items()}
    with pytest.raises(DataValueError) as refusal:
        algotrendy.features(shuffled, {"rank": "cs_rank(close)"}, by="symbol")
    assert refusal.value.metadata["index"] == str(int(np.flatnonzero(order == 8)[0]))


def test_a_stream_refuses_an_infinite_number_and_goes_on() -> None:
    stream = FeatureSet({"mean": "sma(close, 2)"}).stream()
    stream.push(close=1.0)
    with pytest.raises(DataValueError):
        stream.push(close=np.inf)
    assert stream.push(close=3.0)[0] == 2.0
