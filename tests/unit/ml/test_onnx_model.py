"""Graphs evaluated in this process."""

import math
import pickle
from functools import cache

import numpy as np
import onnx
import pytest

from algotrendy import FeatureSet
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import ModelFeaturesError
from algotrendy.ml.adapters.lightgbm_trainer import LightGbmTrainer
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.model import TrainedModel
from algotrendy.ml.training_table import Table
from algotrendy.testing.market_data import random_bars
from algotrendy.testing.ml import training_terms


@cache
def trained() -> TrainedModel:
    generator = np.random.default_rng(11)
    times_ns = np.arange(500, dtype=np.int64) * DAY_NS
    features = generator.normal(size=(500, 3)).astype(np.float32)
    labels = generator.integers(0, 2, 500).astype(np.int8)
    table = Table(features, labels, times_ns, times_ns, times_ns)
    return LightGbmTrainer().train(table, table, training_terms())


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    return OnnxModel.from_bytes(trained().graph)


def test_a_row_has_the_same_probability_alone_and_among_others(model: OnnxModel) -> None:
    rows = np.random.default_rng(1).normal(size=(200, 3))
    together = model.predict(rows)
    alone = [model.predict(rows[index : index + 1])[0] for index in range(len(rows))]
    assert alone == together.tolist()
    # As expressions give them: columns.
    assert model.predict(np.asfortranarray(rows)).tolist() == together.tolist()
    assert ((together > 0) & (together < 1)).all()


def test_a_model_goes_to_another_process_as_its_graph(model: OnnxModel) -> None:
    rows = np.random.default_rng(1).normal(size=(20, 3))
    sent = pickle.loads(pickle.dumps(model))  # noqa: S301  # Our own.
    assert sent.features == model.features
    assert sent.predict(rows).tolist() == model.predict(rows).tolist()


def test_features_are_cast_to_float32(model: OnnxModel) -> None:
    row = np.array([[0.1, 0.2, 0.3]])
    assert model.predict(row) == model.predict(row.astype(np.float32).astype(np.float64))


@pytest.mark.parametrize("row", [[], [1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_another_number_of_features_is_refused(model: OnnxModel, row: list[float]) -> None:
    with pytest.raises(ModelFeaturesError) as refusal:
        model.require_readable(np.array([row]))
    assert refusal.value.metadata == {"given": str(len(row)), "expected": "3"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e39])
def test_a_value_beyond_float32_is_refused_by_feature_and_has_no_probability(
    model: OnnxModel, value: float
) -> None:
    rows = np.array([[0.0, 0.0, 0.0], [0.0, value, 0.0]])
    with pytest.raises(ModelFeaturesError) as refusal:
        model.require_readable(rows)
    assert refusal.value.metadata == {"feature": "trend", "row": "1", "value": str(value)}
    assert np.isnan(model.predict(rows)).tolist() == [False, True]


def test_a_graph_is_loaded_only_as_what_its_registry_entry_says() -> None:
    graph = trained().graph
    described = {
        "features": training_terms().features,
        "training_fingerprint": trained().training_fingerprint,
        "usable_after_ns": trained().train_end_time_ns,
    }
    assert OnnxModel.registered(graph, **described).features == training_terms().features
    for name, other in (
        ("features", [*training_terms().features[:2], ("volatility", "std(close, 20)")]),
        ("training_fingerprint", "0"),
        ("usable_after_ns", 0),
    ):
        with pytest.raises(ModelFeaturesError) as refusal:
            OnnxModel.registered(graph, **{**described, name: other})
        assert refusal.value.metadata["field"] == name


def test_a_graph_that_does_not_say_what_it_was_trained_on_is_refused() -> None:
    graph = onnx.load_model_from_string(trained().graph)
    onnx.helper.set_model_props(graph, {"algotrendy.features": "[]"})
    with pytest.raises(ModelFeaturesError) as refusal:
        OnnxModel.from_bytes(graph.SerializeToString())
    assert refusal.value.metadata == {"key": "algotrendy.training_fingerprint"}


def test_an_expression_asks_it() -> None:
    bars = random_bars("SPY", count=300, seed=3)
    model = OnnxModel.from_bytes(trained().graph)
    expressions = {"said": 'model("spy_5d-1", in_sample=True)', **dict(model.features)}
    computed = FeatureSet(expressions, models={"spy_5d-1": model}).evaluate(bars.fields())
    rows = np.column_stack([computed[name] for name, _ in model.features])
    assert np.array_equal(computed["said"], model.predict(rows), equal_nan=True)
    assert np.isfinite(computed["said"][20:]).all()
