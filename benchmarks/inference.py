"""One row through a model: ours by ONNX Runtime, against LightGBM's own predict.

Two models: 60 trees of 7 leaves, as the demo trains, and 300 of 31. The graph is what training
exports; one thread each; rows in turn, one call a row.
"""

import time
from collections.abc import Callable, Mapping

import lightgbm
import numpy as np
from numpy.typing import NDArray

from algotrendy.ml.adapters.lightgbm_trainer import export_graph, fit
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.model import Feature, TrainingTerms
from algotrendy.ml.training_table import Table
from benchmarks.harness import Row, quantile, row

PACKAGES = ("onnxruntime", "lightgbm", "onnxmltools")
_FEATURES = 7
_TRAINING_ROWS = 7_000
_ROWS = 20_000
_WARM_UP = 500
_MODELS = {
    "60 trees": {"num_iterations": 60.0, "num_leaves": 7.0, "min_data_in_leaf": 100.0},
    "300 trees": {"num_iterations": 300.0, "num_leaves": 31.0},
}


def run() -> list[Row]:
    return [one for name, parameters in _MODELS.items() for one in _compare(name, parameters)]


def _compare(name: str, parameters: Mapping[str, float]) -> list[Row]:
    booster, model = _trained(parameters)
    rows = _features(_ROWS, seed=8).astype(np.float64)
    assert np.allclose(model.predict(rows[:_WARM_UP]), booster.predict(rows[:_WARM_UP]), atol=1e-6)
    ours: list[float] = []
    theirs: list[float] = []
    for index in range(_ROWS):
        matrix = rows[index : index + 1]
        ours.append(_seconds(model.predict, matrix))
        theirs.append(_seconds(booster.predict, matrix))
    return [
        row(
            f"predict one row, {name}, p{share * 100:g}",
            quantile(ours[_WARM_UP:], share) * 1e6,
            "µs",
            "LightGBM predict",
            quantile(theirs[_WARM_UP:], share) * 1e6,
        )
        for share in (0.5, 0.99)
    ]


def _trained(parameters: Mapping[str, float]) -> tuple[lightgbm.Booster, OnnxModel]:
    features = _features(_TRAINING_ROWS, seed=7)
    noise = np.random.default_rng(9).normal(size=_TRAINING_ROWS)
    times = np.arange(_TRAINING_ROWS, dtype=np.int64)
    table = Table(features, (features[:, 0] + noise > 0).astype(np.int8), times, times, times)
    terms = TrainingTerms(
        name="bench",
        symbols=("X",),
        features=tuple(Feature(f"f{n}", f"ret(close, {n + 1})") for n in range(_FEATURES)),
        horizon_bars=1,
        train_end_time_ns=_TRAINING_ROWS,
        parameters=parameters,
    )
    booster = fit(table, terms)
    return booster, OnnxModel.from_bytes(export_graph(booster, terms, "bench", _TRAINING_ROWS))


def _features(count: int, *, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, _FEATURES)).astype(np.float32)


def _seconds(call: Callable[..., object], argument: object) -> float:
    start = time.perf_counter()
    call(argument)
    return time.perf_counter() - start
