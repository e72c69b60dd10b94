"""What the area needs of the world."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.bar import BarColumns
from algotrendy.ml.model import Model, TrainedModel, TrainingTerms
from algotrendy.ml.training_table import Table


class BarHistory(Protocol):
    """The market data area."""

    async def bars(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> BarColumns:
        """Return all bars that open in `[start, end)`; raise `SymbolNotFoundError`."""


class Trainer(Protocol):
    """Learns; called on a thread."""

    def train(self, train: Table, test: Table, terms: TrainingTerms) -> TrainedModel:
        """Learn from `train`, export, prove the export equal and measure it on `test`.

        Raises
        ------
        ModelExportError
            If the exported graph does not predict what the learner predicts.
        """


class Registry(Protocol):
    """Keeps models for ever; called on threads."""

    def register(
        self, trained: TrainedModel, terms: TrainingTerms, training_id: str, create_time_ns: int
    ) -> Model:
        """Keep a model under the next version of its name."""

    def find(self, name: str, training_id: str) -> Model | None:
        """Return the model that a training has registered, if it did."""

    def get(self, model_id: str) -> Model:
        """Return a model; raise `ModelNotFoundError`."""

    def graph(self, model_id: str) -> bytes:
        """Return a model's ONNX graph; raise `ModelNotFoundError`."""

    def list(self, page_size: int, page_token: str) -> tuple[Sequence[Model], str]:
        """Return a page of models, newest first, and the token of the next page or an empty one."""


class Predictor(Protocol):
    """A loaded model."""

    features: tuple[tuple[str, str], ...]

    def require_readable(self, rows: NDArray[np.float64]) -> None:
        """Raise `ModelFeaturesError` if a row is none of the model's."""

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one probability for each row of features."""


class PredictorLoader(Protocol):
    """Makes a predictor of an ONNX graph."""

    def __call__(
        self,
        graph: bytes,
        *,
        features: Sequence[tuple[str, str]],
        training_fingerprint: str,
        usable_after_ns: int,
    ) -> Predictor:
        """Load a graph; raise `ModelFeaturesError` if it is not what its registry entry says."""


class ModelEvents(Protocol):
    """Tells others about models."""

    async def model_registered(self, model: Model, training_id: str) -> None:
        """Tell that a training has registered a model; telling it again changes nothing."""
