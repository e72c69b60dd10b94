"""Models as ONNX graphs, evaluated by ONNX Runtime on one thread."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from algotrendy.errors import ModelFeaturesError
from algotrendy.ml.model import FLOAT32_MAX

FEATURES_KEY = "algotrendy.features"
FINGERPRINT_KEY = "algotrendy.training_fingerprint"
USABLE_AFTER_KEY = "algotrendy.usable_after_ns"

_INPUT = "features"
_OUTPUT = "probabilities"


class OnnxModel:
    """A loaded graph: input `features` [rows, features] float32, output `probabilities` [rows, 2].

    Features are cast to float32, as they were in training. A row has the same probability alone
    and among others, bit for bit. It is what `model("name")` in an expression asks.

    Attributes
    ----------
    features : tuple of (name, expression)
        The inputs, in order, as the graph carries them.
    usable_after_ns : int
        Close time of the last bar whose label it has seen.
    """

    def __init__(self, session: onnxruntime.InferenceSession, graph: bytes) -> None:
        metadata = session.get_modelmeta().custom_metadata_map
        for key in (FEATURES_KEY, FINGERPRINT_KEY, USABLE_AFTER_KEY):
            if key not in metadata:
                raise ModelFeaturesError(
                    f"The graph does not carry {key}; train it again.", key=key
                )
        self._session, self._graph = session, graph
        try:
            self.features: tuple[tuple[str, str], ...] = tuple(
                (name, expression) for name, expression in json.loads(metadata[FEATURES_KEY])
            )
            self.usable_after_ns = int(metadata[USABLE_AFTER_KEY])
        except (TypeError, ValueError) as error:
            raise ModelFeaturesError(f"The graph's metadata cannot be read: {error}") from error
        self.training_fingerprint: str = metadata[FINGERPRINT_KEY]

    @classmethod
    def from_bytes(cls, graph: bytes) -> "OnnxModel":
        """Load a serialised graph; raise `ModelFeaturesError` if it carries no metadata of ours."""
        options = onnxruntime.SessionOptions()
        # One row at a time on one thread is the fastest, and its sums are always in one order.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(
                graph, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            # ONNX Runtime's errors have no class in common.
            raise ModelFeaturesError(f"The graph cannot be loaded: {error}") from error
        return cls(session, graph)

    def __reduce__(self) -> tuple[Callable[[bytes], "OnnxModel"], tuple[bytes]]:
        """Go to another process as the graph: a session cannot."""
        return OnnxModel.from_bytes, (self._graph,)

    @classmethod
    def registered(
        cls,
        graph: bytes,
        *,
        features: Sequence[tuple[str, str]],
        training_fingerprint: str,
        usable_after_ns: int,
    ) -> "OnnxModel":
        """Load a graph that is to be what its registry entry says.

        Raises
        ------
        ModelFeaturesError
            If the graph carries other features, another fingerprint or another end of training.
        """
        model = cls.from_bytes(graph)
        for name, carried, expected in (
            ("features", model.features, tuple(map(tuple, features))),
            ("training_fingerprint", model.training_fingerprint, training_fingerprint),
            ("usable_after_ns", model.usable_after_ns, usable_after_ns),
        ):
            if carried != expected:
                raise ModelFeaturesError(
                    f"The graph was made with other {name} than its registry entry says.",
                    field=name,
                    graph=str(carried),
                    registered=str(expected),
                )
        return model

    def require_readable(self, rows: NDArray[np.float64]) -> None:
        """Refuse rows that the graph cannot read; `rows` has shape (n_rows, n_features).

        Raises
        ------
        ModelFeaturesError
            If the number of features is not the model's, or one is NaN, infinite or beyond float32.
        """
        if rows.shape[1] != len(self.features):
            raise ModelFeaturesError(
                f"A row has {rows.shape[1]} features; the model has {len(self.features)}.",
                given=str(rows.shape[1]),
                expected=str(len(self.features)),
            )
        unreadable = np.argwhere(~_readable(rows))
        if len(unreadable):
            row, column = unreadable[0]
            name, value = self.features[column][0], str(rows[row, column])
            raise ModelFeaturesError(
                f"Feature {name} of row {row} is {value}; expected a finite number of float32.",
                feature=name,
                row=str(row),
                value=value,
            )

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one probability for each row, 0 to 1; NaN for a row that it cannot read."""
        readable = _readable(rows)
        if readable.all():
            return self._run(rows)
        known = readable.all(axis=1)
        probabilities = np.full(len(rows), np.nan)
        if known.any():
            probabilities[known] = self._run(rows[known])
        return probabilities

    def _run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        # In rows: expressions hand columns over.
        inputs = rows.astype(np.float32, order="C")
        outputs = self._session.run([_OUTPUT], {_INPUT: inputs})
        probabilities: NDArray[np.float64] = outputs[0][:, 1].astype(np.float64)
        return probabilities


def _readable(rows: NDArray[np.float64]) -> NDArray[np.bool_]:
    # NaN compares as false.
    readable: NDArray[np.bool_] = np.abs(rows) <= FLOAT32_MAX
    return readable
