"""Features over columns and bar by bar."""

import math

import numpy as np
import pytest

from algotrendy.domain.bar import bar_fields
from algotrendy.errors import ExpressionError, InvalidArgumentError
from algotrendy.ml.feature_pipeline import FeaturePipeline
from algotrendy.testing.market_data import daily_bars, random_bars
from algotrendy.testing.ml import FEATURES

PAIRS = [(feature.name, feature.expression) for feature in FEATURES]


def test_bars_one_by_one_give_the_features_of_the_columns_bit_for_bit() -> None:
    bars = random_bars("SPY", count=300, seed=3)
    pipeline = FeaturePipeline(PAIRS)
    stream = pipeline.stream()
    rows = [stream.push(bar_fields(bar, bars.instrument)) for bar in bars]
    columns = pipeline.evaluate(bars.fields())
    assert columns.shape == (300, 3)
    assert rows[: pipeline.warm_up] == [None] * pipeline.warm_up
    assert np.isnan(columns[: pipeline.warm_up]).any(axis=1).all()
    assert np.array_equal(np.array(rows[pipeline.warm_up :]), columns[pipeline.warm_up :])


def test_the_warm_up_is_that_of_the_longest_feature() -> None:
    assert FeaturePipeline(PAIRS).warm_up == 20
    assert len(FeaturePipeline(PAIRS)) == 3


def test_two_streams_share_nothing() -> None:
    pipeline = FeaturePipeline([("ret", "ret(close, 1)")])
    first, second = pipeline.stream(), pipeline.stream()
    bars = daily_bars("SPY", [100, 110])
    fields = [bar_fields(bar, bars.instrument) for bar in bars]
    assert first.push(fields[0]) is None
    assert second.push(fields[1]) is None
    values = first.push(fields[1])
    assert values is not None
    assert math.isclose(values[0], 0.1)


@pytest.mark.parametrize("expression", ["close / (high - low)", "volume * 1e39"])
def test_a_value_that_no_model_can_read_means_no_features(expression: str) -> None:
    stream = FeaturePipeline([("x", expression)]).stream()
    bars = daily_bars("SPY", [100])
    assert stream.push(bar_fields(next(iter(bars)), bars.instrument)) is None


def test_a_malformed_expression_names_the_feature_and_the_character() -> None:
    with pytest.raises(ExpressionError) as refusal:
        FeaturePipeline([("good", "close"), ("bad", "close + sma(close, 3)")])
    assert refusal.value.metadata["feature"] == "bad"
    assert refusal.value.metadata["position"] == "8"


@pytest.mark.parametrize("features", [[], [("a", "close"), ("a", "open")]])
def test_no_feature_and_a_repeated_name_are_refused(features: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidArgumentError):
        FeaturePipeline(features)
