"""Graphs evaluated in this process."""

import math

import numpy as np
import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import ModelFeaturesError
from algotrendy.ml.adapters.lightgbm_trainer import LightGbmTrainer
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.training_table import Table
from algotrendy.testing.ml import training_terms


@pytest.fixture(scope="module")
def model() -> OnnxModel:
    generator = np.random.default_rng(11)
    times_ns = np.arange(500, dtype=np.int64) * DAY_NS
    features = generator.normal(size=(500, 3)).astype(np.float32)
    labels = generator.integers(0, 2, 500).astype(np.int8)
    table = Table(features, labels, times_ns, times_ns, times_ns)
    return OnnxModel.from_bytes(LightGbmTrainer().train(table, table, training_terms()).graph)


def test_a_row_has_the_same_probability_alone_and_among_others(model: OnnxModel) -> None:
    rows = np.random.default_rng(1).normal(size=(200, 3))
    together = model.predict(rows)
    assert [model.predict_row(row) for row in rows.tolist()] == together.tolist()
    assert ((together > 0) & (together < 1)).all()


def test_features_are_cast_to_float32(model: OnnxModel) -> None:
    row = [0.1, 0.2, 0.3]
    cast = [float(np.float32(value)) for value in row]
    assert model.predict_row(row) == model.predict_row(cast)


@pytest.mark.parametrize("row", [[], [1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_another_number_of_features_is_refused(model: OnnxModel, row: list[float]) -> None:
    for predict in (lambda: model.predict_row(row), lambda: model.predict(np.array([row]))):
        with pytest.raises(ModelFeaturesError) as refusal:
            predict()
        assert refusal.value.metadata == {"given": str(len(row)), "expected": "3"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e39])
def test_a_value_beyond_float32_is_refused_by_feature(model: OnnxModel, value: float) -> None:
    rows = np.array([[0.0, 0.0, 0.0], [0.0, value, 0.0]])
    with pytest.raises(ModelFeaturesError) as refusal:
        model.predict(rows)
    assert refusal.value.metadata == {"feature": "trend", "row": "1", "value": str(value)}
    with pytest.raises(ModelFeaturesError):
        model.predict_row(rows[1].tolist())
