"""Training, keeping and evaluating models, on fakes."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from algotrendy.domain.clock import DAY_NS, SystemClock
from algotrendy.errors import (
    ExpressionError,
    InsufficientDataError,
    InvalidArgumentError,
    ModelFeaturesError,
    ModelNotFoundError,
    RequestIdReusedError,
    SymbolNotFoundError,
)
from algotrendy.ml.adapters.background import Background
from algotrendy.ml.adapters.lazy import LazyRegistry
from algotrendy.ml.model import Feature
from algotrendy.ml.service import InferenceService, ModelService
from algotrendy.testing.market_data import random_bars
from algotrendy.testing.ml import (
    FEATURES,
    FakeHistory,
    FakeModelEvents,
    FakeRegistry,
    FakeTrainer,
    training_terms,
)
from algotrendy.testing.requests import FakeRequests


class Area:
    """The service with its fakes."""

    def __init__(self) -> None:
        self.trainer = FakeTrainer()
        self.registry = FakeRegistry()
        self.events = FakeModelEvents()
        self.models = ModelService(
            FakeHistory(random_bars("SPY", count=1000, seed=1)),
            self.trainer,
            self.registry,
            FakeRequests(),
            self.events,
            SystemClock(),
        )


@pytest.fixture
def area() -> Area:
    return Area()


async def test_a_training_registers_the_next_version_and_tells_it(area: Area) -> None:
    first = await area.models.train("a", b"1", training_terms())
    second = await area.models.train("b", b"2", training_terms())
    assert (first.model_id, second.model_id) == ("spy_5d-1", "spy_5d-2")
    assert [model_id for model_id, _ in area.events.told] == ["spy_5d-1", "spy_5d-2"]


async def test_a_repeated_request_returns_the_first_model(area: Area) -> None:
    first = await area.models.train("a", b"1", training_terms())
    assert await area.models.train("a", b"1", training_terms()) == first
    assert area.trainer.trained_count == 1
    assert len(set(area.events.told)) == 1


async def test_one_request_sent_twice_at_once_trains_once(area: Area) -> None:
    models = await asyncio.gather(
        *(area.models.train("a", b"1", training_terms()) for _ in range(3))
    )
    assert area.trainer.trained_count == 1
    assert len({model.model_id for model in models}) == 1


async def test_a_request_id_with_other_terms_is_refused(area: Area) -> None:
    await area.models.train("a", b"1", training_terms())
    with pytest.raises(RequestIdReusedError):
        await area.models.train("a", b"2", training_terms(seed=2))


async def test_a_training_that_cannot_be_is_refused_before_anything_is_learnt(area: Area) -> None:
    for number, (error, changes) in enumerate(
        [
            (ExpressionError, {"features": (Feature("bad", "close +"),)}),
            (SymbolNotFoundError, {"symbols": ("QQQ",)}),
            (InsufficientDataError, {"train_end_time_ns": 30 * DAY_NS}),
        ]
    ):
        with pytest.raises(error):
            await area.models.train(str(number), b"1", training_terms(**changes))
    assert area.trainer.trained_count == 0
    assert not area.events.told


async def test_only_bars_of_the_asked_time_are_learnt_from(area: Area) -> None:
    model = await area.models.train("a", b"1", training_terms(train_start_time_ns=100 * DAY_NS))
    assert model.train_start_time_ns == 120 * DAY_NS


class CountingPredictor:
    """Predicts each row's first feature."""

    features = FEATURES

    def require_readable(self, rows: NDArray[np.float64]) -> None:
        """See `Predictor`."""

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Predictor`."""
        return rows[:, 0]


async def test_a_model_is_loaded_once_and_evaluates_few_and_many_rows(area: Area) -> None:
    loaded: list[object] = []

    def load(graph: bytes, **described: object) -> CountingPredictor:
        loaded.append((graph, described))
        return CountingPredictor()

    model = await area.models.train("a", b"1", training_terms())
    inference = InferenceService(area.registry, load)
    for count in (1, 1000):
        rows = np.random.default_rng(0).random((count, 3))
        assert np.array_equal(await inference.predict("spy_5d-1", rows), rows[:, 0])
    described = {
        "features": FEATURES,
        "training_fingerprint": "fingerprint of spy_5d",
        "usable_after_ns": model.train_end_time_ns,
    }
    assert loaded == [(b"graph of spy_5d", described)]


async def test_rows_that_are_told_to_hold_other_features_are_refused(area: Area) -> None:
    await area.models.train("a", b"1", training_terms())
    inference = InferenceService(area.registry, load_counting)
    rows = np.zeros((1, 3))
    assert await inference.predict("spy_5d-1", rows, FEATURES) == [0.0]
    for others in (FEATURES[:2], FEATURES[::-1], (*FEATURES[:2], Feature("volatility", "close"))):
        with pytest.raises(ModelFeaturesError) as refusal:
            await inference.predict("spy_5d-1", rows, others)
        assert refusal.value.metadata["model_id"] == "spy_5d-1"


def load_counting(graph: bytes, **described: object) -> CountingPredictor:
    return CountingPredictor()


@pytest.mark.parametrize("count", [0, 10_001])
async def test_no_rows_and_too_many_are_refused(area: Area, count: int) -> None:
    inference = InferenceService(area.registry, load_counting)
    with pytest.raises(InvalidArgumentError):
        await inference.predict("spy_5d-1", np.zeros((count, 3)))


async def test_an_unknown_model_is_not_found(area: Area) -> None:
    inference = InferenceService(area.registry, load_counting)
    for call in (
        area.models.get("spy_5d-1"),
        area.models.graph("spy_5d-1"),
        inference.predict("spy_5d-1", np.zeros((1, 3))),
    ):
        with pytest.raises(ModelNotFoundError):
            await call


def test_a_registry_that_could_not_be_made_says_why_at_every_use() -> None:
    def fail() -> FakeRegistry:
        raise OSError("no disk")

    background = Background(fail, "test")
    background.start()
    for _ in range(2):
        with pytest.raises(OSError, match="no disk"):
            LazyRegistry(background).get("spy_5d-1")
