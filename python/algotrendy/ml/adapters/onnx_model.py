"""Models as ONNX graphs, evaluated by ONNX Runtime on one thread."""

import json
from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from algotrendy.errors import ModelFeaturesError
from algotrendy.ml.feature_pipeline import FLOAT32_MAX

FEATURES_KEY = "algotrendy.features"
FINGERPRINT_KEY = "algotrendy.training_fingerprint"

_INPUT = "features"
_OUTPUT = "probabilities"


class OnnxModel:
    """A loaded graph: input `features` [rows, features] float32, output `probabilities` [rows, 2].

    Features are cast to float32, as they were in training. A row has the same probability alone
    and among others, bit for bit.
    """

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        metadata = session.get_modelmeta().custom_metadata_map
        self._session = session
        self.features: tuple[tuple[str, str], ...] = tuple(
            (name, expression) for name, expression in json.loads(metadata[FEATURES_KEY])
        )
        self.training_fingerprint: str = metadata[FINGERPRINT_KEY]

    @classmethod
    def from_bytes(cls, graph: bytes) -> "OnnxModel":
        """Load a serialised graph that carries its features as metadata."""
        options = onnxruntime.SessionOptions()
        # One row at a time on one thread is the fastest, and its sums are always in one order.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            graph, sess_options=options, providers=["CPUExecutionProvider"]
        )
        return cls(session)

    def predict_row(self, features: Sequence[float]) -> float:
        """Return one row's probability, 0 to 1.

        Raises
        ------
        ModelFeaturesError
            If the number of features is not the model's, or one is NaN, infinite or beyond float32.
        """
        if len(features) != len(self.features):
            raise self._wrong_count(len(features))
        row = np.array([features], dtype=np.float64)
        if not all(abs(value) <= FLOAT32_MAX for value in features):
            raise self._unreadable(row)
        return float(self._run(row)[0])

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one probability for each row; `rows` has shape (n_rows, n_features).

        Raises
        ------
        ModelFeaturesError
            If the number of features is not the model's, or one is NaN, infinite or beyond float32.
        """
        if rows.shape[1] != len(self.features):
            raise self._wrong_count(rows.shape[1])
        if not (np.abs(rows) <= FLOAT32_MAX).all():
            raise self._unreadable(rows)
        return self._run(rows)

    def _run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        outputs = self._session.run([_OUTPUT], {_INPUT: rows.astype(np.float32)})
        probabilities: NDArray[np.float64] = outputs[0][:, 1].astype(np.float64)
        return probabilities

    def _wrong_count(self, given: int) -> ModelFeaturesError:
        return ModelFeaturesError(
            f"A row has {given} features; the model has {len(self.features)}.",
            given=str(given),
            expected=str(len(self.features)),
        )

    def _unreadable(self, rows: NDArray[np.float64]) -> ModelFeaturesError:
        row, column = (int(index[0]) for index in np.nonzero(~(np.abs(rows) <= FLOAT32_MAX)))
        name, value = self.features[column][0], str(rows[row, column])
        return ModelFeaturesError(
            f"Feature {name} of row {row} is {value}; expected a finite number of float32.",
            feature=name,
            row=str(row),
            value=value,
        )
