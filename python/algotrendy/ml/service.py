"""Training, keeping and evaluating models."""

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from algotrendy._core import FeatureSet
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import Clock
from algotrendy.domain.ids import new_id
from algotrendy.domain.requests import Requests
from algotrendy.errors import InvalidArgumentError, ModelFeaturesError
from algotrendy.expression.over_bars import compile_over_bars
from algotrendy.ml.model import (
    LARGEST_VALUE_COUNT,
    ComputedFeatures,
    Feature,
    FeatureColumn,
    FeatureTerms,
    Model,
    TrainedModel,
    TrainingTerms,
)
from algotrendy.ml.ports import (
    BarHistory,
    ModelEvents,
    Predictor,
    PredictorLoader,
    Registry,
    Trainer,
)
from algotrendy.ml.training_table import build_table, split

LARGEST_ROW_COUNT = 10_000
# Below this many rows, a thread costs more than it spares the event loop.
_ROWS_WORTH_A_THREAD = 200


class ModelService:
    """Trains models, one at a time, and answers what is known of them."""

    def __init__(
        self,
        history: BarHistory,
        trainer: Trainer,
        registry: Registry,
        requests: Requests,
        events: ModelEvents,
        clock: Clock,
    ) -> None:
        self._history = history
        self._trainer = trainer
        self._registry = registry
        self._requests = requests
        self._events = events
        self._clock = clock
        self._training = asyncio.Lock()

    async def train(self, request_id: str, fingerprint: bytes, terms: TrainingTerms) -> Model:
        """Train and register a model; a repeated request returns the first one.

        Raises
        ------
        ExpressionError
            A feature is no expression over stored bars.
        SymbolNotFoundError
            A symbol has no data.
        InsufficientDataError
            Too few rows, or labels of one kind only, before or after the end of training.
        RequestIdReusedError
            The request id was used with other terms.
        """
        feature_set = compile_over_bars(terms.features)
        training_id = await self._requests.reserve(request_id, fingerprint, new_id())
        async with self._training:
            model = await asyncio.to_thread(self._registry.find, terms.name, training_id)
            if model is None:
                series = [await self._bars(symbol, terms) for symbol in terms.symbols]
                trained = await asyncio.to_thread(self._train, series, feature_set, terms)
                model = await asyncio.to_thread(
                    self._registry.register, trained, terms, training_id, self._clock.now_ns()
                )
        # A repeated request tells it again, in case the first one was cut off before it could.
        await self._events.model_registered(model, training_id)
        return model

    async def get(self, model_id: str) -> Model:
        """Return a model; raise `ModelNotFoundError` where there is none."""
        return await asyncio.to_thread(self._registry.get, model_id)

    async def list(self, page_size: int, page_token: str) -> tuple[Sequence[Model], str]:
        """Return a page of models, newest first, and the token of the next page."""
        return await asyncio.to_thread(self._registry.list, page_size, page_token)

    async def graph(self, model_id: str) -> tuple[Model, bytes]:
        """Return a model with its ONNX graph; raise `ModelNotFoundError` where there is none."""
        return await self.get(model_id), await asyncio.to_thread(self._registry.graph, model_id)

    async def _bars(self, symbol: str, terms: TrainingTerms) -> BarColumns:
        return await self._history.bars(symbol, terms.train_start_time_ns, terms.test_end_time_ns)

    def _train(
        self, series: Sequence[BarColumns], feature_set: FeatureSet, terms: TrainingTerms
    ) -> TrainedModel:
        train, test = split(build_table(series, feature_set, terms.horizon_bars), terms)
        return self._trainer.train(train, test, terms)


class FeatureService:
    """Computes expressions over stored bars."""

    def __init__(self, history: BarHistory) -> None:
        self._history = history

    async def compute(self, terms: FeatureTerms) -> ComputedFeatures:
        """Compute expressions at bars of a symbol; all stored bars before one count for its values.

        Raises
        ------
        ExpressionError
            A feature is no expression over stored bars.
        SymbolNotFoundError
            The symbol has no data.
        """
        feature_set = compile_over_bars(terms.features)
        bars = await self._history.bars(terms.symbol, None, terms.end_time_ns)
        return await asyncio.to_thread(_compute, bars, feature_set, terms)


class InferenceService:
    """Evaluates models. A model never changes, so a loaded one is kept."""

    def __init__(self, registry: Registry, load: PredictorLoader) -> None:
        self._registry = registry
        self._load = load
        self._predictors: dict[str, Predictor] = {}

    async def predict(
        self, model_id: str, rows: NDArray[np.float64], features: Sequence[Feature] = ()
    ) -> NDArray[np.float64]:
        """Return one probability for each row; `rows` has shape (n_rows, n_features).

        Raises
        ------
        ModelFeaturesError
            The rows, or the features they are told to hold, are not the model's; or its graph is
            not what its registry entry says.
        """
        if not 1 <= len(rows) <= LARGEST_ROW_COUNT:
            raise InvalidArgumentError(
                f"The request has {len(rows)} rows; expected 1 to {LARGEST_ROW_COUNT}.",
                field="rows",
                value=str(len(rows)),
            )
        predictor = self._predictors.get(model_id)
        if predictor is None:
            predictor = await asyncio.to_thread(self._loaded, model_id)
            self._predictors[model_id] = predictor
        if features and tuple(features) != predictor.features:
            raise ModelFeaturesError(
                f"The rows hold other features than {model_id} was trained on.",
                model_id=model_id,
                given=str([list(feature) for feature in features]),
                expected=str([list(feature) for feature in predictor.features]),
            )
        predictor.require_readable(rows)
        if len(rows) < _ROWS_WORTH_A_THREAD:
            return predictor.predict(rows)
        return await asyncio.to_thread(predictor.predict, rows)

    def _loaded(self, model_id: str) -> Predictor:
        model = self._registry.get(model_id)
        return self._load(
            self._registry.graph(model_id),
            features=model.features,
            training_fingerprint=model.training_fingerprint,
            usable_after_ns=model.train_end_time_ns,
        )


def _compute(bars: BarColumns, feature_set: FeatureSet, terms: FeatureTerms) -> ComputedFeatures:
    given = bars.between(terms.start_time_ns, None).last(terms.limit)
    count = len(given) * len(feature_set.names)
    if count > LARGEST_VALUE_COUNT:
        raise InvalidArgumentError(
            f"{len(given)} bars of {len(feature_set.names)} features are {count} values; expected "
            f"at most {LARGEST_VALUE_COUNT}: ask for fewer bars at a time.",
            field="limit",
            value=str(terms.limit),
        )
    computed = feature_set.evaluate(bars.fields())
    first = len(bars) - len(given)
    return ComputedFeatures(
        open_time_ns=given.open_time_ns,
        close_time_ns=given.close_time_ns,
        columns=tuple(
            FeatureColumn(name, kind == "boolean", computed[name][first:])
            for name, kind in zip(feature_set.names, feature_set.kinds, strict=True)
        ),
        warm_up=feature_set.warm_up,
    )
