"""Training: repeatable, blind to the future, and exported as it is."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import ModelExportError
from algotrendy.expression.over_bars import compile_over_bars
from algotrendy.ml.adapters import lightgbm_trainer
from algotrendy.ml.adapters.lightgbm_trainer import LightGbmTrainer
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.model import TrainedModel, TrainingTerms
from algotrendy.ml.training_table import Table, build_table, fingerprint, split
from algotrendy.testing.market_data import random_bars
from algotrendy.testing.ml import training_terms


def train(bars: BarColumns, terms: TrainingTerms) -> TrainedModel:
    feature_set = compile_over_bars(terms.features)
    learnt, judged = split(build_table([bars], feature_set, terms.horizon_bars), terms)
    return LightGbmTrainer().train(learnt, judged, terms)


def table_of(features: np.ndarray, labels: np.ndarray) -> Table:
    times_ns = np.arange(len(labels), dtype=np.int64) * DAY_NS
    return Table(features.astype(np.float32), labels.astype(np.int8), times_ns, times_ns, times_ns)


def noisy_table(seed: int, *, offset: float, spread: float, count: int = 600) -> Table:
    generator = np.random.default_rng(seed)
    features = offset + spread * generator.normal(size=(count, 3))
    return table_of(features, generator.integers(0, 2, count))


def test_the_same_terms_and_bars_give_the_same_graph_byte_for_byte() -> None:
    bars = random_bars("SPY", count=1000, seed=1)
    first, second = train(bars, training_terms()), train(bars, training_terms())
    assert first == second


def test_another_seed_samples_other_rows() -> None:
    bars = random_bars("SPY", count=1000, seed=1)
    sampled = training_terms(parameters={"bagging_fraction": 0.5, "min_data_in_leaf": 20})
    assert train(bars, sampled).graph != train(bars, replace(sampled, seed=1)).graph


def test_what_happens_after_the_end_of_training_changes_nothing_in_the_model() -> None:
    terms = training_terms()
    bars = random_bars("SPY", count=1000, seed=1)
    other = random_bars("SPY", count=1000, seed=2)
    known = bars.close_time_ns <= terms.train_end_time_ns
    columns = {
        name: np.where(known, getattr(bars, name), getattr(other, name))
        for name in ("open", "high", "low", "close", "volume")
    }
    changed = replace(bars, **columns)
    first, second = train(bars, terms), train(changed, terms)
    assert first.artifact_sha256 == second.artifact_sha256
    assert first.quality != second.quality


def test_the_model_knows_the_last_label_it_has_seen() -> None:
    trained = train(random_bars("SPY", count=1000, seed=1), training_terms())
    assert trained.train_end_time_ns == 700 * DAY_NS
    assert trained.quality.start_time_ns == 701 * DAY_NS
    # 20 bars of warm-up before the first, 5 of the last without a label.
    assert trained.train_row_count == 700 - 20 - 5


def test_a_signal_that_is_there_is_found_out_of_sample() -> None:
    generator = np.random.default_rng(5)
    features = generator.normal(size=(4000, 3))
    labels = (features[:, 1] + 0.5 * generator.normal(size=4000) > 0).astype(np.int8)
    table = table_of(features, labels)
    learnt, judged = table.where(np.arange(3000)), table.where(np.arange(3000, 4000))
    quality = LightGbmTrainer().train(learnt, judged, training_terms()).quality
    assert quality.auc > 0.9
    assert quality.accuracy > 0.8


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    offset=st.sampled_from([0.0, 1.0, -3.0, 1000.0, 1e6]),
    spread=st.sampled_from([1e-6, 1e-3, 1.0, 1e4]),
    leaves=st.integers(2, 63),
)
def test_the_graph_predicts_what_lightgbm_predicts(
    seed: int, offset: float, spread: float, leaves: int
) -> None:
    terms = training_terms(parameters={"num_leaves": leaves, "min_data_in_leaf": 1})
    table = noisy_table(seed, offset=offset, spread=spread)
    trained = LightGbmTrainer().train(table, table, terms)
    assert trained.export_difference <= 1e-6


def test_thresholds_rounded_to_nearest_would_move_rows_to_the_other_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Neighbouring float32 values around 1000: halfway between two of them rounds to either.
    table = noisy_table(0, offset=1000, spread=1e-3, count=5000)
    terms = training_terms(parameters={"num_leaves": 31, "min_data_in_leaf": 1})
    LightGbmTrainer().train(table, table, terms)
    monkeypatch.setattr(lightgbm_trainer, "_with_float32_thresholds", lambda booster: booster)
    with pytest.raises(ModelExportError) as refusal:
        LightGbmTrainer().train(table, table, terms)
    assert refusal.value.metadata.keys() == {"row", "graph", "learner"}


def test_the_graph_carries_its_features_the_training_fingerprint_and_the_end_of_training() -> None:
    table, terms = noisy_table(1, offset=0, spread=1), training_terms()
    model = OnnxModel.from_bytes(LightGbmTrainer().train(table, table, terms).graph)
    assert model.features == terms.features
    assert model.training_fingerprint == fingerprint(table, terms)
    assert model.usable_after_ns == table.label_time_ns.max()
