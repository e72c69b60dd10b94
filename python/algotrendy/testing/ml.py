"""Fakes of what the ml area needs, and builders of what it is asked."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import SymbolNotFoundError
from algotrendy.ml.model import (
    Feature,
    Model,
    Quality,
    TrainedModel,
    TrainingTerms,
    unknown_model,
)
from algotrendy.ml.training_table import Table

FEATURES = (
    Feature("ret_1", "ret(close, 1)"),
    Feature("trend", "close / ema(close, 10) - 1"),
    Feature("volatility", "std(ret(close, 1), 20)"),
)


def training_terms(**changes: Any) -> TrainingTerms:  # noqa: ANN401  # Any term.
    """Return terms for a small model of SPY, trained on its first 700 days."""
    terms: dict[str, Any] = {
        "name": "spy_5d",
        "symbols": ("SPY",),
        "features": FEATURES,
        "horizon_bars": 5,
        "train_end_time_ns": 700 * DAY_NS,
        "parameters": {"num_iterations": 20, "min_data_in_leaf": 20},
    }
    return TrainingTerms(**{**terms, **changes})


class FakeHistory:
    """Bars in memory; see `BarHistory`."""

    def __init__(self, *series: BarColumns) -> None:
        self.series = {bars.instrument.symbol: bars for bars in series}

    async def bars(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> BarColumns:
        """See `BarHistory`."""
        if symbol not in self.series:
            raise SymbolNotFoundError(f"There is no data of {symbol}.", symbol=symbol)
        return self.series[symbol].between(start_time_ns, end_time_ns)


class FakeTrainer:
    """Learns nothing, and counts how often; see `Trainer`."""

    def __init__(self) -> None:
        self.trained_count = 0

    def train(self, train: Table, test: Table, terms: TrainingTerms) -> TrainedModel:
        """See `Trainer`."""
        self.trained_count += 1
        graph = f"graph of {terms.name}".encode()
        return TrainedModel(
            graph=graph,
            artifact_sha256=hashlib.sha256(graph).hexdigest(),
            train_start_time_ns=int(train.open_time_ns[0]),
            train_end_time_ns=int(train.label_time_ns[-1]),
            train_row_count=len(train),
            quality=Quality(
                row_count=len(test),
                start_time_ns=int(test.close_time_ns[0]),
                end_time_ns=int(test.close_time_ns[-1]),
                auc=0.5,
                log_loss=0.69,
                accuracy=0.5,
                base_rate=0.5,
            ),
            export_difference=0.0,
            training_fingerprint=f"fingerprint of {terms.name}",
        )


class FakeRegistry:
    """Models in memory; see `Registry`."""

    def __init__(self) -> None:
        self._models: dict[str, tuple[Model, bytes, str]] = {}

    def register(
        self, trained: TrainedModel, terms: TrainingTerms, training_id: str, create_time_ns: int
    ) -> Model:
        """See `Registry`."""
        versions = [
            model.version for model, _, _ in self._models.values() if model.name == terms.name
        ]
        model = Model(
            name=terms.name,
            version=max(versions, default=0) + 1,
            symbols=terms.symbols,
            features=terms.features,
            horizon_bars=terms.horizon_bars,
            train_start_time_ns=trained.train_start_time_ns,
            train_end_time_ns=trained.train_end_time_ns,
            train_row_count=trained.train_row_count,
            quality=trained.quality,
            export_difference=trained.export_difference,
            artifact_sha256=trained.artifact_sha256,
            create_time_ns=create_time_ns,
            training_fingerprint=trained.training_fingerprint,
        )
        self._models[model.model_id] = (model, trained.graph, training_id)
        return model

    def find(self, name: str, training_id: str) -> Model | None:
        """See `Registry`."""
        found = [
            model
            for model, _, other_id in self._models.values()
            if (model.name, other_id) == (name, training_id)
        ]
        return found[0] if found else None

    def get(self, model_id: str) -> Model:
        """See `Registry`."""
        return self._entry(model_id)[0]

    def graph(self, model_id: str) -> bytes:
        """See `Registry`."""
        return self._entry(model_id)[1]

    def list(self, page_size: int, page_token: str) -> tuple[Sequence[Model], str]:
        """See `Registry`."""
        models = [model for model, _, _ in reversed(self._models.values())]
        start = int(page_token or 0)
        end = start + page_size
        return models[start:end], str(end) if end < len(models) else ""

    def change(self, model_id: str, **changes: Any) -> None:  # noqa: ANN401  # Any field of Model.
        """Let the entry say something else of the graph than it is."""
        model, graph, training_id = self._models[model_id]
        self._models[model_id] = (replace(model, **changes), graph, training_id)

    def _entry(self, model_id: str) -> tuple[Model, bytes, str]:
        if model_id not in self._models:
            raise unknown_model(model_id)
        return self._models[model_id]


class FakeModelEvents:
    """Keeps what it was told; see `ModelEvents`."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    async def model_registered(self, model: Model, training_id: str) -> None:
        """See `ModelEvents`."""
        self.told.append((model.model_id, training_id))
