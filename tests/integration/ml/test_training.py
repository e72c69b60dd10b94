"""Training on real data, both areas as they are wired, on real NATS and PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg_pool
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from algotrendy.api.market_data.v1 import market_data_service_pb2
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.api.ml.v1 import (
    inference_service_pb2,
    model_events_pb2,
    model_pb2,
    model_service_pb2,
)
from algotrendy.api.ml.v1.inference_service_pb2_grpc import InferenceServiceStub
from algotrendy.api.ml.v1.model_service_pb2_grpc import ModelServiceStub
from algotrendy.bus import Bus
from algotrendy.config import load_settings
from algotrendy.domain.clock import SystemClock
from algotrendy.market_data import app as market_data_app
from algotrendy.ml import app as ml_app
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.platform.context import Context
from algotrendy.platform.ports import listen
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import create_server
from algotrendy.storage.data_folder import DataFolder

pytestmark = pytest.mark.integration


def year(number: int) -> Timestamp:
    time = Timestamp()
    time.FromDatetime(datetime(number, 1, 1, tzinfo=UTC))
    return time


@pytest.fixture
async def channels(
    bus: Bus, pool: psycopg_pool.AsyncConnectionPool, tmp_path: Path
) -> AsyncIterator[Channels]:
    """The market data and ml areas, served."""
    addresses: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        channels = await stack.enter_async_context(Channels(addresses, timeout_s=120))
        context = Context(
            settings=load_settings(data_dir=tmp_path / "data"),
            data_folder=DataFolder(tmp_path / "data"),
            postgres=pool,
            bus=bus,
            channels=channels,
            clock=SystemClock(),
            http=stack.enter_context(listen("127.0.0.1", 0)),
        )
        for area, app in (("market_data", market_data_app), ("ml", ml_app)):
            server = create_server(area)
            addresses[area] = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
            await stack.enter_async_context(app.serve(context, server))
            await server.start()
            stack.push_async_callback(server.stop, None)
        yield channels


async def test_a_model_of_the_bundled_series_is_trained_registered_told_and_served(
    channels: Channels, bus: Bus
) -> None:
    market_data = MarketDataServiceStub(channels.to("market_data"))
    models = ModelServiceStub(channels.to("ml"))
    inference = InferenceServiceStub(channels.to("ml"))
    for symbol, name in (("SP500", "arch:sp500"), ("NASDAQ", "arch:nasdaq")):
        await market_data.ImportBars(
            market_data_service_pb2.ImportBarsRequest(symbol=symbol, bundled_name=name)
        )
    request = model_service_pb2.TrainModelRequest(
        request_id="r",
        name="index_5d",
        symbols=["SP500", "NASDAQ"],
        features=[
            model_pb2.Feature(name="ret_5", expression="ret(close, 5)"),
            model_pb2.Feature(name="volatility", expression="std(ret(close, 1), 20)"),
        ],
        label=model_pb2.DirectionLabel(horizon_bars=5),
        train_end_time=year(2012),
        test_end_time=year(2018),
    )
    model = (await models.TrainModel(request)).model
    assert (await models.TrainModel(request)).model == model
    assert model.model_id == "index_5d-1"
    assert model.train_end_time.ToDatetime().year == 2011
    assert model.quality.start_time.ToDatetime().year == 2012
    # Two symbols, six years of about 252 days.
    assert 2900 < model.quality.row_count < 3030
    assert 0.4 < model.quality.auc < 0.6

    artifact = await models.GetModelArtifact(
        model_service_pb2.GetModelArtifactRequest(model_id=model.model_id)
    )
    values = [0.01, 0.012]
    response = await inference.Predict(
        inference_service_pb2.PredictRequest(
            model_id=model.model_id, rows=[inference_service_pb2.FeatureRow(values=values)]
        )
    )
    loaded = OnnxModel.from_bytes(artifact.onnx)
    assert response.probabilities == loaded.predict(np.array([values])).tolist()
    assert loaded.usable_after_ns == model.train_end_time.ToNanoseconds()
    assert loaded.training_fingerprint == model.training_fingerprint

    told = await bus.events("algotrendy.ml.v1.model_registered.>")
    assert len(told) == 1
    event = model_events_pb2.ModelRegistered()
    assert told[0].payload.Unpack(event)
    assert event.model == model
