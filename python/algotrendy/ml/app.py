"""Wires the ml area."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.ml.v1 import feature_service_pb2, inference_service_pb2, model_service_pb2
from algotrendy.api.ml.v1.feature_service_pb2_grpc import add_FeatureServiceServicer_to_server
from algotrendy.api.ml.v1.inference_service_pb2_grpc import add_InferenceServiceServicer_to_server
from algotrendy.api.ml.v1.model_service_pb2_grpc import add_ModelServiceServicer_to_server
from algotrendy.ml.adapters.background import Background
from algotrendy.ml.adapters.events import BusModelEvents
from algotrendy.ml.adapters.lazy import (
    LazyRegistry,
    LazyTrainer,
    import_registry,
    import_trainer,
)
from algotrendy.ml.adapters.market_data import MarketDataHistory
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.ports import Registry
from algotrendy.ml.service import FeatureService, InferenceService, ModelService
from algotrendy.ml.servicer import FeatureServicer, InferenceServicer, ModelServicer
from algotrendy.platform.context import Context
from algotrendy.storage.requests import PostgresRequests

SERVICES = (
    model_service_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name,
    feature_service_pb2.DESCRIPTOR.services_by_name["FeatureService"].full_name,
    inference_service_pb2.DESCRIPTOR.services_by_name["InferenceService"].full_name,
)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Add the area to `server`; what takes seconds to import is imported meanwhile."""
    folder = context.data_folder

    def make_registry() -> Registry:
        return import_registry(
            folder.models, lambda name, content: folder.write(f"models/{name}", content)
        )

    stored = Background(make_registry, "ml-registry")
    trainer = Background(import_trainer, "ml-trainer")
    registry = LazyRegistry(stored)
    history = MarketDataHistory(context.channels.to("market_data"))
    models = ModelService(
        history,
        LazyTrainer(trainer),
        registry,
        PostgresRequests(context.postgres, "ml"),
        BusModelEvents(context.bus),
        context.clock,
    )
    inference = InferenceService(registry, OnnxModel.registered)
    add_ModelServiceServicer_to_server(ModelServicer(models), server)
    add_FeatureServiceServicer_to_server(FeatureServicer(FeatureService(history)), server)
    add_InferenceServiceServicer_to_server(InferenceServicer(inference), server)
    stored.start()
    trainer.start()
    yield
