"""Whoever looks ahead is caught, whoever does not passes."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.unit.backtest import strategies
from tests.unit.backtest.strategies import BARS, walk

from algotrendy.backtest import LookaheadReport, lookahead
from algotrendy.errors import InSampleError, InsufficientDataError, InvalidArgumentError

DATA = {"SPY": BARS}
SPEC = {
    "symbols": ["SPY"],
    "parameters": {"fast": 5, "slow": 20},
    "entry": "cross_above(sma(close, fast), sma(close, slow))",
    "exit": "cross_below(sma(close, fast), sma(close, slow))",
}


def kinds(report: LookaheadReport) -> set[str]:
    return {finding.kind for finding in report.findings}


@pytest.mark.parametrize(
    "strategy", [strategies.Cross(), strategies.Cross, strategies.Breakout(), SPEC]
)
def test_an_honest_strategy_passes(strategy: object) -> None:
    report = lookahead(strategy, DATA)
    assert report.findings == []
    assert report.holds
    assert report.order_count > 5
    assert len(report.cut_times_ns) == 8
    assert str(report).startswith("No lookahead: ")


def test_a_strategy_of_two_series_passes() -> None:
    assert lookahead(strategies.Cross(), {"SPY": walk(), "QQQ": walk(4)}, cuts=3).holds


def test_strategies_of_trades_and_quotes_pass() -> None:
    times, price = np.arange(300) * 7_000_000_000, BARS["close"]
    trades = {"time": times, "price": price, "quantity": np.ones(300)}
    quotes = {"time": times, "bid": price, "ask": np.round(price + 0.02, 2)}
    for strategy, ticks in ((strategies.ByTrades(), trades), (strategies.ByQuotes(), quotes)):
        report = lookahead(strategy, {"SPY": ticks}, cuts=4)
        assert report.findings == []
        assert report.order_count > 50
    assert lookahead(strategies.Cross(), {"SPY": trades}, bars="1m", cuts=4).holds


def test_factors_and_a_universe_may_be_given() -> None:
    factors = {"SPY": [("1970-03-01", 0.5)]}
    universe = {"SPY": [("1970-01-10", "1970-09-01")]}
    assert lookahead(strategies.Cross(), DATA, factors=factors, universe=universe).holds


def test_who_reads_a_global_of_the_future_is_caught_with_an_order_that_shows_it() -> None:
    report = lookahead(strategies.GlobalCheat(), DATA)
    (finding,) = report.findings
    assert finding.kind == "outside"
    assert "the global FUTURE of strategies.py: 300 numbers (numpy.ndarray)" in finding.text
    assert "it decides otherwise before: as it is o-" in finding.text
    assert str(report).startswith("LOOKAHEAD: GlobalCheat() is not free of it")


def test_who_reads_a_file_of_the_future_is_caught_at_the_line(tmp_path: Path) -> None:
    path = tmp_path / "future.npy"
    np.save(path, BARS["close"])
    (finding,) = lookahead(strategies.FileCheat(path=str(path)), DATA).findings
    assert finding.kind == "reading"
    assert finding.text.startswith("strategies.py, line ")
    assert f"reads {path} while it runs" in finding.text


def test_who_reads_a_file_by_foreign_code_is_caught_too(tmp_path: Path) -> None:
    path = tmp_path / "future.parquet"
    pl.DataFrame({"close": BARS["close"]}).write_parquet(path)
    report = lookahead(strategies.ParquetCheat(path=str(path)), DATA)
    assert kinds(report) == {"reading"}


def test_who_asks_a_model_of_the_future_is_caught() -> None:
    (finding,) = lookahead(strategies.ModelCheat(), DATA).findings
    assert finding.kind == "outside"
    assert "the global TRAINED of strategies.py: a model" in finding.text


def test_a_model_that_is_trained_anew_on_all_the_data_is_caught_by_an_order() -> None:
    (finding,) = lookahead(strategies.trained_on_everything, DATA).findings
    assert finding.kind == "order"
    assert "another order is decided before: with " in finding.text


def test_a_model_that_is_trained_on_the_past_alone_passes() -> None:
    report = lookahead(strategies.trained_before, DATA, start="1970-03-01")
    assert report.findings == []
    assert report.order_count > 0


class Rising:
    """Says that each close is followed by a higher one; it was trained until the tenth day."""

    features = (("close", "close"),)

    def __init__(self, usable_after_ns: int) -> None:
        self.usable_after_ns = usable_after_ns

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return np.ones(len(rows))


def test_a_spec_that_asks_a_model_about_what_it_was_trained_on_is_caught() -> None:
    asked = {**SPEC, "entry": 'model("m", in_sample=True) > 0.5 and close > sma(close, fast)'}
    honest = {**SPEC, "entry": 'model("m") > 0.5 and close > sma(close, fast)'}
    late = {"m": Rising(int(BARS["time"][-1]))}
    (finding,) = lookahead(asked, DATA, models=late).findings
    assert finding.kind == "model"
    assert "The model m is asked about bars that it may have been trained on" in finding.text
    with pytest.raises(InSampleError):
        lookahead(honest, DATA, models=late)
    assert lookahead(honest, DATA, models={"m": Rising(-1)}).holds


def test_the_first_order_that_differs_is_named_whatever_the_world() -> None:
    few = lookahead(strategies.trained_on_everything, DATA, cuts=2).findings[0]
    many = lookahead(strategies.trained_on_everything, DATA, cuts=30).findings[0]
    assert few.cut_time_ns is not None
    assert many.cut_time_ns is not None
    assert many.text.split(" decided ")[1] <= few.text.split(" decided ")[1]


def test_what_changes_by_itself_is_told() -> None:
    report = lookahead(strategies.Random(), DATA)
    assert kinds(report) == {"repetition"}
    assert "The same run twice gives other orders" in str(report)


def test_what_is_vouched_for_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "share.txt"
    path.write_text("0.5")
    strategy = strategies.Careful(path=str(path))
    assert kinds(lookahead(strategy, DATA)) == {"reading"}
    assert lookahead(strategy, DATA, allow=["share.txt"]).holds
    assert lookahead(strategies.GlobalCheat(), DATA, allow=["FUTURE"]).holds


def test_a_strategy_without_orders_passes() -> None:
    report = lookahead(strategies.Idle(), DATA, cuts=4)
    assert report.holds
    assert (report.order_count, len(report.cut_times_ns)) == (0, 4)


def test_a_module_is_proved_by_its_name() -> None:
    report = lookahead(f"{strategies.__file__}:GlobalCheat", DATA)
    assert kinds(report) == {"outside"}


def test_closing_at_the_end_is_no_look_at_it() -> None:
    assert lookahead(strategies.Cross(), DATA, finish="last_close").holds


def test_what_cannot_be_proved_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="cuts is 0; expected 1 or more"):
        lookahead(strategies.Cross(), DATA, cuts=0)
    short: dict[str, Any] = {name: values[:2] for name, values in BARS.items()}
    with pytest.raises(InsufficientDataError, match="has 2 times; a proof needs 3"):
        lookahead(strategies.Idle(), {"SPY": short})
