from decimal import Decimal
from pathlib import Path

import pytest

from algotrendy.cli.demo.plan import plan_for
from algotrendy.errors import InvalidArgumentError


def test_without_a_file_the_bundled_series_are_taken() -> None:
    plan = plan_for(None, symbol=None, columns=None, interval="1d", tick_size="0.01")
    assert plan.symbols == ("NASDAQ", "SP500")
    assert plan.spans is not None
    assert plan.spans.train_end_ns <= plan.spans.backtest_start_ns < plan.spans.paper_start_ns
    assert plan.position_weight * 2 <= 1


def test_a_file_is_named_after_itself_and_its_spans_follow_from_its_bars() -> None:
    path = Path("my data.2020.csv")
    plan = plan_for(path, symbol=None, columns="time=ts, price=px", interval="5m", tick_size="0.5")
    (source,) = plan.sources
    assert source.symbol == "MY_DATA"
    assert source.columns == {"time": "ts", "price": "px"}
    assert source.interval_ns == 300_000_000_000
    assert source.tick_size == Decimal("0.5")
    assert plan.spans is None


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("columns", "time"),
        ("columns", "=ts"),
        ("interval", "1w"),
        ("interval", "0m"),
        ("interval", "five"),
        ("tick_size", "a penny"),
        ("tick_size", "0"),
        ("tick_size", "NaN"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(option: str, value: str) -> None:
    options = {"symbol": None, "columns": None, "interval": "1d", "tick_size": "0.01"}
    with pytest.raises(InvalidArgumentError) as refusal:
        plan_for(Path("a.csv"), **{**options, option: value})
    assert refusal.value.metadata["field"] == option
    assert refusal.value.metadata["value"] == value
