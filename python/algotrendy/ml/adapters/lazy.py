"""Trainer and registry whose heavy parts are imported on a thread while the process starts."""

from collections.abc import Callable, Sequence
from pathlib import Path

from algotrendy.ml.adapters.background import Background
from algotrendy.ml.model import Model, TrainedModel, TrainingTerms
from algotrendy.ml.ports import Registry, Trainer
from algotrendy.ml.training_table import Table


class LazyTrainer:
    """A trainer that is there when it is first needed; see `Trainer`."""

    def __init__(self, trainer: Background[Trainer]) -> None:
        self._trainer = trainer

    def train(self, train: Table, test: Table, terms: TrainingTerms) -> TrainedModel:
        """See `Trainer`."""
        return self._trainer.get().train(train, test, terms)


class LazyRegistry:
    """A registry that is there when it is first needed; see `Registry`."""

    def __init__(self, registry: Background[Registry]) -> None:
        self._registry = registry

    def register(
        self, trained: TrainedModel, terms: TrainingTerms, training_id: str, create_time_ns: int
    ) -> Model:
        """See `Registry`."""
        return self._registry.get().register(trained, terms, training_id, create_time_ns)

    def find(self, name: str, training_id: str) -> Model | None:
        """See `Registry`."""
        return self._registry.get().find(name, training_id)

    def get(self, model_id: str) -> Model:
        """See `Registry`."""
        return self._registry.get().get(model_id)

    def graph(self, model_id: str) -> bytes:
        """See `Registry`."""
        return self._registry.get().graph(model_id)

    def list(self, page_size: int, page_token: str) -> tuple[Sequence[Model], str]:
        """See `Registry`."""
        return self._registry.get().list(page_size, page_token)


def import_registry(folder: Path, write: Callable[[str, bytes], object]) -> Registry:
    """Import MLflow and open the registry in `folder`; takes seconds."""
    from algotrendy.ml.adapters.mlflow_registry import MlflowRegistry  # noqa: PLC0415  # 3 s.

    return MlflowRegistry(folder, write)


def import_trainer() -> Trainer:
    """Import LightGBM and the ONNX tools; takes seconds."""
    from algotrendy.ml.adapters.lightgbm_trainer import LightGbmTrainer  # noqa: PLC0415  # 6 s.

    return LightGbmTrainer()
