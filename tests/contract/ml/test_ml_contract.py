"""`ModelService` and `InferenceService` over a real gRPC server, with real graphs."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import grpc
import numpy as np
import pytest

from algotrendy import FeatureSet
from algotrendy.api.ml.v1 import (
    feature_service_pb2,
    inference_service_pb2,
    model_pb2,
    model_service_pb2,
)
from algotrendy.api.ml.v1.feature_service_pb2_grpc import (
    FeatureServiceStub,
    add_FeatureServiceServicer_to_server,
)
from algotrendy.api.ml.v1.inference_service_pb2_grpc import (
    InferenceServiceStub,
    add_InferenceServiceServicer_to_server,
)
from algotrendy.api.ml.v1.model_service_pb2_grpc import (
    ModelServiceStub,
    add_ModelServiceServicer_to_server,
)
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import (
    AlgoTrendyError,
    ExpressionError,
    InSampleError,
    InsufficientDataError,
    InternalError,
    InvalidArgumentError,
    ModelFeaturesError,
    ModelNotFoundError,
    RequestIdReusedError,
    SymbolNotFoundError,
)
from algotrendy.ml.adapters.lightgbm_trainer import LightGbmTrainer
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.model import Feature
from algotrendy.ml.service import FeatureService, InferenceService, ModelService
from algotrendy.ml.servicer import FeatureServicer, InferenceServicer, ModelServicer
from algotrendy.ml.training_table import feature_rows
from algotrendy.rpc.time import encode_time
from algotrendy.strategy.adapters.ml import MlModels
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.market_data import random_bars
from algotrendy.testing.ml import FEATURES, FakeHistory, FakeModelEvents, FakeRegistry
from algotrendy.testing.requests import FakeRequests
from algotrendy.testing.rpc import served

if TYPE_CHECKING:
    from algotrendy.api.ml.v1.feature_service_pb2_grpc import FeatureServiceAsyncStub
    from algotrendy.api.ml.v1.inference_service_pb2_grpc import InferenceServiceAsyncStub
    from algotrendy.api.ml.v1.model_service_pb2_grpc import ModelServiceAsyncStub

BARS = random_bars("SPY", count=1000, seed=1)


@pytest.fixture
def registry() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
async def channel(registry: FakeRegistry) -> AsyncIterator[grpc.aio.Channel]:
    models = ModelService(
        FakeHistory(BARS),
        LightGbmTrainer(),
        registry,
        FakeRequests(),
        FakeModelEvents(),
        FakeClock(1_600_000_000_000_000_000),
    )

    def add(server: grpc.aio.Server) -> None:
        inference = InferenceService(registry, OnnxModel.registered)
        features = FeatureService(FakeHistory(BARS))
        add_FeatureServiceServicer_to_server(FeatureServicer(features), server)
        add_ModelServiceServicer_to_server(ModelServicer(models), server)
        add_InferenceServiceServicer_to_server(InferenceServicer(inference), server)

    async with served("ml", add) as channel:
        yield channel


@pytest.fixture
def models(channel: grpc.aio.Channel) -> "ModelServiceAsyncStub":
    return ModelServiceStub(channel)


@pytest.fixture
def inference(channel: grpc.aio.Channel) -> "InferenceServiceAsyncStub":
    return InferenceServiceStub(channel)


@pytest.fixture
def features(channel: grpc.aio.Channel) -> "FeatureServiceAsyncStub":
    return FeatureServiceStub(channel)


def training(request_id: str = "first", **changes: object) -> model_service_pb2.TrainModelRequest:
    request = model_service_pb2.TrainModelRequest(
        request_id=request_id,
        name="spy_5d",
        symbols=["SPY"],
        features=[
            model_pb2.Feature(name=feature.name, expression=feature.expression)
            for feature in FEATURES
        ],
        label=model_pb2.DirectionLabel(horizon_bars=5),
        train_end_time=encode_time(700 * DAY_NS),
        parameters={"num_iterations": 20, "min_data_in_leaf": 20},
    )
    request.MergeFrom(model_service_pb2.TrainModelRequest(**changes))  # type: ignore[arg-type]
    return request


async def test_a_trained_model_is_described_measured_and_listed(
    models: "ModelServiceAsyncStub",
) -> None:
    model = (await models.TrainModel(training())).model
    assert (model.model_id, model.name, model.version) == ("spy_5d-1", "spy_5d", 1)
    assert model.train_end_time.ToNanoseconds() == 700 * DAY_NS
    assert model.create_time.ToNanoseconds() == 1_600_000_000_000_000_000
    assert model.export_difference <= 1e-6
    assert model.quality.start_time.ToNanoseconds() > model.train_end_time.ToNanoseconds()

    get = model_service_pb2.GetModelRequest(model_id="spy_5d-1")
    assert (await models.GetModel(get)).model == model
    performance = model_service_pb2.GetModelPerformanceRequest(model_id="spy_5d-1")
    assert (await models.GetModelPerformance(performance)).quality == model.quality
    await models.TrainModel(training("second", seed=3))
    page = await models.ListModels(model_service_pb2.ListModelsRequest(page_size=1))
    assert [found.model_id for found in page.models] == ["spy_5d-2"]
    page = await models.ListModels(
        model_service_pb2.ListModelsRequest(page_size=1, page_token=page.next_page_token)
    )
    assert list(page.models) == [model]
    assert page.next_page_token == ""


async def test_a_repeated_request_returns_the_first_model_and_a_changed_one_is_refused(
    models: "ModelServiceAsyncStub",
) -> None:
    first = await models.TrainModel(training())
    assert await models.TrainModel(training()) == first
    with pytest.raises(RequestIdReusedError):
        await models.TrainModel(training(seed=1))


async def test_the_artifact_predicts_in_the_callers_process_what_the_service_predicts(
    models: "ModelServiceAsyncStub", inference: "InferenceServiceAsyncStub"
) -> None:
    await models.TrainModel(training())
    artifact = await models.GetModelArtifact(
        model_service_pb2.GetModelArtifactRequest(model_id="spy_5d-1")
    )
    model = OnnxModel.from_bytes(artifact.onnx)
    feature_set = FeatureSet(model.features)
    rows = feature_rows(BARS, feature_set)[feature_set.warm_up :]
    response = await inference.Predict(
        inference_service_pb2.PredictRequest(
            model_id="spy_5d-1",
            rows=[inference_service_pb2.FeatureRow(values=row) for row in rows],
            features=artifact.model.features,
        )
    )
    assert np.array_equal(response.probabilities, model.predict(rows))


async def test_a_strategy_loads_a_model_and_asks_it_in_an_expression(
    channel: grpc.aio.Channel, models: "ModelServiceAsyncStub"
) -> None:
    trained = (await models.TrainModel(training())).model
    loaded = await MlModels(channel, OnnxModel.registered).load("spy_5d-1")
    assert loaded.usable_after_ns == trained.train_end_time.ToNanoseconds()
    later = BARS.between(loaded.usable_after_ns, None)
    expressions = {"said": 'model("spy_5d-1")', "allowed": 'model("spy_5d-1", in_sample=True)'}
    said = FeatureSet(expressions, models={"spy_5d-1": loaded}).evaluate(later.fields())["said"]
    assert np.isfinite(said[20:]).all()
    with pytest.raises(InSampleError):
        FeatureSet(expressions, models={"spy_5d-1": loaded}).evaluate(BARS.fields())


@pytest.mark.parametrize(
    "changes",
    [
        {"features": (*FEATURES[:2], Feature("volatility", "std(ret(close, 1), 10)"))},
        {"train_end_time_ns": 0},
        {"training_fingerprint": "0"},
    ],
)
async def test_a_graph_is_not_served_as_what_it_is_not(
    channel: grpc.aio.Channel,
    registry: FakeRegistry,
    models: "ModelServiceAsyncStub",
    inference: "InferenceServiceAsyncStub",
    changes: dict[str, object],
) -> None:
    await models.TrainModel(training())
    registry.change("spy_5d-1", **changes)
    row = inference_service_pb2.FeatureRow(values=[0.0, 0.0, 0.0])
    with pytest.raises(ModelFeaturesError):
        await inference.Predict(
            inference_service_pb2.PredictRequest(model_id="spy_5d-1", rows=[row])
        )
    with pytest.raises(ModelFeaturesError):
        await MlModels(channel, OnnxModel.registered).load("spy_5d-1")


async def test_a_damaged_graph_is_not_loaded(
    channel: grpc.aio.Channel, registry: FakeRegistry, models: "ModelServiceAsyncStub"
) -> None:
    await models.TrainModel(training())
    registry.change("spy_5d-1", artifact_sha256="0" * 64)
    with pytest.raises(InternalError):
        await MlModels(channel, OnnxModel.registered).load("spy_5d-1")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"symbols": ["DIA"]}, SymbolNotFoundError),
        ({"features": [model_pb2.Feature(name="bad", expression="close +")]}, ExpressionError),
        ({"features": [model_pb2.Feature(name="x", expression="cs_rank(close)")]}, ExpressionError),
        ({"features": [model_pb2.Feature(name="x", expression='model("y-1")')]}, ExpressionError),
        ({"features": [model_pb2.Feature(name="x", expression="trade_count")]}, ExpressionError),
        ({"features": [model_pb2.Feature(name="ret_1", expression="close")]}, InvalidArgumentError),
        ({"parameters": {"depth": 3}}, InvalidArgumentError),
        ({"train_end_time": encode_time(30 * DAY_NS)}, InsufficientDataError),
        ({"test_end_time": encode_time(DAY_NS)}, InvalidArgumentError),
    ],
)
async def test_trainings_that_cannot_be_are_refused(
    models: "ModelServiceAsyncStub", changes: dict[str, object], error: type[AlgoTrendyError]
) -> None:
    with pytest.raises(error):
        await models.TrainModel(training(**changes))


async def test_a_training_without_an_end_is_refused(models: "ModelServiceAsyncStub") -> None:
    request = training()
    request.ClearField("train_end_time")
    with pytest.raises(InvalidArgumentError) as refusal:
        await models.TrainModel(request)
    assert refusal.value.metadata["field"] == "train_end_time"


@pytest.mark.parametrize("rows", [[[1.0]], [[1.0, 2.0, 3.0], [1.0]], [[1.0, float("nan"), 3.0]]])
async def test_rows_that_are_not_the_models_are_refused(
    models: "ModelServiceAsyncStub",
    inference: "InferenceServiceAsyncStub",
    rows: list[list[float]],
) -> None:
    await models.TrainModel(training())
    with pytest.raises(ModelFeaturesError):
        await inference.Predict(
            inference_service_pb2.PredictRequest(
                model_id="spy_5d-1",
                rows=[inference_service_pb2.FeatureRow(values=row) for row in rows],
            )
        )


async def test_rows_told_to_hold_other_features_are_refused(
    models: "ModelServiceAsyncStub", inference: "InferenceServiceAsyncStub"
) -> None:
    await models.TrainModel(training())
    with pytest.raises(ModelFeaturesError) as refusal:
        await inference.Predict(
            inference_service_pb2.PredictRequest(
                model_id="spy_5d-1",
                rows=[inference_service_pb2.FeatureRow(values=[0.0, 0.0, 0.0])],
                features=[model_pb2.Feature(name="ret_1", expression="ret(close, 2)")],
            )
        )
    assert refusal.value.metadata["given"] == "[['ret_1', 'ret(close, 2)']]"


async def test_an_unknown_model_is_not_found_by_any_call(
    models: "ModelServiceAsyncStub", inference: "InferenceServiceAsyncStub"
) -> None:
    row = inference_service_pb2.FeatureRow(values=[1.0, 2.0, 3.0])
    for call in (
        models.GetModel(model_service_pb2.GetModelRequest(model_id="x-1")),
        models.GetModelPerformance(model_service_pb2.GetModelPerformanceRequest(model_id="x-1")),
        models.GetModelArtifact(model_service_pb2.GetModelArtifactRequest(model_id="x-1")),
        inference.Predict(inference_service_pb2.PredictRequest(model_id="x-1", rows=[row])),
    ):
        with pytest.raises(ModelNotFoundError) as refusal:
            await call
        assert refusal.value.metadata == {"model_id": "x-1"}


def asking(
    *expressions: tuple[str, str], **changes: object
) -> feature_service_pb2.GetFeaturesRequest:
    return feature_service_pb2.GetFeaturesRequest(
        symbol="SPY",
        features=[model_pb2.Feature(name=name, expression=text) for name, text in expressions],
        **changes,  # type: ignore[arg-type]  # Any field.
    )


async def test_features_come_as_columns_with_their_validity(
    features: "FeatureServiceAsyncStub",
) -> None:
    answer = await features.GetFeatures(
        asking(("mean", "sma(close, 20)"), ("up", "close > lag(close)"), ("weekday", "weekday()"))
    )
    assert answer.close_time_ns == BARS.close_time_ns.tolist()
    assert answer.open_time_ns == BARS.open_time_ns.tolist()
    assert answer.warm_up == 19
    mean, up, weekday = answer.columns
    close = BARS.fields()["close"]
    assert mean.valid == [False] * 19 + [True] * 981
    assert set(mean.values[:19]) == {0.0}
    assert mean.values[-1] == pytest.approx(close[-20:].mean())
    assert (up.name, up.kind) == ("up", feature_service_pb2.FEATURE_KIND_BOOLEAN)
    assert up.values[1:] == (np.diff(close) > 0).astype(float).tolist()
    assert (weekday.kind, list(weekday.valid)) == (feature_service_pb2.FEATURE_KIND_NUMBER, [])


async def test_a_range_of_features_has_the_values_of_the_whole(
    features: "FeatureServiceAsyncStub",
) -> None:
    trend = ("trend", "close / ema(close, 50) - 1")
    (whole,) = (await features.GetFeatures(asking(trend))).columns
    start, end = encode_time(int(BARS.open_time_ns[100])), encode_time(int(BARS.open_time_ns[200]))
    part = await features.GetFeatures(asking(trend, start_time=start, end_time=end))
    assert part.columns[0].values == whole.values[100:200]
    assert list(part.columns[0].valid) == []
    newest = await features.GetFeatures(asking(trend, end_time=end, limit=7))
    assert newest.columns[0].values == whole.values[193:200]
    assert newest.open_time_ns == BARS.open_time_ns[193:200].tolist()
    nothing = await features.GetFeatures(asking(trend, start_time=end, end_time=end))
    assert (len(nothing.open_time_ns), len(nothing.columns[0].values)) == (0, 0)


@pytest.mark.parametrize(
    ("request_", "error", "metadata"),
    [
        (asking(("x", "clse")), ExpressionError, {"feature": "x", "position": "0"}),
        (asking(("a", "close"), ("x", "close + ")), ExpressionError, {"feature": "x"}),
        (asking(("x", "cs_rank(close)")), ExpressionError, {"feature": "x"}),
        (asking(("x", 'model("spy-1")')), ExpressionError, {"feature": "x", "position": "0"}),
        (asking(("x", "vwap")), ExpressionError, {"feature": "x"}),
        (asking(), InvalidArgumentError, {"field": "features"}),
        (asking(("a", "close"), ("a", "open")), InvalidArgumentError, {"field": "features.name"}),
        (asking(("x", "close"), limit=100_001), InvalidArgumentError, {"field": "limit"}),
        (asking(("x", "close"), limit=-1), InvalidArgumentError, {"field": "limit"}),
    ],
)
async def test_features_that_cannot_be_are_refused(
    features: "FeatureServiceAsyncStub",
    request_: feature_service_pb2.GetFeaturesRequest,
    error: type[AlgoTrendyError],
    metadata: dict[str, str],
) -> None:
    with pytest.raises(error) as refusal:
        await features.GetFeatures(request_)
    assert metadata.items() <= refusal.value.metadata.items()


async def test_features_of_an_unknown_symbol_are_not_found(
    features: "FeatureServiceAsyncStub",
) -> None:
    request = asking(("x", "close"))
    request.symbol = "DIA"
    with pytest.raises(SymbolNotFoundError):
        await features.GetFeatures(request)
