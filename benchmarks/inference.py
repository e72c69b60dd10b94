"""One row through the model: ours by ONNX Runtime, against LightGBM's own predict.

The graph is what training exports; one thread each; 20,000 rows in turn, one call a row.
"""

import time
from collections.abc import Callable

import lightgbm
import numpy as np

from algotrendy.ml.adapters.onnx_model import OnnxModel
from benchmarks.harness import Row, quantile, row
from benchmarks.workloads import small_classifier

PACKAGES = ("onnxruntime", "lightgbm", "onnxmltools")
_ROWS = 20_000
_WARM_UP = 500


def run() -> list[Row]:
    booster, onnx_bytes, rows = small_classifier(row_count=_ROWS)
    model = OnnxModel.from_bytes(onnx_bytes)
    features = rows.tolist()
    _assert_equal(model, booster, rows)
    ours: list[float] = []
    theirs: list[float] = []
    for index in range(_ROWS):
        values, matrix = features[index], rows[index : index + 1]
        ours.append(_seconds(lambda values=values: model.predict_row(values)))
        theirs.append(_seconds(lambda matrix=matrix: booster.predict(matrix, num_threads=1)))
    ours, theirs = ours[_WARM_UP:], theirs[_WARM_UP:]
    return [
        row(
            f"predict one row, p{share * 100:g}",
            quantile(ours, share) * 1e6,
            "µs",
            "LightGBM predict",
            quantile(theirs, share) * 1e6,
        )
        for share in (0.5, 0.99, 0.999)
    ]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _assert_equal(model: OnnxModel, booster: lightgbm.Booster, rows: np.ndarray) -> None:
    ours = np.array([model.predict_row(values) for values in rows[:500].tolist()])
    assert np.allclose(ours, booster.predict(rows[:500]), atol=1e-6)
