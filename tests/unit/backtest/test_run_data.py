"""Market data in every form: each runs as the others do, and what is wrong is named."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tests.unit.backtest.markets import DAY_NS, MINUTE_NS, Columns, bars, on_bars, random_bars

import algotrendy as at
from algotrendy.backtest import Data, load, run
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import (
    DataColumnsError,
    DataFileError,
    DataOrderError,
    DataValueError,
    InvalidArgumentError,
)
from algotrendy.testing.market_data import random_bars as platform_bars


class Cross(at.Strategy):
    """Trades often, on features and on history."""

    features = {"fast": "sma(close, 3)", "slow": "sma(close, 8)"}

    def on_bar(self, context: Any, bar: Any) -> None:
        is_up = context.history(5)[-1] > context.history(5)[0]
        if context.feature("fast") > context.feature("slow") and is_up:
            context.target_weight(0.3)
        else:
            context.close()


def timed(data: Columns) -> dict[str, Any]:
    """The same with timestamps for integers."""
    return {**data, "time": data["time"].view("datetime64[ns]")}


def frame(data: Columns) -> pd.DataFrame:
    index = pd.DatetimeIndex(timed(data)["time"], name="Date")
    names = {name: name.title() for name in data if name != "time"}
    return pd.DataFrame({names[name]: data[name] for name in names}, index=index)


def decimals(data: Columns) -> pa.Table:
    prices = {
        name: pa.array([Decimal(f"{price:.2f}") for price in data[name]], pa.decimal128(18, 2))
        for name in ("open", "high", "low", "close")
    }
    return pa.table({**timed(data), **prices})


def floats_as_bars(data: Columns) -> at.Bars:
    return at.bars(data, "time", interval="1m")


FORMS: dict[str, Callable[[Columns, Path], object]] = {
    "a mapping of arrays": lambda data, _: {"ABC": data},
    "a mapping with timestamps": lambda data, _: {"ABC": timed(data)},
    "a pandas frame": lambda data, _: {"ABC": frame(data)},
    "a polars frame": lambda data, _: {"ABC": pl.DataFrame(data)},
    "an Arrow table": lambda data, _: {"ABC": pa.table(data)},
    "decimals": lambda data, _: {"ABC": decimals(data)},
    "bars": lambda data, _: {"ABC": floats_as_bars(data)},
    "a Parquet file": lambda data, folder: {"ABC": written(data, folder / "any.parquet")},
    "a Parquet file by its name": lambda data, folder: written(data, folder / "ABC.parquet"),
    "a CSV file": lambda data, folder: {"ABC": written(data, folder / "any.csv")},
    "a folder": lambda data, folder: written(data, folder / "ABC.parquet").parent,
    "a long table": lambda data, _: pl.DataFrame(data).with_columns(symbol=pl.lit("ABC")),
    "a long mapping": lambda data, _: {**data, "symbol": ["ABC"] * len(data["close"])},
    "a long file": lambda data, folder: written(
        {**data, "ticker": np.full(len(data["close"]), "ABC")}, folder / "long.parquet"
    ),
    "loaded data": lambda data, _: load({"ABC": data}),
}


def written(data: dict[str, Any], path: Path) -> Path:
    table = pa.table(timed(data))
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path, row_group_size=50)
    return path


def outcome_of(data: object, **options: Any) -> dict[str, str]:
    """Return the fingerprints of a run's tables."""
    return dict(run(Cross(), data, **options).record.outcome)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_data_runs_alike(form: str, tmp_path: Path) -> None:
    data = random_bars(300)
    assert outcome_of(FORMS[form](data, tmp_path)) == outcome_of({"ABC": data})


def test_rows_of_several_symbols_in_any_order_run_as_tables_by_symbol(tmp_path: Path) -> None:
    data = {name: random_bars(100, seed=seed) for seed, name in enumerate(("ABC", "XYZ", "DEF"))}
    tables = [
        pl.DataFrame(columns).with_columns(symbol=pl.lit(name)) for name, columns in data.items()
    ]
    by_symbol, by_time = pl.concat(tables), pl.concat(tables).sort("time", maintain_order=True)
    expected = outcome_of(data)
    assert outcome_of(by_symbol) == expected
    assert outcome_of(by_time) == expected
    for name, columns in data.items():
        written(columns, tmp_path / f"{name}.parquet")
    # A folder's series are in the order of their names.
    assert outcome_of(tmp_path) == outcome_of({name: data[name] for name in sorted(data)})


def test_streamed_data_run_as_whole_data(tmp_path: Path) -> None:
    paths = {}
    data = {"ABC": random_bars(700), "XYZ": random_bars(450, seed=3, step_ns=2 * MINUTE_NS)}
    for name, columns in data.items():
        paths[name] = written(columns, tmp_path / f"{name}.parquet")
    streamed = load(paths, stream=True)
    assert streamed.is_streamed
    whole, parts = run(Cross(), paths), run(Cross(), streamed)
    assert parts.record.outcome == whole.record.outcome
    assert parts.fills.num_rows > 20
    # The same data have the same fingerprint, whole or in parts.
    assert [each.sha256 for each in parts.record.data] == [
        each.sha256 for each in whole.record.data
    ]


def test_streamed_data_can_be_run_again(tmp_path: Path) -> None:
    streamed = load({"ABC": written(random_bars(300), tmp_path / "any.parquet")}, stream=True)
    assert outcome_of(streamed) == outcome_of(streamed)


def test_streamed_trades_run_as_whole_trades(tmp_path: Path) -> None:
    moves = np.random.default_rng(5).integers(-3, 4, 2_000)
    trades = {
        "time": np.arange(2_000) * 7_000_000_000,
        "price": np.round(50 + np.cumsum(moves) / 100, 2),
        "quantity": np.full(2_000, 10),
    }
    path = tmp_path / "trades.parquet"
    pq.write_table(pa.table(timed(trades)), path, row_group_size=333)
    assert outcome_of({"ABC": path}, stream=True, bars="1m") == outcome_of(
        {"ABC": trades}, bars="1m"
    )


# --- Times and instruments ------------------------------------------------------------------------


def feed_of(columns: dict[str, Any], **options: Any) -> Any:
    return load({"ABC": columns}, **options).feeds[0]


def test_a_bar_lasts_the_usual_step_and_never_into_the_next() -> None:
    times = np.array([0, 1, 2, 2.5, 4]) * DAY_NS
    feed = feed_of({**bars([1.0] * 5), "time": times.astype(np.int64)})
    closes = feed.columns()["close_time_ns"] / DAY_NS
    assert closes.tolist() == [1, 2, 2.5, 3.5, 5]


def test_one_time_may_be_the_close() -> None:
    feed = feed_of(bars([1.0] * 3), label="close", interval="12h")
    assert (feed.columns()["open_time_ns"] / DAY_NS).tolist() == [-0.5, 0.5, 1.5]


def test_a_single_bar_needs_an_interval() -> None:
    with pytest.raises(InvalidArgumentError, match="interval is not given"):
        feed_of(bars([1.0]))
    assert feed_of(bars([1.0]), interval="1h").time_range == (0, 3_600_000_000_000)


@pytest.mark.parametrize(
    ("closes", "tick"), [([10.0, 11.0], 2), ([10.5, 11.25], 2), ([10.5, 11.125], 3)]
)
def test_the_tick_is_a_cent_or_the_last_digit_of_prices(closes: list[float], tick: int) -> None:
    feed = feed_of(bars(closes))
    assert (feed.instrument.price_scale, feed.instrument.tick_size) == (tick, 1)
    assert feed.columns()["close"].tolist() == [round(each * 10**tick) for each in closes]


def test_whole_numbers_are_whole_prices() -> None:
    columns = bars([10.0, 11.0])
    whole = {name: values.astype(np.int64) for name, values in columns.items()}
    assert feed_of(whole).columns()["close"].tolist() == [1000, 1100]


def test_an_instrument_that_is_given_says_what_prices_are_rounded_to() -> None:
    instrument = Instrument("ABC", tick_size=Decimal("0.1"), lot_size=Decimal("0.01"))
    feed = feed_of(bars([10.123, 11.987]), instruments={"ABC": instrument})
    assert feed.columns()["close"].tolist() == [101, 120]
    assert feed.rounded > 0


def test_prices_that_are_no_decimals_need_an_instrument() -> None:
    with pytest.raises(DataValueError, match=r"ABC have more digits.*tick_size=Decimal"):
        feed_of(bars([10 / 3, 20 / 3]))


def test_volumes_of_coins_make_small_lots() -> None:
    columns = {**bars([10.0, 11.0]), "volume": np.array([0.125, 3.5])}
    instrument = feed_of(columns).instrument
    assert (instrument.quantity_scale, instrument.lot_size) == (3, 1)


def test_bars_of_a_platform_bring_their_instrument() -> None:
    nickel = Instrument("SPY", tick_size=Decimal("0.05"), lot_size=Decimal(10))
    walk = platform_bars("SPY", count=5, seed=1)
    stored = replace(walk, instrument=nickel)
    loaded = load({"SPY": stored, "SPY:again": stored})
    assert [feed.name for feed in loaded.feeds] == ["SPY", "SPY:again"]
    for feed in loaded.feeds:
        assert Instrument.from_core(feed.instrument.terms) == nickel
        assert np.array_equal(feed.columns()["close"], walk.close)


def test_an_instrument_that_is_given_goes_before_the_platforms_if_it_has_its_units() -> None:
    stored = {"SPY": platform_bars("SPY", count=5, seed=1)}
    given = Instrument("SPY", tick_size=Decimal("0.05"))
    loaded = load(stored, instruments={"SPY": given})
    assert Instrument.from_core(loaded.feeds[0].instrument.terms) == given
    for finer in ({"tick_size": Decimal("0.001")}, {"lot_size": Decimal("0.1")}):
        with pytest.raises(InvalidArgumentError, match="prices of 2 digits after the point"):
            load(stored, instruments={"SPY": Instrument("SPY", **finer)})


def test_bars_of_a_platform_are_of_their_own_symbol() -> None:
    with pytest.raises(InvalidArgumentError, match="an Instrument of the symbol QQQ"):
        load({"QQQ": platform_bars("SPY", count=5, seed=1)})


@pytest.mark.parametrize("scale", [0, 2, 5])
def test_bars_of_integers_are_units_of_their_scale(scale: int) -> None:
    ticks = {
        "time": np.arange(4) * MINUTE_NS,
        "price": np.array([100_000, 200_000, 300_000, 400_000]),
        "quantity": np.full(4, 1),
    }
    made = at.bars(ticks, "time", interval="1m", price_scale=scale, quantity_scale=0)
    feed = load({"ABC": made}).feeds[0]
    price = feed.columns()["close"][0] / 10**feed.instrument.price_scale
    assert price == 100_000 / 10**scale


@pytest.mark.parametrize(
    "start",
    [
        "1970-01-03",
        "1970-01-03T00:00:00Z",
        "1970-01-03T01:00:00+01:00",
        date(1970, 1, 3),
        datetime(1970, 1, 3, tzinfo=UTC),
        np.datetime64("1970-01-03"),
        pd.Timestamp("1970-01-03", tz="UTC"),
        2 * DAY_NS,
    ],
)
def test_times_are_written_as_people_do(start: object) -> None:
    result = run(Cross(), {"ABC": bars([10.0, 11.0, 12.0, 13.0])}, start=start)
    assert result.record.terms["start"] == 2 * DAY_NS


def test_adjustments_reach_features_and_not_orders() -> None:
    """A split of two for one at the fourth bar: features see one price, the bars what was paid."""
    columns = bars([20.0, 20.0, 20.0, 10.0, 10.0, 10.0])
    columns["open"][3] = columns["high"][3] = 10.0
    seen: list[tuple[float, float]] = []
    strategy = on_bars(
        lambda context, bar: seen.append((bar.close, context.feature("change"))),
        features={"change": "ret(close, 1)"},
    )
    run(strategy, {"ABC": columns}, factors={"ABC": [(3 * DAY_NS, 0.5)]})
    assert [close for close, _ in seen] == [20.0, 20.0, 10.0, 10.0, 10.0]
    assert [change for _, change in seen] == [0.0] * 5


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error", "match"),
    [
        (5, InvalidArgumentError, "data is of type int"),
        ({}, InvalidArgumentError, "no series"),
        ({5: bars([1.0, 2.0])}, InvalidArgumentError, "the key 5"),
        (pa.table(bars([1.0, 2.0])), DataColumnsError, "no column symbol"),
        ({"ABC": {"time": np.arange(2)}}, DataColumnsError, "no trades"),
        ("nowhere.parquet", DataFileError, "nowhere.parquet cannot be read"),
        ({"ABC": "nowhere.csv"}, DataFileError, "nowhere.csv cannot be read"),
        ({"A C": bars([1.0, 2.0])}, at.errors.InstrumentError, "symbol"),
    ],
)
def test_what_is_no_data_is_refused(data: object, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        load(data)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="no Parquet and no CSV"):
        load(tmp_path)


def changed(**columns: object) -> dict[str, Any]:
    return {**bars([10.0, 11.0, 12.0]), **columns}


@pytest.mark.parametrize(
    ("columns", "error", "match"),
    [
        (changed(time=np.array([0, 0, 1])), DataOrderError, "row 1 of ABC"),
        (changed(time=np.array([0, 5, 1])), DataOrderError, "row 2 of ABC"),
        (changed(time=np.array([0.0, 1.0, 2.0])), DataValueError, "time"),
        (changed(high=np.array([1.0, 11.0, 12.0])), DataValueError, "high"),
        (changed(close=np.array([10.0, np.nan, 12.0])), DataValueError, "row 1 lacks 1"),
        (changed(low=np.array([-1.0, 10.0, 11.0])), DataValueError, "low"),
        (changed(volume=np.array([1, -1, 1])), DataValueError, "volume"),
    ],
)
def test_a_value_that_no_bar_has_is_named(columns: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        run(Cross(), {"ABC": columns})


INFINITE = [(np.inf, "inf"), (-np.inf, "-inf")]


@pytest.mark.parametrize(("price", "found"), INFINITE)
@pytest.mark.parametrize("names", [["close"], ["volume"], ["open", "high", "low", "close"]])
def test_an_infinite_value_is_no_missing_bar(price: float, found: str, names: list[str]) -> None:
    columns = bars([10.0, 11.0, 12.0, 13.0])
    columns["volume"] = np.ones(4)
    for name in names:
        columns[name][2] = price
    for instruments in (None, {"ABC": Instrument("ABC")}):
        with pytest.raises(DataValueError) as refusal:
            at.backtest.load({"ABC": columns}, instruments=instruments)
        metadata = refusal.value.metadata
        assert (metadata["column"], metadata["row"], metadata["value"]) == (names[0], "2", found)


@pytest.mark.parametrize(("price", "found"), INFINITE)
def test_an_infinite_trade_or_quote_is_refused_by_its_row_in_the_table(
    price: float, found: str
) -> None:
    times = np.arange(3) * MINUTE_NS
    trades = {"time": times, "price": np.array([10.0, price, 11.0]), "quantity": np.ones(3)}
    quotes = {"time": times, "bid": np.array([10.0, 10.0, 11.0]), "ask": np.array([11, 12, price])}
    for table, column, row in ((trades, "price", "1"), (quotes, "ask", "2")):
        parts = pa.concat_tables([pa.table(table).slice(0, 1), pa.table(table).slice(1)])
        for form in (table, parts):
            with pytest.raises(DataValueError) as refusal:
                feed_of(form)
            metadata = refusal.value.metadata
            assert (metadata["column"], metadata["row"], metadata["value"]) == (column, row, found)


def test_a_bar_without_any_price_is_none() -> None:
    columns = bars([10.0, 11.0, 12.0, 13.0])
    for name in ("open", "high", "low", "close"):
        columns[name][1] = np.nan
    columns["open"][2] = columns["low"][2] = 10.0
    assert len(feed_of(columns)) == 3


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"label": "middle"}, "label"),
        ({"interval": "soon"}, "interval"),
        ({"instruments": {"XYZ": Instrument("XYZ")}}, "instruments"),
        ({"instruments": {"ABC": Instrument("XYZ")}}, "instruments['ABC']"),
        ({"factors": {"XYZ": [(0, 0.5)]}}, "factors"),
        ({"factors": {"ABC": [(0,)]}}, "factors"),
        ({"factors": {"ABC": [("then", 0.5)]}}, "factors.time"),
        ({"universe": {"ABC": [("then", None)]}}, "universe.from"),
        ({"delistings": {"ABC": [(0, 1), (1, 1)]}}, "delistings"),
        ({"delistings": {"ABC": (0, "0.001")}}, "delistings.price"),
    ],
)
def test_what_is_told_beside_the_data_is_checked(options: Any, field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        load({"ABC": bars([10.0, 11.0])}, **options)
    assert refusal.value.metadata["field"] == field


def test_loaded_data_have_their_own_options() -> None:
    data = load({"ABC": bars([10.0, 11.0])})
    assert isinstance(load(data), Data)
    with pytest.raises(InvalidArgumentError, match="the data is loaded already"):
        load(data, bars="1m")


def test_factors_universe_and_delistings_may_be_tables() -> None:
    data = {"ABC": bars([10.0, 11.0, 12.0]), "XYZ": bars([10.0, 11.0, 12.0])}
    times = np.array([DAY_NS]).view("datetime64[ns]")
    result = run(
        Cross(),
        data,
        factors=pa.table({"symbol": ["ABC"], "time": times, "price_factor": [0.5]}),
        universe=pl.DataFrame({"symbol": ["ABC"], "from": times, "to": [None]}),
        delistings=pd.DataFrame({"symbol": ["XYZ"], "time": times, "price": [10.5]}),
    )
    recorded = {each.name: each.rows for each in result.record.data}
    assert recorded == {
        "ABC": 3,
        "XYZ": 3,
        "factors": 1,
        "universe": 1,
        "delistings": 1,
    }


def test_synthetic_data_are_labelled_in_every_report() -> None:
    result = run(Cross(), {"ABC": bars([10.0, 11.0])}, synthetic=True)
    assert "Synthetic data" in str(result)


def test_what_is_loaded_goes_to_another_process_unless_it_is_read_from_files(
    tmp_path: Path,
) -> None:
    data = load({"ABC": random_bars(50)}, universe={"ABC": [(0, None)]}, synthetic=True)
    sent = pickle.loads(pickle.dumps(data))  # noqa: S301  # Our own.
    assert sent.records() == data.records()
    result = run(Cross(), data)
    assert run(Cross(), sent).fills == result.fills
    pq.write_table(pa.table(random_bars(50)), tmp_path / "ABC.parquet")
    with pytest.raises(TypeError, match=r"cannot pickle|no default __reduce__"):
        pickle.dumps(load(tmp_path / "ABC.parquet", stream=True))
