"""`ModelService` and `InferenceService` over a real gRPC server, with real graphs."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import grpc
import numpy as np
import pytest

from algotrendy.api.ml.v1 import inference_service_pb2, model_pb2, model_service_pb2
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
    InsufficientDataError,
    InvalidArgumentError,
    ModelFeaturesError,
    ModelNotFoundError,
    RequestIdReusedError,
    SymbolNotFoundError,
)
from algotrendy.ml.adapters.lightgbm_trainer import LightGbmTrainer
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.feature_pipeline import FeaturePipeline
from algotrendy.ml.service import InferenceService, ModelService
from algotrendy.ml.servicer import InferenceServicer, ModelServicer
from algotrendy.rpc.time import encode_time
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.market_data import random_bars
from algotrendy.testing.ml import FEATURES, FakeHistory, FakeModelEvents, FakeRegistry
from algotrendy.testing.requests import FakeRequests
from algotrendy.testing.rpc import served

if TYPE_CHECKING:
    from algotrendy.api.ml.v1.inference_service_pb2_grpc import InferenceServiceAsyncStub
    from algotrendy.api.ml.v1.model_service_pb2_grpc import ModelServiceAsyncStub

BARS = random_bars("SPY", count=1000, seed=1)


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    registry = FakeRegistry()
    models = ModelService(
        FakeHistory(BARS),
        LightGbmTrainer(),
        registry,
        FakeRequests(),
        FakeModelEvents(),
        FakeClock(1_600_000_000_000_000_000),
    )

    def add(server: grpc.aio.Server) -> None:
        inference = InferenceService(registry, OnnxModel.from_bytes)
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
    pipeline = FeaturePipeline(model.features)
    rows = pipeline.evaluate(BARS.fields())[pipeline.warm_up :]
    response = await inference.Predict(
        inference_service_pb2.PredictRequest(
            model_id="spy_5d-1",
            rows=[inference_service_pb2.FeatureRow(values=row) for row in rows],
        )
    )
    assert np.array_equal(response.probabilities, model.predict(rows))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"symbols": ["DIA"]}, SymbolNotFoundError),
        ({"features": [model_pb2.Feature(name="bad", expression="close +")]}, ExpressionError),
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
